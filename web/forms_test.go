package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/channels/sandbox"
	"followup/models"
	"followup/web/webtest"
)

// Hostile names and inbound HTML are shown as text, never as markup.
func TestEscaping(t *testing.T) {
	attacks := []string{
		`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `<svg onload=alert(1)>`, `javascript:alert(1)`,
		`<a href="javascript:alert(1)">x</a>`, `<iframe src="https://evil.example.com"></iframe>`, `<img src="https://evil.example.com/pixel.gif">`,
		`<style>body{display:none}</style>`, `<form action="https://evil.example.com"><input name=password></form>`, `<b onmouseover=alert(1)>bold</b>`, `{{.User.PasswordHash}}`,
	}
	app := webtest.New(t, webtest.Options{})
	rep := app.SignIn(app.Rep)
	for i, attack := range attacks {
		last := fmt.Sprintf("Reyes%d", i)
		p := app.AddProspect("Dana", last)
		status, body := rep.Post(fmt.Sprintf("/prospects/%d", p.ID), form("first_name", attack, "last_name", attack, "title", attack, "company", attack, "zone", "America/Chicago", "country", "US", "revision", fmt.Sprint(p.Revision)))
		if status != http.StatusOK {
			t.Fatalf("rename to %q: status %d\n%s", attack, status, text(body))
		}
		sent := models.Message{FromAddress: app.Mailbox.Address, SenderID: &app.Mailbox.ID, ToAddress: "dana." + strings.ToLower(last) + "@example.com"}
		raw := sandbox.EmailReply(sent, "", attack, app.Now(), sandbox.Subject("Re: "+attack))
		raw.Content = []byte(strings.Replace(string(raw.Content), "text/plain", "text/html", 1))
		if _, err := app.Replies.Receive(context.Background(), raw); err != nil {
			t.Fatal(err)
		}
		app.Advance(time.Second)
		for _, path := range []string{fmt.Sprintf("/prospects/%d", p.ID), "/", "/inbox?owner=all", "/prospects", fmt.Sprintf("/prospects/%d/edit", p.ID), fmt.Sprintf("/prospects/%d/enroll", p.ID), fmt.Sprintf("/sandbox/%d", p.ID)} {
			_, body := rep.Get(path)
			low := strings.ToLower(strings.Map(func(r rune) rune {
				if r == '\n' {
					return ' '
				}
				return r
			}, body))
			for _, live := range []string{"<script>", "<svg onload", "<iframe", "<style", "<img", `href="javascript:`, "evil.example.com\"><input", "<b onmouseover", `<form action="https:`} {
				if strings.Contains(low, live) {
					t.Errorf("%s after %q: live %s", path, attack, live)
				}
			}
		}
	}
}

var hidden = regexp.MustCompile(`name="form_token" value="([^"]+)"`)

// A double click on Send sends once.
func TestAnswerTwice(t *testing.T) { webtest.Each(t, webtest.Options{}, testAnswerTwice) }

func testAnswerTwice(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	customerTexts(t, app, p, "Can we do Friday?")
	path := fmt.Sprintf("/prospects/%d", p.ID)
	_, body := rep.Get(path)
	if !strings.Contains(body, "texted") || !strings.Contains(body, "Can we do Friday?") {
		t.Fatalf("the page does not say what came and why by text: %s", text(body))
	}
	token := hidden.FindStringSubmatch(body)
	if token == nil {
		t.Fatal("no form token")
	}
	answer := form("form_token", token[1], "body", "Friday at ten it is.", "channel", "sms")
	for range 2 {
		if status, body := rep.Post(path+"/answer", answer); status != http.StatusOK {
			t.Fatalf("answer: status %d\n%s", status, text(body))
		}
	}
	app.Advance(models.UndoAnswer + time.Second)
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	for _, m := range v.Messages {
		if m.Direction == models.Outbound && strings.HasPrefix(m.Text, "Friday at ten it is.") {
			sent++
		}
	}
	if sent != 1 {
		t.Errorf("sent %d times", sent)
	}
	if v.Conversation.WaitingSince != nil {
		t.Error("they still count as waiting")
	}
}

func TestEmptyAnswerKeepsTheForm(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	customerTexts(t, app, p, "Hello?")
	status, body := rep.Post(fmt.Sprintf("/prospects/%d/answer", p.ID), form("body", " ", "channel", "sms", "form_token", "x"))
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, `id="answer"`) {
		t.Errorf("status %d\n%s", status, text(body))
	}
}

// Two people edit one prospect: the second is told, and nothing is lost.
func TestStaleRevision(t *testing.T) { webtest.Each(t, webtest.Options{}, testStaleRevision) }

func testStaleRevision(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	path := fmt.Sprintf("/prospects/%d", p.ID)
	stale := form("first_name", "Dana", "last_name", "Reyes-Park", "title", "Head of operations", "zone", "America/Chicago", "country", "US", "revision", fmt.Sprint(p.Revision))
	if status, body := manager.Post(path, stale); status != http.StatusOK {
		t.Fatalf("the first edit: status %d\n%s", status, text(body))
	}
	stale.Set("last_name", "Reyes-Lund")
	for range 2 { // sending the refused form again is refused again
		status, body := rep.Post(path, stale)
		if status != http.StatusConflict || !strings.Contains(body, "Reyes-Lund") {
			t.Errorf("status %d; what was typed must stay in the form\n%s", status, text(body))
		}
	}
	if _, body := rep.Get(path); !strings.Contains(body, "Reyes-Park") {
		t.Error("the first edit was overwritten")
	}
}

// What is wrong stands beside its field, with what was typed.
func TestFieldErrors(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	for _, c := range []struct {
		name, path string
		form       []string
		want       []string
	}{
		{"unknown zone", "/prospects", []string{"first_name", "Sam", "zone", "Mars/Olympus"}, []string{"Mars/Olympus", `id="e-zone"`}},
		{"bad number", "/prospects", []string{"first_name", "Sam", "zone", "America/Denver", "point_value", "12345", "country", "US"}, []string{"12345", "phone"}},
		{"bad address", "/prospects", []string{"first_name", "Sam", "zone", "America/Denver", "point_value", "sam@", "country", "US"}, []string{"sam@", "email"}},
		{"nobody", "/prospects", []string{"title", "Lead"}, []string{"name or a contact point"}},
		{"a call without a time", base + "/book", []string{"starts_at", ""}, []string{`id="e-starts_at"`, "choose a day"}},
		{"a call in the past", base + "/book", []string{"starts_at", "2020-01-01T10:00"}, []string{"past"}},
		{"a time the clocks skip", base + "/book", []string{"starts_at", "2027-03-14T02:30"}, []string{"clocks go forward"}},
		{"a promise without a date", base + "/commitments", []string{"outcome", "Send the counts"}, []string{"due"}},
		{"enrolling without a sequence", base + "/enroll", []string{}, []string{"choose a sequence"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := rep.Post(c.path, form(c.form...))
			if status != http.StatusUnprocessableEntity {
				t.Errorf("status %d\n%s", status, text(body))
			}
			for _, want := range c.want {
				if !strings.Contains(strings.ToLower(body), strings.ToLower(want)) {
					t.Errorf("no %q in: %s", want, text(body))
				}
			}
		})
	}
}

func TestTooMuch(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	status, body := rep.Post(fmt.Sprintf("/prospects/%d/answer", p.ID), form("body", strings.Repeat("long ", 400_000)))
	if status != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d\n%s", status, text(body))
	}
}

// The lint stands beside the editor, refuses, and gives way to a reason.
func TestPublish(t *testing.T) {
	const source = "key: nagging\nname: Nagging\nsteps:\n  - key: mail\n    channel: email\n    timing: {after: {days: 1}}\n    subject: Hello\n    body: |\n      Hello, I am just checking in.\n"
	app := webtest.New(t, webtest.Options{})
	manager := app.SignIn(app.Manager)
	status, body := manager.Post("/sequences/save", form("do", "publish", "source", source))
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "Line 9") || !strings.Contains(body, "just checking in") {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	status, body = manager.Post("/sequences/save", form("do", "publish", "source", source, "override", "Quoted from a customer's own contract"))
	if status != http.StatusOK || !strings.Contains(body, "Live v1") {
		t.Fatalf("with a reason: status %d\n%s", status, text(body))
	}
	status, body = manager.Post("/sequences/save", form("do", "draft", "key", "nagging", "source", "name: [broken", "revision", "99"))
	if status != http.StatusConflict || !strings.Contains(body, "name: [broken") {
		t.Errorf("a stale draft: status %d; the text must stay\n%s", status, text(body))
	}
}

func customerTexts(t *testing.T, app *webtest.App, p models.Prospect, words string) {
	t.Helper()
	rep := app.SignIn(app.Rep)
	if status, body := rep.Post(fmt.Sprintf("/sandbox/%d", p.ID), form("play", "text", "body", words)); status != http.StatusOK {
		t.Fatalf("text: status %d\n%s", status, text(body))
	}
	app.Advance(time.Second)
}
