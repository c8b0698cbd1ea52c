package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// replicaRow is a process that ticks.
type replicaRow struct {
	ID       string
	TickedAt time.Time
	TickMs   int64
}

// TableName of the row.
func (replicaRow) TableName() string { return "replicas" }

// Health is how the scheduler is doing. Touches of stopped senders are due
// and not claimed: they are counted as held, not as late.
func (s *Store) Health(ctx context.Context, now time.Time) (models.Health, error) {
	tx := s.read.WithContext(ctx)
	h := models.Health{Held: map[models.Reason]int{}}
	var last []replicaRow
	if err := tx.Order("ticked_at DESC").Limit(1).Find(&last).Error; err != nil {
		return h, fmt.Errorf("health: %w", err)
	}
	if len(last) > 0 {
		h.LastTick, h.LastTickTook = last[0].TickedAt, time.Duration(last[0].TickMs)*time.Millisecond
	}
	if err := healthDue(tx, &h, now); err != nil {
		return h, fmt.Errorf("health: %w", err)
	}
	counts := []struct {
		into  *int
		table string
		where string
	}{
		{&h.Sending, "touches", "state = 'sending'"},
		{&h.Unconfirmed, "touches", "state = 'unconfirmed'"},
		{&h.Paused, "enrollments", "state = 'paused'"},
		{&h.Attention, "tasks", "kind = 'resolve' AND state = 'open'"},
	}
	for _, c := range counts {
		var n int64
		if err := tx.Table(c.table).Where(c.where).Count(&n).Error; err != nil {
			return h, fmt.Errorf("health: %w", err)
		}
		*c.into = int(n)
	}
	return h, nil
}

// dueNow is what a claim would look at, in the claim's three queues so that
// each is one range of an index.
const dueNow = `
SELECT t.due_at, t.sender_id, t.kind FROM touches t WHERE t.state = 'planned' AND t.urgent AND t.due_at <= @now
UNION ALL
SELECT t.due_at, t.sender_id, t.kind FROM touches t WHERE t.state = 'planned' AND NOT t.urgent AND t.sender_id IS NULL AND t.due_at <= @now
UNION ALL
SELECT t.due_at, t.sender_id, t.kind FROM senders q JOIN touches t ON t.sender_id = q.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at <= @now`

func healthDue(tx *gorm.DB, h *models.Health, now time.Time) error {
	at := map[string]any{"now": now}
	var due struct{ Due, Stopped int }
	err := tx.Raw(`SELECT COUNT(*) AS due, COALESCE(SUM(CASE WHEN s.state = 'stopped' AND d.kind = 'message' THEN 1 ELSE 0 END), 0) AS stopped
FROM (`+dueNow+`) d LEFT JOIN senders s ON s.id = d.sender_id`, at).Scan(&due).Error
	if err != nil {
		return err
	}
	h.Due = due.Due - due.Stopped
	var oldest []struct{ DueAt time.Time }
	err = tx.Raw(`SELECT d.due_at FROM (`+dueNow+`) d LEFT JOIN senders s ON s.id = d.sender_id
WHERE d.kind <> 'message' OR s.id IS NULL OR s.state = 'active' ORDER BY d.due_at LIMIT 1`, at).Scan(&oldest).Error
	if err != nil {
		return err
	}
	if len(oldest) > 0 {
		h.Lag = now.Sub(oldest[0].DueAt)
	}
	var held []struct {
		HoldReason models.Reason
		N          int
	}
	err = tx.Raw(`SELECT t.hold_reason, COUNT(*) AS n FROM touches t
WHERE t.state = 'planned' AND t.hold_reason <> '' AND t.due_at > @now GROUP BY t.hold_reason`, at).Scan(&held).Error
	if err != nil {
		return err
	}
	for _, r := range held {
		h.Held[r.HoldReason] += r.N
	}
	if due.Stopped > 0 {
		h.Held[models.HoldSenderStopped] += due.Stopped
	}
	return nil
}
