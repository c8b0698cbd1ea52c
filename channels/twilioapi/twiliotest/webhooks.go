package twiliotest

import (
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"followup/channels/twilioapi"
)

// Answer is what came back from a webhook.
type Answer struct {
	Status int
	Body   string // TwiML
}

// Option changes a webhook before it is signed.
type Option func(*hook)

type hook struct {
	form     url.Values
	signedAs string
	token    string
	via      string
}

// With sets a field of the form.
func With(key, value string) Option { return func(h *hook) { h.form.Set(key, value) } }

// WithMedia adds pictures.
func WithMedia(urls ...string) Option {
	return func(h *hook) {
		h.form.Set("NumMedia", strconv.Itoa(len(urls)))
		for i, u := range urls {
			h.form.Set(fmt.Sprintf("MediaUrl%d", i), u)
		}
	}
}

// SignedAs signs for another address than the one posted to, as it is behind a proxy.
func SignedAs(address string) Option { return func(h *hook) { h.signedAs = address } }

// Via posts to the host of base in place of the address's own, for which it
// is signed all the same: what a proxy at the public address does.
func Via(base string) Option { return func(h *hook) { h.via = base } }

// SignedWith signs with another token: a forgery.
func SignedWith(token string) Option { return func(h *hook) { h.token = token } }

// Request makes a signed request with the form's fields. It can be sent with
// an http.Client or given to a Webhook method as it is.
func Request(address string, form url.Values, opts ...Option) *http.Request {
	h := hook{form: maps.Clone(form), signedAs: address, token: AuthToken}
	h.form.Set("AccountSid", AccountSID)
	for _, o := range opts {
		o(&h)
	}
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(h.form.Encode()))
	if err != nil {
		panic(fmt.Sprintf("twiliotest: %q is no address: %v", address, err))
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=UTF-8")
	r.Header.Set("User-Agent", "TwilioProxy/1.1")
	if h.via != "" {
		to, err := url.Parse(h.via)
		if err != nil {
			panic(fmt.Sprintf("twiliotest: %q is no address: %v", h.via, err))
		}
		r.URL.Scheme, r.URL.Host, r.Host = to.Scheme, to.Host, to.Host
	}
	if h.token != "" {
		r.Header.Set(twilioapi.SignatureHeader, twilioapi.Sign(h.token, h.signedAs, h.form))
	}
	return r
}

// Inbound makes the request that brings a customer's text. Its SID follows
// from the content: the same again is a repeated delivery.
func Inbound(address, from, to, body string, opts ...Option) *http.Request {
	sid := sidOf("SM", from, to, body)
	return Request(address, url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "SmsMessageSid": {sid}, "SmsStatus": {"received"},
		"From": {from}, "To": {to}, "Body": {body}, "NumMedia": {"0"}, "NumSegments": {"1"}, "ApiVersion": {"2010-04-01"},
	}, opts...)
}

// InboundCall makes the request that says a customer is calling.
func InboundCall(address, from, to string, opts ...Option) *http.Request {
	return Request(address, url.Values{
		"CallSid": {sidOf("CA", from, to)}, "CallStatus": {"ringing"}, "Direction": {"inbound"},
		"From": {from}, "Caller": {from}, "To": {to}, "Called": {to}, "ApiVersion": {"2010-04-01"},
	}, opts...)
}

func sidOf(prefix string, parts ...string) string {
	h := fnv.New128a()
	_, _ = io.WriteString(h, strings.Join(parts, "\x00"))
	return prefix + fmt.Sprintf("%x", h.Sum(nil))
}

// PostInbound posts a customer's text to address. Twilio lists it from then on.
func (s *Server) PostInbound(t testing.TB, address, from, to, body string, opts ...Option) Answer {
	t.Helper()
	s.Receive(from, to, body)
	return post(t, Inbound(address, from, to, body, opts...))
}

// PostInboundCall posts a customer's call to address. Twilio lists it from then on.
func (s *Server) PostInboundCall(t testing.TB, address, from, to string, opts ...Option) Answer {
	t.Helper()
	s.Ring(from, to)
	return post(t, InboundCall(address, from, to, opts...))
}

// PostStatus posts what became of a message to the address it was created
// with; errorCode 0: none.
func (s *Server) PostStatus(t testing.TB, sid, status string, errorCode int, opts ...Option) Answer {
	t.Helper()
	return post(t, s.Status(t, sid, status, errorCode, opts...))
}

// Status makes the request of PostStatus.
func (s *Server) Status(t testing.TB, sid, status string, errorCode int, opts ...Option) *http.Request {
	t.Helper()
	r := s.find(t, sid)
	s.set(r, status, r.AnsweredBy)
	form := url.Values{
		"MessageSid": {sid}, "SmsSid": {sid}, "MessageStatus": {status}, "SmsStatus": {status},
		"From": {r.From}, "To": {r.To}, "ApiVersion": {"2010-04-01"},
	}
	if errorCode != 0 {
		form.Set("ErrorCode", strconv.Itoa(errorCode))
	}
	return Request(r.Form.Get("StatusCallback"), form, opts...)
}

// AnswerCall asks for the TwiML of a call, as Twilio does once it knows who
// answered: human, machine_end_beep, fax, unknown …
func (s *Server) AnswerCall(t testing.TB, sid, answeredBy string, opts ...Option) Answer {
	t.Helper()
	return post(t, s.Answered(t, sid, answeredBy, opts...))
}

// Answered makes the request of AnswerCall.
func (s *Server) Answered(t testing.TB, sid, answeredBy string, opts ...Option) *http.Request {
	t.Helper()
	r := s.find(t, sid)
	s.set(r, "in-progress", answeredBy)
	return Request(r.Form.Get("Url"), callForm(r, "in-progress", answeredBy), opts...)
}

// PostCallStatus posts the progress of a call.
func (s *Server) PostCallStatus(t testing.TB, sid, status string, opts ...Option) Answer {
	t.Helper()
	return post(t, s.CallStatus(t, sid, status, opts...))
}

// CallStatus makes the request of PostCallStatus.
func (s *Server) CallStatus(t testing.TB, sid, status string, opts ...Option) *http.Request {
	t.Helper()
	r := s.find(t, sid)
	s.set(r, status, r.AnsweredBy)
	return Request(r.Form.Get("StatusCallback"), callForm(r, status, r.AnsweredBy), opts...)
}

func callForm(r *Record, status, answeredBy string) url.Values {
	form := url.Values{
		"CallSid": {r.SID}, "CallStatus": {status}, "Direction": {"outbound-api"},
		"From": {r.From}, "Caller": {r.From}, "To": {r.To}, "Called": {r.To}, "ApiVersion": {"2010-04-01"},
	}
	if answeredBy != "" {
		form.Set("AnsweredBy", answeredBy)
	}
	return form
}

func (s *Server) set(r *Record, status, answeredBy string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.Status, r.AnsweredBy = status, answeredBy
}

func post(t testing.TB, r *http.Request) Answer {
	t.Helper()
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return Answer{Status: res.StatusCode, Body: string(body)}
}
