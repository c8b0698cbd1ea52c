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

func (w *world) used(scope string, ref int64) int {
	var n int
	w.ok(w.db.Raw("SELECT COALESCE(SUM(used), 0) FROM day_counts WHERE scope = ? AND ref = ?", scope, ref).Scan(&n).Error)
	return n
}

// A sender's day is used up: what is bound by it goes on the next day, what a
// person wrote goes out and counts; and a proved refusal gives back.
func TestSendersDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.ok(w.db.Model(&models.Sender{}).Where("id = ?", w.sender.ID).UpdateColumns(map[string]any{"daily_cap": 2, "rate_per_minute": 0}).Error)
		var touches []models.Touch
		for i := range 4 {
			p := w.prospect(fmt.Sprint("p", i), fmt.Sprintf("p%d@acme.example.com", i), "")
			touches = append(touches, w.queue(models.Touch{ProspectID: p.ID}))
		}
		byHand := w.prospect("hand", "hand@acme.example.com", "")
		w.queue(models.Touch{ProspectID: byHand.ID, Purpose: models.PurposeAnswer, Urgent: true})
		got := w.claimAs(w.request(), sendIt)
		w.want("sent", len(got.Dispatches), 2)
		w.want("used", w.used("sender", w.sender.ID), 2)
		held := 0
		var refused models.Dispatch
		for _, touch := range touches {
			var now models.Touch
			w.ok(w.db.Where("id = ?", touch.ID).Take(&now).Error)
			if now.HoldReason == models.HoldCap && now.DueAt.After(w.now) {
				held++
			}
		}
		for _, d := range got.Dispatches {
			if d.Touch.Purpose != models.PurposeAnswer {
				refused = d
			}
		}
		w.want("held for the next day", held, 3)
		w.ok(s.Settle(w.ctx, []models.SendResult{{TouchID: refused.Touch.ID, MessageID: refused.Message.ID, Attempt: refused.Touch.Attempt,
			Replica: w.request().Replica, Class: models.SendTransient, At: w.now}}, nil))
		w.want("given back", w.used("sender", w.sender.ID), 1)
	})
}

// Many claimers at once never exceed a sender's day.
func TestClaimersShareADay(t *testing.T) {
	storetest.OnPostgres(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.ok(w.db.Model(&models.Sender{}).Where("id = ?", w.sender.ID).UpdateColumns(map[string]any{"daily_cap": 7, "rate_per_minute": 0}).Error)
		for i := range 30 {
			p := w.prospect(fmt.Sprint("p", i), fmt.Sprintf("p%d@acme.example.com", i), "")
			w.queue(models.Touch{ProspectID: p.ID})
		}
		var mu sync.Mutex
		sent := 0
		var wg sync.WaitGroup
		for i := range 6 {
			req := w.request()
			req.Replica, req.Batch, req.Slots = fmt.Sprint("r", i), 5, 5
			wg.Go(func() {
				for range 12 {
					c, err := s.ClaimDue(context.Background(), req, eachDue(sendIt))
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					sent += len(c.Dispatches)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		w.want("sent", sent, 7)
		w.want("used", w.used("sender", w.sender.ID), 7)
	})
}

// A company's day, where the workspace has a limit.
func TestCompanysDay(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		set := models.DefaultSettings()
		set.Caps.CompanyDay = 2
		w.ok(s.SaveSettings(w.ctx, set, w.by, w.now))
		var company *int64
		for i := range 5 {
			p := w.prospect(fmt.Sprint("p", i), fmt.Sprintf("p%d@acme.example.com", i), "")
			if company == nil {
				company = p.CompanyID
			}
			if company == nil {
				c := models.Company{Name: "Acme", CreatedAt: w.now, UpdatedAt: w.now}
				w.ok(w.db.Create(&c).Error)
				company = &c.ID
			}
			w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", p.ID).UpdateColumn("company_id", *company).Error)
			w.queue(models.Touch{ProspectID: p.ID})
		}
		w.want("sent", len(w.claimAs(w.request(), sendIt).Dispatches), 2)
		w.want("used", w.used("company", *company), 2)
	})
}

// What was made lately is loaded with the batch: what was sent, and what is
// under way; nothing older.
func TestRecentTouches(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		p := w.prospect("p", "p@acme.example.com", "")
		lately, before := w.now.Add(-3*time.Hour), w.now.Add(-30*time.Hour)
		for _, at := range []time.Time{lately, before} {
			touch := w.queue(models.Touch{ProspectID: p.ID})
			w.ok(w.db.Model(&models.Touch{}).Where("id = ?", touch.ID).UpdateColumns(map[string]any{"state": models.TouchSent, "ended_at": at, "updated_at": at}).Error)
		}
		w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", p.ID).UpdateColumn("last_touch_at", lately).Error)
		w.queue(models.Touch{ProspectID: p.ID, Urgent: true})
		w.claimAs(w.request(), sendIt) // under way
		w.queue(models.Touch{ProspectID: p.ID})
		var seen []models.RecentTouch
		w.claimAs(w.request(), func(d models.Due) models.Decision {
			seen = d.Recent
			return sendIt(d)
		})
		if len(seen) != 2 || !seen[0].At.Equal(lately) {
			t.Errorf("%+v", seen)
		}
	})
}

// A number that fails on three days rests, and something that arrives ends it.
func TestAFailingNumberRests(t *testing.T) {
	cp := models.ContactPoint{}
	caps := models.DefaultCaps()
	now := time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)
	for i, day := range []models.Date{"2026-11-02", "2026-11-02", "2026-11-05", "2026-11-09"} {
		if cp.Resting(now) {
			t.Fatalf("rests after %d failures", i)
		}
		cp.FailedAgain(day, caps, now)
	}
	if !cp.Resting(now.AddDate(0, 0, 29)) || cp.Resting(now.AddDate(0, 0, 30)) {
		t.Errorf("%+v", cp)
	}
	cp.Confirm(now)
	if cp.Resting(now) {
		t.Error("what they wrote from does not rest")
	}
}

// A new sender begins with few and grows to its cap.
func TestRamp(t *testing.T) {
	s := models.Sender{DailyCap: 40, RampStart: 10, RampStep: 5, RampFrom: "2026-11-02"}
	for day, want := range map[models.Date]int{"2026-11-01": 10, "2026-11-02": 10, "2026-11-03": 15, "2026-11-08": 40, "2026-12-08": 40} {
		if got := s.CapOn(day); got != want {
			t.Errorf("%s: %d, want %d", day, got, want)
		}
	}
	if (models.Sender{DailyCap: 40}).CapOn("2026-11-02") != 40 || (models.Sender{}).CapOn("2026-11-02") != 0 {
		t.Error("without a ramp the cap holds")
	}
	if got := (models.Sender{RatePerMinute: 60, GapSeconds: 90}).Interval(); got != 90*time.Second {
		t.Error(got)
	}
}
