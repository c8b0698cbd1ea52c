package store

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// LiftElapsed lifts pauses whose time has come; an enrollment whose last one
// it was goes on. It reports how many pauses were lifted.
func (s *Store) LiftElapsed(ctx context.Context, now time.Time, limit int) (int, error) {
	lifted := 0
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		lifted = 0
		var people []int64
		err := tx.Raw(`
SELECT p.id FROM prospects p WHERE p.id IN (
	SELECT e.prospect_id FROM pauses r JOIN enrollments e ON e.id = r.enrollment_id
	WHERE r.until IS NOT NULL AND r.until <= @now ORDER BY r.until LIMIT @limit + 0)
ORDER BY p.id`+s.hot.skipLocked, map[string]any{"now": now, "limit": max(limit, 1)}).Scan(&people).Error
		if err != nil || len(people) == 0 {
			return err
		}
		elapsed, err := elapsedPauses(tx, people, now)
		if err != nil {
			return err
		}
		for _, id := range people {
			if len(elapsed[id]) == 0 {
				continue
			}
			p, err := takeProspect(tx, id)
			if err != nil {
				return err
			}
			if err := applyEffects(tx, p, models.Effects{Lifts: elapsed[id]}, models.ActorScheduler, now); err != nil {
				return err
			}
			lifted += len(elapsed[id])
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("lift elapsed pauses: %w", err)
	}
	return lifted, nil
}

// elapsedPauses reads, under the locks, what is to be lifted for each person.
func elapsedPauses(tx *gorm.DB, people []int64, now time.Time) (map[int64][]models.Lift, error) {
	var rows []struct {
		ProspectID   int64
		EnrollmentID int64
		Reason       models.PauseReason
	}
	err := tx.Table("pauses").Select("e.prospect_id, pauses.enrollment_id, pauses.reason").
		Joins("JOIN enrollments e ON e.id = pauses.enrollment_id").
		Where(anyOf(tx, "e.prospect_id", people)).Where("pauses.until IS NOT NULL AND pauses.until <= ?", now).
		Order("pauses.id").Scan(&rows).Error
	out := map[int64][]models.Lift{}
	for _, r := range rows {
		out[r.ProspectID] = append(out[r.ProspectID], models.Lift{EnrollmentID: r.EnrollmentID, Reason: r.Reason})
	}
	return out, err
}

// MissBookedCalls ends booked calls that nobody dialled in time. That is our
// fault, so no "unanswered" step follows: the enrollment rests and the rep is
// asked to call, apologise and agree on another time.
func (s *Store) MissBookedCalls(ctx context.Context, now time.Time, limit int) (int, error) {
	missed := 0
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		missed = 0
		var ids []int64
		err := tx.Raw(`
SELECT d.id FROM (
	SELECT t.id, t.prospect_id, t.promised_at FROM touches t
	WHERE t.kind = 'booked_call' AND t.state IN ('planned', 'open') AND t.promised_at <= @late
	AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.touch_id = t.id AND k.dialed_at IS NOT NULL)
	ORDER BY t.promised_at, t.id LIMIT @window + 0
) d`+s.hot.lockPeople+`
ORDER BY d.promised_at, d.id LIMIT @limit + 0`,
			map[string]any{"late": now.Add(-models.MissedAfter), "limit": max(limit, 1), "window": window * max(limit, 1)}).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		var touches []models.Touch
		err = tx.Where(anyOf(tx, "id", ids)).Where("state IN ('planned', 'open')").
			Where("NOT EXISTS (SELECT 1 FROM tasks k WHERE k.touch_id = touches.id AND k.dialed_at IS NOT NULL)").Order("id").Find(&touches).Error
		if err != nil {
			return err
		}
		for i := range touches {
			if err := missCall(tx, &touches[i], now); err != nil {
				return fmt.Errorf("touch %d: %w", touches[i].ID, err)
			}
			missed++
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("miss booked calls: %w", err)
	}
	return missed, nil
}

func missCall(tx *gorm.DB, t *models.Touch, now time.Time) error {
	p, err := takeProspect(tx, t.ProspectID)
	if err != nil {
		return err
	}
	if t.State == models.TouchPlanned {
		// The scheduler did not run at the booked minute: the task never
		// opened, but the customer waited all the same.
		if err := t.Move(models.TouchOpen, "", now); err != nil {
			return err
		}
	}
	if err := closeTasks(tx, tx.Where("touch_id = ?", t.ID), models.TaskMissed, models.ActorScheduler, now); err != nil {
		return err
	}
	if err := endTouch(tx, t, models.TouchMissed, models.EndMissed, models.ActorScheduler, now); err != nil {
		return err
	}
	resting, err := missAppointment(tx, t, now)
	if err != nil {
		return err
	}
	e := models.Effects{}
	// One task for the person who missed it; each sequence that hangs on the
	// call rests until that task is closed.
	task := models.Task{
		Kind: models.TaskResolve, UserID: t.RepID, TouchID: &t.ID, AppointmentID: t.AppointmentID, Urgent: true, DueAt: now,
		Reason: models.AttentionMissedCall, Title: "A booked call was missed",
		Detail: "Nobody called within 15 minutes of the agreed time. Call now, apologise, and agree on another time: book it, or close this task to let the sequence go on.",
	}
	if len(resting) > 0 {
		task.EnrollmentID = &resting[0]
	}
	e.Tasks = []models.Task{task}
	if err := applyEffects(tx, p, e, models.ActorScheduler, now); err != nil {
		return err
	}
	if err := restWith(tx, p, task, resting, now); err != nil {
		return err
	}
	return keepNextTouch(tx, now, p.ID)
}

// missAppointment ends the appointment and names the enrollments that hang on it.
func missAppointment(tx *gorm.DB, t *models.Touch, now time.Time) ([]int64, error) {
	ids := idSet{}
	ids.add(t.EnrollmentID)
	if t.AppointmentID != nil {
		var a models.Appointment
		if err := tx.Where("id = ?", *t.AppointmentID).Take(&a).Error; err != nil {
			return nil, notFound(err, "appointment", *t.AppointmentID)
		}
		if a.Open() && a.Revision == t.AppointmentRevision {
			if err := a.End(models.AppointmentMissed, now); err != nil {
				return nil, err
			}
			if err := saveRow(tx, &a); err != nil {
				return nil, err
			}
			if err := addEvents(tx, appointmentEnded(a, models.ActorScheduler, now)); err != nil {
				return nil, err
			}
		}
		var anchored []int64
		err := tx.Model(&models.Enrollment{}).Where("appointment_id = ? AND state <> 'finished'", a.ID).Order("id").Pluck("id", &anchored).Error
		if err != nil {
			return nil, err
		}
		for i := range anchored {
			ids.add(&anchored[i])
		}
	}
	resting := ids.list()
	slices.Sort(resting)
	return resting, nil
}

// restWith pauses the enrollments with the one task that was opened.
func restWith(tx *gorm.DB, p models.Prospect, task models.Task, enrollments []int64, now time.Time) error {
	if len(enrollments) == 0 {
		return nil
	}
	var opened models.Task
	q := tx.Where("kind = ? AND state = ? AND reason = ? AND prospect_id = ?", task.Kind, models.TaskOpen, task.Reason, p.ID)
	if err := q.Order("id DESC").Take(&opened).Error; err != nil {
		return fmt.Errorf("the task of a missed call: %w", err)
	}
	var e models.Effects
	for _, id := range enrollments {
		e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: id, Reason: models.PauseNeedsAttention, TaskID: &opened.ID})
	}
	return applyEffects(tx, p, e, models.ActorScheduler, now)
}

// Dialed notes that the rep began to call: from then on a booked call counts
// as made, however long the talk lasts. A second dialling keeps the first time.
func (s *Store) Dialed(ctx context.Context, taskID int64, by string, now time.Time) (models.Task, error) {
	var task models.Task
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		_, t, err := lockTask(tx, taskID)
		if err != nil {
			return err
		}
		task = t
		if task.Kind != models.TaskCall || task.State != models.TaskOpen {
			return models.Errorf(models.CodeConflict, "task %d is no open call; load the page again", taskID)
		}
		if task.DialedAt != nil {
			return nil
		}
		return markDialed(tx, &task, by, now)
	})
	return task, shown(err)
}

// markDialed keeps the first dialling, and how far from the booked minute it was.
func markDialed(tx *gorm.DB, task *models.Task, by string, now time.Time) error {
	if task.DialedAt != nil {
		return nil
	}
	task.DialedAt, task.UpdatedAt = &now, now
	if err := saveRow(tx, task); err != nil {
		return err
	}
	e := taskEvent(models.EventDialed, *task, "", by, now)
	if task.AppointmentID != nil {
		late := lateBy(*task, now)
		e.Code, e.Data = "on_time", map[string]string{"seconds": strconv.Itoa(late)}
		switch {
		case late < 0:
			e.Code = "early"
		case late >= 60: // the minute that was agreed on is over
			e.Code = "late"
		}
	}
	return addEvents(tx, e)
}

// lateBy is how many seconds after the booked minute it is; negative: before.
func lateBy(task models.Task, now time.Time) int {
	if task.AppointmentID == nil {
		return 0
	}
	return int(now.Sub(task.DueAt) / time.Second)
}
