package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

// desk is a manager's browser.
func desk(t *testing.T, app *webtest.App) browser {
	t.Helper()
	return atDesk(t, app, app.Manager)
}

// says waits for the words that follow a click.
func says(words string) chromedp.Action[chromedp.Void] {
	return holds(fmt.Sprintf(`document.querySelector(".toast") !== null && document.querySelector(".toast").innerText.includes(%q)`, words))
}

// Everything on Needs attention is resolved where it stands, by one click each.
func TestNeedsAttentionIsClickedAway(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	people := resting(t, app, "Dana", "Joe", "Mei")
	stranger(t, app, "+13125550177", "Who are you?")
	unknownSend(t, app)
	rep := app.SignIn(app.Rep)
	upload(t, rep, app.URL, "/imports", "fair.csv", "First;Email\nDana;dana.fair@example.com\nNobody;\n", "once")
	batches, err := app.Store.BatchList(t.Context(), app.Rep.ID, 10)
	must(t, err)
	imported := fmt.Sprintf("/imports/%d", batches[0].ID)
	rep.Post(imported+"/check", form("column.0", "first_name", "column.1", "email", "consent", "written", "country", "US"))
	rep.Post(imported+"/start", form())
	must(t, app.Store.HaltSender(t.Context(), app.Mailbox.ID, models.FailConfig, "535 authentication failed", models.ActorScheduler, app.Now()))
	_, err = app.Replies.Receive(t.Context(), models.Raw{Provider: models.ProviderTwilio, ProviderID: "SM-broken", Channel: models.ChannelSMS, Content: []byte("{"), ReceivedAt: app.Now()})
	must(t, err)

	b := desk(t, app)
	open := func() {
		t.Helper()
		b.do("needs attention", chromedp.Navigate(app.URL+"/attention"), chromedp.WaitVisible(css("h1")))
	}
	open()
	if listed := b.eval(`String(document.body.innerText.split("somebody unknown").length)`); listed != "1" {
		t.Error("what the stranger wrote is listed twice")
	}
	b.see("Dana Reyes", "Who are you?", "Umar Unknown", "535 authentication failed", "fair.csv", "could not be read")

	sender := `form:has([name=what][value=sender])`
	b.do("check the account and start it", chromedp.Click(css(sender+` button[value=start]`)), says("sends again"))
	if x := senderAt(t, app, app.Mailbox.Address); x.State != models.SenderActive {
		t.Errorf("the account is %s", x.State)
	}
	b.do("send the unconfirmed one again", chromedp.Click(css(`.incident:has([value=handed]) button[value=again]`)), says("again"), gone(`.incident:has([value=handed])`))
	steps := `.incident:has([name=what][value=tasks])`
	b.do("try all again", chromedp.Click(css(steps+" button[value=again]")), says("3 to be tried again"))
	app.Advance(time.Minute) // without the value they are asked about anew
	open()
	b.do("take one out", chromedp.Click(css(steps+" input[type=checkbox]")), chromedp.Click(css(steps+" button[value=remove]")), says("1 taken out"))
	b.do("leave the step out for the others", chromedp.Click(css(steps+" button[value=skip]")), holds(`document.body.innerText.includes("2 left out")`), gone(steps))
	out, on := 0, 0
	for _, p := range people {
		switch e := person(t, app, p).Enrollments[0].Enrollment; {
		case e.Outcome == models.FinishRemoved:
			out++
		case e.State == models.EnrollmentActive:
			on++
		}
	}
	if out != 1 || on != 2 {
		t.Errorf("%d taken out, %d go on", out, on)
	}

	must(t, app.Store.HaltSender(t.Context(), app.Mailbox.ID, models.FailConfig, "535 authentication failed", models.ActorScheduler, app.Now()))
	open()
	b.do("leave it stopped", chromedp.Click(css(sender+` button[value=leave]`)), holds(`document.querySelector(".toast") !== null`), gone(sender))
	if x := senderAt(t, app, app.Mailbox.Address); x.StoppedReason != models.StopByHand {
		t.Errorf("the account is %s: %s", x.State, x.StoppedReason)
	}
	b.do("the stranger concerns nobody", chromedp.Click(css(`form:has([name=what][value=message]) button`)), gone(`form:has([name=what][value=message])`))
	b.do("the import's rows are set aside", chromedp.Click(css(`form:has([name=what][value=import]) button`)), gone(`form:has([name=what][value=import])`))
	unread := `form:has([name=what][value=inbound])`
	b.do("try to read it again", chromedp.Click(css(unread+` button[value=again]`)), holds(`document.body.innerText.includes("still cannot be worked through")`))
	open()
	b.do("set it aside", chromedp.Click(css(unread+` button[value=dismiss]`)), gone(unread))
	app.Tick()
	open()
	if left := b.eval(`[...document.querySelectorAll("main .incident h3, main section h2")].map(h => h.innerText).join(", ")`); left != "" {
		t.Errorf("still there: %s", left)
	}
}

// A manager asks the trail who did what about one person, and takes it home.
func TestAuditIsSearchedInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	story := app.Play()
	b := desk(t, app)
	b.do("the trail", chromedp.Navigate(app.URL+"/audit"), chromedp.WaitVisible(css("table.audit")))
	b.do("about one person", chromedp.SendKeys(css("#f-who"), story.Waiting.Name()), chromedp.Click(css(".audit-filters .btn")), holds(`document.body.innerText.includes("Only ")`))
	b.see("Only " + story.Waiting.Name())
	if others := b.eval(fmt.Sprintf(`String([...document.querySelectorAll("table.audit td[data-label=About]")].filter(td => td.innerText.trim() !== "" && td.innerText.trim() !== %q).length)`, story.Waiting.Name())); others != "0" {
		t.Errorf("%s rows are about somebody else", others)
	}
	b.do("what was sent to them", chromedp.SetValue(css("#f-kind"), string(models.EventTouchEnded)), chromedp.Click(css(".audit-filters .btn")), holds(`location.search.includes("kind=") && location.search.includes("person=") && document.readyState === "complete" && document.querySelectorAll("a[download]").length === 2`))
	for _, file := range []struct{ label, first string }{{"CSV", "id,at,"}, {"JSON Lines", "{"}} {
		b.eval(fmt.Sprintf(`(() => { window.got = ""; const a = [...document.querySelectorAll("a[download]")].find(a => a.textContent === %q);
			fetch(a.href).then(r => r.text()).then(text => { window.got = text; }); return ""; })()`, file.label))
		b.until("take home the "+file.label, `window.got`)
		got := b.eval(`window.got`)
		if !strings.HasPrefix(strings.ToLower(strings.TrimPrefix(got, "\ufeff")), file.first) || strings.Contains(got, story.Waiting.FirstName) || strings.Count(got, "\n") < 2 {
			t.Errorf("the %s:\n%.600s", file.label, got)
		}
	}
	b.do("everybody again", chromedp.Click(css(`.actions a[href="/audit"]`)), gone(`.actions a[href="/audit"]`))
	b.do("somebody who is not there", chromedp.SendKeys(css("#f-who"), "Zacharias Nobody"), chromedp.Click(css(".audit-filters .btn")), holds(`document.body.innerText.includes("Nothing matches")`))
	b.do("back", chromedp.Click(css(".empty .btn")), chromedp.WaitVisible(css("table.audit")))
	b.do("the next page", chromedp.Click(css(".paging [rel=next]")), holds(`document.body.innerText.includes("First page")`))
}

// The scheduler's page says what is too much for an account on which day, and
// stops everything at once: nothing leaves until somebody lets it go on.
func TestSchedulerIsPausedInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	b := desk(t, app)
	b.do("limit the mailbox", chromedp.Navigate(app.URL+fmt.Sprintf("/accounts/%d", app.Mailbox.ID)), chromedp.SetValue(css("#f-rate"), "30"), chromedp.SetValue(css("#f-cap"), "3"),
		chromedp.Click(css(`form[action$="/limits"] .btn`)), chromedp.WaitVisible(css(".toast")))
	_, err := app.Store.PublishSequence(t.Context(), models.Definition{Key: "tomorrow", Name: "Tomorrow", OnReply: models.ReplyPause, Steps: []models.Step{
		{Key: "s1", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter, Days: 1}, Subject: "Tomorrow", Body: "Shall we talk?"},
	}}, "", "", false, nil, app.Now())
	must(t, err)
	var people []models.Prospect
	for i := range 5 {
		p := app.AddProspect(fmt.Sprintf("Dana%d", i), "Reyes")
		app.Enroll(p, "tomorrow", nil)
		people = append(people, p)
	}
	app.Tick()
	b.do("the scheduler", chromedp.Navigate(app.URL+"/scheduler"), chromedp.WaitVisible(css("table.forecast")))
	if over := b.eval(`(td => td.innerText + " / " + td.title)(document.querySelector("table.forecast td.over"))`); !strings.HasPrefix(over, "5") || !strings.Contains(over, "2 more than the 3 it may send that day") {
		t.Errorf("the forecast says %q", over)
	}
	if capacity := b.eval(`document.querySelector("table.forecast tbody td:last-child").innerText`); !strings.HasPrefix(capacity, "3") {
		t.Errorf("its capacity is said to be %q", capacity)
	}

	b.do("pause without a reason", chromedp.Click(css(".pause-all .btn")), holds(`document.activeElement.id === "f-why"`))
	b.do("pause", chromedp.SendKeys(css("#f-why"), "A wrong price"), chromedp.Click(css(".pause-all .btn")), chromedp.WaitVisible(css(`form[action="/scheduler/resume"]`)))
	b.see("Everything automatic is paused", "A wrong price", app.Manager.Name)
	r := signedIn(t, app, app.Rep)
	r.see("Everything automatic is paused", "A wrong price")
	sent := func() (n int) {
		for _, p := range people {
			for _, m := range person(t, app, p).Messages {
				if m.Direction == models.Outbound {
					n++
				}
			}
		}
		return n
	}
	app.Advance(30 * time.Hour)
	if n := sent(); n != 0 {
		t.Errorf("%d left while everything was paused", n)
	}
	b.do("sign in anew after a day", chromedp.Navigate(app.URL+"/scheduler"), chromedp.WaitVisible(css("h1")))
	if b.path() != "/scheduler" {
		b.signIn(app.Manager)
		b.do("the scheduler", chromedp.Navigate(app.URL+"/scheduler"), chromedp.WaitVisible(css(`form[action="/scheduler/resume"]`)))
	}
	b.do("let it go on", chromedp.Click(css(`form[action="/scheduler/resume"] .btn`)), chromedp.WaitVisible(css("#f-why")))
	b.see("Earlier pauses of everything", "A wrong price", app.Manager.Name)
	app.Advance(time.Hour)
	if n := sent(); n == 0 || n > 3 {
		t.Errorf("%d left on the first day of three", n)
	}
}

// insidePage is how many people a page of a move's preview lists.
const insidePage = 200

// The preview of a move is turned page by page.
func TestMovePreviewIsPagedInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	seq, _, _ := threeOf(t, app)
	for i := range insidePage {
		app.Enroll(app.AddProspect(fmt.Sprintf("Person%03d", i), "Inside"), seq.Key, nil)
	}
	app.Tick()
	b := desk(t, app)
	b.do("change it", chromedp.Navigate(app.URL+"/sequences/three/edit?step=second"), chromedp.WaitVisible(css("#f-subject")),
		chromedp.SendKeys(css("#f-subject"), " again"), chromedp.WaitReady(css(`#editor-side [data-kept]`)))
	b.do("publish", chromedp.Click(css(`button[value=publish]`)), chromedp.WaitVisible(css(".publish")))
	b.do("preview the move", chromedp.Click(css(`input[value=move]`)), chromedp.Click(css(`button[value=preview]`)), chromedp.WaitVisible(css(".move-preview")))
	last := fmt.Sprintf("Person%03d Inside", insidePage-1)
	b.see("Lee Young")
	b.do("the next page", chromedp.Click(css(`.move-preview .paging button[value^="preview:"]`)), holds(fmt.Sprintf(`document.querySelector(".move-preview").innerText.includes(%q)`, last)))
	if lee := b.eval(`String(document.querySelector(".move-preview").innerText.includes("Lee Young"))`); lee != "false" {
		t.Error("the first page is on the second")
	}
	b.do("the first page", chromedp.Click(css(`.move-preview .paging button[value="preview"]`)), holds(`document.querySelector(".move-preview").innerText.includes("Lee Young")`))
	b.do("publish and move", chromedp.Click(css(`.publish .btn.primary`)), holds(`location.pathname === "/sequences/three"`))
	b.do("its history", chromedp.Navigate(app.URL+"/sequences/three/history"), chromedp.Click(css(`a[href*="from=1"]`)), chromedp.WaitVisible(css("#compare ins")))
}

// Somebody with more prospects than one request hands over leaves: the page
// says how far it is, and goes on by itself.
func TestLeavingInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	lee := app.AddUser("Lee Leaver", "lee@example.com", models.RoleRep)
	const people = 1010
	for i := range people {
		_, err := app.CRM.CreateProspect(t.Context(), models.UserActor(lee.ID), crm.ProspectInput{FirstName: fmt.Sprintf("P%04d", i), LastName: "Held", OwnerID: lee.ID, Zone: "America/New_York"})
		must(t, err)
	}
	b := atDesk(t, app, app.Admin)
	at := fmt.Sprintf("/team/%d", lee.ID)
	b.do("their page", chromedp.Navigate(app.URL+at), chromedp.WaitVisible(css(`form[action$="/left"]`)))
	b.see("1,000+")
	b.do("they leave", chromedp.SetValue(css("#l-to"), fmt.Sprint(app.Rep.ID)), chromedp.Click(css(`form[action$="/left"] .btn`)), chromedp.WaitVisible(css("#handover progress")))
	b.see("1000 of 1010", "It goes on when you close this page")
	if b.eval(`String(document.querySelector("form[action$='/back']") === null)`) != "true" {
		t.Error("they can be let in again while their work is on its way")
	}
	must(t, app.CRM.ContinueHandovers(t.Context(), app.Now()))
	b.do("wait", holds(`document.querySelector("#handover").innerText.includes("Everything was handed over to `+app.Rep.Name+`")`))
	n, err := app.Store.StillTheirs(t.Context(), lee.ID)
	must(t, err)
	if n.N != 0 {
		t.Errorf("%d stayed", n.N)
	}
}
