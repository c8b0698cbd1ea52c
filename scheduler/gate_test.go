package scheduler

import (
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
)

// dueTouch is a message of a step to the test prospect, judged on Tuesday
// 24 November 2026 at 11:00 in New York, with nothing in its way.
func dueTouch(t testing.TB, channel models.ChannelKind, purpose models.Purpose) (models.Due, time.Time) {
	t.Helper()
	in := person(t, models.Definition{Key: "test", Name: "Test", CountsAsFollowUp: true, Steps: []models.Step{
		{Key: "step", Channel: channel, Purpose: purpose, Subject: "A word", Body: "Hello {{ prospect.first_name }}",
			TalkingPoint: "a new rule concerns you", Question: "What changed?", Answered: "Hi {{ prospect.first_name }}", NotAnswered: "Call me back"},
	}})
	now := localAt(t, newYork, "2026-11-24 11:00")
	d := models.Due{
		Touch: models.Touch{
			ID: 900, ProspectID: 7, EnrollmentID: ptr(int64(70)), StepKey: "step", Occurrence: "0", Kind: models.TouchMessage, Channel: channel,
			Purpose: purpose, RepID: 3, State: models.TouchPlanned, DueAt: now, PromisedAt: now, PlannedAt: now.Add(-time.Hour), Why: "because",
		},
		Prospect: in.Prospect, Rep: in.Rep, ContactPoints: in.ContactPoints, Consents: in.Consents, Conversation: in.Conversation,
		Enrollment: &in.Enrollment, Version: &in.Version, Settings: in.Settings,
	}
	switch channel {
	case models.ChannelEmail:
		d.Touch.ContactPointID, d.Sender = ptr(workMail), &in.Senders[0]
	case models.ChannelCall:
		d.Touch.ContactPointID, d.Touch.Kind = ptr(cell), models.TouchTask
	default:
		d.Touch.ContactPointID, d.Sender = ptr(cell), &in.Senders[1]
	}
	return d, now
}

func gateAt(now time.Time) Gate {
	return Gate{Now: now, Channels: registry(), PublicURL: "https://followup.example.com/", NewToken: func() string { return "tok" }}
}

// bookedCall is the appointment's own touch.
func bookedCall(t testing.TB, at time.Time) models.Due {
	d, _ := dueTouch(t, models.ChannelCall, models.PurposePromised)
	d.Appointment = &models.Appointment{ID: 5, ProspectID: 7, StartsAt: at, Revision: 1, State: models.AppointmentBooked, Title: "Prices"}
	d.Touch.Kind, d.Touch.AppointmentID, d.Touch.AppointmentRevision = models.TouchBookedCall, ptr(int64(5)), 1
	d.Touch.DueAt, d.Touch.PromisedAt, d.Touch.Urgent = at, at, true
	return d
}

// byHand is a rep's answer.
func byHand(t testing.TB, channel models.ChannelKind) (models.Due, time.Time) {
	d, now := dueTouch(t, channel, models.PurposeAnswer)
	d.Touch.EnrollmentID, d.Enrollment, d.Version, d.Touch.StepKey = nil, nil, nil, ""
	d.Touch.Draft = &models.Draft{Body: "Yes, {{ gladly }}"}
	d.Reached = []models.Reached{{ProspectID: 7, ContactPointID: cell, Channel: channel}}
	return d, now
}

func TestGate(t *testing.T) {
	for _, c := range []struct {
		name    string
		channel models.ChannelKind
		purpose models.Purpose
		mend    func(*models.Due, *time.Time)
		action  models.DecisionAction
		reason  models.Reason
		detail  string // part of it
	}{
		// Nothing in the way.
		{"email", models.ChannelEmail, models.PurposeFollowUp, nil, models.DecideSend, "", ""},
		{"text", models.ChannelSMS, models.PurposeFollowUp, nil, models.DecideSend, "", ""},
		{"voicemail", models.ChannelVoicemail, models.PurposeFollowUp, nil, models.DecideSend, "", ""},
		{"call task", models.ChannelCall, models.PurposeFollowUp, nil, models.DecideOpen, "", ""},

		// The person.
		{"erased", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) { d.Prospect.ErasedAt = now }, models.DecideSkip, models.SkipSuppressed, "erased"},
		{"merged", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Prospect.MergedInto = ptr(int64(8)) }, models.DecideSkip, models.SkipNoContactPoint, "8"},

		// The workspace.
		{"paused", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Settings.Paused = true }, models.DecideHold, models.HoldWorkspace, "paused"},
		{"stopped for everyone", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) {
			d.Suppressions = []models.Suppression{{Scope: models.SuppressWorkspace}}
		}, models.DecideHold, models.HoldWorkspace, ""},

		// Engagement.
		{"enrollment paused", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Enrollment.State = models.EnrollmentPaused }, models.DecideCancel, models.CancelPaused, ""},
		{"enrollment finished", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Enrollment.State = models.EnrollmentFinished }, models.DecideCancel, models.CancelFinished, ""},
		{"wrote after it was planned", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) { d.Conversation.LastInboundAt = now }, models.DecideCancel, models.CancelReplanned, "wrote"},
		{"wrote before it was planned", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Conversation.LastInboundAt = ptr(now.Add(-24 * time.Hour))
		}, models.DecideSend, "", ""},
		{"written to by hand this morning", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Conversation.WrittenAt = ptr(now.Add(-2 * time.Hour))
		}, models.DecideHold, models.HoldGap, "24 November at 14:00 UTC"},
		{"written to by hand, a text follows", models.ChannelSMS, models.PurposeGoodbye, func(d *models.Due, now *time.Time) {
			d.Conversation.WrittenAt = ptr(now.Add(-23 * time.Hour))
		}, models.DecideHold, models.HoldGap, ""},
		{"written to by hand yesterday", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Conversation.WrittenAt = ptr(now.Add(-24 * time.Hour))
		}, models.DecideSend, "", ""},
		{"written to by hand, a longer rest is set", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Conversation.WrittenAt, d.Settings.WrittenHold = ptr(now.Add(-24*time.Hour)), 48
		}, models.DecideHold, models.HoldGap, "23 November at 16:00 UTC"},
		{"written to by hand, no rest is set", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Conversation.WrittenAt, d.Settings.WrittenHold = ptr(now.Add(-time.Minute)), 0
		}, models.DecideSend, "", ""},
		{"written to by hand, the call's reminder", models.ChannelEmail, models.PurposeReminder, func(d *models.Due, now *time.Time) {
			d.Conversation.WrittenAt = ptr(now.Add(-2 * time.Hour))
		}, models.DecideSend, "", ""},
		{"written to by hand, a call task", models.ChannelCall, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Conversation.WrittenAt = ptr(now.Add(-2 * time.Hour))
		}, models.DecideOpen, "", ""},
		{"the call was moved", models.ChannelEmail, models.PurposeReminder, func(d *models.Due, now *time.Time) {
			d.Touch.AppointmentID, d.Touch.AppointmentRevision = ptr(int64(5)), 1
			d.Appointment = &models.Appointment{ID: 5, Revision: 2, State: models.AppointmentBooked}
		}, models.DecideCancel, models.CancelMoved, ""},
		{"the call was canceled before it was confirmed", models.ChannelEmail, models.PurposeConfirmation, func(d *models.Due, now *time.Time) {
			d.Appointment = &models.Appointment{ID: 5, Revision: 1, State: models.AppointmentCanceled, StartsAt: now.Add(48 * time.Hour)}
			d.Touch.AppointmentID, d.Touch.AppointmentRevision, d.Touch.NotAfter = ptr(int64(5)), 1, ptr(now.Add(48*time.Hour))
		}, models.DecideCancel, models.CancelAppointment, ""},
		{"the notice of the cancellation", models.ChannelEmail, models.PurposeConfirmation, func(d *models.Due, now *time.Time) {
			d.Appointment = &models.Appointment{ID: 5, Revision: 1, State: models.AppointmentCanceled, StartsAt: now.Add(48 * time.Hour)}
			d.Touch.AppointmentID, d.Touch.AppointmentRevision = ptr(int64(5)), 1
		}, models.DecideSend, "", ""},
		{"the call was canceled", models.ChannelEmail, models.PurposeReminder, func(d *models.Due, now *time.Time) {
			d.Touch.AppointmentID, d.Touch.AppointmentRevision = ptr(int64(5)), 1
			d.Appointment = &models.Appointment{ID: 5, Revision: 1, State: models.AppointmentCanceled}
		}, models.DecideCancel, models.CancelAppointment, ""},
		{"its moment has passed", models.ChannelEmail, models.PurposeReminder, func(d *models.Due, now *time.Time) { d.Touch.NotAfter = now }, models.DecideSkip, models.SkipMomentPassed, ""},

		// Suppression and consent.
		{"opted out of email", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) {
			d.Suppressions = []models.Suppression{{Scope: models.SuppressPerson, ProspectID: ptr(int64(7)), Channel: models.ChannelEmail}}
		}, models.DecideSkip, models.SkipSuppressed, ""},
		{"no consent for texts", models.ChannelSMS, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Consents = nil }, models.DecideSkip, models.SkipNoConsent, "inquiry"},
		{"consent ran out", models.ChannelSMS, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			for i := range d.Consents {
				d.Consents[i].ExpiresAt = ptr(now.Add(-time.Minute))
			}
		}, models.DecideSkip, models.SkipNoConsent, ""},
		{"email needs no consent", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Consents = nil }, models.DecideSend, "", ""},
		{"no address that works", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.ContactPoints = d.ContactPoints[1:3] }, models.DecideSkip, models.SkipNoContactPoint, ""},

		// Quiet hours.
		{"text at night", models.ChannelSMS, models.PurposeFollowUp, func(_ *models.Due, now *time.Time) { *now = localAt(t, newYork, "2026-11-24 21:00") }, models.DecideHold, models.HoldQuietHours, "Wed 25 Nov 2026 08:00 EST"},
		{"call task at night", models.ChannelCall, models.PurposeFollowUp, func(_ *models.Due, now *time.Time) { *now = localAt(t, newYork, "2026-11-24 07:59") }, models.DecideHold, models.HoldQuietHours, "Tue 24 Nov 2026 08:00 EST"},
		{"email at night", models.ChannelEmail, models.PurposeFollowUp, func(_ *models.Due, now *time.Time) { *now = localAt(t, newYork, "2026-11-24 23:00") }, models.DecideSend, "", ""},
		{"a reminder does not wait", models.ChannelSMS, models.PurposeReminder, func(d *models.Due, now *time.Time) {
			*now = localAt(t, newYork, "2026-11-24 21:00")
			d.Touch.NotAfter = ptr(now.Add(24 * time.Hour))
		}, models.DecideSkip, models.SkipMomentPassed, "never comes later"},
		{"the hold would outlast it", models.ChannelSMS, models.PurposeConfirmation, func(d *models.Due, now *time.Time) {
			*now = localAt(t, newYork, "2026-11-24 23:00")
			d.Touch.NotAfter = ptr(now.Add(time.Hour))
		}, models.DecideSkip, models.SkipMomentPassed, ""},
		{"nobody knows where they are", models.ChannelSMS, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) {
			d.Prospect.Zone = ""
			d.ContactPoints[1].Value = "+999"
		}, models.DecideAsk, models.AttentionZone, "time zone"},
		{"misspelt zone", models.ChannelSMS, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Prospect.Zone = "Amerika/New_York" }, models.DecideAsk, models.AttentionZone, "Amerika"},
		{"misspelt zone does not stop an email", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Prospect.Zone = "Amerika/New_York" }, models.DecideSend, "", ""},

		// The company and the sender.
		{"company held", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.CompanyHold = &models.CompanyHold{Reason: models.PauseColleagueReplied, Until: ptr(now.Add(48 * time.Hour))}
		}, models.DecideHold, models.HoldCompany, "colleague replied"},
		{"company hold over", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) { d.CompanyHold = &models.CompanyHold{Until: now} }, models.DecideSend, "", ""},
		{"sender stopped", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) { d.Sender.Stop(models.FailConfig, "", *now) }, models.DecideHold, models.HoldSenderStopped, ""},
		{"no sender", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Sender = nil }, models.DecideAsk, models.AttentionNoSender, ""},
		{"answers not read for six minutes", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Sender.Inbound, d.Sender.InboundReadAt = models.InboundPoll, ptr(now.Add(-6*time.Minute))
		}, models.DecideHold, models.HoldInboundBehind, ""},
		{"answers read four minutes ago", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Sender.Inbound, d.Sender.InboundReadAt = models.InboundPoll, ptr(now.Add(-4*time.Minute))
		}, models.DecideSend, "", ""},
		{"something of theirs unread", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Unread = true }, models.DecideHold, models.HoldUnread, "being read"},
		{"something of theirs unread, and a reminder", models.ChannelSMS, models.PurposeReminder, func(d *models.Due, _ *time.Time) { d.Unread = true }, models.DecideHold, models.HoldUnread, ""},
		{"something of theirs unread, and an answer by hand", models.ChannelEmail, models.PurposeManual, func(d *models.Due, _ *time.Time) { d.Unread = true }, models.DecideSend, "", ""},
		{"no channel at the sender's provider", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) {
			d.Sender.Provider, d.Settings.PostalAddress = models.ProviderSMTP, "1 Example Street"
		}, models.DecideAsk, models.AttentionNoSender, ""},

		// The follow-up limit.
		{"limit reached", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Pursuit.FollowUps = 7 }, models.DecideSkip, models.SkipFollowUpLimit, "7 follow-ups"},
		{"limit reached today already", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) {
			d.Pursuit = models.Pursuit{FollowUps: 7, LastCountedOn: "2026-11-24"}
		}, models.DecideSend, "", ""},
		{"one below", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Pursuit.FollowUps = 6 }, models.DecideSend, "", ""},
		{"calls count", models.ChannelCall, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Pursuit.FollowUps = 7 }, models.DecideSkip, models.SkipFollowUpLimit, ""},
		{"the goodbye may go", models.ChannelEmail, models.PurposeGoodbye, func(d *models.Due, _ *time.Time) { d.Pursuit.FollowUps = 7 }, models.DecideSend, "", ""},
		{"a goodbye is under way", models.ChannelCall, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Recent = []models.RecentTouch{{Channel: models.ChannelSMS, Purpose: models.PurposeGoodbye, At: *now}}
		}, models.DecideHold, models.HoldGap, "goodbye"},
		{"another goodbye is under way", models.ChannelEmail, models.PurposeGoodbye, func(d *models.Due, now *time.Time) {
			d.Recent = []models.RecentTouch{{Channel: models.ChannelSMS, Purpose: models.PurposeGoodbye, At: *now}}
		}, models.DecideHold, models.HoldGap, "goodbye"},
		{"they answered since the goodbye", models.ChannelCall, models.PurposeFollowUp, func(d *models.Due, now *time.Time) {
			d.Pursuit.StartedAt = now.Add(-time.Hour)
			d.Recent = []models.RecentTouch{{Channel: models.ChannelSMS, Purpose: models.PurposeGoodbye, At: now.Add(-2 * time.Hour)}}
		}, models.DecideOpen, "", ""},
		{"once", models.ChannelEmail, models.PurposeGoodbye, func(d *models.Due, now *time.Time) { d.Pursuit = models.Pursuit{FollowUps: 7, GoodbyeAt: now} }, models.DecideSkip, models.SkipFollowUpLimit, "goodbye"},
		{"reminders do not count", models.ChannelEmail, models.PurposeReminder, func(d *models.Due, _ *time.Time) { d.Pursuit.FollowUps = 7 }, models.DecideSend, "", ""},
		{"regular customers do not count", models.ChannelEmail, models.PurposeRecurring, func(d *models.Due, _ *time.Time) { d.Pursuit.FollowUps = 70 }, models.DecideSend, "", ""},

		// The text.
		{"a variable without a value", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Prospect.FirstName = "" }, models.DecideAsk, models.AttentionRender, "first_name"},
		{"the step is gone", models.ChannelEmail, models.PurposeFollowUp, func(d *models.Due, _ *time.Time) { d.Touch.StepKey = "gone" }, models.DecideAsk, models.AttentionRender, "no step"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, now := dueTouch(t, c.channel, c.purpose)
			if c.mend != nil {
				c.mend(&d, &now)
			}
			got := Judge(d, gateAt(now))
			if got.Action != c.action || got.Reason != c.reason || !strings.Contains(got.Detail, c.detail) {
				t.Fatalf("%s (%s): %s; want %s (%s): %s", got.Action, got.Reason, got.Detail, c.action, c.reason, c.detail)
			}
			switch {
			case got.Action == models.DecideHold && !got.Until.After(now):
				t.Errorf("held until %s, which is over", got.Until)
			case got.Action == models.DecideAsk && (got.Attention == nil || got.Attention.Title == "" || got.Attention.Detail == ""):
				t.Errorf("asked without a question: %+v", got.Attention)
			case got.Reason != "" && got.Detail == "":
				t.Error("a reason without words")
			}
		})
	}
}

// Judging falls through to the next permitted point of the kind.
func TestGateFallsThrough(t *testing.T) {
	d, now := dueTouch(t, models.ChannelSMS, models.PurposeFollowUp)
	d.Suppressions = []models.Suppression{{Scope: models.SuppressAddress, Value: "+12125550111", Channel: models.ChannelSMS}}
	got := Judge(d, gateAt(now))
	if got.Action != models.DecideSend || *got.ContactPointID != workPhone || got.Message.ToAddress != "+12125550122" || *got.Message.ContactPointID != workPhone {
		t.Fatalf("%+v", got)
	}
}

// A recorded message without written consent is spoken by the rep.
func TestVoicemailWithoutConsentBecomesACall(t *testing.T) {
	d, now := dueTouch(t, models.ChannelVoicemail, models.PurposeFollowUp)
	for i := range d.Consents {
		d.Consents[i].Basis = models.ConsentOral
	}
	got := Judge(d, gateAt(now))
	if got.Action != models.DecideOpen || got.Kind != models.TouchTask || got.Channel != models.ChannelCall {
		t.Fatalf("%+v", got)
	}
	if got.Task.Prep.NotAnswered != "Hello Dana" || got.Task.Prep.Number != "+12125550111" || !strings.Contains(got.Detail, "written consent") {
		t.Errorf("%+v: %s", got.Task.Prep, got.Detail)
	}
}

// What a person writes: suppression always holds; consent, limits and pauses
// do not; quiet hours do, but for an answer within the hour.
func TestGateByHand(t *testing.T) {
	night := localAt(t, newYork, "2026-11-24 22:30")
	for _, c := range []struct {
		name   string
		mend   func(*models.Due, *time.Time)
		action models.DecisionAction
		reason models.Reason
	}{
		{"no consent needed", func(d *models.Due, _ *time.Time) { d.Consents = nil }, models.DecideSend, ""},
		{"workspace paused", func(d *models.Due, _ *time.Time) { d.Settings.Paused = true }, models.DecideSend, ""},
		{"company held", func(d *models.Due, _ *time.Time) { d.CompanyHold = &models.CompanyHold{} }, models.DecideSend, ""},
		{"inbound behind", func(d *models.Due, _ *time.Time) { d.Sender.Inbound = models.InboundPoll }, models.DecideSend, ""},
		{"limit reached", func(d *models.Due, _ *time.Time) { d.Pursuit.FollowUps = 70 }, models.DecideSend, ""},
		{"after STOP: back to the rep", func(d *models.Due, _ *time.Time) {
			d.Suppressions = []models.Suppression{{Scope: models.SuppressAddress, Value: "+12125550111", Channel: models.ChannelSMS, Reason: models.FailOptedOut}}
		}, models.DecideAsk, models.SkipSuppressed},
		{"at night", func(_ *models.Due, now *time.Time) { *now = night }, models.DecideHold, models.HoldQuietHours},
		{"at night, they texted 59 minutes ago", func(d *models.Due, now *time.Time) {
			*now = night
			d.Conversation = models.Conversation{LastChannel: models.ChannelSMS, LastInboundAt: ptr(night.Add(-59 * time.Minute))}
		}, models.DecideSend, ""},
		{"at night, they texted 61 minutes ago", func(d *models.Due, now *time.Time) {
			*now = night
			d.Conversation = models.Conversation{LastChannel: models.ChannelSMS, LastInboundAt: ptr(night.Add(-61 * time.Minute))}
		}, models.DecideHold, models.HoldQuietHours},
		{"at night, they wrote an email", func(d *models.Due, now *time.Time) {
			*now = night
			d.Conversation = models.Conversation{LastChannel: models.ChannelEmail, LastInboundAt: ptr(night.Add(-5 * time.Minute))}
		}, models.DecideHold, models.HoldQuietHours},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, now := byHand(t, models.ChannelSMS)
			c.mend(&d, &now)
			got := Judge(d, gateAt(now))
			if got.Action != c.action || got.Reason != c.reason {
				t.Fatalf("%s (%s): %s", got.Action, got.Reason, got.Detail)
			}
			if got.Action == models.DecideSend && got.Message.Text != "Yes, {{ gladly }}" {
				t.Errorf("what a person wrote goes out literally: %q", got.Message.Text)
			}
			if c.reason == "" && now.Equal(night) && !strings.Contains(got.Detail, "quiet hours") {
				t.Errorf("the exemption is recorded: %q", got.Detail)
			}
		})
	}
}

// A booked call opens at its minute, whatever the hour and whatever rests.
func TestGateBookedCall(t *testing.T) {
	for _, c := range []struct {
		name   string
		mend   func(*models.Due)
		action models.DecisionAction
		reason models.Reason
	}{
		{"on time", nil, models.DecideOpen, ""},
		{"sequence paused", func(d *models.Due) { d.Enrollment.State = models.EnrollmentPaused }, models.DecideOpen, ""},
		{"customer wrote", func(d *models.Due) { d.Conversation.LastInboundAt = &d.Touch.DueAt }, models.DecideOpen, ""},
		{"workspace paused", func(d *models.Due) { d.Settings.Paused = true }, models.DecideOpen, ""},
		{"zone unknown", func(d *models.Due) { d.Prospect.Zone = "" }, models.DecideOpen, ""},
		{"limit reached", func(d *models.Due) { d.Pursuit.FollowUps = 70 }, models.DecideOpen, ""},
		{"script broken", func(d *models.Due) { d.Prospect.FirstName = "" }, models.DecideOpen, ""},
		{"no number works", func(d *models.Due) { d.ContactPoints = nil }, models.DecideOpen, ""},
		{"one number wrong, the other closed", func(d *models.Due) {
			for i := range d.ContactPoints {
				switch cp := &d.ContactPoints[i]; cp.ID {
				case workPhone:
					cp.Validity = models.ValidityInvalid
				case cell:
					d.Suppressions = []models.Suppression{{Scope: models.SuppressAddress, Value: cp.Value}}
				}
			}
		}, models.DecideOpen, ""},
		{"moved", func(d *models.Due) { d.Appointment.Revision = 2 }, models.DecideCancel, models.CancelMoved},
		{"canceled", func(d *models.Due) { d.Appointment.State = models.AppointmentCanceled }, models.DecideCancel, models.CancelAppointment},
		{"do not call", func(d *models.Due) {
			d.Suppressions = []models.Suppression{{Scope: models.SuppressPerson, ProspectID: ptr(int64(7))}}
		}, models.DecideSkip, models.SkipSuppressed},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := localAt(t, newYork, "2026-11-24 22:15")
			d := bookedCall(t, now)
			if c.mend != nil {
				c.mend(&d)
			}
			got := Judge(d, gateAt(now))
			if got.Action != c.action || got.Reason != c.reason {
				t.Fatalf("%s (%s): %s", got.Action, got.Reason, got.Detail)
			}
			if got.Action == models.DecideOpen && (got.Task == nil || !got.Task.DueAt.Equal(now) || got.Task.Kind != models.TaskCall) {
				t.Errorf("%+v", got.Task)
			}
		})
	}
}

// The rep's preparation is filled in.
func TestCallPrep(t *testing.T) {
	d, now := dueTouch(t, models.ChannelCall, models.PurposeFollowUp)
	prep := Judge(d, gateAt(now)).Task.Prep
	want := models.CallPrep{Why: "because", TalkingPoint: "The reason I'm calling is a new rule concerns you", Question: "What changed?",
		Answered: "Hi Dana", NotAnswered: "Call me back", Number: "+12125550111", LocalTime: "Tue 24 Nov 2026 11:00 EST"}
	if prep != want {
		t.Errorf("%+v", prep)
	}
	d.Version.Definition.Steps[0].TalkingPoint = ""
	d.TalkingPoint = &models.TalkingPoint{Text: "there is a new way to pay"}
	if prep = Judge(d, gateAt(now)).Task.Prep; prep.TalkingPoint != "The reason I'm calling is there is a new way to pay" {
		t.Errorf("from the library: %q", prep.TalkingPoint)
	}
}

// The message is complete: addresses, token, thread, unsubscribing, validity.
func TestMessage(t *testing.T) {
	d, now := dueTouch(t, models.ChannelEmail, models.PurposeFollowUp)
	m := *Judge(d, gateAt(now)).Message
	if m.FromAddress != "robin@example.com" || m.FromName != "Robin Rep" || m.ToAddress != "dana@example.com" || m.ToName != "Dana Example" ||
		m.Subject != "A word" || !strings.Contains(m.Text, "Hello Dana") || !strings.Contains(m.HTML, "Hello Dana") || m.Attempt != 1 ||
		m.Token != "tok" || m.MailID != "<tok@example.com>" || m.InReplyTo != "" || m.Sender == nil || m.Provider != models.ProviderSandbox ||
		m.Unsubscribe != "https://followup.example.com/u/tok" || m.UserID != nil || m.ValidUntil != nil || m.State != models.MessageQueued {
		t.Errorf("%+v", m)
	}

	text, now := dueTouch(t, models.ChannelSMS, models.PurposeFollowUp)
	m = *Judge(text, gateAt(now)).Message
	if m.ValidUntil == nil || !m.ValidUntil.Equal(localAt(t, newYork, "2026-11-24 21:00")) || m.Unsubscribe != "" || m.MailID != "" || m.HTML != "" {
		t.Errorf("a text must not wait at the provider until quiet hours: %+v", m)
	}

	g := gateAt(now)
	g.PublicURL = ""
	if m = *Judge(d, g).Message; m.Unsubscribe != "" {
		t.Errorf("unreachable, yet %q", m.Unsubscribe)
	}
}

// Threads: an answer continues the last email; a step with a subject of its
// own begins anew.
func TestThread(t *testing.T) {
	last := &models.Message{MailID: "<2@example.com>", References: []string{"<1@example.com>"}, Subject: "RE: re: A word"}
	for _, c := range []struct {
		name, subject, want string
		threads             bool
	}{
		{"no subject", "", "Re: A word", true},
		{"the same subject", "A word", "A word", true},
		{"a new subject", "News for {{ prospect.first_name }}", "News for Dana", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, now := dueTouch(t, models.ChannelEmail, models.PurposeFollowUp)
			d.LastMail, d.Version.Definition.Steps[0].Subject = last, c.subject
			m := *Judge(d, gateAt(now)).Message
			if m.Subject != c.want || (m.InReplyTo == "<2@example.com>") != c.threads || (len(m.References) == 2) != c.threads {
				t.Errorf("%q %q %q", m.Subject, m.InReplyTo, m.References)
			}
		})
	}
	t.Run("by hand", func(t *testing.T) {
		d, now := byHand(t, models.ChannelEmail)
		d.Touch.ContactPointID, d.LastMail, d.Rep.Signature = ptr(workMail), last, "Robin Rep\nExample Ltd"
		m := *Judge(d, gateAt(now)).Message
		if m.Subject != "Re: A word" || m.InReplyTo == "" || *m.UserID != 3 || m.Unsubscribe != "" || !strings.HasSuffix(strings.TrimSpace(m.Text), "Example Ltd") {
			t.Errorf("%+v", m)
		}
	})
	t.Run("a long thread is trimmed, its first kept", func(t *testing.T) {
		long := models.Message{MailID: "<last>"}
		for range 50 {
			long.References = append(long.References, "<x>")
		}
		long.References[0] = "<first>"
		if refs := references(long); len(refs) != maxReferences || refs[0] != "<first>" || refs[len(refs)-1] != "<last>" {
			t.Errorf("%q", refs)
		}
	})
}

// The channel's own check: refused for good, for now, or for want of set-up.
func TestChannelCheck(t *testing.T) {
	for _, c := range []struct {
		err    error
		action models.DecisionAction
		reason models.Reason
	}{
		{channels.Refuse("reserved", "example.com is reserved"), models.DecideSkip, models.SkipNotAllowed},
		{&channels.SendError{Class: models.SendTransient, Detail: "later"}, models.DecideHold, models.HoldRetry},
		{&channels.SendError{Class: models.SendConfiguration, Detail: "no password"}, models.DecideAsk, models.AttentionSender},
	} {
		d, now := dueTouch(t, models.ChannelEmail, models.PurposeFollowUp)
		g := gateAt(now)
		g.Channels.Add(models.ProviderSandbox, silentChannel{rules: channels.EmailRules, check: c.err})
		got := Judge(d, g)
		if got.Action != c.action || got.Reason != c.reason {
			t.Errorf("%v: %s (%s)", c.err, got.Action, got.Reason)
		}
		if got.Action == models.DecideSkip && got.Attention == nil {
			t.Error("somebody should be told")
		}
	}
}

// A fault in judging one touch is asked about for that one.
func TestJudgePanic(t *testing.T) {
	d, now := dueTouch(t, models.ChannelEmail, models.PurposeFollowUp)
	g := gateAt(now)
	g.NewToken = func() string { panic("boom") }
	if got := Judge(d, g); got.Action != models.DecideAsk || got.Attention == nil || got.TouchID != 900 {
		t.Errorf("%+v", got)
	}
}
