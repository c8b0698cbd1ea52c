package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/store/storetest"
	"followup/web/webtest"
)

// One rep's morning on PostgreSQL, in a real browser: from Today to the card,
// the dial, the outcome and the review; then the inbox, an answer, enrolling,
// a booking and a promise.
func TestOneMorningOnPostgres(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: this story does not run")
		return
	}
	app := webtest.New(t, webtest.Options{DSN: webtest.PostgresDSN(t)})
	called, waits := app.AddProspect("Joe", "Park"), app.AddProspect("Dana", "Reyes")
	app.Text(waits, "Can we do Friday?")
	app.Enroll(called, "seven-touch-follow-up", nil)
	app.Tick()
	b := atDesk(t, app, app.Rep)
	b.see("2 left", "Can we do Friday?", "Joe Park")

	// Today: d goes to the call's card, where one key dials.
	b.do("to the call", chromedp.KeyEvent("j"), chromedp.KeyEvent("j"), chromedp.KeyEvent("d"), chromedp.WaitVisible(chromedp.CSS("#outcomes")))
	b.until("the Dial button has the focus", `document.activeElement.matches("button.dial")`)
	b.see("Why now.", "The reason I’m calling is", "One open question", "Contact points", "Their time")
	dialled := b.path()
	b.do("dial", chromedp.KeyEvent("d"), chromedp.WaitVisible(chromedp.CSS(".dial-state")))
	b.see("on this phone")
	// The call leaves by a program of the system's, which a browser without a
	// window asks for in a dialog that takes the keys: a new look is without it.
	b.ctx = webtest.Browser(t, 2*time.Minute)
	b.do("wide", chromedp.EmulateViewport(1440, 900))
	b.signIn(app.Rep)
	b.do("the call again", chromedp.Navigate(app.URL+dialled), chromedp.WaitVisible(chromedp.CSS(".dial-state")))
	b.see("on this phone", "Dial again")
	b.do("they talk", chromedp.KeyEvent("1"), chromedp.WaitVisible(chromedp.CSS("#review")))

	b.do("the review", chromedp.SendKeys(chromedp.CSS("#f-notes"), "Wants the numbers."), chromedp.KeyEvent("\x1b"), chromedp.KeyEvent("1"), chromedp.KeyEvent("6"),
		chromedp.SetValue(chromedp.CSS("#f-objection"), "price"), chromedp.SendKeys(chromedp.CSS("#f-objection_words"), "It costs more than we planned."),
		chromedp.SendKeys(chromedp.CSS("#f-promise"), "Count the second site"), chromedp.SetValue(chromedp.CSS("#f-promise_date"), "2026-12-04"),
		chromedp.Focus(chromedp.CSS("[name=next_what][value=nothing]")), chromedp.KeyEvent(" "))
	b.eval(`String(document.querySelector("#f-notes").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true})))`)
	b.until("the review is finished", `!location.pathname.includes("review") && !document.querySelector("#review") && document.readyState === "complete"`)
	rev, err := app.Store.ViewReview(t.Context(), taskOf(t, app, called, models.TaskReview))
	if err != nil || rev.Review.FinishedAt == nil || !rev.Review.Summarised || rev.Review.Objection != "price" {
		t.Errorf("review %+v (%v)", rev.Review, err)
	}
	if made := person(t, app, called).Commitments; len(made) != 1 || made[0].Outcome != "Count the second site" || made[0].DueOn != "2026-12-04" {
		t.Errorf("the review's promise: %+v", made)
	}

	// The inbox, and an answer on the channel that they used.
	b.do("the inbox", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")), chromedp.KeyEvent("g"), chromedp.KeyEvent("i"), chromedp.WaitVisible(chromedp.CSS(".inbox-none")))
	b.do("open the thread", chromedp.KeyEvent("j"), chromedp.KeyEvent("\r"), chromedp.WaitVisible(chromedp.CSS("#thread-title")), chromedp.KeyEvent("r"))
	b.until("r goes to the box", `document.activeElement.id === "body"`)
	// As a browser sends it: a key whose default is prevented types nothing.
	b.eval(`document.querySelector("#body").value = ""`)
	b.do("answer", chromedp.SendKeys(chromedp.CSS("#body"), "Friday it is, Dana."))
	b.eval(`String(document.querySelector("#body").dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, bubbles: true})))`)
	b.do("it waits for its ten seconds", chromedp.WaitVisible(chromedp.CSS(".pending [data-undo]")))
	b.see("leaves by Text")
	app.Advance(models.UndoAnswer + time.Second)
	if m := person(t, app, waits).Messages[0]; m.Channel != models.ChannelSMS || m.State != models.MessageSent || !strings.HasPrefix(m.Text, "Friday it is, Dana.") {
		t.Errorf("the answer is %s by %s: %q", m.State, m.Channel, m.Text)
	}

	// From the thread: e enrolls.
	b.do("the thread again", chromedp.Navigate(fmt.Sprintf("%s/inbox?open=%d", app.URL, waits.ID)), chromedp.WaitVisible(chromedp.CSS("#thread-title")), chromedp.KeyEvent("e"), chromedp.WaitVisible(chromedp.CSS(".enroll")))
	b.do("choose", chromedp.Click(chromedp.CSS(fmt.Sprintf(`[name=sequence][value="%d"]`, sequenceID(t, app, "seven-touch-follow-up")))), chromedp.Click(chromedp.CSS(".enroll .btn.primary")), chromedp.WaitVisible(chromedp.CSS(".confirm-bar")))
	b.see("Nothing was sent yet", "their time")
	b.do("enroll", chromedp.Click(chromedp.CSS(".confirm-bar .btn.primary")), chromedp.WaitVisible(chromedp.CSS("#answer")))

	// Book a call, and write down what they promised.
	b.do("book", chromedp.Click(chromedp.CSS(".quick details:first-child summary")), chromedp.WaitVisible(chromedp.CSS("#f-starts_at")), chromedp.SetValue(chromedp.CSS("#f-starts_at"), "2026-12-04T10:00"))
	b.do("book it", chromedp.Click(chromedp.CSS(`form[action$="/book"] .btn`)), chromedp.WaitVisible(chromedp.CSS(".booked")))
	b.see("Fri 4 Dec 10:00 their time (CST) · 11:00 yours")
	b.do("the page is there", holds(`document.readyState === "complete" && (document.querySelector("#f-outcome").closest("details").open = true)`))
	b.do("a promise", chromedp.SendKeys(chromedp.CSS("#f-outcome"), "Bring the counts"), chromedp.SetValue(chromedp.CSS("#f-due_on"), "2026-12-04"), chromedp.SendKeys(chromedp.CSS("#f-outcome"), "\r"), chromedp.WaitVisible(chromedp.CSS(".promises")))
	b.do("the board", chromedp.KeyEvent("g"), chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS(".promise")))
	b.see("Bring the counts", "Count the second site")
	// The call that was booked ends the follow-up and has a sequence of reminders.
	v := person(t, app, waits)
	if len(v.Enrollments) != 2 || len(v.Appointments) != 1 || len(v.Commitments) != 1 {
		t.Errorf("%d enrollments, %d calls, %d promises", len(v.Enrollments), len(v.Appointments), len(v.Commitments))
	}
}
