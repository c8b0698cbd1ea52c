package store

import (
	"time"

	"gorm.io/gorm"
)

var postgresHot = hotSQL{
	skipLocked:        " FOR UPDATE OF p SKIP LOCKED",
	skipLockedSenders: " FOR NO KEY UPDATE SKIP LOCKED",
	perSender:         postgresPerSender,
	settleSent:        postgresSettleSent,
	databaseNow:       postgresNow,
	maxBatch:          5000,
}

func postgresPerSender(tx *gorm.DB, free []senderTurn, now time.Time, limit int) ([]pick, error) {
	ids, turns := make([]int64, len(free)), make([]int64, len(free))
	for i, f := range free {
		ids[i], turns[i] = f.ID, int64(f.Free)
	}
	var picks []pick
	err := tx.Raw(`
SELECT c.id, c.prospect_id, c.sender_id, c.kind, c.promised_at
FROM (
	SELECT d.*, row_number() OVER (PARTITION BY d.sender_id ORDER BY d.promised_at, d.id) AS turn
	FROM unnest(CAST(@senders AS bigint[]), CAST(@turns AS bigint[])) AS s (id, free)
	CROSS JOIN LATERAL (
		SELECT t.id, t.prospect_id, t.sender_id, t.kind, t.promised_at
		FROM touches t
		WHERE t.sender_id = s.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at <= @now
		ORDER BY t.due_at LIMIT s.free * @window
	) d
) c
JOIN prospects p ON p.id = c.prospect_id
ORDER BY c.turn, c.promised_at, c.id LIMIT @limit
FOR UPDATE OF p SKIP LOCKED`, map[string]any{
		"senders": pgArray[int64](ids), "turns": pgArray[int64](turns), "now": now, "window": window, "limit": limit,
	}).Scan(&picks).Error
	return picks, err
}

func postgresSettleSent(tx *gorm.DB, rows []sentRow) error {
	list, err := sentJSON(rows, time.RFC3339Nano)
	if err != nil {
		return err
	}
	const from = ` FROM jsonb_to_recordset(CAST(? AS jsonb)) AS r (touch bigint, at timestamptz, provider_id text, detail text) `
	err = tx.Exec(`UPDATE touches t SET state = 'sent', end_reason = 'accepted', end_detail = r.detail, ended_at = r.at,
		updated_at = r.at, hold_reason = '', hold_detail = '', send_by = NULL`+from+`WHERE t.id = r.touch`, list).Error
	if err != nil {
		return err
	}
	return tx.Exec(`UPDATE messages m SET state = CASE WHEN m.state = 'queued' THEN 'sent' ELSE m.state END,
		sent_at = COALESCE(m.sent_at, r.at), provider_id = CASE WHEN r.provider_id = '' THEN m.provider_id ELSE r.provider_id END,
		error_code = CASE WHEN m.state = 'failed' THEN m.error_code ELSE '' END,
		error_detail = CASE WHEN m.state = 'failed' THEN m.error_detail ELSE '' END`+
		from+`WHERE m.touch_id = r.touch AND m.direction = 'outbound'`, list).Error
}

func postgresNow(tx *gorm.DB, _ time.Time) (time.Time, error) {
	var now time.Time
	err := tx.Raw("SELECT clock_timestamp()").Scan(&now).Error
	return now, err
}
