package simulate

import (
	"database/sql"
	"fmt"
	"time"

	"followup/models"
)

// sqliteTime is how instants are written in the database.
const sqliteTime = "2006-01-02 15:04:05.999999999-07:00"

// unconfirmedEvery is how often the engine looks at what is under way or
// unconfirmed while nothing else is due.
const unconfirmedEvery = 15 * time.Minute

// nextDue are the next instants at which the engine has something to do. Each
// line reads one entry of an index.
const nextDue = `
SELECT MIN(at) FROM (
	SELECT (SELECT due_at FROM touches WHERE state = 'planned' AND urgent AND due_at > @now ORDER BY due_at LIMIT 1) AS at
	UNION ALL SELECT (SELECT due_at FROM touches WHERE state = 'planned' AND NOT urgent AND sender_id IS NULL AND due_at > @now ORDER BY due_at LIMIT 1)
	UNION ALL SELECT (SELECT t.due_at FROM touches t WHERE t.sender_id = s.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at > @now ORDER BY t.due_at LIMIT 1) FROM senders s
	UNION ALL SELECT (SELECT replan_at FROM enrollments WHERE state = 'active' AND replan_at IS NOT NULL AND replan_at > @now ORDER BY replan_at LIMIT 1)
	UNION ALL SELECT (SELECT until FROM pauses WHERE until IS NOT NULL AND until > @now ORDER BY until LIMIT 1)
	UNION ALL SELECT MAX(next_free_at, COALESCE(paused_till, '')) FROM senders s WHERE state = 'active' AND (next_free_at > @now OR paused_till > @now)
		AND EXISTS (SELECT 1 FROM touches t WHERE t.sender_id = s.id AND t.state = 'planned' AND t.due_at <= @now)
)
UNION ALL SELECT (SELECT promised_at FROM touches WHERE kind = 'booked_call' AND state IN ('planned', 'open') AND promised_at > @missed ORDER BY promised_at LIMIT 1)
UNION ALL SELECT (SELECT due_at FROM tasks WHERE state = 'upcoming' AND ready_at IS NULL AND due_at > @ahead ORDER BY due_at LIMIT 1)
UNION ALL SELECT (SELECT 'handed' FROM touches WHERE state IN ('sending', 'unconfirmed') LIMIT 1)`

// due are the instants at which the engine has something to do.
func (j *judge) due() (times []time.Time, err error) {
	now := j.w.now.UTC()
	plus := []time.Duration{0, models.MissedAfter, -models.ReadyAhead}
	line := 0
	err = j.rows(nextDue, func(rows *sql.Rows) error {
		var text sql.NullString
		if err := rows.Scan(&text); err != nil {
			return err
		}
		line++
		if !text.Valid {
			return nil
		}
		if text.String == "handed" {
			times = append(times, now.Add(unconfirmedEvery))
			return nil
		}
		t, err := time.Parse(sqliteTime, text.String)
		times = append(times, t.Add(plus[line-1]))
		return err
	}, sql.Named("now", now), sql.Named("missed", now.Add(-models.MissedAfter)), sql.Named("ahead", now.Add(models.ReadyAhead)))
	if err == nil && line != len(plus)+1 {
		err = fmt.Errorf("the next instants came in %d lines", line)
	}
	return times, err
}

// presentDue asks whether the engine would find anything to do now.
const presentDue = `
SELECT EXISTS (SELECT 1 FROM enrollments WHERE state = 'active' AND replan_at IS NOT NULL AND replan_at <= @now)
	OR EXISTS (SELECT 1 FROM touches WHERE state = 'planned' AND urgent AND due_at <= @now)
	OR EXISTS (SELECT 1 FROM touches WHERE state = 'planned' AND NOT urgent AND sender_id IS NULL AND due_at <= @now)
	OR EXISTS (SELECT 1 FROM senders s WHERE s.state = 'active' AND s.next_free_at <= @now AND (s.paused_till IS NULL OR s.paused_till <= @now)
		AND EXISTS (SELECT 1 FROM touches t WHERE t.sender_id = s.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at <= @now))
	OR EXISTS (SELECT 1 FROM pauses WHERE until IS NOT NULL AND until <= @now)
	OR EXISTS (SELECT 1 FROM touches WHERE kind = 'booked_call' AND state IN ('planned', 'open') AND promised_at <= @missed)
	OR EXISTS (SELECT 1 FROM tasks WHERE state = 'upcoming' AND ready_at IS NULL AND due_at > @now AND due_at <= @ahead)
	OR @look AND EXISTS (SELECT 1 FROM touches WHERE state IN ('sending', 'unconfirmed'))`

// somethingDue tells whether a tick would find anything to do: ticks come
// every second and most find nothing.
func (j *judge) somethingDue() (due bool) {
	w := j.w
	now := w.now.UTC()
	w.fail(j.rows(presentDue, func(rows *sql.Rows) error { return rows.Scan(&due) },
		sql.Named("now", now), sql.Named("missed", now.Add(-models.MissedAfter)), sql.Named("ahead", now.Add(models.ReadyAhead)), sql.Named("look", now.Sub(w.lastTick) >= unconfirmedEvery)))
	return due
}
