package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// Many claimers at once: every touch is claimed once, none is left.
func TestClaimersNeverMeet(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		const people, each, claimers = 40, 3, 8
		for i := range people {
			p := w.prospect(fmt.Sprint("p", i), fmt.Sprintf("p%d@acme.example.com", i), "")
			for j := range each {
				w.queue(models.Touch{ProspectID: p.ID, StepKey: fmt.Sprint("m", j), Urgent: j == 0})
			}
		}
		var mu sync.Mutex
		claimed := map[int64]int{}
		var wg sync.WaitGroup
		for i := range claimers {
			req := w.request()
			req.Replica, req.Batch, req.Slots = fmt.Sprint("r", i), 7, 7
			wg.Go(func() {
				for empty := 0; empty < 3; {
					c, err := s.ClaimDue(context.Background(), req, eachDue(sendIt))
					if err != nil {
						t.Error(err)
						return
					}
					if c.Judged == 0 {
						empty++
					}
					mu.Lock()
					for _, d := range c.Dispatches {
						claimed[d.Touch.ID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		// What was locked elsewhere at every look is left to the next Tick.
		req := w.request()
		req.Slots, req.Batch = 500, 500
		for _, d := range w.claimAs(req, sendIt).Dispatches {
			claimed[d.Touch.ID]++
		}
		w.want("touches claimed", len(claimed), people*each)
		for id, n := range claimed {
			if n != 1 {
				t.Errorf("touch %d was claimed %d times", id, n)
			}
		}
		w.want("messages", count[models.Message](w, "direction = 'outbound'"), people*each)
		w.want("second attempts", count[models.Touch](w, "attempt <> 1"), 0)
	})
}

// A sender's rate holds over several claimers.
func TestClaimersShareARate(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.ok(w.db.Model(&models.Sender{}).Where("id = ?", w.sender.ID).UpdateColumns(map[string]any{"rate_per_minute": 60, "next_free_at": w.now}).Error)
		for i := range 12 {
			p := w.prospect(fmt.Sprint("p", i), fmt.Sprintf("p%d@acme.example.com", i), "")
			w.queue(models.Touch{ProspectID: p.ID, Urgent: i%2 == 0})
		}
		var mu sync.Mutex
		sent := 0
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				c, err := s.ClaimDue(context.Background(), w.request(), eachDue(sendIt))
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				sent += len(c.Dispatches)
				mu.Unlock()
			})
		}
		wg.Wait()
		w.want("messages of one a second", sent, 1)
	})
}

// A reply that commits first stops what was due; one that comes second lets
// the claim finish and finds the touch being sent.
func TestPauseMeetsClaim(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for round := range 12 {
			e := w.enroll(follow(fmt.Sprint("f", round), after(0, 0, 0, 0), after(0, 0, 2, 0)))
			touch := w.queue(models.Touch{EnrollmentID: &e.ID})
			var c models.Claimed
			var wg sync.WaitGroup
			wg.Go(func() {
				var err error
				if c, err = s.ClaimDue(context.Background(), w.request(), eachDue(sendIt)); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := s.PauseEnrollment(context.Background(), e.ID, nil, w.by, w.now); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			w.isEnrollment(e.ID, models.EnrollmentPaused, false)
			got := load[models.Touch](w, touch.ID)
			switch {
			case len(c.Dispatches) == 1 && got.State != models.TouchSending:
				t.Errorf("claimed, but the touch is %s", got.State)
			case len(c.Dispatches) == 0 && got.State != models.TouchCanceled:
				t.Errorf("not claimed, but the touch is %s", got.State)
			}
			if len(c.Dispatches) == 0 {
				continue
			}
			// The re-read before the hand-over stops it all the same.
			stopped, err := s.Recheck(w.ctx, "here", w.now, []int64{touch.ID})
			w.ok(err)
			w.want("stopped before the hand-over", len(stopped), 1)
			w.isTouch(touch.ID, models.TouchCanceled, models.CancelPaused)
		}
	})
}

// While a person's row is held, the claim passes over them and takes the others.
func TestClaimPassesOverTheLocked(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		locked := w.queue(models.Touch{})
		other := w.prospect("Other", "other@acme.example.com", "")
		free := w.queue(models.Touch{ProspectID: other.ID})
		tx := w.db.Begin()
		w.ok(tx.Exec("SELECT 1 FROM prospects WHERE id = ? FOR UPDATE", w.person.ID).Error)
		c := w.claim(sendIt)
		if len(c.Dispatches) != 1 || c.Dispatches[0].Touch.ID != free.ID {
			t.Errorf("claimed %+v", c.Dispatches)
		}
		w.ok(tx.Rollback().Error)
		c = w.claim(sendIt)
		if len(c.Dispatches) != 1 || c.Dispatches[0].Touch.ID != locked.ID {
			t.Errorf("claimed %+v", c.Dispatches)
		}
	})
}

// A stop wider than a person waits for the claims that began before it, and
// no claim after it is without it.
func TestWideStopMeetsClaims(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.queue(models.Touch{})
		deciding, stopped := make(chan struct{}), make(chan error, 1)
		var once sync.Once
		c, err := s.ClaimDue(w.ctx, w.request(), func(ctx context.Context, dues []models.Due) []models.Decision {
			once.Do(func() {
				go func() {
					close(deciding)
					_, err := s.Suppress(context.Background(), models.Suppression{Scope: models.SuppressDomain, Value: "acme.example.com", By: w.by, CreatedAt: w.now})
					stopped <- err
				}()
			})
			<-deciding
			waitBlocked(t, w)
			return eachDue(sendIt)(ctx, dues)
		})
		w.ok(err)
		w.ok(<-stopped)
		w.want("claimed before the stop", len(c.Dispatches), 1)
		w.queue(models.Touch{StepKey: "next"})
		var saw models.Due
		w.claim(func(d models.Due) models.Decision { saw = d; return doIt(models.DecideSkip, models.SkipSuppressed)(d) })
		w.want("orders that the next claim sees", len(saw.Suppressions), 1)
	})
}

// waitBlocked returns once somebody waits for a lock in this database.
func waitBlocked(t *testing.T, w *world) {
	for range 2000 {
		var waiting int
		w.ok(w.db.Raw("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&waiting).Error)
		if waiting > 0 {
			return
		}
	}
	t.Error("nobody waited for the claim")
}

// Planning and claiming side by side keep one live touch per enrollment.
func TestPlanAndClaimSideBySide(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		d := follow("f", after(0, 0, 0, 0), after(0, 0, 0, 0), after(0, 0, 0, 0))
		const people = 20
		for i := range people {
			p := w.prospect(fmt.Sprint("p", i), fmt.Sprintf("p%d@acme.example.com", i), "")
			w.replan(w.enrollIn(d, p.ID).ID)
		}
		plan := func(_ context.Context, ins []models.PlanInput) []models.PlanResult {
			var out []models.PlanResult
			for _, in := range ins {
				r := models.PlanResult{EnrollmentID: in.Enrollment.ID}
				if n := len(in.Touches); n < 3 {
					next := models.Touch{StepKey: fmt.Sprint("s", n+1), Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp,
						ContactPointID: &in.ContactPoints[0].ID, SenderID: &w.sender.ID, DueAt: w.now, PromisedAt: w.now}
					r.Next = &next
				} else {
					r.Finish = models.FinishCompleted
				}
				out = append(out, r)
			}
			return out
		}
		run := func(name string) {
			req := w.request()
			req.Replica, req.Batch = name, 5
			for range 60 {
				if _, err := s.PlanDue(context.Background(), w.now, 5, plan); err != nil {
					t.Error(err)
					return
				}
				c, err := s.ClaimDue(context.Background(), req, eachDue(sendIt))
				if err != nil {
					t.Error(err)
					return
				}
				var rs []models.SendResult
				for _, d := range c.Dispatches {
					rs = append(rs, result(d, models.SendAccepted, w.now.Add(time.Millisecond)))
				}
				if err := s.Settle(context.Background(), rs, nil); err != nil {
					t.Error(err)
					return
				}
				// Settling plans for a moment later; the clock stands still here.
				_ = w.db.Exec("UPDATE enrollments SET replan_at = ? WHERE replan_at > ?", w.now, w.now).Error
			}
		}
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() { run(fmt.Sprint("r", i)) })
		}
		wg.Wait()
		w.want("sent", count[models.Touch](w, "state = 'sent'"), 3*people)
		w.want("touches", count[models.Touch](w, "state <> 'canceled'"), 3*people)
		w.want("finished", count[models.Enrollment](w, "state = 'finished'"), people)
	})
}
