package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"followup/models"
)

const (
	settleBatch = 200
	// settleGrace is how long settling goes on once the engine is told to end.
	settleGrace = 20 * time.Second
)

// errUnsettled: told to end while the database is away. The rescue, here at
// the next start or in another replica, finds what it was about.
var errUnsettled = errors.New("the database did not come back before the end; what was handed over is looked into at the next start")

// settler gathers results. Whoever brings one while nobody is settling
// settles, and takes along what comes in meanwhile: the busier, the larger
// the batches.
type settler struct {
	mu      sync.Mutex
	waiting []models.SendResult
	busy    bool
}

// add leaves a result; it reports whether the caller is to settle.
func (q *settler) add(r models.SendResult) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
	first := !q.busy
	q.busy = true
	return first
}

// take gives the next batch; with none left the caller is relieved.
func (q *settler) take() []models.SendResult {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), settleBatch)
	batch := q.waiting[:n:n]
	q.waiting = q.waiting[n:]
	q.busy = n > 0
	return batch
}

// settleSoon records a result, alone or with others.
func (s *Scheduler) settleSoon(ctx context.Context, r models.SendResult) {
	q := &s.engine().settle
	if !q.add(r) {
		return
	}
	for batch := q.take(); len(batch) > 0; batch = q.take() {
		s.settleAll(ctx, batch)
		s.Wake() // the next steps can be planned
	}
}

// settleAll records results; it retries until the database is back, for what
// was handed over must not be forgotten.
func (s *Scheduler) settleAll(ctx context.Context, results []models.SendResult) {
	if len(results) == 0 {
		return
	}
	ctx, cancel := outlive(ctx, settleGrace)
	defer cancel()
	wait := backoff.NewExponentialBackOff()
	wait.InitialInterval, wait.MaxInterval = 50*time.Millisecond, 5*time.Second
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		return struct{}{}, s.settleSafely(ctx, results)
	}, backoff.WithBackOff(wait), backoff.WithMaxElapsedTime(0), backoff.WithNotify(func(err error, next time.Duration) {
		s.Log.ErrorContext(ctx, "results could not be recorded; trying again", "error", err, "results", len(results), "in", next)
	}))
	if err != nil {
		s.Log.ErrorContext(ctx, "results were not recorded", "error", fmt.Errorf("%w: %w", errUnsettled, err), "results", len(results))
	}
	for _, r := range results {
		s.engine().flight.leave(r.TouchID)
	}
}

func (s *Scheduler) settleSafely(ctx context.Context, results []models.SendResult) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("settling failed: %v", r)
		}
	}()
	return s.Store.Settle(ctx, results, s.plan(results[len(results)-1].At))
}

// outlive gives a context that ends some time after ctx does.
func outlive(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}
