package crm

import (
	"strings"
	"testing"
	"time"
)

func TestReadCall(t *testing.T) {
	now := time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC)
	const person = "America/Chicago"
	for _, c := range []struct {
		cell      callCell
		file      string
		want, why string // RFC 3339 in UTC, or a part of the reason
	}{
		// Whose time: the cell's own offset, the row's zone, the file's, theirs.
		{callCell{At: "2026-12-03 15:00"}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{At: "2026-12-03 15:00"}, "America/New_York", "2026-12-03T20:00:00Z", ""},
		{callCell{At: "2026-12-03 15:00", Zone: "Europe/Berlin"}, "America/New_York", "2026-12-03T14:00:00Z", ""},
		{callCell{At: "2026-12-03T15:00:00+01:00", Zone: "America/New_York"}, "", "2026-12-03T14:00:00Z", ""},
		{callCell{At: "2026-12-03T15:00Z"}, "", "", "no date and time"},
		// Ways to write it.
		{callCell{At: "2026-12-03T15:00"}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{At: "2026-12-03 3:00 PM"}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{At: "2026-12-03 3 p.m."}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{At: "3.12.2026 15:00"}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{At: "3 December 2026, 15:00"}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{At: "Dec 3, 2026 3:00pm"}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{At: "12/31/2026 15:00"}, "", "2026-12-31T21:00:00Z", ""},
		{callCell{At: "31/12/2026 3:00 pm"}, "", "2026-12-31T21:00:00Z", ""},
		{callCell{At: "12/12/2026 15:00"}, "", "2026-12-12T21:00:00Z", ""},
		{callCell{Date: "2026-12-03", Time: "15:00"}, "", "2026-12-03T21:00:00Z", ""},
		{callCell{}, "", "", ""},
		{callCell{Zone: "Mars/Olympus"}, "", "", ""}, // a zone without a call says nothing
		// What is refused, and why.
		{callCell{At: "03/12/2026 15:00"}, "", "", "may be 12 March or 3 December"},
		{callCell{Date: "2026-12-03"}, "", "", "half of a time"},
		{callCell{At: "2026-12-03"}, "", "", "no date and time"},
		{callCell{At: "next Tuesday"}, "", "", "no date and time"},
		{callCell{At: "2026-02-30 15:00"}, "", "", "no date and time"},
		{callCell{At: "2026-11-24 08:59"}, "", "", "has passed"},
		{callCell{At: "2062-12-03 15:00"}, "", "", "check the year"},
		{callCell{At: "2027-03-14 02:30"}, "", "", "clocks go forward"},
		{callCell{At: "2026-12-03 15:00", Zone: "Mars/Olympus"}, "", "", "no time zone"},
	} {
		at, err := readCall(c.cell, c.file, person, now)
		switch {
		case c.why != "":
			if err == nil || !strings.Contains(err.Error(), c.why) {
				t.Errorf("%+v: %v, %v; want an error with %q", c.cell, at, err, c.why)
			}
		case err != nil:
			t.Errorf("%+v: %v", c.cell, err)
		case (at == nil) != (c.want == "") || at != nil && at.Format(time.RFC3339) != c.want:
			t.Errorf("%+v = %v, want %s", c.cell, at, c.want)
		}
	}
	if _, err := readCall(callCell{At: "2026-12-03 15:00"}, "", "", now); err == nil || !strings.Contains(err.Error(), "without a time zone") {
		t.Errorf("nobody knows the zone: %v", err)
	}
	// 01:30 comes twice that night; the first it is.
	at, err := readCall(callCell{At: "2027-11-07 01:30"}, "", person, now)
	if err != nil || at.Format(time.RFC3339) != "2027-11-07T06:30:00Z" {
		t.Errorf("an hour that comes twice: %v, %v", at, err)
	}
}
