package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	twilioclient "github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

type twilioSaid struct {
	URL         string
	Taken       int
	Connections int
	First       map[string]time.Time // by the number written from: when its first message came
	Tenth       []int                // of each number, when a tenth of a hundred each had come
}

func startTwilio() (*child, twilioSaid, error) {
	var said twilioSaid
	server, err := start("twilio", struct{}{})
	if err != nil {
		return nil, said, err
	}
	err = server.hear(&said)
	return server, said, err
}

// twilioSide is as much of Twilio's API as creating a message needs, quick
// enough to measure clients with.
type twilioSide struct {
	taken, dialled atomic.Int64
	arrivals       arrivals
}

// serveTwilio answers each further line with what was taken so far.
func serveTwilio(orders json.RawMessage, in *bufio.Scanner, out *json.Encoder) error {
	s := &twilioSide{}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute, ConnState: func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			s.dialled.Add(1)
		}
	}}
	go func() { _ = server.Serve(ln) }()
	defer server.Close()
	said := twilioSaid{URL: "http://" + ln.Addr().String()}
	if err := out.Encode(said); err != nil {
		return err
	}
	for in.Scan() {
		said.Taken, said.Connections, said.First = int(s.taken.Load()), int(s.dialled.Load()), s.arrivals.first()
		said.Tenth = s.arrivals.tenths()
		if err := out.Encode(said); err != nil {
			return err
		}
	}
	return nil
}

func (s *twilioSide) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/Messages.json") {
		http.NotFound(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	n := s.taken.Add(1)
	s.arrivals.note(r.PostForm.Get("From"), time.Now())
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	_, _ = fmt.Fprintf(w, `{"sid":"SM%032x","status":"queued","to":%q,"from":%q,"num_segments":"1","date_created":"Tue, 24 Nov 2026 15:00:00 +0000"}`,
		n, r.PostForm.Get("To"), r.PostForm.Get("From"))
}

// sendByTwilioGo is bare twilio-go with as many idle connections as workers.
func sendByTwilioGo(orders json.RawMessage, in *bufio.Scanner, out *json.Encoder) error {
	var o clientOrders
	if err := json.Unmarshal(orders, &o); err != nil {
		return err
	}
	base := &twilioclient.Client{
		Credentials: twilioclient.NewCredentials(accountSID, authToken),
		HTTPClient:  &http.Client{Timeout: 10 * time.Second, Transport: &elsewhere{host: strings.TrimPrefix(o.URL, "http://"), base: &http.Transport{MaxIdleConnsPerHost: o.Callers, MaxConnsPerHost: o.Callers}}},
	}
	base.SetAccountSid(accountSID)
	api := openapi.NewApiService(twilioclient.NewRequestHandler(base))
	return rounds(in, out, func(n int) error {
		return share(o.Callers, n, func(_, i int) error {
			_, err := api.CreateMessage((&openapi.CreateMessageParams{}).SetFrom("+14155550100").
				SetTo(fmt.Sprintf("+1%d", 3000000000+i)).SetBody("Dana, what did the October figures say? Riley"))
			return err
		})
	})
}

// elsewhere sends what is meant for Twilio to a loopback server.
type elsewhere struct {
	host string
	base http.RoundTripper
}

func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", e.host
	res, err := e.base.RoundTrip(r)
	if err == nil && res.StatusCode >= http.StatusInternalServerError {
		_, _ = io.Copy(io.Discard, res.Body)
	}
	return res, err
}
