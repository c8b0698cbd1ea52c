package web_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/scheduler"
	"followup/web/webtest"
)

// css names an element.
type css = chromedp.CSS

// A step is added, timed, switched off, given variants and deleted with the
// mouse; what is published is what was put together.
func TestStepsAreMadeInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	threeOf(t, app)
	b := atDesk(t, app, app.Manager)
	draft := func() models.Definition {
		t.Helper()
		seq, err := app.Store.SequenceByKey(t.Context(), "three")
		must(t, err)
		d, ok := templatesRead(seq.DraftSource)
		if !ok {
			t.Fatalf("the draft cannot be read:\n%s", seq.DraftSource)
		}
		return d
	}
	b.do("open the last step", chromedp.Navigate(app.URL+"/sequences/three/edit?step=third"), chromedp.WaitVisible(css("#f-body")))
	b.do("add a text", chromedp.SetValue(css("#add_channel"), "sms"), chromedp.Click(css(`.step-add button`)))
	b.until("see it open", `document.querySelector(".step-item.on") && document.querySelector(".step-item.on").dataset.key === "sms-4"`)
	b.do("time it", chromedp.SetValue(css("#f-unit"), "hours"), chromedp.SetValue(css("#f-amount"), "5"), chromedp.SetValue(css("#f-contact"), "cell"),
		chromedp.SendKeys(css("#f-body"), "Hello {{ prospect.first_name }}."))
	b.until("see it kept and told in words", `document.querySelector("#editor-side [data-kept]") !== null && document.querySelector("[data-line-of]").textContent.includes("5 hours after the previous step: text to the cell phone")`)
	if st, _ := draft().Step("sms-4"); st.Timing.Hours != 5 || st.Contact != models.ContactCell || st.Channel != models.ChannelSMS {
		t.Errorf("the new step is %+v", st)
	}
	b.do("switch it off", chromedp.Click(css(`button[value="toggle:sms-4"]`)), chromedp.WaitVisible(css(".step-item.off")))
	if st, _ := draft().Step("sms-4"); !st.Disabled {
		t.Error("it is not switched off")
	}
	b.do("switch it on", chromedp.Click(css(`button[value="toggle:sms-4"]`)), gone(".step-item.off"))
	b.do("try two wordings", chromedp.Click(css(`button[value="variant:"]`)), chromedp.WaitVisible(css("#f-v1_body")))
	b.do("write the second, for one in four", chromedp.SetValue(css("#f-v0_weight"), "3"), chromedp.SetValue(css("#f-v1_body"), "Good morning."), chromedp.Click(css(`#step button[value=save]`)), chromedp.WaitVisible(css("#f-v1_body")))
	b.until("see it saved", `document.querySelector("#f-v1_body").value === "Good morning."`)
	if st, _ := draft().Step("sms-4"); len(st.Variants) != 2 || st.Variants[0].Weight != 3 || st.Variants[1].Body != "Good morning." {
		t.Errorf("the variants are %+v", st.Variants)
	}
	b.do("another step", chromedp.Click(css(`button[value="open:second"]`)), chromedp.WaitVisible(css(`button[value="delete:second"]`)))
	b.eval(`String(window.confirm = () => true)`)
	b.do("delete it", chromedp.Click(css(`button[value="delete:second"]`)), gone(`[data-key=second]`))
	if got := len(draft().Steps); got != 3 || draft().Index("second") >= 0 {
		t.Errorf("%d steps after deleting one", got)
	}
	b.do("the sequence itself", chromedp.Click(css(`button[value="sequence:"]`)), chromedp.WaitVisible(css("#f-on_reply")))
	b.do("an answer ends it", chromedp.SetValue(css("#f-on_reply"), "finish"), chromedp.Click(css(`#step button[value=save]`)), chromedp.WaitVisible(css("#f-on_reply")))
	b.do("look at what changes", chromedp.Click(css(`button[value=publish]`)), chromedp.WaitVisible(css(".publish")))
	b.see("added", "removed", "An answer", "1 person is inside")
	b.do("they stay", chromedp.Click(css(`input[name=inside][value=stay]`)), chromedp.Click(css(`.publish button[value=publish]`)), chromedp.WaitVisible(css(".plan.read")))
	b.see("Version 2 is published", "Whoever is inside stays on theirs", "Variant b", "An answer ends it")

	// History, diff, restore; copy, archive, open again, share.
	team, err := app.CRM.SaveTeam(t.Context(), models.ActorSystem, 0, "North")
	must(t, err)
	b.do("the history", chromedp.Navigate(app.URL+"/sequences/three/history"), chromedp.WaitVisible(css("#compare")))
	b.see("v2", "v1", "runs now", app.Manager.Name, "removed", "added")
	b.do("restore the first", chromedp.Click(css(`form[action$="/restore"] button`)), chromedp.WaitVisible(css(".step-rail")))
	b.see("Version 1 is the draft now")
	if d := draft(); len(d.Steps) != 3 || d.Index("second") < 0 {
		t.Error("the first version was not restored")
	}
	b.do("its page", chromedp.Navigate(app.URL+"/sequences/three"), chromedp.WaitVisible(css("#team")))
	b.do("share it", chromedp.SetValue(css("#team"), fmt.Sprint(team.ID)), chromedp.Click(css(`form[action$="/share"] button`)), chromedp.WaitVisible(css(".toast")))
	b.see("shared with North")
	b.do("archive it", chromedp.Click(css(`form[action$="/archive"] button`)), chromedp.WaitVisible(css(`button[value=open]`)))
	b.see("Nobody can be enrolled any more")
	b.do("open it again", chromedp.Click(css(`button[value=open]`)), chromedp.WaitVisible(css(`button[value=archive]`)))
	b.do("copy it", chromedp.SetValue(css(`form[action$="/clone"] [name=name]`), "Another"), chromedp.SetValue(css(`form[action$="/clone"] [name=key]`), "another"), chromedp.Click(css(`form[action$="/clone"] button`)), chromedp.WaitVisible(css(".step-rail")))
	if b.path() != "/sequences/another/edit" {
		t.Errorf("copying led to %s", b.path())
	}
	b.do("its history", chromedp.Navigate(app.URL+"/sequences/three/history"), chromedp.WaitVisible(css(".log")))
	b.see("Who did what", "archived", "shared")
}

// The preview is for anybody whom one types a part of the name of, at once;
// who lacks what the text needs is counted among all.
func TestPreviewForAnybodyInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		threeOf(t, app)
		for i := range 60 {
			app.AddProspect(fmt.Sprintf("Person%d", i), "Offered")
		}
		far := app.AddProspect("Zuzanna", "Wilk")
		b := atDesk(t, app, app.Manager)
		b.do("open a step", chromedp.Navigate(app.URL+"/sequences/three/edit?step=second"), chromedp.WaitVisible(css("#who")))
		b.see("People inside")
		b.do("write", chromedp.SendKeys(css("#f-body"), "For {{ prospect.first_name }} and the {{ custom.machine }}. "))
		b.until("hear that the one inside lacks a field", `document.querySelector("#lacking") && document.querySelector("#lacking").innerText.includes("custom.machine is missing for 1 of 1 people inside")`)
		b.do("look for somebody else", chromedp.SendKeys(css("#who"), "zuz"))
		b.until("see it filled in for them", `document.querySelector("#editor-side").innerText.includes("The other steps for Zuzanna Wilk") && [...document.querySelectorAll("#editor-side .letter")].some(l => l.textContent.includes("Hello Zuzanna"))`)
		if got := b.eval(`document.querySelector("#who").value + " " + document.querySelector("#for").value`); got != fmt.Sprint("zuz ", far.ID) {
			t.Errorf("the search holds %q", got)
		}
		b.do("go on to another step", chromedp.Click(css(`button[value="open:third"]`)))
		b.until("still looking at them", `document.querySelector(".step-item.on").dataset.key === "third" && document.querySelector("#for").value === "`+fmt.Sprint(far.ID)+`" && document.readyState === "complete"`)
	})
}

// What is typed as YAML is kept, and laid over what somebody else saves.
func TestYAMLIsKeptInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	threeOf(t, app)
	b := signedIn(t, app, app.Manager)
	saved := func(words string) bool {
		seq, err := app.Store.SequenceByKey(t.Context(), "three")
		must(t, err)
		return strings.Contains(seq.DraftSource, words)
	}
	b.do("the text", chromedp.Navigate(app.URL+"/sequences/three/yaml"), chromedp.WaitVisible(css("#source")))
	b.eval(`(() => { const s = document.querySelector("#source"); s.value = s.value.replace("subject: Two", "subject: Twice"); s.dispatchEvent(new Event("input", {bubbles: true})); return ""; })()`)
	b.until("see it kept", `document.querySelector("#yaml-saved").innerText.startsWith("Saved. ")`)
	if !saved("subject: Twice") {
		t.Error("what was typed was not kept")
	}
	seq, err := app.Store.SequenceByKey(t.Context(), "three")
	must(t, err)
	_, err = app.CRM.SaveDraft(t.Context(), app.Admin.ID, "three", seq.Revision, strings.Replace(seq.DraftSource, "subject: Three", "subject: Thrice", 1))
	must(t, err)
	b.eval(`(() => { const s = document.querySelector("#source"); s.value = s.value.replace("subject: One", "subject: Once"); s.dispatchEvent(new Event("input", {bubbles: true})); return ""; })()`)
	b.until("hear of it", `document.querySelector("#review").innerText.includes("Somebody else saved")`)
	b.do("save", chromedp.Click(css(`button[value=draft]`)), chromedp.WaitVisible(css(".changes")))
	b.see("Ada Quinn saved this draft")
	b.do("both", chromedp.Click(css(`button[value=draft]`)), chromedp.WaitVisible(css("#source")))
	if !saved("subject: Once") || !saved("subject: Twice") || !saved("subject: Thrice") {
		t.Error("something of the two was lost")
	}
}

// A trial's winner is one click.
func TestWinnerInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	_, err := app.CRM.Publish(t.Context(), &app.Manager.ID, triedSteps, "a test")
	must(t, err)
	b := signedIn(t, app, app.Manager)
	b.do("the trial", chromedp.Navigate(app.URL+"/sequences/three"), chromedp.WaitVisible(chromedp.CSS(".trial")))
	b.see("Too few to tell", "50 %")
	b.do("choose", chromedp.Click(chromedp.CSS(`.trial tr:nth-child(2) button`)), gone(".trial"))
	b.see("Version 2 is published: everybody gets the winner", "Other words")
}

// triedSteps has a trial on its first step.
var triedSteps = strings.Replace(threeSteps, " # not a comment\n", "\n    variants:\n      - {key: a}\n      - {key: b, body: Other words}\n", 1)

// Each person gets the variant that the preview showed, also when they are
// enrolled again; a trial counts what went out with the wording that runs.
func TestTrialIsPerPersonAndWording(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		v, err := app.CRM.Publish(t.Context(), &app.Manager.ID, triedSteps, "a test")
		must(t, err)
		got := map[string]int64{}
		enroll := func(p models.Prospect) string {
			req := scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: v.SequenceID, RepID: p.OwnerID, By: models.ActorSystem}
			shown, refusals, err := app.Scheduler.Preview(t.Context(), req)
			must(t, err)
			if len(refusals) > 0 {
				t.Fatal(refusals)
			}
			e := app.Enroll(p, "three", nil)
			app.Tick()
			in, err := app.Store.PlanOf(t.Context(), e.ID)
			must(t, err)
			if in.Touches[0].Variant != shown[0].Variant || shown[0].Variant == "" {
				t.Errorf("%s got variant %q, the preview showed %q", p.Name(), in.Touches[0].Variant, shown[0].Variant)
			}
			must(t, app.CRM.FinishEnrollment(t.Context(), models.ActorSystem, e.ID, models.FinishRemoved))
			return in.Touches[0].Variant
		}
		var people []models.Prospect
		for i := range 12 {
			p := app.AddProspect(fmt.Sprintf("Trial%c", 'a'+i), "Young")
			people = append(people, p)
			got[enroll(p)]++
		}
		if got["a"] == 0 || got["b"] == 0 {
			t.Fatalf("drawn %v", got)
		}
		answered := people[0]
		app.Text(answered, "Yes, tell me more.")
		if again := enroll(people[1]); again != v.Definition.Steps[0].VariantFor(people[1].ID) {
			t.Errorf("enrolled again they get %q", again)
		} else {
			got[again]++
		}
		counts := func(d models.Definition) map[string]models.TrialCount {
			t.Helper()
			for range 3 { // PostgreSQL looks at events once nobody can add to them any more
				_, err := app.Store.RollInsights(t.Context())
				must(t, err)
			}
			rows, err := app.Store.ViewTrials(t.Context(), v.SequenceID, d)
			must(t, err)
			out := map[string]models.TrialCount{}
			for _, r := range rows {
				out[r.Variant] = r
			}
			return out
		}
		first := counts(v.Definition)
		of := v.Definition.Steps[0].VariantFor(answered.ID)
		if first["a"].People != got["a"] || first["b"].People != got["b"] || first[of].Replies != 1 || first["a"].Replies+first["b"].Replies != 1 {
			t.Errorf("counted %+v, want %v and one reply to %s", first, got, of)
		}
		// Other words under b begin at nothing; a goes on.
		next, err := app.CRM.Publish(t.Context(), &app.Manager.ID, strings.Replace(triedSteps, "Other words", "Better words", 1), "a test")
		must(t, err)
		if now := counts(next.Definition); now["a"] != first["a"] || now["b"].People != 0 {
			t.Errorf("after b was worded anew: %+v", now)
		}
		// And b again as it was has its results back.
		back, err := app.CRM.Publish(t.Context(), &app.Manager.ID, triedSteps, "a test")
		must(t, err)
		if now := counts(back.Definition); now["b"] != first["b"] {
			t.Errorf("after b was restored: %+v, want %+v", now["b"], first["b"])
		}
	})
}
