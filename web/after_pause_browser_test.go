package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/scheduler"
	"followup/web/webtest"
)

// letters publishes a sequence of emails, three days apart, and enrolls.
func letters(t *testing.T, app *webtest.App, p models.Prospect) models.Enrollment {
	t.Helper()
	step := func(key string, days int) models.Step {
		return models.Step{Key: key, Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "The counts, " + key, Body: "The " + key + " count is in.",
			Contact: models.ContactNextUntried, Timing: models.Timing{Kind: models.TimingAfter, Days: days}}
	}
	v, err := app.Store.PublishSequence(t.Context(), models.Definition{
		Key: "letters", Name: "Letters", OnReply: models.ReplyPause, OnColleagueReply: models.ReplyContinue, OnMeeting: models.ReplyFinish, CountsAsFollowUp: true,
		Steps: []models.Step{step("first", 0), step("second", 3), step("third", 3)},
	}, "", "", false, &app.Manager.ID, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	e, err := app.Scheduler.Enroll(t.Context(), scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: v.SequenceID, RepID: app.Rep.ID, By: models.UserActor(app.Rep.ID)})
	if err != nil {
		t.Fatal(err)
	}
	app.Advance(time.Second)
	return e
}

// After the pause, in a real browser: nobody answers and the manager is told;
// the rep answers, resumes with the delay that was left, books a call whose
// reminder follows, moves the person, writes down a promise, and finishes.
func TestAfterThePauseInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	webtest.Each(t, webtest.Options{}, testAfterThePause)
}

func testAfterThePause(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	page := fmt.Sprintf("%s/prospects/%d", app.URL, p.ID)
	run := letters(t, app, p)
	b := browser{t: t, ctx: webtest.Browser(t, 3*time.Minute), app: app}

	// The manager sets after how long a waiting customer is somebody else's.
	b.signIn(app.Manager)
	b.do("the setting", chromedp.Navigate(app.URL+"/settings"), chromedp.WaitVisible(chromedp.CSS("#waiting")),
		chromedp.SetValue(chromedp.CSS("#waiting [name=hours]"), "4"), chromedp.Click(chromedp.CSS("#waiting .btn")), holds(`document.querySelector(".toast") !== null`))
	app.Advance(24 * time.Hour)
	app.Text(p, "Which dock was it?")
	app.Advance(4 * time.Hour)
	b.do("the manager's day", chromedp.Navigate(app.URL+"/"), chromedp.WaitVisible(chromedp.CSS("#queue")))
	b.see("Nobody has answered them", "Dana Reyes")

	// The rep answers, and the sequence goes on with what was left of its delay.
	b = signedIn(t, app, app.Rep)
	app.Advance(48 * time.Hour)
	b.do("the person", chromedp.Navigate(page), chromedp.WaitVisible(chromedp.CSS("#body")))
	b.see("paused: they answered", "Which dock was it?", "By text: Dana texted on Tuesday")
	b.do("answer", chromedp.SendKeys(chromedp.CSS("#body"), "The second one, Dana."), chromedp.Click(chromedp.CSS("[data-send]")), chromedp.WaitVisible(chromedp.CSS(".pending")))
	app.Advance(models.UndoAnswer + time.Second)
	resumed := app.Now()
	b.do("resume", chromedp.Navigate(page), chromedp.WaitVisible(chromedp.CSS(".run")), chromedp.Click(chromedp.CSS(`form[action$="/resume"] .btn`)),
		holds(`document.querySelector('form[action$="/pause"]') !== null`))
	b.see("running")
	app.Tick()
	// Two of the three days were left: the day after tomorrow, at the hour of the first.
	if due, want := liveTouch(t, app, p).DueAt, webtest.Start.Truncate(24*time.Hour).Add(15*time.Hour).AddDate(0, 0, 5); due.Sub(want).Abs() > time.Minute || due.Sub(resumed) > 48*time.Hour {
		t.Errorf("resumed at %s it goes on at %s, want %s", resumed, due, want)
	}
	for _, task := range openTasks(t, app) {
		if task.Reason == models.AttentionUnanswered {
			t.Error("answered, and the manager's task is open")
		}
	}

	// Moved to another sequence, and from there to a booked call.
	b.do("move", chromedp.Navigate(page), chromedp.WaitVisible(chromedp.CSS(".run")), chromedp.Click(chromedp.CSS(fmt.Sprintf(`a[href$="enroll?from=%d"]`, run.ID))), chromedp.WaitVisible(chromedp.CSS(".enroll")))
	b.see("ends for them when the other begins")
	b.do("choose", chromedp.Click(chromedp.CSS(fmt.Sprintf(`[name=sequence][value="%d"]`, sequenceID(t, app, "seven-touch-follow-up")))), chromedp.Click(chromedp.CSS(".enroll .btn.primary")), chromedp.WaitVisible(chromedp.CSS(".confirm-bar")))
	b.do("move them", chromedp.Click(chromedp.CSS(".confirm-bar .btn.primary")), chromedp.WaitVisible(chromedp.CSS("#answer")))
	b.see("was moved from")
	app.Tick()
	b.do("book", chromedp.Click(chromedp.CSS(".quick details:first-child summary")), chromedp.WaitVisible(chromedp.CSS("#f-starts_at")), chromedp.SetValue(chromedp.CSS("#f-starts_at"), "2026-12-04T10:00"),
		chromedp.Click(chromedp.CSS(`form[action$="/book"] .btn`)), chromedp.WaitVisible(chromedp.CSS(".booked")))
	b.see("Fri 4 Dec 10:00 their time (CST) · 11:00 yours", "Its reminders come before it", "meeting booked")
	app.Tick()
	if next := liveTouch(t, app, p); next.StepKey != "reminder" || !next.DueAt.Equal(time.Date(2026, 12, 3, 15, 0, 0, 0, time.UTC)) {
		t.Errorf("before the call comes %s at %s", next.StepKey, next.DueAt)
	}

	// A promise, and the end.
	b.eval(`String(document.querySelector("#f-outcome").closest("details").open = true)`)
	b.do("a promise", chromedp.SendKeys(chromedp.CSS("#f-outcome"), "Bring the counts"), chromedp.SetValue(chromedp.CSS("#f-due_on"), "2026-12-08"), chromedp.Click(chromedp.CSS(`form[action$="/commitments"] .btn`)), chromedp.WaitVisible(chromedp.CSS(".promises")))
	b.do("finish", chromedp.Click(chromedp.CSS(".run .menu summary")), chromedp.Click(chromedp.CSS(`.run button[value=won]`)), gone(".run"))
	b.see("won")
	outcomes := map[string]models.EnrollmentOutcome{}
	for _, e := range person(t, app, p).Enrollments {
		outcomes[e.Sequence.Key] = e.Enrollment.Outcome
	}
	if outcomes["letters"] != models.FinishRemoved || outcomes["seven-touch-follow-up"] != models.FinishMeetingBooked || outcomes["booked-call-back"] != models.FinishWon {
		t.Errorf("outcomes %v", outcomes)
	}
}

// liveTouch is the one that a person's running sequence has planned.
func liveTouch(t *testing.T, app *webtest.App, p models.Prospect) models.Touch {
	t.Helper()
	for _, e := range person(t, app, p).Enrollments {
		if e.Live != nil {
			return *e.Live
		}
	}
	t.Fatalf("%s has nothing planned", p.Name())
	return models.Touch{}
}

// Remote pictures of a mail are not loaded; one click on the whole message's
// own page shows them, and the page says what that tells the sender.
func TestRemotePicturesAreOneClickAway(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	raw := mailRaw(person(t, app, p).Points[0].Value, app.Mailbox.Address, "The plan", `<p>See <b>below</b>.</p><img src="https://tracker.example.org/open.gif" width="1"><img src="data:image/png;base64,AAAA">`, 1)
	raw.SenderID = &app.Mailbox.ID
	if _, err := app.Replies.Receive(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	_, body := rep.Get(fmt.Sprintf("/prospects/%d", p.ID))
	_, whole, ok := strings.Cut(body, `class="rich"`)
	if !ok || strings.Contains(body, "tracker.example.org") || strings.Contains(whole, "<img") {
		t.Errorf("the page loads what lies elsewhere\n%s", body)
	}
	_, rest, ok := strings.Cut(whole, `href="/messages/`)
	path, _, _ := strings.Cut(rest, `"`)
	if !ok || !strings.HasSuffix(path, "/rich") || !strings.Contains(text(whole), "the sender learns that it was opened") {
		t.Fatalf("the pictures are not one click away\n%s", text(whole))
	}
	res, err := rep.Client.Get(app.URL + "/messages/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if policy := res.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'none'; img-src https: http:; sandbox") || res.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("headers %v", res.Header)
	}
	if _, pictures := rep.Get("/messages/" + path); !strings.Contains(pictures, `src="https://tracker.example.org/open.gif"`) || strings.Contains(pictures, "data:image") || strings.Contains(pictures, "<script") {
		t.Errorf("the pictures' page\n%s", pictures)
	}
	if status, _ := app.Client().Get("/messages/" + path); status != 200 {
		t.Errorf("a stranger: status %d", status) // the sign-in page
	}
}
