package scheduler

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"followup/models"
)

// By hand, whatever the past: an order not to contact and the hours are passed
// by the exemptions alone, and each of those is on the record.
func TestByHandOnlyTheExemptions(t *testing.T) {
	exempt := map[string]int{}
	rapid.Check(t, func(rt *rapid.T) {
		for range 20 {
			handMade(rt, t, exempt)
		}
	})
	for _, name := range []string{"the hour", "the order", "neither"} {
		if exempt[name] == 0 {
			t.Errorf("no message went out that passed %s: the test sees nothing", name)
		}
	}
}

// handMade draws something that a person writes, judges it and holds what goes
// out against what may.
func handMade(rt *rapid.T, t *testing.T, exempt map[string]int) {
	h := drawHistory(rt, t)
	channel := rapid.SampledFrom([]models.ChannelKind{models.ChannelSMS, models.ChannelEmail}).Draw(rt, "by hand on")
	d, _ := byHand(t, channel)
	d.Touch.Purpose = rapid.SampledFrom([]models.Purpose{models.PurposeAnswer, models.PurposeManual}).Draw(rt, "what")
	d.Prospect, d.ContactPoints, d.Suppressions, d.Recent, d.Pursuit, d.Settings = h.d.Prospect, h.d.ContactPoints, h.d.Suppressions, h.d.Recent, h.d.Pursuit, h.d.Settings
	d.Touch.DueAt, d.Touch.PromisedAt = h.now, h.now
	d.Touch.PlannedAt = h.now.Add(-time.Duration(rapid.IntRange(0, 120).Draw(rt, "written minutes ago")) * time.Minute)
	d.Touch.Draft.HourSeen = rapid.Bool().Draw(rt, "hour seen")
	if rapid.Bool().Draw(rt, "they wrote") {
		at := h.now.Add(-time.Duration(rapid.IntRange(0, 3*60).Draw(rt, "minutes ago")) * time.Minute)
		d.Conversation.LastInboundAt, d.Conversation.LastChannel = &at, rapid.SampledFrom([]models.ChannelKind{models.ChannelSMS, models.ChannelEmail}).Draw(rt, "by")
	}
	for i := range d.Suppressions {
		d.Suppressions[i].CreatedAt = h.now.Add(-time.Duration(rapid.IntRange(0, 3*60).Draw(rt, "ordered minutes ago")) * time.Minute)
	}
	got := Judge(d, gateAt(h.now))
	if got.Action != models.DecideSend {
		return
	}
	wrote := d.Conversation.LastChannel == channel && d.Conversation.LastInboundAt != nil
	answers := d.Touch.Purpose == models.PurposeAnswer && wrote
	passed := "neither"
	if channel == models.ChannelSMS && !h.open() {
		passed = "the hour"
		now := answers && h.now.Sub(*d.Conversation.LastInboundAt) <= time.Hour
		seen := answers && d.Touch.Draft.HourSeen && h.now.Sub(d.Touch.PlannedAt) <= time.Hour
		if !now && !seen || !strings.Contains(got.Detail, "quiet hours do not hold") {
			rt.Fatalf("a %s text at %s in %v, recorded as %q", d.Touch.Purpose, h.now, h.place, got.Detail)
		}
	}
	for _, s := range d.Suppressions {
		forbids := s.Scope == models.SuppressPerson && s.Channel == channel || s.Scope == models.SuppressAddress && channel == models.ChannelSMS ||
			s.Scope == models.SuppressDomain && channel == models.ChannelEmail && strings.HasSuffix(anyPast{d: d}.picked(got).Value, "@"+s.Value) || s.Scope == models.SuppressWorkspace
		if !forbids {
			continue
		}
		passed = "the order"
		if s.Scope == models.SuppressWorkspace || !answers || !d.Conversation.LastInboundAt.After(s.CreatedAt) || !strings.Contains(got.Detail, "automation stays off") {
			rt.Fatalf("a %s by %s although %+v, recorded as %q", d.Touch.Purpose, channel, s, got.Detail)
		}
	}
	exempt[passed]++
}

// open tells whether the hours permit a text, by the table above.
func (h anyPast) open() bool {
	for _, name := range h.place.zones {
		loc, _ := models.LoadZone(name)
		local := h.now.In(loc)
		hours, minute := permittedHours[h.place.state][local.Weekday()], local.Hour()*60+local.Minute()
		if minute < hours[0] || minute >= hours[1] || restless[h.place.state] && local.Month() == time.December && local.Day() == 25 {
			return false
		}
	}
	return true
}
