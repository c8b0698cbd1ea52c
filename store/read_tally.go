package store

import (
	"context"
	"fmt"
)

// Tally counts what happened to a prospect, each thing in words: "sent sms",
// "received human_reply", "call no_answer", "paused replied", "finished
// completed", "skipped no_consent". What did not happen is not in it.
func (s *Store) Tally(ctx context.Context, prospectID int64) (map[string]int, error) {
	tally := map[string]int{}
	for _, q := range []struct{ words, sql string }{
		{"sent ", `SELECT channel AS what, COUNT(*) AS n FROM messages WHERE prospect_id = ? AND direction = 'outbound' AND sent_at IS NOT NULL GROUP BY channel`},
		{"received ", `SELECT class AS what, COUNT(*) AS n FROM messages WHERE prospect_id = ? AND direction = 'inbound' GROUP BY class`},
		{"call ", `SELECT outcome AS what, COUNT(*) AS n FROM tasks WHERE prospect_id = ? AND kind = 'call' AND state = 'done' GROUP BY outcome`},
		{"call task ", `SELECT state AS what, COUNT(*) AS n FROM tasks WHERE prospect_id = ? AND kind = 'call' AND state <> 'done' GROUP BY state`},
		{"asked for ", `SELECT reason AS what, COUNT(*) AS n FROM tasks WHERE prospect_id = ? AND kind = 'resolve' GROUP BY reason`},
		{"paused ", `SELECT code AS what, COUNT(*) AS n FROM events WHERE prospect_id = ? AND kind = 'enrollment.paused' GROUP BY code`},
		{"finished ", `SELECT outcome AS what, COUNT(*) AS n FROM enrollments WHERE prospect_id = ? AND state = 'finished' GROUP BY outcome`},
		{"enrollment ", `SELECT state AS what, COUNT(*) AS n FROM enrollments WHERE prospect_id = ? AND state <> 'finished' GROUP BY state`},
		{"skipped ", `SELECT end_reason AS what, COUNT(*) AS n FROM touches WHERE prospect_id = ? AND state = 'skipped' GROUP BY end_reason`},
		{"touch ", `SELECT state AS what, COUNT(*) AS n FROM touches WHERE prospect_id = ? AND state IN ('failed', 'unconfirmed') GROUP BY state`},
	} {
		var rows []struct {
			What string
			N    int
		}
		if err := s.reader(ctx).Raw(q.sql, prospectID).Scan(&rows).Error; err != nil {
			return nil, fmt.Errorf("tally of prospect %d: %w", prospectID, err)
		}
		for _, r := range rows {
			tally[q.words+r.What] = r.N
		}
	}
	return tally, nil
}
