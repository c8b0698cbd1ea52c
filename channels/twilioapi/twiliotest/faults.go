package twiliotest

import (
	"encoding/json"
	"net/http"
)

// Fault is what happens to one request that creates something.
type Fault struct {
	Status     int
	Code       int
	Message    string
	RetryAfter string
	Plain      string // the answer's body where it is no JSON
	// Taken: the message or call is accepted all the same.
	Taken bool
	// Drop breaks the connection instead of answering; Silent never answers.
	Drop, Silent bool
}

// Faults as Twilio shows them.
var (
	OptedOut      = Fault{Status: 400, Code: 21610, Message: "Attempt to send to unsubscribed recipient"}
	InvalidNumber = Fault{Status: 400, Code: 21211, Message: "The 'To' number is not a valid phone number."}
	Rejected      = Fault{Status: 400, Code: 21999, Message: "Something new is wrong."}
	TooMany       = Fault{Status: 429, Code: 20429, Message: "Too Many Requests", RetryAfter: "7"}
	Unavailable   = Fault{Status: 503, Plain: "<html><body>Service Unavailable</body></html>", RetryAfter: "30"}
	BadGateway    = Fault{Status: 502, Plain: "<html><body>Bad Gateway</body></html>"}
	Unauthorized  = Fault{Status: 401, Code: 20003, Message: "Authenticate"}
	// AnswerLost: taken, then the connection breaks. NoAnswer: taken, and silence.
	AnswerLost = Fault{Taken: true, Drop: true}
	NoAnswer   = Fault{Taken: true, Silent: true}
)

// Next makes the next creating requests fail, one fault each, in this order.
func (s *Server) Next(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, faults...)
}

func (s *Server) takeFault() (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.faults) == 0 {
		return Fault{}, false
	}
	f := s.faults[0]
	s.faults = s.faults[1:]
	return f, true
}

// show answers, or does not, as the fault says.
func (s *Server) show(w http.ResponseWriter, r *http.Request, f Fault) {
	switch {
	case f.Drop:
		panic(http.ErrAbortHandler) // closes the connection without an answer
	case f.Silent:
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
		panic(http.ErrAbortHandler)
	}
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if f.Plain != "" {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		_, _ = w.Write([]byte(f.Plain))
		return
	}
	writeJSON(w, f.Status, map[string]any{
		"code": f.Code, "message": f.Message, "status": f.Status,
		"more_info": "https://www.twilio.com/docs/errors/",
	})
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away: nothing to tell it
}
