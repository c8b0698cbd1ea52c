package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/web/webtest"
)

// A rep adds to the brainstorm; a manager gives the reason its source, its end
// and its owner and publishes it, and enrolls those whom it answers at once.
func TestReasonFromBrainstormToEnrollingInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	one, two := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	for _, p := range []models.Prospect{one, two} {
		app.Enroll(p, "seven-touch-follow-up", nil)
	}
	app.Tick()
	tasks, err := app.Store.OpenTasksAfter(t.Context(), 0)
	must(t, err)
	for _, task := range tasks {
		_, err := app.CRM.CloseCall(t.Context(), crm.CallReport{TaskID: task.ID, UserID: task.UserID, Outcome: models.OutcomeNotInterested, Notes: "No.",
			Objection: &models.Objection{Kind: "price", Words: "It costs more than we planned."}})
		must(t, err)
	}
	b := atDesk(t, app, app.Rep)
	b.do("the brainstorm", chromedp.Navigate(app.URL+"/library/brainstorm"), chromedp.WaitVisible(css("#f-text")))
	b.do("add a reason", chromedp.SendKeys(css("#f-text"), "The reason I’m calling is that the price fell by a tenth"), chromedp.Click(css(`input[value=new_capability]`)), chromedp.Click(css(".storm .btn.primary")), chromedp.WaitVisible(css(".storm-list")))
	b.see("that the price fell by a tenth", "proposed", "heard by nobody yet", "You have written 1")

	m := atDesk(t, app, app.Manager)
	m.do("open it", chromedp.Navigate(app.URL+"/library/points"), chromedp.Click(css(".entry-title")), chromedp.WaitVisible(css("#f-owner")))
	if owner := m.eval(`document.querySelector("#f-owner").selectedOptions[0].textContent`); owner != app.Rep.Name {
		t.Errorf("its owner is %q", owner)
	}
	m.do("complete and publish it", chromedp.SendKeys(css("#f-source"), "The new price list"), chromedp.SetValue(css("#f-expires_on"), "2027-03-31"), chromedp.Click(css(`input[name=answers][value=price]`)),
		chromedp.SetValue(css("#f-owner"), fmt.Sprint(app.Manager.ID)), chromedp.Click(css(`button[value=publish]`)), chromedp.WaitVisible(css(".answers-act")))
	m.see("Dana Reyes", "Joe Park", "Objection: Price", "It costs more than we planned.")
	point, err := app.Store.TalkingPoint(t.Context(), 1)
	must(t, err)
	if point.State != models.LibraryPublished || point.Source != "The new price list" || point.ExpiresOn != "2027-03-31" || point.OwnerID == nil || *point.OwnerID != app.Manager.ID || point.Kind != "new_capability" {
		t.Errorf("published as %+v", point)
	}
	m.do("enroll them", chromedp.Click(css(".answers-act .btn.primary")), chromedp.WaitVisible(css("[name=sequence]")))
	m.see("the price fell by a tenth")
	m.do("choose", chromedp.Click(css(fmt.Sprintf(`[name=sequence][value="%d"]`, sequenceID(t, app, "seven-touch-follow-up")))), chromedp.Click(css(`form[action$="/check"] .btn.primary`)), chromedp.WaitVisible(css(`form[action$="/start"] button`)))
	m.do("go", chromedp.Click(css(`form[action$="/start"] button`)), holds(`document.body.innerText.includes("2 people were enrolled")`))
	for _, p := range []models.Prospect{one, two} {
		v := person(t, app, p)
		if !slices.ContainsFunc(v.Enrollments, func(e store.EnrollmentRow) bool {
			id := e.Enrollment.TalkingPointID
			return e.Enrollment.Live() && id != nil && *id == point.ID
		}) {
			t.Errorf("%s: %+v", p.Name(), v.Enrollments)
		}
	}
}

// A story, a suggestion, a snippet and a voicemail script are added; the
// script's recording is uploaded, plays, and one that is too long is refused.
func TestShelvesInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	b := signedIn(t, app, app.Manager)
	add := func(shelf string, fields ...string) {
		t.Helper()
		b.do("a new one of "+shelf, chromedp.Navigate(app.URL+"/library/"+shelf+"/new"), chromedp.WaitVisible(css("form[data-entry]")))
		for i := 0; i < len(fields); i += 2 {
			b.do(fields[i], chromedp.SetValue(css("#f-"+fields[i]), fields[i+1]))
		}
		b.do("publish", chromedp.Click(css(`button[value=publish]`)), chromedp.WaitVisible(css(".toast")))
		b.see("Published")
	}
	add("stories", "title", "An evening", "before", "Three days", "after", "Two hours", "days", "41", "permission", "anonymous", "permission_note", "The lead, by email")
	add("suggestions", "text", "Start with one site.")
	add("snippets", "name", "thanks", "text", "Thank you.")
	add("voicemails", "name", "Short", "text", "It is Rae. Please call me back.")

	sound := func(name string, seconds int) string {
		path := filepath.Join(t.TempDir(), name)
		must(t, os.WriteFile(path, silence(seconds), 0o600))
		return path
	}
	b.do("too long", chromedp.SetUploadFiles(css("#recording"), []string{sound("long.wav", 120)}), chromedp.Click(css(`form[action$="/recording"] button`)), chromedp.WaitVisible(css("#e-recording")))
	b.see("120 seconds")
	b.do("upload", chromedp.SetUploadFiles(css("#recording"), []string{sound("short.wav", 12)}), chromedp.Click(css(`form[action$="/recording"] button`)), chromedp.WaitVisible(css("audio")))
	b.see("The recording is kept", "12 s")
	b.eval(`(() => { const a = document.querySelector("audio"); a.muted = true; a.playbackRate = 4; a.play(); return ""; })()`)
	b.until("hear it play", `(a => a.duration > 11.5 && a.duration < 12.5 && a.currentTime > 0)(document.querySelector("audio"))`)
	for shelf, words := range map[string]string{"stories": "An evening", "suggestions": "Start with one site.", "snippets": "/thanks", "voicemails": "12 s recorded"} {
		if _, page := app.SignIn(app.Manager).Get("/library/" + shelf); !strings.Contains(text(page), words) {
			t.Errorf("the shelf %s does not show %q", shelf, words)
		}
	}
}
