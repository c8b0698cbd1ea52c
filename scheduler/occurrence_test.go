package scheduler

import (
	"testing"
	"time"

	"followup/models"
)

func weekly(cron string, steps ...models.Step) models.Definition {
	first := models.Step{Key: "news", Channel: models.ChannelEmail, Purpose: models.PurposeRecurring, Subject: "s", Body: "b",
		Timing: models.Timing{Kind: models.TimingRecurring, Cron: cron}}
	return models.Definition{Steps: append([]models.Step{first}, steps...)}
}

// A cron expression is read on the prospect's own calendar.
func TestRecurringTimes(t *testing.T) {
	for _, c := range []struct {
		name, zone, cron, start string
		want                    string
	}{
		{"Mondays at nine, enrolled Monday at ten", newYork, "0 9 * * 1", "2026-11-23 10:00", "2026-11-30T14:00:00Z"},
		{"Mondays at nine, enrolled Monday at eight", newYork, "0 9 * * 1", "2026-11-23 08:00", "2026-11-23T14:00:00Z"},
		{"the same minute counts", newYork, "0 9 * * 1", "2026-11-23 09:00", "2026-11-23T14:00:00Z"},
		{"monthly over the change to summer time", "Europe/London", "30 8 1 * *", "2026-03-15 12:00", "2026-04-01T07:30:00Z"},
		{"a time in the spring gap comes right after it", newYork, "30 2 * * *", "2026-03-07 12:00", "2026-03-08T07:00:00Z"},
		{"Cairo: midnight in the gap", "Africa/Cairo", "0 0 24 4 *", "2026-04-01 12:00", "2026-04-23T22:00:00Z"},
		{"the first of two in autumn", newYork, "30 1 * * *", "2026-10-31 12:00", "2026-11-01T05:30:00Z"},
		{"Sydney, the first of two", "Australia/Sydney", "30 2 5 4 *", "2026-04-01 12:00", "2026-04-04T15:30:00Z"},
		{"the leap day only", newYork, "0 9 29 2 *", "2026-11-23 10:00", "2028-02-29T14:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, weekly(c.cron))
			in.Prospect.Zone = c.zone
			in.Enrollment.StartedAt = localAt(t, c.zone, c.start)
			if got := due(t, in, in.Enrollment.StartedAt); !got.Equal(utc(t, c.want)) {
				t.Errorf("due %s, want %s", got, c.want)
			}
		})
	}
}

// An autumn overlap fires once, however often it is planned.
func TestRecurringOverlapFiresOnce(t *testing.T) {
	in := person(t, weekly("30 1 * * *"))
	first := localAt(t, newYork, "2026-11-01 01:30")
	sent := ended("news", models.TouchSent, first.Add(time.Minute))
	sent.Occurrence = "2026-11-01"
	in.Enrollment.StartedAt = localAt(t, newYork, "2026-10-31 12:00")
	in.Touches = []models.Touch{sent}
	// It is 01:30 again.
	if got, want := due(t, in, first.Add(time.Hour)), localAt(t, newYork, "2026-11-02 01:30"); !got.Equal(want) {
		t.Errorf("due %s, want %s", got, want)
	}
}

// Of the occurrences missed only the latest is considered, and made up for
// where it is nearer than the one to come.
func TestRecurringMissed(t *testing.T) {
	for _, c := range []struct {
		name, resumed, occurrence, due string
	}{
		{"three missed, the last a day ago", "2026-12-15 10:00", "2026-12-14", "2026-12-15 10:00"},
		{"three missed, the next is nearer", "2026-12-19 10:00", "2026-12-21", "2026-12-21 09:00"},
		{"none missed", "2026-11-26 10:00", "2026-11-30", "2026-11-30 09:00"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := person(t, weekly("0 9 * * 1"))
			sent := ended("news", models.TouchSent, localAt(t, newYork, "2026-11-23 09:00"))
			sent.Occurrence = "2026-11-23"
			in.Touches = []models.Touch{sent}
			now := localAt(t, newYork, c.resumed)
			in.Enrollment.ResumedAt = &now
			res := planAt(in, now)
			if res.Next == nil || res.Next.Occurrence != c.occurrence || !res.Next.DueAt.Equal(localAt(t, newYork, c.due)) {
				t.Errorf("%+v", res.Next)
			}
		})
	}
}

// The other steps of an occurrence follow the first; then it starts over.
func TestRecurringStartsOver(t *testing.T) {
	in := person(t, weekly("0 9 * * 1", after("call", models.Timing{Days: 1, At: tod("11:00")})))
	first := ended("news", models.TouchSent, localAt(t, newYork, "2026-11-30 09:00"))
	first.Occurrence = "2026-11-30"
	in.Touches = []models.Touch{first}
	res := planAt(in, *first.EndedAt)
	if res.Next == nil || res.Next.StepKey != "call" || res.Next.Occurrence != "2026-11-30" || !res.Next.DueAt.Equal(localAt(t, newYork, "2026-12-01 11:00")) {
		t.Fatalf("%+v", res.Next)
	}
	second := ended("call", models.TouchDone, localAt(t, newYork, "2026-12-01 11:30"))
	second.Occurrence = "2026-11-30"
	in.Touches = append(in.Touches, second)
	res = planAt(in, *second.EndedAt)
	if res.Next == nil || res.Next.StepKey != "news" || res.Next.Occurrence != "2026-12-07" {
		t.Fatalf("%+v", res.Next)
	}
	if res.Next.Purpose != models.PurposeRecurring {
		t.Errorf("purpose %s counts", res.Next.Purpose)
	}
}

// Bad expressions are asked about, for this enrollment only.
func TestBadCron(t *testing.T) {
	for _, expr := range []string{"", "0 9 * *", "@every 5m", "CRON_TZ=UTC 0 9 * * 1", "0 0 9 * * 1", "61 9 * * 1", "0 9 30 2 *"} {
		in := person(t, weekly(expr))
		if res := planAt(in, in.Enrollment.StartedAt); res.Attention == nil {
			t.Errorf("%q: %+v", expr, res)
		}
	}
}
