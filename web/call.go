package web

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"followup/crm"
	"followup/models"
	"followup/scheduler"
)

// callClose records a call's outcome and goes on: with the review where there
// was a conversation, else with the next task.
func (s *site) callClose(w http.ResponseWriter, r *http.Request) error {
	c, err := s.callForm(r)
	if err != nil {
		return err
	}
	outcome := models.CallOutcome(c.Get("outcome"))
	return s.endCall(w, r, c, outcome, nil)
}

// callVoicemail leaves the script in the rep's place: a message that a person
// sends, counted as a voicemail that was left.
func (s *site) callVoicemail(w http.ResponseWriter, r *http.Request) error {
	c, err := s.callForm(r)
	if err != nil {
		return err
	}
	script := c.Get("voicemail")
	if recorded := c.Get("recording"); recorded != "" {
		script = recorded
	}
	v := &crm.Voicemail{ContactPointID: c.int64("point"), Script: script, FormToken: c.Get("voicemail_token")}
	return s.endCall(w, r, c, models.OutcomeLeftVoicemail, v)
}

func (s *site) endCall(w http.ResponseWriter, r *http.Request, c callForm, outcome models.CallOutcome, v *crm.Voicemail) error {
	rep, err := s.callReport(r, c, outcome)
	rep.Voicemail = v
	if err == nil && outcome.Valid() {
		// What stands before the rep was said, whatever another tab has saved.
		_, err = s.saveCard(r, c, true)
	}
	if err == nil {
		_, err = s.CRM.CloseCall(r.Context(), rep)
	}
	if err != nil {
		return s.callAgain(w, r, c, err)
	}
	id := c.view.Task.ID
	review, err := s.Store.ReviewOf(r.Context(), id)
	if err != nil {
		return err
	}
	if review != 0 {
		return redirect(w, r, idPath("/tasks/", review))
	}
	done := "Recorded: " + outcomeLabel(outcome) + "."
	if v != nil {
		done = "The voicemail is being left now."
	}
	s.flash(r, done)
	return s.toNext(w, r, id)
}

func (s *site) callReport(r *http.Request, c callForm, outcome models.CallOutcome) (crm.CallReport, error) {
	id := c.view.Task.ID
	rep := crm.CallReport{
		TaskID: id, UserID: userOf(r).ID, ProspectID: c.view.Person.Prospect.ID, Outcome: outcome, Notes: c.Get("notes"),
		Untold: c.Values.Has("told_asked") && c.Get("told") == "", ContactPointID: c.int64("point"),
	}
	if kind := c.Get("objection"); kind != "" {
		rep.Objection = &models.Objection{Kind: kind, Words: c.Get("objection_words"), TaskID: &id}
	}
	if outcome != models.OutcomeCallBack && outcome != models.OutcomeBooked {
		return rep, nil
	}
	text := c.nextAt()
	if text == "" {
		return rep, models.Invalid("next_at", "say when: this outcome books the next call at an exact minute")
	}
	at, err := parseLocal("next_at", text, c.view.Person.Prospect.Zone)
	if err != nil {
		return rep, err
	}
	rep.NextAt = &at
	return rep, nil
}

// dial asks the gate and lets the call begin: our number rings the rep and
// then the prospect, or the rep's own phone dials.
func (s *site) dial(w http.ResponseWriter, r *http.Request) error {
	c, err := s.callForm(r)
	if err != nil {
		return err
	}
	card, err := s.saveCard(r, c, true)
	if err == nil {
		err = s.reasonStands(r, c, card)
	}
	if err == nil {
		err = s.dialledElsewhere(r, c)
	}
	var d models.Dial
	if err == nil {
		d, err = s.Scheduler.Dial(r.Context(), scheduler.DialRequest{
			TaskID: c.view.Task.ID, UserID: userOf(r).ID, ContactPointID: c.ptr("point"), Asked: c.Get("asked"), FormToken: c.Get("dial_token"),
		})
	}
	if err != nil {
		return s.callAgain(w, r, c, err)
	}
	if d.State == models.DialByHand {
		s.sessions.Put(r.Context(), sessionDialled, d.ID)
	}
	return redirect(w, r, idPath("/tasks/", c.view.Task.ID))
}

// dialledElsewhere says once that the call was begun by somebody else, or in
// another window: nobody's phone rings twice by accident.
func (s *site) dialledElsewhere(r *http.Request, c callForm) error {
	last, err := s.Store.LastDial(r.Context(), c.view.Task.ID)
	if err != nil || last == nil || !c.Values.Has("dial_seen") || last.ID <= c.int64("dial_seen") || last.FormToken == c.Get("dial_token") {
		return err
	}
	who := "You have dialled this call in another window"
	if last.UserID != userOf(r).ID {
		rep, err := s.Store.ViewUser(r.Context(), last.UserID)
		if err != nil {
			return err
		}
		who = rep.Name + " has dialled this call"
	}
	at := newTimes(s.Clock(), userOf(r).Zone).Ago(last.CreatedAt)
	return models.Errorf(models.CodeRefused, "%s (%s). Nothing rings because of you; press Dial again to call all the same.", who, at.Text)
}

// sessionDialled names the call that the rep's own phone is to dial now.
const sessionDialled = "dialled"

// reasonStands holds the team's rule, and that no reason is told twice.
func (s *site) reasonStands(r *http.Request, c callForm, card models.CallCard) error {
	set, err := s.settings(r)
	if err != nil {
		return err
	}
	if models.ReasonKey(card.Reason) == "" {
		if set.CallReason == models.ReasonRequired && card.ReasonFrom != models.ReasonBooked {
			return models.Invalid("reason", "your team calls with a reason only: choose one, or write one")
		}
		return nil
	}
	if card.ReasonFrom == models.ReasonBooked || set.CallReason == models.ReasonOff {
		return nil
	}
	return s.CRM.FreshReason(r.Context(), c.view.Person.Prospect.ID, card.Reason)
}

// dialView is how far the newest press of Dial has come.
type dialView struct {
	models.Dial
	TaskID int64
	When   moment
	Late   string // of a booked call: "12 s early"
	Now    bool   // the rep's phone is to dial at once
	Live   bool   // more is to come
	Talked string
}

func (s *site) dialView(r *http.Request, t times, task models.Task) (*dialView, error) {
	d, err := s.Store.LastDial(r.Context(), task.ID)
	if err != nil || d == nil {
		return nil, err
	}
	v := &dialView{Dial: *d, TaskID: task.ID, When: t.Clock(d.CreatedAt)}
	if task.AppointmentID != nil {
		v.Late = lateText(d.Late)
	}
	if s.sessions.GetInt64(r.Context(), sessionDialled) == d.ID {
		s.sessions.Remove(r.Context(), sessionDialled)
		v.Now = true
	}
	v.Live = d.State != models.DialByHand && !d.State.Over()
	if d.Seconds > 0 {
		v.Talked = clockSpan(time.Duration(d.Seconds) * time.Second)
	}
	return v, nil
}

// lateText says how far from the booked minute somebody dialled.
func lateText(seconds int) string {
	switch {
	case seconds == 0:
		return "on the second"
	case seconds < 0:
		return clockSpan(time.Duration(-seconds)*time.Second) + " early"
	}
	return clockSpan(time.Duration(seconds)*time.Second) + " late"
}

// clockSpan is a short time to the second: "3 min 12 s".
func clockSpan(d time.Duration) string {
	switch m, sec := int(d.Minutes()), int(d.Seconds())%60; {
	case m == 0:
		return fmt.Sprintf("%d s", sec)
	case m < 60:
		return fmt.Sprintf("%d min %d s", m, sec)
	}
	return span(d)
}

// cueDismiss keeps the cue from this browser for a year.
func (s *site) cueDismiss(w http.ResponseWriter, r *http.Request) error {
	c, err := s.callForm(r)
	if err != nil {
		return err
	}
	if _, err := s.saveCard(r, c, true); err != nil {
		return s.callAgain(w, r, c, err)
	}
	http.SetCookie(w, &http.Cookie{Name: cueCookie, Value: "off", Path: "/", MaxAge: 365 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.SecureCookies}) //nolint:gosec // G124: it says nothing of anybody; Secure as the session, by whether the site is served over HTTPS
	return redirect(w, r, idPath("/tasks/", c.view.Task.ID))
}

const cueCookie = "cue"

func cueDismissed(r *http.Request) bool {
	c, err := r.Cookie(cueCookie)
	return !errors.Is(err, http.ErrNoCookie) && c.Value == "off"
}
