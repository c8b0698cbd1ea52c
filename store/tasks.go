package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// openTask opens a task unless one that asks for the same is open: the same
// kind, reason and message, or, without a message, the same person and
// enrollment. A reply task is one per waiting customer and points at the
// newest message.
func openTask(tx *gorm.DB, prospect models.Prospect, t models.Task, actor string, now time.Time) (models.Task, error) {
	if t.ProspectID == nil && prospect.ID != 0 {
		t.ProspectID = &prospect.ID
	}
	if t.UserID == 0 {
		t.UserID = prospect.OwnerID
	}
	if t.DueAt.IsZero() {
		t.DueAt = now
	}
	q := tx.Where("kind = ? AND state = 'open' AND reason = ?", t.Kind, t.Reason)
	switch {
	case t.Kind == models.TaskReply && t.ProspectID != nil:
		q = q.Where("prospect_id = ?", *t.ProspectID)
	case t.MessageID != nil:
		q = q.Where("message_id = ?", *t.MessageID)
	default:
		q = sameOrNull(q, "prospect_id", t.ProspectID)
		q = sameOrNull(q, "enrollment_id", t.EnrollmentID)
		q = sameOrNull(q, "sender_id", t.SenderID)
	}
	var standing models.Task
	err := q.Order("id").Take(&standing).Error
	if err == nil {
		if t.Kind != models.TaskReply || t.MessageID == nil {
			return standing, nil
		}
		standing.MessageID, standing.UpdatedAt = t.MessageID, now
		standing.SnoozedUntil = nil // they wrote again
		standing.Urgent = standing.Urgent || t.Urgent
		if t.Detail != "" { // it may ask whether they want us to stop
			standing.Title, standing.Detail = t.Title, t.Detail
		}
		return standing, saveRow(tx, &standing)
	}
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return standing, err
	}
	t.State, t.CreatedAt, t.UpdatedAt = models.TaskOpen, now, now
	if err := tx.Create(&t).Error; err != nil {
		return t, err
	}
	return t, addEvents(tx, taskEvent(models.EventTaskOpened, t, string(t.Kind), actor, now))
}

func sameOrNull(q *gorm.DB, column string, id *int64) *gorm.DB {
	if id == nil {
		return q.Where(column + " IS NULL")
	}
	return q.Where(column+" = ?", *id)
}

// endWaiting closes the reply tasks: the customer has been answered, or a
// person decided that no answer is needed.
func endWaiting(tx *gorm.DB, prospect models.Prospect, actor string, now time.Time) error {
	err := closeTasks(tx, tx.Where("prospect_id = ? AND kind = 'reply'", prospect.ID), models.TaskDone, actor, now)
	if err != nil {
		return err
	}
	return clearWaiting(tx, prospect.ID, now)
}

func clearWaiting(tx *gorm.DB, prospectID int64, now time.Time) error {
	// Whoever was asked to see to it need not any more.
	answered := tx.Where("prospect_id = ? AND kind = ? AND reason = ?", prospectID, models.TaskResolve, models.AttentionUnanswered)
	if err := cancelTasks(tx, answered, models.ActorSystem, now); err != nil {
		return err
	}
	err := tx.Model(&models.Conversation{}).Where("prospect_id = ?", prospectID).
		UpdateColumns(map[string]any{"waiting_since": nil, "unread_count": 0, "updated_at": now}).Error
	if err != nil {
		return err
	}
	return tx.Model(&models.Message{}).
		Where("prospect_id = ? AND direction = ? AND read_at IS NULL", prospectID, models.Inbound).
		UpdateColumn("read_at", now).Error
}

// CloseTask closes a task that is not a finished call: done or dismissed. A
// call is dismissed only, its outcomes go through CloseCall.
func (s *Store) CloseTask(ctx context.Context, taskID int64, to models.TaskState, notes, by string, now time.Time) (models.Task, error) {
	var task models.Task
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		prospect, t, err := lockTask(tx, taskID)
		if err != nil {
			return err
		}
		task = t
		if task.State == to && (notes == "" || notes == task.Notes) {
			return nil // a second click
		}
		if task.Kind == models.TaskReview {
			return models.Invalid("state", "a review is finished by writing it: what stood in the way, or why nothing did, and what comes next")
		}
		if task.Kind == models.TaskCall && to == models.TaskDone {
			return models.Invalid("outcome", "a call is closed with its outcome; say how it went, or dismiss it")
		}
		if err := task.Close(to, by, now); err != nil {
			return err
		}
		if notes != "" {
			task.Notes = notes
		}
		if err := saveRow(tx, &task); err != nil {
			return err
		}
		if err := addEvents(tx, taskEvent(models.EventTaskClosed, task, string(to), by, now)); err != nil {
			return err
		}
		return closeBehind(tx, prospect, task, by, now)
	})
	return task, shown(err)
}

// lockTask locks the task's prospect, where it has one, and reads the task.
func lockTask(tx *gorm.DB, id int64) (models.Prospect, models.Task, error) {
	var t models.Task
	var p models.Prospect
	if err := tx.Where("id = ?", id).Take(&t).Error; err != nil {
		return p, t, notFound(err, "task", id)
	}
	if t.ProspectID != nil {
		var err error
		if p, err = lockProspect(tx, *t.ProspectID); err != nil {
			return p, t, err
		}
	}
	var fresh models.Task
	err := forUpdate(tx).Where("id = ?", id).Take(&fresh).Error
	return p, fresh, err
}

// closeBehind does what closing each kind of task means.
func closeBehind(tx *gorm.DB, prospect models.Prospect, task models.Task, by string, now time.Time) error {
	switch task.Kind {
	case models.TaskReply:
		return clearWaiting(tx, prospect.ID, now)
	case models.TaskResolve:
		if err := setAsideUnconfirmed(tx, task, by, now); err != nil {
			return err
		}
		if err := liftRepaired(tx, task, by, now); err != nil {
			return err
		}
		if err := startRepaired(tx, task, by, now); err != nil {
			return err
		}
		if task.Reason == models.AttentionRestored && task.State == models.TaskDone {
			if err := resumeRestored(tx, false, by, now); err != nil {
				return err
			}
		}
	case models.TaskCall:
		if err := endDismissedCall(tx, task, by, now); err != nil {
			return err
		}
	}
	return endTaskTouch(tx, task, by, now)
}

// endTaskTouch moves the task's touch in the same transaction; the next step
// follows from there.
func endTaskTouch(tx *gorm.DB, task models.Task, by string, now time.Time) error {
	if task.TouchID == nil {
		return nil
	}
	var t models.Touch
	if err := tx.Where("id = ?", *task.TouchID).Take(&t).Error; err != nil {
		return notFound(err, "touch", *task.TouchID)
	}
	if t.State != models.TouchOpen {
		return nil
	}
	to, reason := models.TouchDone, models.EndDone
	if task.State == models.TaskDismissed {
		to, reason = models.TouchDismissed, models.EndDismissed
	}
	if err := endTouch(tx, &t, to, reason, by, now); err != nil {
		return err
	}
	if t.EnrollmentID == nil {
		return nil
	}
	return replanEnrollments(tx, []int64{*t.EnrollmentID}, now)
}

// endTouch ends one touch that was open.
func endTouch(tx *gorm.DB, t *models.Touch, to models.TouchState, reason models.Reason, by string, now time.Time) error {
	if err := t.Move(to, reason, now); err != nil {
		return err
	}
	if err := saveRow(tx, t); err != nil {
		return err
	}
	return addEvents(tx, touchEvent(models.EventTouchEnded, *t, string(to), by, now))
}

// endDismissedCall: a booked call that the rep sets aside will not take place.
func endDismissedCall(tx *gorm.DB, task models.Task, by string, now time.Time) error {
	a, err := appointmentOfTask(tx, task)
	if err != nil || a == nil || !a.Open() {
		return err
	}
	if err := a.End(models.AppointmentCanceled, now); err != nil {
		return err
	}
	if err := saveRow(tx, a); err != nil {
		return err
	}
	return addEvents(tx, appointmentEnded(*a, by, now))
}

// liftRepaired lifts the needs_attention pauses that wait for this task.
func liftRepaired(tx *gorm.DB, task models.Task, by string, now time.Time) error {
	es, err := enrollmentsWhere(tx, "id IN (SELECT enrollment_id FROM pauses WHERE task_id = ? AND reason = ?)", task.ID, models.PauseNeedsAttention)
	if err != nil {
		return err
	}
	var events []models.Event
	for i := range es {
		e := &es[i]
		if e.Lift(now, models.PauseNeedsAttention) {
			events = append(events, enrollmentEvent(models.EventResumed, *e, string(models.PauseNeedsAttention), by, now))
		}
		if err := keepEnrollment(tx, e); err != nil {
			return err
		}
	}
	return addEvents(tx, events...)
}

// setAsideUnconfirmed: one task stands for all hand-overs of a sender whose
// fate stayed unknown. Closing it says that a person looked: none is sent
// again, and their enrollments go on.
func setAsideUnconfirmed(tx *gorm.DB, task models.Task, by string, now time.Time) error {
	if task.Reason != models.AttentionUnconfirmed || task.SenderID == nil {
		return nil
	}
	var ts []models.Touch
	if err := tx.Where("sender_id = ? AND state = ?", *task.SenderID, models.TouchUnconfirmed).Order("id").Find(&ts).Error; err != nil {
		return err
	}
	var replan []int64
	var events []models.Event
	for i := range ts {
		t := &ts[i]
		if err := t.Move(models.TouchDismissed, models.EndDismissed, now); err != nil {
			return err
		}
		// A receipt may prove the sending at this very moment: its word stands.
		res := tx.Model(&models.Touch{}).Where("id = ? AND state = ?", t.ID, models.TouchUnconfirmed).
			UpdateColumns(map[string]any{"state": t.State, "end_reason": t.EndReason, "ended_at": now, "updated_at": now})
		if res.Error != nil {
			return res.Error
		}
		if res.RowsAffected == 0 {
			continue
		}
		events = append(events, touchEvent(models.EventTouchEnded, *t, string(t.State), by, now))
		if t.EnrollmentID != nil {
			replan = append(replan, *t.EnrollmentID)
		}
	}
	if err := replanEnrollments(tx, replan, now); err != nil {
		return err
	}
	return addEvents(tx, events...)
}
