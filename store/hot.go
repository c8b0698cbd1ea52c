package store

import (
	"fmt"
	"time"

	"gorm.io/gorm"
)

// hotSQL is what differs by dialect among the statements that run all the time.
type hotSQL struct {
	// lockPeople joins the prospects of a queue d, one by one in its order: it
	// locks each and passes over those that somebody else holds. A plain join
	// with a row lock may read the whole table when the estimate is off.
	lockPeople string
	// skipLocked ends a SELECT from prospects p, with the same effect.
	skipLocked string
	// skipLockedSenders does so for senders, without stopping inserts that refer to them.
	skipLockedSenders string
	// perSender picks due touches of the senders in turn: each one's first,
	// then each one's second.
	perSender func(tx *gorm.DB, free []senderTurn, now time.Time, limit int) ([]pick, error)
	// settleSent records accepted messages and their touches.
	settleSent func(tx *gorm.DB, rows []sentRow) error
	// domainOf is the expression for what follows the @ in a column; NULL or
	// the whole where there is none.
	domainOf func(column string) string
	// databaseNow is the clock by which heartbeats are judged.
	databaseNow func(tx *gorm.DB, now time.Time) (time.Time, error)
	// maxBatch bounds a claim.
	maxBatch int
}

// pick is a due touch that a claim found, before its batch is read.
type pick struct {
	ID         int64
	ProspectID int64
	SenderID   *int64
	Kind       string
	PromisedAt time.Time
}

// senderTurn is a sender that is free, and how many it may send now.
type senderTurn struct {
	ID   int64
	Free int
}

// window is how many due touches are looked at for each that is wanted: some
// are locked elsewhere, and the queue is by the promise while the index is by
// the time due.
const window = 4

// SQLite compiles a statement again for each value that it is given for a
// bare LIMIT, which costs more than running it; an expression it only
// evaluates. Hence "LIMIT @window + 0".

// pickUrgent is the queue of promises: booked calls, confirmations, answers.
// The states are literals because a partial index serves nothing else.
const pickUrgent = `
SELECT t.id, t.prospect_id, t.sender_id, t.kind, t.promised_at
FROM touches t
WHERE t.state = 'planned' AND t.urgent AND t.due_at <= @now
AND (t.kind <> 'message' OR @messages > 0)
AND (t.kind <> 'message' OR t.sender_id IS NULL OR EXISTS (
	SELECT 1 FROM senders s WHERE s.id = t.sender_id AND s.state = 'active' AND s.next_free_at <= @now
	AND (s.paused_till IS NULL OR s.paused_till <= @now)))
ORDER BY t.due_at LIMIT @window + 0`

// pickUnsent is the queue of what no sender sends: tasks, and messages whose
// sender is still to be found.
const pickUnsent = `
SELECT t.id, t.prospect_id, t.sender_id, t.kind, t.promised_at
FROM touches t
WHERE t.state = 'planned' AND NOT t.urgent AND t.sender_id IS NULL AND t.due_at <= @now
AND (t.kind <> 'message' OR @messages > 0)
ORDER BY t.due_at LIMIT @window + 0`

func (s *Store) pickFrom(tx *gorm.DB, queue string, now time.Time, messages, limit int) ([]pick, error) {
	if limit <= 0 {
		return nil, nil
	}
	var picks []pick
	err := tx.Raw(`SELECT d.id, d.prospect_id, d.sender_id, d.kind, d.promised_at
FROM (SELECT w.* FROM (`+queue+`) w ORDER BY w.promised_at, w.id) d`+s.hot.lockPeople+`
ORDER BY d.promised_at, d.id LIMIT @limit + 0`, map[string]any{
		"now": now, "messages": messages, "limit": limit, "window": window * limit,
	}).Scan(&picks).Error
	if err != nil {
		return nil, fmt.Errorf("pick due touches: %w", err)
	}
	return picks, nil
}
