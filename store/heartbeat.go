package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"gorm.io/gorm"
)

// ReplicaTick is one of the last times that a replica said it lives.
type ReplicaTick struct {
	At     time.Time `json:"at"`
	TookMs int64     `json:"took_ms"`
	LagMs  int64     `json:"lag_ms"` // how late the oldest due touch was
}

// ticksKept of each replica, for the page.
const ticksKept = 12

// Heartbeat says that the replica lives. Which is silent is judged by the
// database's clock, so that machines whose clocks differ agree.
func (s *Store) Heartbeat(ctx context.Context, replica string, now time.Time, tickTook time.Duration) error {
	if err := s.heartbeat(s.write.WithContext(ctx), replica, now, tickTook); err != nil {
		return fmt.Errorf("heartbeat: %w", err)
	}
	return nil
}

func (s *Store) heartbeat(tx *gorm.DB, replica string, now time.Time, tickTook time.Duration) error {
	beat, err := s.hot.databaseNow(tx, now)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "" // for the page only
	}
	lag, err := oldestDue(tx, now)
	if err != nil {
		return err
	}
	tick := ReplicaTick{At: now.UTC(), TookMs: tickTook.Milliseconds(), LagMs: lag.Milliseconds()}
	recent, err := withTick(tx, replica, tick)
	if err != nil {
		return err
	}
	return tx.Exec(`INSERT INTO replicas (id, host, started_at, heartbeat_at, ticked_at, tick_ms, lag_ms, recent) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at, ticked_at = excluded.ticked_at, tick_ms = excluded.tick_ms, lag_ms = excluded.lag_ms, recent = excluded.recent`,
		replica, host, beat.UTC(), beat.UTC(), tick.At, tick.TookMs, tick.LagMs, recent).Error
}

// Retire forgets a replica that has ended, unless something of its sending is
// still to be settled.
func (s *Store) Retire(ctx context.Context, replica string) error {
	err := s.write.WithContext(ctx).Exec(`DELETE FROM replicas WHERE id = ?
		AND NOT EXISTS (SELECT 1 FROM touches WHERE state IN ('sending', 'unconfirmed') AND touches.replica = replicas.id)`, replica).Error
	if err != nil {
		return fmt.Errorf("retire a replica: %w", err)
	}
	return nil
}

// withTick adds a tick to those that the replica keeps; only itself writes them.
func withTick(tx *gorm.DB, replica string, tick ReplicaTick) (string, error) {
	var row []struct{ Recent string }
	if err := tx.Table("replicas").Select("recent").Where("id = ?", replica).Scan(&row).Error; err != nil {
		return "", err
	}
	var ticks []ReplicaTick
	if len(row) > 0 {
		ticks = readTicks(row[0].Recent)
	}
	ticks = append(ticks, tick)
	b, err := json.Marshal(ticks[max(0, len(ticks)-ticksKept):])
	return string(b), err
}

// readTicks gives none where they cannot be read: they are for the page only.
func readTicks(text string) []ReplicaTick {
	var ticks []ReplicaTick
	if json.Unmarshal([]byte(text), &ticks) != nil {
		return nil
	}
	return ticks
}

// oldestTouch looks into the claim's three queues for the first of each: one
// step into an index, however much is due.
const oldestTouch = `
SELECT t.due_at FROM touches t WHERE t.id IN (
	SELECT u.id FROM (SELECT id FROM touches WHERE state = 'planned' AND urgent AND due_at <= @now ORDER BY due_at LIMIT 1) u
	UNION ALL
	SELECT n.id FROM (SELECT id FROM touches WHERE state = 'planned' AND NOT urgent AND sender_id IS NULL AND due_at <= @now ORDER BY due_at LIMIT 1) n
	UNION ALL
	SELECT (SELECT o.id FROM touches o WHERE o.sender_id = q.id AND o.state = 'planned' AND NOT o.urgent AND o.due_at <= @now ORDER BY o.due_at LIMIT 1)
	FROM senders q WHERE q.state = 'active')
ORDER BY t.due_at LIMIT 1`

// oldestDue is how late the oldest due touch is; 0 where nothing is due.
func oldestDue(tx *gorm.DB, now time.Time) (time.Duration, error) {
	var oldest []struct{ DueAt time.Time }
	if err := tx.Raw(oldestTouch, map[string]any{"now": now.UTC()}).Scan(&oldest).Error; err != nil || len(oldest) == 0 {
		return 0, err
	}
	return now.Sub(oldest[0].DueAt), nil
}
