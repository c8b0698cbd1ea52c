package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"followup/models"
	"followup/web/webtest"
)

// fillLibrary adds many entries to every shelf; the first ones are far behind
// what any list shows.
func fillLibrary(t *testing.T, app *webtest.App, n int) {
	t.Helper()
	for i := range n {
		_, err := app.Store.SaveTalkingPoint(t.Context(), models.TalkingPoint{Kind: "new_policy", Text: fmt.Sprintf("rule %03d has changed", i)}, models.ActorSystem, app.Now())
		must(t, err)
		_, err = app.Store.SaveSnippet(t.Context(), models.Snippet{Name: fmt.Sprintf("text-%03d", i), Text: fmt.Sprintf("This is text %03d.", i)}, models.ActorSystem, app.Now())
		must(t, err)
		_, err = app.Store.SaveSuggestion(t.Context(), models.Suggestion{Text: fmt.Sprintf("Try way %03d.", i)}, models.ActorSystem, app.Now())
		must(t, err)
		_, err = app.Store.SaveStory(t.Context(), models.Story{Title: fmt.Sprintf("Story %03d", i), BeforeText: fmt.Sprintf("before %03d", i), AfterText: "after", Permission: models.PermissionAnonymous}, models.ActorSystem, app.Now())
		must(t, err)
	}
}

// A long shelf is paged through and searched, and what a rep chooses from
// reaches all of it: by typing and, without a script, by a button.
func TestLongLibraryInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	fillLibrary(t, app, 450)
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	tasks, err := app.Store.OpenTasksAfter(t.Context(), 0)
	must(t, err)
	call := tasks[0]

	b := atDesk(t, app, app.Rep)
	b.do("the shelf", chromedp.Navigate(app.URL+"/library/points"), chromedp.WaitVisible(css(".paging")))
	b.see("450", "rule 449 has changed")
	b.do("the next page", chromedp.Click(css(".paging [rel=next]")), holds(`document.body.innerText.includes("rule 399 has changed")`))
	b.do("search", chromedp.SendKeys(css("#find"), "001 rule"+kb.Enter), holds(`document.querySelectorAll(".entry-row").length === 1`))
	b.see("rule 001 has changed", "1 found")
	b.do("open it", chromedp.Click(css(".entry-title")), chromedp.WaitVisible(css(".entry-read")))

	b.do("the call", chromedp.Navigate(app.URL+fmt.Sprintf("/tasks/%d", call.ID)), chromedp.WaitVisible(css("#f-find_reason")))
	b.do("look for an old reason", chromedp.SendKeys(css("#f-find_reason"), "rule 003"+kb.Enter), holds(`(i => i.length === 1 && i[0].value === "point:4")(document.querySelectorAll("#found-reasons input"))`))
	b.do("take it", chromedp.Click(css("#found-reasons input")), holds(`document.querySelector("[data-saved]").textContent === "Kept as a draft."`))
	card, err := app.Store.CallCard(t.Context(), call.ID)
	must(t, err)
	if card.TalkingPointID == nil || *card.TalkingPointID != 4 || card.Reason != "rule 003 has changed" {
		t.Errorf("the card says %+v", card)
	}
	b.do("look again", chromedp.Navigate(app.URL+fmt.Sprintf("/tasks/%d", call.ID)), chromedp.WaitVisible(css("#f-find_reason")))
	b.see("rule 003 has changed")

	b.do("the conversation", chromedp.Navigate(app.URL+fmt.Sprintf("/prospects/%d", p.ID)), chromedp.WaitVisible(css("#body")))
	b.do("type a slash", chromedp.SendKeys(css("#body"), "/text-447"), holds(`(o => o && o.textContent.startsWith("text-447"))(document.querySelector("#slash li"))`))
	b.do("put it in", chromedp.SendKeys(css("#body"), kb.Enter), holds(`document.querySelector("#body").value.includes("This is text 447.")`))
	b.do("look for another by its words", chromedp.SendKeys(css("#find-snippet"), "448"+kb.Enter), holds(`[...document.querySelectorAll("#snippet option")].some(o => o.textContent === "text-448")`))
	if b.path() != fmt.Sprintf("/prospects/%d", p.ID) {
		t.Errorf("Enter behind the search led to %s", b.path())
	}
}

// The same without a script: buttons look, nothing is sent, nothing typed is lost.
func TestLongLibraryWithoutScripts(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	fillLibrary(t, app, 230)
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	tasks, err := app.Store.OpenTasksAfter(t.Context(), 0)
	must(t, err)
	rep := app.SignIn(app.Rep)
	task := fmt.Sprintf("/tasks/%d", tasks[0].ID)
	status, page := rep.Post(task+"/card", form("card_revision", "0", "reason_from", "fresh", "reason", "a reason of mine", "summary", "We stood here", "find_reason", "rule 002"))
	if status != 200 || !strings.Contains(text(page), "rule 002 has changed") || !strings.Contains(page, "We stood here") || !strings.Contains(page, "a reason of mine") {
		t.Errorf("looking for a reason: status %d\n%s", status, text(page))
	}
	rep.Post(task+"/card", form("card_revision", "1", "reason_from", "point:3", "summary", "We stood here", "find_reason", "rule 002"))
	if card, err := app.Store.CallCard(t.Context(), tasks[0].ID); err != nil || card.TalkingPointID == nil || *card.TalkingPointID != 3 {
		t.Errorf("the card says %+v %v", card, err)
	}

	them := fmt.Sprintf("/prospects/%d", p.ID)
	for _, do := range []string{"find", "enter"} { // the button, or Enter in the field
		to := "/snippet"
		if do == "enter" {
			to = "/answer"
		}
		status, page = rep.Post(them+to, form("body", "Half a sentence", "channel", "email", "find_snippet", "text 229", "do", do))
		if status != 200 || !strings.Contains(page, ">text-229</option>") || strings.Contains(page, ">text-001</option>") || !strings.Contains(page, "Half a sentence") {
			t.Errorf("looking for a snippet (%s): status %d", do, status)
		}
	}
	if v := person(t, app, p); len(v.Messages) != 0 {
		t.Errorf("looking sent %q", v.Messages[0].Text)
	}
	if status, page = rep.Post(them+"/snippet", form("body", "Half a sentence", "channel", "email", "find_snippet", "text 229", "snippet", "230")); status != 200 || !strings.Contains(page, "This is text 229.") {
		t.Errorf("putting it in: status %d", status)
	}

	c, err := app.CRM.RecordCommitment(t.Context(), models.UserActor(app.Rep.ID), models.Commitment{ProspectID: p.ID, RepID: app.Rep.ID, Outcome: "Send the counts", DueOn: models.DateOf(app.Now(), time.UTC).AddDays(2)})
	must(t, err)
	app.Advance(10 * 24 * time.Hour)
	rep = app.SignIn(app.Rep)
	page2 := func(query string) string {
		status, page := rep.Get(fmt.Sprintf("/commitments/%d%s", c.ID, query))
		if status != 200 {
			t.Fatal(status)
		}
		return text(page)
	}
	if got := page2(""); !strings.Contains(got, "Find a suggestion or a story") || strings.Contains(got, "Try way 004.") {
		t.Errorf("a late promise's page:\n%s", got)
	}
	if got := page2("?find=004"); !strings.Contains(got, "Try way 004.") || !strings.Contains(got, "before 004") || strings.Contains(got, "Try way 229.") {
		t.Errorf("looking for help:\n%s", got)
	}
	if got := page2("?find=nothing+at+all"); !strings.Contains(got, "Nothing that they were not given holds these words") {
		t.Errorf("looking for what is not there:\n%s", got)
	}
}

// Who was given a suggestion is paged on its page, as who has heard a reason is.
func TestWhoGotIsPaged(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	help, err := app.Store.SaveSuggestion(t.Context(), models.Suggestion{Text: "Start with one site."}, models.ActorSystem, app.Now())
	must(t, err)
	for i := range 130 {
		p := app.AddProspect("Person", fmt.Sprintf("Nr%03d", i))
		must(t, app.Store.GiveSuggestion(t.Context(), models.SuggestionUse{SuggestionID: help.ID, ProspectID: p.ID, GivenAt: app.Now().Add(time.Duration(i) * time.Second)}))
	}
	rep := app.SignIn(app.Manager)
	path := fmt.Sprintf("/library/suggestions/%d", help.ID)
	_, first := rep.Get(path)
	if !strings.Contains(first, "Nr129") || strings.Contains(first, "Nr000") {
		t.Error("the first page is not the latest")
	}
	_, after, ok := strings.Cut(first, `href="?after=`)
	if !ok {
		t.Fatal("there is no next page")
	}
	next, _, _ := strings.Cut(after, `"`)
	if _, second := rep.Get(path + "?after=" + next); !strings.Contains(second, "Nr000") || strings.Contains(second, "Nr129") || !strings.Contains(second, "First page") {
		t.Error("the second page does not go on")
	}
}
