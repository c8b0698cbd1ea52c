package simulate

import "time"

// at plans an action; one in the past is due now.
func (w *world) at(t time.Time, do func()) {
	if t.Before(w.now) {
		t = w.now
	}
	w.agenda.Add(t, do)
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

// chance is true with probability p.
func (w *world) chance(p float64) bool { return w.rng.Float64() < p }

// within is a random duration from min to max, in whole seconds.
func (w *world) within(min, max time.Duration) time.Duration {
	return (min + time.Duration(w.rng.Int64N(int64(max-min)+1))).Truncate(time.Second)
}

func oneOf[T any](w *world, of []T) T { return of[w.rng.IntN(len(of))] }
