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

func suggestion(t *testing.T, app *webtest.App, words, against string) models.Suggestion {
	t.Helper()
	su, err := app.CRM.SaveSuggestion(context.Background(), models.UserActor(app.Manager.ID), models.Suggestion{Text: words, Obstacle: against, State: models.LibraryPublished})
	if err != nil {
		t.Fatal(err)
	}
	return su
}

// A late promise brings one more suggestion, never one given before: on the
// board and on its own page.
func TestSuggestionsForLatePromises(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		first := suggestion(t, app, "Let one person do the first count alone.", "timing")
		second := suggestion(t, app, "Block the first quarter of an hour of the day.", "timing")
		m := promiser{t, app}
		late := m.promise(app.AddProspect("Dana", "Reyes"), "2026-11-20", "Send the counts")
		coming := m.promise(app.AddProspect("Joe", "Park"), "2026-12-20", "Win the second site")
		rep := app.SignIn(app.Rep)
		_, body := rep.Get("/commitments")
		if n := strings.Count(body, "One more suggestion"); n != 1 {
			t.Errorf("%d suggestions on the board, want one, for the late promise:\n%s", n, text(body))
		}
		wants(t, "the board", body, second.Text)
		at := fmt.Sprintf("/commitments/%d/suggest", late.ID)
		give := func(su models.Suggestion) string {
			_, body := rep.Post(at, form("suggestion", fmt.Sprint(su.ID), "back", "/commitments"))
			return body
		}
		body = give(second)
		wants(t, "the board", body, "Noted: you gave them this one", first.Text)
		if strings.Contains(text(body), second.Text) {
			t.Error("a suggestion is offered that was given before")
		}
		give(second) // a double click gives nothing else
		wants(t, "its page", func() string { _, b := rep.Get(fmt.Sprintf("/commitments/%d", late.ID)); return b }(), first.Text)
		if body = give(first); strings.Contains(body, "One more suggestion") {
			t.Error("there is none left, and one is offered")
		}
		if _, body = rep.Post(at, form("suggestion", "999", "back", "/commitments")); !strings.Contains(text(body), "no suggestion 999") {
			t.Errorf("one that does not exist: %s", text(body))
		}
		if left, err := app.Store.Suggestions(context.Background(), coming.ProspectID, ""); err != nil || len(left) != 2 {
			t.Errorf("somebody else lost theirs: %+v, %v", left, err)
		}
	})
}

func TestSuggestionByKeyboard(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	suggestion(t, app, "Let one person do the first count alone.", "timing")
	m := promiser{t, app}
	first := fmt.Sprintf("#p-%d", m.promise(app.AddProspect("Joe", "Park"), "2026-11-18", "Win the second site").ID)
	dana := app.AddProspect("Dana", "Reyes")
	second := fmt.Sprintf("#p-%d", m.promise(dana, "2026-11-20", "Send the counts").ID)
	b := signedIn(t, app, app.Rep)
	b.do("go to the second promise and give one more suggestion", chromedp.KeyEvent("g"), chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS("[data-suggest]")),
		turns(`document.readyState === "complete"`), chromedp.KeyEvent("j"), chromedp.WaitVisible(chromedp.CSS(first+" a:focus")),
		chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.WaitVisible(chromedp.CSS(second+" a:focus")), chromedp.KeyEvent("m"), chromedp.WaitVisible(chromedp.CSS(".toast")))
	b.see("Noted: you gave them this one.")
	b.until("the promise keeps the focus", fmt.Sprintf(`document.activeElement.closest(%q)`, second))
	if left, err := app.Store.Suggestions(context.Background(), dana.ID, ""); err != nil || len(left) != 0 {
		t.Errorf("Dana was not given it: %+v, %v", left, err)
	}
}
