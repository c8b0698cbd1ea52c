package scheduler

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"followup/laws"
	"followup/models"
)

func window(t testing.TB, from, to string, zones ...string) Window {
	t.Helper()
	w := Window{week: laws.Daily(*tod(from), *tod(to))}
	for _, z := range zones {
		w.zones = append(w.zones, zone(t, z))
	}
	return w
}

// The window is judged by the clocks of every zone at once.
func TestWindow(t *testing.T) {
	for _, c := range []struct {
		name         string
		w            Window
		at           string
		permitted    bool
		next, latest string
	}{
		{"inside", window(t, "08:00", "21:00", newYork), "2026-11-23T15:00:00Z", true, "2026-11-23T15:00:00Z", "2026-11-23T15:00:00Z"},
		{"before", window(t, "08:00", "21:00", newYork), "2026-11-23T12:59:00Z", false, "2026-11-23T13:00:00Z", "2026-11-23T01:59:00Z"},
		{"at the end: no longer", window(t, "08:00", "21:00", newYork), "2026-11-24T02:00:00Z", false, "2026-11-24T13:00:00Z", "2026-11-24T01:59:00Z"},
		{"two zones: both must permit it", window(t, "08:00", "21:00", newYork, "America/Los_Angeles"), "2026-11-23T14:00:00Z", false, "2026-11-23T16:00:00Z", "2026-11-23T01:59:00Z"},
		{"spring gap in the window's start", window(t, "02:30", "21:00", newYork), "2026-03-08T06:30:00Z", false, "2026-03-08T07:00:00Z", "2026-03-08T01:59:00Z"},
		{"autumn: the second start counts too", window(t, "01:30", "01:45", newYork), "2026-11-01T05:50:00Z", false, "2026-11-01T06:30:00Z", "2026-11-01T05:44:00Z"},
		{"over midnight", window(t, "21:00", "08:00", newYork), "2026-11-23T15:00:00Z", false, "2026-11-24T02:00:00Z", "2026-11-23T12:59:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := utc(t, c.at)
			if got := c.w.Permitted(now); got != c.permitted {
				t.Errorf("permitted %v", got)
			}
			if got, ok := c.w.Next(now); !ok || !got.Equal(utc(t, c.next)) {
				t.Errorf("next %s %v, want %s", got, ok, c.next)
			}
			if got, ok := c.w.Latest(now); !ok || !got.Equal(utc(t, c.latest)) {
				t.Errorf("latest %s %v, want %s", got, ok, c.latest)
			}
		})
	}
}

// Zones that leave no common hour give no time, instead of a wrong one.
func TestWindowWithoutACommonHour(t *testing.T) {
	w := window(t, "08:00", "12:00", "Pacific/Auckland", "Europe/London")
	if at, ok := w.Next(utc(t, "2026-11-23T00:00:00Z")); ok {
		t.Errorf("next %s", at)
	}
	if at, ok := w.Latest(utc(t, "2026-11-23T00:00:00Z")); ok {
		t.Errorf("latest %s", at)
	}
}

// An explicit zone beats the number; a number counts with all its zones.
func TestPlausibleZones(t *testing.T) {
	s := models.DefaultSettings()
	for _, c := range []struct {
		name, zone, number string
		zones              int
		fails              bool
	}{
		{"explicit zone", "Europe/London", "+12125550111", 1, false},
		{"area code in one zone", "", "+12125550111", 1, false},
		{"area code over two zones", "", "+18505550111", 2, false},
		{"misspelt zone is no reason to guess", "Amerika/New_York", "+12125550111", 0, true},
		{"nothing known", "", "", 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := QuietHours(models.Prospect{Zone: c.zone}, c.number, models.ChannelSMS, s)
			if (err != nil) != c.fails || (err == nil && len(w.zones) != c.zones) {
				t.Errorf("%d zones, %v", len(w.zones), err)
			}
			if c.fails && models.CodeOf(err) != models.CodeInvalid {
				t.Errorf("error %v should say what to change", err)
			}
		})
	}
}

var sampleZones = []string{newYork, "America/Los_Angeles", "Europe/London", "Australia/Sydney", "Australia/Lord_Howe", "Africa/Cairo", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia"}

func drawWindow(t *rapid.T) Window {
	from, to := rapid.IntRange(0, 1439).Draw(t, "from"), rapid.IntRange(0, 1439).Draw(t, "to")
	w := Window{week: laws.Daily(models.TimeOfDay(from), models.TimeOfDay(to))}
	if rapid.Bool().Draw(t, "by the law") {
		place := laws.PlaceOf("US", rapid.SampledFrom([]string{"", "NY", "RI", "AL", "TX", "LA"}).Draw(t, "state"), "")
		w.week = laws.For("").Week(place, models.ChannelSMS, 8*60, 21*60)
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(sampleZones), 1, 2, rapid.ID).Draw(t, "zones") {
		loc, err := models.LoadZone(name)
		if err != nil {
			t.Fatal(err)
		}
		w.zones = append(w.zones, loc)
	}
	return w
}

func drawTime(t *rapid.T, label string) time.Time {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return start.Add(time.Duration(rapid.IntRange(0, 3*365*24*60).Draw(t, label)) * time.Minute)
}

// Whatever window, zones and time: what comes out is permitted, on the right
// side, and nothing permitted lies between.
func TestWindowProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w, now := drawWindow(t), drawTime(t, "now")
		if next, ok := w.Next(now); ok {
			if next.Before(now) || !w.Permitted(next) {
				t.Fatalf("next %s of %s", next, now)
			}
			for m := now; m.Before(next); m = m.Add(time.Minute) {
				if w.Permitted(m) {
					t.Fatalf("%s was permitted before %s", m, next)
				}
			}
		}
		if last, ok := w.Latest(now); ok {
			if last.After(now) || !w.Permitted(last) {
				t.Fatalf("latest %s of %s", last, now)
			}
			for m := now; m.After(last); m = m.Add(-time.Minute) {
				if w.Permitted(m) {
					t.Fatalf("%s was permitted after %s", m, last)
				}
			}
		}
		if closes, ok := w.Closes(now); ok {
			if w.Permitted(closes) {
				t.Fatalf("closes %s, still permitted", closes)
			}
			for m := now; m.Before(closes); m = m.Add(time.Minute) {
				if !w.Permitted(m) {
					t.Fatalf("%s was not permitted, before the close at %s", m, closes)
				}
			}
		}
	})
}
