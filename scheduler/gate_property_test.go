package scheduler

import (
	"strings"
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
	"UT": {{0, 0}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}},
	"CA": {{600, 1080}, {540, 1260}, {540, 1260}, {540, 1260}, {540, 1260}, {540, 1260}, {600, 1080}},
	"DE": {{480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}, {480, 1260}},
}

// restless: these close on Christmas Day.
var restless = map[string]bool{"AL": true, "RI": true, "UT": true, "": true}

// lapses: after how many months an inquiry and a business relationship end by
// themselves, by country; 0: never.
var lapses = map[string]map[models.ChannelKind][2]int{
	"US": {models.ChannelSMS: {3, 18}},
	"CA": {models.ChannelSMS: {6, 24}, models.ChannelEmail: {6, 24}},
}

type anyPast struct {
	d     models.Due
	now   time.Time
	place place
}

// place is where somebody is, with the number that says so.
type place struct {
	country, state, number, zone string
	zones                        []string
}

var places = []place{
	{"US", "NY", "+12125550123", newYork, []string{newYork}},
	{"US", "FL", "+18505550123", "", []string{newYork, "America/Chicago"}},
	{"US", "TX", "+12145550123", "", []string{"America/Chicago", "America/Denver"}},
	{"US", "AL", "+12055550123", "America/Chicago", []string{"America/Chicago"}},
	{"US", "RI", "+14015550123", "", []string{newYork}},
	{"US", "KY", "+15025550123", newYork, []string{newYork}},
	{"US", "UT", "+18015550123", "", []string{"America/Denver"}},
	{"US", "", "+18005550123", newYork, []string{newYork}},
	{"CA", "CA", "+14165550123", "America/Toronto", []string{"America/Toronto"}},
	{"DE", "DE", "+4930901820", "Europe/Berlin", []string{"Europe/Berlin"}},
}

// broadcast makes a note that goes to many at once of it: no step planned it,
// and no enrollment stands behind it (crm.TellCohort).
func broadcast(d *models.Due) {
	d.Touch.EnrollmentID, d.Enrollment, d.Version, d.Touch.StepKey = nil, nil, nil, "cohort"
	d.Touch.Purpose, d.Touch.Draft = models.PurposeFollowUp, &models.Draft{Subject: "How are you doing?", Body: "Hello {{ prospect.first_name }}", Template: true}
}

// hangsOn makes a touch that hangs on a call at the time.
func hangsOn(d *models.Due, call time.Time) {
	d.Appointment = &models.Appointment{ID: 5, ProspectID: 7, StartsAt: call, Revision: 1, State: models.AppointmentBooked, CreatedAt: call.AddDate(0, 0, -3)}
	d.Touch.AppointmentID, d.Touch.AppointmentRevision, d.Touch.NotAfter = ptr(int64(5)), 1, &call
}

// drawHistory makes any person, with any past, at any time of two years.
func drawHistory(t *rapid.T, tt *testing.T) anyPast {
	channel := rapid.SampledFrom([]models.ChannelKind{models.ChannelSMS, models.ChannelVoicemail, models.ChannelEmail, models.ChannelCall}).Draw(t, "channel")
	purpose := rapid.SampledFrom([]models.Purpose{models.PurposeFollowUp, models.PurposeGoodbye, models.PurposeRecurring, models.PurposeReminder, models.PurposeConfirmation}).Draw(t, "purpose")
	d, _ := dueTouch(tt, channel, purpose)
	place := rapid.SampledFrom(places).Draw(t, "place")
	day := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now := day.Add(time.Duration(rapid.IntRange(0, 2*365*24*60).Draw(t, "now")) * time.Minute)
	if rapid.Bool().Draw(t, "at an edge") { // the hours at which some state opens or closes
		loc, _ := models.LoadZone(place.zones[0])
		edge := rapid.SampledFrom([]int{480, 540, 600, 720, 1020, 1080, 1200, 1260}).Draw(t, "edge") + rapid.IntRange(-1, 1).Draw(t, "minute")
		now = models.DateOf(now, loc).At(models.TimeOfDay(edge), loc)
	}
	d.Prospect.Country, d.Prospect.Region, d.Prospect.Zone = place.country, place.state, place.zone
	if place.country != "US" {
		d.Prospect.Region = ""
	}
	for i := range d.ContactPoints {
		if d.ContactPoints[i].Kind == models.ContactPhone {
			d.ContactPoints[i].Value = place.number
		}
	}
	d.Touch.DueAt, d.Touch.PromisedAt, d.Touch.PlannedAt = now, now, now
	switch {
	case purpose == models.PurposeReminder || purpose == models.PurposeConfirmation:
		hangsOn(&d, now.Add(time.Duration(rapid.IntRange(1, 2*24*60).Draw(t, "until the call"))*time.Minute))
	case channel != models.ChannelCall && rapid.Bool().Draw(t, "to many at once"):
		broadcast(&d)
	}
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
	if rapid.Bool().Draw(t, "goodbye said") {
		at := now.AddDate(0, 0, -2)
		d.Pursuit.GoodbyeAt = &at
	}
	d.Settings.Caps.PersonGap = rapid.SampledFrom([]int{0, 0, 90}).Draw(t, "gap")
	switch rapid.IntRange(0, 7).Draw(t, "order") {
	case 2:
		_, domain, _ := strings.Cut(d.ContactPoints[0].Value, "@")
		d.Suppressions = []models.Suppression{{Scope: models.SuppressDomain, Value: domain, Reason: models.FailOptedOut}}
	case 3:
		d.Suppressions = []models.Suppression{{Scope: models.SuppressWorkspace, Reason: models.FailOptedOut}}
	case 0:
		d.Suppressions = []models.Suppression{{Scope: models.SuppressPerson, ProspectID: ptr(int64(7)), Channel: channel}}
	case 1:
		d.Suppressions = []models.Suppression{{Scope: models.SuppressAddress, Value: place.number, Reason: models.FailDoNotCall}}
	}
	return anyPast{d, now, place}
}

// Whatever the past, and whether a step, a note to many or a reminder: nothing
// goes out by itself out of hours, over a limit that binds it, to somebody who
// said no, or without consent.
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
	h.underDay(rt)
	h.agreed(rt, channel, got)
	for _, s := range h.d.Suppressions {
		if s.Scope == models.SuppressPerson && s.Channel == channel || s.Scope == models.SuppressAddress && phone ||
			s.Scope == models.SuppressDomain && !phone && strings.HasSuffix(h.picked(got).Value, "@"+s.Value) || s.Scope == models.SuppressWorkspace {
			rt.Fatalf("%s although %+v", channel, s)
		}
	}
	switch purpose := h.d.Touch.Purpose; {
	case purpose == models.PurposeFollowUp && h.d.Pursuit.FollowUps >= 7:
		rt.Fatalf("the eighth follow-up")
	case (purpose == models.PurposeFollowUp || purpose == models.PurposeGoodbye) && h.d.Pursuit.GoodbyeAt != nil:
		rt.Fatalf("a %s after the goodbye", purpose)
	}
	return 1
}

func (h anyPast) inHours(t *rapid.T) {
	for _, name := range h.place.zones {
		loc, _ := models.LoadZone(name)
		local := h.now.In(loc)
		hours := permittedHours[h.place.state][local.Weekday()]
		minute := local.Hour()*60 + local.Minute()
		if minute < hours[0] || minute >= hours[1] {
			t.Fatalf("at %s in %s (%q)", local, name, h.place.state)
		}
		if restless[h.place.state] && local.Month() == time.December && local.Day() == 25 {
			t.Fatalf("on Christmas Day in %q", h.place.state)
		}
	}
}

func (h anyPast) underLimit(t *rapid.T) {
	if !h.d.Touch.Purpose.Bound() || h.place.state != "FL" && h.place.state != "" {
		return
	}
	n := 0
	for _, r := range h.d.Recent {
		if r.Channel != models.ChannelEmail && h.now.Sub(r.At) < 24*time.Hour {
			n++
		}
	}
	if n >= 3 {
		t.Fatalf("the fourth in 24 hours in %q", h.place.state)
	}
}

// picked is the contact point that it goes to.
func (h anyPast) picked(got models.Decision) models.ContactPoint {
	id := h.d.Touch.ContactPointID
	if got.ContactPointID != nil {
		id = got.ContactPointID
	}
	return *outlets{points: h.d.ContactPoints}.find(id)
}

// underDay: the workspace's own limits on what goes out by itself.
func (h anyPast) underDay(t *rapid.T) {
	if !h.d.Touch.Purpose.Bound() {
		return
	}
	loc, err := models.LoadZone(h.d.Prospect.Zone)
	if err != nil || h.d.Prospect.Zone == "" {
		loc, _ = models.LoadZone(newYork) // the rep's
	}
	n := 0
	for _, r := range h.d.Recent {
		if models.DateOf(r.At, loc) == models.DateOf(h.now, loc) {
			n++
		}
		if gap := h.d.Settings.Caps.PersonGap; h.now.Sub(r.At) < time.Duration(gap)*time.Minute {
			t.Fatalf("%s after another, with a gap of %d minutes", h.now.Sub(r.At), gap)
		}
	}
	if n >= 4 {
		t.Fatalf("the fifth on one day")
	}
}

// agreed: recorded messages in writing; texts everywhere, and emails outside of
// the United States, on any basis that has not lapsed.
func (h anyPast) agreed(t *rapid.T, channel models.ChannelKind, got models.Decision) {
	if channel == models.ChannelCall || channel == models.ChannelEmail && h.place.country == "US" {
		return
	}
	point := h.picked(got)
	for _, c := range h.d.Consents {
		if c.ContactPointID != point.ID || c.Channel != channel || c.WithdrawnAt != nil {
			continue
		}
		end := lapses[h.place.country][channel]
		months := map[models.ConsentBasis]int{models.ConsentInquiry: end[0], models.ConsentRelationship: end[1]}[c.Basis]
		fresh := months == 0 || h.now.Before(c.GivenAt.AddDate(0, months, 0))
		if c.Basis == models.ConsentWritten || channel != models.ChannelVoicemail && fresh {
			return
		}
	}
	t.Fatalf("a %s without consent: %+v", channel, h.d.Consents)
}
