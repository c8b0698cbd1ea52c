// Package replies understands what comes back from customers and follows
// their lead: Receive, match, classify, engage, route, answer.
package replies

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"followup/channels"
	"followup/models"
)

// Service is the one entry for everything inbound, and for answers.
type Service struct {
	Store    Store
	Channels *channels.Registry
	Clock    models.Clock
	Log      *slog.Logger
	// Wake is called after an answer was recorded, so that it leaves at once; may be nil.
	Wake func()

	backlog backlog
}

// retryBatch is how many stored inbounds Retry works through at once.
const retryBatch = 100

// patience is how often an inbound that is stored and cannot be recorded is
// asked for again: one that can never be must not hold up a mailbox forever.
const patience = 5

// Receive stores an inbound and works it through. A repeat of what was worked
// through does nothing; a repeat of what was only stored, by a process that
// died over it, is worked through now: whoever delivered it is told that it
// arrived, and from then on nothing may be sent as if it had not. So an error
// means that it must be delivered again: it is not stored, or the database
// went away before it took effect. What cannot be understood is kept, shown
// and reported as nil.
func (s *Service) Receive(ctx context.Context, raw models.Raw) (models.Recorded, error) {
	if raw.ReceivedAt.IsZero() {
		raw.ReceivedAt = s.Clock()
	}
	if raw.Sent {
		return s.receiveSent(ctx, raw)
	}
	saved, again, err := s.keep(ctx, raw)
	if err != nil {
		return models.Recorded{}, err
	}
	if again {
		rec := models.Recorded{Repeat: true}
		if saved.MessageID != nil {
			rec.MessageID = *saved.MessageID
		}
		return rec, nil
	}
	return s.receiveKept(ctx, saved)
}

func (s *Service) receiveKept(ctx context.Context, saved models.Raw) (models.Recorded, error) {
	rec, err := s.workThrough(ctx, saved)
	if err != nil && !errors.Is(err, errNotUnderstood) && saved.Attempts+1 < patience {
		return models.Recorded{}, fmt.Errorf("work through the inbound %s %s: %w", saved.Provider, saved.ProviderID, err)
	}
	return rec, nil
}

// keep stores an inbound; again tells that it was dealt with before.
func (s *Service) keep(ctx context.Context, raw models.Raw) (saved models.Raw, again bool, err error) {
	if raw.FromAddress == "" {
		raw.FromAddress = s.writer(raw)
	}
	saved, fresh, err := s.Store.SaveRaw(ctx, raw)
	if err != nil {
		return saved, false, fmt.Errorf("store the inbound %s %s: %w", raw.Provider, raw.ProviderID, err)
	}
	return saved, !fresh && (saved.State == models.RawProcessed || saved.Attempts >= patience), nil
}

// errNotUnderstood: delivering it again would change nothing.
var errNotUnderstood = errors.New("understand")

// Retry works through inbounds that were stored but not understood yet, e.g.
// after a crash. It reports how many it finished.
func (s *Service) Retry(ctx context.Context) (int, error) {
	pending, err := s.Store.PendingRaws(ctx, retryBatch)
	if err != nil {
		return 0, fmt.Errorf("list the inbounds still to be understood: %w", err)
	}
	done := 0
	for _, raw := range pending {
		if err := ctx.Err(); err != nil {
			return done, err
		}
		if _, waits := s.backlog.waiting.Load(raw.ID); waits {
			continue
		}
		if _, err := s.workThrough(ctx, raw); err == nil {
			done++
		}
	}
	return done, nil
}

// workThrough understands a stored inbound and records it. What goes wrong is
// noted at the stored inbound, which stays for the next Retry.
func (s *Service) workThrough(ctx context.Context, raw models.Raw) (models.Recorded, error) {
	rec, err := s.process(ctx, raw)
	if err == nil {
		return rec, nil
	}
	s.logger().ErrorContext(ctx, "an inbound could not be worked through; it is kept and tried again", "inbound", raw.ID, "provider", raw.Provider, "error", err)
	// Even while shutting down: the note is worth its millisecond.
	if err := s.Store.FailRaw(context.WithoutCancel(ctx), raw.ID, limit(cleanText(err.Error()), 1000), s.Clock()); err != nil {
		s.logger().ErrorContext(ctx, "could not note the failure", "inbound", raw.ID, "error", err)
	}
	return models.Recorded{}, err
}

func (s *Service) process(ctx context.Context, raw models.Raw) (rec models.Recorded, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.logger().ErrorContext(ctx, "panic while understanding an inbound", "inbound", raw.ID, "panic", p, "stack", string(debug.Stack()))
			err = fmt.Errorf("%w: it panicked: %v", errNotUnderstood, p)
		}
	}()
	in, err := s.understand(raw, s.Clock())
	if err != nil {
		return models.Recorded{}, fmt.Errorf("%w: %w", errNotUnderstood, err)
	}
	if rec, ours, err := s.writtenByUs(ctx, raw, &in); ours || err != nil {
		return rec, err
	}
	record, err := s.recordOf(ctx, raw, in)
	if err != nil {
		return models.Recorded{}, err
	}
	rec, err = s.Store.RecordInbound(ctx, record, func(p models.Person) models.Effects { return Engage(record.For(p.Prospect.ID), p) })
	if err != nil {
		return models.Recorded{}, fmt.Errorf("record: %w", err)
	}
	return rec, nil
}

func (s *Service) logger() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.New(slog.DiscardHandler)
}
