// Package twiliotest stands in Twilio's place in tests: a loopback HTTP server
// that checks path, account and form as Twilio does, keeps what it accepts,
// fails as it is told to, lists messages and calls, and posts signed webhooks.
package twiliotest

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"followup/models"
)

// The account the server knows. Neither exists at Twilio.
const (
	AccountSID = "AC00000000000000000000000000000001"
	AuthToken  = "0123456789abcdef0123456789abcdef"
)

// Record is a message or a call the server accepted.
type Record struct {
	SID       string
	To        string
	From      string
	Body      string // of a message
	Form      url.Values
	CreatedAt time.Time
	Status    string
	// AnsweredBy is set by AnswerCall.
	AnsweredBy string
	// Media are the addresses of a customer's pictures.
	Media []string
	// Recordings were made in a call.
	Recordings []Recording
	// inbound: a customer sent it to us.
	inbound bool
}

// Server is one account at one Twilio.
type Server struct {
	// URL is the base address to give to twilioapi.Options.
	URL string

	clock   models.Clock
	numbers []string
	addr    string
	closing chan struct{}

	connections atomic.Int64

	mu       sync.Mutex
	http     *http.Server
	messages []*Record
	calls    []*Record
	received []*Record // texts from customers
	rung     []*Record // calls from customers
	faults   []Fault
	listing  []Fault // of lists
	lists    int
	asked    int      // for recordings
	refused  []string // what the form checks found
	created  int
	account  Account
}

// New starts the server; it ends with the test. numbers are those the account owns.
func New(t testing.TB, clock models.Clock, numbers ...string) *Server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		URL: "http://" + listener.Addr().String(), addr: listener.Addr().String(),
		clock: clock, numbers: numbers, closing: make(chan struct{}),
	}
	s.serve(listener)
	t.Cleanup(func() {
		close(s.closing)
		s.Down()
	})
	return s
}

func (s *Server) serve(listener net.Listener) {
	server := &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.connections.Add(1)
		}
	}}
	s.mu.Lock()
	s.http = server
	s.mu.Unlock()
	go func() { _ = server.Serve(listener) }() // ends with ErrServerClosed
}

// Down makes the server unreachable: connections are refused until Up.
func (s *Server) Down() {
	s.mu.Lock()
	server := s.http
	s.mu.Unlock()
	_ = server.Close()
}

// Up undoes Down, at the same address.
func (s *Server) Up(t testing.TB) {
	t.Helper()
	listener, err := net.Listen("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	s.serve(listener)
}

// Sender is a sender that this server accepts messages from.
func (s *Server) Sender(id int64, number string) models.Sender {
	return models.Sender{
		ID: id, Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: number,
		State: models.SenderActive, Inbound: models.InboundPush,
		Settings:    models.SenderSettings{AccountSID: AccountSID},
		Credentials: models.SenderCredentials{AuthToken: AuthToken},
	}
}

// Messages are the texts accepted so far, oldest first.
func (s *Server) Messages() []Record { return s.copy(&s.messages) }

// Calls are the calls accepted so far, oldest first.
func (s *Server) Calls() []Record { return s.copy(&s.calls) }

// Connections counts those opened to the server so far.
func (s *Server) Connections() int { return int(s.connections.Load()) }

// Refused says what requests were refused for, in the server's own judgment.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

func (s *Server) copy(from *[]*Record) []Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Record, len(*from))
	for i, r := range *from {
		all[i] = *r
	}
	return all
}

// accept keeps a record under a SID with the prefix, as Twilio numbers its
// resources: two letters and 32 hexadecimal digits.
func (s *Server) accept(into *[]*Record, prefix string, form url.Values) *Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.created++
	r := &Record{
		SID: fmt.Sprintf("%s%032x", prefix, s.created),
		To:  form.Get("To"), From: form.Get("From"), Body: form.Get("Body"),
		Form: form, CreatedAt: s.clock().UTC().Truncate(time.Second), Status: "queued",
	}
	*into = append(*into, r)
	return r
}

// find looks for a record by its SID.
func (s *Server) find(t testing.TB, sid string) *Record {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range slices.Concat(s.messages, s.calls) {
		if r.SID == sid {
			return r
		}
	}
	t.Fatalf("nothing with the SID %q was accepted", sid)
	return nil
}
