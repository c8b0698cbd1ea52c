package replies

import (
	"strings"
	"time"

	"followup/models"
)

// by names a channel by its rules: a new written channel on phones is "by
// text" until it brings words of its own.
func by(rules models.ChannelRules) string {
	switch {
	case !rules.Written:
		return "By phone"
	case rules.Address == models.ContactEmail:
		return "By email"
	}
	return "By text"
}

// theyDid is the reason for answering where they are: "By text: Dana texted
// on Tuesday 14:05", in the time of whoever answers.
func (r *router) theyDid(rules models.ChannelRules, in models.Message) string {
	verb := "texted"
	switch {
	case !rules.Written:
		verb = "called"
	case rules.Address == models.ContactEmail:
		verb = "wrote"
	}
	at := in.CreatedAt
	if in.SentAt != nil {
		at = *in.SentAt
	}
	return by(rules) + ": " + r.name() + " " + verb + " " + when(at, r.now, r.zone())
}

func (r *router) name() string {
	if n := strings.TrimSpace(r.t.Person.Prospect.FirstName); n != "" {
		return n
	}
	return r.t.Person.Prospect.Name()
}

func (r *router) zone() *time.Location {
	for _, z := range []string{r.t.Owner.Zone, r.t.Person.Prospect.Zone} {
		if loc, err := models.LoadZone(z); err == nil {
			return loc
		}
	}
	return time.UTC
}

// when says a time as a person would: today, yesterday, a weekday, a date.
func when(at, now time.Time, loc *time.Location) string {
	at, now = at.In(loc), now.In(loc)
	days := daysFrom(at, models.DateOf(now, loc))
	switch {
	case days == 0:
		return "today " + at.Format("15:04 MST")
	case days == 1:
		return "yesterday " + at.Format("15:04 MST")
	case days > 1 && days < 7:
		return "on " + at.Format("Monday 15:04 MST")
	case at.Year() == now.Year():
		return "on " + at.Format("2 January")
	}
	return "on " + at.Format("2 January 2006")
}

// suppressedBecause says where an order not to contact came from.
func suppressedBecause(s models.Suppression) string {
	words := map[string]string{
		"reply": "they asked us to stop", "unsubscribe": "they unsubscribed", "complaint": "they reported us as spam",
		"provider": "the provider has an opt-out", "phone": "they asked on the phone", "import": "it was imported as not to be contacted", "hand": "someone recorded it",
	}
	if w, ok := words[s.Source]; ok {
		return w
	}
	return strings.ReplaceAll(string(s.Reason), "_", " ")
}
