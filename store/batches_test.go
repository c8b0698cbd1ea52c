package store_test

import (
	"testing"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestBatchOnceAndInOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		joe := w.prospect("Joe", "joe@example.org", "")
		stranger := w.user("Other", models.RoleRep)
		theirs, err := s.CreateProspect(w.ctx, models.Prospect{OwnerID: stranger.ID, FirstName: "Not", LastName: "Seen"}, nil, nil, nil, w.by, w.now)
		w.ok(err)
		token := "form-1"
		order := models.Batch{Kind: models.BatchEnroll, UserID: w.rep.ID, Name: "two", FormToken: &token}
		ids := []int64{joe.ID, w.person.ID, joe.ID, theirs.ID, 99999}
		mine := store.Visibility{UserID: w.rep.ID}
		b, err := s.CreateBatch(w.ctx, order, ids, mine, w.now)
		w.ok(err)
		again, err := s.CreateBatch(w.ctx, order, ids, mine, w.now)
		w.ok(err)
		if again.ID != b.ID || b.Total != 2 {
			t.Fatalf("batch %d of %d, again %d", b.ID, b.Total, again.ID)
		}
		rows, err := s.BatchRows(w.ctx, b.ID, models.RowPending, 0, 10)
		w.ok(err)
		if len(rows) != 2 || *rows[0].ProspectID != joe.ID || rows[1].Name != w.person.Name() {
			t.Fatalf("rows %+v", rows)
		}
		_, err = s.ChangeBatch(w.ctx, b.ID, w.now, func(b *models.Batch) error { return b.Move(models.BatchChecking, w.now) })
		w.ok(err)
		rows[0].State, rows[1].State, rows[1].Reason = models.RowReady, models.RowRefused, "no"
		goOn, err := s.RecordRows(w.ctx, b.ID, models.BatchChecking, rows, w.now)
		w.ok(err)
		b, err = s.Batch(w.ctx, b.ID)
		w.ok(err)
		if !goOn || b.Done != 2 || b.Refused != 1 {
			t.Errorf("going on %v, %+v", goOn, b)
		}
		// Canceled meanwhile: what was done is kept, and it is said.
		_, err = s.ChangeBatch(w.ctx, b.ID, w.now, func(b *models.Batch) error { return b.Move(models.BatchCanceled, w.now) })
		w.ok(err)
		goOn, err = s.RecordRows(w.ctx, b.ID, models.BatchRunning, rows[:1], w.now)
		w.ok(err)
		if goOn {
			t.Error("a canceled batch goes on")
		}
		_, err = s.ChangeBatch(w.ctx, b.ID, w.now, func(b *models.Batch) error { return b.Move(models.BatchRunning, w.now) })
		w.code(err, models.CodeConflict)
		w.ok(s.PruneBatches(w.ctx, w.now.AddDate(0, 3, 0)))
		w.want("rows long after", count[models.BatchRow](w, "true"), 0)
	})
}

// A page that shows an older state of a call does not move or cancel it; the
// same move twice is harmless.
func TestStaleMoveIsRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		order := w.booking(w.now.AddDate(0, 0, 2))
		token := "form-2"
		order.FormToken = &token
		a, err := s.Book(w.ctx, order)
		w.ok(err)
		if again, err := s.Book(w.ctx, order); err != nil || again.ID != a.ID {
			t.Errorf("booked again: %d, %v", again.ID, err)
		}
		move := w.booking(w.now.AddDate(0, 0, 3))
		move.Revision = a.Revision
		moved, err := s.MoveAppointment(w.ctx, a.ID, move)
		w.ok(err)
		if again, err := s.MoveAppointment(w.ctx, a.ID, move); err != nil || again.Revision != moved.Revision {
			t.Errorf("the double click: revision %d after %d, %v", again.Revision, moved.Revision, err)
		}
		stale := w.booking(w.now.AddDate(0, 0, 4))
		stale.Revision = a.Revision
		_, err = s.MoveAppointment(w.ctx, a.ID, stale)
		w.code(err, models.CodeConflict)
		w.code(s.CancelAppointment(w.ctx, a.ID, &stale, w.by, w.now), models.CodeConflict)
		calls, err := s.RepCalls(w.ctx, w.rep.ID, models.Interval{From: moved.StartsAt.AddDate(0, 0, -1), To: moved.StartsAt.AddDate(0, 0, 1)})
		w.ok(err)
		w.want("calls of the rep", len(calls), 1)
	})
}
