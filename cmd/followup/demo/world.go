// Package demo plays weeks of follow-up in minutes: scripted customers and
// reps against the real scheduler, replies and store, on a time of their own.
// The same play fills the demonstration workspace and is checked, to the
// message, against what each script says must happen.
package demo

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"followup/cmd/followup/agenda"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
)

// World is one play: the product's own parts, a clock and the people.
type World struct {
	Store     *store.Store
	Scheduler *scheduler.Scheduler // Synchronous
	Replies   *replies.Service
	CRM       *crm.Service
	Clock     *Clock
	Log       *slog.Logger
	Rand      *rand.Rand // seeded: the same seed plays the same

	mu     sync.Mutex
	sent   []models.Message // handed to the sandbox since the last look
	agenda agenda.Agenda[action]
	people []*person
	byID   map[int64]*person
	reps   []int64
	// in the order drawn: the same pair never comes twice
	firstNames, lastNames []string
	idle                  time.Time // the reps work until then; zero: always
	lastOpened            int64
}

// Sent is the sandbox's hook: the customers see what reaches them.
func (w *World) Sent(m models.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent = append(w.sent, m)
}

// person is a prospect in the play.
type person struct {
	prospect models.Prospect
	part     part
	reached  map[models.ChannelKind]int // messages that arrived, per channel
	calls    int                        // call tasks that opened
}

// action is something a customer or a rep does.
type action struct {
	what string
	do   func(context.Context) error
}

// after plans an action.
func (w *World) after(d time.Duration, what string, do func(context.Context) error) {
	w.agenda.Add(w.Clock.Now().Add(d), action{what: what, do: do})
}

// Pace waits while the play goes from one instant to the next. It may move
// the clock on the way.
type Pace func(ctx context.Context, from, to time.Time) error

// Play runs until end. Pace nil: as fast as it goes.
func (w *World) Play(ctx context.Context, end time.Time, pace Pace) error {
	for {
		if err := w.settle(ctx); err != nil {
			return err
		}
		next, err := w.next(ctx, end)
		if err != nil {
			return err
		}
		if pace != nil {
			if err := pace(ctx, w.Clock.Now(), next); err != nil {
				return err
			}
		}
		w.Clock.Set(next)
		if !next.Before(end) {
			return nil
		}
	}
}

// settle lets everything happen that is due now: the engine first, then the
// people, until both are quiet.
func (w *World) settle(ctx context.Context) error {
	for {
		now := w.Clock.Now()
		if err := w.Scheduler.Tick(ctx, now); err != nil {
			return fmt.Errorf("tick at %s: %w", now.Format(time.RFC3339), err)
		}
		if err := w.look(ctx); err != nil {
			return err
		}
		acted := false
		for a, due := w.agenda.Take(now); due; a, due = w.agenda.Take(now) {
			if err := a.do(ctx); err != nil {
				return fmt.Errorf("%s at %s: %w", a.what, now.Format(time.RFC3339), err)
			}
			acted = true
		}
		if !acted {
			return nil
		}
	}
}

// next is when something happens again, at most end.
func (w *World) next(ctx context.Context, end time.Time) (time.Time, error) {
	next := end
	if at, ok := w.agenda.Next(); ok && at.Before(next) {
		next = at
	}
	due, ok, err := w.Store.NextDue(ctx)
	if err != nil {
		return next, err
	}
	// What is due now and stays due (a stopped sender's touch, say) must not
	// hold the time up.
	if ok && due.Before(next) {
		if !due.After(w.Clock.Now()) {
			due = w.Clock.Now().Add(time.Minute)
		}
		if due.Before(next) {
			next = due
		}
	}
	return next, nil
}

// look shows the people what has happened since they last looked.
func (w *World) look(ctx context.Context) error {
	w.mu.Lock()
	sent := w.sent
	w.sent = nil
	w.mu.Unlock()
	for _, m := range sent {
		if p := w.byID[deref(m.ProspectID)]; p != nil {
			p.reached[m.Channel]++
			w.react(p, m)
		}
	}
	tasks, last, err := w.Store.TasksOpenedAfter(ctx, w.lastOpened)
	if err != nil {
		return err
	}
	w.lastOpened = last
	for _, t := range tasks {
		if p := w.byID[deref(t.ProspectID)]; p != nil {
			w.work(p, t)
		}
	}
	return nil
}

func deref(id *int64) int64 {
	if id == nil {
		return 0
	}
	return *id
}
