package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A process that has started waits for a reading of its own time, or for a
// listener that has shown itself since.
func TestInboundHeard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx, start := t.Context(), storetest.Now
		const ttl = 15 * time.Second
		heard := func(want bool, what string) {
			t.Helper()
			if got, err := s.InboundHeard(ctx, start, ttl); err != nil || got != want {
				t.Errorf("%s: %t, %v; want %t", what, got, err, want)
			}
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		heard(true, "nothing is polled")
		sender, err := s.SaveSender(ctx, models.Sender{Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: "+12125552000", Inbound: models.InboundPoll}, models.ActorSystem, start)
		must(err)
		heard(false, "never read")
		must(s.InboundCurrent(ctx, sender.ID, "here", start.Add(-time.Second)))
		heard(false, "read before the start")
		must(s.InboundUnheard(ctx, start.Add(-2*time.Second), ttl))
		if polled, err := s.PolledSenders(ctx); err != nil || polled[0].InboundReadAt == nil {
			t.Errorf("who was heard in time is marked as behind: %+v, %v", polled, err)
		}
		must(s.InboundUnheard(ctx, start, ttl))
		if polled, err := s.PolledSenders(ctx); err != nil || polled[0].InboundReadAt != nil {
			t.Errorf("whoever starts no longer waits, and the sender passes for current: %+v, %v", polled, err)
		}
		must(s.InboundCurrent(ctx, sender.ID, "here", start.Add(-time.Second)))
		name := "mailbox-1"
		if _, err := s.AcquireLease(ctx, name, "dead", start.Add(-time.Second), ttl); err != nil || sender.ID != 1 {
			t.Fatal(sender.ID, err)
		}
		heard(false, "a lease from before the start proves nothing")
		if ok, err := s.AcquireLease(ctx, name, "dead", start.Add(time.Second), ttl); !ok || err != nil {
			t.Fatal(ok, err)
		}
		heard(true, "its holder lives, and reads")
		must(s.InboundBehind(ctx, sender.ID))
		heard(false, "taken over: nothing is proved until the first reading")
		must(s.InboundCurrent(ctx, sender.ID, "there", start.Add(2*time.Second)))
		must(s.DropLeases(ctx))
		heard(true, "read since the start")
		polled, err := s.PolledSenders(ctx)
		if err != nil || len(polled) != 1 || polled[0].InboundCursor != "there" {
			t.Errorf("polled: %+v, %v", polled, err)
		}
	})
}
