package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

func (s promiser) promise(p models.Prospect, due models.Date, what string) models.Commitment {
	s.t.Helper()
	c, err := s.app.CRM.RecordCommitment(context.Background(), models.UserActor(s.app.Rep.ID), models.Commitment{
		ProspectID: p.ID, RepID: s.app.Rep.ID, Outcome: what, DueOn: due, Value: "Two days a month",
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

type promiser struct {
	t   *testing.T
	app *webtest.App
}

func TestCommitmentsBoard(t *testing.T) { webtest.Each(t, webtest.Options{}, testCommitmentsBoard) }

func testCommitmentsBoard(t *testing.T, app *webtest.App) {
	ctx := context.Background()
	late, soon, idle := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park"), app.AddProspect("Sam", "Whitfield")
	m := promiser{t, app}
	old := m.promise(late, "2026-11-20", "Send the counts")
	kept := m.promise(soon, "2026-11-24", "Win the second site")
	rep := app.SignIn(app.Rep)

	_, body := rep.Get("/commitments")
	wants(t, "the board", body, "2 open", "late", "Send the counts", "Worth to them: Two days a month", "No dated next step", "Sam Whitfield")
	if strings.Index(body, "Send the counts") > strings.Index(body, "Win the second site") {
		t.Error("the late one does not stand first")
	}

	// Late: what to ask, and a new date with its cause.
	at := fmt.Sprintf("/commitments/%d", old.ID)
	_, body = rep.Get(at)
	wants(t, "late", body, "What got in the way", "Not kept: a new date")
	_, body = rep.Post(at+"/postpone", form("due_on", "2026-11-30", "cause", ""))
	wants(t, "without a cause", body, "Say what came in between")
	for range 2 {
		_, body = rep.Post(at+"/postpone", form("due_on", "2026-11-30", "cause", "The auditor came"))
	}
	wants(t, "postponed", body, "The auditor came", "The new date: Mon 30 Nov 2026")

	// The day: a call in Today, on that date.
	app.Advance(25 * time.Hour)
	if n, err := app.Store.CallOnDueCommitments(ctx, app.Now()); err != nil || n != 1 {
		t.Errorf("%d calls, %v", n, err)
	}
	_, body = rep.Get("/")
	wants(t, "Today", body, "Joe Park")

	// Kept: say so, and tell the others where they agreed.
	at = fmt.Sprintf("/commitments/%d", kept.ID)
	_, body = rep.Post(at+"/close", form("state", "kept", "back", at))
	wants(t, "kept", body, "Joe, you did it: Win the second site", "1 of 1 would hear of it")
	_, body = rep.Get(at + "?ask=referral")
	wants(t, "the referral", body, "Who do you know")
	for range 2 {
		_, body = rep.Post(at+"/say", form("body", "Joe, you did it.", "form_token", "say-1"))
	}
	wants(t, "said", body, "It leaves by")
	_, body = rep.Post(at+"/cohort", form("note", "Hi {{ prospect.first_name }}, Joe did it. How are you doing?"))
	wants(t, "without permission", body, "Ask them first")
	for range 2 {
		_, body = rep.Post(at+"/cohort", form("note", "Hi {{ prospect.first_name }}, Joe did it. How are you doing?", "agreed", "1"))
	}
	wants(t, "told", body, "told already")
	app.Tick()
	app.Advance(time.Minute)
	var words []string
	for _, p := range []models.Prospect{late, soon} {
		for _, msg := range person(t, app, p).Messages {
			words = append(words, p.FirstName+": "+strings.SplitN(msg.Text, "\n", 2)[0])
		}
	}
	if got := strings.Join(words, " | "); got != "Dana: Hi Dana, Joe did it. How are you doing? | Joe: Joe, you did it." {
		t.Errorf("sent: %s", got)
	}

	// Nothing ahead: one click sets a dated call.
	for range 2 {
		rep.Post(fmt.Sprintf("/prospects/%d/next-step", idle.ID), form("days", "1", "back", "/commitments", "form_token", "next-1"))
	}
	_, body = rep.Get("/commitments")
	if _, drifting, _ := strings.Cut(body, "No dated next step"); strings.Contains(drifting, "Sam Whitfield") {
		t.Error("whoever has a next step now is still listed without one")
	}
	if p := person(t, app, idle).Prospect; p.NextTouchAt == nil || p.NextTouchAt.Format(time.RFC3339) != "2026-11-25T16:00:00Z" {
		t.Errorf("the next step is at %v; want 10:00 in Chicago on Wednesday", p.NextTouchAt)
	}
	other := app.SignIn(app.AddUser("Olga Rep", "olga@example.com", models.RoleRep))
	set, err := app.Store.Settings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	set.Visibility = "own"
	if err := app.Store.SaveSettings(ctx, set, models.ActorSystem, app.Now()); err != nil {
		t.Fatal(err)
	}
	if status, _ := other.Get(at); status != http.StatusForbidden {
		t.Errorf("another rep's promise: status %d", status)
	}
	_, body = other.Get("/commitments?whose=all")
	if strings.Contains(body, "Joe Park") {
		t.Error("another rep sees the promises on the board")
	}
}

// Who hears of another's success: not who asked to be left alone, nor who is
// talking with us, nor who has heard enough.
func TestCohortLeavesOut(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	joe, dana, stopped, talking := app.AddProspect("Joe", "Park"), app.AddProspect("Dana", "Reyes"), app.AddProspect("Victor", "Moreau"), app.AddProspect("Lena", "Fischer")
	m := promiser{t, app}
	c := m.promise(joe, "2026-11-24", "Win the second site")
	for _, p := range []models.Prospect{dana, stopped, talking} {
		m.promise(p, "2026-12-01", "Something")
	}
	if _, err := app.CRM.Suppress(ctx, models.ActorSystem, models.Suppression{Scope: models.SuppressPerson, ProspectID: &stopped.ID, Reason: models.FailOptedOut, Source: "hand", By: models.ActorSystem}); err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	customerTexts(t, app, talking, "One question about the price")
	_, body := rep.Post(fmt.Sprintf("/commitments/%d/close", c.ID), form("state", "kept", "back", fmt.Sprintf("/commitments/%d", c.ID)))
	wants(t, "the cohort", body, "1 of 3 would hear of it", "left out: do not contact", "left out: in conversation")
	// Who has heard enough today is left out.
	ask := func() string {
		_, body := rep.Get(fmt.Sprintf("/commitments/%d", c.ID))
		return body
	}
	set, err := app.Store.Settings(ctx)
	if err != nil {
		t.Fatal(err)
	}
	set.Caps.PersonDay = 1
	if err := app.Store.SaveSettings(ctx, set, models.ActorSystem, app.Now()); err != nil {
		t.Fatal(err)
	}
	if status, body := rep.Post(fmt.Sprintf("/prospects/%d/answer", dana.ID), form("subject", "The counts", "body", "The counts are on their way.", "channel", "email", "form_token", "by-hand")); status != http.StatusOK {
		t.Fatalf("answer: %d %s", status, text(body))
	}
	for range 3 {
		app.Tick()
		app.Advance(time.Minute)
	}
	if len(person(t, app, dana).Messages) == 0 {
		t.Fatal("nothing was sent today")
	}
	wants(t, "the cap", ask(), "0 of 3 would hear of it", "left out: enough was sent to them for now")
	app.Advance(48 * time.Hour)
	rep = app.SignIn(app.Rep)
	wants(t, "two days later", ask(), "1 of 3 would hear of it")

	// Whoever writes between the click and the send is not talked over.
	_, body = rep.Post(fmt.Sprintf("/commitments/%d/cohort", c.ID), form("note", "Joe did it. How are you doing?", "agreed", "1"))
	wants(t, "told", body, "told already")
	customerTexts(t, app, dana, "Please call me instead")
	before := len(person(t, app, dana).Messages)
	for range 3 {
		app.Tick()
		app.Advance(time.Minute)
	}
	if after := person(t, app, dana).Messages; len(after) != before {
		t.Errorf("they wrote, and the note went out all the same: %s", after[0].Text)
	}
}

func TestCommitmentsInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	m := promiser{t, app}
	m.promise(app.AddProspect("Dana", "Reyes"), "2026-11-20", "Send the counts")
	app.AddProspect("Sam", "Whitfield")
	b := signedIn(t, app, app.Rep)
	b.do("go there", chromedp.KeyEvent("g"), chromedp.KeyEvent("c"), chromedp.WaitVisible(chromedp.CSS(".promise")))
	b.see("Send the counts", "late", "Sam Whitfield")
	// A promise whose day has passed is no next step: Dana is there, too.
	b.do("set Dana's next step", chromedp.Click(chromedp.CSS(".drift-list button")), chromedp.WaitVisible(chromedp.CSS(".drift-list li:only-child")))
	b.do("and Sam's", chromedp.Click(chromedp.CSS(".drift-list button")), chromedp.WaitVisible(chromedp.CSS(".drifting .empty")))
	b.see("Everybody has a next step")
	b.do("keep the promise", chromedp.Click(chromedp.CSS(".promise-act button")), chromedp.WaitVisible(chromedp.CSS("#f-body")))
	b.see("Well done: say so")
}
