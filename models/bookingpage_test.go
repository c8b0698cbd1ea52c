package models

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever the hours, the busy times and the day: each time offered lies in
// the hours where the user is, far enough ahead, and clear of what is busy,
// with the buffer on both sides.
func TestSlotsKeepTheirPromises(t *testing.T) {
	zones := []string{"America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Auckland"}
	rapid.Check(t, func(t *rapid.T) {
		loc, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		// Over the days on which clocks change as well.
		now := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 300*24*60).Draw(t, "minutes on")) * time.Minute)
		p := BookingPage{
			Minutes: rapid.IntRange(5, 120).Draw(t, "minutes"), BufferMinutes: rapid.IntRange(0, 60).Draw(t, "buffer"),
			NoticeHours: rapid.IntRange(0, 48).Draw(t, "notice"), DaysAhead: rapid.IntRange(1, 14).Draw(t, "days"),
		}
		for day := time.Sunday; day <= time.Saturday; day++ {
			from := rapid.IntRange(0, 23*60).Draw(t, "from")
			p.Hours = append(p.Hours, OpenHours{Day: day, From: TimeOfDay(from), To: TimeOfDay(rapid.IntRange(from, 24*60-1).Draw(t, "to"))})
		}
		var busy []Interval
		for range rapid.IntRange(0, 6).Draw(t, "busy") {
			at := now.Add(time.Duration(rapid.IntRange(-600, 14*24*60).Draw(t, "at")) * time.Minute)
			busy = append(busy, Interval{at, at.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "long")) * time.Minute)})
		}
		buffer := time.Duration(p.BufferMinutes) * time.Minute
		last := now
		for _, at := range p.Slots(loc, now, busy) {
			call := Interval{at, at.Add(time.Duration(p.Minutes) * time.Minute)}
			if !at.After(last) && last != now || at.Before(now.Add(time.Duration(p.NoticeHours)*time.Hour)) {
				t.Fatalf("%s is out of order or too soon", at)
			}
			last = at
			hours := p.Hours[at.In(loc).Weekday()]
			day := DateOf(at, loc)
			if at.Before(day.At(hours.From, loc)) || call.To.After(day.At(hours.To, loc)) {
				t.Fatalf("%s lies outside of %v", at.In(loc), hours)
			}
			for _, b := range busy {
				if (Interval{call.From.Add(-buffer), call.To.Add(buffer)}).Overlaps(b) {
					t.Fatalf("%s is busy: %v", at, b)
				}
			}
			if !p.Offers(loc, now, at, busy) {
				t.Fatalf("%s is shown and refused", at)
			}
		}
	})
}

func TestSlotsClosed(t *testing.T) {
	p := DefaultBookingPage(1)
	now := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	if n := len(p.Slots(time.UTC, now, nil)); n == 0 {
		t.Error("the page that nobody set offers no time")
	}
	p.Closed = true
	if n := len(p.Slots(time.UTC, now, nil)); n != 0 {
		t.Errorf("a closed page offers %d times", n)
	}
}
