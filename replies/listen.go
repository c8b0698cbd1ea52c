package replies

import (
	"context"
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
	PolledSenders(ctx context.Context) ([]models.Sender, error)
	// AcquireLease takes or renews a lease; false: another replica has it.
	AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error)
	ReleaseLease(ctx context.Context, name, holder string) error
	InboundCurrent(ctx context.Context, senderID int64, cursor string, now time.Time) error
	MailboxDown(ctx context.Context, senderID int64, cause string, now time.Time) error
	MailboxUp(ctx context.Context, senderID int64, now time.Time) error
}

const (
	leaseFor   = 30 * time.Second
	leaseRenew = 10 * time.Second
	// lookAround is how often new mailboxes and free leases are looked for.
	lookAround = 15 * time.Second
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
}

// Run listens until ctx ends and every listener has stopped.
func (m *Mailboxes) Run(ctx context.Context) {
	var wg sync.WaitGroup
	var mu sync.Mutex
	listening := map[int64]bool{}
	ticker := time.NewTicker(lookAround)
	defer ticker.Stop()
	for {
		senders, err := m.Store.PolledSenders(ctx)
		if err != nil && ctx.Err() == nil {
			m.Log.Error("mailboxes cannot be listed", "error", err)
		}
		for _, sender := range senders {
			mu.Lock()
			busy := listening[sender.ID]
			mu.Unlock()
			if busy || !m.lease(ctx, sender.ID) {
				continue
			}
			mu.Lock()
			listening[sender.ID] = true
			mu.Unlock()
			wg.Go(func() {
				m.hold(ctx, sender)
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
	ok, err := m.Store.AcquireLease(ctx, leaseName(senderID), m.Replica, m.Clock(), leaseFor)
	if err != nil && ctx.Err() == nil {
		m.Log.Error("mailbox lease", "sender", senderID, "error", err)
	}
	return ok && err == nil
}

// hold listens to one mailbox while its lease is ours.
func (m *Mailboxes) hold(ctx context.Context, sender models.Sender) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() {
		// ctx is over here; the lease must go back all the same.
		if err := m.Store.ReleaseLease(context.WithoutCancel(ctx), leaseName(sender.ID), m.Replica); err != nil {
			m.Log.Warn("mailbox lease not released", "sender", sender.ID, "error", err)
		}
	}()
	go func() {
		ticker := time.NewTicker(leaseRenew)
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
	told := false // a person was asked to look
	open := true  // a task may be open, of an earlier process too
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
		case <-time.After(wait.NextBackOff()):
		}
	}
}

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
