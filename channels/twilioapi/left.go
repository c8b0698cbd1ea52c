package twilioapi

import (
	"context"
	"slices"
	"strings"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/models"
)

// LeftTexts hands on the texts that left the number since, the oldest first.
func LeftTexts(ctx context.Context, c *Client, sender models.Sender, since time.Time, take func(models.Left) error) (bool, error) {
	return left(ctx, c, sender, since, take, func(api *openapi.ApiService, token, number string) ([]entry, *string, error) {
		page, err := api.PageMessage((&openapi.ListMessageParams{}).SetFrom(sender.Address).SetPageSize(listPage), token, number)
		if err != nil {
			return nil, nil, err
		}
		var entries []entry
		for _, m := range page.Messages {
			e := entry{sid: str(m.Sid), to: str(m.To), body: str(m.Body), created: created(m.DateCreated), kind: models.ChannelSMS}
			entries = append(entries, e.outbound(str(m.Direction)))
		}
		return entries, page.NextPageUri, nil
	})
}

// LeftCalls hands on the calls that were made from the number since. What was
// said in them is not in Twilio's record.
func LeftCalls(ctx context.Context, c *Client, sender models.Sender, since time.Time, take func(models.Left) error) (bool, error) {
	return left(ctx, c, sender, since, take, func(api *openapi.ApiService, token, number string) ([]entry, *string, error) {
		page, err := api.PageCall((&openapi.ListCallParams{}).SetFrom(sender.Address).SetPageSize(listPage), token, number)
		if err != nil {
			return nil, nil, err
		}
		var entries []entry
		for _, m := range page.Calls {
			e := entry{sid: str(m.Sid), to: str(m.To), created: created(m.DateCreated), kind: models.ChannelVoicemail}
			entries = append(entries, e.outbound(str(m.Direction)))
		}
		return entries, page.NextPageUri, nil
	})
}

// outbound blanks what is not ours; its place in the list still counts.
func (e entry) outbound(direction string) entry {
	if !strings.HasPrefix(direction, "outbound") {
		e.sid = ""
	}
	return e
}

func left(ctx context.Context, c *Client, sender models.Sender, since time.Time, take func(models.Left) error,
	page func(api *openapi.ApiService, token, number string) ([]entry, *string, error)) (whole bool, err error) {
	for from := since.Add(-skew); ; {
		found, all, err := walk(ctx, c, &sender, from, page)
		if err != nil {
			return false, err
		}
		for _, e := range slices.Backward(found) {
			if e.created.IsZero() {
				e.created = since
			}
			if err := take(models.Left{Channel: e.kind, ProviderID: e.sid, To: e.to, Text: e.body, At: e.created}); err != nil {
				return false, err
			}
		}
		if all || !found[0].created.After(from) {
			return all, nil
		}
		from = found[0].created // records of that second come again, and are known by then
	}
}
