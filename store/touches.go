package store

import (
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// planTouches inserts planned touches and gives their events.
func planTouches(tx *gorm.DB, touches []models.Touch, actor string) ([]models.Event, error) {
	if err := tx.Create(&touches).Error; err != nil {
		return nil, err
	}
	events := make([]models.Event, 0, len(touches))
	people := idSet{}
	for i := range touches {
		t := &touches[i]
		people.add(&t.ProspectID)
		events = append(events, touchEvent(models.EventTouchPlanned, *t, t.StepKey, actor, t.PlannedAt))
	}
	return events, keepNextTouch(tx, touches[0].PlannedAt, people.list()...)
}

// withdrawTouches cancels those of the touches that have not begun (planned,
// or a task still open) and the tasks of them. What is being sent, or may have
// been, is left alone.
func withdrawTouches(tx *gorm.DB, touches []models.Touch, reason models.Reason, actor string, now time.Time) error {
	var ids []int64
	var events []models.Event
	people := idSet{}
	for _, t := range touches {
		if err := t.Move(models.TouchCanceled, reason, now); err != nil {
			continue
		}
		ids = append(ids, t.ID)
		people.add(&t.ProspectID)
		events = append(events, touchEvent(models.EventTouchEnded, t, string(t.State), actor, now))
		if err := toldNothing(tx, t); err != nil {
			return err
		}
	}
	if len(ids) == 0 {
		return nil
	}
	err := tx.Model(&models.Touch{}).
		Where(anyOf(tx, "id", ids)).Where("state IN ('planned', 'open')").
		UpdateColumns(map[string]any{"state": models.TouchCanceled, "end_reason": reason, "ended_at": now, "updated_at": now}).Error
	if err != nil {
		return err
	}
	if err := cancelTasks(tx, tx.Where(anyOf(tx, "touch_id", ids)), actor, now); err != nil {
		return err
	}
	if err := keepNextTouch(tx, now, people.list()...); err != nil {
		return err
	}
	return addEvents(tx, events...)
}

// cancelTasks closes the live tasks that cond selects: their ground went away.
func cancelTasks(tx *gorm.DB, cond *gorm.DB, actor string, now time.Time) error {
	return closeTasks(tx, cond, models.TaskCanceled, actor, now)
}

func closeTasks(tx *gorm.DB, cond *gorm.DB, to models.TaskState, actor string, now time.Time) error {
	var tasks []models.Task
	if err := tx.Where(cond).Where("state IN ('open', 'upcoming')").Order("id").Find(&tasks).Error; err != nil {
		return err
	}
	var events []models.Event
	for i := range tasks {
		if err := tasks[i].Close(to, actor, now); err != nil {
			return err
		}
		if err := saveRow(tx, &tasks[i]); err != nil {
			return err
		}
		events = append(events, taskEvent(models.EventTaskClosed, tasks[i], string(to), actor, now))
	}
	return addEvents(tx, events...)
}

func touchEvent(kind models.EventKind, t models.Touch, code, actor string, now time.Time) models.Event {
	return models.Event{
		At: now, Actor: actor, Kind: kind, Code: code, Channel: t.Channel, ProspectID: &t.ProspectID,
		EnrollmentID: t.EnrollmentID, TouchID: &t.ID, AppointmentID: t.AppointmentID, SenderID: t.SenderID,
		Data: reasonData(t.EndReason),
	}
}

func reasonData(r models.Reason) map[string]string {
	if r == "" {
		return nil
	}
	return map[string]string{"reason": string(r)}
}

func taskEvent(kind models.EventKind, t models.Task, code, actor string, now time.Time) models.Event {
	return models.Event{
		At: now, Actor: actor, Kind: kind, Code: code, ProspectID: t.ProspectID, EnrollmentID: t.EnrollmentID,
		TouchID: t.TouchID, MessageID: t.MessageID, TaskID: &t.ID, AppointmentID: t.AppointmentID, SenderID: t.SenderID,
		UserID: &t.UserID,
	}
}

// keepNextTouch renews what lists of prospects sort by. Rows that are right
// are not written: each version of one costs an entry in every index.
func keepNextTouch(tx *gorm.DB, now time.Time, prospectIDs ...int64) error {
	if len(prospectIDs) == 0 {
		return nil
	}
	return tx.Exec(`UPDATE prospects SET next_touch_at = n.at, idle_since = CASE WHEN n.at IS NULL THEN ? ELSE prospects.idle_since END
		FROM `+nextTouches+` WHERE prospects.id = n.person AND prospects.next_touch_at IS DISTINCT FROM n.at`, now, anyOf(tx, "p.id", prospectIDs)).Error
}

// keepTouched does so for people who were just reached.
func keepTouched(tx *gorm.DB, prospectIDs []int64, at time.Time) error {
	if len(prospectIDs) == 0 {
		return nil
	}
	return tx.Exec("UPDATE prospects SET last_touch_at = ?, next_touch_at = n.at FROM "+nextTouches+`
		WHERE prospects.id = n.person`, at, anyOf(tx, "p.id", prospectIDs)).Error
}

const nextTouches = `(
	SELECT p.id AS person, (SELECT MIN(t.due_at) FROM touches t WHERE t.prospect_id = p.id AND t.state = 'planned') AS at
	FROM prospects p WHERE ?) n`
