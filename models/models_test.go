package models_test

import (
	"testing"
	"time"

	"followup/models"
)

var now = time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)

// Every touch state can be left only along the arrows of docs/states.md.
func TestTouchMoves(t *testing.T) {
	all := []models.TouchState{
		models.TouchPlanned, models.TouchSending, models.TouchSent, models.TouchFailed, models.TouchUnconfirmed, models.TouchOpen,
		models.TouchDone, models.TouchMissed, models.TouchDismissed, models.TouchSkipped, models.TouchCanceled,
	}
	allowed := map[models.TouchState]string{
		models.TouchPlanned:     "sending open skipped canceled",
		models.TouchSending:     "sent failed unconfirmed planned",
		models.TouchUnconfirmed: "sent planned dismissed",
		models.TouchOpen:        "done missed dismissed canceled",
	}
	for _, from := range all {
		for _, to := range all {
			touch := models.Touch{ID: 1, State: from}
			err := touch.Move(to, models.EndDone, now)
			want := contains(allowed[from], string(to))
			if (err == nil) != want {
				t.Errorf("%s → %s: %v", from, to, err)
			}
			if err == nil && !to.Live() && (touch.EndedAt == nil || touch.EndReason == "") {
				t.Errorf("%s ended without time or reason", to)
			}
		}
	}
}

func contains(words, word string) bool {
	for len(words) > 0 {
		i := 0
		for i < len(words) && words[i] != ' ' {
			i++
		}
		if words[:i] == word {
			return true
		}
		words = words[min(i+1, len(words)):]
	}
	return false
}

// The pauses are a set: active only when it is empty, and an answer takes the
// place of an out-of-office.
func TestPausesAreASet(t *testing.T) {
	e := models.Enrollment{ID: 1, State: models.EnrollmentActive}
	until := now.Add(time.Hour)
	e.Pause(models.Pause{Reason: models.PauseOutOfOffice, Until: &until}, now)
	e.Pause(models.Pause{Reason: models.PauseManual}, now)
	e.Pause(models.Pause{Reason: models.PauseManual, Until: &until}, now)
	if len(e.Pauses) != 2 || e.Active() {
		t.Fatalf("pauses: %+v", e.Pauses)
	}
	e.Pause(models.Pause{Reason: models.PauseReplied}, now)
	if e.PausedFor(models.PauseOutOfOffice) || !e.PausedFor(models.PauseReplied) {
		t.Errorf("after an answer: %+v", e.Pauses)
	}
	if e.Lift(now, models.PauseManual) || e.Active() {
		t.Error("lifting one of two pauses made it active")
	}
	if !e.Lift(now, models.PauseReplied) || !e.Active() || e.ReplanAt == nil {
		t.Errorf("lifting the last: %+v", e)
	}
	if !e.Finish(models.FinishWon, now) || e.Finish(models.FinishLost, now) || e.Outcome != models.FinishWon {
		t.Errorf("finishing twice: %+v", e)
	}
	if e.Pause(models.Pause{Reason: models.PauseManual}, now) || e.Lift(now) {
		t.Error("a finished enrollment was paused or lifted")
	}
}

// A gap gives the first instant after it, an overlap the first of the two.
func TestDateAt(t *testing.T) {
	for _, c := range []struct{ zone, date, at, want string }{
		{"America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z"}, // gap 02:00–03:00
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z"}, // twice: EDT first
		{"America/New_York", "2026-03-08", "09:00", "2026-03-08T13:00:00Z"},
		{"Europe/London", "2026-03-29", "01:30", "2026-03-29T01:00:00Z"},
		{"Europe/London", "2026-10-25", "01:30", "2026-10-25T00:30:00Z"},
		{"Australia/Sydney", "2026-10-04", "02:30", "2026-10-03T16:00:00Z"},
		{"Australia/Sydney", "2026-04-05", "02:30", "2026-04-04T15:30:00Z"},
		{"Africa/Cairo", "2026-04-24", "00:00", "2026-04-23T22:00:00Z"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:30:00Z"}, // half an hour only
		{"Asia/Kolkata", "2026-02-28", "09:00", "2026-02-28T03:30:00Z"},
	} {
		loc, err := models.LoadZone(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		tod, err := models.ParseTimeOfDay(c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := models.Date(c.date).At(tod, loc).Format(time.RFC3339); got != c.want {
			t.Errorf("%s %s in %s: %s, want %s", c.date, c.at, c.zone, got, c.want)
		}
	}
}

func TestLoadZoneNeverGuesses(t *testing.T) {
	for _, zone := range []string{"", "Local", "Mars/Base", "../etc/passwd"} {
		if _, err := models.LoadZone(zone); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%q: %v", zone, err)
		}
	}
}

// Receipts come in any order and repeat; the state only goes forward.
func TestReceiptsOnlyMoveForward(t *testing.T) {
	m := models.Message{Direction: models.Outbound, State: models.MessageQueued}
	for _, step := range []struct {
		to   models.MessageState
		want bool
	}{
		{models.MessageDelivered, true}, {models.MessageSent, false}, {models.MessageDelivered, false}, {models.MessageRead, true}, {models.MessageFailed, false},
	} {
		if got := m.Forward(step.to, now); got != step.want {
			t.Errorf("to %s: moved %v", step.to, got)
		}
	}
	in := models.Message{Direction: models.Inbound, State: models.MessageReceived}
	if in.Forward(models.MessageDelivered, now) {
		t.Error("an inbound message moved")
	}
}

func TestPursuitCountsDays(t *testing.T) {
	var p models.Pursuit
	for _, day := range []models.Date{"2026-11-23", "2026-11-23", "2026-11-24"} {
		p.Count(day)
	}
	if p.FollowUps != 2 {
		t.Errorf("three touches on two days counted %d", p.FollowUps)
	}
}

func TestSuppressionWidth(t *testing.T) {
	one, two := int64(1), int64(2)
	p := models.Prospect{ID: 1, CompanyID: &two}
	mail := models.ContactPoint{Kind: models.ContactEmail, Value: "dana@alder.example.com"}
	phone := models.ContactPoint{Kind: models.ContactPhone, Value: "+12125550123"}
	for _, c := range []struct {
		name        string
		s           models.Suppression
		mail, phone bool
	}{
		{"person", models.Suppression{Scope: models.SuppressPerson, ProspectID: &one}, true, true},
		{"another person", models.Suppression{Scope: models.SuppressPerson, ProspectID: &two}, false, false},
		{"person by email", models.Suppression{Scope: models.SuppressPerson, ProspectID: &one, Channel: models.ChannelEmail}, true, false},
		{"address", models.Suppression{Scope: models.SuppressAddress, Value: "+12125550123"}, false, true},
		{"domain", models.Suppression{Scope: models.SuppressDomain, Value: "alder.example.com"}, true, false},
		{"part of a domain", models.Suppression{Scope: models.SuppressDomain, Value: "example.com"}, false, false},
		{"company", models.Suppression{Scope: models.SuppressCompany, CompanyID: &two}, true, true},
		{"workspace", models.Suppression{Scope: models.SuppressWorkspace}, true, true},
		{"lifted", models.Suppression{Scope: models.SuppressWorkspace, LiftedAt: &now}, false, false},
	} {
		if got := c.s.Forbids(p, mail, models.ChannelEmail); got != c.mail {
			t.Errorf("%s forbids the email: %v", c.name, got)
		}
		if got := c.s.Forbids(p, phone, models.ChannelSMS); got != c.phone {
			t.Errorf("%s forbids the text: %v", c.name, got)
		}
	}
}
