package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"followup/models"
	"followup/scheduler"
	"followup/web/webtest"
)

const threeSteps = `# For people who asked.
key: three
name: Three
steps:
  - key: first
    channel: email
    subject: One
    body: Hello {{ prospect.first_name }} # not a comment
  - key: second
    channel: email
    timing: {after: {days: 2}}
    subject: Two
    body: B
  - key: third
    channel: email
    timing: {after: {days: 2}}
    subject: Three
    body: C
`

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// threeOf publishes the sequence and puts a person in who got the first step.
func threeOf(t *testing.T, app *webtest.App) (models.Sequence, models.Prospect, models.Enrollment) {
	t.Helper()
	_, err := app.CRM.Publish(t.Context(), &app.Manager.ID, threeSteps, "a test")
	must(t, err)
	seq, err := app.Store.SequenceByKey(t.Context(), "three")
	must(t, err)
	p := app.AddProspect("Lee", "Young")
	e, err := app.Scheduler.Enroll(t.Context(), scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: seq.ID, RepID: p.OwnerID, By: models.ActorSystem})
	must(t, err)
	app.Tick()
	return seq, p, e
}

// The editor saves what is typed, keeps comments, moves steps, and asks at
// publishing what happens to the people inside.
func TestEditPublishAndMove(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	_, _, e := threeOf(t, app)
	manager := app.SignIn(app.Manager)
	revision := func() string {
		seq, err := app.Store.SequenceByKey(t.Context(), "three")
		must(t, err)
		return fmt.Sprint(seq.Revision)
	}
	status, body := manager.Get("/sequences/three/edit?step=second")
	if status != 200 || !strings.Contains(body, `value="Two"`) {
		t.Fatalf("%d: %s", status, body)
	}
	fields := func(pairs ...string) url.Values {
		return form(append([]string{"step", "second", "revision", revision(), "name", "Second thoughts", "channel", "email", "timing", "after", "amount", "3", "unit", "business_days",
			"side", "after", "at", "10:30", "purpose", "follow_up", "contact", "", "when", "", "subject", "Better", "body", "B"}, pairs...)...)
	}
	manager.Post("/sequences/three/edit", fields("do", "save"))
	draft := func() string {
		seq, err := app.Store.SequenceByKey(t.Context(), "three")
		must(t, err)
		return seq.DraftSource
	}
	for _, want := range []string{"# For people who asked.", "name: Second thoughts", "business_days: 3", `at: "10:30"`, "subject: Better"} {
		if !strings.Contains(draft(), want) {
			t.Errorf("the draft has no %q:\n%s", want, draft())
		}
	}
	manager.Post("/sequences/three/edit", form("do", "up:third", "step", "second", "revision", revision(), "name", "Second thoughts", "channel", "email", "timing", "after",
		"amount", "3", "unit", "business_days", "side", "after", "at", "10:30", "purpose", "follow_up", "subject", "Better", "body", "B"))
	if strings.Index(draft(), "key: third") > strings.Index(draft(), "key: second") {
		t.Errorf("third was not moved up:\n%s", draft())
	}
	// A stale save is laid over what is there, and saves nothing.
	before := draft()
	status, body = manager.Post("/sequences/three/edit", form("do", "save", "step", "first", "revision", "1", "channel", "email", "timing", "after", "subject", "Stale", "body", "Mine"))
	if status != 409 || !strings.Contains(body, "Save the two together") || !strings.Contains(body, "Stale") || draft() != before {
		t.Errorf("a stale save: %d\n%s", status, body)
	}
	_, body = manager.Get("/sequences/three/publish")
	if !strings.Contains(body, "1 person is inside") || !strings.Contains(body, "moved") {
		t.Errorf("publish page: %s", body)
	}
	status, body = manager.Post("/sequences/three/publish", form("do", "publish", "revision", revision(), "asks", "inside", "override", "a test"))
	if status != 422 || !strings.Contains(body, "Say what happens") {
		t.Errorf("published without an answer: %d", status)
	}
	_, body = manager.Post("/sequences/three/publish", form("do", "preview", "revision", revision(), "asks", "inside", "inside", "move"))
	if !strings.Contains(body, "Lee Young") || !strings.Contains(body, "<b>third</b>") {
		t.Errorf("the preview does not say that third comes next: %s", body)
	}
	manager.Post("/sequences/three/publish", form("do", "publish", "revision", revision(), "asks", "inside", "inside", "move", "override", "a test"))
	app.Tick()
	in, err := app.Store.PlanOf(t.Context(), e.ID)
	must(t, err)
	if in.Version.Number != 2 || in.Pending != nil {
		t.Errorf("version %d, pending %v", in.Version.Number, in.Pending)
	}
	if last := in.Touches[len(in.Touches)-1]; last.StepKey != "third" || last.State != models.TouchPlanned {
		t.Errorf("next is %s, %s", last.StepKey, last.State)
	}
	_, body = manager.Get("/sequences/three/history")
	if !strings.Contains(body, "Mara Lind") || !strings.Contains(body, "<ins") {
		t.Errorf("history: %s", body)
	}
}

// Whose step is gone is held with a task, and goes on where a person says.
func TestStepGoneIsHeldAndPlaced(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	seq, p, e := threeOf(t, app)
	manager, rep := app.SignIn(app.Manager), app.SignIn(app.Rep)
	source := strings.Replace(threeSteps, "key: first", "key: other", 1)
	if _, err := app.CRM.SaveDraft(t.Context(), app.Manager.ID, "three", seq.Revision, source); err != nil {
		t.Fatal(err)
	}
	_, body := manager.Get("/sequences/three/publish?inside=move")
	if !strings.Contains(body, "Steps that are gone") || !strings.Contains(body, "1 would be held") {
		t.Errorf("the preview does not say who is held: %s", body)
	}
	_, body = manager.Get("/sequences/three/publish?inside=move&go_on:first=third")
	if strings.Contains(body, "would be held") {
		t.Error("still held with a step chosen")
	}
	manager.Post("/sequences/three/publish", form("do", "publish", "revision", fmt.Sprint(seq.Revision+1), "asks", "inside", "inside", "move", "override", "a test"))
	app.Tick()
	in, err := app.Store.PlanOf(t.Context(), e.ID)
	must(t, err)
	if in.Version.Number != 1 || !in.Enrollment.PausedFor(models.PauseNeedsAttention) {
		t.Fatalf("version %d, %v", in.Version.Number, in.Enrollment.Pauses)
	}
	status, body := rep.Get(fmt.Sprintf("/enrollments/%d/place", e.ID))
	if status != 200 || !strings.Contains(body, "Stay on version 1") {
		t.Fatalf("%d: %s", status, body)
	}
	if status, _ := rep.Post(fmt.Sprintf("/enrollments/%d/place", e.ID), form("go_on_at", "nowhere")); status != 422 {
		t.Errorf("a step that is not there: %d", status)
	}
	rep.Post(fmt.Sprintf("/enrollments/%d/place", e.ID), form("go_on_at", "third"))
	app.Tick()
	in, err = app.Store.PlanOf(t.Context(), e.ID)
	must(t, err)
	if last := in.Touches[len(in.Touches)-1]; in.Version.Number != 2 || last.StepKey != "third" || !in.Enrollment.Active() {
		t.Errorf("version %d, next %s, %s", in.Version.Number, last.StepKey, in.Enrollment.State)
	}
	_ = p
}

// Archived: nobody enters; copied: a draft of its own; restored: the draft says it again.
func TestArchiveCopyRestore(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	seq, _, _ := threeOf(t, app)
	manager, rep := app.SignIn(app.Manager), app.SignIn(app.Rep)
	if status, _ := rep.Post("/sequences/three/archive", form("do", "archive")); status != 403 {
		t.Errorf("a rep archives: %d", status)
	}
	manager.Post("/sequences/three/archive", form("do", "archive"))
	other := app.AddProspect("Kim", "Stone")
	_, err := app.Scheduler.Enroll(t.Context(), scheduler.EnrollRequest{ProspectID: other.ID, SequenceID: seq.ID, RepID: other.OwnerID, By: models.ActorSystem})
	if models.CodeOf(err) != models.CodeRefused {
		t.Errorf("enrolled in an archived sequence: %v", err)
	}
	manager.Post("/sequences/three/archive", form("do", "open"))
	if _, err := app.Scheduler.Enroll(t.Context(), scheduler.EnrollRequest{ProspectID: other.ID, SequenceID: seq.ID, RepID: other.OwnerID, By: models.ActorSystem}); err != nil {
		t.Errorf("opened again: %v", err)
	}
	if status, body := manager.Post("/sequences/three/clone", form("name", "A copy", "key", "three")); status != 422 || !strings.Contains(body, "choose another key") {
		t.Errorf("a copy under a key that is taken: %d", status)
	}
	manager.Post("/sequences/three/clone", form("name", "A copy", "key", "four"))
	four, err := app.Store.SequenceByKey(t.Context(), "four")
	must(t, err)
	if four.State != models.SequenceDraft || !strings.Contains(four.DraftSource, "key: four") || !strings.Contains(four.DraftSource, "# For people who asked.") {
		t.Errorf("%s\n%s", four.State, four.DraftSource)
	}
	if _, err := app.CRM.Publish(t.Context(), &app.Manager.ID, strings.Replace(threeSteps, "subject: Two", "subject: Second", 1), "a test"); err != nil {
		t.Fatal(err)
	}
	now, err := app.Store.SequenceByKey(t.Context(), "three")
	must(t, err)
	manager.Post("/sequences/three/restore", form("number", "1", "revision", fmt.Sprint(now.Revision)))
	if now, err = app.Store.SequenceByKey(t.Context(), "three"); err != nil || now.DraftSource != threeSteps {
		t.Errorf("%v\n%s", err, now.DraftSource)
	}
}

// A trial's winner is published with one click; a draft under way keeps the rest.
func TestWinner(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	tried := strings.Replace(threeSteps, "    body: B\n", "    body: B\n    variants:\n      - key: a\n        body: Text A\n      - key: b\n        body: Text B\n", 1)
	if _, err := app.CRM.Publish(t.Context(), &app.Manager.ID, tried, "a test"); err != nil {
		t.Fatal(err)
	}
	seq, err := app.Store.SequenceByKey(t.Context(), "three")
	must(t, err)
	_, err = app.CRM.SaveDraft(t.Context(), app.Manager.ID, "three", seq.Revision, strings.Replace(tried, "name: Three", "name: Mine", 1))
	must(t, err)
	manager := app.SignIn(app.Manager)
	if _, body := manager.Get("/sequences/three"); !strings.Contains(body, "Too few to tell") {
		t.Errorf("no trial on the page: %s", body)
	}
	manager.Post("/sequences/three/winner", form("step", "second", "variant", "b", "inside", "move"))
	v, err := app.Store.SequenceVersion(t.Context(), seq.ID, 0)
	must(t, err)
	if st, _ := v.Definition.Step("second"); v.Number != 2 || st.Body != "Text B" || len(st.Variants) > 0 {
		t.Errorf("%d %+v", v.Number, st)
	}
	if seq, err = app.Store.SequenceByKey(t.Context(), "three"); err != nil || !strings.Contains(seq.DraftSource, "name: Mine") || strings.Contains(seq.DraftSource, "variants") {
		t.Errorf("the draft: %v\n%s", err, seq.DraftSource)
	}
}
