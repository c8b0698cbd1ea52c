package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// What is done in the inbox leads back to it, with the conversation open.
func TestInboxStaysWhereOneWorks(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p, q := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
		run := app.Enroll(p, "seven-touch-follow-up", nil)
		app.Text(p, "Can we do Friday?")
		app.Text(q, "Please call me.")
		rep := app.SignIn(app.Rep)
		at := fmt.Sprintf("/inbox?open=%d&show=waiting", p.ID)
		status, body := rep.Get(at)
		for _, want := range []string{"Dana Reyes", "Joe Park", `id="timeline"`, `id="answer"`, "What comes next", "Book a call", "Record a promise", "Resume", "Move", `aria-current="true"`} {
			if status != http.StatusOK || !strings.Contains(body, want) {
				t.Errorf("the inbox lacks %q (%d)\n%s", want, status, text(body))
			}
		}
		if unread := person(t, app, p).Conversation.UnreadCount; unread != 0 {
			t.Errorf("%d are unread though it was opened", unread)
		}
		from := func(path string, fields ...string) string {
			t.Helper()
			status, body := rep.Send(path, form(fields...), map[string]string{"Sec-Fetch-Site": "same-origin", "Referer": app.URL + at})
			if status != http.StatusOK {
				t.Fatalf("%s: %d\n%s", path, status, text(body))
			}
			return body
		}
		// Booking comes last: it ends the sequence that is resumed before it.
		for _, act := range [][]string{
			{fmt.Sprintf("/tasks/%d/close", replyTask(t, app, p)), "state", "done"},
			{fmt.Sprintf("/prospects/%d/answer", p.ID), "body", "Friday it is."},
			{fmt.Sprintf("/enrollments/%d/resume", run.ID), "back", fmt.Sprintf("/prospects/%d", p.ID)},
			{fmt.Sprintf("/prospects/%d/commitments", p.ID), "outcome", "Send the counts", "due_on", "2026-12-04"},
			{fmt.Sprintf("/prospects/%d/book", p.ID), "starts_at", "2026-12-04T10:00", "tell", "nobody"},
		} {
			path := act[0]
			if body := from(path, act[1:]...); !strings.Contains(body, `class="inbox opened"`) || !strings.Contains(body, `class="toast"`) {
				t.Errorf("%s leads elsewhere\n%s", path, text(body))
			}
		}
		// Another site's address is no way back, and a part that renews itself holds the list alone.
		_, body = rep.Send(fmt.Sprintf("/prospects/%d/commitments", p.ID), form("outcome", "More", "due_on", "2026-12-05"), map[string]string{"Sec-Fetch-Site": "same-origin", "Referer": "https://evil.example.com/inbox"})
		if !strings.Contains(body, "<h1>Dana Reyes</h1>") {
			t.Errorf("it leads to\n%s", text(body))
		}
		if status, _ = rep.Get("/inbox?open=999"); status != http.StatusNotFound {
			t.Errorf("nobody's conversation: %d", status)
		}
	})
}

func replyTask(t *testing.T, app *webtest.App, p models.Prospect) int64 {
	t.Helper()
	for _, task := range person(t, app, p).Tasks {
		if task.Kind == models.TaskReply {
			return task.ID
		}
	}
	t.Fatalf("%s waits for no answer", p.Name())
	return 0
}

// List, conversation and person stand side by side and do not move when a
// conversation opens; on a phone one of them is shown at a time.
func TestInboxPanelsInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p, q := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	app.Text(p, "Can we do Friday?")
	app.Advance(time.Minute)
	app.Text(q, "Please call me.")
	b := atDesk(t, app, app.Rep)
	const places = `[...document.querySelectorAll(".inbox-list .row[data-prospect]")].map((r) => { const q = r.getBoundingClientRect(); return [q.left, q.top, q.width, q.height].map(Math.round).join(",") }).join(" ")`
	row := `document.activeElement.closest("[data-row]")?.innerText || ""`
	b.do("the inbox", chromedp.KeyEvent("g"), chromedp.KeyEvent("i"), chromedp.WaitVisible(chromedp.CSS(".inbox-none")))
	before := b.eval(places)
	if before == "" {
		t.Fatal("no rows")
	}
	b.do("open the first", chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#thread-title")))
	if after := b.eval(places); after != before {
		t.Errorf("the rows moved from %s to %s", before, after)
	}
	b.see("Dana Reyes", "What comes next", "Book a call", "No answer needed")
	b.until("its row keeps the focus", `(`+row+`).includes("Dana Reyes")`)
	columns := b.eval(`[".inbox-list", ".inbox-thread", ".inbox-person"].map((s) => document.querySelector(s).getBoundingClientRect()).every((r, i, all) => i === 0 || (r.left >= all[i-1].right && Math.abs(r.top - all[0].top) < 8)) + ""`)
	if columns != "true" {
		t.Error("the three panels do not stand side by side")
	}
	// j goes on to the next row, r answers whoever's row has the focus.
	b.do("next", chromedp.KeyEvent("j"))
	b.until("the next row", `(`+row+`).includes("Joe Park")`)
	b.do("answer them", chromedp.KeyEvent("r"), chromedp.WaitVisible(chromedp.CSS("#body")))
	b.until("the box of the second has the focus", `document.activeElement.id === "body" && document.querySelector("#thread-title").innerText === "Joe Park"`)
	b.do("write", chromedp.SendKeys(chromedp.CSS("#body"), "I call you at ten."), chromedp.Click(chromedp.CSS("[data-send]")), chromedp.WaitVisible(chromedp.CSS(".pending [data-undo]")))
	b.until("the inbox is there still", `location.pathname === "/inbox" && document.querySelector("#thread-title").innerText === "Joe Park"`)
	b.do("take it back", chromedp.Click(chromedp.CSS("[data-undo]")), gone(".pending"), chromedp.WaitVisible(chromedp.CSS("#body")))
	b.until("taken back here", `location.pathname === "/inbox" && document.querySelector("#body").value === "I call you at ten."`)
	b.do("back to the list", chromedp.Navigate(fmt.Sprintf("%s/inbox?open=%d", app.URL, p.ID)), chromedp.WaitVisible(chromedp.CSS("#thread-title")))
	b.do("enroll by e", chromedp.KeyEvent("e"), chromedp.WaitVisible(chromedp.CSS(".enroll")))
	if b.path() != fmt.Sprintf("/prospects/%d/enroll", p.ID) {
		t.Errorf("e leads to %s", b.path())
	}
	b.do("needs none", chromedp.Navigate(fmt.Sprintf("%s/inbox?open=%d", app.URL, p.ID)), chromedp.WaitVisible(chromedp.CSS("#thread-title")), chromedp.KeyEvent("x"), chromedp.WaitVisible(chromedp.CSS(".toast")))
	if c := person(t, app, p).Conversation; c.WaitingSince != nil {
		t.Errorf("they still wait: %+v", c)
	}

	// On a phone: the list, then the conversation alone, then the list again.
	b.do("phone", chromedp.EmulateViewport(390, 844), chromedp.Navigate(app.URL+"/inbox"), chromedp.WaitVisible(chromedp.CSS(".inbox-list .row")))
	shown := `[".inbox-list", ".inbox-none", ".inbox-thread.card"].map((s) => { const e = document.querySelector(s); return !!e && e.offsetParent !== null }).join()`
	if got := b.eval(shown); got != "true,false,false" {
		t.Errorf("the list alone: %s", got)
	}
	b.do("open", chromedp.Click(chromedp.CSS(fmt.Sprintf(`[data-prospect="%d"] a.row-main`, q.ID))), chromedp.WaitVisible(chromedp.CSS("#thread-title")))
	if got := b.eval(shown); got != "false,false,true" {
		t.Errorf("the conversation alone: %s", got)
	}
	b.do("back", chromedp.Click(chromedp.CSS(".thread-back")), chromedp.WaitVisible(chromedp.CSS(".inbox-list .row")))
}
