package replies

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"followup/channels"
	"followup/models"
)

// MailboxStore is what listening to mailboxes needs of the database.
type MailboxStore interface {
	// PolledSenders lists whose inbound we read; beside an error about one of
	// them it gives the others.
	PolledSenders(ctx context.Context) ([]models.Sender, error)
	// AcquireLease takes or renews a lease; false: another replica has it.
	AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
	ReleaseLease(ctx context.Context, name, holder string) error
	// InboundBehind says that nobody can tell any more whether everything
	// inbound of the sender was read, until InboundCurrent says so again.
	InboundBehind(ctx context.Context, senderID int64) error
	// InboundUnheard marks as behind every sender that InboundHeard still waits for.
	InboundUnheard(ctx context.Context, since time.Time, leaseFor time.Duration) error
	// InboundHeard tells whether every polled sender was read since, or is
	// listened to by a replica that has renewed its lease since.
	InboundHeard(ctx context.Context, since time.Time, leaseFor time.Duration) (bool, error)
	InboundCurrent(ctx context.Context, senderID int64, cursor string, now time.Time) error
	// ReleaseHeard lets what waited for the answers to a sender be judged again.
	ReleaseHeard(ctx context.Context, senderID int64, now time.Time) (int, error)
	MailboxDown(ctx context.Context, senderID int64, cause string, now time.Time) error
	MailboxUp(ctx context.Context, senderID int64, now time.Time) error
}

const (
	defaultLeaseFor   = 15 * time.Second
	defaultLookAround = 5 * time.Second
	// downAfter is how long a mailbox may fail before a person is asked; its
	// automatic touches are held before that (models.InboundCurrency).
	downAfter = 2 * time.Minute
)

// Mailboxes keeps one listener per mailbox over all replicas, each held by a
// lease, and hands what arrives to Receive.
type Mailboxes struct {
	Store    MailboxStore
	Channels *channels.Registry
	Receive  func(context.Context, models.Raw) (models.Recorded, error)
	Clock    models.Clock
	Log      *slog.Logger
	Replica  string
	// LeaseFor is how long a mailbox stays held whose replica died; it is
	// renewed three times in that. 0: 15 s.
	LeaseFor time.Duration
	// LookAround is how often new mailboxes and free leases are looked for; 0: 5 s.
	LookAround time.Duration
	// Patience is how long Heard says no at most; 0: as long as it takes for
	// every lease that a dead process left to run out and to be taken over.
	Patience time.Duration
}

func (m *Mailboxes) leaseFor() time.Duration   { return cmp.Or(m.LeaseFor, defaultLeaseFor) }
func (m *Mailboxes) lookAround() time.Duration { return cmp.Or(m.LookAround, defaultLookAround) }
func (m *Mailboxes) patience() time.Duration {
	return cmp.Or(m.Patience, m.leaseFor()+2*m.lookAround())
}

// Run listens until ctx ends and every listener has stopped.
func (m *Mailboxes) Run(ctx context.Context) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	listening := map[int64]held{}
	ticker := time.NewTicker(m.lookAround())
	defer ticker.Stop()
	for {
		senders, err := m.Store.PolledSenders(ctx)
		if err != nil && ctx.Err() == nil {
			m.Log.Error("mailboxes cannot be listed", "error", err)
		}
		mu.Lock()
		if err == nil || len(senders) > 0 {
			letGo(listening, senders)
		}
		mu.Unlock()
		for _, sender := range senders {
			mu.Lock()
			_, busy := listening[sender.ID]
			mu.Unlock()
			if busy || !m.lease(ctx, sender.ID) {
				continue
			}
			// Nobody listened for a while: what came in then is not read yet,
			// however short ago the last reading was.
			if err := m.Store.InboundBehind(ctx, sender.ID); err != nil {
				m.Log.Error("a sender's inbound could not be marked as unread", "sender", sender.ID, "error", err)
				m.release(ctx, sender.ID)
				continue
			}
			holding, stop := context.WithCancel(ctx)
			mu.Lock()
			listening[sender.ID] = held{connection: connection(sender), stop: stop}
			mu.Unlock()
			wg.Go(func() {
				defer stop()
				m.hold(holding, sender)
				mu.Lock()
				delete(listening, sender.ID)
				mu.Unlock()
			})
		}
		select {
		case <-ctx.Done():
			wg.Wait()
			return
		case <-ticker.C:
		}
	}
}

func leaseName(senderID int64) string { return "mailbox-" + strconv.FormatInt(senderID, 10) }

func (m *Mailboxes) lease(ctx context.Context, senderID int64) bool {
	ok, err := m.Store.AcquireLease(ctx, leaseName(senderID), m.Replica, m.Clock(), m.leaseFor())
	if err != nil && ctx.Err() == nil {
		m.Log.Error("mailbox lease", "sender", senderID, "error", err)
	}
	return ok && err == nil
}

// release gives the lease back, even where ctx is over.
func (m *Mailboxes) release(ctx context.Context, senderID int64) {
	if err := m.Store.ReleaseLease(context.WithoutCancel(ctx), leaseName(senderID), m.Replica); err != nil {
		m.Log.Warn("mailbox lease not released", "sender", senderID, "error", err)
	}
}

// Heard tells whether the answers to every polled sender that came before
// since have been read, here or by another replica. A process that has just
// started sends nothing before that: an answer from the time when everything
// was down still stops the next touch. Its patience ends: whoever was not heard
// by then is marked as behind, and sends nothing by itself until it was.
func (m *Mailboxes) Heard(ctx context.Context, since time.Time) bool {
	heard, err := m.Store.InboundHeard(ctx, since, m.leaseFor())
	if err == nil && !heard && m.Clock().Sub(since) > m.patience() {
		heard, err = true, m.Store.InboundUnheard(ctx, since, m.leaseFor())
	}
	if err != nil && ctx.Err() == nil {
		m.Log.Error("it cannot be told whether answers are being read", "error", err)
	}
	return heard && err == nil
}

// hold listens to one mailbox while its lease is ours.
func (m *Mailboxes) hold(ctx context.Context, sender models.Sender) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer m.release(ctx, sender.ID)
	go func() {
		ticker := time.NewTicker(m.leaseFor() / 3)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				if !m.lease(ctx, sender.ID) {
					cancel()
				}
			}
		}
	}()
	m.listen(ctx, sender)
}

// listen connects, reads, and connects again with backoff until ctx ends.
func (m *Mailboxes) listen(ctx context.Context, sender models.Sender) {
	listener := m.listenerFor(sender)
	if listener == nil {
		m.Log.Error("nothing can read this sender's inbound", "sender", sender.ID, "provider", sender.Provider)
		return
	}
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = time.Second, time.Minute
	var failingSince time.Time
	told := false  // a person was asked to look
	open := true   // a task may be open, of an earlier process too
	behind := true // touches may wait for what is being read
	for ctx.Err() == nil {
		err := listener.Listen(ctx, sender,
			func(ctx context.Context, raw models.Raw) error {
				_, err := m.Receive(ctx, raw)
				return err
			},
			func(ctx context.Context, cursor string) error {
				if err := m.Store.InboundCurrent(ctx, sender.ID, cursor, m.Clock()); err != nil {
					return err
				}
				sender.InboundCursor = cursor
				wait.Reset()
				failingSince = time.Time{}
				if behind {
					// Where this fails what waits is judged a minute later by itself.
					_, err := m.Store.ReleaseHeard(ctx, sender.ID, m.Clock())
					if behind = err != nil; behind {
						m.Log.Warn("what waits for a sender's answers could not be released", "sender", sender.ID, "error", err)
					}
				}
				if !open {
					return nil
				}
				open, told = false, false
				return m.Store.MailboxUp(ctx, sender.ID, m.Clock())
			})
		if ctx.Err() != nil {
			return
		}
		now := m.Clock()
		behind = true
		if failingSince.IsZero() {
			failingSince = now
		}
		m.Log.Warn("mailbox connection ended", "sender", sender.ID, "address", sender.Address, "error", err)
		if !told && now.Sub(failingSince) >= downAfter {
			if derr := m.Store.MailboxDown(ctx, sender.ID, err.Error(), now); derr != nil {
				m.Log.Error("mailbox task", "sender", sender.ID, "error", derr)
			} else {
				told, open = true, true
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(max(wait.NextBackOff(), retryAfter(err))):
		}
	}
}

// retryAfter is the provider's own wish, within what keeps the sender current.
func retryAfter(err error) time.Duration {
	var se *channels.SendError
	if errors.As(err, &se) {
		return min(se.RetryAfter, models.InboundCurrency/2)
	}
	return 0
}

// listenerFor finds what reads a sender's inbound: all of it, since the sender
// has one reading position. Of the channels that share a kind of sender one
// implements channels.Listener.
func (m *Mailboxes) listenerFor(sender models.Sender) channels.Listener {
	for _, kind := range m.Channels.Kinds() {
		ch, ok := m.Channels.Find(kind, sender.Provider)
		if !ok || ch.Rules().Sender != sender.Kind {
			continue
		}
		if l, ok := ch.(channels.Listener); ok {
			return l
		}
	}
	return nil
}
