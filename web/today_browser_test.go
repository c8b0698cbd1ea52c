package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// until waits for a condition of the page.
func (b browser) until(what, js string) {
	b.t.Helper()
	if !b.comes(js) {
		b.t.Fatalf("%s: never %s\n%s", what, js, b.eval(`document.body.innerText`))
	}
}

// comes waits for an expression to be true. One that cannot be read is not so
// yet: the page may be changing under it.
func (b browser) comes(js string) bool {
	for end := time.After(15 * time.Second); ; {
		if is, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("!!("+js+")")); err == nil && is {
			return true
		}
		select {
		case <-end:
			return false
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// A rep works Today by the keyboard alone: through the rows, to the outcomes
// of a call, on to the next card, putting off, and to an answer.
func TestTodayByKeyboard(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	first, second, waits := app.AddProspect("Joe", "Park"), app.AddProspect("Amina", "Okafor"), app.AddProspect("Dana", "Reyes")
	app.Text(waits, "Can we do Friday?")
	app.Enroll(first, "seven-touch-follow-up", nil) // afterwards: a colleague's answer rests what runs
	app.Enroll(second, "seven-touch-follow-up", nil)
	app.Tick()
	b := signedIn(t, app, app.Rep)
	b.see("3 left")
	focused := `document.activeElement.closest("[data-row]")?.innerText || ""`
	key := func(k string) { t.Helper(); b.do("key "+k, chromedp.KeyEvent(k)) }
	key("j")
	if row := b.eval(focused); !strings.Contains(row, "Can we do Friday?") {
		t.Errorf("j goes to %q", row)
	}
	key("j")
	if row := b.eval(focused); !strings.Contains(row, "Joe Park") {
		t.Errorf("the second j goes to %q", row)
	}
	key("k")
	key("j")

	// From the outcome to the next card: at most four keys.
	key("o")
	b.until("o opens the call's outcomes", `location.pathname.startsWith("/tasks/") && document.activeElement?.closest("#outcomes")`)
	was, keys := b.path(), 0
	for _, k := range []string{"5"} { // nobody answered
		key(k)
		keys++
	}
	b.until("the next card opens", fmt.Sprintf(`location.pathname !== %q && document.readyState === "complete"`, was))
	if keys > 4 {
		t.Errorf("%d keys from the outcome to the next card", keys)
	}
	if at := b.path(); at == "/" || at == was {
		t.Errorf("after the outcome comes %s", at)
	}
	b.see("Can we do Friday?")
	b.do("back to Today", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")))
	b.see("2 left")

	key("r")
	b.until("r goes to the answer box", `document.activeElement?.id === "body"`)
	b.do("back to Today", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")))
	key("j")
	key("j")
	key("z")
	b.until("z opens the choices", `document.getElementById("later").open`)
	key("1")
	b.until("the row is gone", `location.pathname === "/" && document.querySelectorAll("[data-row]").length === 1`)
	b.see("Snoozed until", "1 left", "1 snoozed")
	key("h")
	b.until("h opens the colleagues", `document.activeElement?.id === "f-to"`)
	b.do("close", chromedp.KeyEvent("\x1b"))
	b.until("Escape closes", `!document.getElementById("later").open`)
	b.until("the focus is back on the row", `(`+focused+`).includes("Dana Reyes")`)
	key("?")
	b.until("? shows the keys", `document.getElementById("help").open`)
	b.see("Snooze the row’s task; hand it over")
}

// What happens elsewhere appears without loading the page: rows, the rail's
// numbers, the conversation; the focus stays, and a notification is shown.
func TestLiveInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p, q := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	book(t, app, q, app.Now().Add(40*time.Minute).Truncate(time.Minute))
	b := signedIn(t, app, app.Rep)
	b.eval(`(() => { window.sameDocument = true; return "" })()`)
	b.do("focus the row", chromedp.KeyEvent("j"))
	app.Text(p, "Can we do Friday?")
	app.Tell()
	b.until("the row appears", `document.querySelector(".queue-waiting")?.innerText.includes("Can we do Friday?")`)
	b.until("the rail counts", `document.querySelector("[data-badge=waiting]").textContent === "1" && document.querySelector("[data-badge=tasks]").textContent === "1"`)
	b.until("the head counts", `document.getElementById("left").innerText.includes("1 left")`)
	b.until("a notification is shown", `document.querySelector(".notice-toast")?.innerText.includes("Dana Reyes answered")`)
	if b.eval(`String(window.sameDocument)`) != "true" {
		t.Error("the page was loaded anew")
	}
	if row := b.eval(`document.activeElement.closest("[data-row]")?.innerText || ""`); !strings.Contains(row, "Joe Park") {
		t.Errorf("the focus went to %q", row)
	}

	b.do("the conversation", chromedp.Navigate(fmt.Sprintf("%s/prospects/%d", app.URL, p.ID)), chromedp.WaitVisible(chromedp.CSS("#body")),
		chromedp.SendKeys(chromedp.CSS("#body"), "I am writ"))
	app.Text(p, "Or rather Thursday.")
	b.until("the message appears", `document.getElementById("timeline").innerText.includes("Or rather Thursday.")`)
	if typed := b.eval(`document.getElementById("body").value`); typed != "I am writ" {
		t.Errorf("what was being written is %q now", typed)
	}
	b.do("the inbox", chromedp.Navigate(app.URL+"/inbox"), chromedp.WaitVisible(chromedp.CSS("#list")))
	app.Text(p, "Well, Wednesday.")
	b.until("the inbox follows", `document.getElementById("list").innerText.includes("Well, Wednesday.")`)
}
