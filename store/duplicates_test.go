package store_test

import (
	"fmt"
	"slices"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// Pairs page by page: each once, the newest first, only those of whom both are
// seen, also beyond where counting stops.
func TestDuplicatesPageByPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := w.user("Otto Other", models.RoleRep)
		var people []models.Prospect
		for i := range 1102 {
			p := models.Prospect{OwnerID: w.rep.ID, FirstName: fmt.Sprintf("Twin %d", i), CreatedAt: w.now, UpdatedAt: w.now}
			if i%3 == 0 {
				p.OwnerID = other.ID
			}
			people = append(people, p)
		}
		w.ok(w.db.CreateInBatches(&people, 100).Error)
		var pairs []models.Duplicate
		for i := range people[1:] {
			pairs = append(pairs, models.Duplicate{OneID: people[i].ID, OtherID: people[i+1].ID, Reason: models.DuplicateNumber, State: models.DuplicateOpen, FoundAt: w.now, UpdatedAt: w.now})
		}
		w.ok(w.db.CreateInBatches(&pairs, 100).Error)
		var all, hers []int64
		for i, p := range slices.Backward(pairs) {
			all = append(all, p.ID)
			if i%3 == 1 {
				hers = append(hers, p.ID)
			}
		}
		for _, c := range []struct {
			sees  store.Visibility
			want  []int64
			total store.Count
		}{
			{store.Everything, all, store.Count{N: 1000, More: true}},
			{store.Visibility{UserID: w.rep.ID}, hers, store.Count{N: len(hers)}},
			{store.Visibility{UserID: other.ID}, nil, store.Count{}},
		} {
			for _, limit := range []int{50, 199} {
				var got []int64
				page := models.Page{Limit: limit}
				for {
					list, err := s.ViewDuplicates(w.ctx, c.sees, page)
					w.ok(err)
					if list.Total != c.total {
						t.Fatalf("%+v: %+v in all, want %+v", c.sees, list.Total, c.total)
					}
					for _, r := range list.Rows {
						got = append(got, r.ID)
					}
					if page.After = list.Next; list.Next == "" {
						break
					}
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("%+v in pages of %d: %d pairs, want %d in their order", c.sees, limit, len(got), len(c.want))
				}
			}
		}
	})
}
