package scheduler

import (
	"testing"
	"time"

	"followup/models"
)

// Days are counted on the local calendar and the local time of day stays,
// whatever the clocks do in between.
func TestDelayKeepsTheLocalTimeAcrossClockChanges(t *testing.T) {
	days := func(n int, at string) models.Timing {
		tm := models.Timing{Kind: models.TimingAfter, Days: n}
		if at != "" {
			tm.At = tod(at)
		}
		return tm
	}
	for _, c := range []struct {
		name, zone, from string
		timing           models.Timing
		want             string // UTC
	}{
		// Spring: New York 8 March 2026, London 29 March 2026, Sydney 4 October 2026, Cairo 24 April 2026.
		{"New York, spring, keeps the time", newYork, "2026-03-07 09:00", days(1, ""), "2026-03-08T13:00:00Z"},
		{"New York, into the gap", newYork, "2026-03-07 12:00", days(1, "02:30"), "2026-03-08T07:00:00Z"},
		{"London, spring", "Europe/London", "2026-03-28 09:00", days(1, ""), "2026-03-29T08:00:00Z"},
		{"London, into the gap", "Europe/London", "2026-03-28 12:00", days(1, "01:30"), "2026-03-29T01:00:00Z"},
		{"Sydney, spring", "Australia/Sydney", "2026-10-03 09:00", days(1, ""), "2026-10-03T22:00:00Z"},
		{"Sydney, into the gap", "Australia/Sydney", "2026-10-03 12:00", days(1, "02:15"), "2026-10-03T16:00:00Z"},
		{"Cairo, midnight does not exist", "Africa/Cairo", "2026-04-23 12:00", days(1, "00:00"), "2026-04-23T22:00:00Z"},
		// Autumn: New York 1 November 2026, London 25 October 2026, Sydney 5 April 2026, Cairo 29/30 October 2026.
		{"New York, autumn, keeps the time", newYork, "2026-10-31 09:00", days(1, ""), "2026-11-01T14:00:00Z"},
		{"New York, the first 01:30 of two", newYork, "2026-10-31 12:00", days(1, "01:30"), "2026-11-01T05:30:00Z"},
		{"London, autumn", "Europe/London", "2026-10-24 09:00", days(1, ""), "2026-10-25T09:00:00Z"},
		{"London, the first 01:30 of two", "Europe/London", "2026-10-24 12:00", days(1, "01:30"), "2026-10-25T00:30:00Z"},
		{"Sydney, autumn", "Australia/Sydney", "2026-04-04 09:00", days(1, ""), "2026-04-04T23:00:00Z"},
		{"Sydney, the first 02:30 of two", "Australia/Sydney", "2026-04-04 12:00", days(1, "02:30"), "2026-04-04T15:30:00Z"},
		{"Cairo, autumn", "Africa/Cairo", "2026-10-29 09:00", days(1, ""), "2026-10-30T07:00:00Z"},
		// Hours and minutes are durations: the wall clock may say otherwise.
		{"24 hours across spring", newYork, "2026-03-07 09:00", models.Timing{Kind: models.TimingAfter, Hours: 24}, "2026-03-08T14:00:00Z"},
		// Leap days and month ends.
		{"to the leap day", newYork, "2028-02-28 09:00", days(1, ""), "2028-02-29T14:00:00Z"},
		{"over the leap day", newYork, "2028-02-28 09:00", days(2, ""), "2028-03-01T14:00:00Z"},
		{"no leap day", newYork, "2026-02-28 09:00", days(1, ""), "2026-03-01T14:00:00Z"},
		// A time of day alone is the next one.
		{"later today", newYork, "2026-11-23 08:00", days(0, "09:00"), "2026-11-23T14:00:00Z"},
		{"tomorrow, for it is over today", newYork, "2026-11-23 09:30", days(0, "09:00"), "2026-11-24T14:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, sequence(after("one", c.timing)))
			in.Prospect.Zone = c.zone
			in.Enrollment.StartedAt = localAt(t, c.zone, c.from)
			if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(utc(t, c.want)) {
				t.Errorf("due %s, want %s", got, c.want)
			}
		})
	}
}

// Business days leave out weekends, the country's holidays and the workspace's own.
func TestBusinessDays(t *testing.T) {
	for _, c := range []struct {
		name, country, from string
		n                   int
		own                 []models.Date
		want                models.Date
	}{
		{"over a weekend", "US", "2026-11-20 10:00", 1, nil, "2026-11-23"},
		{"from a Saturday", "US", "2026-11-21 10:00", 1, nil, "2026-11-23"},
		{"over Thanksgiving", "US", "2026-11-25 10:00", 1, nil, "2026-11-27"},
		{"not a holiday elsewhere", "GB", "2026-11-25 10:00", 1, nil, "2026-11-26"},
		{"unknown country: weekends only", "XX", "2026-11-25 10:00", 1, nil, "2026-11-26"},
		{"Independence Day is observed on Friday in 2026", "US", "2026-07-02 10:00", 1, nil, "2026-07-06"},
		{"Canada Day", "CA", "2026-06-30 10:00", 1, nil, "2026-07-02"},
		{"Easter in Germany", "DE", "2026-04-02 10:00", 1, nil, "2026-04-07"},
		{"the workspace's own", "US", "2026-11-23 10:00", 1, []models.Date{"2026-11-24"}, "2026-11-25"},
		{"three", "US", "2026-11-24 10:00", 3, nil, "2026-11-30"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, sequence(after("one", models.Timing{BusinessDays: c.n, At: tod("09:00")})))
			in.Prospect.Country, in.Settings.Holidays = c.country, c.own
			in.Enrollment.StartedAt = localAt(t, newYork, c.from)
			want := c.want.At(9*60, zone(t, newYork))
			if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(want) {
				t.Errorf("due %s, want %s", got, want)
			}
		})
	}
}

// A delay counts from the completion of the previous step, a skipped one included.
func TestDelayCountsFromCompletion(t *testing.T) {
	done := localAt(t, newYork, "2026-11-24 16:20")
	for _, state := range []models.TouchState{models.TouchSent, models.TouchDone, models.TouchSkipped, models.TouchFailed, models.TouchDismissed} {
		in := person(t, sequence(after("one", models.Timing{}), after("two", models.Timing{Hours: 3})))
		in.Touches = []models.Touch{ended("one", state, done)}
		if got := due(t, in, done); !got.Equal(done.Add(3 * time.Hour)) {
			t.Errorf("%s: due %s", state, got)
		}
	}
}

func booked(t testing.TB, starts string) *models.Appointment {
	t.Helper()
	return &models.Appointment{
		ID: 5, ProspectID: 7, StartsAt: localAt(t, newYork, starts), Revision: 1, State: models.AppointmentBooked,
		CreatedAt: localAt(t, newYork, "2026-11-23 10:00"), UpdatedAt: localAt(t, newYork, "2026-11-23 10:00"),
	}
}

// A rule relative to the appointment moves from its start by signed days,
// hours and minutes.
func TestAppointmentTiming(t *testing.T) {
	for _, c := range []struct {
		name   string
		timing models.Timing
		want   string
	}{
		{"the day before at nine", models.Timing{Days: -1, At: tod("09:00")}, "2026-11-26 09:00"},
		{"the day before at the same time", models.Timing{Days: -1}, "2026-11-26 15:00"},
		{"two hours before", models.Timing{Hours: -2}, "2026-11-27 13:00"},
		{"ten minutes before", models.Timing{Minutes: -10}, "2026-11-27 14:50"},
		{"the same morning", models.Timing{At: tod("08:30")}, "2026-11-27 08:30"},
		{"two business days before leaves out Thanksgiving", models.Timing{BusinessDays: -2, At: tod("09:00")}, "2026-11-24 09:00"},
		{"the day after", models.Timing{Days: 1, At: tod("09:00")}, "2026-11-28 09:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.timing.Kind = models.TimingAppointment
			in := person(t, models.Definition{Anchor: models.AnchorAppointment, Steps: []models.Step{
				{Key: "one", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Timing: c.timing},
			}})
			in.Appointment = booked(t, "2026-11-27 15:00")
			if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(localAt(t, newYork, c.want)) {
				t.Errorf("due %s, want %s", got.In(zone(t, newYork)), c.want)
			}
		})
	}
}

func reminder(channel models.ChannelKind, timing models.Timing) models.Definition {
	timing.Kind = models.TimingAppointment
	return models.Definition{Anchor: models.AnchorAppointment, Steps: []models.Step{
		{Key: "reminder", Channel: channel, Purpose: models.PurposeReminder, Timing: timing, Subject: "s", Body: "b"},
		{Key: "call", Channel: models.ChannelCall, Purpose: models.PurposePromised, Timing: models.Timing{Kind: models.TimingAppointment}},
	}}
}

// A reminder whose time is not permitted moves earlier, never later.
func TestReminderMovesEarlier(t *testing.T) {
	for _, c := range []struct {
		name, call, zone string
		channel          models.ChannelKind
		timing           models.Timing
		want             string
	}{
		{"permitted: stays", "2026-11-27 15:00", newYork, models.ChannelSMS, models.Timing{Hours: -2}, "2026-11-27 13:00"},
		{"too early in the morning: the evening before", "2026-11-27 09:00", newYork, models.ChannelSMS, models.Timing{Hours: -2}, "2026-11-26 20:59"},
		{"too late in the evening: before nine", "2026-11-27 23:00", newYork, models.ChannelSMS, models.Timing{Minutes: -30}, "2026-11-27 20:59"},
		{"email has no hours", "2026-11-27 09:00", newYork, models.ChannelEmail, models.Timing{Hours: -2}, "2026-11-27 07:00"},
		// Without a zone every zone of the number must permit it; 212 is New York only.
		{"the number's zone", "2026-11-27 09:00", "", models.ChannelSMS, models.Timing{Hours: -2}, "2026-11-26 20:59"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, reminder(c.channel, c.timing))
			in.Appointment, in.Prospect.Zone = booked(t, c.call), c.zone
			res := planAt(in, in.Enrollment.StartedAt)
			if res.Next == nil {
				t.Fatalf("nothing planned: %+v", res)
			}
			if want := localAt(t, newYork, c.want); !res.Next.DueAt.Equal(want) || !res.Next.PromisedAt.Equal(want) {
				t.Errorf("due %s, want %s", res.Next.DueAt.In(zone(t, newYork)), c.want)
			}
			if na := res.Next.NotAfter; na == nil || !na.Equal(in.Appointment.StartsAt) {
				t.Errorf("not after %v, want the call's start", na)
			}
			if !res.Next.Urgent {
				t.Error("a reminder is urgent")
			}
		})
	}
}

// A reminder whose moment has passed at planning is born skipped, and says why.
func TestReminderPassed(t *testing.T) {
	for _, c := range []struct {
		name, bookedAt, call, now string
		revision                  int
		want                      string
	}{
		{"booked shortly before", "2026-11-24 14:20", "2026-11-24 15:00", "2026-11-24 14:20", 1, "the call was 40 minutes away when it was booked"},
		{"moved nearer", "2026-11-24 14:00", "2026-11-24 20:00", "2026-11-24 14:00", 2, "the call was 6 hours away when it was moved"},
		{"resumed too late", "2026-11-20 10:00", "2026-11-24 15:00", "2026-11-24 11:00", 1, "its time, Mon 23 Nov 2026 09:00 EST, had passed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, reminder(models.ChannelEmail, models.Timing{Days: -1, At: tod("09:00")}))
			in.Appointment = booked(t, c.call)
			in.Appointment.Revision = c.revision
			in.Appointment.CreatedAt, in.Appointment.UpdatedAt = localAt(t, newYork, c.bookedAt), localAt(t, newYork, c.bookedAt)
			now := localAt(t, newYork, c.now)
			res := planAt(in, now)
			if len(res.Skipped) != 1 || res.Skipped[0].EndReason != models.SkipMomentPassed || res.Skipped[0].EndDetail != c.want {
				t.Fatalf("skipped %+v, want %q", res.Skipped, c.want)
			}
			if s := res.Skipped[0]; s.State != models.TouchSkipped || s.EndedAt == nil || !s.EndedAt.Equal(now) {
				t.Errorf("born %s, ended %v", s.State, s.EndedAt)
			}
			if res.WaitsFor == "" || res.Next != nil {
				t.Errorf("the enrollment should wait for its call: %+v", res)
			}
		})
	}
}

// A pause freezes what the rule counts.
func TestFrozenDelay(t *testing.T) {
	resumed := localAt(t, newYork, "2026-12-02 15:30")
	for _, c := range []struct {
		name   string
		timing models.Timing
		frozen models.Frozen
		want   string
	}{
		{"minutes and hours as a duration", models.Timing{Hours: 5}, models.Frozen{StepKey: "two", Duration: 90 * time.Minute}, "2026-12-02 17:00"},
		{"days as a count with the local time again", models.Timing{Days: 3, At: tod("09:00")}, models.Frozen{StepKey: "two", Days: 2}, "2026-12-04 09:00"},
		{"the last day, its time over: the next day's", models.Timing{Days: 3, At: tod("09:00")}, models.Frozen{StepKey: "two"}, "2026-12-03 09:00"},
		{"the last day, its time to come", models.Timing{Days: 3, At: tod("16:00")}, models.Frozen{StepKey: "two"}, "2026-12-02 16:00"},
		{"business days", models.Timing{BusinessDays: 5, At: tod("09:00")}, models.Frozen{StepKey: "two", Days: 3, Business: true}, "2026-12-07 09:00"},
		{"frozen for another step: elapsed meanwhile, comes at once", models.Timing{Hours: 5}, models.Frozen{StepKey: "gone", Duration: time.Hour}, "2026-12-02 15:30"},
		{"not frozen and not elapsed", models.Timing{Days: 30, At: tod("09:00")}, models.Frozen{}, "2026-12-24 09:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, sequence(after("one", models.Timing{}), after("two", c.timing)))
			in.Touches = []models.Touch{ended("one", models.TouchSent, localAt(t, newYork, "2026-11-24 10:00"))}
			in.Enrollment.Frozen, in.Enrollment.ResumedAt = c.frozen, &resumed
			if got := due(t, in, resumed); !got.Equal(localAt(t, newYork, c.want)) {
				t.Errorf("due %s, want %s", got.In(zone(t, newYork)), c.want)
			}
		})
	}
}

// What was frozen before the previous step ended is no longer of interest.
func TestStaleFreezeIsIgnored(t *testing.T) {
	in := person(t, sequence(after("one", models.Timing{}), after("two", models.Timing{Hours: 5})))
	in.Enrollment.ResumedAt = ptr(localAt(t, newYork, "2026-11-23 12:00"))
	in.Enrollment.Frozen = models.Frozen{StepKey: "two", Duration: time.Minute}
	done := localAt(t, newYork, "2026-11-24 10:00")
	in.Touches = []models.Touch{ended("one", models.TouchSent, done)}
	if got := due(t, in, done); !got.Equal(done.Add(5 * time.Hour)) {
		t.Errorf("due %s", got)
	}
}

// Dates: fixed, from a custom field, around a commitment; a date that is over
// is skipped, with its reason.
func TestDates(t *testing.T) {
	step := func(tm models.Timing) models.Definition {
		return sequence(models.Step{Key: "one", Channel: models.ChannelEmail, Timing: tm, Subject: "s", Body: "b"})
	}
	t.Run("fixed", func(t *testing.T) {
		in := person(t, step(models.Timing{Kind: models.TimingDate, On: "2026-12-24", At: tod("10:15")}))
		if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(localAt(t, newYork, "2026-12-24 10:15")) {
			t.Errorf("due %s", got)
		}
	})
	t.Run("custom field, a week before, nine without a time", func(t *testing.T) {
		in := person(t, step(models.Timing{Kind: models.TimingDate, Field: "renewal", Days: -7}))
		in.Prospect.Custom = map[string]string{"renewal": "2027-01-08"}
		if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(localAt(t, newYork, "2027-01-01 09:00")) {
			t.Errorf("due %s", got)
		}
	})
	t.Run("a variable of the enrollment goes first", func(t *testing.T) {
		in := person(t, step(models.Timing{Kind: models.TimingDate, Field: "renewal"}))
		in.Prospect.Custom = map[string]string{"renewal": "2027-01-08"}
		in.Enrollment.Variables = map[string]string{"renewal": "2027-02-01"}
		if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(localAt(t, newYork, "2027-02-01 09:00")) {
			t.Errorf("due %s", got)
		}
	})
	t.Run("over", func(t *testing.T) {
		in := person(t, step(models.Timing{Kind: models.TimingDate, On: "2026-11-22"}))
		res := planAt(in, in.Enrollment.StartedAt)
		if len(res.Skipped) != 1 || res.Skipped[0].EndReason != models.SkipMomentPassed || res.Finish != models.FinishCompleted {
			t.Errorf("%+v", res)
		}
	})
	t.Run("today, its time over: at once, not in the past", func(t *testing.T) {
		in := person(t, step(models.Timing{Kind: models.TimingDate, On: "2026-11-23"}))
		if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(in.Enrollment.StartedAt) {
			t.Errorf("due %s", got)
		}
	})
	for name, value := range map[string]string{"empty": "", "no date": "soon"} {
		t.Run("custom field "+name, func(t *testing.T) {
			in := person(t, step(models.Timing{Kind: models.TimingDate, Field: "renewal"}))
			in.Prospect.Custom = map[string]string{"renewal": value}
			if res := planAt(in, in.Enrollment.StartedAt); res.Attention == nil || res.Attention.Reason != models.AttentionPlan {
				t.Errorf("%+v", res)
			}
		})
	}
	t.Run("commitment: on exactly that date", func(t *testing.T) {
		in := person(t, step(models.Timing{Kind: models.TimingCommitment, At: tod("11:00")}))
		in.Commitment = &models.Commitment{ID: 1, DueOn: "2026-12-01"}
		if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(localAt(t, newYork, "2026-12-01 11:00")) {
			t.Errorf("due %s", got)
		}
	})
}

// An unknown or misspelt zone stops what needs one, and only that.
func TestUnknownZone(t *testing.T) {
	for _, name := range []string{"", "Mars/Olympus_Mons", "Local"} {
		in := person(t, sequence(after("one", models.Timing{Days: 1, At: tod("09:00")})))
		in.Prospect.Zone = name
		res := planAt(in, in.Enrollment.StartedAt)
		if res.Attention == nil || res.Attention.Reason != models.AttentionZone {
			t.Errorf("zone %q: %+v", name, res)
		}
		in.Version.Definition = sequence(after("one", models.Timing{Hours: 2}))
		if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(in.Enrollment.StartedAt.Add(2 * time.Hour)) {
			t.Errorf("zone %q: a duration needs no zone, due %s", name, got)
		}
	}
}
