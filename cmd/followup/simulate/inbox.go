package simulate

import (
	"context"
	"fmt"
	"time"

	"followup/models"
	"followup/replies"
)

// inboxStore lets the process that understands mail die between any two writes.
type inboxStore struct {
	replies.Store
	w *world
}

func (s *inboxStore) SaveRaw(ctx context.Context, raw models.Raw) (models.Raw, bool, error) {
	if s.w.chance(killRate) {
		return raw, false, errAway
	}
	saved, fresh, err := s.Store.SaveRaw(ctx, raw)
	if err == nil && s.w.chance(loseRate) {
		return saved, false, errLost
	}
	return saved, fresh, err
}

func (s *inboxStore) RecordInbound(ctx context.Context, rec models.InboundRecord, engage func(models.Person) models.Effects) (models.Recorded, error) {
	if s.w.chance(killRate) {
		return models.Recorded{}, errAway
	}
	done, err := s.Store.RecordInbound(ctx, rec, engage)
	if err == nil && !done.Repeat {
		s.w.model.recorded(s.w, rec)
	}
	if err == nil && s.w.chance(loseRate) {
		return models.Recorded{}, errLost
	}
	return done, err
}

// receive delivers an inbound until it is ours, as providers and mailboxes
// do; what was stored and not understood is tried again later.
func (w *world) receive(p *person, raw models.Raw, said wish) {
	w.model.arriving[raw.ProviderID] = arrival{p, said}
	if p.readByUs(w, raw) && w.now.Before(w.mailDown) {
		w.note(p.name, p, "%s (waits unread: the mailbox is down)", said)
		w.judge.unread(p)
		w.at(w.mailDown, func() {
			w.judge.read(p)
			w.deliver(p, raw, said)
		})
		return
	}
	w.note(p.name, p, "%s", said)
	w.deliver(p, raw, said)
}

func (w *world) deliver(p *person, raw models.Raw, said wish) {
	_, err := w.rep.Receive(w.ctx, raw)
	w.res.Received++
	if err != nil {
		w.note("provider", p, "delivers it again later: %v", err)
		w.later(w.within(time.Second, 10*time.Minute), func() { w.deliver(p, raw, said) })
		return
	}
	var state string
	if err := w.db.QueryRowContext(w.ctx, `SELECT state FROM inbounds WHERE provider = ? AND provider_id = ?`, raw.Provider, raw.ProviderID).Scan(&state); err != nil {
		w.fail(fmt.Errorf("an inbound was taken and is not there: %w", err))
		return
	}
	if state != string(models.RawProcessed) {
		w.note("replies", p, "the inbound is stored and not understood yet (%s)", state)
		w.later(w.within(time.Second, 10*time.Minute), func() {
			if _, err := w.rep.Retry(w.ctx); err != nil {
				w.fail(err)
			}
		})
	}
}

func (p *person) readByUs(w *world, raw models.Raw) bool {
	return raw.SenderID != nil && *raw.SenderID == w.polled()
}

// polled is the sender whose mailbox we read ourselves.
func (w *world) polled() int64 {
	for _, s := range w.senders {
		if s.Inbound == models.InboundPoll {
			return s.ID
		}
	}
	return 0
}

// readMail says that the polled mailbox was read, while it can be.
func (w *world) readMail() {
	if w.now.Before(w.mailDown) || w.judge.waiting() || w.polled() == 0 {
		return
	}
	// Written by itself once a minute at most: every tick would be costly and no truer.
	if w.judge.lastMail.IsZero() || w.now.Sub(w.judge.lastMail) >= time.Minute {
		w.judge.lastMail = w.now
		w.fail(w.store.InboundCurrent(w.ctx, w.polled(), "", w.now))
	}
}
