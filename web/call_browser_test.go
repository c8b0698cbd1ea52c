package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// A rep's calls by keyboard alone: from the outcome of a call that nobody
// answered to the next card in one key, and from a talk through its review.
func TestCallsByKeyboard(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	first, second := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	for _, p := range []models.Prospect{first, second} {
		app.Enroll(p, "seven-touch-follow-up", nil)
	}
	app.Tick()
	one, two := openCall(t, app, first), openCall(t, app, second)
	b := signedIn(t, app, app.Rep)

	// What is typed is kept without a press: the page is left and found again.
	b.do("prepare", chromedp.Navigate(app.URL+fmt.Sprintf("/tasks/%d", one)), chromedp.WaitVisible(chromedp.CSS("#outcomes")))
	b.eval(`document.querySelector("#f-question").value = ""`)
	b.do("ask", chromedp.SendKeys(chromedp.CSS("#f-question"), "Did you read it?"), chromedp.WaitVisible(chromedp.CSS("[data-hint=question]:not(:empty)")))
	b.see("ends the talk")
	b.do("come back", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")), chromedp.Navigate(app.URL+fmt.Sprintf("/tasks/%d", one)), chromedp.WaitVisible(chromedp.CSS("#outcomes")))
	if q := b.eval(`document.querySelector("#f-question").value`); q != "Did you read it?" {
		t.Errorf("the question is %q", q)
	}

	// The outcomes have the focus, not the notes: the next key is one of them.
	b.do("nobody answers", chromedp.KeyEvent("o"), turns(`document.activeElement.classList.contains("outcome")`), chromedp.KeyEvent("5"), chromedp.WaitVisible(chromedp.CSS(fmt.Sprintf(`#call[action="/tasks/%d/card"]`, two))))
	b.see("Joe Park", "Recorded: No answer.")
	b.do("they talk", chromedp.KeyEvent("1"), chromedp.WaitVisible(chromedp.CSS("#review")))
	b.see("What stood in the way", "No further follow-up is made before this is finished")
	b.do("type the notes and leave them", chromedp.SendKeys(chromedp.CSS("#f-notes"), "Wants the numbers."), chromedp.KeyEvent("\x1b"),
		chromedp.KeyEvent("1"), chromedp.KeyEvent("3"))
	if n := b.eval(`String(document.querySelectorAll("#review .checks input:checked").length)`); n != "2" {
		t.Errorf("%s checks are on", n)
	}
	b.do("what stood in the way", chromedp.SetValue(chromedp.CSS("#f-objection"), "none"), chromedp.SendKeys(chromedp.CSS("#f-objection_words"), "they know us"),
		chromedp.Focus(chromedp.CSS("[name=next_what][value=nothing]")), chromedp.KeyEvent(" "))
	b.eval(`String(document.querySelector("#f-notes").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true})))`)
	b.do("finish", chromedp.WaitVisible(chromedp.CSS("#queue")))
	v, err := app.Store.ViewReview(context.Background(), taskOf(t, app, second, models.TaskReview))
	if err != nil {
		t.Fatal(err)
	}
	if r := v.Review; r.FinishedAt == nil || !strings.Contains(r.Notes, "Wants the numbers.") || !r.Summarised || !r.AskedOpenly || r.Presumed || r.Objection != models.ObjectionNone {
		t.Errorf("review = %+v", r)
	}
}

// taskOf is the newest task of the kind about somebody, whatever its state.
func taskOf(t *testing.T, app *webtest.App, p models.Prospect, kind models.TaskKind) int64 {
	t.Helper()
	for id := int64(30); id > 0; id-- {
		v, err := app.Store.ViewTask(context.Background(), id)
		if err == nil && v.Task.Kind == kind && v.Who != nil && v.Who.Prospect.ID == p.ID {
			return id
		}
	}
	t.Fatalf("%s has no %s task", p.Name(), kind)
	return 0
}
