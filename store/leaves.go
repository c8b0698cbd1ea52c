package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// leaveBatch bounds what one transaction hands over.
const leaveBatch = 200

// StartLeave notes that somebody will be away. What it does begins with its
// day, by ApplyLeaves.
func (s *Store) StartLeave(ctx context.Context, l models.Leave, now time.Time) (models.Leave, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var u models.User
		if err := forUpdate(tx).Where("id = ?", l.UserID).Take(&u).Error; err != nil {
			return notFound(err, "user", l.UserID)
		}
		overlap, err := first[models.Leave](tx.Where("user_id = ? AND ended_at IS NULL AND starts_at < ? AND ends_at > ?", l.UserID, l.EndsAt, l.StartsAt))
		if err != nil {
			return err
		}
		if overlap != nil {
			return models.Invalid("from", "%s is away in that time already; end that leave first", u.Name)
		}
		if l.StandInID != nil {
			away, err := first[models.Leave](tx.Where("user_id = ? AND ended_at IS NULL AND starts_at < ? AND ends_at > ?", *l.StandInID, l.EndsAt, l.StartsAt))
			if err != nil {
				return err
			}
			if away != nil {
				return models.Invalid("stand_in", "they are away in that time themselves; choose somebody else")
			}
		}
		l.CreatedAt = now
		return tx.Create(&l).Error
	})
	return l, shown(err)
}

// Leaves that run or will, by their beginning.
func (s *Store) Leaves(ctx context.Context) ([]models.Leave, error) {
	var ls []models.Leave
	err := s.reader(ctx).Where("ended_at IS NULL").Order("starts_at, id").Find(&ls).Error
	return ls, err
}

// StandsInFor lists whom somebody stands in for now.
func (s *Store) StandsInFor(ctx context.Context, userID int64, now time.Time) ([]models.User, error) {
	return load[models.User](s.reader(ctx).Select("id", "role", "team_id", "name").Order("id").
		Where("id IN (SELECT user_id FROM leaves WHERE ended_at IS NULL AND starts_at <= ? AND ends_at > ? AND stand_in_id = ?)", now, now, userID))
}

// ApplyLeaves ends the leaves that are over and hands over what came in for
// who is away. Every replica may run it: what is handed over is not there to
// hand over again.
func (s *Store) ApplyLeaves(ctx context.Context, now time.Time) error {
	leaves, err := s.Leaves(ctx)
	if err != nil {
		return fmt.Errorf("leaves: %w", err)
	}
	for _, l := range leaves {
		switch {
		case !now.Before(l.EndsAt):
			err = s.EndLeave(ctx, l.ID, models.ActorScheduler, now)
		case l.Running(now):
			err = s.applyLeave(ctx, l, now)
		}
		if err != nil {
			return fmt.Errorf("leave %d: %w", l.ID, err)
		}
	}
	return nil
}

func (s *Store) applyLeave(ctx context.Context, l models.Leave, now time.Time) error {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		fresh, err := first[models.Leave](forUpdate(tx).Where("id = ? AND ended_at IS NULL", l.ID))
		if err != nil || fresh == nil {
			return err
		}
		done, err := firstOf(tx, "leave started", fmt.Sprint(l.ID), now)
		if err != nil || !done {
			return err
		}
		code := "goes_on"
		if l.Rests {
			code = "rests"
		}
		return addEvents(tx, models.Event{At: now, Actor: models.ActorScheduler, Kind: models.EventLeaveStarted, Code: code, UserID: &l.UserID})
	})
	if err != nil {
		return err
	}
	if l.StandInID != nil {
		if err := s.handTasksOver(ctx, l, now); err != nil {
			return err
		}
	}
	if l.Rests {
		return s.restEnrollments(ctx, l, now)
	}
	return nil
}

// handTasksOver gives the stand-in what the user has to do; a batch a
// transaction, until nothing is left.
func (s *Store) handTasksOver(ctx context.Context, l models.Leave, now time.Time) error {
	for {
		n := 0
		err := s.inTx(ctx, func(tx *gorm.DB) error {
			var tasks []models.Task
			err := forUpdate(tx).Where("user_id = ? AND state IN ('open', 'upcoming')", l.UserID).Order("id").Limit(leaveBatch).Find(&tasks).Error
			if n = len(tasks); err != nil || n == 0 {
				return err
			}
			return giveTasks(tx, tasks, *l.StandInID, &l.UserID, "leave", models.ActorScheduler, now)
		})
		if err != nil || n < leaveBatch {
			return err
		}
	}
}

// giveTasks moves tasks to somebody; standsInFor remembers whose they are.
func giveTasks(tx *gorm.DB, tasks []models.Task, to int64, standsInFor *int64, code, by string, now time.Time) error {
	ids := make([]int64, len(tasks))
	events := make([]models.Event, len(tasks))
	for i, t := range tasks {
		t.UserID = to
		ids[i], events[i] = t.ID, taskEvent(models.EventTaskHanded, t, code, by, now)
		events[i].UserID = &to
	}
	err := tx.Model(&models.Task{}).Where(anyOf(tx, "id", ids)).
		UpdateColumns(map[string]any{"user_id": to, "stands_in_for_id": standsInFor, "updated_at": now}).Error
	if err != nil {
		return err
	}
	return addEvents(tx, events...)
}

// restEnrollments pauses what runs for the user until they are back.
func (s *Store) restEnrollments(ctx context.Context, l models.Leave, now time.Time) error {
	return s.eachPerson(ctx, "SELECT DISTINCT prospect_id FROM enrollments WHERE rep_id = ? AND state = 'active' ORDER BY prospect_id LIMIT ?", l.UserID,
		func(tx *gorm.DB, p models.Prospect) error {
			es, err := enrollmentsWhere(tx, "prospect_id = ? AND rep_id = ? AND state = 'active'", p.ID, l.UserID)
			if err != nil || len(es) == 0 {
				return err
			}
			var e models.Effects
			for _, en := range es {
				e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: en.ID, Reason: models.PauseOnLeave, Until: &l.EndsAt, By: l.CreatedBy})
			}
			return applyEffects(tx, p, e, models.ActorScheduler, now)
		})
}

// EndLeave gives back what is still to do and lets their sequences go on.
func (s *Store) EndLeave(ctx context.Context, id int64, by string, now time.Time) error {
	l, err := first[models.Leave](s.reader(ctx).Where("id = ?", id))
	if err != nil {
		return err
	}
	if l == nil {
		return models.Errorf(models.CodeNotFound, "there is no leave %d", id)
	}
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		res := tx.Model(&models.Leave{}).Where("id = ? AND ended_at IS NULL", id).UpdateColumn("ended_at", now)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		var tasks []models.Task
		if err := forUpdate(tx).Where("stands_in_for_id = ? AND state IN ('open', 'upcoming')", l.UserID).Order("id").Find(&tasks).Error; err != nil {
			return err
		}
		if err := giveTasks(tx, tasks, l.UserID, nil, "back", by, now); err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventLeaveEnded, UserID: &l.UserID})
	})
	if err != nil || !l.Rests {
		return shown(err)
	}
	const resting = "SELECT DISTINCT e.prospect_id FROM pauses r JOIN enrollments e ON e.id = r.enrollment_id WHERE e.rep_id = ? AND r.reason = 'on_leave' ORDER BY e.prospect_id LIMIT ?"
	return s.eachPerson(ctx, resting, l.UserID, func(tx *gorm.DB, p models.Prospect) error {
		es, err := enrollmentsWhere(tx, "prospect_id = ? AND rep_id = ? AND state = 'paused'", p.ID, l.UserID)
		if err != nil {
			return err
		}
		var e models.Effects
		for _, en := range es {
			if en.PausedFor(models.PauseOnLeave) {
				e.Lifts = append(e.Lifts, models.Lift{EnrollmentID: en.ID, Reason: models.PauseOnLeave})
			}
		}
		return applyEffects(tx, p, e, by, now)
	})
}

// eachPerson runs fn for every prospect that the query finds for a user, with
// the prospect locked, a transaction each: what has been done is not found again.
func (s *Store) eachPerson(ctx context.Context, query string, userID int64, fn func(*gorm.DB, models.Prospect) error) error {
	last := int64(-1)
	for {
		var people []int64
		// The writer's handle: what was just changed must not be found again.
		if err := s.write.WithContext(ctx).Raw(query, userID, leaveBatch).Scan(&people).Error; err != nil {
			return err
		}
		if len(people) == 0 || people[0] == last {
			return nil
		}
		last = people[0]
		for _, id := range people {
			err := s.inTx(ctx, func(tx *gorm.DB) error {
				p, err := lockProspect(tx, id)
				if err != nil {
					return err
				}
				return fn(tx, p)
			})
			if err != nil {
				return fmt.Errorf("prospect %d: %w", id, err)
			}
		}
	}
}
