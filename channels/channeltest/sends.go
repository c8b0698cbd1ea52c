package channeltest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"followup/channels"
	"followup/models"
)

// parallel is how many hand-overs run at once; more than any channel's connections.
const parallel = 40

func (s Subject) accepted(t *testing.T) {
	before := s.Accepted()
	outcome, err := s.Channel.Send(context.Background(), s.Message(10))
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	if outcome.ProviderID == "" {
		t.Error("an accepted message has no provider id")
	}
	if got := s.Accepted() - before; got != 1 {
		t.Errorf("the far side took %d messages, want 1", got)
	}
}

func (s Subject) concurrent(t *testing.T) {
	before := s.Accepted()
	ids := make([]string, parallel)
	var wg sync.WaitGroup
	for i := range parallel {
		wg.Go(func() {
			outcome, err := s.Channel.Send(context.Background(), s.Message(100+i))
			if err != nil {
				t.Errorf("message %d: %v", i, err)
			}
			ids[i] = outcome.ProviderID
		})
	}
	wg.Wait()
	if got := s.Accepted() - before; got != parallel {
		t.Errorf("the far side took %d messages, want %d", got, parallel)
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if id == "" || seen[id] {
			t.Errorf("the provider id %q is empty or was given twice", id)
		}
		seen[id] = true
	}
}

func (s Subject) cancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	before := s.Accepted()
	_, err := s.Channel.Send(ctx, s.Message(200))
	if err == nil {
		t.Fatal("Send accepted a message although its context had ended")
	}
	// Nothing left, and the channel knows it: reporting this as ambiguous
	// would ask a person about a message that certainly did not go out.
	if class := channels.AsSendError(err).Class; class != models.SendStopped && class != models.SendTransient {
		t.Errorf("class = %q, want stopped or transient", class)
	}
	if got := s.Accepted(); got != before {
		t.Errorf("the far side has %d messages, had %d", got, before)
	}
}

func (s Subject) faults(t *testing.T) {
	for i, f := range Faults {
		t.Run(string(f), func(t *testing.T) {
			if why, listed := s.Unprovokable[f]; listed {
				t.Logf("not provoked: %s", why)
				return
			}
			if s.Fault == nil {
				t.Fatal("the subject neither provokes this fault nor lists it as unprovokable")
			}
			s.fault(t, f, 300+2*i)
		})
	}
}

func (s Subject) fault(t *testing.T, f Fault, n int) {
	before := s.Accepted()
	m := s.Message(n)
	repair := s.Fault(f, &m)
	outcome, err := s.Channel.Send(context.Background(), m)
	if repair != nil {
		repair()
	}
	var se *channels.SendError
	if !errors.As(err, &se) {
		t.Fatalf("Send = %+v, %v (%T), want a *SendError", outcome, err, err)
	}
	if se.Class != f.Class() {
		t.Errorf("class = %q (%v), want %q", se.Class, se, f.Class())
	}
	if se.Code == "" && se.Detail == "" {
		t.Errorf("the error says neither code nor detail: %+v", se)
	}
	if f == InvalidContact && !se.InvalidContact {
		t.Error("the error does not say that the address can never work")
	}
	if f == OptedOut && !se.OptedOut {
		t.Error("the error does not say that the customer opted out")
	}
	if f != OptedOut && se.OptedOut {
		t.Error("the error claims an opt-out")
	}
	s.noSecrets(t, se)
	switch got := s.Accepted() - before; {
	case f.taken() && got != 1:
		t.Errorf("the far side took %d messages, want the one whose answer was lost", got)
	case !f.taken() && got != 0:
		t.Errorf("the far side took %d messages although it refused", got)
	}
	s.neverAbsent(t, f, m)
	// The fault was one message's; the next goes out.
	if _, err := s.Channel.Send(context.Background(), s.Message(n+1)); err != nil {
		t.Errorf("the message after the fault: %v", err)
	}
}

// neverAbsent: a reconciler must not call absent what the far side has, for
// that would send it twice.
func (s Subject) neverAbsent(t *testing.T, f Fault, m models.Message) {
	r, reconciles := s.Channel.(channels.Reconciler)
	if !reconciles || !f.taken() {
		return
	}
	finding, outcome, err := r.Reconcile(context.Background(), m)
	if err != nil {
		t.Errorf("Reconcile: %v", err)
	}
	if finding == channels.Absent {
		t.Error("Reconcile says absent, but the far side has the message")
	}
	if finding == channels.Found && outcome.ProviderID == "" {
		t.Error("Reconcile found the message but gives no provider id")
	}
}

// noSecrets looks through the error and everything it wraps.
func (s Subject) noSecrets(t *testing.T, err error) {
	t.Helper()
	for e := err; e != nil; e = errors.Unwrap(e) {
		text := e.Error()
		var se *channels.SendError
		if errors.As(e, &se) {
			text += se.Detail // is kept and shown by itself
		}
		for _, secret := range s.Secrets {
			if secret != "" && strings.Contains(text, secret) {
				t.Errorf("a credential appears in the error %q", text)
			}
		}
	}
}
