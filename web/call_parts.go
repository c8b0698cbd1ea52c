package web

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// callRoutes are the call's card, its review, and what is known of a
// prospect's aims.
func (s *site) callRoutes(page register) {
	page("POST /tasks/{id}/card", s.cardSave)
	page("GET /tasks/{id}/reasons", s.reasonsFind)
	page("GET /tasks/{id}/recordings", s.recordingsFind)
	page("POST /tasks/{id}/cue", s.cueDismiss)
	page("POST /tasks/{id}/voicemail", s.callVoicemail)
	page("POST /tasks/{id}/review", s.reviewFinish)
	page("POST /tasks/{id}/review/draft", s.reviewDraft)
	page("GET /prospects/{id}/discovery", s.discoveryShow)
	page("POST /prospects/{id}/discovery", s.discoverySave)
}

// callParts adds what a call's page and a review's page show beside a task.
func (s *site) callParts(r *http.Request, p *taskPage) (err error) {
	task := p.View.Task
	if p.View.Person == nil {
		return nil
	}
	switch task.Kind {
	case models.TaskCall:
		p.Tokens = map[string]string{"dial": newToken(), "voicemail": newToken()}
		if p.Card, err = s.cardView(r, p.times, p.View, p.Form); err != nil {
			return err
		}
		if p.Dial, err = s.dialView(r, p.times, task); err != nil {
			return err
		}
		p.Card.Chosen = p.Card.chosen(p.Form, p.Dial)
		p.NextTimes = p.nextTimes(p.Zone, p.Form)
		if task.Live() {
			p.Leave, err = s.voicemailBox(r, p)
		} else {
			p.Unseen, err = s.Store.ReviewOf(r.Context(), task.ID)
		}
	case models.TaskReview:
		p.Review, err = s.reviewView(r, p.times, p.View, p.Form)
	}
	return err
}

// voicemailBox is the voicemail that we can leave in the rep's place.
type voicemailBox struct {
	Why        string // why we cannot; "" where we can
	Recordings []option
	More       bool   // than are listed
	Find       string // what they were looked for by
}

func (s *site) voicemailBox(r *http.Request, p *taskPage) (voicemailBox, error) {
	var l voicemailBox
	v, card := p.View, p.Card
	if len(card.Numbers) == 0 {
		l.Why = "There is no number that works."
		return l, nil
	}
	thread, err := s.Store.Thread(r.Context(), v.Person.Prospect.ID, 1)
	if err != nil {
		return l, err
	}
	if _, err := crm.MayLeaveVoicemail(thread, card.Chosen, s.CRM); err != nil {
		l.Why = messageOf(err)
		return l, nil
	}
	l.Find = searched(p.Form.Get("find_recording"))
	l.Recordings, l.More, err = s.recordings(r, l.Find)
	return l, err
}

// recordings are the recorded scripts that hold these words, for a voicemail
// to play; they need an address that the provider can reach.
func (s *site) recordings(r *http.Request, words string) (all []option, more bool, err error) {
	if s.PublicURL == "" {
		return nil, false, nil
	}
	scripts, more, err := s.Store.RecordedScripts(r.Context(), words, store.LibraryLimit)
	for _, sc := range scripts {
		if sc.Recording != nil {
			all = append(all, option{Value: strings.TrimRight(s.PublicURL, "/") + store.RecordingPath + sc.Recording.Token, Label: sc.Name})
		}
	}
	return all, more, err
}

// chosen is the number that is called: the one in the form, the one last
// dialled, the one on the card; 0: there is none.
func (c *cardView) chosen(f form, last *dialView) int64 {
	wanted := f.int64("point")
	if wanted == 0 && last != nil && last.ContactPointID != nil {
		wanted = *last.ContactPointID
	}
	var chosen int64
	for _, cp := range c.Numbers {
		if cp.ID == wanted {
			return cp.ID
		}
		if chosen == 0 || cp.Value == c.Prep.Number {
			chosen = cp.ID
		}
	}
	return chosen
}

// nextTime is a time for the next call that takes one key.
type nextTime struct {
	Key, Value, Label string
	On                bool
}

// nextTimes are offered in the customer's own time: in an hour, on their next
// working morning, and in a week at this time.
func (t times) nextTimes(zone string, f form) []nextTime {
	loc, err := models.LoadZone(zone)
	if err != nil || zone == "" {
		return nil
	}
	there := t.now.In(loc)
	round := there.Add(4*time.Minute + 59*time.Second).Truncate(5 * time.Minute)
	morning := there.AddDate(0, 0, 1)
	for morning.Weekday() == time.Saturday || morning.Weekday() == time.Sunday {
		morning = morning.AddDate(0, 0, 1)
	}
	morning = time.Date(morning.Year(), morning.Month(), morning.Day(), 10, 0, 0, 0, loc)
	var all []nextTime
	for i, at := range []time.Time{round.Add(time.Hour), morning, round.AddDate(0, 0, 7)} {
		value := at.Format(inputLayout)
		all = append(all, nextTime{Key: strconv.Itoa(i + 1), Value: value, Label: t.Theirs(at, zone).Text, On: f.Get("next_in") == value})
	}
	return all
}
