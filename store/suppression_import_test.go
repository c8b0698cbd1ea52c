package store_test

import (
	"fmt"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A list is recorded once, however often it comes, and holds at the next claim.
func TestImportSuppressions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		p := w.prospect("p", "p@listed.example.com", "+12125550123")
		import3 := func() models.SuppressionList {
			values := []string{"+12125550123", "+12125550124", "+12125550124"}
			list, err := s.ImportSuppressions(w.ctx, models.SuppressionList{Name: "registry", AsOf: "2026-11-20", By: w.by, CreatedAt: w.now},
				models.FailDoNotCall, "", func() (models.SuppressionScope, string, bool) {
					if len(values) == 0 {
						return "", "", false
					}
					v := values[0]
					values = values[1:]
					return models.SuppressAddress, v, true
				})
			w.ok(err)
			return list
		}
		first, again := import3(), import3()
		if first.Numbers != 3 || first.Added != 2 || again.Added != 0 || first.ID == again.ID {
			t.Errorf("%+v, then %+v", first, again)
		}
		person, err := s.Person(w.ctx, p.ID)
		w.ok(err)
		if len(person.Suppressions) != 1 || person.Suppressions[0].Reason != models.FailDoNotCall {
			t.Errorf("%+v", person.Suppressions)
		}
		lists, err := s.SuppressionLists(w.ctx)
		w.ok(err)
		w.want("lists", len(lists), 2)
		w.want("events", count[models.Event](w, "kind = ? AND code = ?", models.EventSuppressed, models.FailDoNotCall), 2)
	})
}

// BenchmarkImportSuppressions: a million numbers, on PostgreSQL.
func BenchmarkImportSuppressions(b *testing.B) {
	s := storetest.Postgres(b)
	for b.Loop() {
		n := 0
		list, err := s.ImportSuppressions(b.Context(), models.SuppressionList{Name: "registry", AsOf: "2026-11-20"}, models.FailDoNotCall, "",
			func() (models.SuppressionScope, string, bool) {
				n++
				return models.SuppressAddress, fmt.Sprintf("+1%010d", 2000000000+n*7), n <= 1_000_000
			})
		if err != nil || list.Added != 1_000_000 {
			b.Fatal(list.Added, err)
		}
	}
}
