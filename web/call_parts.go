package web

import (
	"net/http"
	"strings"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// callRoutes are the call's card, its review, and what is known of a
// prospect's aims.
func (s *site) callRoutes(page register) {
	page("POST /tasks/{id}/card", s.cardSave)
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
		if task.Live() {
			p.Leave, err = s.voicemailBox(r, p.View, p.Card)
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
}

func (s *site) voicemailBox(r *http.Request, v store.TaskView, card *cardView) (voicemailBox, error) {
	var l voicemailBox
	if len(card.Numbers) == 0 {
		l.Why = "There is no number that works."
		return l, nil
	}
	thread, err := s.Store.Thread(r.Context(), v.Person.Prospect.ID, 1)
	if err != nil {
		return l, err
	}
	if _, err := crm.MayLeaveVoicemail(thread, s.numberToDial(v, card), s.CRM); err != nil {
		l.Why = messageOf(err)
		return l, nil
	}
	scripts, err := s.Store.VoicemailScripts(r.Context(), false)
	if err != nil || s.PublicURL == "" {
		return l, err
	}
	for _, sc := range scripts {
		if sc.Recording != nil && sc.State == models.LibraryPublished {
			l.Recordings = append(l.Recordings, option{Value: strings.TrimRight(s.PublicURL, "/") + "/r/" + sc.Recording.Token, Label: sc.Name})
		}
	}
	return l, nil
}

// numberToDial is the contact point that stands on the card.
func (s *site) numberToDial(v store.TaskView, card *cardView) int64 {
	for _, cp := range card.Numbers {
		if cp.Value == card.Prep.Number {
			return cp.ID
		}
	}
	return card.Numbers[0].ID
}
