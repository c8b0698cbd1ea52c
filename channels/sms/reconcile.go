package sms

import (
	"context"
	"strings"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/models"
)

// Reconcile implements channels.Reconciler: it lists what was created between
// the two numbers since the attempt and looks for the same text.
func (c *Channel) Reconcile(ctx context.Context, m models.Message) (channels.Finding, channels.Outcome, error) {
	var list []openapi.ApiV2010Message
	se := c.o.Client.Call(ctx, m.Sender, func(api *openapi.ApiService) (err error) {
		params := (&openapi.ListMessageParams{}).SetTo(m.ToAddress).SetFrom(m.Sender.Address).
			SetPageSize(100).SetLimit(twilioapi.ListLimit)
		list, err = api.ListMessage(params)
		return err
	})
	if se != nil {
		return channels.Unknown, channels.Outcome{}, se
	}
	candidates := make([]twilioapi.Candidate, 0, len(list))
	for _, r := range list {
		candidates = append(candidates, twilioapi.Candidate{
			SID: twilioapi.Text(r.Sid), Status: twilioapi.Text(r.Status), DateCreated: twilioapi.Text(r.DateCreated),
			Matches: strings.HasPrefix(twilioapi.Text(r.Direction), "outbound") && strings.TrimSpace(twilioapi.Text(r.Body)) == strings.TrimSpace(m.Text),
		})
	}
	search := twilioapi.Search{Since: m.CreatedAt, Now: c.o.Clock(), Grace: c.o.Grace, Known: c.o.Known}
	return search.Judge(ctx, candidates)
}
