package laws

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"followup/models"
)

// Span is a part of a day, from From up to but not including To (1440: midnight).
type Span struct{ From, To models.TimeOfDay }

const fullDay = 24 * 60

// Week is when something is permitted, by the clocks of one place.
type Week struct {
	Days [7][]Span // by time.Weekday
	// Rules that made it, for whoever asks why.
	Rules    []string
	holidays *holidayTable // days on which nothing is; nil: none
}

// Daily is the same hours every day. A window whose end lies before its
// beginning goes over midnight; without any length it has no bounds.
func Daily(from, to models.TimeOfDay) *Week {
	from, to = from%fullDay, to%fullDay
	spans := []Span{{from, to}}
	switch {
	case from == to:
		spans = []Span{{0, fullDay}}
	case to == 0:
		spans = []Span{{from, fullDay}}
	case from > to:
		spans = []Span{{0, to}, {from, fullDay}}
	}
	w := &Week{}
	for d := range w.Days {
		w.Days[d] = spans
	}
	return w
}

// and is what both permit.
func (w *Week) and(o *Week) *Week {
	both := &Week{Rules: append(slices.Clone(w.Rules), o.Rules...), holidays: cmp.Or(w.holidays, o.holidays)}
	for d := range both.Days {
		for _, a := range w.Days[d] {
			for _, b := range o.Days[d] {
				if s := (Span{max(a.From, b.From), min(a.To, b.To)}); s.From < s.To {
					both.Days[d] = append(both.Days[d], s)
				}
			}
		}
	}
	return both
}

// On are the spans of a date.
func (w *Week) On(year int, month time.Month, day int, weekday time.Weekday) []Span {
	if w.holidays != nil && w.holidays.has(year, month, day) {
		return nil
	}
	return w.Days[weekday]
}

// Permits tells whether the local time t lies in the week.
func (w *Week) Permits(t time.Time) bool {
	_, ok := w.span(t)
	return ok
}

// span is the one that holds the local time t.
func (w *Week) span(t time.Time) (Span, bool) {
	year, month, day := t.Date()
	tod := models.TimeOfDay(t.Hour()*60 + t.Minute())
	for _, s := range w.On(year, month, day, t.Weekday()) {
		if tod >= s.From && tod < s.To {
			return s, true
		}
	}
	return Span{}, false
}

// Closes gives the end of the span that holds the local time t, as minutes
// after t's own minute; 0 where t lies in none or the span goes on after midnight.
func (w *Week) Closes(t time.Time) int {
	s, ok := w.span(t)
	if !ok || s.To == fullDay {
		return 0
	}
	return int(s.To) - (t.Hour()*60 + t.Minute())
}

type hoursRow struct {
	Row
	week *Week
	free bool // nothing on holidays
}

type weekKey struct {
	place    string
	channel  models.ChannelKind
	from, to models.TimeOfDay
}

// Week is when the channel is permitted in the place, within the workspace's
// own hours: what every row that applies permits.
func (b *Book) Week(p Place, ch models.ChannelKind, from, to models.TimeOfDay) *Week {
	key := weekKey{p.key, ch, from, to}
	if w, ok := b.weeks.Load(key); ok {
		return w.(*Week)
	}
	w := Daily(from, to)
	for _, r := range b.hours {
		if !r.covers(p) || !slices.Contains(r.Channels, ch) {
			continue
		}
		row := *r.week
		row.Rules = []string{r.ID}
		if r.free {
			row.holidays = b.holidaysOf(p)
		}
		w = w.and(&row)
	}
	kept, _ := b.weeks.LoadOrStore(key, w)
	return kept.(*Week)
}

var weekdays = []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// parseWeek reads "Mon-Fri 09:00-18:00, Sat 10:00-17:00; not on holidays".
func parseWeek(text string) (*Week, bool, error) {
	bad := func() error {
		return models.Invalid("rules", "%q are no hours; write them as Mon-Fri 09:00-18:00, Sat 10:00-17:00; not on holidays", text)
	}
	hours, rest, _ := strings.Cut(text, ";")
	free := strings.TrimSpace(rest) == "not on holidays"
	if rest != "" && !free {
		return nil, false, bad()
	}
	w := &Week{}
	for _, part := range strings.Split(hours, ",") {
		days, span, ok := strings.Cut(strings.TrimSpace(part), " ")
		first, last, both := strings.Cut(days, "-")
		if !both {
			last = first
		}
		from, to, dash := strings.Cut(span, "-")
		a, z := slices.Index(weekdays, first), slices.Index(weekdays, last)
		if !ok || !dash || a < 0 || z < 0 {
			return nil, false, bad()
		}
		start, err := models.ParseTimeOfDay(from)
		if err != nil {
			return nil, false, bad()
		}
		end, err := models.ParseTimeOfDay(to)
		if to == "24:00" {
			end, err = fullDay, nil
		}
		if err != nil || end <= start {
			return nil, false, bad()
		}
		for d := a; ; d = (d + 1) % 7 {
			w.Days[d] = append(w.Days[d], Span{start, end})
			if d == z {
				break
			}
		}
	}
	for d := range w.Days {
		slices.SortFunc(w.Days[d], func(a, b Span) int { return cmp.Compare(a.From, b.From) })
	}
	return w, free, nil
}

// String writes the week as its row does.
func (w *Week) String() string {
	var parts []string
	for i := range 7 {
		d := (i + 1) % 7
		for _, s := range w.Days[d] {
			end := s.To.String()
			parts = append(parts, fmt.Sprintf("%s %s-%s", weekdays[d], s.From, end))
		}
	}
	text := strings.Join(parts, ", ")
	if w.holidays != nil {
		text += "; not on holidays"
	}
	return text
}
