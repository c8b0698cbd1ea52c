// Package sandbox carries every kind of message without any account: nothing
// leaves the process. It keeps the rules of the real channels, so what passes
// here passes there, but takes reserved addresses, since nobody is reached.
//
// The second half builds what a customer sends back, as the demonstration and
// the sandbox pages need it: see EmailReply, Bounce, TextReply, InboundCall.
package sandbox

import (
	"context"
	"fmt"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"

	"followup/channels"
	"followup/models"
)

// Options of a sandbox channel; all may be left out.
type Options struct {
	// Clock decides whether Message.ValidUntil is over; nil: never.
	Clock models.Clock
	// OnSend is called with each message taken, perhaps concurrently.
	OnSend func(models.Message)
	// Faults makes a hand-over fail. With an ambiguous error the message is
	// taken all the same: the answer was lost on its way back.
	Faults func(models.Message) *channels.SendError
}

// Channel implements channels.Channel for one kind.
type Channel struct {
	rules models.ChannelRules
	o     Options

	mu   sync.Mutex
	lost map[string]bool // tokens taken without an answer
}

// New makes the channel of a kind that messages can be sent on: email, sms or
// voicemail. Another kind is a mistake in the wiring, so it panics.
func New(kind models.ChannelKind, o Options) *Channel {
	for _, rules := range []models.ChannelRules{channels.EmailRules, channels.SMSRules, channels.VoicemailRules} {
		if rules.Kind == kind {
			return &Channel{rules: rules, o: o, lost: map[string]bool{}}
		}
	}
	panic(fmt.Sprintf("sandbox: nothing is sent on the channel %q", kind))
}

// Kind implements channels.Channel.
func (c *Channel) Kind() models.ChannelKind { return c.rules.Kind }

// Rules implements channels.Channel.
func (c *Channel) Rules() models.ChannelRules { return c.rules }

// Check implements channels.Channel.
func (c *Channel) Check(m models.Message) error {
	if strings.TrimSpace(m.ToAddress) == "" {
		return channels.Refuse("no_recipient", "there is no address to send to")
	}
	if !wellFormed[c.rules.Address](m.ToAddress) {
		return channels.Refuse("bad_address", "%q is no %s", m.ToAddress, addressWords[c.rules.Address])
	}
	if c.rules.MaxLength == 0 {
		return nil
	}
	// As the telephone providers count.
	switch n := len(utf16.Encode([]rune(m.Text))); {
	case strings.TrimSpace(m.Text) == "":
		return channels.Refuse("empty", "the text is empty")
	case n > c.rules.MaxLength:
		return channels.Refuse("too_long", "the text has %d characters; at most %d can be sent", n, c.rules.MaxLength)
	}
	return nil
}

var e164 = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)

var wellFormed = map[models.ContactPointKind]func(string) bool{
	models.ContactPhone: e164.MatchString,
	models.ContactEmail: func(s string) bool {
		a, err := mail.ParseAddress(s)
		return err == nil && a.Address == s
	},
}

var addressWords = map[models.ContactPointKind]string{
	models.ContactPhone: "phone number in international form; write it with + and the country code",
	models.ContactEmail: "email address; write it as name@company.com",
}

// Send implements channels.Channel.
func (c *Channel) Send(ctx context.Context, m models.Message) (channels.Outcome, error) {
	if err := ctx.Err(); err != nil {
		return channels.Outcome{}, &channels.SendError{Class: models.SendStopped, Detail: "stopped before anything was sent", Err: err}
	}
	if err := c.Check(m); err != nil {
		return channels.Outcome{}, err
	}
	if m.ValidUntil != nil && c.o.Clock != nil && !c.o.Clock().Before(*m.ValidUntil) {
		return channels.Outcome{}, &channels.SendError{Class: models.SendStopped, Code: "too_late", Detail: "the time in which it may be sent is over"}
	}
	var fault *channels.SendError
	if c.o.Faults != nil {
		fault = c.o.Faults(m)
	}
	if fault != nil && fault.Class != models.SendAmbiguous {
		return channels.Outcome{}, fault
	}
	if c.o.OnSend != nil {
		c.o.OnSend(m)
	}
	if fault != nil {
		c.mu.Lock()
		c.lost[m.Token] = true
		c.mu.Unlock()
		return channels.Outcome{}, fault
	}
	return accepted(m), nil
}

func accepted(m models.Message) channels.Outcome {
	return channels.Outcome{ProviderID: "sandbox-" + m.Token, Detail: "kept in the sandbox"}
}

// Reconcile implements channels.Reconciler. What this process did not take
// went nowhere, for there is nowhere else it could have gone.
func (c *Channel) Reconcile(_ context.Context, m models.Message) (channels.Finding, channels.Outcome, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost[m.Token] {
		return channels.Found, accepted(m), nil
	}
	return channels.Absent, channels.Outcome{}, nil
}

// Probe implements channels.Prober: there is nothing that could be set up wrongly.
func (c *Channel) Probe(context.Context, models.Sender) error { return nil }
