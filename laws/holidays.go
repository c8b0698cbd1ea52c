package laws

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"followup/models"
)

type dayRow struct {
	Row
	day dayRule
}

// dayRule names a day of each year.
type dayRule struct {
	month   time.Month
	day     int // of the month; 0: by weekday
	nth     int // 1 … 5, -1: the last
	weekday time.Weekday
	easter  bool
	offset  int // from Easter Sunday, or from the nth weekday
}

var ordinals = map[string]int{"1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "last": -1}

// parseDay reads "12-25", "4th Thu Nov", "Tue after 1st Mon Nov" or "Easter-2".
func parseDay(text string) (dayRule, error) {
	bad := models.Invalid("rules", "%q is no holiday; write it as 12-25, 4th Thu Nov, Tue after 1st Mon Nov or Easter-2", text)
	if weekday, nth, ok := strings.Cut(text, " after "); ok {
		d, err := parseDay(nth)
		day := slices.Index(weekdays, weekday)
		if err != nil || day < 0 || d.nth == 0 {
			return dayRule{}, bad
		}
		if d.offset = (day - int(d.weekday) + 7) % 7; d.offset == 0 {
			d.offset = 7
		}
		return d, nil
	}
	if rest, ok := strings.CutPrefix(text, "Easter"); ok {
		n, err := strconv.Atoi(strings.TrimPrefix(rest, "+"))
		if rest != "" && err != nil {
			return dayRule{}, bad
		}
		return dayRule{easter: true, offset: n}, nil
	}
	if t, err := time.Parse("2006-01-02", "2024-"+text); err == nil {
		return dayRule{month: t.Month(), day: t.Day()}, nil
	}
	f := strings.Fields(text)
	if len(f) != 3 {
		return dayRule{}, bad
	}
	month, err := time.Parse("Jan", f[2])
	weekday := slices.Index(weekdays, f[1])
	if err != nil || weekday < 0 || ordinals[f[0]] == 0 {
		return dayRule{}, bad
	}
	return dayRule{month: month.Month(), nth: ordinals[f[0]], weekday: time.Weekday(weekday)}, nil
}

func (d dayRule) in(year int) time.Time {
	switch {
	case d.easter:
		return easter(year).AddDate(0, 0, d.offset)
	case d.day > 0:
		return time.Date(year, d.month, d.day, 0, 0, 0, 0, time.UTC)
	case d.nth < 0:
		last := time.Date(year, d.month+1, 0, 0, 0, 0, 0, time.UTC)
		return last.AddDate(0, 0, d.offset-(int(last.Weekday()-d.weekday)+7)%7)
	}
	first := time.Date(year, d.month, 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 0, d.offset+(int(d.weekday-first.Weekday())+7)%7+7*(d.nth-1))
}

// easter is Easter Sunday by the Gregorian computus.
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	f := (b + 8) / 25
	g := (b - f + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}

// holidayTable knows the days of a place, year by year.
type holidayTable struct {
	rules []dayRule
	years sync.Map // int → map[int]bool by day of the year
}

func (h *holidayTable) has(year int, month time.Month, day int) bool {
	days, ok := h.years.Load(year)
	if !ok {
		days, _ = h.years.LoadOrStore(year, h.daysOf(year))
	}
	return days.(map[int]bool)[int(month)*100+day]
}

// daysOf are the days themselves and, where they fall on a weekend, those on
// which they are observed (5 U.S.C. 6103(b)). New Year's Day may be observed
// on the last day of the year before.
func (h *holidayTable) daysOf(year int) map[int]bool {
	days := map[int]bool{}
	for _, y := range []int{year, year + 1} {
		for _, rule := range h.rules {
			t := rule.in(y)
			seen := []time.Time{t}
			switch t.Weekday() {
			case time.Saturday:
				seen = append(seen, t.AddDate(0, 0, -1))
			case time.Sunday:
				seen = append(seen, t.AddDate(0, 0, 1))
			}
			for _, s := range seen {
				if s.Year() == year {
					days[int(s.Month())*100+s.Day()] = true
				}
			}
		}
	}
	return days
}

// holidaysOf are the country's days and the states' own; where no state is
// known, those of every one.
func (b *Book) holidaysOf(p Place) *holidayTable {
	h := &holidayTable{}
	for _, r := range b.days {
		if r.covers(p) || p.Unknown && r.Country == p.Country {
			h.rules = append(h.rules, r.day)
		}
	}
	return h
}

// Holiday tells whether the date is one in the place.
func (b *Book) Holiday(p Place, d models.Date) bool {
	t, err := time.Parse(time.DateOnly, string(d))
	return err == nil && b.holidaysOf(p).has(t.Year(), t.Month(), t.Day())
}
