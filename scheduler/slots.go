package scheduler

import (
	"slices"
	"sync"
)

// slots bounds the hand-overs going on at once.
type slots struct{ taken chan struct{} }

func newSlots(n int) slots { return slots{make(chan struct{}, n)} }

func (s slots) free() int { return cap(s.taken) - len(s.taken) }
func (s slots) take()     { s.taken <- struct{}{} }
func (s slots) give()     { <-s.taken }

// flight is what this replica holds in memory between claim and settling.
// The rescue asks it: a row that is sending and not here was never handed over.
// It counts, for a touch that nobody began may be claimed again, by this
// replica too, before the settling of its first attempt is back from the
// database: what leaves then is that attempt, and the second one stays.
type flight struct {
	mu   sync.Mutex
	held map[int64]int
}

func (f *flight) enter(ids ...int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		f.held[id]++
	}
}

func (f *flight) leave(ids ...int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, id := range ids {
		if f.held[id]--; f.held[id] <= 0 {
			delete(f.held, id)
		}
	}
}

func (f *flight) list() []int64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	ids := make([]int64, 0, len(f.held))
	for id := range f.held {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
