package store

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// recorder applies a set of decisions: rows of one kind in one statement.
type recorder struct {
	*claim
	tx     *gorm.DB
	now    time.Time
	out    models.Claimed
	events []models.Event
	people idSet
}

func (c *claim) record(tx *gorm.DB, judged []judgement) (models.Claimed, error) {
	r := &recorder{claim: c, tx: tx, now: c.req.Now, people: idSet{}}
	r.out.Judged = len(judged)
	by := map[models.DecisionAction][]judgement{}
	for _, j := range judged {
		if j.Action != models.DecideSend { // the hand-over's end renews theirs
			r.people.add(&j.touch.ProspectID)
		}
		if err := r.override(&j); err != nil {
			return r.out, err
		}
		by[j.Action] = append(by[j.Action], j)
	}
	steps := []struct {
		action models.DecisionAction
		do     func([]judgement) error
	}{
		{models.DecideSend, r.send},
		{models.DecideOpen, r.open},
		{models.DecideHold, r.hold},
		{models.DecideSkip, r.skip},
		{models.DecideCancel, r.cancel},
		{models.DecideFinish, r.finish},
		{models.DecideAsk, r.ask},
	}
	for _, st := range steps {
		if len(by[st.action]) == 0 {
			continue
		}
		if err := st.do(by[st.action]); err != nil {
			return r.out, fmt.Errorf("%s: %w", st.action, err)
		}
		delete(by, st.action)
	}
	for action, js := range by {
		return r.out, fmt.Errorf("touch %d: %q is no decision", js[0].touch.ID, action)
	}
	if err := addEvents(tx, r.events...); err != nil {
		return r.out, err
	}
	return r.out, keepNextTouch(tx, r.now, r.people.list()...)
}

// override writes what the decision changed on the touch.
func (r *recorder) override(j *judgement) error {
	set := map[string]any{}
	if j.ContactPointID != nil && (j.touch.ContactPointID == nil || *j.touch.ContactPointID != *j.ContactPointID) {
		j.touch.ContactPointID = j.ContactPointID
		set["contact_point_id"] = *j.ContactPointID
	}
	if j.Channel != "" && j.Channel != j.touch.Channel {
		j.touch.Channel = j.Channel
		set["channel"] = j.Channel
	}
	if j.Kind != "" && j.Kind != j.touch.Kind {
		j.touch.Kind = j.Kind
		set["kind"] = j.Kind
	}
	if m := j.Message; m != nil && j.Action == models.DecideSend {
		sender := m.SenderID
		if sender == nil && m.Sender != nil {
			sender = &m.Sender.ID
		}
		if sender != nil && (j.touch.SenderID == nil || *j.touch.SenderID != *sender) {
			j.touch.SenderID = sender
			set["sender_id"] = *sender
		}
	}
	// What permits it beside the plan is part of why it was made: an exemption
	// from the hours, an answer after an opt-out, another contact point.
	if made := j.Action == models.DecideSend || j.Action == models.DecideOpen; made && j.Detail != "" {
		if why := joined(j.touch.Why, j.Detail, "; "); why != j.touch.Why {
			j.touch.Why = why
			set["why"] = why
		}
	}
	if len(set) == 0 {
		return nil
	}
	return r.tx.Model(&models.Touch{}).Where("id = ?", j.touch.ID).UpdateColumns(set).Error
}

// open turns touches into tasks for the rep.
func (r *recorder) open(js []judgement) error {
	ids := make([]int64, len(js))
	tasks := make([]models.Task, len(js))
	for i := range js {
		t := &js[i].touch
		if err := t.Move(models.TouchOpen, "", r.now); err != nil {
			return err
		}
		ids[i] = t.ID
		tasks[i] = taskFor(*t, js[i].Task, r.now)
	}
	err := r.tx.Model(&models.Touch{}).Where(anyOf(r.tx, "id", ids)).
		UpdateColumns(map[string]any{"state": models.TouchOpen, "hold_reason": "", "hold_detail": "", "updated_at": r.now}).Error
	if err != nil {
		return err
	}
	if err := openTasks(r.tx, tasks); err != nil {
		return err
	}
	for _, task := range tasks {
		r.events = append(r.events, taskEvent(models.EventTaskOpened, task, string(task.Kind), models.ActorScheduler, r.now))
	}
	r.out.Opened += len(js)
	return nil
}

// taskFor completes the task of a touch: it is due when the touch was promised.
func taskFor(t models.Touch, given *models.Task, now time.Time) models.Task {
	task := models.Task{Kind: models.TaskCall, Title: "Call"}
	if given != nil {
		task = *given
	}
	task.ID, task.State, task.DueAt = 0, models.TaskOpen, t.PromisedAt
	task.ProspectID, task.EnrollmentID, task.TouchID = &t.ProspectID, t.EnrollmentID, &t.ID
	if task.AppointmentID == nil {
		task.AppointmentID = t.AppointmentID
	}
	if task.Kind == "" {
		task.Kind = models.TaskCall
	}
	if task.UserID == 0 {
		task.UserID = t.RepID
	}
	task.Urgent = task.Urgent || t.Urgent
	task.CreatedAt, task.UpdatedAt = now, now
	return task
}

// hold moves due times; it is no attempt. Touches held alike are one statement.
func (r *recorder) hold(js []judgement) error {
	type hold struct {
		until  time.Time
		reason models.Reason
		detail string
	}
	alike := map[hold][]int64{}
	for _, j := range js {
		h := hold{j.Until, j.Reason, j.Detail}
		if !h.until.After(r.now) {
			h.until = r.now.Add(time.Minute) // or this claim would meet it again
		}
		alike[h] = append(alike[h], j.touch.ID)
		if j.touch.HoldReason != j.Reason {
			held := touchEvent(models.EventTouchHeld, j.touch, string(j.Reason), models.ActorScheduler, r.now)
			r.events = append(r.events, held)
		}
	}
	for h, ids := range alike {
		if err := holdTouches(r.tx, ids, h.until, h.reason, h.detail, r.now); err != nil {
			return err
		}
	}
	r.out.Held += len(js)
	return nil
}

func holdTouches(tx *gorm.DB, ids []int64, until time.Time, reason models.Reason, detail string, now time.Time) error {
	return tx.Model(&models.Touch{}).Where(anyOf(tx, "id", ids)).UpdateColumns(map[string]any{
		"due_at": until, "hold_reason": reason, "hold_detail": detail, "updated_at": now,
	}).Error
}
