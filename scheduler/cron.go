package scheduler

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/robfig/cron/v3"
)

// tickSpec is every second.
const tickSpec = "* * * * * *"

// Job is work that recurs beside the Ticks: a digest, a clean-up. Every
// replica runs it; one that may happen once a period only commits its
// (job, period) row together with what it produces.
type Job struct {
	Name string
	Spec string // cron with seconds, UTC
	Run  func(ctx context.Context, now time.Time) error
}

// entries are all recurring work: the Tick, and the jobs that wire.go lists.
// A job that is still running is not started again, and one that fails or
// panics is logged and comes again with its next turn.
func (s *Scheduler) entries(ctx context.Context) []entry {
	all := []entry{{spec: tickSpec, run: s.Wake}}
	for _, j := range s.Jobs {
		all = append(all, entry{spec: j.Spec, run: func() {
			if err := j.Run(ctx, s.Clock()); err != nil && ctx.Err() == nil {
				s.Log.Error("a job failed; it is tried again at its next turn", "job", j.Name, "error", err)
			}
		}})
	}
	return all
}

type entry struct {
	spec string
	run  func()
}

// watchdogAfter is how long no Tick may have come before one is asked for
// without cron: cron computes its next run on the wall clock and stalls when
// that is set back, this timer does not.
const watchdogAfter = 5 * time.Second

// Run ticks every second (cron), and at each Wake, until ctx ends; then it
// waits for what is in flight.
func (s *Scheduler) Run(ctx context.Context) error {
	if s.Clock == nil || s.Store == nil || s.Channels == nil {
		return errors.New("scheduler: Run needs a Store, Channels and a Clock")
	}
	e := s.engine()
	logger := cronLog{s.Log}
	jobs := cron.New(cron.WithSeconds(), cron.WithLocation(time.UTC), cron.WithLogger(logger),
		cron.WithChain(cron.Recover(logger), cron.SkipIfStillRunning(logger)))
	for _, e := range s.entries(ctx) {
		if _, err := jobs.AddFunc(e.spec, e.run); err != nil {
			return fmt.Errorf("cron entry %q: %w", e.spec, err)
		}
	}
	jobs.Start()
	defer func() {
		<-jobs.Stop().Done()
		e.sends.Wait()
	}()
	watchdog := time.NewTimer(0)
	defer watchdog.Stop()
	rested := time.NewTimer(0)
	defer rested.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-e.wakes:
		case <-watchdog.C:
		}
		if ctx.Err() != nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-rested.C:
		}
		_ = s.Tick(ctx, s.Clock()) // its parts have logged what went wrong
		rested.Reset(restBetween)
		watchdog.Reset(watchdogAfter)
	}
}

// restBetween two Ticks: a claim costs the same for one message as for fifty,
// so what frees slots and what comes in meanwhile is followed by one of them.
const restBetween = 10 * time.Millisecond

// cronLog passes cron's log on; its news of every run is of no interest.
type cronLog struct{ log *slog.Logger }

func (l cronLog) Info(string, ...any) {}

func (l cronLog) Error(err error, msg string, keysAndValues ...any) {
	l.log.Error(msg, append(keysAndValues, "error", err)...)
}
