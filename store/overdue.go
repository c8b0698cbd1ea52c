package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// EscalateOverdue shows managers the tasks that have been open for a working
// day and more, each once: from then on they stand in the manager's own page
// until somebody closes them.
func (s *Store) EscalateOverdue(ctx context.Context, now time.Time, limit int) (int, error) {
	set, err := s.Settings(ctx)
	if err != nil {
		return 0, err
	}
	escalated := 0
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		escalated = 0
		var tasks []models.Task
		// No working day is shorter than a day; the rest is asked of the calendar.
		err := tx.Where("state = 'open' AND escalated_at IS NULL AND due_at <= ?", now.Add(-24*time.Hour)).Order("due_at, id").Limit(limit).Find(&tasks).Error
		if err != nil || len(tasks) == 0 {
			return err
		}
		users := idSet{}
		for i := range tasks {
			users.add(&tasks[i].UserID)
		}
		userByID, err := rowsByID(tx, users.list(), func(u models.User) int64 { return u.ID })
		if err != nil {
			return err
		}
		var events []models.Event
		for _, t := range tasks {
			if now.Before(workingDayAfter(t.DueAt, userByID[t.UserID].Zone, set.Holidays)) {
				continue
			}
			res := tx.Model(&models.Task{}).Where("id = ? AND state = 'open' AND escalated_at IS NULL", t.ID).UpdateColumn("escalated_at", now)
			if res.Error != nil {
				return res.Error
			}
			if res.RowsAffected == 1 {
				events = append(events, taskEvent(models.EventTaskEscalated, t, string(t.Kind), models.ActorScheduler, now))
			}
		}
		escalated = len(events)
		return addEvents(tx, events...)
	})
	if err != nil {
		return 0, fmt.Errorf("escalate overdue tasks: %w", err)
	}
	return escalated, nil
}

// workingDayAfter is the same time on the next working day, by the calendar of
// the zone: what was due on Friday at 15:00 is a working day late on Monday at 15:00.
func workingDayAfter(at time.Time, zone string, holidays []models.Date) time.Time {
	loc, err := models.LoadZone(zone)
	if err != nil {
		loc = time.UTC
	}
	day := models.DateOf(at, loc).AddDays(1)
	for range 30 {
		if wd := day.Weekday(); wd != time.Saturday && wd != time.Sunday && !slices.Contains(holidays, day) {
			break
		}
		day = day.AddDays(1)
	}
	return day.At(models.TimeOfDayOf(at, loc), loc)
}
