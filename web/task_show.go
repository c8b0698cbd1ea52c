package web

import (
	"net/http"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// latelyItems is how much of the conversation stands beside a call.
const latelyItems = 5

type taskPage struct {
	page
	View   store.TaskView
	Person *personFacts
	Form   form
	// Locked: a booked call is not dialled before its minute.
	Locked bool
	Opens  moment
	Zone   string
	Lately []timelineItem
}

func (s *site) taskShow(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.renderTask(w, r, id, http.StatusOK, newForm())
}

func (s *site) renderTask(w http.ResponseWriter, r *http.Request, id int64, status int, f form) error {
	v, err := s.Store.ViewTask(r.Context(), id)
	if err != nil {
		return err
	}
	p := taskPage{page: s.page(r, v.Task.Title, "today"), View: v, Form: f}
	p.Wide = true
	if v.Person != nil {
		p.Zone = v.Person.Prospect.Zone
		p.Person = s.facts(p.times, *v.Person)
		p.Lately = lately(timeline(p.times, *v.Person), latelyItems)
	}
	if v.Appointment != nil {
		p.Opens = p.Both(v.Appointment.StartsAt, v.Appointment.Zone)
		p.Locked = p.now.Before(v.Appointment.StartsAt)
	}
	if p.Title == "" {
		p.Title = sentence(string(v.Task.Kind))
	}
	return s.views.render(w, status, "task", p)
}

// callClose records a call's outcome and goes on with the next task.
func (s *site) callClose(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	rep, err := s.callReport(r, id, f)
	if err == nil {
		_, err = s.CRM.CloseCall(r.Context(), rep)
	}
	if err != nil {
		if err := f.take(err, "next_at", "notes"); err != nil {
			return err
		}
		return s.renderTask(w, r, id, http.StatusUnprocessableEntity, f)
	}
	s.flash(r, "Recorded: "+outcomeLabel(rep.Outcome)+".")
	return s.toNext(w, r, id)
}

func (s *site) callReport(r *http.Request, id int64, f form) (rep crm.CallReport, err error) {
	rep.TaskID, rep.UserID = id, userOf(r).ID
	rep.Outcome, rep.Notes = models.CallOutcome(f.Get("outcome")), f.Get("notes")
	if kind := f.Get("objection"); kind != "" {
		rep.Objection = &models.Objection{Kind: kind, Words: f.Get("objection_words"), TaskID: &id}
	}
	v, err := s.Store.ViewTask(r.Context(), id)
	if err != nil {
		return rep, err
	}
	if v.Who == nil {
		return rep, models.Errorf(models.CodeInvalid, "This task is about nobody who could be called. Set it aside.")
	}
	rep.ProspectID = v.Who.Prospect.ID
	asks := rep.Outcome == models.OutcomeCallBack || rep.Outcome == models.OutcomeBooked
	text := f.Get("next_at")
	if !asks {
		return rep, nil
	}
	if text == "" {
		return rep, models.Invalid("next_at", "say when: this outcome books the next call at an exact minute")
	}
	at, err := parseLocal("next_at", text, v.Who.Prospect.Zone)
	if err != nil {
		return rep, err
	}
	rep.NextAt = &at
	return rep, nil
}

// dial notes that the rep began to call: from then on a booked call does not
// count as missed, however long it takes.
func (s *site) dial(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	if _, err := s.CRM.Dial(r.Context(), userOf(r).ID, id); err != nil {
		return err
	}
	return redirect(w, r, idPath("/tasks/", id))
}

// taskClose sets a task that is no call done, or dismisses it.
func (s *site) taskClose(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	to := models.TaskState(f.Get("state"))
	if _, err := s.CRM.CloseTask(r.Context(), userOf(r).ID, id, to, f.Get("notes")); err != nil {
		if err := f.take(err, "notes"); err != nil {
			return err
		}
		return s.renderTask(w, r, id, http.StatusUnprocessableEntity, f)
	}
	s.flash(r, "Task "+plain(string(to))+".")
	return s.toNext(w, r, id)
}

// toNext opens what should be done after a task.
func (s *site) toNext(w http.ResponseWriter, r *http.Request, after int64) error {
	next, err := s.Store.NextTask(r.Context(), userOf(r).ID, after)
	if err != nil {
		return err
	}
	if next == 0 {
		return redirect(w, r, "/")
	}
	return redirect(w, r, idPath("/tasks/", next))
}

type appointmentPage struct {
	page
	View   store.AppointmentView
	Person *personFacts
	Form   form
	When   moment
	Opens  string
	Input  string
	Steps  []models.PlannedStep
	Lately []timelineItem
}

// appointmentShow is where a booked call is prepared before its minute; once
// it has opened, its task is the place.
func (s *site) appointmentShow(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	return s.renderAppointment(w, r, id, http.StatusOK, newForm())
}

func (s *site) renderAppointment(w http.ResponseWriter, r *http.Request, id int64, status int, f form) error {
	v, err := s.Store.ViewAppointment(r.Context(), id)
	if err != nil {
		return err
	}
	if v.TaskID != 0 && status == http.StatusOK && r.URL.Query().Get("move") == "" {
		return redirect(w, r, idPath("/tasks/", v.TaskID))
	}
	p := appointmentPage{page: s.page(r, "Booked call", "today"), View: v, Form: f}
	p.Wide = true
	p.Person = s.facts(p.times, v.Person)
	p.When = p.Both(v.Appointment.StartsAt, v.Appointment.Zone)
	p.Opens = v.Appointment.StartsAt.UTC().Format(time.RFC3339)
	p.Input = p.times.Input(v.Appointment.StartsAt, v.Person.Prospect.Zone)
	p.Steps = s.callSteps(r, v)
	p.Lately = lately(timeline(p.times, v.Person), latelyItems)
	return s.views.render(w, status, "appointment", p)
}

// callSteps are the prepared texts of the calls that the sequence has ahead.
func (s *site) callSteps(r *http.Request, v store.AppointmentView) []models.PlannedStep {
	if v.Appointment.EnrollmentID == nil {
		return nil
	}
	var calls []models.PlannedStep
	for _, step := range s.upcoming(r, *v.Appointment.EnrollmentID) {
		if step.Kind != models.TouchMessage && step.Body != "" {
			calls = append(calls, step)
		}
	}
	return calls
}

func (s *site) appointmentMove(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewAppointment(r.Context(), id)
	if err != nil {
		return err
	}
	at, err := parseLocal("starts_at", f.Get("starts_at"), v.Person.Prospect.Zone)
	if err == nil {
		_, err = s.CRM.MoveAppointment(r.Context(), actorOf(r), id, v.Appointment.ProspectID, at)
	}
	if err != nil {
		if err := f.take(err, "starts_at"); err != nil {
			return err
		}
		return s.renderAppointment(w, r, id, http.StatusUnprocessableEntity, f)
	}
	s.flash(r, "The call was moved; they are told at once.")
	return redirect(w, r, idPath("/prospects/", v.Appointment.ProspectID))
}

func (s *site) appointmentCancel(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	v, err := s.Store.ViewAppointment(r.Context(), id)
	if err != nil {
		return err
	}
	if err := s.CRM.CancelAppointment(r.Context(), actorOf(r), id, v.Appointment.ProspectID); err != nil {
		return err
	}
	s.flash(r, "The call was canceled; they are told at once.")
	return redirect(w, r, idPath("/prospects/", v.Appointment.ProspectID))
}
