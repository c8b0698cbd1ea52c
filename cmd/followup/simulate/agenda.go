package simulate

import (
	"container/heap"
	"time"
)

// action is something a person does at a time.
type action struct {
	at    time.Time
	order int // of planning, so that equal times keep it
	do    func()
}

type agenda []action

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if !a[i].at.Equal(a[j].at) {
		return a[i].at.Before(a[j].at)
	}
	return a[i].order < a[j].order
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }

// Push is heap.Interface.
func (a *agenda) Push(x any) { *a = append(*a, x.(action)) }

// Pop is heap.Interface.
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

// at plans an action; one in the past is due now.
func (w *world) at(t time.Time, do func()) {
	if t.Before(w.now) {
		t = w.now
	}
	w.planned++
	heap.Push(&w.agenda, action{at: t, order: w.planned, do: do})
}

// later plans an action on the grid of ordinary life: people do not act to the
// second, and what happens together is simulated together.
func (w *world) later(d time.Duration, do func()) {
	t := w.now.Add(d)
	if g := t.Truncate(w.grid); g.After(w.now) {
		t = g
	}
	w.at(t, do)
}

// soon plans what follows something at once, on the beat of what does.
func (w *world) soon(d time.Duration, do func()) {
	w.at(w.now.Add(d).Truncate(w.beat), do)
}

func (w *world) nextAction() (action, bool) {
	if len(w.agenda) == 0 || w.agenda[0].at.After(w.now) {
		return action{}, false
	}
	return heap.Pop(&w.agenda).(action), true
}

// chance is true with probability p.
func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

// within is a random duration from min to max, in whole seconds.
func (w *world) within(min, max time.Duration) time.Duration {
	return (min + time.Duration(w.rng.Int64N(int64(max-min)+1))).Truncate(time.Second)
}

func oneOf[T any](w *world, of []T) T { return of[w.rng.IntN(len(of))] }
