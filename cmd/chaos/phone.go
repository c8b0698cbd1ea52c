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
	nodeAt func(callback string) int

	mu   sync.Mutex
	sent map[string][]map[string]any // by recipient, oldest first
	n    int
}

func startPhone(l *ledger, m *moods, nodeAt func(string) int) (*phoneServer, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &phoneServer{ledger: l, moods: m, url: "http://" + ln.Addr().String(), nodeAt: nodeAt, sent: map[string][]map[string]any{}}
	mux := http.NewServeMux()
	path := "/2010-04-01/Accounts/" + accountSID + "/Messages.json"
	mux.HandleFunc("POST "+path, s.create)
	mux.HandleFunc("GET "+path, s.list)
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
		s.unsure.Add(1)
		panic(http.ErrAbortHandler) // closes the connection without an answer
	}
	created := s.accept(r.PostForm)
	node := s.nodeAt(r.PostForm.Get("StatusCallback"))
	s.take(node, markedStep(r.PostForm.Get("Body")), message{
		from: r.PostForm.Get("From"), to: r.PostForm.Get("To"), id: created["sid"].(string), callback: r.PostForm.Get("StatusCallback"),
	})
	if fate == dropTaken {
		s.unsure.Add(1)
		panic(http.ErrAbortHandler)
	}
	if s.crash(node) {
		panic(http.ErrAbortHandler)
	}
	wait := latency()
	if fate == lateTaken {
		wait = tooLate
	}
	if s.think(phoneProvider, wait) {
		s.unsure.Add(1)
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

// list gives what was accepted for a recipient, newest first, on one page.
func (s *phoneServer) list(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	all := s.sent[r.URL.Query().Get("To")]
	found := make([]map[string]any, 0, len(all))
	for i := range all {
		found = append(found, all[len(all)-1-i])
	}
	s.mu.Unlock()
	tell(w, http.StatusOK, map[string]any{"messages": found, "page": 0, "page_size": 100, "next_page_uri": nil})
}

func tell(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client went away: nothing to tell it
}
