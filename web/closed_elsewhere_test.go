package web_test

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// Two people work on one task: whoever comes second is told, and what they
// typed stands before them still. The same form sent twice is no second one.
func TestClosedElsewhere(t *testing.T) { webtest.Each(t, webtest.Options{}, testClosedElsewhere) }

func testClosedElsewhere(t *testing.T, app *webtest.App) {
	d := newCallDesk(t, app)
	manager := app.SignIn(app.Manager)
	late := func(path string, f url.Values, words ...string) string {
		t.Helper()
		status, body := manager.Post(path, f)
		if status != http.StatusConflict {
			t.Errorf("%s: status %d\n%s", path, status, text(body))
		}
		for _, w := range append(words, "This was not recorded") {
			if !strings.Contains(html.UnescapeString(body), w) {
				t.Errorf("%s: no %q on the page\n%s", path, w, text(body))
			}
		}
		return body
	}

	said := d.card("outcome", "no_answer", "notes", "Rang eight times.")
	for range 2 { // a double click
		d.post(http.StatusOK, d.path+"/outcome", said)
	}
	body := late(d.path+"/outcome", d.card("outcome", "no_answer", "notes", "Her assistant says Thursday.", "question", "What has the count shown?", "goal", "Open by May"),
		"it is done now", "Her assistant says Thursday.", "What has the count shown?", "Open by May", "Keep it in their notes")
	if got := d.load().Notes; got != "Rang eight times." {
		t.Errorf("the call's notes became %q", got)
	}
	revision := regexp.MustCompile(`name="revision" value="(\d+)"`).FindStringSubmatch(body)
	if revision == nil {
		t.Fatal("what was typed cannot be kept")
	}
	d.post(http.StatusOK, fmt.Sprintf("/prospects/%d/notes", d.who.ID), form("revision", revision[1], "notes", "Notes: Her assistant says Thursday."), "Her assistant says Thursday.")

	again := d.open()
	d.post(http.StatusOK, again+"/outcome", d.card("outcome", "connected", "notes", "Likes it"))
	review, err := app.Store.ReviewOf(context.Background(), d.task)
	d.ok(err)
	path := fmt.Sprintf("/tasks/%d/review", review)
	first := form("revision", "0", "notes", "Likes it", "objection", "price", "objection_words", "Too dear", "next_what", "nothing")
	for range 2 {
		d.post(http.StatusOK, path, first)
	}
	late(path, form("revision", "0", "notes", "Likes it", "objection", "timing", "objection_words", "Not before May", "next_what", "nothing"), "finished elsewhere", "Not before May")
	if rev, err := app.Store.ViewReview(context.Background(), review); err != nil || rev.Review.ObjectionWords != "Too dear" {
		t.Errorf("the review became %+v (%v)", rev.Review, err)
	}

	app.Text(d.who, "Call me on Monday.")
	app.Advance(time.Second)
	reply := fmt.Sprintf("/tasks/%d", replyTask(t, app, d.who))
	d.post(http.StatusOK, reply+"/close", form("state", "done", "notes", "Answered by phone"))
	late(reply+"/close", form("state", "done", "notes", "She called me back"), "She called me back")
	status, body := d.rep.Post(reply+"/hand-over", form("to", fmt.Sprint(app.Manager.ID), "note", "She asked for you"))
	if status != http.StatusConflict || !strings.Contains(body, "She asked for you") {
		t.Errorf("handing over: status %d\n%s", status, text(body))
	}
}

// Nobody is answered twice by accident: neither from two windows nor by two
// colleagues. Whoever is told may send theirs all the same.
func TestAnsweredElsewhere(t *testing.T) { webtest.Each(t, webtest.Options{}, testAnsweredElsewhere) }

var known = regexp.MustCompile(`name="known" value="(\d+)"`)

func testAnsweredElsewhere(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	customerTexts(t, app, p, "Can we do Friday?")
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	path := fmt.Sprintf("/prospects/%d", p.ID)
	open := func(c *webtest.Client, words string) url.Values {
		t.Helper()
		_, body := c.Get(path)
		token, seen := hidden.FindStringSubmatch(body), known.FindStringSubmatch(body)
		if token == nil || seen == nil {
			t.Fatalf("the box is not complete: %s", text(body))
		}
		return form("form_token", token[1], "known", seen[1], "channel", "sms", "body", words)
	}
	one, two, colleague := open(rep, "Friday at ten it is."), open(rep, "Friday at ten it is, Dana."), open(manager, "Friday suits us.")
	for range 2 { // a double click
		if status, body := rep.Post(path+"/answer", one); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, text(body))
		}
	}
	for _, c := range []struct {
		from *webtest.Client
		f    url.Values
		says string
	}{{rep, two, "You have answered them in another window"}, {manager, colleague, "Rae Kim has answered them"}} {
		status, body := c.from.Post(path+"/answer", c.f)
		if status != http.StatusConflict || !strings.Contains(body, c.says) || !strings.Contains(body, c.f.Get("body")) || !strings.Contains(body, "Friday at ten it is.") {
			t.Errorf("status %d\n%s", status, text(body))
		}
		if seen := known.FindStringSubmatch(body); seen == nil || seen[1] == c.f.Get("known") {
			t.Errorf("sending it again would be refused again: %v", seen)
		} else {
			c.f.Set("known", seen[1])
		}
	}
	sent := func() (n int) {
		app.Advance(models.UndoAnswer + time.Second)
		for _, m := range person(t, app, p).Messages {
			if m.Direction == models.Outbound {
				n++
			}
		}
		return n
	}
	if n := sent(); n != 1 {
		t.Errorf("%d answers were sent", n)
	}
	if status, body := manager.Post(path+"/answer", colleague); status != http.StatusOK {
		t.Errorf("the colleague's own: status %d\n%s", status, text(body))
	}
	if n := sent(); n != 2 {
		t.Errorf("%d answers were sent", n)
	}
	// One that was taken back is no answer.
	three, four := open(rep, "And bring the plan."), open(rep, "And bring the plans.")
	rep.Post(path+"/answer", three)
	rep.Post(fmt.Sprintf("/answers/%d/withdraw", person(t, app, p).Touches[0].ID), nil)
	if status, body := rep.Post(path+"/answer", four); status != http.StatusOK {
		t.Errorf("after one was taken back: status %d\n%s", status, text(body))
	}
}

// Nobody's phone rings twice by accident.
func TestDialledElsewhere(t *testing.T) {
	d := newCallDesk(t, webtest.New(t, webtest.Options{}))
	manager := d.app.SignIn(d.app.Manager)
	mine, theirs := d.card("dial_token", "mine", "dial_seen", "0"), d.card("dial_token", "theirs", "dial_seen", "0")
	for range 2 {
		d.post(http.StatusOK, d.path+"/dial", mine, "on this phone")
	}
	status, body := manager.Post(d.path+"/dial", theirs)
	if status != http.StatusUnprocessableEntity || !strings.Contains(body, "Rae Kim has dialled this call") {
		t.Errorf("status %d\n%s", status, text(body))
	}
	seen := regexp.MustCompile(`name="dial_seen" value="(\d+)"`).FindStringSubmatch(body)
	if seen == nil || seen[1] == "0" {
		t.Fatalf("dialling again would be refused again: %v", seen)
	}
	theirs.Set("dial_seen", seen[1])
	if status, body := manager.Post(d.path+"/dial", theirs); status != http.StatusOK || !strings.Contains(body, "on this phone") {
		t.Errorf("status %d\n%s", status, text(body))
	}
}
