// Package sms sends text messages through Twilio and reads what comes back.
package sms

import (
	"context"
	"fmt"
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
	MessageHook = twilioapi.MessagePath // each number is told it, by the account's page or in the Twilio console
	StatusHook  = twilioapi.StatusPath  // given with each message
)

// maxQueued is the longest a text may wait at Twilio, in seconds.
const maxQueued = 36000

// Options of the channel.
type Options struct {
	Client *twilioapi.Client
	// PublicURL is where Twilio reaches us; "": texts go out, but nothing is
	// learned of their delivery and no webhook verifies.
	PublicURL string
	// Allow lists the only numbers that are texted; empty: none.
	Allow []string
	// Sender finds the sender with one of our numbers, with its credentials.
	Sender func(ctx context.Context, number string) (models.Sender, bool, error)
	Clock  models.Clock
	// Grace is how old an attempt must be before its absence from Twilio's
	// list proves anything; 0: 2 minutes.
	Grace time.Duration
	// Known tells whether a message of ours already has this provider id, so
	// that reconciling does not take another message for the one sought. May be nil.
	Known func(ctx context.Context, providerID string) (bool, error)
	// OwnWords: Twilio's handling of STOP and HELP is switched off for the
	// account, so that the answers are ours.
	OwnWords bool
	// ListEvery is how often what came in is listed at Twilio; 0: 15 s, or,
	// where webhooks bring it, as often as keeps the sender current.
	ListEvery time.Duration
}

// Channel implements channels.Channel for texts.
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
	if o.ListEvery == 0 {
		o.ListEvery = 15 * time.Second
		if o.PublicURL != "" {
			o.ListEvery = models.InboundCurrency - time.Minute
		}
	}
	return &Channel{
		o: o, allow: twilioapi.NewAllowList(o.Allow),
		receiver: twilioapi.Receiver{PublicURL: o.PublicURL, Sender: o.Sender},
	}
}

// Kind implements channels.Channel.
func (c *Channel) Kind() models.ChannelKind { return models.ChannelSMS }

// Rules implements channels.Channel.
func (c *Channel) Rules() models.ChannelRules { return channels.SMSRules }

// Check implements channels.Channel.
func (c *Channel) Check(m models.Message) error {
	if se := c.allow.Check(m.ToAddress); se != nil {
		return se
	}
	if len(m.Media) > 0 && c.o.PublicURL == "" {
		return channels.Refuse("no_public_url", "pictures can be texted only where Twilio can fetch them: set the public address of this site")
	}
	switch n := len(utf16.Encode([]rune(m.Text))); {
	case strings.TrimSpace(m.Text) == "":
		return channels.Refuse("empty", "the text is empty")
	case n > channels.SMSRules.MaxLength:
		return channels.Refuse("too_long", "the text has %d characters; at most %d can be sent as one message", n, channels.SMSRules.MaxLength)
	}
	return nil
}

// Send implements channels.Channel.
func (c *Channel) Send(ctx context.Context, m models.Message) (channels.Outcome, error) {
	if err := c.Check(m); err != nil {
		return channels.Outcome{}, err
	}
	params, se := c.params(m)
	if se != nil {
		return channels.Outcome{}, se
	}
	var created *openapi.ApiV2010Message
	se = c.o.Client.Call(ctx, m.Sender, func(api *openapi.ApiService) (err error) {
		created, err = api.CreateMessage(params.SetFrom(m.Sender.Address))
		return err
	})
	if se != nil {
		return channels.Outcome{}, se
	}
	if created.Sid == nil || *created.Sid == "" {
		return channels.Outcome{}, &channels.SendError{Class: models.SendAmbiguous, Code: "no_sid", Detail: "Twilio answered without a message SID"}
	}
	segments, encoding := Segments(m.Text)
	return channels.Outcome{
		ProviderID: *created.Sid,
		Detail:     fmt.Sprintf("%s at Twilio, segments: %d (%s)", twilioapi.Text(created.Status), segments, encoding),
	}, nil
}

// params is the message as Twilio takes it.
func (c *Channel) params(m models.Message) (*openapi.CreateMessageParams, *channels.SendError) {
	params := (&openapi.CreateMessageParams{}).SetTo(m.ToAddress).SetBody(m.Text)
	var pictures []string
	for _, media := range m.Media {
		if media.Token != "" {
			pictures = append(pictures, strings.TrimRight(c.o.PublicURL, "/")+channels.FilePath+url.PathEscape(media.Token))
		}
	}
	if len(pictures) > 0 {
		params.SetMediaUrl(pictures)
	}
	if c.o.PublicURL != "" {
		params.SetStatusCallback(c.callback(m.Token))
	}
	if m.ValidUntil != nil {
		// Twilio keeps what it cannot send at once, and sends it after hours
		// unless it is told when the text becomes worthless.
		seconds := int(m.ValidUntil.Sub(c.o.Clock()) / time.Second)
		if seconds < 1 {
			return nil, &channels.SendError{Class: models.SendStopped, Code: "too_late", Detail: "the time in which it may be sent is over"}
		}
		params.SetValidityPeriod(min(seconds, maxQueued))
	}
	return params, nil
}

// callback is the address Twilio reports to. The message's own token in it
// proves that the text was created even where the answer to its creation was lost.
func (c *Channel) callback(token string) string {
	return strings.TrimRight(c.o.PublicURL, "/") + StatusHook + "?m=" + url.QueryEscape(token)
}

// Probe implements channels.Prober.
func (c *Channel) Probe(ctx context.Context, sender models.Sender) error {
	return c.o.Client.Probe(ctx, sender)
}
