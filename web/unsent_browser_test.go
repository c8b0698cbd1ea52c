package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// online says to the browser whether it has a connection.
func online(is bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: !is, DownloadThroughput: -1, UploadThroughput: -1})
		return err
	})
}

// Nothing typed is lost with the connection: without one a form stays where it
// is; what did not arrive is there again on the way back, and after signing in
// where the session had ended.
func TestUnsentInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	var down atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down.Load() {
			panic(http.ErrAbortHandler) // the connection breaks
		}
		app.Handler.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	app.URL = server.URL
	b := signedIn(t, app, app.Rep)

	call := fmt.Sprintf("/tasks/%d", openCall(t, app, p))
	b.do("a call", chromedp.Navigate(app.URL+call), chromedp.WaitVisible(chromedp.CSS("#f-notes")), online(false), chromedp.SendKeys(chromedp.CSS("#f-notes"), "Wants the numbers."),
		chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("5"))
	b.until("it says that there is no connection", `document.getElementById("toasts")?.innerText.includes("There is no connection")`)
	if got := b.eval(`location.pathname + " " + document.querySelector("#f-notes").value`); got != call+" Wants the numbers." {
		t.Errorf("without a connection: %s", got)
	}
	b.do("again", online(true), chromedp.KeyEvent("5"))
	b.until("it is recorded", `location.pathname === "/" && document.querySelector(".toast")?.innerText.includes("Recorded: No answer.")`)

	person := fmt.Sprintf("/prospects/%d", p.ID)
	notes := func() string { return b.eval(`document.querySelector("textarea#notes")?.value || ""`) }
	write := func(words string) {
		t.Helper()
		b.do("notes", chromedp.Navigate(app.URL+person), chromedp.WaitVisible(chromedp.CSS("textarea#notes")))
		b.eval(`document.querySelector("textarea#notes").value = ""`)
		b.do("write", chromedp.SendKeys(chromedp.CSS("textarea#notes"), words))
	}
	save := chromedp.Click(chromedp.CSS(`form[action$="/notes"] .btn`))
	write("She sails.")
	down.Store(true)
	b.do("send into nowhere", save)
	b.until("it did not arrive", `location.protocol === "chrome-error:" || !document.querySelector("#main")`)
	down.Store(false)
	b.do("back", chromedp.NavigateBack(), chromedp.WaitVisible(chromedp.CSS("textarea#notes")))
	b.until("it stands there again", `document.querySelector("textarea#notes")?.value === "She sails." && document.getElementById("toasts")?.innerText.includes("did not arrive")`)
	b.do("send it", save)
	b.until("it is saved", `document.querySelector(".toast")?.innerText.includes("Notes saved.")`)
	if got := notes(); got != "She sails." {
		t.Errorf("saved %q", got)
	}

	write("She sails on Sundays.")
	app.SignIn(app.Rep).Post("/you/sign-out", nil)
	b.do("send it signed out", save, chromedp.WaitVisible(chromedp.CSS("#f-password")))
	b.do("sign in", chromedp.SendKeys(chromedp.CSS("#f-email"), app.Rep.Email), chromedp.SendKeys(chromedp.CSS("#f-password"), webtest.Password+"\r"), chromedp.WaitVisible(chromedp.CSS("textarea#notes")))
	b.until("it stands there again", `location.pathname === "`+person+`" && document.querySelector("textarea#notes")?.value === "She sails on Sundays." && document.getElementById("toasts")?.innerText.includes("signed out")`)
	// What arrived is not brought back.
	b.do("send it", save)
	b.until("it is saved", `document.querySelector(".toast")?.innerText.includes("Notes saved.")`)
	b.do("elsewhere and back", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")), chromedp.NavigateBack(), chromedp.WaitVisible(chromedp.CSS("textarea#notes")))
	if got := b.eval(`String(document.getElementById("toasts")?.innerText.includes("stands here again"))`); got != "false" {
		t.Error("what arrived came back as unsent")
	}
}
