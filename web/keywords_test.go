package web_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// answers are what went out by itself to the carriers' words.
func answers(t *testing.T, app *webtest.App, p models.Prospect) (all []string) {
	t.Helper()
	for _, m := range person(t, app, p).Messages {
		if m.Direction == models.Outbound {
			all = append(all, m.Text)
		}
	}
	return all
}

// Who asks in words of their own to hear no more gets the one confirmation at
// once, where the provider does not send it, and never a second one.
func TestAnOptOutIsConfirmedOnce(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		number := person(t, app, p).Points[1].Value
		app.Advance(13 * time.Hour) // 22:00 where she is: their own word is no disturbance
		stranger(t, app, number, "Please opt me out of these texts")
		app.Advance(time.Second)
		want := "Example Works: you are opted out and get no more messages from us. Reply START to undo this."
		got := answers(t, app, p)
		if len(got) != 1 || got[0] != want {
			t.Fatalf("answered %q", got)
		}
		for _, again := range []string{"STOP", "unsubscribe me"} {
			stranger(t, app, number, again)
			app.Advance(time.Minute)
		}
		if got = answers(t, app, p); len(got) != 1 {
			t.Errorf("confirmed again: %q", got)
		}
		if v := person(t, app, p); len(v.Touches) == 0 || v.Touches[0].Purpose != models.PurposeStopped || v.Touches[0].State != models.TouchSent {
			t.Errorf("not on the record: %+v", v.Touches)
		}
	})
}

// The word that only came to be read when the five minutes were over is not confirmed.
func TestALateOptOutIsNotConfirmed(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	stranger(t, app, person(t, app, p).Points[1].Value, "STOP")
	app.Stall(6 * time.Minute)
	app.Tick()
	if got := answers(t, app, p); len(got) != 0 {
		t.Errorf("confirmed after six minutes: %q", got)
	}
}

// HELP is answered with who we are, how to reach us and how to stop, once a day.
func TestHelpIsAnswered(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		number := person(t, app, p).Points[1].Value
		stranger(t, app, number, "HELP")
		app.Advance(time.Second)
		stranger(t, app, number, "help")
		app.Advance(time.Minute)
		got := answers(t, app, p)
		if len(got) != 1 || got[0] != "Example Works, Rae Kim. Reach us at rep@example.com. Reply STOP to opt out." {
			t.Fatalf("answered %q", got)
		}
		app.Advance(24 * time.Hour)
		stranger(t, app, number, "Help!")
		app.Advance(time.Second)
		if got = answers(t, app, p); len(got) != 2 {
			t.Errorf("the next day %q", got)
		}
	})
}
