package store_test

import (
	"fmt"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// Somebody with many prospects leaves: what they send from stops at once, the
// rest goes in batches that another replica goes on with, and nothing stays
// theirs, whatever it hangs on.
func TestLeavingWithManyProspects(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		heir, second, admin := w.user("Hera Heir", models.RoleRep), w.user("Sam Second", models.RoleRep), w.user("Ada Admin", models.RoleAdmin)
		const people = 450
		sequence := follow("leaving", after(0, 0, 2, 0))
		for i := range people {
			p := w.prospect(fmt.Sprintf("Person %d", i), fmt.Sprintf("p%d@example.com", i), "")
			switch i % 5 {
			case 0:
				w.enrollIn(sequence, p.ID)
			case 1:
				w.openCall(models.Touch{ProspectID: p.ID})
			case 2:
				w.ok(w.db.Create(&models.Commitment{ProspectID: p.ID, RepID: w.rep.ID, Outcome: "Send the counts", DueOn: "2026-12-01", State: models.CommitmentOpen, CreatedAt: w.now, UpdatedAt: w.now}).Error)
			case 3: // somebody else's prospect, with an answer of the leaver's on its way
				w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", p.ID).UpdateColumn("owner_id", second.ID).Error)
				w.touch(models.Touch{ProspectID: p.ID, StepKey: "", Channel: models.ChannelEmail, SenderID: &w.sender.ID, DueAt: w.now.Add(time.Hour)})
			}
		}
		resting := w.prospect("Resting", "resting@example.com", "")
		rested := w.enrollIn(sequence, resting.ID)
		_, err := s.StartLeave(w.ctx, models.Leave{UserID: w.rep.ID, StartsAt: w.now.Add(-time.Hour), EndsAt: w.now.Add(24 * time.Hour), Rests: true}, w.now)
		w.ok(err)
		w.ok(s.ApplyLeaves(w.ctx, w.now))

		by := models.UserActor(admin.ID)
		h, err := s.BeginHandover(w.ctx, w.rep.ID, second.ID, by, w.now)
		w.ok(err)
		if !h.Running() || h.Total < people*4/5 {
			t.Errorf("begun as %+v", h)
		}
		senders, err := s.ViewSenders(w.ctx, 0)
		w.ok(err)
		for _, x := range senders {
			if x.OwnerID != nil && *x.OwnerID == w.rep.ID && x.State != models.SenderStopped {
				t.Errorf("%s still sends", x.Address)
			}
		}
		for range 2 {
			if more, err := s.ContinueHandovers(w.ctx, w.now); err != nil || !more {
				t.Fatal(more, err)
			}
		}
		half, err := s.Handover(w.ctx, w.rep.ID)
		w.ok(err)
		if half.Done <= 100 || half.Done > 200 || !half.Running() {
			t.Errorf("after two batches: %+v", half)
		}
		// Who waits for a person comes first.
		var open int64
		w.ok(w.db.Model(&models.Task{}).Where("user_id = ? AND state = 'open'", w.rep.ID).Count(&open).Error)
		w.want("open tasks after two batches", int(open), 0)

		// Who takes over leaves in turn: what is on its way goes on to the next.
		_, err = s.BeginHandover(w.ctx, second.ID, heir.ID, by, w.now.Add(time.Minute))
		w.ok(err)
		for more := true; more; {
			more, err = s.ContinueHandovers(w.ctx, w.now.Add(time.Minute))
			w.ok(err)
		}
		for _, left := range []int64{w.rep.ID, second.ID} {
			for table, where := range map[string]string{
				"prospects": "owner_id = ?", "enrollments": "rep_id = ? AND state <> 'finished'", "touches": "rep_id = ? AND state IN ('planned', 'open', 'unconfirmed', 'sending')",
				"appointments": "rep_id = ? AND state = 'booked'", "commitments": "rep_id = ? AND state = 'open'", "conversations": "assignee_id = ?",
				"tasks": "(user_id = ? OR stands_in_for_id = user_id) AND state IN ('open', 'upcoming')",
			} {
				var n int64
				w.ok(w.db.Table(table).Where(where, left).Count(&n).Error)
				if n != 0 {
					t.Errorf("%d of %s stayed with user %d", n, table, left)
				}
			}
			if h, err := s.Handover(w.ctx, left); err != nil || h.Running() || h.Total < h.Done {
				t.Errorf("the handover of %d: %+v %v", left, h, err)
			}
		}
		var run models.Enrollment
		w.ok(w.db.Where("id = ?", rested.ID).Take(&run).Error)
		if run.State != models.EnrollmentActive || run.RepID != heir.ID {
			t.Errorf("what rested for their leave is %s and %d's", run.State, run.RepID)
		}
		var twice int64
		w.ok(w.db.Raw("SELECT COUNT(*) FROM (SELECT prospect_id FROM events WHERE kind = ? AND user_id = ? GROUP BY prospect_id HAVING COUNT(*) > 2) x", models.EventReassigned, heir.ID).Scan(&twice).Error)
		w.want("handed over again and again", int(twice), 0)
	})
}

// What is under way to the provider when somebody leaves and comes back to be
// planned is handed over as well.
func TestSendingWhileLeaving(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		heir := w.user("Hera Heir", models.RoleRep)
		e := w.enroll(follow("leaving", after(0, 0, 2, 0)))
		d := w.sending(models.Touch{EnrollmentID: &e.ID, StepKey: "s1", Channel: models.ChannelEmail, SenderID: &w.sender.ID})
		_, err := s.BeginHandover(w.ctx, w.rep.ID, heir.ID, w.by, w.now)
		w.ok(err)
		for more := true; more; {
			more, err = s.ContinueHandovers(w.ctx, w.now)
			w.ok(err)
		}
		if h, err := s.Handover(w.ctx, w.rep.ID); err != nil || !h.Running() {
			t.Fatalf("it ended while a message was under way: %+v %v", h, err)
		}
		w.ok(w.db.Model(&models.Touch{}).Where("id = ?", d.Touch.ID).UpdateColumn("state", models.TouchPlanned).Error)
		for more := true; more; {
			more, err = s.ContinueHandovers(w.ctx, w.now)
			w.ok(err)
		}
		if got := load[models.Touch](w, d.Touch.ID); got.RepID != heir.ID {
			t.Errorf("the touch is %d's", got.RepID)
		}
		if h, err := s.Handover(w.ctx, w.rep.ID); err != nil || h.Running() {
			t.Errorf("it did not end: %+v %v", h, err)
		}
	})
}
