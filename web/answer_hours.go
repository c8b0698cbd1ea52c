package web

import (
	"net/http"

	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
	"followup/templates"
)

// theirHour is what stands beside a way to answer on which it is too early or
// too late.
type theirHour struct {
	scheduler.AnswerHour
	When moment // when it leaves by itself
}

// Choices of the form where it is late.
const (
	hourWait = "wait"
	hourNow  = "now"
)

// considerate adds to each way of answering what the writer should see before
// sending: the hour there, and what a first text gets added.
func (s *site) considerate(r *http.Request, t times, v store.PersonView, box *answerBox) error {
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	reached, err := s.Store.Reached(r.Context(), v.Prospect.ID)
	if err != nil {
		return err
	}
	for i := range box.Choices {
		c := &box.Choices[i]
		rules, _ := s.Channels.Rules(c.Channel)
		if c.AsCall {
			continue
		}
		if h, late := scheduler.HourOfAnswer(v.Prospect, c.ContactPoint.Value, rules, v.Conversation, set, s.Clock()); late {
			c.Hour = &theirHour{h, t.Both(h.Opens, v.Prospect.Zone)}
			if h.May && box.AskHour == nil {
				box.AskHour = c.Hour
			}
		}
		if rules.Introduces && models.FirstTo(reached, c.ContactPoint.ID, c.Channel) {
			c.Adds = templates.Introduction("", v.Prospect.Locale, userOf(r), set.Company())
		}
	}
	return nil
}

// hourSeen reads whether the writer confirmed the hour there; where it is late
// and nothing was chosen, the page asks.
func (s *site) hourSeen(r *http.Request, v store.PersonView, f form, kind models.ChannelKind, to int64) (bool, error) {
	choices, err := s.Replies.Route(r.Context(), v.Prospect.ID)
	if err != nil {
		return false, err
	}
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return false, err
	}
	rules, _ := s.Channels.Rules(kind)
	for _, c := range choices {
		if c.Channel != kind || to != 0 && c.ContactPoint.ID != to {
			continue
		}
		h, late := scheduler.HourOfAnswer(v.Prospect, c.ContactPoint.Value, rules, v.Conversation, set, s.Clock())
		if !late || !h.May || c.AsCall {
			return false, nil
		}
		if chosen := f.Get("hour"); chosen != hourWait && chosen != hourNow {
			return false, models.Invalid("hour", "it is %s where they are: say whether it waits for their hours or leaves now", h.Clock)
		}
		return f.Get("hour") == hourNow, nil
	}
	return false, nil
}

// introduced is the text with what a first one gets added.
func (s *site) introduced(r *http.Request, v store.PersonView, kind models.ChannelKind, to int64, text string) string {
	rules, _ := s.Channels.Rules(kind)
	if !rules.Introduces || text == "" {
		return text
	}
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return text
	}
	reached, err := s.Store.Reached(r.Context(), v.Prospect.ID)
	if err != nil || !models.FirstTo(reached, to, kind) {
		return text
	}
	return templates.Introduce(text, v.Prospect.Locale, userOf(r), set.Company())
}

// waitsForHours says when an answer leaves that waits for their hours.
func (s *site) waitsForHours(r *http.Request, v store.PersonView, c replies.Choice, at string) string {
	rules, _ := s.Channels.Rules(c.Channel)
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return at
	}
	h, late := scheduler.HourOfAnswer(v.Prospect, c.ContactPoint.Value, rules, v.Conversation, set, s.Clock())
	if !late {
		return at
	}
	return "Your answer waits for their hours: " + newTimes(s.Clock(), userOf(r).Zone).Both(h.Opens, v.Prospect.Zone).Text + "."
}
