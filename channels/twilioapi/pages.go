package twilioapi

import (
	"context"
	"net/url"
	"strings"
	"time"

	openapi "github.com/twilio/twilio-go/rest/api/v2010"

	"followup/models"
)

// entry is a record of one of Twilio's lists.
type entry struct {
	sid, from, to, body string
	created             time.Time // zero where the list does not say
	status              string    // of a call
	ended               time.Time // of a call; its beginning where the list does not say
	kind                models.ChannelKind
	media, receiving    bool
}

const inbound = "inbound" // Twilio's word for the direction

// texts lists what was texted to the number since from, newest first. all is
// false where more than maxHeld were found: then these are the oldest of them.
func (r *reading) texts(ctx context.Context, from time.Time) (found []entry, all bool, err error) {
	return r.walk(ctx, from, func(api *openapi.ApiService, token, number string) ([]entry, *string, error) {
		params := (&openapi.ListMessageParams{}).SetTo(r.sender.Address).SetPageSize(listPage)
		page, err := api.PageMessage(params, token, number)
		if err != nil {
			return nil, nil, err
		}
		entries := make([]entry, 0, len(page.Messages))
		for _, m := range page.Messages {
			e := entry{sid: str(m.Sid), from: str(m.From), to: str(m.To), body: str(m.Body), created: created(m.DateCreated), kind: models.ChannelSMS}
			e.media = str(m.NumMedia) != "" && str(m.NumMedia) != "0"
			e.receiving = str(m.Status) == "receiving"
			if str(m.Direction) != inbound {
				e.sid = "" // its place in the list still says how far we have come
			}
			entries = append(entries, e)
		}
		return entries, page.NextPageUri, nil
	})
}

// calls lists who called the number since from; as texts does.
func (r *reading) calls(ctx context.Context, from time.Time) (found []entry, all bool, err error) {
	return r.walk(ctx, from, func(api *openapi.ApiService, token, number string) ([]entry, *string, error) {
		params := (&openapi.ListCallParams{}).SetTo(r.sender.Address).SetPageSize(listPage)
		page, err := api.PageCall(params, token, number)
		if err != nil {
			return nil, nil, err
		}
		entries := make([]entry, 0, len(page.Calls))
		for _, c := range page.Calls {
			e := entry{sid: str(c.Sid), from: str(c.From), to: str(c.To), created: created(c.DateCreated), kind: models.ChannelCall, status: str(c.Status)}
			if e.ended = created(c.EndTime); e.ended.IsZero() {
				e.ended = e.created
			}
			if str(c.Direction) != inbound {
				e.sid = ""
			}
			entries = append(entries, e)
		}
		return entries, page.NextPageUri, nil
	})
}

// walk reads page after page until a whole one lies before from.
func (r *reading) walk(ctx context.Context, from time.Time, page func(api *openapi.ApiService, token, number string) ([]entry, *string, error)) (found []entry, all bool, err error) {
	return walk(ctx, r.Client, r.sender, from, page)
}

func walk(ctx context.Context, c *Client, sender *models.Sender, from time.Time, page func(api *openapi.ApiService, token, number string) ([]entry, *string, error)) (found []entry, all bool, err error) {
	all = true
	token, number := "", ""
	for {
		var entries []entry
		var next *string
		se := c.Call(ctx, sender, func(api *openapi.ApiService) (err error) {
			entries, next, err = page(api, token, number)
			return err
		})
		if se != nil {
			return nil, false, se
		}
		older := len(entries) > 0
		for _, e := range entries {
			if !e.created.IsZero() && e.created.Before(from) {
				continue
			}
			older = false
			if e.sid != "" {
				found = append(found, e)
			}
		}
		if len(found) > 2*maxHeld {
			found, all = append([]entry(nil), found[len(found)-maxHeld:]...), false
		}
		if older || str(next) == "" {
			return found, all, nil
		}
		if token, number, err = nextPage(str(next)); err != nil {
			return nil, false, err
		}
	}
}

// nextPage takes the place of the next page out of its address.
func nextPage(address string) (token, number string, err error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", "", err
	}
	return u.Query().Get("PageToken"), u.Query().Get("Page"), nil
}

// mediaOf gives the addresses under which a text's pictures lie, as the
// webhook names them.
func (r *reading) mediaOf(ctx context.Context, sid string) ([]string, error) {
	var urls []string
	se := r.Client.Call(ctx, r.sender, func(api *openapi.ApiService) error {
		list, err := api.ListMedia(sid, (&openapi.ListMediaParams{}).SetLimit(10))
		if err != nil {
			return err
		}
		for _, m := range list {
			if path := strings.TrimSuffix(str(m.Uri), ".json"); path != "" {
				urls = append(urls, "https://api.twilio.com"+path)
			}
		}
		return nil
	})
	if se != nil && se.Class == models.SendPermanent {
		return nil, nil // deleted meanwhile; the text itself still counts
	}
	if se != nil {
		return nil, se
	}
	return urls, nil
}

func created(date *string) time.Time {
	at, err := time.Parse(time.RFC1123Z, str(date))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

func str(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
