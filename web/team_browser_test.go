package web_test

import (
	"encoding/base32"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/pquerna/otp/totp"

	"followup/web/webtest"
)

// enter signs somebody in, whoever was before.
func (b browser) enter(email, password string) {
	b.t.Helper()
	b.do("sign in as "+email, chromedp.Navigate(b.app.URL+"/sign-in"))
	if b.eval(`String(document.querySelector(".me form") !== null)`) == "true" {
		b.do("sign out", chromedp.Click(chromedp.CSS(".me form button")), chromedp.WaitVisible(chromedp.CSS(".door #f-email")))
	}
	b.do("sign in as "+email, chromedp.SendKeys(chromedp.CSS("#f-email"), email), chromedp.SendKeys(chromedp.CSS("#f-password"), password+"\r"), chromedp.WaitVisible(chromedp.CSS(".rail")))
}

// The manager's side of the team in a real browser: invite, join, pause
// everything, change a rule, resolve what nobody confirmed, read the trail.
func TestTeamInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	b := browser{t: t, ctx: webtest.Browser(t, 2*time.Minute), app: app}

	b.do("a wide window", chromedp.EmulateViewport(1360, 850))
	b.enter(app.Admin.Email, webtest.Password)
	b.do("invite", chromedp.Navigate(app.URL+"/team"), chromedp.SendKeys(chromedp.CSS("#f-name"), "Nora New"), chromedp.SendKeys(chromedp.CSS("#f-email"), "nora@example.com"),
		chromedp.Click(chromedp.CSS(`form[action="/team"] .btn.primary`)), chromedp.WaitVisible(chromedp.CSS("code.secret")))
	b.see("Nora New is invited", "shown only now")
	link := joinLink.FindString(b.eval(`document.querySelector("code.secret").textContent`))
	b.do("join with the admin's browser", chromedp.Navigate(app.URL+link), chromedp.SendKeys(chromedp.CSS("#f-password"), "words that are mine"), chromedp.SendKeys(chromedp.CSS("#f-again"), "words that are mine"),
		chromedp.Click(chromedp.CSS(".btn.primary")), chromedp.WaitVisible(chromedp.CSS(".door #f-email")))
	b.enter("nora@example.com", "words that are mine")
	b.see("Nora New")

	b.do("set up a second factor", chromedp.Navigate(app.URL+"/you"), chromedp.Click(chromedp.CSS(`form[action="/you/factor"] .btn`)), chromedp.WaitVisible(chromedp.CSS(".factor img")))
	if w := b.eval(`String(document.querySelector(".factor img").naturalWidth > 0)`); w != "true" {
		t.Error("the code to scan is not drawn")
	}
	nora, err := app.Store.UserByEmail(t.Context(), "nora@example.com")
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := app.Store.SecondFactor(t.Context(), nora.ID)
	if err != nil {
		t.Fatal(err)
	}
	code, err := totp.GenerateCode(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret), app.Now())
	if err != nil {
		t.Fatal(err)
	}
	b.do("prove it", chromedp.SendKeys(chromedp.CSS("#f-code"), code+"\r"), chromedp.WaitVisible(chromedp.CSS(".recovery")))
	b.see("recovery codes")

	b.enter(app.Manager.Email, webtest.Password)
	b.do("pause everything", chromedp.Navigate(app.URL+"/scheduler"), chromedp.SendKeys(chromedp.CSS("#f-why"), "A wrong price\r"), chromedp.WaitVisible(chromedp.CSS(`form[action="/scheduler/resume"]`)))
	b.see("Everything automatic is paused", "A wrong price", "Mara Lind")
	b.do("let it go on", chromedp.Click(chromedp.CSS(`form[action="/scheduler/resume"] .btn`)), chromedp.WaitVisible(chromedp.CSS("#f-why")))
	b.see("Earlier pauses of everything")

	b.do("change a rule", chromedp.Navigate(app.URL+"/settings"), chromedp.SetValue(chromedp.CSS("#f-follow_up_limit"), "5"), chromedp.Click(chromedp.CSS("#sending .btn")), chromedp.WaitVisible(chromedp.CSS(".toast")))
	b.see("Last saved by Mara Lind")

	unknownSend(t, app)
	b.do("look at what needs attention", chromedp.Navigate(app.URL+"/attention"), chromedp.WaitVisible(chromedp.CSS(".incident")))
	b.see("Umar Unknown", "They were sent", "Send again")
	b.do("decide", chromedp.Click(chromedp.CSS(`button[value=sent]`)), chromedp.WaitVisible(chromedp.CSS(".toast")))
	b.see("1 noted as sent")

	b.do("note a leave", chromedp.Navigate(app.URL+fmt.Sprintf("/team/%d", app.Rep.ID)), chromedp.SetValue(chromedp.CSS("#f-to"), "2026-11-25"),
		chromedp.SetValue(chromedp.CSS("#l-in"), fmt.Sprint(app.Admin.ID)), chromedp.Click(chromedp.CSS(`form[action$="/leave"] .btn`)), chromedp.WaitVisible(chromedp.CSS(`form[action^="/leaves/"]`)))
	b.see("Ada Quinn gets the tasks")

	b.do("read the trail", chromedp.Navigate(app.URL+"/audit"), chromedp.SetValue(chromedp.CSS("#f-kind"), "settings.changed"), chromedp.Click(chromedp.CSS(".audit-filters .btn")), chromedp.WaitVisible(chromedp.CSS(".audit")))
	b.see("Mara Lind", "Follow up limit: 7 → 5")
}
