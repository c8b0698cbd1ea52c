package web_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// A rep books a call over another one, is warned, books it all the same, moves
// it and calls it off: by keyboard alone.
func TestBookMoveCancelInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	dana, joe := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	app.SignIn(app.Rep).Post(fmt.Sprintf("/prospects/%d/book", joe.ID), form("starts_at", "2026-11-27T10:10", "minutes", "20", "tell", "nobody"))
	b := signedIn(t, app, app.Rep)
	enter := chromedp.KeyEvent("\r")
	at := func(p models.Prospect) string { return fmt.Sprintf("%s/prospects/%d", app.URL, p.ID) }
	b.do("open the form", chromedp.Navigate(at(dana)), chromedp.Focus(chromedp.CSS(".quick summary")), enter, chromedp.WaitVisible(chromedp.CSS("#f-starts_at")))
	b.do("a time that is taken", chromedp.SetValue(chromedp.CSS("#f-starts_at"), "2026-11-27T10:00"), chromedp.Focus(chromedp.CSS("#f-title")), chromedp.KeyEvent("Prices\r"), chromedp.WaitVisible(chromedp.CSS("[name=sure]")))
	b.see("nother call is booked")
	if v := b.eval(`document.querySelector("#f-title").value`); v != "Prices" {
		t.Errorf("what was typed is lost: %q", v)
	}
	if n := len(person(t, app, dana).Appointments); n != 0 {
		t.Errorf("%d calls are booked before the warning was seen", n)
	}
	b.do("keep it", chromedp.Focus(chromedp.CSS("[name=sure]")), chromedp.KeyEvent(" "), chromedp.Focus(chromedp.CSS("#f-title")), enter, chromedp.WaitVisible(chromedp.CSS(`a[href^="/appointments/"]`)))
	app.Tick()
	open := func() {
		t.Helper()
		link := chromedp.Focus(chromedp.CSS(`a[href^="/appointments/"]`))
		b.do("open the call", link, enter, chromedp.WaitVisible(chromedp.CSS(".prep")))
		b.do("see how to change it", link, enter, chromedp.WaitVisible(chromedp.CSS(`form[action$="/move"]`)))
	}
	open()
	b.see("Booked call", "Dial opens", "Prices")
	b.do("move it", chromedp.SetValue(chromedp.CSS("#f-starts_at"), "2026-11-30T09:15"), chromedp.Focus(chromedp.CSS(`form[action$="/move"] button`)), enter, chromedp.WaitVisible(chromedp.CSS(".toast")))
	b.see("09:15 their time")
	app.Tick()
	open()
	b.eval(`String(window.confirm = () => true)`)
	b.do("call it off", chromedp.Focus(chromedp.CSS(`form[action$="/cancel"] button`)), enter, chromedp.WaitVisible(chromedp.CSS(".toast")), gone(`form[action$="/cancel"]`))
	app.Tick()
	v := person(t, app, dana)
	if len(v.Appointments) != 1 || v.Appointments[0].State != models.AppointmentCanceled || v.Appointments[0].Revision < 2 {
		t.Errorf("the call is %+v", v.Appointments)
	}
	if n := len(v.Messages); n != 3 {
		t.Errorf("%d messages told them of the booking, the move and the cancellation", n)
	}
}

// The customer moves their call by its link and calls it off.
func TestCustomerMovesTheirCallInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Noor", "Haddad")
	app.SignIn(app.Rep).Post(fmt.Sprintf("/prospects/%d/book", p.ID), form("starts_at", "2026-11-26T10:00", "minutes", "20", "tell", "nobody"))
	call := person(t, app, p).Appointments[0]
	b := browser{t: t, ctx: webtest.Browser(t, time.Minute), app: app}
	b.do("open", chromedp.Navigate(app.URL+"/b/"+app.Store.BookingLink(models.BookingToken{AppointmentID: call.ID})+"?zone=America/Chicago"), chromedp.WaitVisible(chromedp.CSS(".booking .danger")))
	b.do("another time", chromedp.Focus(chromedp.CSS(".booking .actions a")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".slots a")))
	b.do("choose", chromedp.Focus(chromedp.CSS(".slots a")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".btn.primary.block")))
	b.do("move", chromedp.Focus(chromedp.CSS(".btn.primary.block")), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS(".booking .danger")))
	if moved := person(t, app, p).Appointments[0]; moved.StartsAt.Equal(call.StartsAt) || moved.Revision <= call.Revision {
		t.Errorf("the call is still at %v", moved.StartsAt)
	}
	b.eval(`String(window.confirm = () => true)`)
	b.do("cancel", chromedp.Focus(chromedp.CSS(".booking .danger")), chromedp.KeyEvent("\r"), gone(".booking .danger"))
	b.see("This call is canceled")
	if v := person(t, app, p); v.Appointments[0].State != models.AppointmentCanceled {
		t.Errorf("the call is %s", v.Appointments[0].State)
	}
}

// A file of people with booked calls, from its columns to the calls: what
// overlaps is named before anything starts.
func TestFileWithDoubleBookingsInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	file := filepath.Join(t.TempDir(), "fair.csv")
	if err := os.WriteFile(file, []byte(crowded), 0o600); err != nil {
		t.Fatal(err)
	}
	b := signedIn(t, app, app.Rep)
	enter := chromedp.KeyEvent("\r")
	b.do("read the file", chromedp.Navigate(app.URL+"/imports"), chromedp.SetUploadFiles(chromedp.CSS("#f-file"), []string{file}),
		chromedp.Focus(chromedp.CSS("form.card .btn.primary")), enter, chromedp.WaitVisible(chromedp.CSS(".mapping")))
	b.see("Call at", "5 lines")
	b.do("say on what basis", chromedp.SetValue(chromedp.CSS("#f-consent"), "written"), chromedp.Focus(chromedp.CSS(`form[action$="/check"] .btn.primary`)), enter,
		holds(`/5 lines can be imported/.test(document.body.innerText)`))
	b.do("import", chromedp.Focus(chromedp.CSS(`form[action$="/start"] .btn`)), enter, chromedp.WaitVisible(chromedp.CSS(`form[action$="/enroll"] .btn`)))
	b.do("go on to a sequence", chromedp.Focus(chromedp.CSS(`form[action$="/enroll"] .btn`)), enter, chromedp.WaitVisible(chromedp.CSS("form.enroll")))
	seq := fmt.Sprintf(`[name=sequence][value="%d"]`, sequenceID(t, app, "booked-call-back"))
	b.do("check everyone", chromedp.Focus(chromedp.CSS(seq)), chromedp.KeyEvent(" "), enter, holds(`/5 can be enrolled/.test(document.body.innerText)`))
	b.see("of the booked calls overlap another call of the same rep")
	b.do("look at them", chromedp.Focus(chromedp.CSS(`a[href="?show=warned"]`)), enter, holds(`location.search === "?show=warned"`), chromedp.WaitVisible(chromedp.CSS("[data-row], .rows, table")))
	b.see("Rae would have a call with Lea then")
	b.do("enroll all the same", chromedp.Focus(chromedp.CSS(`form[action$="/start"] .btn`)), enter, holds(`/5 people were enrolled/.test(document.body.innerText)`))
	if calls := person(t, app, models.Prospect{ID: found(t, app, "ines@example.com")}).Appointments; len(calls) != 1 {
		t.Errorf("%d calls are booked with Ines", len(calls))
	}
}
