package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web"
	"followup/web/webtest"
)

// noPages are GET routes that are no page of the application: files, what a
// script asks for, and the way to a provider and back.
var noPages = map[string]bool{
	"GET /accounts/oauth/{provider}/callback": true, "GET /accounts/oauth/{provider}/start": true, "GET /audit/export": true, "GET /inbox/raw/{id}": true,
	"GET /insights/export": true, "GET /live/badges": true, "GET /sequences/{key}/people": true, "GET /sequences/{key}/lacking": true, "GET /prospects/{id}/snippets": true, "GET /tasks/{id}/reasons": true, "GET /tasks/{id}/recordings": true, "GET /messages/{id}/media/{n}": true, "GET /messages/{id}/rich": true,
	"GET /prospects/{id}/export": true, "GET /recordings/{token}": true, "GET /you/factor.svg": true,
}

// ours is a message that was sent; 0 where none was.
func ours(t *testing.T, app *webtest.App) int64 {
	t.Helper()
	for id := int64(1); id < 60; id++ {
		if _, err := app.Store.GroundsOf(t.Context(), id); err == nil {
			return id
		}
	}
	return 0
}

// merged is the page on which a merge is undone.
func merged(t *testing.T, app *webtest.App) string {
	t.Helper()
	keep, gone := app.AddProspect("Ida", "Brandt"), app.AddProspect("Ida", "Brand")
	if _, err := app.CRM.Merge(t.Context(), models.UserActor(app.Rep.ID), keep.ID, gone.ID); err != nil {
		t.Fatal(err)
	}
	all, err := app.Store.MergesInto(t.Context(), keep.ID)
	if err != nil || len(all) != 1 {
		t.Fatal(len(all), err)
	}
	return fmt.Sprintf("/prospects/%d/apart/%d", keep.ID, all[0].ID)
}

// everyPage fills an application and names a page for every route that is
// one, most of them in more than one state.
func everyPage(t *testing.T) (*webtest.App, []string) {
	t.Helper()
	app, e := sequenceDesk(t)
	pages := append(sequencePages(e), manyPages(t, app)...)
	twin, other := app.AddProspect("Robin", "Ash"), app.AddProspect("Robyn", "Ash")
	fromStranger := stranger(t, app, "Kim Novak <kim@northwind.example.com>", "Hello, Dana said that you can tell me more about the counts. Could you call me on Thursday, after lunch?")
	waiting := int64(0)
	seen := map[string]bool{}
	for id := int64(1); id < 60; id++ {
		v, err := app.Store.ViewTask(t.Context(), id)
		if err != nil {
			continue
		}
		if v.Task.Kind == models.TaskReply && v.Task.Live() && v.Who != nil {
			waiting = v.Who.Prospect.ID
		}
		if kind := fmt.Sprint(v.Task.Kind, v.Task.Live()); !seen[kind] {
			seen[kind] = true
			pages = append(pages, fmt.Sprintf("/tasks/%d", id), fmt.Sprintf("/tasks/%d/later", id))
		}
	}
	app.SignIn(app.Rep).Post("/library/points", form("text", "the rule on stock counts has changed", "kind", "new_policy", "answers", "timing", "do", "publish"))
	pages = append(pages, "/", "/?who=team", "/?part=snoozed", "/me", "/inbox?owner=all", fmt.Sprintf("/inbox?owner=all&show=all&open=%d", waiting), "/inbox/matching", fmt.Sprintf("/inbox/matching/%d?q=reyes", fromStranger),
		"/prospects", "/prospects?q=dana", "/prospects/new", "/companies", "/companies/1", "/companies/new", "/companies/1/edit", "/duplicates",
		fmt.Sprintf("/duplicates/merge?keep=%d&drop=%d", twin.ID, other.ID), "/appointments/1", "/sequences", "/scheduler", "/settings", "/settings/rules", "/settings/retention",
		"/team", fmt.Sprintf("/team/%d", app.Rep.ID), "/attention", "/audit", "/you", "/accounts", "/accounts/new?at=gmail", "/accounts/1", "/accounts/1/edit", "/accounts/twilio", "/help", "/nowhere", "/welcome",
		"/library", "/library/points", "/library/points/new", "/library/points/1", "/library/points/1/answers", "/library/brainstorm", "/library/stories/new", "/library/voicemails",
		"/insights", "/insights?view=rates", "/insights?view=people", "/sandbox", fmt.Sprintf("/sandbox/%d", waiting))
	if mail := ours(t, app); mail != 0 {
		pages = append(pages, fmt.Sprintf("/messages/%d/why", mail))
	}
	pages = append(pages, merged(t, app))
	for _, part := range []string{"", "/edit", "/discovery", "/privacy", "/enroll", "/enroll?sequence=1&call_at=2026-12-03T15:00"} {
		pages = append(pages, fmt.Sprintf("/prospects/%d%s", waiting, part))
	}
	missing(t, pages)
	return app, pages
}

// missing names the routes of which the walk has no page.
func missing(t *testing.T, pages []string) {
	t.Helper()
	patterns, err := web.Patterns()
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	walked := map[string]bool{}
	for _, p := range patterns {
		mux.HandleFunc(p, func(http.ResponseWriter, *http.Request) {})
	}
	for _, path := range pages {
		_, pattern := mux.Handler(httptest.NewRequest(http.MethodGet, path, nil))
		walked[pattern] = true
	}
	for _, p := range patterns {
		if strings.HasPrefix(p, "GET ") && !walked[p] && !noPages[p] {
			t.Errorf("no page of %s is walked: add one to everyPage", p)
		}
	}
}

// outside tells what of the page cannot be read or used at this width: a page
// that scrolls sideways, a control that sticks out, one whose words are cut.
// Tables and pictures of data scroll in a frame of their own (WCAG 1.4.10).
const outside = `(() => {
  const w = document.documentElement.clientWidth, bad = [];
  if (document.documentElement.scrollWidth > w + 1) bad.push("the page is " + (document.documentElement.scrollWidth - w) + " px too wide");
  const name = (e) => e.tagName.toLowerCase() + (e.id ? "#" + e.id : "") + (typeof e.className === "string" && e.className ? "." + e.className.trim().split(/\s+/).join(".") : "") + " \"" + (e.innerText || e.value || "").trim().slice(0, 30) + "\"";
  const frame = (e) => { for (let p = e.parentElement; p && p !== document.body; p = p.parentElement) { const o = getComputedStyle(p).overflowX; if (o === "auto" || o === "scroll") return p; } return null; };
  const hidden = (e) => { for (let p = e; p && p !== document.body; p = p.parentElement) if (p.matches(".sr, .skip, .default")) return true; return !e.checkVisibility({ opacityProperty: true, visibilityProperty: true }); };
  for (const e of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, label, h1, h2, h3")) {
    if (hidden(e) || e.closest("svg")) continue;
    const r = e.getBoundingClientRect();
    if (!r.width || !r.height) continue;
    const f = frame(e);
    if (!f && (r.right > w + 1 || r.left < -1)) bad.push("sticks out: " + name(e));
    const s = getComputedStyle(e);
    if (e.matches("a, button, summary, label") && s.overflowX !== "visible" && s.textOverflow !== "ellipsis" && e.scrollWidth > e.clientWidth + 1 && e.clientWidth) bad.push("is cut: " + name(e));
    for (let p = e.parentElement; p && p !== document.body && p !== f; p = p.parentElement) {
      if (getComputedStyle(p).overflowX === "hidden" || getComputedStyle(p).overflowX === "clip") {
        const q = p.getBoundingClientRect();
        if (!e.matches("h1, h2, h3, label") && (r.left < q.left - 1 || r.right > q.right + 1) && getComputedStyle(p).textOverflow !== "ellipsis") bad.push("is cut by " + name(p).slice(0, 60) + ": " + name(e));
      }
    }
  }
  if (!bad.length) return "";
  const widest = [...document.querySelectorAll("main *, nav *, header *")].filter((e) => e.getBoundingClientRect().right > w + 1 && !frame(e) && !hidden(e)).map(name).slice(0, 4);
  return [...new Set(bad)].slice(0, 6).join("\n  ") + (widest.length ? "\n  widest: " + widest.join(", ") : "");
})()`

// TestEveryPageReflows opens every page as wide as a window of 1280 px zoomed
// to 200 %, and of 320 px, which is the same at 400 %: nothing needs scrolling
// sideways, nothing is cut.
func TestEveryPageReflows(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app, pages := everyPage(t)
	b := browser{t: t, ctx: webtest.Browser(t, 6*time.Minute), app: app}
	b.do("narrow", chromedp.EmulateViewport(640, 400))
	b.signIn(app.Admin)
	for _, path := range pages {
		b.do(path, chromedp.EmulateViewport(640, 400), chromedp.Navigate(app.URL+path))
		for _, width := range []int64{640, 320} {
			b.do("width", chromedp.EmulateViewport(width, 400))
			if bad := b.eval(outside); bad != "" {
				t.Errorf("%s at %d px\n  %s", path, width, bad)
			}
		}
	}
}

// withoutScripts switches a page's own scripts off.
func withoutScripts() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	})
}

// dead finds what needs a script: a button that belongs to no form and opens
// nothing by itself, a link that leads nowhere.
const dead = `(() => {
  const bad = [], shown = (e) => e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && !e.closest(".sr");
  if (document.documentElement.classList.contains("scripted")) bad.push("a script ran");
  const h1 = document.querySelector("h1");
  if (!h1 || !shown(h1)) bad.push("no heading is seen");
  for (const b of document.querySelectorAll("button")) {
    if (!shown(b) || b.disabled) continue;
    if (b.hasAttribute("popovertarget") || b.hasAttribute("commandfor")) continue;
    if (!b.form || b.type !== "submit") bad.push("does nothing: " + (b.innerText || b.getAttribute("aria-label") || b.className).trim());
  }
  for (const f of document.querySelectorAll("form")) {
    if (f.method === "dialog" || !shown(f)) continue;
    if ([...f.elements].filter((e) => e.matches("input[type=search], input[type=text]")).length === 1) continue; // Enter sends it
    if (![...f.elements].some((e) => e.type === "submit" && shown(e))) bad.push("cannot be sent: " + f.getAttribute("action") + " " + f.className);
  }
  for (const a of document.querySelectorAll("a")) {
    const to = a.getAttribute("href");
    if (shown(a) && (!to || to === "#" || to.startsWith("javascript:") || (to.startsWith("#") && !document.getElementById(to.slice(1))))) bad.push("leads nowhere: " + a.innerText.trim());
  }
  return [...new Set(bad)].join("\n  ");
})()`

// TestEveryPageWithoutScripts opens every page with scripts switched off: each
// form can be sent, each button belongs to one, each link leads somewhere.
func TestEveryPageWithoutScripts(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app, pages := everyPage(t)
	b := browser{t: t, ctx: webtest.Browser(t, 6*time.Minute), app: app}
	b.do("no scripts", withoutScripts())
	b.signIn(app.Admin)
	for _, path := range pages {
		b.do(path, chromedp.Navigate(app.URL+path))
		if bad := b.eval(dead); bad != "" {
			t.Errorf("%s\n  %s", path, bad)
		}
	}
}

// A rep's day by plain forms: put off, a call's outcome, a talk and its
// review, an answer, enrolling. No script runs.
func TestRepsDayWithoutScripts(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	first, second, third := app.AddProspect("Joe", "Park"), app.AddProspect("Amina", "Okafor"), app.AddProspect("Lena", "Fischer")
	idle, waits := app.AddProspect("Sam", "Whitfield"), app.AddProspect("Dana", "Reyes")
	app.Text(waits, "Can we do Friday?")
	for _, p := range []models.Prospect{first, second, third} {
		app.Enroll(p, "seven-touch-follow-up", nil)
	}
	app.Tick()
	b := browser{t: t, ctx: webtest.Browser(t, 2*time.Minute), app: app}
	b.do("no scripts", withoutScripts())
	b.signIn(app.Rep)
	b.see("4 left")
	if ran := b.eval(`String(document.documentElement.classList.contains("scripted"))`); ran != "false" {
		t.Fatal("a script ran")
	}
	press := func(what, sel string) {
		t.Helper()
		b.do(what, chromedp.Click(chromedp.CSS(sel)))
	}
	to := func(path, sel string) {
		t.Helper()
		b.do(path, chromedp.Navigate(app.URL+path), chromedp.WaitVisible(chromedp.CSS(sel)))
	}
	late := openCall(t, app, third)
	press("put off", fmt.Sprintf(`[data-task="%d"] .row-later`, late))
	b.do("for an hour", chromedp.WaitVisible(chromedp.CSS(`main button[value=hour]`)), chromedp.Click(chromedp.CSS(`main button[value=hour]`)), chromedp.WaitVisible(chromedp.CSS("#queue")))
	b.see("Snoozed until", "3 left", "1 snoozed")

	to(fmt.Sprintf("/tasks/%d", openCall(t, app, first)), "#outcomes")
	press("nobody answers", `button[value=no_answer]`)
	b.do("the next", chromedp.WaitVisible(chromedp.CSS(".toast")))
	b.see("Recorded: No answer.")

	to(fmt.Sprintf("/tasks/%d", openCall(t, app, second)), "#outcomes")
	b.do("notes", chromedp.SendKeys(chromedp.CSS("#f-notes"), "Wants the numbers."))
	press("they talk", `button[value=connected]`)
	b.do("review", chromedp.WaitVisible(chromedp.CSS("#review")), chromedp.Click(chromedp.CSS(`#review .checks input[data-key="1"]`)),
		chromedp.SetValue(chromedp.CSS("#f-objection"), "price"), chromedp.SendKeys(chromedp.CSS("#f-objection_words"), "It costs more than we planned."),
		chromedp.Click(chromedp.CSS("[name=next_what][value=nothing]")), chromedp.Click(chromedp.CSS("#review .btn.primary")))
	b.do("done", chromedp.WaitVisible(chromedp.CSS(".toast")))
	v, err := app.Store.ViewReview(t.Context(), taskOf(t, app, second, models.TaskReview))
	if err != nil || v.Review.FinishedAt == nil || v.Review.Objection != "price" || !strings.Contains(v.Review.Notes, "Wants the numbers.") {
		t.Errorf("the review is %+v (%v)", v.Review, err)
	}

	to(fmt.Sprintf("/prospects/%d", waits.ID), "#body")
	b.do("answer", chromedp.SendKeys(chromedp.CSS("#body"), "Friday it is, Dana."), chromedp.Click(chromedp.CSS("[data-send]")), chromedp.WaitVisible(chromedp.CSS(".pending")))
	b.see("leaves by Text")
	app.Advance(models.UndoAnswer + time.Second)
	if m := person(t, app, waits).Messages[0]; m.State != models.MessageSent || !strings.HasPrefix(m.Text, "Friday it is, Dana.") {
		t.Errorf("the answer is %+v", m)
	}

	to(fmt.Sprintf("/prospects/%d/enroll", idle.ID), ".enroll")
	press("a sequence", fmt.Sprintf(`[name=sequence][value="%d"]`, sequenceID(t, app, "seven-touch-follow-up")))
	press("preview", ".enroll .btn.primary")
	b.do("enroll", chromedp.WaitVisible(chromedp.CSS(".confirm-bar")), chromedp.Click(chromedp.CSS(".confirm-bar .btn.primary")), chromedp.WaitVisible(chromedp.CSS("#answer")))
	if runs := person(t, app, idle).Enrollments; len(runs) != 1 || !runs[0].Enrollment.Live() {
		t.Errorf("enrollments: %+v", runs)
	}
}
