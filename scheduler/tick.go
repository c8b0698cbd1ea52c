package scheduler

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"followup/models"
)

const (
	planLimit = 200 // enrollments planned in one transaction
	liftLimit = 200
	// maxBatch bounds a claim's transaction, for an inbound waits for the claim
	// that holds its row. What a claim costs however small it is makes tiny
	// batches dear and hardly quicker, so minBatch bounds them from below.
	maxBatch = 400
	minBatch = 100
	// claimTarget is how long a claim's transaction should take at most.
	claimTarget = 40 * time.Millisecond
	// maxRounds bounds one Tick, so that a heartbeat is never far away.
	maxRounds = 1000

	elapseEvery = time.Second
)

// Tick does everything that is due at now: see DESIGN.md §4. It never waits
// for a provider unless Synchronous is set. A Tick in progress is not entered
// again. What goes wrong in one part is logged and returned; the other parts
// go on.
func (s *Scheduler) Tick(ctx context.Context, now time.Time) error {
	e := s.engine()
	if !e.ticks.TryLock() {
		return nil
	}
	defer e.ticks.Unlock()
	began := s.clock(now)
	err := errors.Join(
		s.part(ctx, "heartbeat", func() error { return s.heartbeat(ctx, now) }),
		s.part(ctx, "booked calls", func() error { return s.bookedCalls(ctx, now) }),
		s.part(ctx, "rescue", func() error { return s.rescue(ctx, now) }),
		s.part(ctx, "missed calls and pauses", func() error { return s.elapse(ctx, now) }),
		s.work(ctx, now),
	)
	e.lastTook = s.clock(now).Sub(began)
	e.ticked.Store(&now)
	return err
}

// clock reads the injected clock; without one the Tick's own time stands.
func (s *Scheduler) clock(now time.Time) time.Time {
	if s.Clock == nil {
		return now
	}
	return s.Clock()
}

// part runs one part of a Tick so that its failure, or its panic, leaves the
// others alone.
func (s *Scheduler) part(ctx context.Context, name string, fn func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			s.Log.ErrorContext(ctx, "the engine failed", "part", name, "panic", r, "stack", string(debug.Stack()))
			err = fmt.Errorf("%s: panic: %v", name, r)
		}
	}()
	if err = fn(); err != nil {
		err = fmt.Errorf("%s: %w", name, err)
		if ctx.Err() == nil {
			s.Log.ErrorContext(ctx, "a part of the tick failed", "part", name, "error", err)
		}
	}
	return err
}

// work plans and claims until neither finds anything. In Synchronous mode
// what was sent is settled by then, and its enrollments are planned on. What
// was claimed until nothing was left needs no further claim before a plan has
// put something there.
func (s *Scheduler) work(ctx context.Context, now time.Time) error {
	var errs error
	for round := 0; round < maxRounds && ctx.Err() == nil; round++ {
		planned, claimed := 0, 0
		perr := s.part(ctx, "plan", func() (err error) {
			planned, err = s.planAll(ctx, now)
			return err
		})
		var cerr error
		if round == 0 || planned > 0 {
			cerr = s.part(ctx, "claim", func() (err error) {
				claimed, err = s.claimAll(ctx, now)
				return err
			})
		}
		errs = errors.Join(errs, perr, cerr)
		if errs != nil || planned+claimed == 0 {
			break
		}
	}
	return errs
}

func (s *Scheduler) planAll(ctx context.Context, now time.Time) (int, error) {
	total := 0
	for ctx.Err() == nil && total < planLimit*maxRounds {
		n, err := s.Store.PlanDue(ctx, now, planLimit, s.plan(now))
		total += n
		if err != nil || n == 0 {
			return total, err
		}
	}
	return total, nil
}

// claimAll claims until nothing is due or no slot is free, and tells how many
// touches moved on.
func (s *Scheduler) claimAll(ctx context.Context, now time.Time) (int, error) {
	e := s.engine()
	total := 0
	maySend := s.MaySend == nil || s.MaySend(ctx)
	for range maxRounds {
		if ctx.Err() != nil {
			break
		}
		began := s.clock(now)
		if began.Sub(now) >= s.SendFor/2 {
			s.Wake() // a claim at now would be too late to send: the next Tick has the right time
			break
		}
		free := e.slots.free()
		if !maySend {
			free = 0
		}
		claimed, err := s.Store.ClaimDue(ctx, models.ClaimRequest{
			Now: now, Replica: s.Replica, Slots: free, Batch: e.batch, SendFor: s.SendFor,
		}, s.judgeAll(now))
		if err != nil {
			return total, err
		}
		e.adapt(s.clock(now).Sub(began), claimed.Judged)
		begun := s.dispatch(ctx, now, claimed.Dispatches)
		// What was stopped at the last moment is no progress: it is claimed
		// again at the next Tick, not at once.
		progress := claimed.Judged - len(claimed.Dispatches) + begun
		if total += progress; progress == 0 {
			break
		}
	}
	return total, nil
}

// adapt keeps the claim's transaction short: a slow database gets smaller batches.
func (e *engine) adapt(took time.Duration, judged int) {
	switch {
	case took > claimTarget:
		e.batch = max(minBatch, e.batch/2)
	case judged >= e.batch && took < claimTarget/2:
		e.batch = min(maxBatch, e.batch*2)
	}
}

func (s *Scheduler) judgeAll(now time.Time) func(context.Context, []models.Due) []models.Decision {
	gate := s.gate(now)
	return func(_ context.Context, dues []models.Due) []models.Decision {
		decisions := make([]models.Decision, len(dues))
		made := map[int64][]models.RecentTouch{}
		for i, d := range dues {
			// Two touches of one person may be in one batch: the first counts for the second.
			d.Recent = append(d.Recent[:len(d.Recent):len(d.Recent)], made[d.Prospect.ID]...)
			decisions[i] = Judge(d, gate)
			if dec := decisions[i]; dec.Action == models.DecideSend || dec.Action == models.DecideOpen {
				made[d.Prospect.ID] = append(made[d.Prospect.ID], models.RecentTouch{
					ProspectID: d.Prospect.ID, Channel: cmp.Or(dec.Channel, d.Touch.Channel), Purpose: d.Touch.Purpose, At: now,
				})
			}
		}
		return decisions
	}
}

// elapse does what time alone asks for: it ends booked calls nobody dialled,
// and pauses, and escalates what nobody answered.
// A Tick that a freed slot asked for need not look again within the second.
func (s *Scheduler) elapse(ctx context.Context, now time.Time) error {
	e := s.engine()
	if !s.Synchronous && !dueAgain(e.lastElapse, now, elapseEvery) {
		return nil
	}
	err := errors.Join(s.drain(ctx, now, s.Store.MissBookedCalls), s.drain(ctx, now, s.Store.LiftElapsed), s.drain(ctx, now, s.Store.EscalateUnanswered))
	if err == nil {
		e.lastElapse = now
	}
	return err
}

// drain calls a store method until it finds less than a full batch.
func (s *Scheduler) drain(ctx context.Context, now time.Time, fn func(context.Context, time.Time, int) (int, error)) error {
	for range maxRounds {
		n, err := fn(ctx, now, liftLimit)
		if err != nil || n < liftLimit {
			return err
		}
	}
	return nil
}

// heartbeat says that this replica lives, before it claims anything.
func (s *Scheduler) heartbeat(ctx context.Context, now time.Time) error {
	e := s.engine()
	if !dueAgain(e.lastHeartbeat, now, s.HeartbeatEvery) {
		return nil
	}
	if err := s.Store.Heartbeat(ctx, s.Replica, now, e.lastTook); err != nil {
		return err
	}
	e.lastHeartbeat = now
	return nil
}

// dueAgain tells whether every has passed since last. A clock that was set
// back counts as passed.
func dueAgain(last, now time.Time, every time.Duration) bool {
	return last.IsZero() || now.Before(last) || now.Sub(last) >= every
}

// planOne plans one enrollment; a fault in it rests that one only.
func planOne(in models.PlanInput, now time.Time, cal Calendar, rules Rules, log *slog.Logger) (res models.PlanResult) {
	defer func() {
		if r := recover(); r != nil {
			log.Error("planning failed", "enrollment", in.Enrollment.ID, "panic", r, "stack", string(debug.Stack()))
			res = models.PlanResult{EnrollmentID: in.Enrollment.ID, Attention: &models.Attention{
				Reason: models.AttentionPlan,
				Title:  in.Prospect.Name() + ": the next step could not be planned",
				Detail: fmt.Sprintf("the engine failed on this enrollment (%v); tell whoever runs the installation, then close this task to try again", r),
			}}
		}
	}()
	return Plan(in, now, cal, rules)
}
