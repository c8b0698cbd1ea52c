package store

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"followup/models"
)

// end closes touches alike in one statement each.
func (r *recorder) end(js []judgement, to models.TouchState) error {
	type ending struct {
		reason models.Reason
		detail string
	}
	alike := map[ending][]int64{}
	for i := range js {
		t := &js[i].touch
		if err := t.Move(to, js[i].Reason, r.now); err != nil {
			return err
		}
		e := ending{js[i].Reason, js[i].Detail}
		alike[e] = append(alike[e], t.ID)
		r.events = append(r.events, touchEvent(models.EventTouchEnded, *t, string(to), models.ActorScheduler, r.now))
		if err := toldNothing(r.tx, *t); err != nil {
			return err
		}
	}
	for e, ids := range alike {
		err := r.tx.Model(&models.Touch{}).Where(anyOf(r.tx, "id", ids)).UpdateColumns(map[string]any{
			"state": to, "end_reason": e.reason, "end_detail": e.detail, "ended_at": r.now, "updated_at": r.now,
		}).Error
		if err != nil {
			return err
		}
	}
	return nil
}

// skip leaves touches out; the next step follows. Where somebody should know
// of it they get a task.
func (r *recorder) skip(js []judgement) error {
	r.out.Skipped += len(js)
	if err := r.end(js, models.TouchSkipped); err != nil {
		return err
	}
	for _, j := range js {
		if j.Attention == nil {
			continue
		}
		e := models.Effects{Tasks: []models.Task{{
			Kind: models.TaskResolve, UserID: j.touch.RepID, EnrollmentID: j.touch.EnrollmentID, TouchID: &j.touch.ID, DueAt: r.now,
			Reason: j.Attention.Reason, Title: j.Attention.Title, Detail: j.Attention.Detail,
		}}}
		if err := applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now); err != nil {
			return err
		}
	}
	return replanEnrollments(r.tx, enrollmentsOf(js), r.now)
}

// recanceled is when the plan looks again at what was canceled: not at once,
// or plan and claim would chase each other.
const recanceled = time.Minute

func (r *recorder) cancel(js []judgement) error {
	if err := r.end(js, models.TouchCanceled); err != nil {
		return err
	}
	return replanEnrollments(r.tx, enrollmentsOf(js), r.now.Add(recanceled))
}

// finish skips the touches and ends their enrollments.
func (r *recorder) finish(js []judgement) error {
	r.out.Skipped += len(js)
	if err := r.end(js, models.TouchSkipped); err != nil {
		return err
	}
	for _, j := range js {
		if j.touch.EnrollmentID == nil {
			continue
		}
		outcome := cmp.Or(j.Outcome, models.FinishCompleted)
		e := models.Effects{Finishes: []models.FinishOrder{{EnrollmentID: *j.touch.EnrollmentID, Outcome: outcome, Reason: j.Reason}}}
		if err := applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now); err != nil {
			return err
		}
	}
	return nil
}

// ask hands the matter to a person. A booked call is a promise: its task
// opens all the same, beside the one that says what must be repaired.
func (r *recorder) ask(js []judgement) error {
	for i := range js {
		j := &js[i]
		if j.Attention == nil {
			return errors.New("nobody said what is asked for")
		}
		if err := r.askOne(j); err != nil {
			return err
		}
	}
	booked := slices.DeleteFunc(slices.Clone(js), func(j judgement) bool { return j.touch.Kind != models.TouchBookedCall })
	if len(booked) == 0 {
		return nil
	}
	return r.open(booked)
}

func (r *recorder) askOne(j *judgement) error {
	task := models.Task{
		Kind: models.TaskResolve, UserID: j.touch.RepID, EnrollmentID: j.touch.EnrollmentID, DueAt: r.now,
		Reason: j.Attention.Reason, Title: j.Attention.Title, Detail: j.Attention.Detail,
	}
	if task.EnrollmentID == nil || j.touch.Kind == models.TouchBookedCall {
		task.TouchID = &j.touch.ID // elsewhere the touch goes, and its tasks with it
	}
	e := models.Effects{Tasks: []models.Task{task}}
	j.Reason, j.Detail = cmp.Or(j.Reason, j.Attention.Reason), cmp.Or(j.Detail, j.Attention.Title)
	switch {
	case j.touch.Kind == models.TouchBookedCall:
		return applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now)
	case j.touch.EnrollmentID == nil:
		r.out.Skipped++
		if err := r.end([]judgement{*j}, models.TouchSkipped); err != nil {
			return err
		}
		return applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now)
	}
	// The pause withdraws the touch and keeps what it interrupts; the reason
	// of the withdrawal is the better one that we know.
	e.Pauses = []models.Pause{{EnrollmentID: *j.touch.EnrollmentID, Reason: models.PauseNeedsAttention}}
	if err := applyEffects(r.tx, j.prospect, e, models.ActorScheduler, r.now); err != nil {
		return err
	}
	return r.tx.Model(&models.Touch{}).Where("id = ? AND state IN ('planned', 'canceled')", j.touch.ID).UpdateColumns(map[string]any{
		"state": models.TouchCanceled, "end_reason": j.Reason, "end_detail": j.Detail, "ended_at": r.now, "updated_at": r.now,
	}).Error
}

func enrollmentsOf(js []judgement) []int64 {
	ids := idSet{}
	for _, j := range js {
		ids.add(j.touch.EnrollmentID)
	}
	return ids.list()
}
