// Package agenda keeps what people will do at a time, for the demonstration
// and the simulation.
package agenda

import (
	"container/heap"
	"time"
)

// Agenda gives what was planned in the order of its times; what has the same
// time comes in the order of planning. The zero value is empty.
type Agenda[T any] struct {
	entries entries[T]
	planned int
}

// Add plans what for at.
func (a *Agenda[T]) Add(at time.Time, what T) {
	a.planned++
	heap.Push(&a.entries, entry[T]{at: at, order: a.planned, what: what})
}

// Next is the time of the first entry; false: there is none.
func (a *Agenda[T]) Next() (time.Time, bool) {
	if len(a.entries) == 0 {
		return time.Time{}, false
	}
	return a.entries[0].at, true
}

// Take removes the first entry whose time has come; false: there is none.
func (a *Agenda[T]) Take(now time.Time) (what T, ok bool) {
	if at, any := a.Next(); !any || at.After(now) {
		return what, false
	}
	return heap.Pop(&a.entries).(entry[T]).what, true
}

type entry[T any] struct {
	at    time.Time
	order int // of planning
	what  T
}

type entries[T any] []entry[T]

func (e entries[T]) Len() int { return len(e) }
func (e entries[T]) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].order < e[j].order
}
func (e entries[T]) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push is heap.Interface.
func (e *entries[T]) Push(x any) { *e = append(*e, x.(entry[T])) }

// Pop is heap.Interface.
func (e *entries[T]) Pop() any {
	old := *e
	last := old[len(old)-1]
	*e = old[:len(old)-1]
	return last
}
