package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"followup/models"
	"followup/store"
)

// editView is a field that somebody changed.
type editView struct {
	models.ProspectEdit
	What string
	Who  string
	When moment
}

// twinView is another record that may be the same person.
type twinView struct {
	models.Duplicate
	Other store.Who
	Why   string
	Href  string
}

var fieldWords = map[string]string{
	"first_name": "First name", "last_name": "Last name", "title": "Title", "zone": "Time zone", "locale": "Language", "country": "Country",
	"region": "State or region", "notes": "Notes", "company": "Company", "owner": "Owner", "contact_points": "Contact points",
}

var twinWords = map[models.DuplicateReason]string{
	models.DuplicateAddress: "the same address", models.DuplicateNumber: "the same number", models.DuplicateName: "the same name at the same company",
}

// recordOf adds who changed what, and who may be the same person.
func (s *site) recordOf(r *http.Request, p *personPage, v store.PersonView) error {
	edits, err := s.Store.ProspectEdits(r.Context(), v.Prospect.ID)
	if err != nil {
		return err
	}
	users, err := s.Store.ViewUsers(r.Context())
	if err != nil {
		return err
	}
	names := map[string]string{models.ActorSystem: "The program", models.ActorCustomer: "They themselves"}
	for _, u := range users {
		names[models.UserActor(u.ID)] = u.Name
	}
	for _, e := range edits {
		p.Edits = append(p.Edits, editView{ProspectEdit: e, What: wordOr(fieldWords[e.Field], strings.TrimPrefix(e.Field, "custom.")), Who: wordOr(names[e.By], e.By), When: p.Ago(e.At)})
	}
	twins, err := s.Store.TwinsOf(r.Context(), v.Prospect.ID)
	if err != nil {
		return err
	}
	for _, d := range twins {
		other := d.OneID
		if other == v.Prospect.ID {
			other = d.OtherID
		}
		p.Twins = append(p.Twins, twinView{Duplicate: d, Why: twinWords[d.Reason], Href: mergeHref(v.Prospect.ID, other)})
	}
	return nil
}

func mergeHref(keep, drop int64) string {
	return "/duplicates/merge?keep=" + strconv.FormatInt(keep, 10) + "&drop=" + strconv.FormatInt(drop, 10)
}

// window leaves out what is older than the oldest that is loaded whole, and
// gives the address of what comes before.
func window(items []timelineItem, v store.PersonView) ([]timelineItem, string) {
	var cut time.Time
	reach := func(more bool, oldest time.Time) {
		if more && oldest.After(cut) {
			cut = oldest
		}
	}
	if n := len(v.Messages); n > 0 {
		reach(v.MoreMessages, v.Messages[n-1].CreatedAt)
	}
	if n := len(v.Calls); n > 0 && v.Calls[n-1].ClosedAt != nil {
		reach(v.MoreCalls, *v.Calls[n-1].ClosedAt)
	}
	if n := len(v.Touches); n > 0 {
		reach(v.MoreTouches, v.Touches[n-1].DueAt)
	}
	if n := len(v.Events); n > 0 {
		reach(v.MoreEvents, v.Events[n-1].At)
	}
	if cut.IsZero() {
		return items, ""
	}
	kept := items[:0]
	for _, item := range items {
		if !item.At.Before(cut) {
			kept = append(kept, item)
		}
	}
	return kept, "?before=" + url.QueryEscape(cut.UTC().Format(time.RFC3339Nano))
}
