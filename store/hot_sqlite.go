package store

import (
	"cmp"
	"slices"
	"time"

	"gorm.io/gorm"
)

// SQLite has one writer: the immediate transaction is the lock, and nothing
// needs to be passed over.
var sqliteHot = hotSQL{
	perSender:   sqlitePerSender,
	settleSent:  sqliteSettleSent,
	domainOf:    func(column string) string { return "substr(" + column + ", instr(" + column + ", '@') + 1)" },
	databaseNow: func(_ *gorm.DB, now time.Time) (time.Time, error) { return now, nil }, // one machine, one clock
	// A page that saves waits for the claim to commit.
	maxBatch: 100,
}

// sqlitePerSender asks sender by sender: a statement in the same process is
// cheaper than a window over all that is due.
func sqlitePerSender(tx *gorm.DB, free []senderTurn, now time.Time, limit int) ([]pick, error) {
	type turn struct {
		pick
		turn int
	}
	var all []turn
	for _, f := range free {
		var picks []pick
		err := tx.Raw(`
SELECT d.* FROM (
	SELECT t.id, t.prospect_id, t.sender_id, t.kind, t.promised_at
	FROM touches t
	WHERE t.sender_id = @sender AND t.state = 'planned' AND NOT t.urgent AND t.due_at <= @now
	ORDER BY t.due_at LIMIT @window + 0
) d ORDER BY d.promised_at, d.id LIMIT @free + 0`, map[string]any{"sender": f.ID, "now": now, "window": window * f.Free, "free": f.Free}).Scan(&picks).Error
		if err != nil {
			return nil, err
		}
		for i, p := range picks {
			all = append(all, turn{p, i})
		}
	}
	slices.SortFunc(all, func(a, b turn) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), a.PromisedAt.Compare(b.PromisedAt), cmp.Compare(a.ID, b.ID))
	})
	picks := make([]pick, 0, min(limit, len(all)))
	for _, t := range all[:min(limit, len(all))] {
		picks = append(picks, t.pick)
	}
	return picks, nil
}

// sqliteTime is how the driver writes instants (_time_format=sqlite, UTC);
// what goes through JSON must compare with them as text.
const sqliteTime = "2006-01-02 15:04:05.999999999-07:00"

func sqliteSettleSent(tx *gorm.DB, rows []sentRow) error {
	list, err := sentJSON(rows, sqliteTime)
	if err != nil {
		return err
	}
	const from = ` FROM (SELECT json_extract(value, '$.touch') AS touch, json_extract(value, '$.at') AS at,
		json_extract(value, '$.provider_id') AS provider_id, json_extract(value, '$.detail') AS detail FROM json_each(?)) AS r `
	err = tx.Exec(`UPDATE touches SET state = 'sent', end_reason = 'accepted', end_detail = r.detail, ended_at = r.at,
		updated_at = r.at, hold_reason = '', hold_detail = '', send_by = NULL`+from+`WHERE touches.id = r.touch`, list).Error
	if err != nil {
		return err
	}
	return tx.Exec(`UPDATE messages SET state = CASE WHEN state = 'queued' THEN 'sent' ELSE state END,
		sent_at = COALESCE(sent_at, r.at), provider_id = CASE WHEN r.provider_id IN ('', messages.mail_id) THEN messages.provider_id ELSE r.provider_id END,
		error_code = CASE WHEN state = 'failed' THEN error_code ELSE '' END,
		error_detail = CASE WHEN state = 'failed' THEN error_detail ELSE '' END`+
		from+`WHERE messages.touch_id = r.touch AND messages.direction = 'outbound'`, list).Error
}
