package scheduler

import (
	"context"
	"fmt"
	"sync"
	"time"

	"followup/channels"
	"followup/models"
)

const (
	unconfirmedLimit = 1000
	firstReconcile   = 20 * time.Second
	longestReconcile = time.Hour
	// awayAfter findings in a row that could not be recorded mean that the
	// database is away: asking providers about the others would be for nothing.
	awayAfter = 3
)

// rescue picks up what hand-overs left behind, and asks the providers what
// became of those whose answer was lost. Nothing is ever resent blindly.
func (s *Scheduler) rescue(ctx context.Context, now time.Time) error {
	e := s.engine()
	if !dueAgain(e.lastRescue, now, s.RescueEvery) {
		return nil
	}
	replanned, unconfirmed, err := s.Store.Rescue(ctx, s.Replica, e.flight.list(), now, s.SilentAfter)
	if err != nil {
		return err
	}
	e.lastRescue = now
	if replanned+unconfirmed > 0 {
		s.Log.WarnContext(ctx, "hand-overs were left behind", "replanned", replanned, "unconfirmed", unconfirmed)
	}
	if s.Synchronous {
		return s.reconcile(ctx, now)
	}
	if !e.unsure.begin() {
		return nil
	}
	e.sends.Add(1)
	go func() { // it asks providers, and the Tick does not wait for one
		defer e.sends.Done()
		defer e.unsure.end()
		_ = s.part(ctx, "reconcile", func() error { return s.reconcile(ctx, now) })
	}()
	return nil
}

// reconcile asks the channel of each unconfirmed touch what became of it,
// ever more rarely while nothing can be proved.
func (s *Scheduler) reconcile(ctx context.Context, now time.Time) error {
	lost, err := s.Store.Unconfirmed(ctx, unconfirmedLimit)
	if err != nil {
		return err
	}
	unsure := &s.engine().unsure
	unsure.keep(lost)
	failed := 0
	for _, d := range lost {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if !unsure.turn(d.Touch.ID, now) {
			continue
		}
		finding, out := s.fate(ctx, d.Message)
		if err := s.Store.Reconcile(ctx, d.Touch.ID, finding == channels.Found, finding == channels.Absent, out.ProviderID, now); err != nil {
			s.Log.ErrorContext(ctx, "what became of a hand-over could not be recorded", "touch", d.Touch.ID, "error", err)
			if failed++; failed >= awayAfter {
				return fmt.Errorf("%d findings in a row could not be recorded; the others are asked about later: %w", failed, err)
			}
			continue
		}
		failed = 0
	}
	return nil
}

func (s *Scheduler) fate(ctx context.Context, m models.Message) (finding channels.Finding, out channels.Outcome) {
	channel, ok := s.channelFor(m)
	if !ok {
		return channels.Unknown, out
	}
	rec, ok := channel.(channels.Reconciler)
	if !ok {
		return channels.Unknown, out
	}
	defer func() {
		if r := recover(); r != nil {
			s.Log.ErrorContext(ctx, "a channel failed while reconciling", "channel", m.Channel, "panic", r)
			finding = channels.Unknown
		}
	}()
	finding, out, err := rec.Reconcile(ctx, m)
	if err != nil {
		s.Log.WarnContext(ctx, "the provider could not be asked what became of a message", "channel", m.Channel, "error", err)
		return channels.Unknown, channels.Outcome{}
	}
	return finding, out
}

// reconciling remembers when to ask again.
type reconciling struct {
	mu   sync.Mutex
	busy bool
	next map[int64]retry
}

type retry struct {
	at   time.Time
	wait time.Duration
}

func (r *reconciling) begin() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.busy {
		return false
	}
	r.busy = true
	return true
}

func (r *reconciling) end() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = false
}

// turn tells whether the touch is to be asked about now, and puts the next
// time further away.
func (r *reconciling) turn(id int64, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	n, seen := r.next[id]
	if seen && now.Before(n.at) {
		return false
	}
	n.wait = min(max(2*n.wait, firstReconcile), longestReconcile)
	n.at = now.Add(n.wait)
	r.next[id] = n
	return true
}

// keep forgets what is no longer unconfirmed.
func (r *reconciling) keep(lost []models.Dispatch) {
	r.mu.Lock()
	defer r.mu.Unlock()
	kept := make(map[int64]retry, len(lost))
	for _, d := range lost {
		if n, ok := r.next[d.Touch.ID]; ok {
			kept[d.Touch.ID] = n
		}
	}
	r.next = kept
}
