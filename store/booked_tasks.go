package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// planBookedTask puts a booked call into the rep's queue at its booking: it
// can be seen and prepared from now on, and opens at its minute.
func planBookedTask(tx *gorm.DB, p models.Prospect, a models.Appointment, call models.Touch, by string, now time.Time) (models.Event, error) {
	task := taskFor(call, &models.Task{Kind: models.TaskCall, Title: bookedTitle(p, a)}, now)
	task.State = models.TaskUpcoming
	if err := tx.Create(&task).Error; err != nil {
		return models.Event{}, err
	}
	return taskEvent(models.EventTaskPlanned, task, string(task.Kind), by, now), nil
}

func bookedTitle(p models.Prospect, a models.Appointment) string {
	if a.Title != "" {
		return "Call " + p.Name() + ": " + a.Title
	}
	return "Call " + p.Name() + " as booked"
}

// openTasks writes tasks of touches that open: a booked call's is there since
// its booking and keeps its id, the others are new.
func openTasks(tx *gorm.DB, tasks []models.Task) error {
	touches := idSet{}
	for _, t := range tasks {
		if t.AppointmentID != nil {
			touches.add(t.TouchID)
		}
	}
	upcoming := map[int64]models.Task{}
	if len(touches) > 0 {
		found, err := load[models.Task](tx.Where(anyOf(tx, "touch_id", touches.list())).Where("state = 'upcoming'"))
		if err != nil {
			return err
		}
		for _, t := range found {
			upcoming[*t.TouchID] = t
		}
	}
	fresh := make([]models.Task, 0, len(tasks))
	var places []int
	var opening []models.Task
	for i := range tasks {
		was, ok := upcoming[*tasks[i].TouchID]
		if !ok {
			fresh, places = append(fresh, tasks[i]), append(places, i)
			continue
		}
		was.State, was.Title, was.Detail, was.Prep, was.UpdatedAt = models.TaskOpen, tasks[i].Title, tasks[i].Detail, tasks[i].Prep, tasks[i].UpdatedAt
		was.DialedAt = tasks[i].DialedAt
		tasks[i] = was
		opening = append(opening, was)
	}
	if err := insertRows(tx, fresh); err != nil {
		return err
	}
	if err := rewriteTasks(tx, opening); err != nil {
		return err
	}
	for i, at := range places {
		tasks[at] = fresh[i]
	}
	return nil
}

// rewriteTasks writes what the engine says of tasks that are there already,
// many in one statement.
func rewriteTasks(tx *gorm.DB, tasks []models.Task) error {
	upsert := tx.Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "id"}},
		DoUpdates: clause.AssignmentColumns([]string{"state", "title", "detail", "prep", "ready_at", "dialed_at", "updated_at"}),
	}).Session(&gorm.Session{})
	return insertRows(upsert, tasks)
}

// ReadyCalls fills in what the rep reads of booked calls whose minute is
// near, as decide says it, so that the minute itself has nothing left to do
// but to open them. after is the last task looked at in this round; it
// returns the next one's, 0 where the round has ended. What cannot be made
// ready is left to the claim at the minute, which asks a person.
func (s *Store) ReadyCalls(ctx context.Context, now time.Time, after int64, limit int, decide func([]models.Due) []models.Decision) (int64, error) {
	var last int64
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		last = 0
		var near []models.Task
		err := tx.Select("id", "touch_id").Where("state = 'upcoming' AND ready_at IS NULL AND id > ? AND due_at > ? AND due_at <= ?", after, now, now.Add(models.ReadyAhead)).
			Order("id").Limit(limit).Find(&near).Error
		if err != nil || len(near) == 0 {
			return err
		}
		if len(near) == limit {
			last = near[limit-1].ID
		}
		touches := idSet{}
		for _, t := range near {
			touches.add(t.TouchID)
		}
		planned, err := s.lockPlanned(tx, touches.list())
		if err != nil || len(planned) == 0 {
			return err
		}
		tasks, err := load[models.Task](tx.Where(anyOf(tx, "touch_id", touches.list())).Where("state = 'upcoming'"))
		if err != nil {
			return err
		}
		dues, _, err := s.loadDues(tx, planned, now)
		if err != nil {
			return err
		}
		return makeReady(tx, tasks, decide(dues), now)
	})
	if err != nil {
		return 0, fmt.Errorf("ready booked calls: %w", err)
	}
	return last, nil
}

// lockPlanned locks the people of touches, passing over those that somebody
// else holds, and reads the touches that are still planned.
func (s *Store) lockPlanned(tx *gorm.DB, ids []int64) ([]models.Touch, error) {
	var held []int64
	err := tx.Raw("SELECT d.id FROM (SELECT id, prospect_id FROM touches WHERE ? AND state = 'planned' ORDER BY prospect_id) d"+s.hot.lockPeople,
		anyOf(tx, "id", ids)).Scan(&held).Error
	if err != nil || len(held) == 0 {
		return nil, err
	}
	return load[models.Touch](tx.Where(anyOf(tx, "id", held)).Where("state = 'planned'").Order("id"))
}

func makeReady(tx *gorm.DB, tasks []models.Task, decisions []models.Decision, now time.Time) error {
	byTouch := map[int64]models.Decision{}
	for _, d := range decisions {
		byTouch[d.TouchID] = d
	}
	var ready []models.Task
	for _, t := range tasks {
		d, ok := byTouch[*t.TouchID]
		if !ok || d.Action != models.DecideOpen || d.Task == nil {
			continue
		}
		t.Title, t.Detail, t.Prep, t.ReadyAt, t.UpdatedAt = d.Task.Title, d.Task.Detail, d.Task.Prep, &now, now
		ready = append(ready, t)
		if d.Detail != "" { // what permits it at its minute
			err := tx.Model(&models.Touch{}).Where("id = ?", d.TouchID).
				UpdateColumn("why", gorm.Expr("CASE WHEN why = '' THEN ? ELSE why || ? END", d.Detail, "; "+d.Detail)).Error
			if err != nil {
				return err
			}
		}
		if d.ContactPointID != nil {
			if err := tx.Model(&models.Touch{}).Where("id = ?", d.TouchID).UpdateColumn("contact_point_id", *d.ContactPointID).Error; err != nil {
				return err
			}
		}
	}
	return rewriteTasks(tx, ready)
}

// OpenBooked opens the booked calls whose minute has come and that were made
// ready, many in one transaction: what would keep one from opening (moved,
// canceled, an opt-out) has withdrawn its touch in its own transaction. It
// returns whose calls it opened; RenewNext renews their place in lists, which
// need not be there in the same second.
func (s *Store) OpenBooked(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	var opened []int64
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		opened = nil
		// The tasks alone: joined with the touches, a table that was not
		// analysed lately is read once for each call.
		var ids []int64
		err := tx.Raw(`
SELECT d.id FROM (
	SELECT k.id, k.prospect_id FROM tasks k
	WHERE k.state = 'upcoming' AND k.ready_at IS NOT NULL AND k.due_at <= @now AND k.due_at > @missed
	ORDER BY k.due_at, k.id LIMIT @window + 0
) d`+s.hot.lockPeople+` LIMIT @limit + 0`,
			map[string]any{"now": now, "missed": now.Add(-models.MissedAfter), "limit": limit, "window": window * limit}).Scan(&ids).Error
		if err != nil || len(ids) == 0 {
			return err
		}
		opened, err = openCalls(tx, ids, now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open booked calls: %w", err)
	}
	return opened, nil
}

// renewAtOnce bounds a transaction of RenewNext.
const renewAtOnce = 500

// RenewNext renews what lists of prospects sort by.
func (s *Store) RenewNext(ctx context.Context, prospectIDs []int64) error {
	for part := range slices.Chunk(prospectIDs, renewAtOnce) {
		if err := s.inTx(ctx, func(tx *gorm.DB) error { return keepNextTouch(tx, s.clock(), part...) }); err != nil {
			return fmt.Errorf("renew next touches: %w", err)
		}
	}
	return nil
}

// openCalls opens the tasks with their touches, read again under the lock:
// its statement may have seen an older state.
func openCalls(tx *gorm.DB, taskIDs []int64, now time.Time) ([]int64, error) {
	var tasks []struct{ ID, TouchID, ProspectID int64 }
	err := tx.Model(&models.Task{}).Select("id, touch_id, prospect_id").Where(anyOf(tx, "id", taskIDs)).
		Where("state = 'upcoming' AND touch_id IS NOT NULL AND prospect_id IS NOT NULL").Order("id").Scan(&tasks).Error
	if err != nil || len(tasks) == 0 {
		return nil, err
	}
	behind := idSet{}
	for _, t := range tasks {
		behind.add(&t.TouchID)
	}
	var due []int64
	err = tx.Model(&models.Touch{}).Where(anyOf(tx, "id", behind.list())).Where("state = 'planned' AND kind = 'booked_call' AND due_at <= ?", now).
		Pluck("id", &due).Error
	if err != nil || len(due) == 0 {
		return nil, err
	}
	planned := idSet{}
	for i := range due {
		planned.add(&due[i])
	}
	var ids, people []int64
	for _, t := range tasks {
		if planned[t.TouchID] {
			ids, people = append(ids, t.ID), append(people, t.ProspectID)
		}
	}
	err = tx.Model(&models.Touch{}).Where(anyOf(tx, "id", due)).
		UpdateColumns(map[string]any{"state": models.TouchOpen, "hold_reason": "", "hold_detail": "", "updated_at": now}).Error
	if err != nil {
		return nil, err
	}
	err = tx.Model(&models.Task{}).Where(anyOf(tx, "id", ids)).UpdateColumns(map[string]any{"state": models.TaskOpen, "updated_at": now}).Error
	if err != nil {
		return nil, err
	}
	// As taskEvent says them, without a round trip for a hundred of them.
	err = tx.Exec(`INSERT INTO events (at, actor, kind, code, prospect_id, enrollment_id, touch_id, task_id, appointment_id, user_id)
SELECT @at, @actor, @kind, k.kind, k.prospect_id, k.enrollment_id, k.touch_id, k.id, k.appointment_id, k.user_id FROM tasks k WHERE @opened ORDER BY k.id`,
		map[string]any{"at": now, "actor": models.ActorScheduler, "kind": models.EventTaskOpened, "opened": anyOf(tx, "k.id", ids)}).Error
	if err != nil {
		return nil, fmt.Errorf("add events: %w", err)
	}
	return people, nil
}

// OpenEarly opens a booked call before its minute because the customer asked
// for it: the rep's word is kept in the trail.
func (s *Store) OpenEarly(ctx context.Context, taskID int64, by string, now time.Time) (models.Task, error) {
	var task models.Task
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		_, t, err := lockTask(tx, taskID)
		if err != nil {
			return err
		}
		if task = t; t.State == models.TaskOpen {
			return nil // a second click
		}
		if t.State != models.TaskUpcoming || t.TouchID == nil {
			return models.Errorf(models.CodeConflict, "this call is %s already; load the page again", t.State)
		}
		var touch models.Touch
		if err := tx.Where("id = ?", *t.TouchID).Take(&touch).Error; err != nil {
			return notFound(err, "touch", *t.TouchID)
		}
		if err := touch.Move(models.TouchOpen, "", now); err != nil {
			return err
		}
		if err := saveRow(tx, &touch); err != nil {
			return err
		}
		task.State, task.UpdatedAt = models.TaskOpen, now
		if err := saveRow(tx, &task); err != nil {
			return err
		}
		opened := taskEvent(models.EventTaskOpened, task, string(task.Kind), by, now)
		opened.Data = map[string]string{"early": "they_asked"}
		if err := addEvents(tx, opened); err != nil {
			return err
		}
		return keepNextTouch(tx, now, touch.ProspectID)
	})
	return task, shown(err)
}
