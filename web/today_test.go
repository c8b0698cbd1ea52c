package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

func book(t *testing.T, app *webtest.App, p models.Prospect, at time.Time) models.Appointment {
	t.Helper()
	a, err := app.CRM.Book(context.Background(), models.UserActor(app.Rep.ID), crm.BookRequest{ProspectID: p.ID, RepID: app.Rep.ID, StartsAt: at, Title: "Renewal of the service plan"})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// taskIn finds the first task that a page's rows name.
func taskIn(t *testing.T, body string) int64 {
	t.Helper()
	m := regexp.MustCompile(`data-task="(\d+)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("no row has a task\n%s", text(body))
	}
	var id int64
	if _, err := fmt.Sscan(m[1], &id); err != nil {
		t.Fatal(err)
	}
	return id
}

// What Today is for, without a script: the order, the filters, putting off and
// handing over, each with its refusals.
func TestToday(t *testing.T) { webtest.Each(t, webtest.Options{}, testToday) }

func testToday(t *testing.T, app *webtest.App) {
	waits, called := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	app.Text(waits, "Can we do Friday?")
	app.Enroll(called, "seven-touch-follow-up", nil) // afterwards: a colleague's answer rests what runs
	book(t, app, waits, app.Now().Add(40*time.Minute).Truncate(time.Minute))
	app.Tick()
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	has := func(c *webtest.Client, path string, want ...string) string {
		t.Helper()
		status, body := c.Get(path)
		if status != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", path, status, text(body))
		}
		at := 0
		for _, w := range want {
			i := strings.Index(text(body)[at:], w)
			if i < 0 {
				t.Fatalf("%s does not show %q (in this order)\n%s", path, w, text(body))
			}
			at += i
		}
		return body
	}
	has(rep, "/", "2 left", "Booked calls", "Prepare", "Waiting for us", "Can we do Friday?", "Calls due", "Joe Park")
	if body := has(rep, "/?part=calls", "Joe Park"); strings.Contains(text(body), "Can we do Friday?") {
		t.Error("the filter for calls shows an answer")
	}
	has(rep, "/?part=back", "Nothing of this kind")
	has(manager, "/?who=team", "Joe Park", "Rae Kim")
	if status, _ := rep.Get("/?who=team"); status != http.StatusForbidden {
		t.Errorf("a rep sees the team's queue: status %d", status)
	}

	id := taskIn(t, has(rep, "/?part=calls"))
	later := fmt.Sprintf("/tasks/%d/later", id)
	has(rep, later, "Put off or hand over", "1 hour, until", "Tomorrow 09:00")
	status, body := rep.Post(fmt.Sprintf("/tasks/%d/snooze", id), form("for", "at", "until", "2020-01-01T09:00", "back", "/"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "still to come") {
		t.Errorf("put off into the past: status %d\n%s", status, text(body))
	}
	if _, body := rep.Post(fmt.Sprintf("/tasks/%d/snooze", id), form("for", "tomorrow", "back", "/")); !strings.Contains(body, "Snoozed until Tomorrow 09:00, your time") {
		t.Errorf("nothing says until when\n%s", text(body))
	}
	has(rep, "/", "1 left", "1 snoozed")
	has(rep, "/?part=snoozed", "Joe Park", "comes back")
	app.Stall(23 * time.Hour)
	has(rep, "/?part=calls", "Joe Park")
	rep.Post(fmt.Sprintf("/tasks/%d/snooze", id), form("for", "hour", "back", "/"))
	rep.Post(fmt.Sprintf("/tasks/%d/snooze", id), form("for", "back", "back", "/"))
	has(rep, "/?part=calls", "Joe Park")

	status, body = rep.Post(fmt.Sprintf("/tasks/%d/hand-over", id), form("to", "", "back", "/"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "Choose who gets it") {
		t.Errorf("handed over to nobody: status %d\n%s", status, text(body))
	}
	_, body = rep.Post(fmt.Sprintf("/tasks/%d/hand-over", id), form("to", fmt.Sprint(app.Manager.ID), "note", "He asked for you", "back", "/"))
	if !strings.Contains(body, "Handed over to Mara Lind") {
		t.Errorf("nothing says who has it\n%s", text(body))
	}
	has(manager, "/", "Joe Park", "Rae Kim handed it over: He asked for you")
	status, body = rep.Post(fmt.Sprintf("/tasks/%d/snooze", id), form("for", "hour", "back", "/"))
	if status != http.StatusForbidden {
		t.Errorf("a colleague's task was put off: status %d\n%s", status, text(body))
	}
}

// A booked call stands in Today from its booking, is prepared there, and is
// never put off past its minute.
func TestBookedCallAhead(t *testing.T) { webtest.Each(t, webtest.Options{}, testBookedCallAhead) }

func testBookedCallAhead(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	at := app.Now().Add(2 * time.Hour).Truncate(time.Minute)
	book(t, app, p, at)
	rep := app.SignIn(app.Rep)
	_, body := rep.Get("/")
	id := taskIn(t, body)
	if !strings.Contains(body, `data-countdown="`+at.Format(time.RFC3339)) {
		t.Error("there is no countdown to the minute")
	}
	if status, body := rep.Get(fmt.Sprintf("/tasks/%d", id)); status != http.StatusOK || !strings.Contains(text(body), "Dana Reyes") {
		t.Errorf("it cannot be prepared: status %d", status)
	}
	status, body := rep.Post(fmt.Sprintf("/tasks/%d/snooze", id), form("for", "tomorrow", "back", "/"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "booked for an exact minute") {
		t.Errorf("a booked call was put off past its minute: status %d\n%s", status, text(body))
	}
}

// Nobody dials: after two minutes a stand-in is asked and can take the call;
// after a quarter of an hour it is missed, and one click apologises with new
// times.
func TestUndialledCall(t *testing.T) { webtest.Each(t, webtest.Options{}, testUndialledCall) }

func testUndialledCall(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	// The rep offers no booking page: new times are offered all the same.
	if err := app.Store.SaveBookingPage(t.Context(), models.BookingPage{UserID: app.Rep.ID, Closed: true, Minutes: 30, DaysAhead: 21}, "", false, app.Now()); err != nil {
		t.Fatal(err)
	}
	app.Text(p, "Call me, please.")
	book(t, app, p, app.Now().Add(5*time.Minute).Truncate(time.Minute))
	app.Advance(5 * time.Minute)
	app.Advance(models.StandInAfter)
	app.Tell()
	manager := app.SignIn(app.Manager)
	_, body := manager.Get("/")
	if !strings.Contains(text(body), "Rae Kim has not dialled") {
		t.Fatalf("the manager is not asked\n%s", text(body))
	}
	alarm := taskIn(t, body)
	_, body = manager.Get(fmt.Sprintf("/tasks/%d", alarm))
	m := regexp.MustCompile(`action="(/tasks/\d+/hand-over)"`).FindStringSubmatch(body)
	if m == nil {
		t.Fatalf("the call cannot be taken over\n%s", text(body))
	}
	if status, body := manager.Post(m[1], form("to", fmt.Sprint(app.Manager.ID), "back", "/")); status != http.StatusOK || !strings.Contains(text(body), "Booked call") {
		t.Errorf("taken over: status %d\n%s", status, text(body))
	}
	_, body = manager.Get(strings.TrimSuffix(m[1], "/hand-over"))
	wants(t, "the call's page", body, "yours , 2 min ago")
	app.Advance(14 * time.Minute)
	app.Tell()
	_, body = manager.Get("/")
	if strings.Contains(text(body), "has not dialled") {
		t.Error("the alarm outlives its call")
	}
	missed := taskIn(t, body)
	_, body = manager.Get(fmt.Sprintf("/tasks/%d", missed))
	for _, want := range []string{"Apologise and offer new times", "I did not call. That was my mistake", "Which suits you best?", "(CST)", "Call missed"} {
		if !strings.Contains(text(body), want) {
			t.Errorf("the task has no %q\n%s", want, text(body))
		}
	}
	if !regexp.MustCompile(`I can call you \w{3} \d+ \w+ at \d\d:\d\d, \w{3} \d+ \w+ at \d\d:\d\d or \w{3} \d+ \w+ at \d\d:\d\d \(CST\)`).MatchString(text(body)) {
		t.Errorf("no three times are offered\n%s", text(body))
	}
	value := func(name string) string {
		m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("no field %s", name)
		}
		return m[1]
	}
	f := form("form_token", value("form_token"), "channel", value("channel"), "body", "Hi Dana, that was my mistake. Tomorrow at 10?")
	for range 2 { // a double click
		if status, body := manager.Post(fmt.Sprintf("/tasks/%d/apology", missed), f); status != http.StatusOK {
			t.Errorf("apology: status %d\n%s", status, text(body))
		}
	}
	app.Tick()
	sent := 0
	for _, m := range person(t, app, p).Messages {
		if strings.Contains(m.Text, "that was my mistake") {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("the apology was sent %d times", sent)
	}
	if _, body := manager.Get("/?part=snoozed"); !strings.Contains(text(body), "Dana Reyes") {
		t.Error("the task does not come back")
	}
}

// What is open for a working day stands below the manager's own queue.
func TestOverdueInTheTeam(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Joe", "Park")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	app.Stall(25 * time.Hour)
	app.Overdue()
	_, body := app.SignIn(app.Manager).Get("/")
	for _, want := range []string{"Overdue in your team", "Joe Park", "Rae Kim"} {
		if !strings.Contains(text(body), want) {
			t.Errorf("the manager's page has no %q\n%s", want, text(body))
		}
	}
	if _, body := app.SignIn(app.Rep).Get("/"); strings.Contains(text(body), "Overdue in your team") {
		t.Error("a rep sees the team's overdue tasks")
	}
}

// Everybody chooses for themselves how they are told; what is sent to them is
// theirs to see, also where nothing leaves the machine.
func TestOwnSettings(t *testing.T) { webtest.Each(t, webtest.Options{}, testOwnSettings) }

func testOwnSettings(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	theirs := person(t, app, p).Points[1].Value
	for _, c := range []struct {
		name string
		form []string
		says string
	}{
		{"half a quiet time", []string{"quiet_from", "21:00"}, "its beginning and its end"},
		{"text without a number", []string{"tell_answer_text", "1"}, "Enter your number"},
		{"a customer's number", []string{"tell_answer_text", "1", "phone", theirs}, "number of a prospect"},
		{"no zone", []string{"zone", "Mars/Base"}, "no time zone"},
	} {
		f := form(append([]string{"zone", "America/New_York"}, c.form...)...)
		f.Set("zone", firstValue(f["zone"]))
		if status, body := rep.Post("/me", f); status != http.StatusUnprocessableEntity || !strings.Contains(text(body), c.says) {
			t.Errorf("%s: status %d\n%s", c.name, status, text(body))
		}
	}
	status, body := rep.Post("/me", form("zone", "America/Denver", "phone", "212 555 0177", "tell_answer_text", "1", "tell_answer_email", "1", "digest", "1"))
	if status != http.StatusOK || !strings.Contains(body, "Saved.") {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	app.Text(p, "Can we do Friday?")
	app.Tell()
	app.Tell()
	_, body = rep.Get("/me")
	if n := strings.Count(text(body), "Dana Reyes answered"); n != 2 {
		t.Errorf("told %d times, want once by email and once by text", n)
	}
	for _, want := range []string{"Text to &#43;1 212 555-0177", "Email to rep@example.com", "sent"} {
		if !strings.Contains(text(body), want) {
			t.Errorf("the page has no %q\n%s", want, text(body))
		}
	}
	if n := len(person(t, app, p).Messages); n != 1 {
		t.Errorf("the conversation has %d messages: a notification is none of them", n)
	}
}

func firstValue(values []string) string { return values[len(values)-1] }
