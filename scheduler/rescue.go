package scheduler

import (
	"context"
	"fmt"
	"time"

	"followup/channels"
	"followup/models"
)

const (
	// unconfirmedLimit bounds one round of asking; the next goes on.
	unconfirmedLimit = 1000
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
	if !e.asking.CompareAndSwap(false, true) {
		return nil
	}
	e.sends.Add(1)
	go func() { // it asks providers, and the Tick does not wait for one
		defer e.sends.Done()
		defer e.asking.Store(false)
		_ = s.part(ctx, "reconcile", func() error { return s.reconcile(ctx, now) })
	}()
	return nil
}

// reconcile asks the channel of each unconfirmed touch what became of it,
// which the store lists ever more rarely while nothing can be proved.
func (s *Scheduler) reconcile(ctx context.Context, now time.Time) error {
	lost, err := s.Store.Unconfirmed(ctx, now, unconfirmedLimit)
	if err != nil {
		return err
	}
	failed := 0
	for _, d := range lost {
		if ctx.Err() != nil {
			return ctx.Err()
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
