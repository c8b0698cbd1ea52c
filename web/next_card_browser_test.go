package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// From a call's outcome to the next card: at most four keys, whatever the
// outcome, with the time where it books one and the review put off where it
// asks for one.
func TestOutcomeToNextCard(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	const most = 4
	const escape = "\x1b"
	cases := []struct {
		outcome models.CallOutcome
		keys    []string
		books   string // their time
		review  bool
	}{
		{models.OutcomeConnected, []string{"1", escape, "l"}, "", true},
		{models.OutcomeCallBack, []string{"2", "1", escape, "l"}, "2026-11-23 10:00", true},
		{models.OutcomeBooked, []string{"3", "2", escape, "l"}, "2026-11-24 10:00", true},
		{models.OutcomeMeetingHeld, []string{"4", escape, "l"}, "", true},
		{models.OutcomeNoAnswer, []string{"5"}, "", false},
		{models.OutcomeLeftVoicemail, []string{"6"}, "", false},
		{models.OutcomeBusy, []string{"7"}, "", false},
		{models.OutcomeWrongNumber, []string{"8"}, "", false},
		{models.OutcomeNotInterested, []string{"9", escape, "l"}, "", true},
		{models.OutcomeDoNotCall, []string{"0"}, "", false},
	}
	if len(cases) != len(models.CallOutcomes) {
		t.Fatalf("%d of %d outcomes", len(cases), len(models.CallOutcomes))
	}
	app := webtest.New(t, webtest.Options{})
	calls := map[models.CallOutcome]models.Prospect{}
	names := []string{"Adler", "Brandt", "Cole", "Diaz", "Ekman", "Frost", "Gray", "Holt", "Ivers", "Jonas"}
	for i, c := range cases {
		calls[c.outcome] = app.AddProspect("Pat", names[i])
		app.Enroll(calls[c.outcome], "seven-touch-follow-up", nil)
	}
	last := app.AddProspect("Lena", "Fischer")
	app.Enroll(last, "seven-touch-follow-up", nil)
	app.Tick()
	b := signedIn(t, app, app.Rep)
	for _, c := range cases {
		p := calls[c.outcome]
		task := openCall(t, app, p)
		at := fmt.Sprintf("/tasks/%d", task)
		b.do(string(c.outcome), chromedp.Navigate(app.URL+at), chromedp.WaitVisible(chromedp.CSS("#outcomes")))
		pressed := 0
		for _, k := range c.keys {
			if k == escape { // the review has come, and its notes have the focus
				b.until("the review opens", `document.activeElement?.id === "f-notes" && document.querySelector("#review")`)
			}
			b.do(fmt.Sprintf("%s: key %q", c.outcome, k), chromedp.KeyEvent(k))
			pressed++
		}
		b.until("the next card opens", fmt.Sprintf(`document.readyState === "complete" && location.pathname !== %q && !document.querySelector("#review") && document.querySelector("form#call, form#answer, #queue")`, at))
		if pressed > most {
			t.Errorf("%s: %d keys to the next card", c.outcome, pressed)
		}
		if next := b.path(); !strings.HasPrefix(next, "/tasks/") {
			t.Errorf("%s leads to %s, not to the next call", c.outcome, next)
		}
		v, err := app.Store.ViewTask(t.Context(), task)
		if err != nil {
			t.Fatal(err)
		}
		if v.Task.State != models.TaskDone || v.Task.Outcome != c.outcome {
			t.Errorf("%s: the call is %s, %q", c.outcome, v.Task.State, v.Task.Outcome)
		}
		review, err := app.Store.ReviewOf(t.Context(), task)
		if err != nil || (review != 0) != c.review {
			t.Errorf("%s: review %d (%v)", c.outcome, review, err)
		}
		booked := ""
		zone, _ := time.LoadLocation("America/Chicago")
		for _, a := range person(t, app, p).Appointments {
			booked = a.StartsAt.In(zone).Format("2006-01-02 15:04")
		}
		if booked != c.books {
			t.Errorf("%s booked %q, want %q", c.outcome, booked, c.books)
		}
	}
}

// A booked call's Dial opens at its minute where it stands: what is being
// written meanwhile stays under the rep's hands.
func TestDialOpensAtItsMinute(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	at := app.Now().Add(30 * time.Minute).Truncate(time.Minute)
	a := book(t, app, p, at)
	v, err := app.Store.ViewAppointment(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	app.Advance(at.Sub(app.Now()) - 4*time.Second)
	b := signedIn(t, app, app.Rep)
	b.do("prepare", chromedp.Navigate(fmt.Sprintf("%s/tasks/%d", app.URL, v.TaskID)), chromedp.WaitVisible(chromedp.CSS("#dial-locked")))
	b.eval(`(() => { window.sameDocument = true; document.querySelector("#f-common").focus(); return "" })()`)
	app.Advance(5 * time.Second)
	b.do("write", chromedp.SendKeys(chromedp.CSS("#f-common"), "Both sail, "))
	b.until("Dial opens", `document.querySelector("button.dial") && document.querySelector("#outcomes")`)
	b.do("write on", chromedp.KeyEvent("and d"))
	if got := b.eval(`String(window.sameDocument) + " " + document.activeElement.id + " " + document.querySelector("#f-common").value`); got != "true f-common Both sail, and d" {
		t.Errorf("meanwhile: %s", got)
	}
}
