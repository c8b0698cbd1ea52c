// Package channels holds the contract between the engine and the ways to
// reach a customer. Each way has a folder of its own beside this file and
// passes channeltest.Exercise; none imports another.
package channels

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"followup/models"
)

// Channel hands messages of one kind to one provider.
type Channel interface {
	Kind() models.ChannelKind
	Rules() models.ChannelRules
	// Check refuses what could never be sent (no recipient, too long, a
	// reserved address, a number that is not on the allow-list), before
	// anything is promised. Its error is a *SendError.
	Check(models.Message) error
	// Send hands the message over, once. It is called concurrently, for
	// different messages and senders. Message.Sender carries the credentials.
	// A failure is a *SendError; any other error counts as ambiguous.
	Send(context.Context, models.Message) (Outcome, error)
}

// Outcome is a provider's acceptance.
type Outcome struct {
	ProviderID string // what the provider calls the message from now on
	Detail     string // its words, for the audit trail
}

// SendError says what became of a hand-over that was not accepted.
type SendError struct {
	Class          models.SendClass
	Code           string        // the provider's: "550 5.1.1", "21610"
	Detail         string        // safe to show
	RetryAfter     time.Duration // transient: the provider's wish; 0: ours to choose
	InvalidContact bool          // this address can never work
	OptedOut       bool          // the provider has an opt-out from it
	Err            error
}

func (e *SendError) Error() string {
	s := string(e.Class)
	if e.Code != "" {
		s += " " + e.Code
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	} else if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Refuse makes the permanent error of a Check.
func Refuse(code, format string, args ...any) *SendError {
	return &SendError{Class: models.SendPermanent, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// AsSendError finds the SendError in err; anything else is ambiguous, because
// nobody can say that the message did not leave.
func AsSendError(err error) *SendError {
	var se *SendError
	if errors.As(err, &se) {
		return se
	}
	return &SendError{Class: models.SendAmbiguous, Detail: err.Error(), Err: err}
}

// Webhook is what a provider's request to us said.
type Webhook struct {
	Raws     []models.Raw
	Receipts []models.Receipt
	// Response is written back, e.g. TwiML; empty: 204.
	Response    []byte
	ContentType string
}

// WebhookReceiver is a channel whose provider posts to us.
type WebhookReceiver interface {
	// Webhook verifies the signature and reads the request; ErrSignature
	// where it does not verify. The body is limited by the caller.
	Webhook(context.Context, *http.Request) (Webhook, error)
}

// ErrSignature: the request is not from the provider it claims to be from.
var ErrSignature = errors.New("the signature does not verify")

// Listener is a channel that reads what came in to a sender: a mailbox, or the
// texts and calls that a provider lists. One channel does so for each kind of
// sender, for all of its inbound.
type Listener interface {
	// Listen reads everything after sender.InboundCursor and goes on until
	// ctx ends, calling deliver for each message and current each time it
	// has caught up. It returns the error that ended it; the caller backs off
	// and calls again with the last cursor. deliver's error stops the
	// listening before the cursor moves past the message.
	Listen(ctx context.Context, sender models.Sender, deliver func(context.Context, models.Raw) error, current func(ctx context.Context, cursor string) error) error
}

// Finding is what a reconciler learned of an attempt.
type Finding string

const (
	Found   Finding = "found"   // it was sent
	Absent  Finding = "absent"  // it was proved not to have been created
	Unknown Finding = "unknown" // nothing can be proved
)

// Reconciler can find out what became of an attempt whose answer was lost.
type Reconciler interface {
	Reconcile(context.Context, models.Message) (Finding, Outcome, error)
}

// Ledger is a channel whose provider keeps its own record of what left a
// sender, for a workspace that has lost part of its own.
type Ledger interface {
	// Left hands on what was sent since, in any order. whole tells that the
	// record would show everything, so that its silence proves something.
	Left(ctx context.Context, sender models.Sender, since time.Time, take func(models.Left) error) (whole bool, err error)
}

// WordAnswerer is a channel whose provider answers some of the carriers' words
// (STOP, HELP) by itself: a second answer would be a second text.
type WordAnswerer interface {
	AnswersWord(text models.InboundText) bool
}

// Prober is a channel that can check a sender's set-up without sending to a
// customer, for doctor and the sender's page.
type Prober interface {
	Probe(context.Context, models.Sender) error
}
