package store

import (
	"context"

	"followup/models"
)

// ViewTrials counts what each variant of a sequence's steps brought. An
// answer and a booking belong to a touch until the next one of the enrollment
// goes out: whatever comes later may be the next one's doing.
func (s *Store) ViewTrials(ctx context.Context, sequenceID int64) ([]models.TrialCount, error) {
	var rows []models.TrialCount
	err := s.reader(ctx).Raw(`
SELECT x.step_key, x.variant, COUNT(*) AS people,
	SUM(CASE WHEN x.reply IS NOT NULL THEN 1 ELSE 0 END) AS replies,
	SUM(CASE WHEN x.reply = 'positive' THEN 1 ELSE 0 END) AS positive,
	SUM(x.booked) AS meetings
FROM (
	SELECT t.step_key, t.variant,
		(SELECT m.mark FROM messages m WHERE m.prospect_id = t.prospect_id AND m.direction = 'inbound' AND m.class = 'human'
			AND m.created_at > t.ended_at AND (n.ended_at IS NULL OR m.created_at <= n.ended_at) ORDER BY m.id LIMIT 1) AS reply,
		CASE WHEN EXISTS (SELECT 1 FROM appointments a WHERE a.prospect_id = t.prospect_id
			AND a.created_at > t.ended_at AND (n.ended_at IS NULL OR a.created_at <= n.ended_at)) THEN 1 ELSE 0 END AS booked
	FROM enrollments e
	JOIN touches t ON t.enrollment_id = e.id AND t.variant <> '' AND t.state IN ('sent', 'done')
	LEFT JOIN touches n ON n.id = (SELECT l.id FROM touches l WHERE l.enrollment_id = e.id AND l.state IN ('sent', 'done')
		AND l.ended_at > t.ended_at ORDER BY l.ended_at, l.id LIMIT 1)
	WHERE e.sequence_id = ?
) x GROUP BY x.step_key, x.variant ORDER BY x.step_key, x.variant`, sequenceID).Scan(&rows).Error
	return rows, err
}
