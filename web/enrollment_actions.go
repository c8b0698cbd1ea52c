package web

import (
	"net/http"

	"followup/models"
)

// change runs one of an enrollment's buttons and goes back to its person.
func (s *site) change(w http.ResponseWriter, r *http.Request, done string, do func(id int64, f form) error) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if err := do(id, f); err != nil {
		return err
	}
	s.Scheduler.Wake()
	s.flash(r, done)
	return redirect(w, r, s.fromInbox(r, localPath(f.Get("back"))))
}

func (s *site) enrollmentPause(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, "Paused. Nothing is sent until somebody resumes it.", func(id int64, f form) error {
		return s.CRM.PauseEnrollment(r.Context(), actorOf(r), id, nil)
	})
}

func (s *site) enrollmentResume(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, "Resumed. What comes next is planned now.", func(id int64, f form) error {
		return s.CRM.ResumeEnrollment(r.Context(), actorOf(r), id)
	})
}

func (s *site) enrollmentFinish(w http.ResponseWriter, r *http.Request) error {
	return s.change(w, r, "The sequence ended for them.", func(id int64, f form) error {
		return s.CRM.FinishEnrollment(r.Context(), actorOf(r), id, models.EnrollmentOutcome(f.Get("outcome")))
	})
}
