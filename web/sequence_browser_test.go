package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/web/webtest"
)

// A manager edits a step: it is saved and judged as they type, variables are
// completed, a suggested rewrite is put in, and steps move by the keyboard.
func TestSequenceEditorInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	threeOf(t, app)
	b := signedIn(t, app, app.Manager)
	draft := func() string {
		seq, err := app.Store.SequenceByKey(t.Context(), "three")
		must(t, err)
		return seq.DraftSource
	}
	body := chromedp.CSS("#f-body")
	kept := `#editor-side [data-kept]`

	b.do("open a step", chromedp.Navigate(app.URL+"/sequences/three/edit?step=second"), chromedp.WaitVisible(body))
	b.see("2 days after the previous step: email", "Lee Young")
	b.do("type", chromedp.SendKeys(body, "I am just checking in. "), chromedp.WaitReady(chromedp.CSS(kept)), chromedp.WaitVisible(chromedp.CSS(".finding.error")))
	b.see("just checking in", "Put in")
	b.until("find it under its own text, marked among the words around it", `document.querySelector("#f-body").closest(".field").querySelector(".finding.error .quoted mark") !== null`)
	b.do("ask where", chromedp.Click(chromedp.CSS(".finding.error .quoted")))
	if got := b.eval(`(e => e.value.slice(e.selectionStart, e.selectionEnd))(document.querySelector("#f-body"))`); got != "just checking in" {
		t.Errorf("in the text %q is selected", got)
	}
	if !strings.Contains(draft(), "just checking in") {
		t.Errorf("it was not saved as it was typed:\n%s", draft())
	}
	b.do("take the rewrite", chromedp.Click(chromedp.CSS("[data-rewrite]")), gone(".finding.error"))
	if strings.Contains(draft(), "checking in") {
		t.Errorf("the rewrite was not put in:\n%s", draft())
	}
	b.do("complete a variable", chromedp.SendKeys(body, "{{ prospect.la"), chromedp.WaitVisible(chromedp.CSS("#complete")), chromedp.SendKeys(body, "\r"), gone("#complete"))
	if got := b.eval(`document.querySelector("#f-body").value`); !strings.Contains(got, "{{ prospect.last_name }}") {
		t.Errorf("completed to %q", got)
	}
	b.until("see it filled in", `[...document.querySelectorAll("#editor-side .letter")].some(l => l.innerText.includes("Young"))`)
	b.eval(`document.querySelector(".step-item.on .step-pick").dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowUp", altKey: true, bubbles: true, cancelable: true})), ""`)
	b.until("move it up", `document.querySelectorAll(".step-item")[0] && document.querySelectorAll(".step-item")[0].dataset.key === "second"`)
	if strings.Index(draft(), "key: second") > strings.Index(draft(), "key: first") {
		t.Errorf("not moved:\n%s", draft())
	}
	b.do("publish", chromedp.Click(chromedp.CSS(`button[value=publish]`)), chromedp.WaitVisible(chromedp.CSS(".publish")))
	b.see("1 person is inside", "They stay on theirs", "moved")
	b.do("preview the move", chromedp.Click(chromedp.CSS(`input[value=move]`)), chromedp.Click(chromedp.CSS(`button[value=preview]`)), chromedp.WaitVisible(chromedp.CSS(".move-preview")))
	b.see("Lee Young")
}

// What two people type at the same time is laid over each other, not lost.
func TestStaleEditIsMergedInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	seq, _, _ := threeOf(t, app)
	b := signedIn(t, app, app.Manager)
	b.do("open a step", chromedp.Navigate(app.URL+"/sequences/three/edit?step=second"), chromedp.WaitVisible(chromedp.CSS("#f-body")))
	_, err := app.CRM.SaveDraft(t.Context(), app.Admin.ID, "three", seq.Revision, strings.Replace(threeSteps, "subject: Three", "subject: By the admin", 1))
	must(t, err)
	b.do("type", chromedp.SendKeys(chromedp.CSS("#f-body"), "and mine "), chromedp.WaitVisible(chromedp.CSS("#editor-side .notice.warn")))
	b.see("Somebody else saved")
	b.do("save", chromedp.Click(chromedp.CSS(`#step button[value=save]`)), chromedp.WaitVisible(chromedp.CSS(`button[value=draft]`)))
	b.see("Ada Quinn saved this draft")
	b.do("keep both", chromedp.Click(chromedp.CSS(`button[value=draft]`)), chromedp.WaitVisible(chromedp.CSS("#source")))
	now, err := app.Store.SequenceByKey(t.Context(), "three")
	must(t, err)
	if !strings.Contains(now.DraftSource, "By the admin") || !strings.Contains(now.DraftSource, "and mine") {
		t.Errorf("one of the two was lost:\n%s", now.DraftSource)
	}
}

func sequencePages(e int64) []string {
	return []string{"/sequences/new", "/sequences/three", "/sequences/three/edit", "/sequences/three/edit?step=second", "/sequences/three/yaml", "/sequences/three/publish?inside=move",
		"/sequences/three/history", "/sequences/seven-touch-follow-up/edit", fmt.Sprintf("/enrollments/%d/place", e)}
}

// sequenceDesk is a sequence with a trial, two versions, a draft, and somebody
// whose step is gone.
func sequenceDesk(t *testing.T) (*webtest.App, int64) {
	t.Helper()
	app := webtest.New(t, webtest.Options{})
	seq, _, e := threeOf(t, app)
	tried := strings.Replace(threeSteps, "    body: B\n", "    body: B\n    variants:\n      - key: a\n        name: As it was\n      - key: b\n        body: I am just checking in with {{ custom.machine }}.\n", 1)
	tried = strings.Replace(tried, "key: first", "key: opening", 1)
	manager := app.SignIn(app.Manager)
	_, err := app.CRM.SaveDraft(t.Context(), app.Manager.ID, "three", seq.Revision, tried)
	must(t, err)
	manager.Post("/sequences/three/publish", form("do", "publish", "revision", fmt.Sprint(seq.Revision+1), "asks", "inside", "inside", "move", "override", "a test", "note", "Try a second wording"))
	app.Tick()
	now, err := app.Store.SequenceByKey(t.Context(), "three")
	must(t, err)
	_, err = app.CRM.SaveDraft(t.Context(), app.Manager.ID, "three", now.Revision, strings.Replace(tried, "subject: Three", "subject: Something new", 1))
	must(t, err)
	return app, e.ID
}
