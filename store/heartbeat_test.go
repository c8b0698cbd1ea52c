package store_test

import (
	"fmt"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// Each replica's last ticks are kept with how late the oldest due touch was;
// what a stopped sender holds is not late.
func TestHeartbeatKeepsTicks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		beat := func(replica string, at time.Time) {
			t.Helper()
			w.ok(s.Heartbeat(w.ctx, replica, at, 7*time.Millisecond))
		}
		lags := func(replica string) string {
			t.Helper()
			all, err := s.ViewReplicas(w.ctx, w.now.Add(-time.Hour))
			w.ok(err)
			for _, r := range all {
				if r.ID != replica {
					continue
				}
				var out string
				for _, tick := range r.Ticks() {
					out += fmt.Sprintf("%d ", tick.LagMs/1000)
				}
				return out + fmt.Sprintf("now %d took %d", r.LagMs/1000, r.TickMs)
			}
			return ""
		}
		beat("a", w.now)
		if got := lags("a"); got != "0 now 0 took 7" {
			t.Errorf("with nothing due: %s", got)
		}
		due := w.queue(models.Touch{DueAt: w.now})
		beat("a", w.now.Add(30*time.Second))
		beat("b", w.now.Add(90*time.Second))
		if a, b := lags("a"), lags("b"); a != "0 30 now 30 took 7" || b != "90 now 90 took 7" {
			t.Errorf("a %s, b %s", a, b)
		}
		w.ok(w.db.Exec("UPDATE senders SET state = 'stopped' WHERE id = ?", due.SenderID).Error)
		beat("b", w.now.Add(100*time.Second))
		if b := lags("b"); b != "90 0 now 0 took 7" {
			t.Errorf("with its sender stopped: %s", b)
		}
		for i := range 40 {
			beat("a", w.now.Add(time.Duration(i)*time.Minute))
		}
		all, err := s.ViewReplicas(w.ctx, w.now)
		w.ok(err)
		if n := len(all[0].Ticks()); n != 12 {
			t.Errorf("%d ticks are kept", n)
		}
	})
}
