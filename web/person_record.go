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
	if err := s.mergesOf(r, p, v.Prospect.ID, names); err != nil {
		return err
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

// mergeView is a record that became part of this one.
type mergeView struct {
	From string
	What string // what came with it
	Who  string
	When moment
	Undo string // where the two are told apart again; "" where that is over
	Gone bool   // they were
}

// broughtWords name what a merge brought, in the order in which it is told.
var broughtWords = []struct{ table, one, many string }{
	{"messages", "message", "messages"}, {"contact_points", "address or number", "addresses and numbers"}, {"tasks", "task", "tasks"},
	{"touches", "touch", "touches"}, {"enrollments", "enrollment", "enrollments"}, {"commitments", "promise", "promises"},
	{"appointments", "booked call", "booked calls"}, {"consents", "consent", "consents"}, {"objections", "objection", "objections"},
}

func (s *site) mergesOf(r *http.Request, p *personPage, id int64, names map[string]string) error {
	merges, err := s.Store.MergesInto(r.Context(), id)
	if err != nil {
		return err
	}
	for _, m := range merges {
		from, err := s.Store.Person(r.Context(), m.DropID)
		if err != nil {
			return err
		}
		v := mergeView{From: from.Prospect.Name(), What: brought(m), Who: wordOr(names[m.By], m.By), When: p.Ago(m.At), Gone: m.UndoneAt != nil}
		if _, can := m.Undoable(s.Clock()); can && m.KeepID == id {
			v.Undo = apartPath(m)
		}
		p.Merges = append(p.Merges, v)
	}
	return nil
}

// brought says what came with a merge.
func brought(m models.Merge) string {
	var all []string
	for _, w := range broughtWords {
		switch n := len(m.Moved[w.table]); n {
		case 0:
		case 1:
			all = append(all, "1 "+w.one)
		default:
			all = append(all, strconv.Itoa(n)+" "+w.many)
		}
	}
	return strings.Join(all, ", ")
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
