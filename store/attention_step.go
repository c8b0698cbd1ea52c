package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// LeaveStepOut lets an enrollment that rests for a task go on behind the step
// that could not be carried out. The step counts as left out by whoever
// decided it, and the task is set aside. A second click changes nothing.
func (s *Store) LeaveStepOut(ctx context.Context, taskID int64, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		_, task, err := lockTask(tx, taskID)
		if err != nil || task.State == models.TaskDismissed {
			return err
		}
		t, err := stepAskedAbout(tx, task)
		if err != nil {
			return err
		}
		if err := leaveOut(tx, t, by, now); err != nil {
			return err
		}
		if err := task.Close(models.TaskDismissed, by, now); err != nil {
			return err
		}
		if err := saveRow(tx, &task); err != nil {
			return err
		}
		if err := addEvents(tx, taskEvent(models.EventTaskClosed, task, string(task.State), by, now)); err != nil {
			return err
		}
		if err := liftRepaired(tx, task, by, now); err != nil {
			return err
		}
		return replanEnrollments(tx, []int64{*t.EnrollmentID}, now)
	}))
}

// stepAskedAbout is the touch that was withdrawn when the task was opened: the
// newest of the enrollment, which has rested since.
func stepAskedAbout(tx *gorm.DB, task models.Task) (models.Touch, error) {
	var t models.Touch
	none := models.Errorf(models.CodeConflict, "There is no step here that could be left out. Mend what the task says, or take the person out of the sequence.")
	if task.Kind != models.TaskResolve || task.EnrollmentID == nil {
		return t, none
	}
	err := tx.Where("enrollment_id = ? AND kind <> ?", *task.EnrollmentID, models.TouchBookedCall).Order("id DESC").Limit(1).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return t, none
	}
	if err == nil && (t.State != models.TouchCanceled || t.EndReason != task.Reason) {
		err = none
	}
	return t, err
}

// leaveOut notes a withdrawn step once more, as skipped: the plan goes on
// behind it.
func leaveOut(tx *gorm.DB, t models.Touch, by string, now time.Time) error {
	t.ID, t.State, t.EndedAt, t.EndReason, t.EndDetail = 0, models.TouchPlanned, nil, "", ""
	t.HoldReason, t.HoldDetail, t.Attempt, t.Replica, t.SendBy, t.FormToken, t.PlannedAt = "", "", 0, "", nil, nil, now
	if err := t.Move(models.TouchSkipped, models.SkipByHand, now); err != nil {
		return err
	}
	if err := tx.Create(&t).Error; err != nil {
		return err
	}
	return addEvents(tx, touchEvent(models.EventTouchEnded, t, string(t.State), by, now))
}
