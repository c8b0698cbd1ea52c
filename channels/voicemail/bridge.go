package voicemail

import (
	"context"
	"encoding/xml"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/models"
)

// Dials finds and follows calls between a rep and a prospect.
type Dials interface {
	DialByToken(ctx context.Context, token string) (models.Dial, models.Prospect, error)
	DialProgress(ctx context.Context, token string, state models.DialState, providerID, detail string, seconds int, now time.Time) error
}

// What a request about such a call is for, in the address that we gave.
const (
	dialKey   = "d"    // the dial's token
	stepKey   = "step" // how far it is
	stepGo    = "go"   // the rep has pressed a key
	stepAfter = "after"
)

type gather struct {
	XMLName   xml.Name `xml:"Gather"`
	NumDigits int      `xml:"numDigits,attr"`
	Timeout   int      `xml:"timeout,attr"`
	Action    string   `xml:"action,attr"`
	Say       say
}

// Connect implements channels.Bridger. The rep's phone rings first, and the
// prospect's only when a key was pressed: the rep's own voicemail box must not
// be connected with a customer.
func (c *Channel) Connect(ctx context.Context, r channels.Ring) (channels.Outcome, error) {
	if c.o.Dials == nil || c.o.PublicURL == "" {
		return channels.Outcome{}, &channels.SendError{Class: models.SendConfiguration, Code: "no_public_url", Detail: "calls need an address at which Twilio reaches us; set public_url in the configuration"}
	}
	for _, number := range []string{r.Number, r.RepNumber} {
		if se := c.allow.Check(number); se != nil {
			return channels.Outcome{}, se
		}
	}
	params := (&openapi.CreateCallParams{}).
		SetTo(r.RepNumber).SetFrom(r.Sender.Address).
		SetUrl(c.dialHook(VoiceHook, r.Token, "")).SetMethod("POST").
		SetStatusCallback(c.dialHook(StatusHook, r.Token, "")).SetStatusCallbackMethod("POST").
		SetStatusCallbackEvent([]string{"initiated", "answered", "completed"})
	var created *openapi.ApiV2010Call
	se := c.o.Client.Call(ctx, &r.Sender, func(api *openapi.ApiService) (err error) {
		created, err = api.CreateCall(params)
		return err
	})
	if se != nil {
		return channels.Outcome{}, se
	}
	return channels.Outcome{ProviderID: twilioapi.Text(created.Sid), Detail: twilioapi.Text(created.Status)}, nil
}

func (c *Channel) dialHook(path, token, step string) string {
	q := url.Values{dialKey: {token}}
	if step != "" {
		q.Set(stepKey, step)
	}
	return strings.TrimRight(c.o.PublicURL, "/") + path + "?" + q.Encode()
}

// bridged answers what Twilio asks and tells about a call between a rep and a
// prospect.
func (c *Channel) bridged(ctx context.Context, r *http.Request, req twilioapi.Request) (channels.Webhook, error) {
	token := r.URL.Query().Get(dialKey)
	if req.Hook == "call-status" {
		return channels.Webhook{}, c.legStatus(ctx, token, req)
	}
	switch r.URL.Query().Get(stepKey) {
	case stepGo:
		return c.ringProspect(ctx, token, req)
	case stepAfter:
		return twiml(hangup{}), c.talked(ctx, token, req)
	}
	d, p, err := c.o.Dials.DialByToken(ctx, token)
	if err != nil || d.State.Over() {
		return twiml(hangup{}), err
	}
	ask := say{Voice: c.o.Voice, Language: c.o.Language, Text: "Press any key to call " + p.Name() + "."}
	return twiml(gather{NumDigits: 1, Timeout: 15, Action: c.dialHook(VoiceHook, token, stepGo), Say: ask}, hangup{}), nil
}

// ringProspect connects the rep who has pressed a key.
func (c *Channel) ringProspect(ctx context.Context, token string, req twilioapi.Request) (channels.Webhook, error) {
	d, _, err := c.o.Dials.DialByToken(ctx, token)
	if err != nil || d.State.Over() || d.Number == "" {
		return twiml(hangup{}), err
	}
	if d.ValidUntil != nil && !c.o.Clock().Before(*d.ValidUntil) {
		const over = "their hours were over before you pressed a key"
		late := say{Voice: c.o.Voice, Language: c.o.Language, Text: "It is too late to call them now."}
		return twiml(late, hangup{}), c.progress(ctx, token, models.DialFailed, req, over, 0)
	}
	if err := c.progress(ctx, token, models.DialTalking, req, "", 0); err != nil {
		return channels.Webhook{}, err
	}
	return twiml(dial{CallerID: req.Form.Get("From"), Timeout: prospectRings, Number: d.Number, Action: c.dialHook(VoiceHook, token, stepAfter)}), nil
}

// prospectRings is how many seconds the prospect's phone rings: long enough
// for their voicemail to answer, which the rep may speak to.
const prospectRings = 45

// talked is asked when the prospect's leg has ended.
func (c *Channel) talked(ctx context.Context, token string, req twilioapi.Request) error {
	seconds, _ := strconv.Atoi(req.Form.Get("DialCallDuration"))
	return c.progress(ctx, token, models.DialEnded, req, unmade[req.Form.Get("DialCallStatus")], seconds)
}

// legStatus is how far the rep's own leg is.
func (c *Channel) legStatus(ctx context.Context, token string, req twilioapi.Request) error {
	switch word := req.Form.Get("CallStatus"); word {
	case "queued", "initiated", "ringing", "in-progress", "answered":
		return c.progress(ctx, token, models.DialRinging, req, "", 0)
	case "completed":
		return c.progress(ctx, token, models.DialEnded, req, "", 0)
	case "busy", "no-answer", "canceled", "failed":
		return c.progress(ctx, token, models.DialFailed, req, "your own phone: "+unmade[word], 0)
	}
	return nil
}

func (c *Channel) progress(ctx context.Context, token string, state models.DialState, req twilioapi.Request, detail string, seconds int) error {
	return c.o.Dials.DialProgress(ctx, token, state, req.Form.Get("CallSid"), detail, seconds, c.o.Clock())
}
