package scheduler

import (
	"context"
	"slices"
	"sync"
	"time"
)

// slots bounds the hand-overs going on at once.
type slots struct{ taken chan struct{} }

func newSlots(n int) slots { return slots{make(chan struct{}, n)} }

func (s slots) free() int { return cap(s.taken) - len(s.taken) }
func (s slots) take()     { s.taken <- struct{}{} }
func (s slots) give()     { <-s.taken }

const (
	// gatherFor is how long a Tick may wait for more slots: a claim costs the
	// same for one message as for fifty.
	gatherFor  = 10 * time.Millisecond
	gatherStep = time.Millisecond
)

// gather waits a moment while most slots are taken, so that what has been
// handed over in it is followed by one claim and not by one each.
func (s slots) gather(ctx context.Context) {
	enough := (cap(s.taken) + 1) / 2
	for waited := time.Duration(0); waited < gatherFor && s.free() < enough && ctx.Err() == nil; waited += gatherStep {
		select {
		case <-ctx.Done():
		case <-time.After(gatherStep):
		}
	}
}

// flight is what this replica holds in memory between claim and settling.
// The rescue asks it: a row that is sending and not here was never handed over.
type flight struct {
	mu  sync.Mutex
	ids map[int64]bool
}

func (f *flight) enter(ids ...int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		f.ids[id] = true
	}
}

func (f *flight) leave(ids ...int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		delete(f.ids, id)
	}
}

func (f *flight) list() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]int64, 0, len(f.ids))
	for id := range f.ids {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
