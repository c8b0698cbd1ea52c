package replies_test

import (
	"log/slog"
	"testing"
	"time"

	"followup/models"
	"followup/replies"
	"followup/store"
	"followup/store/storetest"
)

// A process that has started waits for what came in before; when its patience
// ends, a sender that nobody has listened to passes for current no longer.
func TestHeardEndsByMarkingTheUnheard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, started, now := t.Context(), storetest.Now, storetest.Now
		sender, err := s.SaveSender(ctx, models.Sender{Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: "+12125552000", Inbound: models.InboundPoll}, models.ActorSystem, started)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.InboundCurrent(ctx, sender.ID, "here", started.Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		m := &replies.Mailboxes{
			Store: s, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler), Replica: "new",
			LeaseFor: 3 * time.Second, LookAround: time.Second,
		}
		for _, step := range []struct {
			after   time.Duration
			heard   bool
			current bool
		}{
			{0, false, true},
			{5 * time.Second, false, true},
			{5*time.Second + time.Millisecond, true, false},
		} {
			now = started.Add(step.after)
			if got := m.Heard(ctx, started); got != step.heard {
				t.Errorf("after %s: heard %t, want %t", step.after, got, step.heard)
			}
			polled, err := s.PolledSenders(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if got := polled[0].InboundCurrent(now, models.InboundCurrency); got != step.current {
				t.Errorf("after %s: current %t, want %t", step.after, got, step.current)
			}
		}
	})
}
