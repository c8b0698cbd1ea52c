package store_test

import (
	"fmt"
	"slices"
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// TestPeopleInsidePageByPage: a move's preview reaches everybody inside, and
// those alone whose last step is gone.
func TestPeopleInsidePageByPage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		d := follow("paged", after(0, 0, 1, 0), after(0, 0, 1, 0))
		var all, gone []int64
		for i := range 7 {
			p := w.prospect(fmt.Sprint("P", i), fmt.Sprintf("inside%d@example.com", i), "")
			e := w.enrollIn(d, p.ID)
			all = append(all, e.ID)
			step := "s2"
			if i%3 == 0 {
				gone = append(gone, e.ID)
				step = "s1"
			}
			earlier := w.now.AddDate(0, 0, -3)
			w.touch(models.Touch{ProspectID: p.ID, EnrollmentID: &e.ID, StepKey: "s1", State: models.TouchSent, EndedAt: &earlier})
			if step == "s2" {
				ended := w.now.AddDate(0, 0, -1)
				w.touch(models.Touch{ProspectID: p.ID, EnrollmentID: &e.ID, StepKey: "s2", State: models.TouchSent, EndedAt: &ended})
			}
		}
		seq, err := s.SequenceByKey(w.ctx, "paged")
		w.ok(err)
		walk := func(made []string) (ids []int64, total int64) {
			t.Helper()
			for last := int64(0); ; {
				inputs, n, err := s.PeopleInside(w.ctx, seq.ID, last, made, 3)
				w.ok(err)
				for _, in := range inputs {
					ids = append(ids, in.Enrollment.ID)
				}
				if total = n; len(inputs) < 3 {
					return ids, total
				}
				last = ids[len(ids)-1]
			}
		}
		if ids, n := walk(nil); !slices.Equal(ids, all) || n != int64(len(all)) {
			t.Errorf("everybody: %v of %d, want %v", ids, n, all)
		}
		if ids, n := walk([]string{"s1"}); !slices.Equal(ids, gone) || n != int64(len(gone)) {
			t.Errorf("whose step is gone: %v of %d, want %v", ids, n, gone)
		}
	})
}
