package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// A late promise, from the board to its new date, and that one kept and
// celebrated: by keyboard alone.
func TestLatePromiseInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	dana := app.AddProspect("Dana", "Reyes")
	old := promiser{t, app}.promise(dana, "2026-11-20", "Send the counts")
	b := signedIn(t, app, app.Rep)
	enter := chromedp.KeyEvent("\r")
	b.do("from the board", chromedp.Navigate(app.URL+"/commitments"), chromedp.WaitVisible(chromedp.CSS(".promise")),
		chromedp.Focus(chromedp.CSS(".promise-act a")), enter, chromedp.WaitVisible(chromedp.CSS("#f-cause")))
	b.see("What got in the way", "Not kept: a new date")
	b.do("a new date with its cause", chromedp.SetValue(chromedp.CSS("#f-due_on"), "2026-11-30"), chromedp.SendKeys(chromedp.CSS("#f-cause"), "Their supplier was late"),
		chromedp.Focus(chromedp.CSS(`form[action$="/postpone"] button`)), enter, holds(`/The new date: Mon 30 Nov 2026/.test(document.body.innerText)`))
	b.see("not kept was due")
	if b.eval(`String(/On the day/.test(document.body.innerText))`) == "true" {
		t.Error("a promise that has a new date still announces its call")
	}
	was, err := app.Store.Commitment(t.Context(), old.ID)
	if err != nil || was.State != models.CommitmentBroken || was.Cause != "Their supplier was late" || was.ReplacedBy == nil {
		t.Fatalf("%+v, %v", was, err)
	}
	b.do("they kept it", chromedp.Navigate(fmt.Sprintf("%s/commitments/%d", app.URL, *was.ReplacedBy)), chromedp.Focus(chromedp.CSS(`form[action$="/close"] .btn.primary`)), enter, chromedp.WaitVisible(chromedp.CSS("#f-body")))
	b.see("Well done: say so")
	sent := len(person(t, app, dana).Messages)
	b.do("say so", chromedp.Focus(chromedp.CSS("#f-body")), chromedp.KeyEvent(" "), chromedp.Focus(chromedp.CSS("form:has(#f-body) button.primary, form:has(#f-body) button")), enter, holds(`/It leaves by/.test(document.body.innerText)`))
	app.Advance(models.UndoAnswer * 2)
	if n := len(person(t, app, dana).Messages); n != sent+1 {
		t.Errorf("%d messages congratulate them", n-sent)
	}
}
