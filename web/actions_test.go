package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/web/webtest"
)

// Each of a person's small forms does what it says, and the page shows it.
func TestQuickForms(t *testing.T) { webtest.Each(t, webtest.Options{}, testQuickForms) }

func testQuickForms(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	v := person(t, app, p)
	do := func(path string, f url.Values, want ...string) {
		t.Helper()
		status, body := rep.Post(path, f)
		if status != http.StatusOK {
			t.Fatalf("POST %s: status %d\n%s", path, status, text(body))
		}
		_, body = rep.Get(base)
		for _, w := range want {
			if !strings.Contains(text(body), w) {
				t.Errorf("after POST %s the page has no %q\n%s", path, w, text(body))
			}
		}
	}
	do(base+"/notes", form("notes", "Prefers mornings", "revision", fmt.Sprint(v.Prospect.Revision)), "Prefers mornings")
	do(base+"/commitments", form("outcome", "Send the counts", "due_on", "2026-12-04", "words", "By the fourth"), "Send the counts", "By the fourth")
	promise := person(t, app, p).Commitments[0]
	do(fmt.Sprintf("/commitments/%d/close", promise.ID), form("state", "kept", "back", base), "kept")
	do(base+"/consent", form("contact_point", fmt.Sprint(v.Points[1].ID), "channel", "sms", "basis", "oral", "source", "call today"))
	do(base+"/book", form("starts_at", "2026-11-27T10:00", "minutes", "20", "title", "Counts", "confirm", "1"), "Booked call", "Fri 27 Nov 10:00 their time (CST) · 11:00 yours")
	call := person(t, app, p).Appointments[0]
	if call.Minutes != 20 || call.StartsAt != time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC) {
		t.Errorf("booked %+v", call)
	}
	_, body := rep.Get(fmt.Sprintf("/appointments/%d", call.ID))
	if !strings.Contains(body, "dial locked") || strings.Contains(body, `class="dial" href`) {
		t.Error("a booked call can be dialled before its minute")
	}
	do(fmt.Sprintf("/appointments/%d/move", call.ID), form("starts_at", "2026-11-30T09:15"), "Mon 30 Nov 09:15 their time")
	do(fmt.Sprintf("/appointments/%d/cancel", call.ID), nil)
	if got := person(t, app, p).Appointments[0]; got.Revision != 2 || got.State != models.AppointmentCanceled {
		t.Errorf("after moving and canceling: %+v", got)
	}
	app.Enroll(p, "seven-touch-follow-up", nil)
	run := person(t, app, p).Enrollments[0].Enrollment.ID
	back := form("back", base)
	do(fmt.Sprintf("/enrollments/%d/pause", run), back, "paused by hand")
	do(fmt.Sprintf("/enrollments/%d/resume", run), back, "running")
	do(fmt.Sprintf("/enrollments/%d/finish", run), form("back", base, "outcome", "won"), "won")
	do(base+"/suppress", form("value", v.Points[0].Value), "do not contact")
	do(base+"/suppress", form("value", ""), "Do not contact.")
}

// A call is closed by its outcome; one that books the next call asks for the time.
func TestCloseCall(t *testing.T) { webtest.Each(t, webtest.Options{}, testCloseCall) }

func testCloseCall(t *testing.T, app *webtest.App) {
	p, q := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Enroll(q, "seven-touch-follow-up", nil)
	app.Tick()
	rep := app.SignIn(app.Rep)
	first, second := openCall(t, app, p), openCall(t, app, q)
	path := fmt.Sprintf("/tasks/%d", first)
	_, body := rep.Get(path)
	for _, want := range []string{"The reason I’m calling is", `href="tel:&#43;1`, "If they answer", "If nobody answers", `value="no_answer"`, `accesskey="5"`} {
		if !strings.Contains(body, want) {
			t.Errorf("the call's page has no %q", want)
		}
	}
	if strings.Count(strings.ToLower(text(body)), "the reason i") != 1 {
		t.Error("the reason's words stand there twice")
	}
	status, body := rep.Post(path+"/outcome", form("outcome", "call_back", "notes", "Asked for Friday"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="e-next_at"`) || !strings.Contains(body, "Asked for Friday") {
		t.Errorf("a call-back without its time: status %d\n%s", status, text(body))
	}
	status, body = rep.Post(path+"/outcome", form("outcome", "call_back", "notes", "Asked for Friday", "next_at", "2026-11-27T10:00"))
	if status != http.StatusOK || !strings.Contains(body, fmt.Sprintf("/tasks/%d/outcome", second)) {
		t.Errorf("the next task does not follow: status %d\n%s", status, text(body))
	}
	if v := person(t, app, p); len(v.Appointments) != 1 || v.Appointments[0].StartsAt != time.Date(2026, 11, 27, 16, 0, 0, 0, time.UTC) {
		t.Errorf("the call-back: %+v", v.Appointments)
	}
	// Closing it again, by a second window, is told and changes nothing.
	if status, _ = rep.Post(path+"/outcome", form("outcome", "no_answer")); status != http.StatusUnprocessableEntity && status != http.StatusConflict {
		t.Errorf("closing twice: status %d", status)
	}
	status, body = rep.Post(fmt.Sprintf("/tasks/%d/outcome", second), form("outcome", "no_answer"))
	if status != http.StatusOK || !strings.Contains(text(body), "Today") {
		t.Errorf("after the last one comes Today: status %d\n%s", status, text(body))
	}
}

// Everything the sandbox can play arrives as what it is.
func TestSandboxPlays(t *testing.T) { webtest.Each(t, webtest.Options{}, testSandboxPlays) }

func testSandboxPlays(t *testing.T, app *webtest.App) {
	rep := app.SignIn(app.Rep)
	at := app.Now().Add(50 * time.Hour)
	for play, want := range map[string]string{
		"text": "Hello there", "email": "Hello there", "call": "They called us", "away": "Automatic reply", "bounce": "Bounce: the address does not work",
		"stop": "Asked to stop", "unsubscribe": "Asked to stop",
	} {
		t.Run(play, func(t *testing.T) {
			p := app.AddProspect("Play", play)
			app.Enroll(p, "booked-call-back", &at)
			app.Advance(time.Minute)
			status, body := rep.Post(fmt.Sprintf("/sandbox/%d", p.ID), form("play", play, "body", "Hello there"))
			if status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, text(body))
			}
			if _, body = rep.Get(fmt.Sprintf("/prospects/%d", p.ID)); !strings.Contains(text(body), want) {
				t.Errorf("no %q on the person's page\n%s", want, text(body))
			}
		})
	}
	p := app.AddProspect("Play", "Nothing")
	if status, _ := rep.Post(fmt.Sprintf("/sandbox/%d", p.ID), form("play", "text", "body", "")); status != http.StatusUnprocessableEntity {
		t.Errorf("an empty text: status %d", status)
	}
	if status, _ := rep.Post(fmt.Sprintf("/sandbox/%d", p.ID), form("play", "dance")); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown play: status %d", status)
	}
}

func person(t *testing.T, app *webtest.App, p models.Prospect) store.PersonView {
	t.Helper()
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func openCall(t *testing.T, app *webtest.App, p models.Prospect) int64 {
	t.Helper()
	for _, task := range person(t, app, p).Tasks {
		if task.Kind == models.TaskCall {
			return task.ID
		}
	}
	t.Fatalf("%s has no open call", p.Name())
	return 0
}
