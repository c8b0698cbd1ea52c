package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// Once the answers to a sender have been read, what waited for that goes on at
// once: not what waits for something else, nor for another sender.
func TestReleaseHeard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		due := w.now.Add(50 * time.Second)
		waits := w.queue(models.Touch{StepKey: "waits", DueAt: due, PromisedAt: w.now, HoldReason: models.HoldInboundBehind})
		quiet := w.queue(models.Touch{StepKey: "quiet", DueAt: due, PromisedAt: w.now, HoldReason: models.HoldQuietHours})
		other, err := s.SaveSender(w.ctx, models.Sender{Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "other@followup.example.com"}, w.by, w.now)
		w.ok(err)
		others := w.queue(models.Touch{StepKey: "others", DueAt: due, PromisedAt: w.now, HoldReason: models.HoldInboundBehind, SenderID: &other.ID})
		n, err := s.ReleaseHeard(w.ctx, w.sender.ID, w.now)
		w.ok(err)
		if got := load[models.Touch](w, waits.ID); n != 1 || !got.DueAt.Equal(w.now) || !got.PromisedAt.Equal(waits.PromisedAt) {
			t.Errorf("released %d, due %s", n, got.DueAt)
		}
		for _, id := range []int64{quiet.ID, others.ID} {
			if got := load[models.Touch](w, id); !got.DueAt.Equal(due) {
				t.Errorf("%s was released too", got.StepKey)
			}
		}
		if n, err := s.ReleaseHeard(w.ctx, w.sender.ID, w.now); err != nil || n != 0 {
			t.Errorf("again: %d, %v", n, err)
		}
	})
}
