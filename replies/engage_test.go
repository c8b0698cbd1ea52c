package replies

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"followup/models"
)

var classes = []models.InboundClass{models.ClassHuman, models.ClassAutomatic, models.ClassBounceHard, models.ClassBounceSoft, models.ClassComplaint,
	models.ClassOptOut, models.ClassOptIn, models.ClassHelp, models.ClassReceipt, models.ClassWrongPerson, models.ClassOther}

// drawPerson is someone in any state that the models allow.
func drawPerson(t *rapid.T, now time.Time) models.Person {
	company := int64(5)
	p := models.Person{
		Prospect:      models.Prospect{ID: 1, OwnerID: 7, CompanyID: &company, FirstName: "Dana", LastName: "Reyes", Zone: rapid.SampledFrom([]string{"America/New_York", "Africa/Cairo", "", "No/Where"}).Draw(t, "zone")},
		ContactPoints: []models.ContactPoint{{ID: 11, ProspectID: 1, Kind: models.ContactEmail, Value: "dana@example.com"}, {ID: 12, ProspectID: 1, Kind: models.ContactPhone, Value: "+12125550142"}},
		Settings:      models.DefaultSettings(),
	}
	actions := []models.ReplyAction{models.ReplyPause, models.ReplyFinish, models.ReplyContinue}
	draw := func(id, prospect int64) models.LiveEnrollment {
		e := models.Enrollment{ID: id, ProspectID: prospect, State: models.EnrollmentActive}
		for _, r := range rapid.SliceOfDistinct(rapid.SampledFrom([]models.PauseReason{models.PauseManual, models.PauseOutOfOffice, models.PauseReplied, models.PauseColleagueReplied}), func(r models.PauseReason) models.PauseReason { return r }).Draw(t, "pauses") {
			e.Pause(models.Pause{Reason: r}, now)
		}
		return models.LiveEnrollment{Enrollment: e, Version: models.SequenceVersion{Definition: models.Definition{
			OnReply: rapid.SampledFrom(actions).Draw(t, "on reply"), OnColleagueReply: rapid.SampledFrom(actions).Draw(t, "on colleague"),
		}}}
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "enrollments") {
		p.Enrollments = append(p.Enrollments, draw(int64(100+i), 1))
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "colleagues") {
		p.Colleagues = append(p.Colleagues, draw(int64(200+i), 2))
	}
	return p
}

// after applies effects to the enrollments as the store does.
func after(p models.Person, e models.Effects, now time.Time) map[int64]models.Enrollment {
	out := map[int64]models.Enrollment{}
	for _, l := range append(slices.Clone(p.Enrollments), p.Colleagues...) {
		en := l.Enrollment
		en.Pauses = slices.Clone(en.Pauses)
		for _, pause := range e.Pauses {
			if pause.EnrollmentID == en.ID {
				en.Pause(pause, now)
			}
		}
		for _, lift := range e.Lifts {
			if lift.EnrollmentID == en.ID {
				en.Lift(now, lift.Reason)
			}
		}
		for _, f := range e.Finishes {
			if f.EnrollmentID == en.ID {
				en.Finish(f.Outcome, now)
			}
		}
		out[en.ID] = en
	}
	return out
}

func TestEngageHolds(t *testing.T) {
	now := time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		p := drawPerson(t, now)
		v := models.Verdict{Class: rapid.SampledFrom(classes).Draw(t, "class"), Unsure: rapid.Bool().Draw(t, "unsure")}
		if v.Class == models.ClassAutomatic {
			v.OutOfOffice = rapid.Bool().Draw(t, "away")
			v.ReturnDate = rapid.SampledFrom([]models.Date{"", "2026-11-20", "2026-12-07", "2027-11-01"}).Draw(t, "return")
		}
		if v.Class == models.ClassBounceHard {
			v.Bounce = &models.Bounce{Recipient: rapid.SampledFrom([]string{"dana@example.com", "other@example.com", ""}).Draw(t, "recipient"), Hard: true, Blocked: rapid.Bool().Draw(t, "blocked")}
		}
		from := rapid.SampledFrom([]string{"dana@example.com", "+12125550142", "alias@example.org"}).Draw(t, "from")
		rec := models.InboundRecord{Now: now, Verdict: v, Message: models.Message{FromAddress: from, Channel: models.ChannelEmail, Visible: "Thursday is fine"}}
		e := Engage(rec, p)
		got := after(p, e, now)

		for _, l := range p.Enrollments {
			en := got[l.Enrollment.ID]
			switch {
			case v.Class == models.ClassHuman && v.Unsure && !en.PausedFor(models.PauseReplied):
				t.Fatalf("in doubt, enrollment %d is %s", en.ID, en.State)
			case v.Class == models.ClassHuman && en.Active() && l.Version.Definition.OnReply != models.ReplyContinue:
				t.Fatalf("a human reply leaves enrollment %d active", en.ID)
			case v.Class == models.ClassHuman && en.PausedFor(models.PauseOutOfOffice):
				t.Fatal("a human reply leaves the absence standing")
			case (v.Class == models.ClassOptOut || v.Class == models.ClassComplaint) && en.Live():
				t.Fatalf("%s leaves enrollment %d alive", v.Class, en.ID)
			case !v.Class.Engagement() && !v.OutOfOffice && v.Class != models.ClassComplaint && en.State != l.Enrollment.State:
				t.Fatalf("%s changed enrollment %d", v.Class, en.ID)
			}
		}
		for _, l := range p.Colleagues {
			en, was := got[l.Enrollment.ID], l.Enrollment
			switch on := l.Version.Definition.OnColleagueReply; {
			case v.Class != models.ClassHuman || on == models.ReplyContinue:
				if en.State != was.State || len(en.Pauses) != len(was.Pauses) {
					t.Fatalf("%s, %s: a colleague's enrollment became %s", v.Class, on, en.State)
				}
			case on == models.ReplyPause && was.Live() && !en.PausedFor(models.PauseColleagueReplied):
				t.Fatal("a colleague's enrollment runs on")
			case on == models.ReplyFinish && was.Live() && en.Outcome != models.FinishReplied:
				t.Fatalf("a colleague's enrollment is %s %s", en.State, en.Outcome)
			}
		}
		if v.Class == models.ClassHuman && len(e.Tasks) != 1 {
			t.Fatalf("a human reply makes %d tasks", len(e.Tasks))
		}
		if !v.Class.Engagement() && (e.EndPursuit != "" || len(e.Confirm) > 0) {
			t.Fatalf("%s counts as engagement", v.Class)
		}
		if v.Class != models.ClassOptOut && v.Class != models.ClassComplaint && len(e.Suppress) > 0 {
			t.Fatalf("%s suppresses", v.Class)
		}
		if v.Class == models.ClassOptOut && (!e.WithdrawBookedCalls || len(e.Suppress) == 0) {
			t.Fatal("an opt-out leaves booked calls or no order")
		}
		if v.Class == models.ClassBounceHard && v.Bounce.Blocked && (len(e.Invalidate) > 0 || len(e.Tasks) != 1) {
			t.Fatalf("a refusal of us: %+v", e)
		}
		if v.Class == models.ClassBounceHard && !v.Bounce.Blocked && v.Bounce.Recipient == "dana@example.com" && (len(e.Invalidate) != 1 || e.Invalidate[0].ContactPointID != 11) {
			t.Fatalf("a hard bounce: %+v", e.Invalidate)
		}
		for _, pause := range e.Pauses {
			if pause.Until != nil && (!pause.Until.After(now) || pause.Until.Sub(now) > time.Duration(p.Settings.OutOfOfficeMax+1)*24*time.Hour) {
				t.Fatalf("a pause until %v", pause.Until)
			}
		}
		for _, task := range e.Tasks {
			if task.UserID == 0 || task.Title == "" || task.DueAt.IsZero() || task.State != models.TaskOpen {
				t.Fatalf("task: %+v", task)
			}
		}
	})
}

// The pause ends on the morning after the return, where the customer is.
func TestOutOfOfficeUntil(t *testing.T) {
	now := time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)
	berlin := models.Prospect{Zone: "Europe/Berlin"}
	for _, c := range []struct {
		back models.Date
		p    models.Prospect
		want string
	}{
		{"2026-12-07", berlin, "2026-12-08T08:00:00Z"},
		{"", berlin, "2026-11-30T08:00:00Z"},                              // the settings' seven days
		{"2027-11-01", berlin, "2027-01-22T08:00:00Z"},                    // the settings' sixty at most
		{"2026-12-07", models.Prospect{Zone: ""}, "2026-12-08T09:00:00Z"}, // no zone: UTC
	} {
		if got := OutOfOfficeUntil(c.back, c.p, models.DefaultSettings(), now).Format(time.RFC3339); got != c.want {
			t.Errorf("back %q: %s, want %s", c.back, got, c.want)
		}
	}
}
