// Package voicemail leaves voicemails through Twilio: it calls, lets Twilio
// find out who answers, and speaks the script after the beep. It also reads
// customers' return calls.
//
// Twilio makes one call a second per account and keeps the rest for up to a
// day, with no way to say until when a call is worth making. So the engine
// must hold back what is over the rate itself (Sender.RatePerMinute, 60 at
// most for all senders of an account together), or a call handed over at
// 19:59 dials after hours. A call that is answered past Message.ValidUntil is
// hung up without a word.
package voicemail

import (
	"context"
	"net/url"
	"strings"
	"time"
	"unicode/utf16"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/models"
)

// Paths that the web package mounts for this channel's Webhook. Each is
// appended to PublicURL.
const (
	VoiceHook  = twilioapi.VoicePath      // TwiML; each number is told it too
	StatusHook = twilioapi.CallStatusPath // given with each call
)

// Handling is what a person hears who answers in place of the machine.
type Handling string

const (
	Apologize Handling = "apologize" // a short apology, then hang up
	Connect   Handling = "connect"   // ring the rep; the apology where there is none to ring
)

// Options of the channel.
type Options struct {
	Client *twilioapi.Client
	// PublicURL is where Twilio reaches us. Without it no voicemail can be
	// left: what is said depends on who answers, which Twilio asks us then.
	PublicURL string
	// Allow lists the only numbers that are called; empty: none.
	Allow []string
	// Sender finds the sender with one of our numbers, with its credentials.
	Sender func(ctx context.Context, number string) (models.Sender, bool, error)
	// Script finds our message by its token, and the rep who stands behind it
	// (nil where nobody does).
	Script func(ctx context.Context, token string) (models.Message, *models.User, error)
	// Ring gives the number of the rep whom a return call from this customer
	// should ring; nil or false: nobody.
	Ring func(ctx context.Context, from string, sender models.Sender) (string, bool)
	// Dials are the calls between reps and prospects; nil: none are placed.
	Dials Dials
	Clock models.Clock
	// OnHuman is what a person who answers hears; "": Apologize.
	OnHuman Handling
	Words   Words
	// Voice and Language of what is spoken, as TwiML's Say takes them; "": Twilio's.
	Voice, Language string
	// Grace and Known: as in sms.Options.
	Grace time.Duration
	Known func(ctx context.Context, providerID string) (bool, error)
}

// Words are what is spoken beside the scripts; empty ones have defaults.
type Words struct {
	Apology string // to a person who answers a voicemail call
	Moment  string // before the rep is rung
	Busy    string // to a customer who calls and reaches nobody, before the tone
}

// Channel implements channels.Channel for voicemails.
type Channel struct {
	o        Options
	allow    twilioapi.AllowList
	receiver twilioapi.Receiver
}

// New makes the channel.
func New(o Options) *Channel {
	if o.Grace == 0 {
		o.Grace = 2 * time.Minute
	}
	for words, plain := range map[*string]string{
		&o.Words.Apology: "Sorry to disturb you. We meant to leave a message and will try again another time. Goodbye.",
		&o.Words.Moment:  "One moment, please.",
		&o.Words.Busy:    "Thank you for calling. Nobody can take your call right now. Please leave a message after the tone, and we will call you back.",
	} {
		if *words == "" {
			*words = plain
		}
	}
	return &Channel{
		o: o, allow: twilioapi.NewAllowList(o.Allow),
		receiver: twilioapi.Receiver{PublicURL: o.PublicURL, Sender: o.Sender},
	}
}

// Kind implements channels.Channel.
func (c *Channel) Kind() models.ChannelKind { return models.ChannelVoicemail }

// Rules implements channels.Channel.
func (c *Channel) Rules() models.ChannelRules { return channels.VoicemailRules }

// Check implements channels.Channel.
func (c *Channel) Check(m models.Message) error {
	if u, err := url.Parse(c.o.PublicURL); err != nil || u.Host == "" {
		return &channels.SendError{Class: models.SendConfiguration, Code: "no_public_url",
			Detail: "voicemails need an address at which Twilio reaches us: it asks there what to say once it knows whether a person or a machine answered; set public_url in the configuration"}
	}
	if se := c.allow.Check(m.ToAddress); se != nil {
		return se
	}
	switch n := len(utf16.Encode([]rune(m.Text))); {
	case strings.TrimSpace(m.Text) == "":
		return channels.Refuse("empty", "the script is empty")
	case n > channels.VoicemailRules.MaxLength:
		return channels.Refuse("too_long", "the script has %d characters; at most %d can be spoken", n, channels.VoicemailRules.MaxLength)
	}
	return nil
}

// Send implements channels.Channel. Accepted means that the call will be
// made; the receipts say what came of it.
func (c *Channel) Send(ctx context.Context, m models.Message) (channels.Outcome, error) {
	if err := c.Check(m); err != nil {
		return channels.Outcome{}, err
	}
	if m.Token == "" {
		return channels.Outcome{}, channels.Refuse("no_token", "the message has no token, so its script could not be found when the call is answered")
	}
	if c.late(m) {
		return channels.Outcome{}, &channels.SendError{Class: models.SendStopped, Code: "too_late", Detail: "the time in which it may be sent is over"}
	}
	var created *openapi.ApiV2010Call
	se := c.o.Client.Call(ctx, m.Sender, func(api *openapi.ApiService) (err error) {
		created, err = api.CreateCall(c.params(m))
		return err
	})
	if se != nil {
		return channels.Outcome{}, se
	}
	if created.Sid == nil || *created.Sid == "" {
		return channels.Outcome{}, &channels.SendError{Class: models.SendAmbiguous, Code: "no_sid", Detail: "Twilio answered without a call SID"}
	}
	return channels.Outcome{ProviderID: *created.Sid, Detail: twilioapi.Text(created.Status) + " at Twilio"}, nil
}

// params is the call as Twilio takes it. The TwiML is not passed along with
// it, for a person who answers would hear it too: Twilio asks for it once it
// knows who answered and, with DetectMessageEnd, once a machine has finished.
func (c *Channel) params(m models.Message) *openapi.CreateCallParams {
	return (&openapi.CreateCallParams{}).
		SetTo(m.ToAddress).SetFrom(m.Sender.Address).
		SetUrl(c.hook(VoiceHook, m.Token)).SetMethod("POST").
		SetMachineDetection("DetectMessageEnd").
		SetStatusCallback(c.hook(StatusHook, m.Token)).SetStatusCallbackMethod("POST").
		// "initiated" proves that the call was created even where the answer
		// to its creation was lost; alone, Twilio reports only the end.
		SetStatusCallbackEvent([]string{"initiated", "answered", "completed"})
}

func (c *Channel) hook(path, token string) string {
	return strings.TrimRight(c.o.PublicURL, "/") + path + "?m=" + url.QueryEscape(token)
}

func (c *Channel) late(m models.Message) bool {
	return m.ValidUntil != nil && !c.o.Clock().Before(*m.ValidUntil)
}

// Probe implements channels.Prober.
func (c *Channel) Probe(ctx context.Context, sender models.Sender) error {
	return c.o.Client.Probe(ctx, sender)
}
