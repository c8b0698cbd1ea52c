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
