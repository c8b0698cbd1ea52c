package web_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"followup/models"
	"followup/web/webtest"
)

// twinsOf are two records with one number: Dana and, it seems, Dana again.
func twinsOf(t *testing.T, app *webtest.App) (dana, diego models.Prospect) {
	t.Helper()
	dana = app.AddProspect("Dana", "Reyes")
	point := person(t, app, dana).Points[1]
	diego, err := app.Store.CreateProspect(t.Context(), models.Prospect{OwnerID: app.Rep.ID, FirstName: "Diego", LastName: "Reyes", Notes: "Met at the fair"}, nil,
		[]models.ContactPoint{{Kind: point.Kind, Value: point.Value}}, nil, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	return dana, diego
}

// A pair is found, compared, made one record and told apart again, by keyboard
// alone; both records are what they were.
func TestMergeAndApartInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	dana, diego := twinsOf(t, app)
	if err := app.Store.NightlyDuplicates(t.Context(), app.Now()); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, app, app.Rep)
	b.do("open the pair", chromedp.Navigate(app.URL+"/duplicates"), chromedp.WaitVisible(chromedp.CSS("[data-row]")),
		chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".merge-sides")))
	b.see("Dana Reyes", "Diego Reyes", "For 30 days it can be told apart again")
	b.do("keep the older record", holds(fmt.Sprintf(`document.querySelector("[name=keep]").value === "%d" || (document.querySelector(".actions > a.btn").click(), false)`, dana.ID)))
	b.do("merge", chromedp.Focus(chromedp.CSS(`[action="/duplicates/merge"] button`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#answer")))
	if at := b.path(); at != fmt.Sprintf("/prospects/%d", dana.ID) {
		t.Errorf("merged, the page is %s", at)
	}
	b.do("look at its history", chromedp.Focus(chromedp.CSS(".desk-side details summary")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`a[href*="/apart/"]`)))
	b.see("Became part of this record", "Diego Reyes")
	b.do("two people after all", chromedp.Focus(chromedp.CSS(`a[href*="/apart/"]`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(`form[action*="/apart/"] button`)))
	b.see("Diego Reyes is a record of their own again", "Nobody is asked about these two again")
	b.do("tell them apart", chromedp.Focus(chromedp.CSS(`form[action*="/apart/"] button`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#answer")), chromedp.WaitVisible(chromedp.CSS(".toast")))
	if at := b.path(); at != fmt.Sprintf("/prospects/%d", diego.ID) {
		t.Errorf("told apart, the page is %s", at)
	}
	if v := b.eval(`document.querySelector("#notes").value`); v != "Met at the fair" {
		t.Errorf("Diego's notes are %q", v)
	}
	if n := len(person(t, app, dana).Points); n != 2 {
		t.Errorf("Dana has %d contact points", n)
	}
}

// A person's page: a note, a promise and a consent are written beside the
// timeline, by keyboard alone, and what was changed stands in the history.
func TestPersonInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	dana := app.AddProspect("Dana", "Reyes")
	app.Enroll(dana, "seven-touch-follow-up", nil)
	app.Tick()
	b := signedIn(t, app, app.Rep)
	at := fmt.Sprintf("%s/prospects/%d", app.URL, dana.ID)
	b.do("open", chromedp.Navigate(at), chromedp.WaitVisible(chromedp.CSS("#answer")))
	b.see("What comes next", "Contact points")
	b.do("write a note", chromedp.Focus(chromedp.CSS("#notes")), chromedp.KeyEvent("Prefers mornings"), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".toast")))
	b.do("open the promise", chromedp.Focus(chromedp.CSS(".quick details:nth-of-type(2) summary")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#f-outcome")))
	b.do("record it", chromedp.SendKeys(chromedp.CSS("#f-outcome"), "Send the counts"), chromedp.SetValue(chromedp.CSS("#f-due_on"), "2026-12-04"),
		chromedp.Focus(chromedp.CSS("#f-cost_per_day")), chromedp.KeyEvent("$500\r"), chromedp.WaitVisible(chromedp.CSS(".promises")))
	b.see("Send the counts")
	b.do("edit", chromedp.Focus(chromedp.CSS(`a[href$="/edit"]`)), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#f-title")),
		chromedp.Focus(chromedp.CSS("#f-last_name")), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent("Head of operations\r"), chromedp.WaitVisible(chromedp.CSS("#answer")))
	b.do("look at the history", chromedp.Focus(chromedp.CSS(".desk-side details summary")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".log ins")))
	b.see("Changes by hand", "Head of operations", "Prefers mornings", "Rae Kim")
	if v := person(t, app, dana); v.Prospect.Notes != "Prefers mornings" || v.Prospect.Title != "Head of operations" || len(v.Commitments) != 1 {
		t.Errorf("notes %q, title %q, %d promises", v.Prospect.Notes, v.Prospect.Title, len(v.Commitments))
	}
}

// On a phone nothing of a person's page reaches beyond its card, however long
// their address is.
func TestLongAddressFitsAPhone(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p, err := app.Store.CreateProspect(t.Context(), models.Prospect{OwnerID: app.Rep.ID, FirstName: "Maximiliana", LastName: "Featherstonehaugh", Zone: "America/Chicago"}, nil,
		[]models.ContactPoint{{Kind: models.ContactEmail, Value: "maximiliana.featherstonehaugh.purchasing@subsidiary.example.com"}, {Kind: models.ContactPhone, Value: "+13125550142"}}, nil, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, app, app.Rep)
	for _, page := range []string{"", "/enroll", "/edit"} {
		b.do("look", chromedp.EmulateViewport(360, 780), chromedp.Navigate(fmt.Sprintf("%s/prospects/%d%s", app.URL, p.ID, page)), chromedp.WaitReady(chromedp.CSS("main")))
		out := b.eval(`[...document.querySelectorAll("main *")].filter(e => e.checkVisibility() && e.getBoundingClientRect().right > innerWidth + 1).map(e => e.className || e.tagName).slice(0, 3).join(", ")`)
		if out != "" {
			t.Errorf("%q reaches beyond a phone: %s", page, out)
		}
	}
}
