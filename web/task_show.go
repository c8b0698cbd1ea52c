package web

import (
	"net/http"
	"time"

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
	// OpensISO is the booked minute, for the countdown.
	OpensISO string
	Zone     string
	Lately   []timelineItem
	// Of a call: its card, and how far the dialling is.
	Card      *cardView
	Dial      *dialView
	Leave     voicemailBox
	NextTimes []nextTime
	Review    *reviewView // of a review
	Unseen    int64       // of a closed call: its review's task, where that is not written
	Tokens    map[string]string
	Day       dayBox // what the day's order adds: the queue, an apology, a colleague's call
	// Unkept is what was typed into a form that came too late.
	Unkept *unkept
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
		p.Lately = lately(p.times, timeline(p.times, *v.Person), latelyItems)
	}
	if v.Appointment != nil {
		p.Opens = p.Both(v.Appointment.StartsAt, v.Appointment.Zone)
		p.Locked = p.now.Before(v.Appointment.StartsAt)
		p.OpensISO = v.Appointment.StartsAt.UTC().Format(time.RFC3339)
	}
	if p.Title == "" {
		p.Title = sentence(string(v.Task.Kind))
	}
	if err := s.callParts(r, &p); err != nil {
		return err
	}
	if p.Day, err = s.dayBox(r, p.times, v, f); err != nil {
		return err
	}
	p.Unkept = p.unkept(f)
	return s.views.render(w, status, "task", p)
}

// taskForm is a task's form as it came back, with the task as it is now.
func (s *site) taskForm(r *http.Request) (store.TaskView, form, error) {
	id, err := pathID(r)
	if err != nil {
		return store.TaskView{}, newForm(), err
	}
	f, err := parseForm(r)
	if err != nil {
		return store.TaskView{}, f, err
	}
	v, err := s.Store.ViewTask(r.Context(), id)
	return v, f, err
}

// taskClose sets a task that is no call done, or dismisses it.
func (s *site) taskClose(w http.ResponseWriter, r *http.Request) error {
	v, f, err := s.taskForm(r)
	if err != nil {
		return err
	}
	id, to := v.Task.ID, models.TaskState(f.Get("state"))
	if _, err := s.CRM.CloseTask(r.Context(), userOf(r).ID, id, to, f.Get("notes")); err != nil {
		status := statusOf(err)
		if err := f.take(err, "notes"); err != nil {
			return err
		}
		return s.renderTask(w, r, id, status, f)
	}
	s.flash(r, "Task "+plain(string(to))+".")
	return redirect(w, r, s.fromInbox(r, s.nextTask(r, id)))
}

// toNext opens what should be done after a task.
func (s *site) toNext(w http.ResponseWriter, r *http.Request, after int64) error {
	return redirect(w, r, s.nextTask(r, after))
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
	p.Lately = lately(p.times, timeline(p.times, v.Person), latelyItems)
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
