package voicemail

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/models"
)

// What the rep was rung for, in the address that Twilio asks afterwards.
const (
	afterVoicemail = "voicemail" // a person answered our call
	afterReturn    = "return"    // the customer called
	afterRecord    = "recorded"  // they left a message
)

// Webhook implements channels.WebhookReceiver for VoiceHook and StatusHook.
func (c *Channel) Webhook(ctx context.Context, r *http.Request) (channels.Webhook, error) {
	req, err := c.receiver.Read(ctx, r)
	if err != nil {
		return channels.Webhook{}, err
	}
	after := r.URL.Query().Get("after")
	switch {
	case req.Form.Get("CallSid") == "":
		return channels.Webhook{}, models.Invalid("CallSid", "the request names no call")
	case c.o.Dials != nil && r.URL.Query().Get(dialKey) != "":
		return c.bridged(ctx, r, req)
	case req.Hook == "call-status":
		return c.status(req), nil
	case after == afterRecord:
		return c.recorded(req)
	case after != "":
		return c.rung(req, after), nil
	case req.Token != "":
		return c.answered(ctx, req), nil
	}
	return c.inbound(ctx, req)
}

// answered says what is heard by whoever answered our call. It never fails:
// Twilio would read its own error message out to the customer.
func (c *Channel) answered(ctx context.Context, req twilioapi.Request) channels.Webhook {
	by := req.Form.Get("AnsweredBy")
	switch {
	case strings.HasPrefix(by, "machine_end"):
		return c.leave(ctx, req)
	case by == "human":
		return c.human(ctx, req)
	}
	return twiml(hangup{}) // a fax, or nobody knows: nothing to say to either
}

// leave speaks the script after the beep.
func (c *Channel) leave(ctx context.Context, req twilioapi.Request) channels.Webhook {
	m, _, err := c.script(ctx, req.Token)
	if err != nil {
		return c.silent(req, "no_script", "the script could not be found when the call was answered: "+err.Error())
	}
	if c.late(m) {
		return c.silent(req, "too_late", "the call was answered after the time in which it may be made; nothing was said")
	}
	return twiml(c.speak(m.Text), hangup{})
}

// silent hangs up without a word and tells what kept the voicemail from being left.
func (c *Channel) silent(req twilioapi.Request, code, detail string) channels.Webhook {
	answer := twiml(hangup{})
	receipt := c.receipt(req)
	receipt.Status, receipt.Code, receipt.Detail = models.MessageFailed, code, detail
	answer.Receipts = []models.Receipt{receipt}
	return answer
}

func (c *Channel) script(ctx context.Context, token string) (models.Message, *models.User, error) {
	if c.o.Script == nil {
		return models.Message{}, nil, models.Errorf(models.CodeNotFound, "no scripts are configured")
	}
	return c.o.Script(ctx, token)
}

// human is what a person hears who answers.
func (c *Channel) human(ctx context.Context, req twilioapi.Request) channels.Webhook {
	if c.o.OnHuman == Connect {
		m, rep, err := c.script(ctx, req.Token)
		if err == nil && rep != nil && rep.Phone != "" && !c.late(m) {
			return twiml(c.speak(c.o.Words.Moment), c.ring(rep.Phone, req.Form.Get("From"), afterVoicemail))
		}
	}
	return twiml(c.speak(c.o.Words.Apology), hangup{})
}

// rung is asked when the rep's leg has ended. A caller who has talked to the
// rep is not told that nobody was there; one who has not may leave a message.
func (c *Channel) rung(req twilioapi.Request, after string) channels.Webhook {
	if req.Form.Get("DialCallStatus") == "completed" {
		return twiml(hangup{})
	}
	if after == afterVoicemail {
		return twiml(c.speak(c.o.Words.Apology), hangup{})
	}
	return c.takeMessage()
}

// takeMessage asks the caller to speak and records it. Where they say nothing
// Twilio goes on to the next verb.
func (c *Channel) takeMessage() channels.Webhook {
	return twiml(c.speak(c.o.Words.Busy), c.record(), hangup{})
}

// recorded reads a voicemail that a customer has left, or hung up on. It is a
// message of its own: the call it came by was recorded when it came in.
func (c *Channel) recorded(req twilioapi.Request) (channels.Webhook, error) {
	answer := twiml(hangup{})
	sid, address := req.Form.Get("RecordingSid"), req.Form.Get("RecordingUrl")
	if req.To == nil || sid == "" || address == "" {
		return answer, nil
	}
	seconds, err := strconv.Atoi(req.Form.Get("RecordingDuration"))
	if err != nil || seconds < 1 {
		seconds = 1
	}
	raw, err := twilioapi.VoicemailLeft(req.To.ID, sid, address, req.Form.Get("From"), req.Form.Get("To"), seconds, c.o.Clock())
	if err != nil {
		return channels.Webhook{}, err
	}
	answer.Raws = []models.Raw{raw}
	return answer, nil
}

// inbound reads a customer's call and rings the rep.
func (c *Channel) inbound(ctx context.Context, req twilioapi.Request) (channels.Webhook, error) {
	if req.To == nil {
		return channels.Webhook{}, models.Invalid("To", "the call was not made to one of our numbers")
	}
	from := req.Form.Get("From")
	content, err := json.Marshal(models.InboundText{From: from, To: req.Form.Get("To"), Kind: models.ChannelCall})
	if err != nil {
		return channels.Webhook{}, fmt.Errorf("encode inbound call: %w", err)
	}
	answer := c.takeMessage()
	if c.o.Ring != nil {
		if number, ok := c.o.Ring(ctx, from, *req.To); ok && number != "" {
			// Without a callerId the rep sees the customer's own number.
			answer = twiml(c.ring(number, "", afterReturn))
		}
	}
	answer.Raws = []models.Raw{{
		Provider: models.ProviderTwilio, ProviderID: req.Form.Get("CallSid"), Channel: models.ChannelCall,
		SenderID: &req.To.ID, Content: content, State: models.RawReceived, ReceivedAt: c.o.Clock(),
	}}
	return answer, nil
}
