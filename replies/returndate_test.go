package replies

import (
	"testing"
	"time"
)

// written is when the notices of the table were written: a Monday.
var written = time.Date(2026, time.November, 23, 9, 30, 0, 0, time.FixedZone("", 3600))

// writtenInAmerica is when those were written that put the month first.
var writtenInAmerica = time.Date(2026, time.November, 23, 9, 30, 0, 0, time.FixedZone("", -5*3600))

func TestReturnDates(t *testing.T) {
	for _, p := range readPairs(t, "testdata/returndates.tsv") {
		want, text := p[0], p[1]
		got := ReturnDate("", text, written)
		if string(got) != want && string(ReturnDate("", text, writtenInAmerica)) != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Slashes: the offset of the Date field says whose they are; dots never lie.
func TestNumericDatesByOrigin(t *testing.T) {
	for _, c := range []struct {
		text   string
		offset int
		want   string
	}{
		{"I will be back on 12/7/2026.", -5, "2026-12-07"},
		{"I will be back on 7/12/2026.", 0, "2026-12-07"},
		{"I will be back on 7/12/2026.", 1, "2026-12-07"},
		{"I will be back on 12/28.", -8, "2026-12-28"},
		{"I will be back on 12/28.", 1, "2026-12-28"},
		{"Ich bin ab 7.12.26 wieder da.", 1, "2026-12-07"},
		{"I will be back on 31/02/2027.", 0, ""},
	} {
		base := time.Date(2026, time.November, 23, 9, 30, 0, 0, time.FixedZone("", c.offset*3600))
		if got := ReturnDate("", c.text, base); string(got) != c.want {
			t.Errorf("%q at %+d: %q, want %q", c.text, c.offset, got, c.want)
		}
	}
}

// A year that is not said is the coming one; what passed lately is stale.
func TestYearRollover(t *testing.T) {
	for _, c := range []struct {
		text, now, want string
	}{
		{"back on 4 January", "2026-12-21", "2027-01-04"},
		{"back on 4 January", "2027-01-02", "2027-01-04"},
		{"back on 28 December", "2027-01-02", ""},
		{"back on 3 November", "2026-11-23", ""},
		{"back on 29 February", "2027-11-23", "2028-02-29"},
		{"back on 29 February", "2026-11-23", ""},
		{"back on 7 December 2020", "2026-11-23", ""},
		{"back on 7 December 2029", "2026-11-23", ""},
	} {
		base, _ := time.Parse(time.DateOnly, c.now)
		if got := ReturnDate("", c.text, base); string(got) != c.want {
			t.Errorf("%q on %s: %q, want %q", c.text, c.now, got, c.want)
		}
	}
}
