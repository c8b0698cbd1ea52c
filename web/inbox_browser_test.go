package web_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// A rep answers from the inbox by keyboard: a snippet by a slash, the draft
// kept by itself and there again after leaving, the preview, and the answer
// taken back within its ten seconds.
func TestInboxInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	webtest.Each(t, webtest.Options{}, testInboxInTheBrowser)
}

func testInboxInTheBrowser(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	customerTexts(t, app, p, "Can we do Friday?")
	if _, err := app.Store.SaveSnippet(t.Context(), models.Snippet{Name: "friday", Text: "Friday suits us, {{ prospect.first_name }}.", State: models.LibraryPublished}, models.ActorSystem, app.Now()); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, app, app.Rep)
	b.do("open the inbox by keys", chromedp.KeyEvent("g"), chromedp.KeyEvent("i"), chromedp.WaitVisible(chromedp.CSS(".inbox-bar")))
	b.see("Dana Reyes", "Can we do Friday?", "Waiting", "Unread")
	b.do("open the thread", chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#body")))
	b.do("write with a snippet", chromedp.SendKeys(chromedp.CSS("#body"), "Hello. /fri"), chromedp.WaitVisible(chromedp.CSS("#slash li")))
	// As a browser sends it: a key whose default is prevented types nothing.
	b.eval(`String(document.querySelector("#body").dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true })))`)
	b.do("the snippet is in", turns(`document.querySelector("#slash").hidden`))
	if got := b.eval(`document.querySelector("#body").value`); got != "Hello. Friday suits us, Dana." {
		t.Errorf("the box holds %q", got)
	}
	counted := b.eval(`(() => {
		const box = document.querySelector("#body"), was = box.value, said = [];
		for (const text of ["a".repeat(100), "š".repeat(200), was]) {
			box.value = text;
			box.dispatchEvent(new Event("input", { bubbles: true }));
			said.push(document.querySelector("[data-segments]").textContent);
		}
		return said.join("; ");
	})()`)
	if !regexp.MustCompile(`^1\d\d characters · [12] segments?; 2\d\d characters · [3-6] segments; `).MatchString(counted) {
		t.Errorf("the box counts %q", counted)
	}
	b.do("the draft is kept", chromedp.WaitReady(chromedp.CSS(`#answer input[name=draft_revision]:not([value="0"])`)), turns(`document.querySelector("#draft-state").textContent === "Draft kept"`))
	b.do("leave and come back", chromedp.Navigate(app.URL+"/inbox"), chromedp.WaitVisible(chromedp.CSS(".draft")), chromedp.Navigate(fmt.Sprintf("%s/prospects/%d", app.URL, p.ID)), chromedp.WaitVisible(chromedp.CSS("#body")))
	if got := b.eval(`document.querySelector("#body").value`); got != "Hello. Friday suits us, Dana." {
		t.Errorf("after coming back the box holds %q", got)
	}
	b.do("preview", chromedp.Click(chromedp.CSS(`[hx-post$="/preview"]`)), chromedp.WaitVisible(chromedp.CSS("#preview .answer-preview")))
	b.see("As it will leave")
	b.do("send", chromedp.Click(chromedp.CSS("[data-send]")), chromedp.WaitVisible(chromedp.CSS(".pending [data-undo]")))
	b.see("Sent in")
	b.do("take it back", chromedp.Click(chromedp.CSS("[data-undo]")), gone(".pending"), chromedp.WaitVisible(chromedp.CSS("#body")))
	b.see("Taken back")
	if got := b.eval(`document.querySelector("#body").value`); got != "Hello. Friday suits us, Dana." {
		t.Errorf("taken back, the box holds %q", got)
	}
	app.Advance(time.Minute)
	if m := person(t, app, p).Messages[0]; m.Direction != models.Inbound {
		t.Errorf("it left: %+v", m)
	}
	b.do("send again", chromedp.Click(chromedp.CSS("[data-send]")), chromedp.WaitVisible(chromedp.CSS(".pending")))
	app.Advance(models.UndoAnswer + time.Second)
	if m := person(t, app, p).Messages[0]; m.State != models.MessageSent || !strings.Contains(m.Text, "Friday suits us, Dana.") {
		t.Errorf("the last message is %+v", m)
	}
}

// A rep finds people, marks some and enrolls them together; a list is kept.
func TestProspectListInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	app.AddProspect("Dana", "Reyes")
	app.AddProspect("Daniel", "Park")
	app.AddProspect("Joe", "Lund")
	b := signedIn(t, app, app.Rep)
	b.do("search as one types", chromedp.Navigate(app.URL+"/prospects"), chromedp.SendKeys(chromedp.CSS("#l-q"), "dan"), turns(`document.querySelectorAll("#people tbody tr").length === 2`))
	// The list may be renewed once more behind the last letter, and then the marks are gone.
	b.do("mark all and enroll them", holds(`location.pathname.startsWith("/enroll") ||
		(document.querySelector("[data-chosen]")?.textContent === "2 marked" ? document.querySelector("[name=some]").click() : document.querySelector("[data-all]")?.click(), false)`),
		chromedp.WaitVisible(chromedp.CSS("main h1")))
	b.see("Dana Reyes", "Daniel Park")
}

// gone waits until nothing on the page, or on the page that follows it, is of
// the selector.
func gone(selector string) chromedp.Action[chromedp.Void] {
	return holds(fmt.Sprintf("document.querySelector(%q) === null", selector))
}

// holds waits until an expression is true, on this page or on the one that
// follows it: chromedp's own waits fail where the page changes under them.
func holds(js string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		for {
			if is, err := chromedp.Evaluate[bool](js)(ctx, tab); err == nil && is {
				return nil
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
	})
}

// turns waits until an expression holds.
func turns(js string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := chromedp.Poll[bool](js)(ctx, tab)
		return err
	})
}
