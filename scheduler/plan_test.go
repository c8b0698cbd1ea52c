package scheduler

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"followup/models"
)

// callBack is the booked call-back: a reminder the day before at nine, the
// call, and if nobody answers a voicemail and ten minutes later a text.
func callBack() models.Definition {
	return models.Definition{Key: "booked-call-back", Name: "Booked call-back", Anchor: models.AnchorAppointment, Steps: []models.Step{
		{Key: "reminder", Channel: models.ChannelEmail, Purpose: models.PurposeReminder, Subject: "s", Body: "b",
			Timing: models.Timing{Kind: models.TimingAppointment, Days: -1, At: tod("09:00")}},
		{Key: "call", Channel: models.ChannelCall, Purpose: models.PurposePromised, Timing: models.Timing{Kind: models.TimingAppointment}},
		{Key: "voicemail", Channel: models.ChannelVoicemail, Purpose: models.PurposePromised, Body: "b",
			Timing: models.Timing{Kind: models.TimingAfter}, When: models.Condition{Call: "unanswered"}},
		{Key: "text", Channel: models.ChannelSMS, Purpose: models.PurposePromised, Body: "b",
			Timing: models.Timing{Kind: models.TimingAfter, Minutes: 10}, When: models.Condition{Call: "unanswered"}},
	}}
}

func onRevision(t models.Touch, a *models.Appointment) models.Touch {
	t.Occurrence, t.AppointmentID, t.AppointmentRevision = revisionOccurrence(a), &a.ID, a.Revision
	return t
}

func callTouch(a *models.Appointment, state models.TouchState, when time.Time) models.Touch {
	t := onRevision(ended("call", state, when), a)
	t.Kind, t.ContactPointID = models.TouchBookedCall, ptr(cell)
	if state.Live() {
		t.EndedAt = nil
	}
	return t
}

// The story of a booked call-back, plan by plan.
func TestPlanBookedCallBack(t *testing.T) {
	in := person(t, callBack())
	in.Appointment = booked(t, "2026-11-27 15:00")
	a := in.Appointment
	call := callTouch(a, models.TouchPlanned, a.StartsAt)
	in.Touches = []models.Touch{call}

	res := planAt(in, in.Enrollment.StartedAt)
	if res.Next == nil || res.Next.StepKey != "reminder" || res.Next.Occurrence != "1" || *res.Next.SenderID != 11 || *res.Next.ContactPointID != workMail {
		t.Fatalf("reminder: %+v", res)
	}
	reminded := onRevision(ended("reminder", models.TouchSent, localAt(t, newYork, "2026-11-26 09:00")), a)
	in.Touches = []models.Touch{call, reminded}
	res = planAt(in, *reminded.EndedAt)
	if res.Next != nil || res.Finish != "" || !strings.Contains(res.WaitsFor, "Fri 27 Nov 2026 15:00 EST") {
		t.Fatalf("waiting: %+v", res)
	}

	closed := a.StartsAt.Add(2 * time.Minute)
	a.State, a.EndedAt = models.AppointmentUnheld, &closed
	in.Touches = []models.Touch{callTouch(a, models.TouchDone, closed), reminded}
	in.LastCall = models.OutcomeNoAnswer
	res = planAt(in, closed)
	if res.Next == nil || res.Next.StepKey != "voicemail" || !res.Next.DueAt.Equal(closed) || *res.Next.SenderID != 12 {
		t.Fatalf("voicemail: %+v", res)
	}
	left := onRevision(ended("voicemail", models.TouchSent, closed.Add(time.Minute)), a)
	in.Touches = append(in.Touches, left)
	res = planAt(in, *left.EndedAt)
	if res.Next == nil || res.Next.StepKey != "text" || !res.Next.DueAt.Equal(left.EndedAt.Add(10*time.Minute)) {
		t.Fatalf("text: %+v", res)
	}
	in.Touches = append(in.Touches, onRevision(ended("text", models.TouchSent, left.EndedAt.Add(10*time.Minute)), a))
	if res = planAt(in, left.EndedAt.Add(11*time.Minute)); res.Finish != models.FinishCompleted {
		t.Fatalf("end: %+v", res)
	}
}

// An answered call leaves the unanswered branch out, with the reason.
func TestPlanConditions(t *testing.T) {
	in := person(t, callBack())
	in.Appointment = booked(t, "2026-11-27 15:00")
	closed := in.Appointment.StartsAt.Add(20 * time.Minute)
	in.Appointment.State, in.Appointment.EndedAt = models.AppointmentHeld, &closed
	in.Touches = []models.Touch{callTouch(in.Appointment, models.TouchDone, closed)}
	in.LastCall = models.OutcomeConnected
	res := planAt(in, closed)
	if len(res.Skipped) != 2 || res.Finish != models.FinishCompleted {
		t.Fatalf("%+v", res)
	}
	for _, s := range res.Skipped {
		if s.EndReason != models.SkipCondition || !strings.Contains(s.EndDetail, "connected") {
			t.Errorf("%s: %s", s.EndReason, s.EndDetail)
		}
	}
}

// A moved appointment is a new occurrence: the reminder is planned anew, and
// what came before anything about the call is not repeated.
func TestPlanMovedAppointment(t *testing.T) {
	d := callBack()
	d.Steps = append([]models.Step{after("welcome", models.Timing{})}, d.Steps...)
	in := person(t, d)
	in.Appointment = booked(t, "2026-11-27 15:00")
	reminded := onRevision(ended("reminder", models.TouchSent, localAt(t, newYork, "2026-11-26 09:00")), in.Appointment)
	in.Touches = []models.Touch{ended("welcome", models.TouchSent, in.Enrollment.StartedAt), reminded}
	moved := localAt(t, newYork, "2026-11-26 12:00")
	if err := in.Appointment.MoveTo(localAt(t, newYork, "2026-12-03 11:00"), moved); err != nil {
		t.Fatal(err)
	}
	res := planAt(in, moved)
	if res.Next == nil || res.Next.StepKey != "reminder" || res.Next.Occurrence != "2" || !res.Next.DueAt.Equal(localAt(t, newYork, "2026-12-02 09:00")) {
		t.Fatalf("%+v", res)
	}
}

// A missed call is our fault: no unanswered branch follows; a canceled one is
// asked about.
func TestPlanCallThatDidNotTakePlace(t *testing.T) {
	in := person(t, callBack())
	in.Appointment = booked(t, "2026-11-27 15:00")
	a := in.Appointment
	end := a.StartsAt.Add(models.MissedAfter)
	in.Touches = []models.Touch{onRevision(ended("reminder", models.TouchSent, a.StartsAt), a), callTouch(a, models.TouchMissed, end)}
	a.State, a.EndedAt = models.AppointmentMissed, &end
	if res := planAt(in, end); len(res.Skipped) != 2 || res.Skipped[0].EndReason != models.SkipCondition || res.Finish != models.FinishCompleted {
		t.Errorf("missed: %+v", res)
	}
	a.State = models.AppointmentCanceled
	in.Touches = in.Touches[:1]
	if res := planAt(in, end); res.Attention == nil || !strings.Contains(res.Attention.Detail, "book another") {
		t.Errorf("canceled: %+v", res)
	}
}

// While a touch is on its way nothing is planned, and a version move waits.
func TestPlanWaitsForALiveTouch(t *testing.T) {
	for _, state := range []models.TouchState{models.TouchSending, models.TouchOpen, models.TouchUnconfirmed} {
		in := person(t, sequence(after("one", models.Timing{}), after("two", models.Timing{})))
		in.Pending = &models.SequenceVersion{ID: 2, Definition: sequence(after("other", models.Timing{}))}
		live := ended("one", state, in.Enrollment.StartedAt)
		live.EndedAt = nil
		in.Touches = []models.Touch{live}
		if res := planAt(in, in.Enrollment.StartedAt); !reflect.DeepEqual(res, models.PlanResult{EnrollmentID: 70}) {
			t.Errorf("%s: %+v", state, res)
		}
	}
}

// A version move takes the step after the last one that ended, by its key.
func TestPlanAdoptsVersion(t *testing.T) {
	in := person(t, sequence(after("one", models.Timing{}), after("two", models.Timing{}), after("three", models.Timing{})))
	in.Touches = []models.Touch{ended("two", models.TouchSent, in.Enrollment.StartedAt)}
	in.Pending = &models.SequenceVersion{ID: 2, Definition: sequence(after("new first", models.Timing{}), after("two", models.Timing{}), after("inserted", models.Timing{Hours: 1}), after("three", models.Timing{}))}
	res := planAt(in, in.Enrollment.StartedAt)
	if res.AdoptVersion == nil || *res.AdoptVersion != 2 || res.Next == nil || res.Next.StepKey != "inserted" {
		t.Errorf("%+v", res)
	}
}

// Paused and finished enrollments are not planned.
func TestPlanOnlyActive(t *testing.T) {
	for _, state := range []models.EnrollmentState{models.EnrollmentPaused, models.EnrollmentFinished} {
		in := person(t, sequence(after("one", models.Timing{})))
		in.Enrollment.State = state
		if res := planAt(in, in.Enrollment.StartedAt); res.Next != nil || res.Finish != "" {
			t.Errorf("%s: %+v", state, res)
		}
	}
}

// Contact points: primary, named, last used, next untried; those that may not
// be used are passed over.
func TestPlanContactPoint(t *testing.T) {
	suppressed := func(cp string, ch models.ChannelKind) models.Suppression {
		return models.Suppression{Scope: models.SuppressAddress, Value: cp, Channel: ch, Reason: models.FailOptedOut}
	}
	for _, c := range []struct {
		name    string
		channel models.ChannelKind
		choice  models.ContactChoice
		mend    func(*models.PlanInput)
		want    int64 // 0: none
		reason  models.Reason
	}{
		{"primary", models.ChannelEmail, models.ContactPrimary, nil, workMail, ""},
		{"primary phone", models.ChannelSMS, models.ContactPrimary, nil, cell, ""},
		{"named", models.ChannelEmail, models.ContactHome, nil, homeMail, ""},
		{"named, of the channel's kind", models.ChannelCall, models.ContactWork, nil, workPhone, ""},
		{"named, not on record", models.ChannelCall, models.ContactHome, nil, cell, ""},
		{"last used, by the conversation", models.ChannelEmail, models.ContactLastUsed, func(in *models.PlanInput) { in.Conversation.LastContactID = ptr(homeMail) }, homeMail, ""},
		{"last used, by its last inbound", models.ChannelSMS, models.ContactLastUsed, func(in *models.PlanInput) { in.ContactPoints[2].LastInboundAt = &in.Enrollment.StartedAt }, workPhone, ""},
		{"last used, none used", models.ChannelSMS, models.ContactLastUsed, nil, cell, ""},
		{"next untried", models.ChannelSMS, models.ContactNextUntried, func(in *models.PlanInput) { tryPoints(in, cell) }, workPhone, ""},
		{"next untried, none left: the one tried longest ago", models.ChannelSMS, models.ContactNextUntried, func(in *models.PlanInput) {
			tryPoints(in, cell, workPhone)
			in.ContactPoints[1].LastTriedAt = ptr(in.Enrollment.StartedAt.Add(-time.Hour))
			in.ContactPoints[2].LastTriedAt = ptr(in.Enrollment.StartedAt.Add(-2 * time.Hour))
		}, workPhone, ""},
		{"a skipped touch tried nothing", models.ChannelSMS, models.ContactNextUntried, func(in *models.PlanInput) {
			tryPoints(in, cell)
			in.Touches[len(in.Touches)-1].State = models.TouchSkipped
		}, cell, ""},
		{"invalid: the next", models.ChannelEmail, models.ContactPrimary, func(in *models.PlanInput) { in.ContactPoints[0].Validity = models.ValidityInvalid }, homeMail, ""},
		{"suppressed on the channel: the next", models.ChannelSMS, models.ContactPrimary, func(in *models.PlanInput) {
			in.Suppressions = append(in.Suppressions, suppressed("+12125550111", models.ChannelSMS))
		}, workPhone, ""},
		{"suppressed on another channel only", models.ChannelCall, models.ContactPrimary, func(in *models.PlanInput) {
			in.Suppressions = append(in.Suppressions, suppressed("+12125550111", models.ChannelSMS))
		}, cell, ""},
		{"no consent: the next", models.ChannelSMS, models.ContactPrimary, func(in *models.PlanInput) { in.Consents = in.Consents[2:] }, workPhone, ""},
		{"no consent at all", models.ChannelSMS, models.ContactPrimary, func(in *models.PlanInput) { in.Consents = nil }, 0, models.SkipNoConsent},
		{"all suppressed", models.ChannelEmail, models.ContactPrimary, func(in *models.PlanInput) {
			in.Suppressions = append(in.Suppressions, suppressed("dana@example.com", ""), models.Suppression{Scope: models.SuppressDomain, Value: "example.org"})
		}, 0, models.SkipSuppressed},
		{"voicemail without consent is planned: it becomes a call", models.ChannelVoicemail, models.ContactPrimary, func(in *models.PlanInput) { in.Consents = nil }, cell, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			// The last step keeps the person within reach.
			in := person(t, sequence(models.Step{Key: "start", Channel: models.ChannelEmail},
				models.Step{Key: "one", Channel: c.channel, Contact: c.choice, Body: "b", Subject: "s"}, models.Step{Key: "last", Channel: models.ChannelCall}))
			in.Touches = []models.Touch{ended("start", models.TouchSkipped, in.Enrollment.StartedAt)}
			if c.mend != nil {
				c.mend(&in)
			}
			res := planAt(in, in.Enrollment.StartedAt)
			if c.want == 0 {
				if len(res.Skipped) == 0 || res.Skipped[0].EndReason != c.reason || res.Skipped[0].EndDetail == "" {
					t.Fatalf("skipped %+v, want %s", res.Skipped, c.reason)
				}
				return
			}
			if res.Next == nil || res.Next.StepKey != "one" || *res.Next.ContactPointID != c.want {
				t.Fatalf("%+v", res)
			}
		})
	}
}

// tryPoints records touches of the first step that used the points.
func tryPoints(in *models.PlanInput, points ...int64) {
	for _, id := range points {
		t := ended("start", models.TouchSent, in.Enrollment.StartedAt)
		t.ContactPointID = ptr(id)
		in.Touches = append(in.Touches, t)
	}
}

// Unreachable only when every valid permitted contact point, over all kinds
// the sequence's channels can use, was tried or none exists.
func TestUnreachable(t *testing.T) {
	next := models.Step{Key: "next", Channel: models.ChannelSMS, Contact: models.ContactNextUntried, Body: "b"}
	start := models.Step{Key: "start", Channel: models.ChannelEmail, Subject: "s", Body: "b"}
	// noPhone: both numbers turned out wrong.
	noPhone := func(in *models.PlanInput) {
		in.ContactPoints[1].Validity, in.ContactPoints[2].Validity = models.ValidityInvalid, models.ValidityInvalid
	}
	for _, c := range []struct {
		name  string
		steps []models.Step
		tried []int64
		mend  func(*models.PlanInput)
		want  models.EnrollmentOutcome
	}{
		{"all tried, no step can reach them", []models.Step{start, next}, []int64{workMail, homeMail, cell, workPhone}, noPhone, models.FinishUnreachable},
		{"an email address is left", []models.Step{start, next}, []int64{workMail, cell, workPhone}, noPhone, models.FinishCompleted},
		{"the address left does not work", []models.Step{start, next}, []int64{workMail, cell, workPhone}, func(in *models.PlanInput) {
			noPhone(in)
			in.ContactPoints[3].Validity = models.ValidityInvalid
		}, models.FinishUnreachable},
		{"no channel of the sequence uses email", []models.Step{{Key: "start", Channel: models.ChannelCall}, next}, []int64{cell, workPhone}, noPhone, models.FinishUnreachable},
		{"all tried, a step can go round again", []models.Step{start, next}, []int64{workMail, homeMail, cell, workPhone}, nil, ""},
		{"a later step can still reach them", []models.Step{start, next, {Key: "goodbye", Channel: models.ChannelEmail, Purpose: models.PurposeGoodbye, Subject: "s", Body: "b"}},
			[]int64{workMail, homeMail, cell, workPhone}, noPhone, ""},
		{"none exists", []models.Step{start, next}, nil, func(in *models.PlanInput) { in.ContactPoints = nil }, models.FinishUnreachable},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, sequence(c.steps...))
			in.Touches = []models.Touch{ended("start", models.TouchSkipped, in.Enrollment.StartedAt)}
			tryPoints(&in, c.tried...)
			if c.mend != nil {
				c.mend(&in)
			}
			if res := planAt(in, in.Enrollment.StartedAt); res.Finish != c.want {
				t.Errorf("finish %q, want %q: %+v", res.Finish, c.want, res)
			}
		})
	}
}

// The channel last used, where it can be written on; else the default.
func TestChannelLastUsed(t *testing.T) {
	for _, c := range []struct {
		name string
		last models.ChannelKind
		mend func(*models.PlanInput)
		want models.ChannelKind
	}{
		{"by text", models.ChannelSMS, nil, models.ChannelSMS},
		{"nothing yet", "", nil, models.ChannelEmail},
		{"a call cannot be written", models.ChannelCall, nil, models.ChannelEmail},
		{"a call, and a text before it", models.ChannelCall, func(in *models.PlanInput) { in.Conversation.LastWritten = models.ChannelSMS }, models.ChannelSMS},
		{"by text, opted out, and an email before", models.ChannelSMS, func(in *models.PlanInput) {
			in.Version.Definition.DefaultChannel, in.Conversation.LastWritten = models.ChannelSMS, models.ChannelEmail
			in.Suppressions = []models.Suppression{{Scope: models.SuppressPerson, ProspectID: ptr(int64(7)), Channel: models.ChannelSMS}}
		}, models.ChannelEmail},
		{"by text, opted out", models.ChannelSMS, func(in *models.PlanInput) {
			in.Suppressions = []models.Suppression{{Scope: models.SuppressPerson, ProspectID: ptr(int64(7)), Channel: models.ChannelSMS}}
		}, models.ChannelEmail},
		{"by text, no number to send from", models.ChannelSMS, func(in *models.PlanInput) { in.Senders = in.Senders[:1] }, models.ChannelEmail},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, sequence(models.Step{Key: "one", Channel: models.ChannelLastUsed, Subject: "s", Body: "b"}))
			in.Conversation.LastChannel = c.last
			if c.mend != nil {
				c.mend(&in)
			}
			if res := planAt(in, in.Enrollment.StartedAt); res.Next == nil || res.Next.Channel != c.want {
				t.Errorf("%+v", res)
			}
		})
	}
}

// A flexible step goes to the address they wrote from, unless it names
// another, and says why.
func TestFlexibleStepGoesWhereTheyWrote(t *testing.T) {
	tuesday := time.Date(2026, time.November, 17, 15, 0, 0, 0, time.UTC)
	for choice, want := range map[models.ContactChoice]int64{models.ContactPrimary: homeMail, models.ContactWork: workMail} {
		in := person(t, sequence(models.Step{Key: "one", Channel: models.ChannelLastUsed, Contact: choice, Subject: "s", Body: "b"}))
		in.Conversation.LastChannel, in.Conversation.LastContactID, in.Conversation.LastInboundAt = models.ChannelEmail, ptr(homeMail), &tuesday
		res := planAt(in, in.Enrollment.StartedAt)
		if res.Next == nil || *res.Next.ContactPointID != want || !strings.Contains(res.Next.Why, "by email, which they used last (Tue 17 Nov)") {
			t.Errorf("%q: %+v", choice, res.Next)
		}
	}
}

// Without a sender somebody is told; with a stopped one the touch waits for it.
func TestPlanSender(t *testing.T) {
	in := person(t, sequence(after("one", models.Timing{})))
	in.Senders[0].State = models.SenderStopped
	if res := planAt(in, in.Enrollment.StartedAt); res.Next == nil || *res.Next.SenderID != 11 {
		t.Errorf("stopped: %+v", res)
	}
	in.Senders = append(in.Senders, models.Sender{ID: 13, Kind: models.SenderMailbox, State: models.SenderActive}, models.Sender{ID: 14, Kind: models.SenderMailbox, State: models.SenderActive})
	if res := planAt(in, in.Enrollment.StartedAt); *res.Next.SenderID != 13 {
		t.Errorf("the first that sends: %+v", res.Next)
	}
	in.Conversation.LastSenderID = ptr(int64(14))
	if res := planAt(in, in.Enrollment.StartedAt); *res.Next.SenderID != 14 {
		t.Errorf("the one they wrote to: %+v", res.Next)
	}
	in.Senders = nil
	if res := planAt(in, in.Enrollment.StartedAt); res.Attention == nil || res.Attention.Reason != models.AttentionNoSender {
		t.Errorf("none: %+v", res)
	}
}

func drawTiming(t *rapid.T) models.Timing {
	tm := models.Timing{
		Kind: models.TimingAfter, Minutes: rapid.IntRange(0, 600).Draw(t, "minutes"), Hours: rapid.IntRange(0, 100).Draw(t, "hours"),
		Days: rapid.IntRange(0, 40).Draw(t, "days"), BusinessDays: rapid.IntRange(0, 15).Draw(t, "business days"),
	}
	if rapid.Bool().Draw(t, "at") {
		v := models.TimeOfDay(rapid.IntRange(0, 1439).Draw(t, "time of day"))
		tm.At = &v
	}
	return tm
}

// Whatever the rule, zone and time: a due time is never before completion plus
// delay, days are full calendar days, and planning again changes nothing.
func TestPlanProperties(t *testing.T) {
	base := person(t, sequence())
	rapid.Check(t, func(t *rapid.T) {
		in := base
		tm := drawTiming(t)
		in.Version.Definition = sequence(after("one", tm))
		in.Prospect.Zone = rapid.SampledFrom(sampleZones).Draw(t, "zone")
		in.Enrollment.StartedAt = drawTime(t, "started").Add(time.Duration(rapid.IntRange(0, 59).Draw(t, "seconds")) * time.Second)
		now := in.Enrollment.StartedAt.Add(time.Duration(rapid.IntRange(0, 10000).Draw(t, "later")) * time.Minute)

		res := planAt(in, now)
		if res.Next == nil {
			t.Fatalf("%+v", res)
		}
		loc, _ := models.LoadZone(in.Prospect.Zone)
		from := in.Enrollment.StartedAt.Add(tm.Offset())
		if res.Next.DueAt.Before(from) {
			t.Fatalf("due %s before %s", res.Next.DueAt, from)
		}
		if earliest := models.DateOf(from, loc).AddDays(tm.Days + tm.BusinessDays); models.DateOf(res.Next.DueAt, loc) < earliest {
			t.Fatalf("due %s, not before %s", res.Next.DueAt.In(loc), earliest)
		}
		planned := *res.Next
		planned.ID = 1
		in.Touches = []models.Touch{planned}
		later := now.Add(time.Duration(rapid.IntRange(0, 100000).Draw(t, "again")) * time.Minute)
		if again := planAt(in, later); again.Next != nil || len(again.Skipped) > 0 || again.Finish != "" || again.Attention != nil {
			t.Fatalf("planned again: %+v", again)
		}
	})
}

// A reminder comes never later than asked, never outside the hours, and is
// either planned or skipped as passed.
func TestReminderProperties(t *testing.T) {
	base := person(t, sequence())
	rapid.Check(t, func(t *rapid.T) {
		in := base
		tm := models.Timing{Minutes: -rapid.IntRange(0, 600).Draw(t, "minutes"), Days: -rapid.IntRange(0, 5).Draw(t, "days")}
		if tm.Minutes == 0 && tm.Days == 0 {
			tm.Minutes = -1
		}
		in.Version.Definition = reminder(models.ChannelSMS, tm)
		in.Prospect.Zone = rapid.SampledFrom(sampleZones).Draw(t, "zone")
		now := drawTime(t, "now")
		in.Enrollment.StartedAt = now
		in.Appointment = &models.Appointment{ID: 5, Revision: 1, State: models.AppointmentBooked, CreatedAt: now,
			StartsAt: now.Add(time.Duration(rapid.IntRange(1, 20000).Draw(t, "call in")) * time.Minute)}
		res := planAt(in, now)
		if res.Next == nil {
			if len(res.Skipped) != 1 || res.Skipped[0].EndReason != models.SkipMomentPassed || res.Skipped[0].EndDetail == "" {
				t.Fatalf("%+v", res)
			}
			return
		}
		loc, _ := models.LoadZone(in.Prospect.Zone)
		p := planner{loc: loc}
		asked, err := p.around(in.Version.Definition.Steps[0].Timing, in.Appointment.StartsAt)
		if err != nil {
			t.Fatal(err)
		}
		w, err := QuietHours(in.Prospect, "+12125550111", models.ChannelSMS, in.Settings)
		if err != nil {
			t.Fatal(err)
		}
		if res.Next.DueAt.After(asked) || res.Next.DueAt.Before(now) || !w.Permitted(res.Next.DueAt) {
			t.Fatalf("due %s, asked %s, now %s", res.Next.DueAt, asked, now)
		}
	})
}
