package sms

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

// emptyTwiML tells Twilio to answer the customer nothing; the answer is a
// rep's to write.
const emptyTwiML = `<?xml version="1.0" encoding="UTF-8"?><Response/>`

// maxMedia is the most attachments Twilio puts into one message.
const maxMedia = 10

// Webhook implements channels.WebhookReceiver for MessageHook and StatusHook.
func (c *Channel) Webhook(ctx context.Context, r *http.Request) (channels.Webhook, error) {
	req, err := c.receiver.Read(ctx, r)
	if err != nil {
		return channels.Webhook{}, err
	}
	if req.Form.Get("MessageSid") == "" {
		return channels.Webhook{}, models.Invalid("MessageSid", "the request names no message")
	}
	if req.Hook == "status" {
		return c.status(req)
	}
	return c.inbound(req)
}

// inbound reads a customer's text.
func (c *Channel) inbound(req twilioapi.Request) (channels.Webhook, error) {
	if req.To == nil {
		return channels.Webhook{}, models.Invalid("To", "the text was not sent to one of our numbers")
	}
	content, err := json.Marshal(models.InboundText{
		From: req.Form.Get("From"), To: req.Form.Get("To"), Body: req.Form.Get("Body"),
		Media: media(req), OptOutType: req.Form.Get("OptOutType"), Kind: models.ChannelSMS,
	})
	if err != nil {
		return channels.Webhook{}, fmt.Errorf("encode inbound text: %w", err)
	}
	return channels.Webhook{
		Raws: []models.Raw{{
			Provider: models.ProviderTwilio, ProviderID: req.Form.Get("MessageSid"), Channel: models.ChannelSMS,
			SenderID: &req.To.ID, Content: content, State: models.RawReceived, ReceivedAt: c.o.Clock(),
		}},
		Response: []byte(emptyTwiML), ContentType: "text/xml; charset=utf-8",
	}, nil
}

// answeredWords are those that Twilio answers by itself, for a message that is
// nothing else, whatever its letters' size: its default handling of opt-outs.
var answeredWords = map[string]bool{
	"STOP": true, "STOPALL": true, "UNSUBSCRIBE": true, "CANCEL": true, "END": true, "QUIT": true, "REVOKE": true, "OPTOUT": true,
	"HELP": true, "INFO": true,
}

// AnswersWord implements channels.WordAnswerer. OptOutType is there where an
// account has Advanced Opt-Out, and then Twilio has answered.
func (c *Channel) AnswersWord(t models.InboundText) bool {
	return !c.o.OwnWords && (t.OptOutType != "" || answeredWords[strings.ToUpper(strings.TrimSpace(t.Body))])
}

func media(req twilioapi.Request) []string {
	n, err := strconv.Atoi(req.Form.Get("NumMedia"))
	if err != nil {
		return nil
	}
	var all []string
	for i := range min(n, maxMedia) {
		if address := req.Form.Get("MediaUrl" + strconv.Itoa(i)); address != "" {
			all = append(all, address)
		}
	}
	return all
}

// states are Twilio's words for what became of a message. They come in any
// order and more than once; Message.Forward keeps them from moving it back.
var states = map[string]models.MessageState{
	"queued": models.MessageSent, "accepted": models.MessageSent, "scheduled": models.MessageSent,
	"sending": models.MessageSent, "sent": models.MessageSent,
	"delivered": models.MessageDelivered, "read": models.MessageRead,
	"undelivered": models.MessageFailed, "failed": models.MessageFailed, "canceled": models.MessageFailed,
}

// status reads what became of a text. A status that Twilio adds one day is
// answered and otherwise left alone: refusing would only bring it again.
func (c *Channel) status(req twilioapi.Request) (channels.Webhook, error) {
	word := req.Form.Get("MessageStatus")
	state, known := states[word]
	if !known {
		return channels.Webhook{}, nil
	}
	receipt := models.Receipt{
		Provider: models.ProviderTwilio, ProviderID: req.Form.Get("MessageSid"), Token: req.Token,
		Status: state, Detail: word, At: c.o.Clock(),
	}
	if state == models.MessageFailed {
		code := req.Form.Get("ErrorCode")
		if code == "" {
			code = word
		}
		twilioapi.Failed(&receipt, code)
	}
	return channels.Webhook{Receipts: []models.Receipt{receipt}}, nil
}
