package scheduler

import (
	"slices"
	"time"

	"followup/models"
)

// Window is the time of day in which calls and texts are permitted, in every
// zone in which the person may be at once.
type Window struct {
	zones    []*time.Location
	from, to models.TimeOfDay
}

// horizon is how far a permitted time is looked for: a week covers every
// pattern that repeats daily, and a transition of the clocks.
const horizon = 8 * 24 * time.Hour

// QuietHours gives the window for the person and the number: in their own
// zone where it is known, else in every zone the number may belong to. A
// number moves with its owner, and 25 of the 441 +1 area codes span zones, so
// the window must hold in all of them. It fails with CodeInvalid where
// neither says anything, or where the zone is misspelt.
func QuietHours(p models.Prospect, number string, s models.Settings) (Window, error) {
	const day = 24 * 60 // "until 24:00" is midnight
	w := Window{from: s.QuietFrom % day, to: s.QuietTo % day}
	if p.Zone != "" {
		loc, err := p.Location()
		if err != nil {
			return w, err
		}
		w.zones = []*time.Location{loc}
		return w, nil
	}
	w.zones = candidateZones(number)
	if len(w.zones) == 0 {
		_, err := p.Location()
		return w, err
	}
	return w, nil
}

// Permitted tells whether t lies in the window, in every zone.
func (w Window) Permitted(t time.Time) bool {
	for _, loc := range w.zones {
		if !w.contains(models.TimeOfDayOf(t, loc)) {
			return false
		}
	}
	return true
}

func (w Window) contains(tod models.TimeOfDay) bool {
	switch {
	case w.from == w.to: // no bounds
		return true
	case w.from < w.to:
		return tod >= w.from && tod < w.to
	}
	return tod >= w.from || tod < w.to // over midnight
}

// Next is the first permitted instant at or after t; false where the zones
// leave none.
func (w Window) Next(t time.Time) (time.Time, bool) {
	if w.Permitted(t) {
		return t, true
	}
	for _, at := range w.edges(w.from, t, t.Add(horizon)) {
		if w.Permitted(at) {
			return at, true
		}
	}
	return time.Time{}, false
}

// Latest is the last permitted minute at or before t; false where there is none.
func (w Window) Latest(t time.Time) (time.Time, bool) {
	if w.Permitted(t) {
		return t, true
	}
	edges := w.edges(w.to, t.Add(-horizon), t)
	for _, at := range slices.Backward(edges) {
		if last := at.Add(-time.Minute); w.Permitted(last) {
			return last, true
		}
	}
	return time.Time{}, false
}

// Closes is the first instant after t that is no longer permitted; false
// where there is none, or where t itself is not permitted.
func (w Window) Closes(t time.Time) (time.Time, bool) {
	if !w.Permitted(t) {
		return time.Time{}, false
	}
	for _, at := range w.edges(w.to, t, t.Add(horizon)) {
		if at.After(t) && !w.Permitted(at) {
			return at, true
		}
	}
	return time.Time{}, false
}

// edges are the instants in [from, to] at which the window may open or close:
// where a zone's clocks show tod (twice in an autumn overlap) and where they
// jump. They come in order.
func (w Window) edges(tod models.TimeOfDay, from, to time.Time) []time.Time {
	var at []time.Time
	add := func(t time.Time) {
		if !t.Before(from) && !t.After(to) {
			at = append(at, t.UTC())
		}
	}
	for _, loc := range w.zones {
		last := models.DateOf(to, loc).AddDays(1)
		for d := models.DateOf(from, loc).AddDays(-1); d <= last; d = d.AddDays(1) {
			first := d.At(tod, loc)
			add(first)
			if second, ok := secondTime(first, loc); ok {
				add(second)
			}
		}
		for t := from; ; {
			_, jump := t.In(loc).ZoneBounds()
			if jump.IsZero() || jump.After(to) {
				break
			}
			add(jump)
			t = jump
		}
	}
	slices.SortFunc(at, time.Time.Compare)
	return at
}

// secondTime is when the clocks show the time of t again, after being set back.
func secondTime(t time.Time, loc *time.Location) (time.Time, bool) {
	_, before := t.In(loc).Zone()
	_, jump := t.In(loc).ZoneBounds()
	if jump.IsZero() || jump.Sub(t) > 3*time.Hour {
		return time.Time{}, false
	}
	_, after := jump.In(loc).Zone()
	again := t.Add(time.Duration(before-after) * time.Second)
	return again, after < before && !again.Before(jump)
}
