package store_test

import (
	"slices"
	"strings"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// The newest of one owner, page by page: nobody twice, nobody left out,
// whoever else's were made between them.
func TestNewestOfOneOwner(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		lee := w.user("Lee Rep", models.RoleRep)
		want := []int64{w.person.ID}
		for range 4 {
			mine, theirs := w.prospect("Ann", "", ""), w.prospect("Bob", "", "")
			w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", theirs.ID).UpdateColumn("owner_id", lee.ID).Error)
			want = append(want, mine.ID)
		}
		slices.Reverse(want)
		for name, f := range map[string]store.ProspectFilter{
			"their own":     {Sees: store.Visibility{UserID: w.rep.ID}},
			"by the filter": {Sees: store.Everything, OwnerID: w.rep.ID},
		} {
			var got []int64
			f.Page.Limit = 2
			for {
				list, err := s.ViewProspects(w.ctx, f)
				w.ok(err)
				for _, row := range list.Rows {
					got = append(got, row.Prospect.ID)
				}
				if f.Page.After = list.Next; list.Next == "" {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
	})
}

// Each order of one owner's list, and of those with no next step, is read from
// an index on any page: nothing is sorted.
func TestListsAreReadInTheirOrder(t *testing.T) {
	s := storetest.SQLite(t)
	after := store.CursorAt(storetest.Now, 7)
	lists := map[string]string{
		"prospects_idle":       store.DriftingSQL(s, 0, after),
		"prospects_owner_idle": store.DriftingSQL(s, 3, after),
	}
	for index, f := range map[string]store.ProspectFilter{
		"prospects_owner_newest": {}, "prospects_owner_next": {Sort: store.SortNext}, "prospects_owner_last": {Sort: store.SortLast}, "prospects_owner_name": {Sort: store.SortName},
	} {
		f.Sees, f.OwnerID = store.Everything, 3
		lists[index] = store.ProspectsSQL(s, f)
	}
	for index, statement := range lists {
		var plan []struct{ Detail string }
		if err := store.RawDB(s).Raw("EXPLAIN QUERY PLAN " + statement).Scan(&plan).Error; err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, line := range plan {
			all = append(all, line.Detail)
		}
		if told := strings.Join(all, "\n"); !strings.Contains(told, index+" ") || strings.Contains(told, "FOR ORDER BY") {
			t.Errorf("not by %s:\n%s\n%s", index, statement, told)
		}
	}
}
