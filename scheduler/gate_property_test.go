package scheduler

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"followup/models"
)

// permittedHours are the states' hours as a person reads them, minutes of the
// day by weekday from Sunday on: written here a second time, on purpose.
var permittedHours = map[string][7][2]int{
	"NY": {{480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}},
	"FL": {{480, 1200}, {480, 1200}, {480, 1200}, {480, 1200}, {480, 1200}, {480, 1200}, {480, 1200}},
	"TX": {{720, 1260}, {540, 1260}, {540, 1260}, {540, 1260}, {540, 1260}, {540, 1260}, {540, 1260}},
	"AL": {{0, 0}, {480, 1200}, {480, 1200}, {480, 1200}, {480, 1200}, {480, 1200}, {480, 1200}},
	"RI": {{0, 0}, {540, 1080}, {540, 1080}, {540, 1080}, {540, 1080}, {540, 1080}, {600, 1020}},
	"KY": {{600, 1260}, {600, 1260}, {600, 1260}, {600, 1260}, {600, 1260}, {600, 1260}, {600, 1260}},
	"":   {{0, 0}, {600, 1080}, {600, 1080}, {600, 1080}, {600, 1080}, {600, 1080}, {600, 1020}},
}

// restless: these close on Christmas Day.
var restless = map[string]bool{"AL": true, "RI": true, "": true}

type anyPast struct {
	d     models.Due
	now   time.Time
	zones []string
	state string
}

// drawHistory makes any person, with any past, at any time of two years.
func drawHistory(t *rapid.T, tt *testing.T) anyPast {
	channel := rapid.SampledFrom([]models.ChannelKind{models.ChannelSMS, models.ChannelVoicemail, models.ChannelEmail, models.ChannelCall}).Draw(t, "channel")
	purpose := rapid.SampledFrom([]models.Purpose{models.PurposeFollowUp, models.PurposeGoodbye, models.PurposeRecurring, models.PurposeReminder, models.PurposeConfirmation}).Draw(t, "purpose")
	d, _ := dueTouch(tt, channel, purpose)
	place := rapid.SampledFrom([]struct {
		state, number, zone string
		zones               []string
	}{
		{"NY", "+12125550123", newYork, []string{newYork}},
		{"FL", "+18505550123", "", []string{newYork, "America/Chicago"}},
		{"TX", "+12145550123", "", []string{"America/Chicago", "America/Denver"}},
		{"AL", "+12055550123", "America/Chicago", []string{"America/Chicago"}},
		{"RI", "+14015550123", "", []string{newYork}},
		{"KY", "+15025550123", newYork, []string{newYork}},
		{"", "+18005550123", newYork, []string{newYork}},
	}).Draw(t, "place")
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := day.Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(t, "now")) * time.Minute)
	if rapid.Bool().Draw(t, "at an edge") { // the hours at which some state opens or closes
		loc, _ := models.LoadZone(place.zones[0])
		edge := rapid.SampledFrom([]int{480, 540, 600, 720, 1020, 1080, 1200, 1260}).Draw(t, "edge") + rapid.IntRange(-1, 1).Draw(t, "minute")
		now = models.DateOf(now, loc).At(models.TimeOfDay(edge), loc)
	}
	d.Prospect.Region, d.Prospect.Zone = place.state, place.zone
	for i := range d.ContactPoints {
		if d.ContactPoints[i].Kind == models.ContactPhone {
			d.ContactPoints[i].Value = place.number
		}
	}
	d.Touch.DueAt, d.Touch.PromisedAt, d.Touch.PlannedAt = now, now, now
	basis := rapid.SampledFrom([]models.ConsentBasis{models.ConsentInquiry, models.ConsentRelationship, models.ConsentOral, models.ConsentWritten})
	for i := range d.Consents {
		c := &d.Consents[i]
		c.Basis, c.GivenAt = basis.Draw(t, "basis"), now.AddDate(0, -rapid.IntRange(0, 30).Draw(t, "months"), 0)
		if rapid.Bool().Draw(t, "withdrawn") {
			c.WithdrawnAt = &now
		}
	}
	for range rapid.IntRange(0, 6).Draw(t, "made") {
		d.Recent = append(d.Recent, models.RecentTouch{
			ProspectID: 7, Purpose: models.PurposeFollowUp, At: now.Add(-time.Duration(rapid.IntRange(0, 30*60).Draw(t, "ago")) * time.Minute),
			Channel: rapid.SampledFrom([]models.ChannelKind{models.ChannelSMS, models.ChannelCall, models.ChannelEmail}).Draw(t, "by"),
		})
	}
	d.Pursuit.FollowUps, d.Pursuit.LastCountedOn = rapid.IntRange(0, 9).Draw(t, "follow-ups"), "2025-01-01"
	switch rapid.IntRange(0, 4).Draw(t, "order") {
	case 0:
		d.Suppressions = []models.Suppression{{Scope: models.SuppressPerson, ProspectID: ptr(int64(7)), Channel: channel}}
	case 1:
		d.Suppressions = []models.Suppression{{Scope: models.SuppressAddress, Value: place.number, Reason: models.FailDoNotCall}}
	}
	return anyPast{d, now, place.zones, place.state}
}

// Whatever the past: nothing goes out by itself out of hours, over a limit
// that binds it, to somebody who said no, or without consent.
func TestNothingUnlawfulGoesOut(t *testing.T) {
	sent := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range 20 {
			sent += drawHistory(rt, t).judged(rt)
		}
	})
	if sent == 0 {
		t.Error("nothing went out at all: the test sees nothing")
	}
}

// judged asks the gate and looks at what it lets out: 1 where it does.
func (h anyPast) judged(rt *rapid.T) int {
	got := Judge(h.d, gateAt(h.now))
	if got.Action != models.DecideSend && got.Action != models.DecideOpen {
		return 0
	}
	channel := h.d.Touch.Channel
	if got.Channel != "" {
		channel = got.Channel
	}
	phone := channel != models.ChannelEmail
	if phone {
		h.inHours(rt)
		h.underLimit(rt)
	}
	h.agreed(rt, channel, got)
	for _, s := range h.d.Suppressions {
		if s.Scope == models.SuppressPerson && s.Channel == channel || s.Scope == models.SuppressAddress && phone {
			rt.Fatalf("%s although %+v", channel, s)
		}
	}
	if h.d.Touch.Purpose == models.PurposeFollowUp && h.d.Pursuit.FollowUps >= 7 {
		rt.Fatalf("the eighth follow-up")
	}
	return 1
}

func (h anyPast) inHours(t *rapid.T) {
	for _, name := range h.zones {
		loc, _ := models.LoadZone(name)
		local := h.now.In(loc)
		hours := permittedHours[h.state][local.Weekday()]
		minute := local.Hour()*60 + local.Minute()
		if minute < hours[0] || minute >= hours[1] {
			t.Fatalf("at %s in %s (%q)", local, name, h.state)
		}
		if restless[h.state] && local.Month() == time.December && local.Day() == 25 {
			t.Fatalf("on Christmas Day in %q", h.state)
		}
	}
}

func (h anyPast) underLimit(t *rapid.T) {
	if !h.d.Touch.Purpose.Bound() || h.state != "FL" && h.state != "" {
		return
	}
	n := 0
	for _, r := range h.d.Recent {
		if r.Channel != models.ChannelEmail && h.now.Sub(r.At) < 24*time.Hour {
			n++
		}
	}
	if n >= 3 {
		t.Fatalf("the fourth in 24 hours in %q", h.state)
	}
}

// agreed: texts on any basis that has not lapsed, recorded messages in writing.
func (h anyPast) agreed(t *rapid.T, channel models.ChannelKind, got models.Decision) {
	if channel != models.ChannelSMS && channel != models.ChannelVoicemail {
		return
	}
	point := h.d.Touch.ContactPointID
	if got.ContactPointID != nil {
		point = got.ContactPointID
	}
	for _, c := range h.d.Consents {
		if c.ContactPointID != *point || c.Channel != channel || c.WithdrawnAt != nil {
			continue
		}
		months := map[models.ConsentBasis]int{models.ConsentInquiry: 3, models.ConsentRelationship: 18}[c.Basis]
		fresh := months == 0 || h.now.Before(c.GivenAt.AddDate(0, months, 0))
		if c.Basis == models.ConsentWritten || channel == models.ChannelSMS && fresh {
			return
		}
	}
	t.Fatalf("a %s without consent: %+v", channel, h.d.Consents)
}
