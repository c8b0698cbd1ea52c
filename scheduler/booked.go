package scheduler

import (
	"context"
	"time"

	"followup/models"
)

const (
	// openLimit bounds a transaction that opens booked calls. It holds each
	// person's row, which an answer of theirs waits for.
	openLimit  = 1000
	readyLimit = 200
)

// bookedCalls opens the booked calls whose minute has come, before anything
// else that is due, and makes ready those that come next.
func (s *Scheduler) bookedCalls(ctx context.Context, now time.Time) error {
	if err := s.openBooked(ctx, now); err != nil {
		return err
	}
	e := s.engine()
	if !s.Synchronous && !dueAgain(e.lastReady, now, readyEvery) {
		return nil
	}
	after := int64(0)
	for range maxRounds {
		var err error
		if after, err = s.Store.ReadyCalls(ctx, now, after, readyLimit, s.judgeAhead); err != nil {
			return err
		}
		if after == 0 {
			break
		}
	}
	e.lastReady = now
	return nil
}

// readyEvery is well below models.ReadyAhead; a call that is booked for
// within it opens without having been made ready.
const readyEvery = 10 * time.Second

func (s *Scheduler) openBooked(ctx context.Context, now time.Time) error {
	var people []int64
	for range maxRounds {
		opened, err := s.Store.OpenBooked(ctx, now, openLimit)
		if err != nil {
			return err
		}
		people = append(people, opened...)
		if len(opened) < openLimit {
			break
		}
	}
	return s.Store.RenewNext(ctx, people)
}

// judgeAhead judges booked calls as of their minute.
func (s *Scheduler) judgeAhead(dues []models.Due) []models.Decision {
	decisions := make([]models.Decision, len(dues))
	for i, d := range dues {
		decisions[i] = Judge(d, s.gate(d.Touch.PromisedAt))
	}
	return decisions
}
