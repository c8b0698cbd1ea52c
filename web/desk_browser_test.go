package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// A mailbox is connected, mended, tried there and back, limited, kept to its
// hours, and stopped and started, all on its pages.
func TestMailboxInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	smtp, imap, _ := real(t, app)
	b := desk(t, app)
	connect := func(password string) {
		t.Helper()
		var set []chromedp.Action[chromedp.Void]
		for field, value := range mailboxForm(smtp, imap, password) {
			if field != "id" && (field != "address" || b.eval(`String(document.querySelector("#f-address") !== null)`) == "true") {
				set = append(set, chromedp.SetValue(css("#f-"+field), value))
			}
		}
		b.do("fill it in", set...)
		b.do("connect", chromedp.Click(css("form.sheet .btn.primary")))
	}
	b.do("the accounts", chromedp.Navigate(app.URL+"/accounts"), chromedp.Click(css(`a[href^="/accounts/new"]`)), chromedp.WaitVisible(css("#f-smtp_host")))
	connect("wrong secret")
	b.do("refused", holds(`document.body.innerText.includes("does not send yet")`), chromedp.Click(css(`a[href$="/edit"]`)), chromedp.WaitVisible(css("#f-smtp_host")))
	connect("plugh-xyzzy")
	b.do("connected", chromedp.WaitVisible(css(`form[action$="/test"] .btn`)), holds(`document.body.innerText.includes("Signed in")`))
	b.do("there and back", chromedp.Click(css(`form[action$="/test"] .btn`)), holds(`document.body.innerText.includes("It comes back") && document.body.innerText.includes("Found in INBOX")`))
	b.do("limit it", chromedp.SetValue(css("#f-rate"), "12"), chromedp.SetValue(css("#f-cap"), "40"), chromedp.SetValue(css("#f-ramp_start"), "10"), chromedp.SetValue(css("#f-ramp_step"), "5"),
		chromedp.Click(css(`form[action$="/limits"] .btn.primary, form[action$="/limits"] .btn`)), says("Saved"))
	b.do("set its hours", chromedp.SetValue(css("#f-window_from"), "09:00"), chromedp.SetValue(css("#f-window_to"), "17:00"), chromedp.Click(css(`#desk .btn`)), says("Saved. What is due"))
	x := senderAt(t, app, "rae@sales.test")
	if x.State != models.SenderActive || x.RatePerMinute != 12 || x.DailyCap != 40 || x.RampStart != 10 || !strings.Contains(x.Settings.Window.String(), "09:00") {
		t.Errorf("kept as %+v", x)
	}
	b.do("stop it", chromedp.Click(css(`form[action$="/stop"] .btn`)), chromedp.WaitVisible(css(`form[action$="/start"] .btn`)))
	b.do("start it", chromedp.Click(css(`form[action$="/start"] .btn`)), chromedp.WaitVisible(css(`form[action$="/stop"] .btn`)))
	if len(smtp.Accepted()) != 1 {
		t.Errorf("%d mails", len(smtp.Accepted()))
	}
}

// Teams are made, renamed and dissolved where they stand; the buttons are there
// to be seen.
func TestTeamsInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	b := desk(t, app)
	b.do("the team", chromedp.Navigate(app.URL+"/team"), chromedp.WaitVisible(css("#f-team_name")))
	for _, name := range []string{"North", "South"} {
		b.do("make "+name, chromedp.SendKeys(css("#f-team_name"), name), chromedp.Click(css(`form[action="/teams"] .btn`)), says("“"+name+"” is made"))
	}
	b.do("rename", chromedp.SetValue(css(`#teams .inline [name=team_name]`), "North-East"), chromedp.Click(css(`#teams .inline .btn`)), says("Renamed to “North-East”"))
	b.do("put somebody into it", chromedp.Navigate(app.URL+fmt.Sprintf("/team/%d", app.Rep.ID)), chromedp.SetValue(css("#f-team"), "1"), chromedp.Click(css(`form[action$="/team"] .btn`)), says("Saved"))
	b.do("dissolve it", chromedp.Navigate(app.URL+"/team"), chromedp.WaitVisible(css(".team-remove summary")), chromedp.Click(css(".team-remove summary")), chromedp.WaitVisible(css(".team-remove .btn.danger")),
		chromedp.SetValue(css(".team-remove [name=into]"), "2"), chromedp.Click(css(".team-remove .btn.danger")), says("1 person of it moved to the other team"))
	if u, err := app.Store.ViewUser(t.Context(), app.Rep.ID); err != nil || u.TeamID == nil || *u.TeamID != 2 {
		t.Errorf("they are in team %v %v", u.TeamID, err)
	}
}

// A step goes to the manager's own address as one person would get it; and
// whose step a new version does not have is placed by a click.
func TestTestSendAndPlaceInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	seq, p, e := threeOf(t, app)
	b := desk(t, app)
	b.do("open a step", chromedp.Navigate(app.URL+"/sequences/three/edit?step=second"), chromedp.WaitVisible(css(`button[value=test]`)))
	b.do("send it to myself", chromedp.Click(css(`button[value=test]`)), holds(`document.querySelector(".toast") !== null`))
	b.see(app.Manager.Email)

	source := strings.Replace(threeSteps, "key: first", "key: other", 1)
	draft, err := app.CRM.SaveDraft(t.Context(), app.Manager.ID, "three", seq.Revision, source)
	must(t, err)
	app.SignIn(app.Manager).Post("/sequences/three/publish", form("do", "publish", "revision", fmt.Sprint(draft.Revision), "asks", "inside", "inside", "move", "override", "a test"))
	app.Tick()
	b.do("it is asked about", chromedp.Navigate(app.URL+"/attention"), chromedp.Click(css(`a[href$="/place"]`)), chromedp.WaitVisible(css(`input[value=third]`)))
	b.see("Where does "+p.Name()+" go on?", "Stay on version 1")
	b.do("place them", chromedp.Click(css(`input[value=third]`)), chromedp.Click(css("form.sheet .btn.primary")), holds(`!location.pathname.endsWith("/place")`))
	app.Tick()
	in, err := app.Store.PlanOf(t.Context(), e.ID)
	must(t, err)
	if last := in.Touches[len(in.Touches)-1]; in.Version.Number != 2 || last.StepKey != "third" {
		t.Errorf("version %d, next %s", in.Version.Number, last.StepKey)
	}
}
