package replies_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/models"
	"followup/replies"
	"followup/store"
	"followup/store/storetest"
)

// ear is an email channel whose listening the test sees and ends.
type ear struct {
	*sandbox.Channel
	listen func(ctx context.Context, current func(context.Context, string) error) error
}

func (e ear) Listen(ctx context.Context, _ models.Sender, _ func(context.Context, models.Raw) error, current func(context.Context, string) error) error {
	return e.listen(ctx, current)
}

func hears(listen func(context.Context, func(context.Context, string) error) error) *channels.Registry {
	reg := channels.NewRegistry()
	reg.Add(models.ProviderSMTP, ear{sandbox.New(models.ChannelEmail, sandbox.Options{}), listen})
	return reg
}

// looking tells who looks for a free lease.
type looking struct {
	replies.MailboxStore
	asked chan string
}

func (l looking) AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error) {
	ok, err := l.MailboxStore.AcquireLease(ctx, name, holder, now, ttl)
	select {
	case l.asked <- holder:
	default:
	}
	return ok, err
}

// Of two replicas one listens to a mailbox. When it ends, or is dead for as
// long as its lease lasts, the other one does.
func TestOneListenerForAMailbox(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var mu sync.Mutex
		now := storetest.Now
		clock := func() time.Time { mu.Lock(); defer mu.Unlock(); return now }
		sender, err := s.SaveSender(t.Context(), models.Sender{Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "robin@example.com", Inbound: models.InboundPoll}, models.ActorSystem, now)
		if err != nil {
			t.Fatal(err)
		}
		// A third one took the lease and died.
		if ok, err := s.AcquireLease(t.Context(), fmt.Sprintf("mailbox-%d", sender.ID), "dead", now, time.Minute); err != nil || !ok {
			t.Fatalf("lease: %v %v", ok, err)
		}
		st := looking{s, make(chan string)}
		began := make(chan string, 10)
		run := func(name string) (stop func()) {
			ctx, cancel := context.WithCancel(t.Context())
			m := &replies.Mailboxes{Store: st, Clock: clock, Log: slog.New(slog.DiscardHandler), Replica: name, LeaseFor: time.Minute, LookAround: 5 * time.Millisecond,
				Channels: hears(func(ctx context.Context, _ func(context.Context, string) error) error {
					began <- name
					<-ctx.Done()
					return ctx.Err()
				})}
			done := make(chan struct{})
			go func() { defer close(done); m.Run(ctx) }()
			return sync.OnceFunc(func() {
				cancel()
				<-done
			})
		}
		looks := func(who string, times int) {
			t.Helper()
			for times > 0 {
				if <-st.asked == who {
					times--
				}
			}
		}
		stopA := run("a")
		defer stopA()
		looks("a", 3)
		if len(began) != 0 {
			t.Fatal("it listens, and a replica that may live holds the lease")
		}
		mu.Lock()
		now = now.Add(time.Minute)
		mu.Unlock()
		if who := <-began; who != "a" {
			t.Fatalf("%s listens", who)
		}
		stopB := run("b")
		defer stopB()
		looks("b", 5)
		if len(began) != 0 {
			t.Fatal("two listen to one mailbox")
		}
		stopA()
		if who := <-began; who != "b" {
			t.Fatalf("%s listens", who)
		}
	})
}

// silent keeps nothing: what matters is when it is asked.
type silent struct {
	replies.MailboxStore
	down, up []time.Time
}

func (*silent) PolledSenders(context.Context) ([]models.Sender, error) {
	return []models.Sender{{ID: 1, Kind: models.SenderMailbox, Provider: models.ProviderSMTP}}, nil
}
func (*silent) AcquireLease(context.Context, string, string, time.Time, time.Duration) (bool, error) {
	return true, nil
}
func (*silent) ReleaseLease(context.Context, string, string) error             { return nil }
func (*silent) InboundBehind(context.Context, int64) error                     { return nil }
func (*silent) InboundCurrent(context.Context, int64, string, time.Time) error { return nil }
func (*silent) ReleaseHeard(context.Context, int64, time.Time) (int, error)    { return 0, nil }
func (s *silent) MailboxDown(_ context.Context, _ int64, _ string, at time.Time) error {
	s.down = append(s.down, at)
	return nil
}
func (s *silent) MailboxUp(_ context.Context, _ int64, at time.Time) error {
	s.up = append(s.up, at)
	return nil
}

// A mailbox that cannot be read is tried again, after a second at first and
// after a minute or so in the end; after two minutes a person is asked, once.
func TestMailboxesReconnectWithBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		ends := began.Add(20 * time.Minute)
		var tried []time.Time
		st := &silent{}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		m := &replies.Mailboxes{Store: st, Clock: time.Now, Log: slog.New(slog.DiscardHandler), Replica: "a",
			Channels: hears(func(ctx context.Context, current func(context.Context, string) error) error {
				tried = append(tried, time.Now())
				if time.Now().Before(ends) {
					return errors.New("the server is away")
				}
				if err := current(ctx, "here"); err != nil {
					return err
				}
				cancel()
				return nil
			})}
		m.Run(ctx)
		if first := tried[1].Sub(tried[0]); first < 400*time.Millisecond || first > 2*time.Second {
			t.Errorf("it is tried again after %s", first)
		}
		longest := time.Duration(0)
		for i := 1; i < len(tried); i++ {
			longest = max(longest, tried[i].Sub(tried[i-1]))
		}
		if longest < 30*time.Second || longest > 90*time.Second || len(tried) > 60 {
			t.Errorf("%d times, the longest wait %s", len(tried), longest)
		}
		if len(st.down) != 1 || st.down[0].Sub(began) < 2*time.Minute || st.down[0].Sub(began) > 4*time.Minute {
			t.Errorf("somebody was asked %v after the beginning %s", st.down, began)
		}
		if len(st.up) != 1 {
			t.Errorf("it is up again %d times", len(st.up))
		}
	})
}
