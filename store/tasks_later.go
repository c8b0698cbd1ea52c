package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// SnoozeTask puts a task off: it leaves the queue and comes back at until; nil
// brings it back at once. A booked call is not put off past its minute.
func (s *Store) SnoozeTask(ctx context.Context, id int64, until *time.Time, by string, now time.Time) (models.Task, error) {
	var task models.Task
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		_, t, err := lockTask(tx, id)
		if err != nil {
			return err
		}
		task = t
		if err := task.Snooze(until, now); err != nil {
			return err
		}
		if err := saveRow(tx, &task); err != nil {
			return err
		}
		kind := models.EventTaskSnoozed
		if until == nil {
			kind = models.EventTaskReturned
		}
		return addEvents(tx, taskEvent(kind, task, "", by, now))
	})
	return task, shown(err)
}

// ReturnSnoozed brings back what was put off until now. The queue shows it at
// that time without this; open pages learn of it by the event.
func (s *Store) ReturnSnoozed(ctx context.Context, now time.Time, limit int) (int, error) {
	returned := 0
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		returned = 0
		var due []models.Task
		if err := tx.Where("snoozed_until <= ?", now).Order("snoozed_until, id").Limit(limit).Find(&due).Error; err != nil {
			return err
		}
		var events []models.Event
		for _, t := range due {
			res := tx.Model(&models.Task{}).Where("id = ? AND snoozed_until = ?", t.ID, t.SnoozedUntil).UpdateColumn("snoozed_until", nil)
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected == 1 && t.Live() {
				events = append(events, taskEvent(models.EventTaskReturned, t, "", models.ActorScheduler, now))
				returned++
			}
		}
		return addEvents(tx, events...)
	})
	if err != nil {
		return 0, fmt.Errorf("bring back snoozed tasks: %w", err)
	}
	return returned, nil
}

// HandOver gives a task to another user, with its touch and, of a booked call,
// the appointment: who has the task makes the call. The note is for them.
func (s *Store) HandOver(ctx context.Context, id, to int64, note, by string, byUser int64, now time.Time) (models.Task, error) {
	var task models.Task
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, t, err := lockTask(tx, id)
		if err != nil {
			return err
		}
		task = t
		if task.UserID == to && (note == "" || note == task.HandOverNote) {
			return nil // a second click
		}
		if !task.Live() {
			return &models.TransitionError{Thing: "task", ID: task.ID, From: string(task.State), To: string(task.State)}
		}
		if err := giveTask(tx, &task, to, note, by, byUser, now); err != nil {
			return err
		}
		return s.notifyHandOver(tx, p, task, now)
	})
	return task, shown(err)
}

func giveTask(tx *gorm.DB, task *models.Task, to int64, note, by string, byUser int64, now time.Time) error {
	var u models.User
	if err := tx.Where("id = ?", to).Take(&u).Error; err != nil {
		return notFound(err, "user", to)
	}
	if u.DisabledAt != nil {
		return models.Invalid("to", "%s has left; choose somebody who may sign in", u.Name)
	}
	task.UserID, task.HandedBy, task.HandOverNote, task.SnoozedUntil, task.UpdatedAt = to, &byUser, note, nil, now
	if err := saveRow(tx, task); err != nil {
		return err
	}
	if task.TouchID != nil {
		err := tx.Model(&models.Touch{}).Where("id = ? AND state IN ('planned', 'open')", *task.TouchID).
			UpdateColumns(map[string]any{"rep_id": to, "updated_at": now}).Error
		if err != nil {
			return err
		}
	}
	if task.AppointmentID != nil && task.Kind == models.TaskCall {
		err := tx.Model(&models.Appointment{}).Where("id = ? AND state = 'booked'", *task.AppointmentID).
			UpdateColumns(map[string]any{"rep_id": to, "updated_at": now}).Error
		if err != nil {
			return err
		}
	}
	return addEvents(tx, taskEvent(models.EventTaskHanded, *task, "", by, now))
}
