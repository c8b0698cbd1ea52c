package crm

import (
	"testing"
	"time"

	"followup/models"
)

func TestNormalisePoint(t *testing.T) {
	for _, c := range []struct {
		kind              models.ContactPointKind
		in, country, want string
	}{
		{models.ContactEmail, " Dana.Reyes@Example.COM ", "", "dana.reyes@example.com"},
		{models.ContactEmail, "Dana <dana@example.com>", "", "dana@example.com"},
		{models.ContactEmail, "dana@localhost", "", ""},
		{models.ContactEmail, "dana", "", ""},
		{models.ContactEmail, "a@b.test\r\nBcc: x@y.test", "", ""},
		{models.ContactPhone, "(212) 555-0123", "", "+12125550123"},
		{models.ContactPhone, "020 7946 0958", "gb", "+442079460958"},
		{models.ContactPhone, "+49 30 901820", "US", "+4930901820"},
		{models.ContactPhone, "555", "US", ""},
		{models.ContactPhone, "call me", "US", ""},
	} {
		got, err := NormalisePoint(c.kind, c.in, c.country)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s in %q: %q, %v; want %q", c.in, c.country, got, err, c.want)
		}
	}
}

// Every zone of the tables exists, and places with several zones give none.
func TestZoneFor(t *testing.T) {
	for place, zone := range regionZones {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", place, err)
		}
	}
	for country, zone := range countryZones {
		if _, err := time.LoadLocation(zone); err != nil {
			t.Errorf("%s: %v", country, err)
		}
	}
	for _, c := range [][3]string{{"us", "ny", "America/New_York"}, {"US", "TX", ""}, {"US", "FL", ""}, {"US", "", ""}, {"DE", "BY", "Europe/Berlin"}, {"", "", ""}} {
		if got := ZoneFor(c[0], c[1]); got != c[2] {
			t.Errorf("%s-%s: %q, want %q", c[0], c[1], got, c[2])
		}
	}
}
