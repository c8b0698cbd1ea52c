package models

import (
	"fmt"
	"time"
)

// Date is a local calendar date, "2026-11-26". It has no zone.
type Date string

// DateOf is the calendar date of t in loc.
func DateOf(t time.Time, loc *time.Location) Date { return Date(t.In(loc).Format(time.DateOnly)) }

// ParseDate reads YYYY-MM-DD and refuses dates that do not exist.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", Invalid("date", "%q is not a date; write it as 2026-11-26", s)
	}
	return Date(s), nil
}

// AddDays moves by whole calendar days. The zero Date stays zero.
func (d Date) AddDays(n int) Date {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return d
	}
	return Date(t.AddDate(0, 0, n).Format(time.DateOnly))
}

// Weekday of the date.
func (d Date) Weekday() time.Weekday {
	t, _ := time.Parse(time.DateOnly, string(d))
	return t.Weekday()
}

// At is the instant at which the clocks of loc show tod on this date. Where
// they never do (a spring gap) it is the first instant after the gap; where
// they do twice (an autumn overlap), the first.
func (d Date) At(tod TimeOfDay, loc *time.Location) time.Time {
	base, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	t := time.Date(base.Year(), base.Month(), base.Day(), tod.Hour(), tod.Minute(), 0, 0, loc)
	if t.Hour() == tod.Hour() && t.Minute() == tod.Minute() {
		return firstOfTwo(t).UTC()
	}
	// In a gap time.Date answers with either side's offset: walk to the
	// transition, which lies within a few hours of t.
	lo, hi := t.Add(-4*time.Hour), t.Add(4*time.Hour)
	_, before := lo.Zone()
	for hi.Sub(lo) > time.Second {
		mid := lo.Add(hi.Sub(lo) / 2)
		if _, off := mid.Zone(); off == before {
			lo = mid
		} else {
			hi = mid
		}
	}
	return hi.Truncate(time.Second).UTC()
}

// firstOfTwo goes back to the first instant with the wall clock of t, where t
// is the second: time.Date does not say which of the two it takes.
func firstOfTwo(t time.Time) time.Time {
	setBack, _ := t.ZoneBounds()
	if setBack.IsZero() {
		return t
	}
	_, before := setBack.Add(-time.Second).Zone()
	_, after := t.Zone()
	if first := t.Add(time.Duration(after-before) * time.Second); after < before && first.Before(setBack) {
		return first
	}
	return t
}

// TimeOfDay is a local wall-clock time in minutes since midnight.
type TimeOfDay int

// ParseTimeOfDay reads "09:00".
func ParseTimeOfDay(s string) (TimeOfDay, error) {
	t, err := time.Parse("15:04", s)
	if err != nil {
		return 0, Invalid("at", "%q is not a time of day; write it as 09:00", s)
	}
	return TimeOfDay(t.Hour()*60 + t.Minute()), nil
}

// TimeOfDayOf is the wall-clock time of t in loc.
func TimeOfDayOf(t time.Time, loc *time.Location) TimeOfDay {
	l := t.In(loc)
	return TimeOfDay(l.Hour()*60 + l.Minute())
}

// Hour of the day, 0–23.
func (t TimeOfDay) Hour() int { return int(t) / 60 }

// Minute of the hour, 0–59.
func (t TimeOfDay) Minute() int { return int(t) % 60 }

func (t TimeOfDay) String() string { return fmt.Sprintf("%02d:%02d", t.Hour(), t.Minute()) }

// MarshalText writes "09:00", in YAML and JSON alike.
func (t TimeOfDay) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads "09:00".
func (t *TimeOfDay) UnmarshalText(b []byte) error {
	v, err := ParseTimeOfDay(string(b))
	if err != nil {
		return err
	}
	*t = v
	return nil
}
