package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// They texted in the evening; at half past ten at night the rep sees what time
// it is there, and nothing leaves before the rep said so.
func TestAnAnswerAtNightAsks(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p, other := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
		app.Advance(11*time.Hour + 30*time.Minute) // 20:30 in Chicago
		stranger(t, app, person(t, app, p).Points[1].Value, "Can we talk?")
		stranger(t, app, person(t, app, other).Points[1].Value, "Me too")
		rep := app.SignIn(app.Rep)
		base := fmt.Sprintf("/prospects/%d", p.ID)
		if _, body := rep.Get(base); strings.Contains(body, "their-hour") {
			t.Fatal("within an hour of their text nobody is asked")
		}
		app.Advance(2 * time.Hour)
		_, body := rep.Get(base)
		for _, w := range []string{"Outside their hours", "It is 22:30 CST where they are", "Send it now, at 22:30 CST their time", "Wait for their hours: Tomorrow 08:00 their time"} {
			if !strings.Contains(text(body), w) {
				t.Errorf("the page has no %q\n%s", w, text(body))
			}
		}
		status, body := rep.Post(base+"/answer", form("body", "Gladly, tonight.", "channel", "sms", "form_token", "a"))
		if status == http.StatusOK || !strings.Contains(text(body), "say whether it waits") || !strings.Contains(body, "Gladly, tonight.") {
			t.Fatalf("unasked: status %d\n%s", status, text(body))
		}
		status, body = rep.Post(base+"/answer", form("body", "Gladly, tonight.", "channel", "sms", "form_token", "a", "hour", "wait"))
		if status != http.StatusOK || !strings.Contains(text(body), "Your answer waits for their hours: Tomorrow 08:00 their time") {
			t.Fatalf("waiting: status %d\n%s", status, text(body))
		}
		if status, body = rep.Post(fmt.Sprintf("/prospects/%d/answer", other.ID), form("body", "Now then.", "channel", "sms", "form_token", "b", "hour", "now")); status != http.StatusOK {
			t.Fatalf("now: status %d\n%s", status, text(body))
		}
		app.Advance(models.UndoAnswer + time.Second)
		if m := person(t, app, p).Messages[0]; m.Direction != models.Inbound {
			t.Errorf("sent at night without asking: %+v", m)
		}
		m := person(t, app, other).Messages[0]
		if m.Direction != models.Outbound || m.Text != "Now then.\nRae Kim, Example Works. Reply STOP to opt out." {
			t.Errorf("confirmed: %+v", m)
		}
		app.Advance(10 * time.Hour)
		if m := person(t, app, p).Messages[0]; m.Direction != models.Outbound || m.SentAt == nil || m.SentAt.Before(time.Date(2026, 11, 24, 14, 0, 0, 0, time.UTC)) {
			t.Errorf("in the morning: %+v", m)
		}
	})
}

// Who wrote by email did not ask for a text at night: no confirmation opens that.
func TestNightTextsToWhoWroteElsewhere(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	app.Advance(13 * time.Hour)
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	if _, body := rep.Get(base); strings.Contains(body, "Send it now") || !strings.Contains(text(body), "it waits for their hours (Tomorrow 08:00 their time") {
		t.Fatalf("the page\n%s", text(body))
	}
	rep.Post(base+"/answer", form("body", "Hello", "channel", "sms", "form_token", "a", "hour", "now"))
	app.Advance(models.UndoAnswer + time.Second)
	if ms := person(t, app, p).Messages; len(ms) != 0 {
		t.Errorf("a text left at night: %+v", ms)
	}
}

// The preview of an answer shows the line that a first text gets added, and the
// counter knows of it.
func TestTheAnswersPreviewIntroduces(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	const line = "Rae Kim, Example Works. Reply STOP to opt out."
	if _, body := rep.Get(base); !strings.Contains(body, `data-adds="`+line+`"`) {
		t.Error("the counter does not know the line")
	}
	if _, body := rep.Post(base+"/preview", form("body", "Hello Dana", "channel", "sms")); !strings.Contains(body, "Hello Dana\n"+line) {
		t.Errorf("the preview\n%s", text(body))
	}
	rep.Post(base+"/answer", form("body", "Hello Dana", "channel", "sms", "form_token", "a"))
	app.Advance(models.UndoAnswer + time.Second)
	if m := person(t, app, p).Messages[0]; m.Text != "Hello Dana\n"+line {
		t.Errorf("sent %q", m.Text)
	}
	if _, body := rep.Get(base); strings.Contains(body, "data-adds") {
		t.Error("the second text is introduced too")
	}
}
