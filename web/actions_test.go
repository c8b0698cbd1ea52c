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
	// They spoke: the review comes first, and then the next task.
	review, err := app.Store.ReviewOf(context.Background(), first)
	if err != nil || status != http.StatusOK || !strings.Contains(body, fmt.Sprintf(`action="/tasks/%d/review"`, review)) {
		t.Fatalf("the review does not follow: %v, status %d\n%s", err, status, text(body))
	}
	status, body = rep.Post(fmt.Sprintf("/tasks/%d/review", review), form("revision", "0", "objection", "timing", "objection_words", "Not before Friday", "next_what", "booked"))
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

// They are moved to another sequence: the new one begins, then the old one ends.
func TestMoveToAnotherSequence(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		app.Enroll(p, "seven-touch-follow-up", nil)
		app.Tick()
		old := person(t, app, p).Enrollments[0].Enrollment.ID
		seq, err := app.Store.SequenceByKey(context.Background(), "booked-call-back")
		if err != nil {
			t.Fatal(err)
		}
		rep := app.SignIn(app.Rep)
		base := fmt.Sprintf("/prospects/%d", p.ID)
		from := fmt.Sprintf("%s/enroll?from=%d", base, old)
		if _, body := rep.Get(base); !strings.Contains(body, from) {
			t.Error("the page does not lead to moving them")
		}
		if _, body := rep.Get(from); !strings.Contains(text(body), "ends for them when the other begins") {
			t.Error("moving does not say what it does")
		}
		f := form("sequence", fmt.Sprint(seq.ID), "from", fmt.Sprint(old))
		if status, _ := rep.Post(base+"/enroll", f); status != http.StatusUnprocessableEntity || !person(t, app, p).Enrollments[0].Enrollment.Live() {
			t.Errorf("refused: status %d", status)
		}
		f.Set("call_at", "2026-11-27T10:00")
		status, body := rep.Post(base+"/enroll", f)
		if status != http.StatusOK || !strings.Contains(text(body), "was moved from") {
			t.Errorf("status %d\n%s", status, text(body))
		}
		runs := person(t, app, p).Enrollments
		if len(runs) != 2 || runs[0].Sequence.Key != "booked-call-back" || !runs[0].Enrollment.Live() || runs[1].Enrollment.Outcome != models.FinishRemoved {
			t.Errorf("runs: %+v", runs)
		}
	})
}

// Managers say what happens when nobody answers; then it does.
func TestEscalation(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		manager, rep := app.SignIn(app.Manager), app.SignIn(app.Rep)
		if status, _ := rep.Post("/settings/waiting", form("hours", "4")); status != http.StatusForbidden {
			t.Errorf("a rep: status %d", status)
		}
		for _, hours := range []string{"-1", "x", "100000"} {
			if status, _ := manager.Post("/settings/waiting", form("hours", hours)); status != http.StatusUnprocessableEntity {
				t.Errorf("%s hours: status %d", hours, status)
			}
		}
		if status, body := manager.Post("/settings/waiting", form("hours", "4", "to", "")); status != http.StatusOK || !strings.Contains(body, `value="4"`) {
			t.Errorf("status %d", status)
		}
		for _, cp := range person(t, app, p).Points {
			if cp.Kind == models.ContactPhone {
				stranger(t, app, cp.Value, "Are you there?")
			}
		}
		app.Advance(4 * time.Hour)
		v := person(t, app, p)
		var asks []models.Task
		for _, task := range v.Tasks {
			if task.Reason == models.AttentionUnanswered {
				asks = append(asks, task)
			}
		}
		if len(asks) != 1 || asks[0].UserID != app.Manager.ID {
			t.Fatalf("tasks %+v", v.Tasks)
		}
		if _, body := manager.Get("/"); !strings.Contains(text(body), "Nobody has answered them") {
			t.Errorf("the manager's Today does not show it\n%s", text(body))
		}
		if status, _ := rep.Post(fmt.Sprintf("/prospects/%d/answer", p.ID), form("body", "Here I am.", "channel", "sms", "form_token", "t")); status != http.StatusOK {
			t.Errorf("answer: status %d", status)
		}
		for _, task := range person(t, app, p).Tasks {
			if task.Reason == models.AttentionUnanswered {
				t.Error("answered, and the task is open")
			}
		}
	})
}

// One of two numbers is chosen for the answer.
func TestAnswerToTheOtherNumber(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	v := person(t, app, p)
	other := "+13125550177"
	status, body := app.SignIn(app.Rep).Post(fmt.Sprintf("/prospects/%d", p.ID), form("revision", fmt.Sprint(v.Prospect.Revision), "first_name", "Dana", "last_name", "Reyes",
		"zone", "America/Chicago", "country", "US", "point_value", v.Points[0].Value, "point_label", "work", "point_value", v.Points[1].Value, "point_label", "cell", "point_value", other, "point_label", "home"))
	if status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	for _, cp := range person(t, app, p).Points {
		if cp.Kind == models.ContactPhone && cp.Value != other {
			stranger(t, app, cp.Value, "Can we talk?")
		}
	}
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	var id int64
	for _, cp := range person(t, app, p).Points {
		if cp.Value == other {
			id = cp.ID
		}
	}
	value := fmt.Sprintf("sms/%d", id)
	if _, body := rep.Get(base); !strings.Contains(body, `value="sms" checked`) || !strings.Contains(body, `value="`+value+`"`) || !strings.Contains(text(body), "By text: Dana texted today") {
		t.Fatalf("the choices\n%s", text(body))
	}
	if status, body := rep.Post(base+"/answer", form("body", "Gladly.", "channel", value, "form_token", "x")); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	app.Advance(models.UndoAnswer + time.Second)
	if last := person(t, app, p).Messages[0]; last.ToAddress != other || last.Direction != models.Outbound {
		t.Errorf("it went to %s", last.ToAddress)
	}
}
