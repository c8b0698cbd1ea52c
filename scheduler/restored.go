package scheduler

import (
	"context"
	"log/slog"
	"time"

	"followup/channels"
	"followup/models"
)

// RestoreStore is what reconciling a restored workspace needs of the database.
type RestoreStore interface {
	Settings(ctx context.Context) (models.Settings, error)
	// ParkRestored sets aside what may have been done in the unknown time.
	ParkRestored(ctx context.Context, now time.Time) (int, error)
	SendersWithCredentials(ctx context.Context) ([]models.Sender, error)
	// RecordLeft takes over what a provider's record shows and we do not know.
	RecordLeft(ctx context.Context, sender models.Sender, left []models.Left, now time.Time) (unknown int, err error)
	// JudgeRestored plans again what the whole records rule out.
	JudgeRestored(ctx context.Context, whole []int64, now time.Time) (replanned int, err error)
	// InboundRead tells whether every polled sender was read since.
	InboundRead(ctx context.Context, since time.Time) (bool, error)
	// FinishRestored notes that everything that can be read was read.
	FinishRestored(ctx context.Context, now time.Time) error
}

// Restored reconciles a workspace that came from a backup with what happened
// since: what came in, which the listeners read, and what left, which the
// providers' own records show. Nothing is sent meanwhile; what cannot be
// proved is left to a person.
type Restored struct {
	Store    RestoreStore
	Channels *channels.Registry
	Clock    models.Clock
	Log      *slog.Logger
}

// providersListLate is how long a provider may take to list what it has sent:
// the process that ran before the restoring may have sent until then.
const providersListLate = 2 * time.Minute

// Step goes one step on. It reports false where nothing is left to do, in a
// workspace that was never restored at once.
func (r *Restored) Step(ctx context.Context) (bool, error) {
	set, err := r.Store.Settings(ctx)
	if err != nil || set.Restored == nil {
		return err != nil, err
	}
	now := r.Clock()
	if n, err := r.Store.ParkRestored(ctx, now); err != nil {
		return true, err
	} else if n > 0 {
		r.Log.WarnContext(ctx, "messages that were due before the restoring were set aside", "count", n)
	}
	if set.Restored.ReconciledAt != nil {
		return true, nil // what comes up later is still set aside
	}
	// What came in comes first: a reply in it stops what would be planned again.
	if read, err := r.Store.InboundRead(ctx, set.Restored.At); err != nil || !read || now.Sub(set.Restored.At) < providersListLate {
		return true, err
	}
	whole, failed, err := r.ledgers(ctx, set.Restored.BackupOf.Add(-time.Hour), now)
	if err != nil {
		return true, err
	}
	replanned, err := r.Store.JudgeRestored(ctx, whole, now)
	if err != nil {
		return true, err
	}
	r.Log.InfoContext(ctx, "the providers' records were read", "planned_again", replanned, "senders_proved", len(whole), "senders_failed", failed)
	if failed > 0 {
		return true, nil
	}
	return true, r.Store.FinishRestored(ctx, now)
}

// ledgers reads every sender's records and tells of which senders they are whole.
func (r *Restored) ledgers(ctx context.Context, since, now time.Time) (whole []int64, failed int, err error) {
	senders, err := r.Store.SendersWithCredentials(ctx)
	if err != nil {
		return nil, 0, err
	}
	for _, sender := range senders {
		complete, err := r.ledger(ctx, sender, since, now)
		switch {
		case ctx.Err() != nil:
			return nil, 0, ctx.Err()
		case err != nil:
			failed++
			r.Log.WarnContext(ctx, "what left a sender could not be read; it is tried again", "sender", sender.Address, "error", err)
		case complete:
			whole = append(whole, sender.ID)
		}
	}
	return whole, failed, nil
}

// ledger reads one sender's record on every channel that it serves. It is
// whole where each of them is.
func (r *Restored) ledger(ctx context.Context, sender models.Sender, since, now time.Time) (whole bool, err error) {
	asked := 0
	whole = true
	for _, kind := range r.Channels.Kinds() {
		ch, ok := r.Channels.Find(kind, sender.Provider)
		if !ok || ch.Rules().Sender != sender.Kind {
			continue
		}
		ledger, ok := ch.(channels.Ledger)
		if !ok {
			whole = false
			continue
		}
		asked++
		complete, err := ledger.Left(ctx, sender, since, func(l models.Left) error {
			_, err := r.Store.RecordLeft(ctx, sender, []models.Left{l}, now)
			return err
		})
		if err != nil {
			return false, err
		}
		whole = whole && complete
	}
	return whole && asked > 0, nil
}
