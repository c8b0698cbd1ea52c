package crm

import (
	"context"
	"strings"
	"time"

	"followup/models"
	"followup/templates"
)

// CallReport is how a call went.
type CallReport struct {
	TaskID     int64
	UserID     int64
	ProspectID int64
	Outcome    models.CallOutcome
	Notes      string
	NextAt     *time.Time // call_back, booked: when the next call is
	Objection  *models.Objection
	Untold     bool       // the reason on the card was not said
	Voicemail  *Voicemail // left_voicemail: we leave it in the rep's place
	// ContactPointID is the number that was called; 0: the one last dialled.
	ContactPointID int64
}

// Seen notes that a user has the conversation before them.
func (s *Service) Seen(ctx context.Context, prospectID int64) error {
	return s.Store.Seen(ctx, prospectID, s.Clock())
}

// CloseCall records a call's outcome and moves what hangs on it. A call back
// and a booking need their time: "call me later" without one is a promise
// that nobody can keep.
func (s *Service) CloseCall(ctx context.Context, rep CallReport) (models.Task, error) {
	if !rep.Outcome.Valid() {
		return models.Task{}, models.Invalid("outcome", "%q is no outcome of a call; choose one of the keys shown", rep.Outcome)
	}
	notes := strings.TrimSpace(rep.Notes)
	if len(notes) > maxNotes {
		return models.Task{}, models.Invalid("notes", "are longer than %d characters; shorten them", maxNotes)
	}
	r := models.CallResult{TaskID: rep.TaskID, UserID: rep.UserID, Outcome: rep.Outcome, Notes: notes, Objection: rep.Objection, Untold: rep.Untold, ContactPointID: rep.ContactPointID, Now: s.Clock()}
	if rep.Voicemail != nil {
		answer, err := s.prepareVoicemail(ctx, rep)
		if err != nil {
			return models.Task{}, err
		}
		r.Voicemail = &answer
	}
	if rep.Outcome == models.OutcomeCallBack || rep.Outcome == models.OutcomeBooked {
		if rep.NextAt == nil {
			return models.Task{}, models.Invalid("next_at", "say when: the outcome %q books the next call", strings.ReplaceAll(string(rep.Outcome), "_", " "))
		}
		b := models.Booking{ProspectID: rep.ProspectID, RepID: rep.UserID, StartsAt: *rep.NextAt, By: models.UserActor(rep.UserID)}
		if rep.Outcome == models.OutcomeCallBack {
			b.Title = "You asked us to call back"
		}
		b, err := s.prepareBooking(ctx, b, templates.NoticeBooked, false)
		if err != nil {
			return models.Task{}, err
		}
		r.Next = &b
	}
	task, err := s.Store.CloseCall(ctx, r)
	if err == nil {
		s.wake()
	}
	return task, err
}

// CloseTask sets a task that is not a call done or dismissed.
func (s *Service) CloseTask(ctx context.Context, userID, taskID int64, to models.TaskState, notes string) (models.Task, error) {
	if to != models.TaskDone && to != models.TaskDismissed {
		return models.Task{}, models.Invalid("state", "a task is closed as done or dismissed, not %q", to)
	}
	task, err := s.Store.CloseTask(ctx, taskID, to, strings.TrimSpace(notes), models.UserActor(userID), s.Clock())
	if err == nil {
		s.wake()
	}
	return task, err
}
