package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// The account at the server in Twilio's place. Neither exists at Twilio.
const (
	accountSID = "AC000000000000000000000000000000c4"
	authToken  = "00112233445566778899aabbccddeeff"
)

// phoneServer stands in Twilio's place and writes down what it accepts.
type phoneServer struct {
	*ledger
	*moods
	url    string
	server *http.Server
	bornAt func(port int) birth

	mu   sync.Mutex
	sent map[string][]map[string]any // by recipient, oldest first
	in   arrived
	n    int
}

func startPhone(l *ledger, m *moods, bornAt func(int) birth) (*phoneServer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &phoneServer{ledger: l, moods: m, url: "http://" + ln.Addr().String(), bornAt: bornAt, sent: map[string][]map[string]any{}}
	s.in = arrived{map[string][]map[string]any{}, map[string][]map[string]any{}}
	mux := http.NewServeMux()
	account := "/2010-04-01/Accounts/" + accountSID
	mux.HandleFunc("POST "+account+"/Messages.json", s.create)
	mux.HandleFunc("GET "+account+"/Messages.json", s.list)
	mux.HandleFunc("GET "+account+"/Calls.json", s.listCalls)
	s.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.server.Serve(ln) }()
	return s, nil
}

func (s *phoneServer) create(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != accountSID || password != authToken {
		tell(w, http.StatusUnauthorized, map[string]any{"code": 20003, "message": "Authenticate", "status": 401})
		return
	}
	if err := r.ParseForm(); err != nil {
		tell(w, http.StatusBadRequest, map[string]any{"code": 20001, "message": err.Error(), "status": 400})
		return
	}
	step := markedStep(r.PostForm.Get("Body"))
	asked := message{from: r.PostForm.Get("From"), to: r.PostForm.Get("To"), callback: r.PostForm.Get("StatusCallback")}
	fate := s.draw()
	if fate != fine {
		s.faults.Add(1)
	}
	switch fate {
	case busy:
		s.refused.Add(1)
		w.Header().Set("Retry-After", "1")
		tell(w, http.StatusTooManyRequests, map[string]any{"code": 20429, "message": "Too Many Requests", "status": 429})
		return
	case dropBefore: // as a gateway that takes nothing in
		s.refused.Add(1)
		http.Error(w, "<html>Service Unavailable</html>", http.StatusServiceUnavailable)
		return
	case refuse:
		s.refused.Add(1)
		tell(w, http.StatusBadRequest, map[string]any{"code": 21999, "message": "Something new is wrong.", "status": 400})
		return
	case dropNotTaken:
		s.doubt(step, asked)
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	created := s.accept(r.PostForm)
	born := s.bornAt(portOf(asked.callback))
	asked.id = created["sid"].(string)
	s.take(born, step, asked)
	if fate == dropTaken {
		s.doubt(step, asked)
		panic(http.ErrAbortHandler)
	}
	if s.crash(born.node) {
		panic(http.ErrAbortHandler)
	}
	wait := latency()
	if fate == lateTaken {
		wait = tooLate
	}
	if s.think(phoneProvider, wait) {
		s.doubt(step, asked)
	}
	tell(w, http.StatusCreated, created)
}

func (s *phoneServer) accept(form url.Values) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n++
	to := form.Get("To")
	made := s.clock().Format(time.RFC1123Z)
	record := map[string]any{
		"sid": fmt.Sprintf("SM%032x", s.n), "account_sid": accountSID, "to": to, "from": form.Get("From"), "body": form.Get("Body"),
		"status": "queued", "direction": "outbound-api", "num_segments": "1", "date_created": made, "date_updated": made,
	}
	s.sent[to] = append(s.sent[to], record)
	return record
}

func tell(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away: nothing to tell it
}
