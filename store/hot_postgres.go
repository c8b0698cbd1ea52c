package store

import (
	"time"

	"gorm.io/gorm"
)

const lockPeople = `
CROSS JOIN LATERAL (SELECT 1 FROM prospects p WHERE p.id = d.prospect_id FOR UPDATE SKIP LOCKED) held`

var postgresHot = hotSQL{
	lockPeople:        lockPeople,
	skipLocked:        " FOR UPDATE OF p SKIP LOCKED",
	skipLockedSenders: " FOR NO KEY UPDATE SKIP LOCKED",
	perSender:         postgresPerSender,
	settleSent:        postgresSettleSent,
	domainOf:          func(column string) string { return "NULLIF(split_part(" + column + ", '@', 2), '')" },
	databaseNow:       postgresNow,
	maxBatch:          5000,
}

// postgresPerSender bounds the inner queue by one number for all senders: a
// LIMIT that differs by row is estimated as a tenth of the table.
func postgresPerSender(tx *gorm.DB, free []senderTurn, now time.Time, limit int) ([]pick, error) {
	ids, turns := make([]int64, len(free)), make([]int64, len(free))
	most := 0
	for i, f := range free {
		ids[i], turns[i] = f.ID, int64(f.Free*window)
		most = max(most, f.Free*window)
	}
	var picks []pick
	err := tx.Raw(`
SELECT d.id, d.prospect_id, d.sender_id, d.kind, d.promised_at
FROM (
	SELECT c.* FROM (
		SELECT q.*, s.turns, row_number() OVER (PARTITION BY q.sender_id ORDER BY q.promised_at, q.id) AS turn
		FROM unnest(CAST(@senders AS bigint[]), CAST(@turns AS bigint[])) AS s (id, turns)
		CROSS JOIN LATERAL (
			SELECT t.id, t.prospect_id, t.sender_id, t.kind, t.promised_at
			FROM touches t
			WHERE t.sender_id = s.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at <= @now
			ORDER BY t.due_at LIMIT @most
		) q
	) c
	WHERE c.turn <= c.turns
	ORDER BY c.turn, c.promised_at, c.id
) d`+lockPeople+`
ORDER BY d.turn, d.promised_at, d.id LIMIT @limit`, map[string]any{
		"senders": pgArray(ids), "turns": pgArray(turns), "now": now, "most": most, "limit": limit,
	}).Scan(&picks).Error
	return picks, err
}

// The ids are given beside the rows, though these hold them: a table that was
// never analysed (a young one, or after a crash, which loses the counters that
// autovacuum goes by) is else read whole for each batch. An email's provider
// knows it by the Message-ID, which is indexed already: written once more, it
// would cost each row its place in every index.
const (
	postgresSentTouches = `UPDATE touches t SET state = 'sent', end_reason = 'accepted', end_detail = r.detail, ended_at = r.at,
		updated_at = r.at, hold_reason = '', hold_detail = '', send_by = NULL
		FROM jsonb_to_recordset(CAST(@rows AS jsonb)) AS r (touch bigint, at timestamptz, provider_id text, detail text)
		WHERE t.id = r.touch AND t.id = ANY(CAST(@ids AS bigint[]))`
	postgresSentMessages = `UPDATE messages m SET state = CASE WHEN m.state = 'queued' THEN 'sent' ELSE m.state END,
		sent_at = COALESCE(m.sent_at, r.at), provider_id = CASE WHEN r.provider_id IN ('', m.mail_id) THEN m.provider_id ELSE r.provider_id END,
		error_code = CASE WHEN m.state = 'failed' THEN m.error_code ELSE '' END,
		error_detail = CASE WHEN m.state = 'failed' THEN m.error_detail ELSE '' END
		FROM jsonb_to_recordset(CAST(@rows AS jsonb)) AS r (touch bigint, at timestamptz, provider_id text, detail text)
		WHERE m.touch_id = r.touch AND m.direction = 'outbound' AND m.touch_id = ANY(CAST(@ids AS bigint[]))`
)

func postgresSettleSent(tx *gorm.DB, rows []sentRow) error {
	list, err := sentJSON(rows, time.RFC3339Nano)
	if err != nil {
		return err
	}
	ids := make([]int64, len(rows))
	for i, r := range rows {
		ids[i] = r.Touch
	}
	for _, statement := range []string{postgresSentTouches, postgresSentMessages} {
		if err := tx.Exec(statement, map[string]any{"rows": list, "ids": pgArray(ids)}).Error; err != nil {
			return err
		}
	}
	return nil
}

func postgresNow(tx *gorm.DB, _ time.Time) (time.Time, error) {
	var now time.Time
	err := tx.Raw("SELECT clock_timestamp()").Scan(&now).Error
	return now, err
}
