package voicemail

import (
	"context"
	"strings"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/models"
)

func (c *Channel) receipt(req twilioapi.Request) models.Receipt {
	return models.Receipt{
		Provider: models.ProviderTwilio, ProviderID: req.Form.Get("CallSid"), Token: req.Token,
		AnsweredBy: req.Form.Get("AnsweredBy"), At: c.o.Clock(),
	}
}

// unmade are the ends of a call that reached nothing, in words.
var unmade = map[string]string{
	"busy": "the line was busy", "no-answer": "nobody answered", "canceled": "the call was canceled",
	"failed": "the call could not be made; the number may be wrong",
}

// status reads how far a call has come. The end of a call with one of our
// numbers that carries no token, such as a customer's, is no message's receipt.
func (c *Channel) status(req twilioapi.Request) channels.Webhook {
	receipt, word := c.receipt(req), req.Form.Get("CallStatus")
	if req.Token == "" {
		return channels.Webhook{}
	}
	switch word {
	case "queued", "initiated", "ringing", "in-progress", "answered":
		receipt.Status, receipt.Detail = models.MessageSent, word
	case "completed":
		completed(&receipt)
	case "busy", "no-answer", "canceled", "failed":
		receipt.Status, receipt.Code, receipt.Detail = models.MessageFailed, word, unmade[word]
		if code := req.Form.Get("ErrorCode"); code != "" {
			twilioapi.Failed(&receipt, code)
		}
	default:
		return channels.Webhook{} // a word Twilio adds one day
	}
	return channels.Webhook{Receipts: []models.Receipt{receipt}}
}

// completed: Twilio calls every answered call completed; what it means for
// the voicemail depends on who answered.
func completed(r *models.Receipt) {
	switch by := r.AnsweredBy; {
	case strings.HasPrefix(by, "machine"):
		r.Status, r.Detail = models.MessageDelivered, "left on the machine"
	case by == "human":
		r.Status, r.Detail = models.MessageDelivered, "a person answered"
	case by == "":
		r.Status, r.Code, r.Detail = models.MessageFailed, "not_detected", "the call ended before it was clear who had answered; nothing was left"
	default:
		r.Status, r.Code, r.Detail = models.MessageFailed, "answered_by_"+by, "neither a person nor a machine answered; nothing was left"
	}
}

// Reconcile implements channels.Reconciler: it lists the calls between the
// two numbers since the attempt. Calls carry no text to tell them apart by.
func (c *Channel) Reconcile(ctx context.Context, m models.Message) (channels.Finding, channels.Outcome, error) {
	var list []openapi.ApiV2010Call
	se := c.o.Client.Call(ctx, m.Sender, func(api *openapi.ApiService) (err error) {
		params := (&openapi.ListCallParams{}).SetTo(m.ToAddress).SetFrom(m.Sender.Address).
			SetPageSize(100).SetLimit(twilioapi.ListLimit)
		list, err = api.ListCall(params)
		return err
	})
	if se != nil {
		return channels.Unknown, channels.Outcome{}, se
	}
	candidates := make([]twilioapi.Candidate, 0, len(list))
	for _, r := range list {
		candidates = append(candidates, twilioapi.Candidate{
			SID: twilioapi.Text(r.Sid), Status: twilioapi.Text(r.Status), DateCreated: twilioapi.Text(r.DateCreated),
			Matches: twilioapi.Text(r.Direction) == "outbound-api",
		})
	}
	search := twilioapi.Search{Since: m.CreatedAt, Now: c.o.Clock(), Grace: c.o.Grace, Known: c.o.Known}
	return search.Judge(ctx, candidates)
}
