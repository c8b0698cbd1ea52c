package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// NextDue is the earliest instant at which the scheduler will find something
// to do, as things stand; ok is false where nothing waits for a time. Whoever
// runs the engine on a time of their own jumps there. Each part is ORDER BY …
// LIMIT 1 on an index: min() comes back as text from SQLite.
func (s *Store) NextDue(ctx context.Context) (at time.Time, ok bool, err error) {
	consider := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	read := s.write.WithContext(ctx) // the writer's view: nothing committed may be missed
	var touch models.Touch
	err = takeEarliest(read.Where("state = ?", models.TouchPlanned).Order("due_at"), &touch, func() { consider(touch.DueAt) })
	if err != nil {
		return at, ok, fmt.Errorf("next due touch: %w", err)
	}
	var enrollment models.Enrollment
	err = takeEarliest(read.Where("replan_at IS NOT NULL AND state = ?", models.EnrollmentActive).Order("replan_at"), &enrollment,
		func() { consider(*enrollment.ReplanAt) })
	if err != nil {
		return at, ok, fmt.Errorf("next planning: %w", err)
	}
	var rest models.Pause
	err = takeEarliest(read.Where("until IS NOT NULL").Order("until"), &rest, func() { consider(*rest.Until) })
	if err != nil {
		return at, ok, fmt.Errorf("next end of a pause: %w", err)
	}
	var booked models.Touch
	err = takeEarliest(read.Where("state = ? AND kind = ?", models.TouchOpen, models.TouchBookedCall).Order("promised_at"), &booked,
		func() { consider(booked.PromisedAt.Add(models.MissedAfter)) })
	if err != nil {
		return at, ok, fmt.Errorf("next booked call to miss: %w", err)
	}
	return at, ok, nil
}

// takeEarliest takes one row where there is one and then calls found.
func takeEarliest(tx *gorm.DB, row any, found func()) error {
	res := tx.Limit(1).Find(row)
	if res.Error != nil {
		return res.Error
	}
	if res.RowsAffected > 0 {
		found()
	}
	return nil
}

// TasksOpenedAfter lists the tasks that were opened since an entry of the
// trail and still are, in the order of their opening, and gives the last
// entry seen. A booked call's task is older than its opening.
func (s *Store) TasksOpenedAfter(ctx context.Context, event int64) ([]models.Task, int64, error) {
	var opened []models.Event
	err := s.write.WithContext(ctx).Select("id", "task_id").Where("id > ? AND kind = ? AND task_id IS NOT NULL", event, models.EventTaskOpened).
		Order("id").Find(&opened).Error
	if err != nil || len(opened) == 0 {
		return nil, event, err
	}
	ids := idSet{}
	for _, e := range opened {
		ids.add(e.TaskID)
	}
	tasks, err := rowsByID(s.write.WithContext(ctx), ids.list(), func(t models.Task) int64 { return t.ID })
	if err != nil {
		return nil, event, fmt.Errorf("tasks opened: %w", err)
	}
	var open []models.Task
	for _, e := range opened {
		if t := tasks[*e.TaskID]; t.State == models.TaskOpen {
			open = append(open, t)
		}
	}
	return open, opened[len(opened)-1].ID, nil
}

// OpenTasksAfter lists open tasks with ids above after, oldest first.
func (s *Store) OpenTasksAfter(ctx context.Context, after int64) ([]models.Task, error) {
	var tasks []models.Task
	err := s.write.WithContext(ctx).Where("id > ? AND state = ?", after, models.TaskOpen).Order("id").Find(&tasks).Error
	if err != nil {
		return nil, fmt.Errorf("open tasks: %w", err)
	}
	return tasks, nil
}
