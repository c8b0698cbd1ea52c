package web_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// The main job by hand, in a real browser: a rep signs in, adds and enrolls a
// prospect, the customer texts, the sequence pauses, and the answer leaves by
// text.
func TestMainJobInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	webtest.Each(t, webtest.Options{}, testMainJobInTheBrowser)
}

func testMainJobInTheBrowser(t *testing.T, app *webtest.App) {
	b := browser{t: t, ctx: webtest.Browser(t, browserLimit), app: app}
	b.enter(app.Rep.Email, webtest.Password)
	b.see("Nothing is waiting")

	b.do("add a prospect", chromedp.Navigate(app.URL+"/prospects/new"),
		chromedp.SendKeys(chromedp.CSS("#f-first_name"), "Noor"), chromedp.SendKeys(chromedp.CSS("#f-last_name"), "Haddad"),
		chromedp.SendKeys(chromedp.CSS("#pv-1"), "noor.haddad@example.com"), chromedp.SendKeys(chromedp.CSS("#pv-2"), "312 555 0142"),
		chromedp.SetValue(chromedp.CSS("#f-zone"), "America/Chicago"), chromedp.SendKeys(chromedp.CSS("#f-country"), "US"), chromedp.SendKeys(chromedp.CSS("#f-region"), "IL"),
		chromedp.SetValue(chromedp.CSS("#f-consent_basis"), "written"), chromedp.SendKeys(chromedp.CSS("#f-consent_source"), "web form"),
		chromedp.Click(chromedp.CSS("form.sheet .btn.primary")), chromedp.WaitVisible(chromedp.CSS("#answer")))
	b.see("Noor Haddad", "+1 312 555-0142", "In no sequence")
	person := b.path()

	b.do("choose a sequence", chromedp.Navigate(app.URL+person+"/enroll"),
		chromedp.Click(chromedp.CSS(`[data-anchor=appointment]`)), chromedp.SetValue(chromedp.CSS("#f-call_at"), "2026-11-26T15:00"),
		chromedp.Click(chromedp.CSS(".enroll .btn")), chromedp.WaitVisible(chromedp.CSS("#preview")))
	b.see("Thu 26 Nov 15:00 their time (CST) · 16:00 yours", "09:00 their time", "Nothing was sent yet")
	b.do("confirm", chromedp.Click(chromedp.CSS(".confirm-bar .btn.primary")), chromedp.WaitVisible(chromedp.CSS("#answer")))
	app.Tick()
	app.Advance(time.Minute)
	b.do("look again", chromedp.Navigate(app.URL+person), chromedp.WaitVisible(chromedp.CSS("#timeline")))
	b.see("running", "Booked call", "Sent")

	b.do("play the customer", chromedp.Navigate(app.URL+strings.Replace(person, "/prospects/", "/sandbox/", 1)),
		chromedp.SendKeys(chromedp.CSS("#say-text"), "Could you call at four instead?"), chromedp.Click(chromedp.CSS(`button[value=text]`)),
		chromedp.WaitVisible(chromedp.CSS(".toast")))
	app.Advance(time.Second)

	b.do("find it in Today", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS(".queue-waiting")))
	b.see("Could you call at four instead?")
	b.do("open it by keyboard", chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#body")))
	b.see("paused: they answered", "texted")
	if by := b.eval(`document.querySelector("[name=channel]:checked").value`); by != "sms" {
		t.Errorf("the answer box chose %s", by)
	}
	b.do("answer", chromedp.SendKeys(chromedp.CSS("#body"), "Four o'clock it is, Noor."), chromedp.Click(chromedp.CSS("[data-send]")), chromedp.WaitVisible(chromedp.CSS(".toast")))
	b.see("leaves by Text")
	app.Advance(models.UndoAnswer + time.Second)
	b.do("see it sent", chromedp.Navigate(app.URL+person), chromedp.WaitVisible(chromedp.CSS(".said.out")))

	var id int64
	if _, err := fmt.Sscanf(person, "/prospects/%d", &id); err != nil {
		t.Fatal(err)
	}
	v, err := app.Store.ViewPerson(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	last := v.Messages[0]
	if last.Direction != models.Outbound || last.Channel != models.ChannelSMS || last.State != models.MessageSent || !strings.HasPrefix(last.Text, "Four o'clock it is, Noor.") {
		t.Errorf("the last message: %s by %s is %s: %q", last.Direction, last.Channel, last.State, last.Text)
	}
	if !v.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) {
		t.Errorf("the enrollment is %s", v.Enrollments[0].Enrollment.State)
	}
	if bottom := b.eval(`(() => { const t = document.querySelector("#timeline"); return String(t.scrollHeight - t.scrollTop - t.clientHeight < 4) })()`); bottom != "true" {
		t.Error("the thread does not open at its newest message")
	}
}

type browser struct {
	t   *testing.T
	ctx context.Context
	app *webtest.App
}

// browserLimit ends a browser that hangs; each thing done in it has a limit of its own.
const browserLimit = 5 * time.Minute

// signedIn is a new browser in which u is signed in and sees Today.
func signedIn(t *testing.T, app *webtest.App, u models.User) browser {
	t.Helper()
	b := browser{t: t, ctx: webtest.Browser(t, browserLimit), app: app}
	b.signIn(u)
	return b
}

// atDesk is one as wide as a desk's screen.
func atDesk(t *testing.T, app *webtest.App, u models.User) browser {
	t.Helper()
	b := browser{t: t, ctx: webtest.Browser(t, browserLimit), app: app}
	b.do("wide", chromedp.EmulateViewport(1440, 900))
	b.signIn(u)
	return b
}

// signIn takes over a session; that the form of the door gives one is
// TestMainJobInTheBrowser's and enter's to show.
func (b browser) signIn(u models.User) {
	b.t.Helper()
	address, err := url.Parse(b.app.URL)
	must(b.t, err)
	for _, c := range b.app.SignIn(u).Jar.Cookies(address) {
		b.do("take over "+c.Name, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
			_, err := cdp.Call(ctx, tab, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: b.app.URL})
			return err
		}))
	}
	b.do("sign in", chromedp.Navigate(b.app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")))
}

func (b browser) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	for i := 0; i < len(actions); {
		err := chromedp.Do(ctx, actions[i])
		switch {
		case err == nil:
			i++
			continue
		case strings.Contains(err.Error(), "Could not find node") && ctx.Err() == nil:
			continue // of the page that just went: nothing was done yet, so on the one that came
		}
		page, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body.innerText`))
		b.t.Fatalf("%s: %v\n%s\n%s", what, err, b.path(), page)
	}
}

func (b browser) eval(js string) string {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](js))
	if err != nil {
		b.t.Fatalf("%s: %v", js, err)
	}
	return v
}

// see asks for words that a person sees on the page, or on the one that is on
// its way.
func (b browser) see(words ...string) {
	b.t.Helper()
	for _, w := range words {
		if !b.comes(fmt.Sprintf("document.body.innerText.includes(%q)", w)) {
			b.t.Errorf("%s does not show %q:\n%s", b.path(), w, b.eval(`document.body.innerText`))
		}
	}
}

func (b browser) path() string {
	at, err := chromedp.Run(b.ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	u, err := url.Parse(at)
	if err != nil {
		return at
	}
	return u.Path
}
