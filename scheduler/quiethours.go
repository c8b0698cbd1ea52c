package scheduler

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"followup/laws"
	"followup/models"
)

// Window is when calls and texts are permitted, in every zone in which the
// person may be at once.
type Window struct {
	zones []*time.Location
	week  *laws.Week
	place laws.Place
}

// horizon is how far a permitted time is looked for: a week covers every
// pattern of weekdays, and some days more the holidays in its way.
const horizon = 12 * 24 * time.Hour

// QuietHours gives the window for the person, the number and the channel: the
// workspace's own hours and every rule of the law that applies where the
// person may be, judged in each zone in which they may be. It fails with
// CodeInvalid where nothing says when it is what time there, or where the
// zone is misspelt.
func QuietHours(p models.Prospect, number string, kind models.ChannelKind, s models.Settings) (Window, error) {
	w := Window{place: laws.PlaceOf(p.Country, p.Region, number)}
	w.week = laws.For(s.Rules).Week(w.place, kind, s.QuietFrom, s.QuietTo)
	home := laws.ZonesOf(p.Country, p.Region)
	if p.Zone != "" {
		loc, err := p.Location()
		if err != nil {
			return w, err
		}
		w.zones = withAddress(loc, home)
		return w, nil
	}
	// The address beats the number, which moves with its owner.
	if w.zones = home; len(home) == 0 {
		w.zones = candidateZones(number)
	}
	if len(w.zones) == 0 {
		_, err := p.Location()
		return w, err
	}
	return w, nil
}

// withAddress is the zone somebody entered, alone where their address lies in
// it; where the address contradicts it, both may be true.
func withAddress(loc *time.Location, home []*time.Location) []*time.Location {
	if len(home) == 0 || slices.ContainsFunc(home, func(h *time.Location) bool { return h == loc || h.String() == loc.String() }) {
		return []*time.Location{loc}
	}
	return append([]*time.Location{loc}, home...)
}

// Permitted tells whether t lies in the window, in every zone.
func (w Window) Permitted(t time.Time) bool {
	for _, loc := range w.zones {
		if !w.week.Permits(t.In(loc)) {
			return false
		}
	}
	return true
}

// Next is the first permitted instant at or after t; false where the zones
// leave none.
func (w Window) Next(t time.Time) (time.Time, bool) {
	if w.Permitted(t) {
		return t, true
	}
	for _, at := range w.edges(opens, t, t.Add(horizon)) {
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
	edges := w.edges(closes, t.Add(-horizon), t)
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
	if at, ok := w.closesToday(t); ok {
		return at, true
	}
	for _, at := range w.edges(closes, t, t.Add(horizon)) {
		if at.After(t) && !w.Permitted(at) {
			return at, true
		}
	}
	return time.Time{}, false
}

// closesToday answers for the ordinary day, on which no clock jumps: the
// earliest close among the zones. Every text asks.
func (w Window) closesToday(t time.Time) (time.Time, bool) {
	soonest := 0
	for _, loc := range w.zones {
		local := t.In(loc)
		left := w.week.Closes(local)
		if left == 0 {
			return time.Time{}, false
		}
		if _, jump := local.ZoneBounds(); !jump.IsZero() && jump.Sub(t) < 25*time.Hour {
			return time.Time{}, false
		}
		if soonest == 0 || left < soonest {
			soonest = left
		}
	}
	at := t.Truncate(time.Minute).Add(time.Duration(soonest) * time.Minute).UTC()
	return at, soonest > 0 && !w.Permitted(at)
}

// why names the rules behind the window, those of a state or a country
// beside the ordinary hours, and the doubt where they may be.
func (w Window) why() string {
	var parts []string
	for _, id := range w.week.Rules {
		switch name := strings.TrimPrefix(id, "hours/"); name {
		case "US":
		case "US-unknown":
			parts = append(parts, "the hours of the strictest state, for theirs is not known")
		default:
			parts = append(parts, "the hours of "+name)
		}
	}
	if n := len(w.zones); n > 1 {
		parts = append(parts, fmt.Sprintf("in each of the %d time zones in which they may be", n))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// sides of the spans in a day.
func opens(s laws.Span) models.TimeOfDay  { return s.From }
func closes(s laws.Span) models.TimeOfDay { return s.To }

// edges are the instants in [from, to] at which the window may open or close:
// where a zone's clocks show one side of a day's spans (twice in an autumn
// overlap), midnight, and where they jump. They come in order.
func (w Window) edges(side func(laws.Span) models.TimeOfDay, from, to time.Time) []time.Time {
	const midnight = 24 * 60
	var at []time.Time
	add := func(t time.Time) {
		if !t.Before(from) && !t.After(to) {
			at = append(at, t.UTC())
		}
	}
	for _, loc := range w.zones {
		last := models.DateOf(to, loc).AddDays(1)
		for d := models.DateOf(from, loc).AddDays(-1); d <= last; d = d.AddDays(1) {
			tods := []models.TimeOfDay{0}
			for _, s := range w.week.Days[d.Weekday()] {
				if tod := side(s) % midnight; !slices.Contains(tods, tod) {
					tods = append(tods, tod)
				}
			}
			for _, tod := range tods {
				first := d.At(tod, loc)
				add(first)
				if second, ok := secondTime(first, loc); ok {
					add(second)
				}
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
