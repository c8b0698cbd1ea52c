package store_test

import (
	"strings"
	"testing"

	"gorm.io/gorm"

	"followup/store"
	"followup/store/storetest"
)

// Settling a batch costs what the batch costs, also on tables that were never
// analysed: after a crash autovacuum has forgotten what it was to look at.
func TestSettlingReadsNoWholeTable(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.ok(w.db.Transaction(func(tx *gorm.DB) error {
			for _, fill := range []string{
				"ALTER TABLE touches SET (autovacuum_enabled = off)", "ALTER TABLE messages SET (autovacuum_enabled = off)",
				"CREATE TEMP TABLE person AS SELECT id, owner_id FROM prospects LIMIT 1",
				`INSERT INTO touches (prospect_id, kind, channel, purpose, rep_id, state, due_at, promised_at, planned_at, updated_at)
				 SELECT person.id, 'message', 'email', 'follow_up', person.owner_id, 'sent', now(), now(), now(), now() FROM person, generate_series(1, 20000)`,
				`INSERT INTO messages (prospect_id, touch_id, direction, channel, state, created_at, text)
				 SELECT prospect_id, id, 'outbound', channel, 'sent', now(), repeat('x', 300) FROM touches`,
			} {
				if err := tx.Exec(fill).Error; err != nil {
					return err
				}
			}
			return nil
		}))
		for _, statement := range store.SentStatements {
			var plan []string
			w.ok(w.db.Raw("EXPLAIN "+statement, map[string]any{"rows": `[{"touch": 7}, {"touch": 8}]`, "ids": "{7,8}"}).Scan(&plan).Error)
			if text := strings.Join(plan, "\n"); strings.Contains(text, "Seq Scan") || !strings.Contains(text, "Index Cond: (id = ANY") && !strings.Contains(text, "Index Cond: (touch_id = ANY") {
				t.Errorf("%s\n%s", statement, text)
			}
		}
	})
}
