package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// DialDue is a call task with all that the gate looks at, as it is now. A
// task that no touch stands behind is judged as a person's own call.
func (s *Store) DialDue(ctx context.Context, taskID int64, now time.Time) (models.Task, models.Due, error) {
	db := s.reader(ctx)
	var task models.Task
	var due models.Due
	if err := db.Where("id = ?", taskID).Take(&task).Error; err != nil {
		return task, due, shown(notFound(err, "task", taskID))
	}
	if task.Kind != models.TaskCall || task.ProspectID == nil {
		return task, due, models.Invalid("task", "task %d is no call; nobody can be dialled from it", taskID)
	}
	touch := models.Touch{ProspectID: *task.ProspectID, Kind: models.TouchTask, Channel: models.ChannelCall, Purpose: models.PurposeManual, RepID: task.UserID}
	if task.TouchID != nil {
		if err := db.Where("id = ?", *task.TouchID).Take(&touch).Error; err != nil {
			return task, due, shown(notFound(err, "touch", *task.TouchID))
		}
	}
	dues, _, err := s.loadDues(db, []models.Touch{touch}, now)
	if err != nil {
		return task, due, fmt.Errorf("judge the call of task %d: %w", taskID, err)
	}
	if len(dues) == 0 {
		return task, due, models.Errorf(models.CodeNotFound, "there is no prospect to call any more")
	}
	return task, dues[0], nil
}

// BeginDial records a press of Dial; the same press again finds the first.
func (s *Store) BeginDial(ctx context.Context, d models.Dial) (models.Dial, bool, error) {
	repeat := false
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		repeat = false
		_, task, err := lockTask(tx, d.TaskID)
		if err != nil {
			return err
		}
		var before models.Dial
		err = tx.Where("form_token = ?", d.FormToken).Take(&before).Error
		if err == nil {
			if repeat = before.TaskID == d.TaskID; !repeat {
				return models.Errorf(models.CodeConflict, "this button belongs to another call; load the page again")
			}
			d = before
			return nil
		}
		if !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		if task.State != models.TaskOpen {
			return models.Errorf(models.CodeConflict, "this call is %s; load the page again", task.State)
		}
		d.ProspectID, d.Late = *task.ProspectID, lateBy(task, d.CreatedAt)
		if err := tx.Create(&d).Error; err != nil {
			return err
		}
		return markDialed(tx, &task, models.UserActor(d.UserID), d.CreatedAt)
	})
	return d, repeat, shown(err)
}

// DialPlaced keeps what the provider answered. What it has told us by itself
// meanwhile stands.
func (s *Store) DialPlaced(ctx context.Context, id int64, state models.DialState, providerID, detail string, now time.Time) error {
	return s.moveDial(ctx, "id = ? AND state = 'asked'", id, func(d *models.Dial) {
		d.State, d.Detail = state, detail
		if d.ProviderID == "" {
			d.ProviderID = providerID
		}
		if state.Over() {
			d.EndedAt = &now
		}
	})
}

// DialProgress records what the provider tells of a call, in whatever order:
// what has ended stays so, and is as long as it was.
func (s *Store) DialProgress(ctx context.Context, token string, state models.DialState, providerID, detail string, seconds int, now time.Time) error {
	return s.moveDial(ctx, "token = ? AND token <> ''", token, func(d *models.Dial) {
		if providerID != "" && d.ProviderID == "" {
			d.ProviderID = providerID
		}
		d.Seconds = max(d.Seconds, seconds)
		if d.State.Over() || state == models.DialRinging && d.State == models.DialTalking {
			return
		}
		d.State, d.Detail = state, detail
		if state.Over() {
			d.EndedAt = &now
		}
	})
}

func (s *Store) moveDial(ctx context.Context, where string, key any, change func(*models.Dial)) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var d models.Dial
		err := forUpdate(tx).Where(where, key).Take(&d).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		change(&d)
		return saveRow(tx, &d)
	}))
}

// DialByToken finds the call that the provider speaks of, with its prospect.
func (s *Store) DialByToken(ctx context.Context, token string) (models.Dial, models.Prospect, error) {
	db := s.reader(ctx)
	var d models.Dial
	var p models.Prospect
	if token == "" {
		return d, p, models.Errorf(models.CodeNotFound, "the request names no call")
	}
	if err := db.Where("token = ?", token).Take(&d).Error; err != nil {
		return d, p, viewNotFound(err, "call")
	}
	err := db.Where("id = ?", d.ProspectID).Take(&p).Error
	return d, p, err
}

// LastDial is the newest press of Dial on a task; nil where there was none.
func (s *Store) LastDial(ctx context.Context, taskID int64) (*models.Dial, error) {
	return first[models.Dial](s.reader(ctx).Where("task_id = ?", taskID).Order("id DESC"))
}

// PhoneOf is the number of ours that a user calls from, their own before a
// shared one, with its credentials; nil where there is none that works.
func (s *Store) PhoneOf(ctx context.Context, userID int64) (models.User, *models.Sender, error) {
	db := s.reader(ctx)
	var u models.User
	if err := db.Where("id = ?", userID).Take(&u).Error; err != nil {
		return u, nil, viewNotFound(err, "user")
	}
	sender, err := first[models.Sender](db.Where("kind = ? AND state = ? AND (owner_id = ? OR owner_id IS NULL)", models.SenderPhone, models.SenderActive, userID).
		Order("CASE WHEN owner_id IS NULL THEN 1 ELSE 0 END, id"))
	if err != nil || sender == nil {
		return u, nil, err
	}
	return u, sender, s.openSecrets(sender)
}
