package web

import (
	"net/http"
	"strconv"

	"followup/crm"
	"followup/models"
	"followup/store"
)

// reviewView is the one-minute review after a conversation.
type reviewView struct {
	store.ReviewView
	Form   form
	Checks []reviewCheck
	Kinds  []option
	Next   []option
	Booked moment // the call that stands already
	Zone   string
}

// reviewCheck is one of the six questions to oneself.
type reviewCheck struct {
	Name, Label, Hint string
	Key               string
	On                bool
}

func (s *site) reviewView(r *http.Request, t times, v store.TaskView, f form) (*reviewView, error) {
	view, err := s.Store.ViewReview(r.Context(), v.Task.ID)
	if err != nil {
		return nil, err
	}
	p := &reviewView{ReviewView: view, Form: f, Zone: v.Person.Prospect.Zone}
	if f.Values.Has("revision") && view.Review.FinishedAt == nil {
		revision := p.Review.Revision
		p.Review = reviewFrom(f, v.Task.ID)
		p.Review.Revision = revision
	}
	d := p.Review
	p.Checks = []reviewCheck{
		{"summarised", "I summed up where we stood", "the last talk, before anything new", "1", d.Summarised},
		{"presumed", "I presumed progress", "“how far have you come”, not “have you”", "2", d.Presumed},
		{"asked_openly", "I asked an open question", "one that yes or no cannot answer", "3", d.AskedOpenly},
		{"gave_value", "They got something of value", "a reason, an idea, a story", "4", d.GaveValue},
		{"handled", "I handled the objection", "or none was raised", "5", d.Handled},
		{"next_step_set", "The next step is set", "with its date and time", "6", d.NextStepSet},
	}
	p.Kinds = append([]option{{Value: "", Label: "Choose"}}, objectionOptions()...)
	for i := range p.Kinds {
		p.Kinds[i].Selected = p.Kinds[i].Value == d.Objection
	}
	if p.ReviewView.Next != nil {
		p.Booked = t.Both(p.ReviewView.Next.StartsAt, p.ReviewView.Next.Zone)
		p.Next = append(p.Next, option{Value: models.NextBooked, Label: "The call that is booked: " + p.Booked.Text})
	}
	p.Next = append(p.Next, option{Value: models.NextCall, Label: "A call at an exact minute"})
	if len(view.Resume) > 0 {
		p.Next = append(p.Next, option{Value: models.NextGoesOn, Label: "The sequence goes on by itself"})
	}
	p.Next = append(p.Next, option{Value: models.NextNothing, Label: "Nothing: it ends here"})
	for i := range p.Next {
		p.Next[i].Selected = p.Next[i].Value == d.NextWhat
	}
	return p, nil
}

// objectionOptions are the kinds as they are chosen; the first of objections
// says that none was noted, which a review does not leave open.
func objectionOptions() []option {
	var kinds []option
	for _, o := range objections {
		if o.Value != "" {
			kinds = append(kinds, o)
		}
	}
	return kinds
}

func reviewFrom(f form, taskID int64) models.CallReview {
	return models.CallReview{
		TaskID: taskID, Notes: f.Get("notes"), Revision: f.int64("revision"),
		Summarised: f.Get("summarised") != "", Presumed: f.Get("presumed") != "", AskedOpenly: f.Get("asked_openly") != "",
		GaveValue: f.Get("gave_value") != "", Handled: f.Get("handled") != "", NextStepSet: f.Get("next_step_set") != "",
		Objection: f.Get("objection"), ObjectionWords: f.Get("objection_words"),
		Promise: f.Get("promise"), PromiseValue: f.Get("promise_value"), PromiseDate: models.Date(f.Get("promise_date")), PromiseWords: f.Get("promise_words"),
		NextWhat: f.Get("next_what"), NextAt: f.Get("next_at"),
	}
}

var reviewFields = []string{"notes", "objection", "objection_words", "promise", "promise_value", "promise_date", "promise_words", "next_what", "next_at"}

// reviewDraft keeps what was typed so far.
func (s *site) reviewDraft(w http.ResponseWriter, r *http.Request) error {
	id, f, _, err := s.reviewForm(r)
	if err != nil {
		return err
	}
	draft, err := s.CRM.SaveReview(r.Context(), reviewFrom(f, id))
	if typing(r) {
		told := struct {
			Revision int64  `json:"revision"`
			Error    string `json:"error,omitempty"`
		}{Revision: draft.Revision}
		status := http.StatusOK
		if err != nil {
			status = statusOf(err)
			if told.Error = messageOf(err); told.Error == "" || status == http.StatusInternalServerError {
				return err
			}
			if now, err := s.Store.ViewReview(r.Context(), id); err == nil {
				told.Revision = now.Review.Revision
			}
		}
		writeJSON(w, status, told)
		return nil
	}
	if err != nil {
		return s.reviewAgain(w, r, id, f, err)
	}
	s.flash(r, "The review is kept for later, in Today. Nothing follows by itself before it is finished.")
	return s.toNext(w, r, id)
}

func (s *site) reviewForm(r *http.Request) (int64, form, store.TaskView, error) {
	v, f, err := s.taskForm(r)
	if err == nil && (v.Task.Kind != models.TaskReview || v.Person == nil) {
		err = models.Errorf(models.CodeInvalid, "This task is no review. Load the page again.")
	}
	return v.Task.ID, f, v, err
}

// reviewFinish records the review and goes on with the next task.
func (s *site) reviewFinish(w http.ResponseWriter, r *http.Request) error {
	id, f, v, err := s.reviewForm(r)
	if err != nil {
		return err
	}
	rep := crm.ReviewReport{Review: reviewFrom(f, id), UserID: userOf(r).ID, ProspectID: v.Person.Prospect.ID, Quiet: f.Get("quiet") != ""}
	if rep.Review.NextWhat == models.NextCall && rep.Review.NextAt != "" {
		at, err := parseLocal("next_at", rep.Review.NextAt, v.Person.Prospect.Zone)
		if err != nil {
			return s.reviewAgain(w, r, id, f, err)
		}
		rep.NextAt = &at
	}
	if _, err := s.CRM.FinishReview(r.Context(), rep); err != nil {
		return s.reviewAgain(w, r, id, f, err)
	}
	s.flash(r, "Reviewed. What waited for it goes on.")
	return s.toNext(w, r, id)
}

func (s *site) reviewAgain(w http.ResponseWriter, r *http.Request, id int64, f form, cause error) error {
	status := statusOf(cause)
	if fieldOf(cause) == "starts_at" { // the booking's own name of it
		f.Errors["next_at"] = messageOf(cause)
	} else if err := f.take(cause, reviewFields...); err != nil {
		return err
	}
	if status == http.StatusConflict && f.General != "" {
		now, err := s.Store.ViewReview(r.Context(), id)
		if err != nil {
			return err
		}
		if now.Review.FinishedAt == nil {
			f.Values.Set("revision", strconv.FormatInt(now.Review.Revision, 10))
			f.General = sentence(f.General) + ". What you typed stands here still; finishing it puts it over the other."
		}
	}
	return s.renderTask(w, r, id, status, f)
}
