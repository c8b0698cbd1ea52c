package scheduler

import (
	"testing"
	"time"

	"followup/models"
)

// While a conversation is not reviewed, what follows up by itself is held;
// what was promised or asked for goes out.
func TestUnreviewedConversationHolds(t *testing.T) {
	for _, c := range []struct {
		channel models.ChannelKind
		purpose models.Purpose
		held    bool
	}{
		{models.ChannelEmail, models.PurposeFollowUp, true},
		{models.ChannelSMS, models.PurposeFollowUp, true},
		{models.ChannelCall, models.PurposeFollowUp, true},
		{models.ChannelEmail, models.PurposeGoodbye, true},
		{models.ChannelEmail, models.PurposeRecurring, true},
		{models.ChannelEmail, models.PurposeReminder, false},
		{models.ChannelEmail, models.PurposeConfirmation, false},
		{models.ChannelCall, models.PurposePromised, false},
		{models.ChannelEmail, models.PurposeAnswer, false},
		{models.ChannelEmail, models.PurposeManual, false},
	} {
		d, now := dueTouch(t, c.channel, c.purpose)
		if c.purpose.ByHand() {
			d, now = byHand(t, c.channel)
			d.Touch.Purpose = c.purpose
		}
		since := now.Add(-time.Hour)
		d.Conversation.UnreviewedSince = &since
		dec := Judge(d, gateAt(now))
		if held := dec.Action == models.DecideHold && dec.Reason == models.HoldReview; held != c.held {
			t.Errorf("%s %s: %s, %s", c.channel, c.purpose, dec.Action, dec.Reason)
		}
		d.Conversation.UnreviewedSince = nil
		if dec := Judge(d, gateAt(now)); dec.Reason == models.HoldReview {
			t.Errorf("%s %s is held after the review", c.channel, c.purpose)
		}
	}
	call := bookedCall(t, localAt(t, newYork, "2026-11-24 11:00"))
	since := call.Touch.PromisedAt.Add(-time.Hour)
	call.Conversation.UnreviewedSince = &since
	if dec := Judge(call, gateAt(call.Touch.PromisedAt)); dec.Action != models.DecideOpen {
		t.Errorf("a booked call: %s, %s", dec.Action, dec.Detail)
	}
}

// The plan shows at once what the gate will do, and planning again when the
// review is written changes nothing but that.
func TestPlanShowsTheMissingReview(t *testing.T) {
	in := person(t, models.Definition{Key: "f", Name: "F", CountsAsFollowUp: true, Steps: []models.Step{
		{Key: "one", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "s", Body: "b", Timing: models.Timing{Kind: models.TimingAfter, Days: 1}},
	}})
	now := in.Enrollment.StartedAt
	free := planAt(in, now)
	in.Conversation.UnreviewedSince = &now
	held := planAt(in, now)
	if free.Next == nil || held.Next == nil {
		t.Fatalf("nothing is planned: %+v, %+v", free, held)
	}
	if free.Next.HoldReason != "" || held.Next.HoldReason != models.HoldReview || held.Next.HoldDetail == "" {
		t.Errorf("hold %q and %q (%s)", free.Next.HoldReason, held.Next.HoldReason, held.Next.HoldDetail)
	}
	if !held.Next.DueAt.Equal(free.Next.DueAt) || !held.Next.PromisedAt.Equal(free.Next.PromisedAt) {
		t.Error("the missing review moves the time")
	}
}

// At Dial: an order not to call always stops it; hours and minute only where
// they did not ask.
func TestJudgeDial(t *testing.T) {
	night := func(t *testing.T) time.Time { return localAt(t, newYork, "2026-11-24 23:00") }
	for _, c := range []struct {
		name  string
		mend  func(*testing.T, *models.Due, *time.Time)
		asked bool
		ok    bool
	}{
		{"nothing in the way", nil, false, true},
		{"at night", func(t *testing.T, _ *models.Due, now *time.Time) { *now = night(t) }, false, false},
		{"at night, they asked", func(t *testing.T, _ *models.Due, now *time.Time) { *now = night(t) }, true, true},
		{"do not call, they asked", func(_ *testing.T, d *models.Due, _ *time.Time) {
			d.Suppressions = []models.Suppression{{Scope: models.SuppressPerson, ProspectID: &d.Prospect.ID, Channel: models.ChannelCall, Reason: models.FailOptedOut}}
		}, true, false},
		{"erased", func(_ *testing.T, d *models.Due, now *time.Time) { d.Prospect.ErasedAt = now }, true, false},
		{"nobody may be contacted", func(_ *testing.T, d *models.Due, _ *time.Time) {
			d.Suppressions = []models.Suppression{{Scope: models.SuppressWorkspace, Reason: models.FailOptedOut}}
		}, true, false},
		{"no number", func(_ *testing.T, d *models.Due, _ *time.Time) { d.ContactPoints = nil }, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, now := dueTouch(t, models.ChannelCall, models.PurposeFollowUp)
			if c.mend != nil {
				c.mend(t, &d, &now)
			}
			point, err := JudgeDial(d, gateAt(now), nil, c.asked)
			if (err == nil) != c.ok {
				t.Fatalf("%v", err)
			}
			if c.ok && point.Kind != models.ContactPhone {
				t.Errorf("it dials %+v", point)
			}
			if !c.ok && models.CodeOf(err) != models.CodeRefused {
				t.Errorf("code %q", models.CodeOf(err))
			}
		})
	}
	// A call that they agreed to is made at its minute, whatever the hour.
	late := bookedCall(t, night(t))
	if _, err := JudgeDial(late, gateAt(night(t)), nil, false); err != nil {
		t.Errorf("a booked call at night: %v", err)
	}
}
