package store

import (
	"context"
	"time"

	"followup/models"
)

// TouchRow is a touch in the scheduler's lists.
type TouchRow struct {
	Touch models.Touch
	Who   Who
}

// SchedulerView is what the scheduler's page shows beside its health.
type SchedulerView struct {
	Late        []TouchRow // due for more than a minute and still planned
	Held        []TouchRow
	Unconfirmed []TouchRow
	Resolve     []TaskRow
	Stopped     []models.Sender
}

// lateTouches asks each of the claim's three queues by its own index.
const lateTouches = `
SELECT t.id, t.due_at FROM touches t WHERE t.state = 'planned' AND t.urgent AND t.due_at < @late
UNION ALL
SELECT t.id, t.due_at FROM touches t WHERE t.state = 'planned' AND NOT t.urgent AND t.sender_id IS NULL AND t.due_at < @late
UNION ALL
SELECT t.id, t.due_at FROM senders q JOIN touches t ON t.sender_id = q.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at < @late`

// ViewScheduler loads what is late, held, stuck or stopped.
func (s *Store) ViewScheduler(ctx context.Context, now time.Time) (SchedulerView, error) {
	db := s.reader(ctx)
	var v SchedulerView
	lists := []struct {
		into  *[]TouchRow
		where string
		args  []any
		order string
	}{
		{&v.Late, "id IN (SELECT l.id FROM (" + lateTouches + ") l ORDER BY l.due_at LIMIT @limit)", []any{map[string]any{"late": now.Add(-time.Minute), "limit": pageLimit}}, "due_at, id"},
		{&v.Held, "state = 'planned' AND hold_reason <> ''", nil, "due_at, id"},
		{&v.Unconfirmed, "state = 'unconfirmed'", nil, "id"},
	}
	for _, l := range lists {
		var touches []models.Touch
		if err := db.Where(l.where, l.args...).Order(l.order).Limit(pageLimit).Find(&touches).Error; err != nil {
			return v, err
		}
		ids := idSet{}
		for _, t := range touches {
			ids.add(&t.ProspectID)
		}
		who, err := s.whoByID(db, ids.list())
		if err != nil {
			return v, err
		}
		for _, t := range touches {
			*l.into = append(*l.into, TouchRow{Touch: t, Who: who[t.ProspectID]})
		}
	}
	var tasks []models.Task
	if err := db.Where("kind = ? AND state = 'open'", models.TaskResolve).Order("due_at, id").Limit(pageLimit).Find(&tasks).Error; err != nil {
		return v, err
	}
	var err error
	if v.Resolve, err = s.taskRows(db, tasks); err != nil {
		return v, err
	}
	err = db.Where("state = ?", models.SenderStopped).Order("id").Find(&v.Stopped).Error
	return v, err
}
