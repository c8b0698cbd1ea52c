package main

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// quantile of values, which it sorts.
func quantile[T time.Duration | float64](values []T, q float64) T {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[min(int(float64(len(values))*q), len(values)-1)]
}

func median(values []float64) float64 { return quantile(values, 0.5) }

// arrivals notes when the first message of each came, and how even the order was.
type arrivals struct {
	mu     sync.Mutex
	at     map[string]time.Time
	counts map[string]int
	total  int
	tenth  []int
}

func (a *arrivals) note(key string, at time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.at == nil {
		a.at, a.counts = map[string]time.Time{}, map[string]int{}
	}
	if _, seen := a.at[key]; !seen {
		a.at[key] = at
	}
	a.counts[key]++
	if a.total++; a.total == 10*len(a.counts) { // overwritten until everybody is in
		a.tenth = slices.Collect(maps.Values(a.counts))
	}
}

func (a *arrivals) first() map[string]time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return maps.Clone(a.at)
}

func (a *arrivals) tenths() []int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.tenth)
}
