package twilioapi

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twilio/twilio-go/client"

	"followup/channels"
	"followup/models"
)

// maxAnswer bounds what is read of an answer; a page of 300 listed messages is far below it.
const maxAnswer = 4 << 20

// exchange carries a context to the wire and keeps what twilio-go drops on
// the way back: the status and Retry-After of an answer that is not JSON, and
// whether the request can have left at all.
type exchange struct {
	ctx    context.Context
	base   http.RoundTripper
	target *url.URL

	// left is set once the request has a connection. From then on it may be
	// on its way, whatever error comes back: net/http writes in a goroutine
	// of its own, so "not written yet" at the time of an error proves nothing.
	left       atomic.Bool
	status     int // of the answer; 0: none came
	retryAfter string
}

// RoundTrip implements http.RoundTripper.
func (x *exchange) RoundTrip(req *http.Request) (*http.Response, error) {
	x.left.Store(false)
	x.status, x.retryAfter = 0, ""
	trace := &httptrace.ClientTrace{
		// net/http asks for a second connection only where it knows that
		// nothing was written to the first.
		GetConn: func(string) { x.left.Store(false) },
		GotConn: func(httptrace.GotConnInfo) { x.left.Store(true) },
	}
	req = req.Clone(httptrace.WithClientTrace(x.ctx, trace))
	if x.target != nil {
		req.URL.Scheme, req.URL.Host, req.Host = x.target.Scheme, x.target.Host, ""
		req.URL.Path = strings.TrimRight(x.target.Path, "/") + req.URL.Path
	}
	res, err := x.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	x.status, x.retryAfter = res.StatusCode, res.Header.Get("Retry-After")
	// twilio-go leaves the body of a refusal unread and unclosed, which loses
	// the connection: it is read here, whole.
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if closeErr := res.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// classify says what became of the request. asked is the caller's context.
func (x *exchange) classify(asked context.Context, err error, now time.Time) *channels.SendError {
	var rest *client.TwilioRestError
	switch {
	case errors.As(err, &rest) && rest.Code != 0:
		return x.withRetry(codeError(rest.Code, x.status, rest.Message), now)
	case x.status >= 400:
		return x.withRetry(statusError(x.status), now)
	case x.status != 0:
		return &channels.SendError{Class: models.SendAmbiguous, Code: "http_" + strconv.Itoa(x.status),
			Detail: "Twilio answered, but the answer could not be read", Err: cause(err)}
	case x.left.Load():
		return &channels.SendError{Class: models.SendAmbiguous, Code: "no_answer",
			Detail: "the request was on its way to Twilio and no answer came", Err: cause(err)}
	case asked.Err() != nil:
		return &channels.SendError{Class: models.SendStopped, Detail: "stopped before anything was sent", Err: cause(err)}
	}
	return &channels.SendError{Class: models.SendTransient, Code: "unreachable",
		Detail: "Twilio could not be reached: " + cause(err).Error(), Err: cause(err)}
}

// withRetry adds Twilio's own wish for the next attempt to a refusal for now.
func (x *exchange) withRetry(se *channels.SendError, now time.Time) *channels.SendError {
	if se.Class != models.SendTransient || x.retryAfter == "" {
		return se
	}
	if seconds, err := strconv.Atoi(strings.TrimSpace(x.retryAfter)); err == nil && seconds >= 0 {
		se.RetryAfter = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(x.retryAfter); err == nil && at.After(now) {
		se.RetryAfter = at.Sub(now)
	}
	return se
}

// cause takes off net/http's wrapping, which repeats the address with the
// account's SID in it.
func cause(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}

// statusError classifies a refusal by its HTTP status alone: the body came
// from a gateway, not from the API.
func statusError(status int) *channels.SendError {
	se := &channels.SendError{Class: models.SendPermanent, Code: "http_" + strconv.Itoa(status)}
	switch {
	case status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable:
		se.Class, se.Detail = models.SendTransient, "Twilio is too busy to take it now"
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		se.Class, se.Detail = models.SendConfiguration, "Twilio refuses the account SID or the auth token"
	case status == http.StatusRequestTimeout || status >= 500:
		// A gateway gave up waiting: what stands behind it may have acted.
		se.Class, se.Detail = models.SendAmbiguous, "Twilio failed while working on it ("+http.StatusText(status)+")"
	default:
		se.Detail = "Twilio refused the request (" + http.StatusText(status) + ")"
	}
	return se
}
