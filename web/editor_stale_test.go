package web_test

import (
	"fmt"
	"strings"
	"testing"

	"followup/web/webtest"
)

// Two people change the same step: what only one of them touched is as they
// left it, what both touched is mine and is said, and a step that the other
// deleted comes back with what was typed in it.
func TestStaleStepIsLaidOver(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	threeOf(t, app)
	desk := editorDesk{t, app, app.SignIn(app.Manager), "three"}
	admin := func(old, now string) {
		t.Helper()
		source := desk.draft().DraftSource
		if source == "" {
			source = threeSteps
		}
		_, err := app.CRM.SaveDraft(t.Context(), app.Admin.ID, "three", desk.draft().Revision, strings.Replace(source, old, now, 1))
		must(t, err)
	}
	second := "  - key: second\n    channel: email\n    timing: {after: {days: 2}}\n    subject: Two\n    body: B\n"
	for _, c := range []struct {
		name     string
		old, now string // what the admin changes
		set      map[string]string
		both     string
		want     []string
	}{
		{"different fields", "subject: Two", "subject: By the admin", map[string]string{"body": "Mine"}, "", []string{"subject: By the admin", "body: Mine"}},
		{"the same field", "subject: Two", "subject: By the admin", map[string]string{"subject": "By me"}, "Both of you changed: Subject", []string{"subject: By me"}},
		{"the timing against the text", "after: {days: 2}", "after: {days: 9}", map[string]string{"body": "Mine"}, "", []string{"after: {days: 9}", "body: Mine"}},
		{"the step is gone", second, "", map[string]string{"body": "Mine"}, "They deleted the step", []string{"key: second", "subject: Two", "body: Mine"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			desk.write(threeSteps)
			fields := desk.fields("second")
			admin(c.old, c.now)
			for name, value := range c.set {
				fields.Set(name, value)
			}
			status, page := desk.manager.Post("/sequences/three/autosave", fields)
			if status != 200 || !strings.Contains(page, "Somebody else saved") {
				t.Errorf("kept over somebody else's: %d", status)
			}
			fields.Set("do", "save")
			status, page = desk.manager.Post("/sequences/three/edit", fields)
			if status != 409 {
				t.Fatalf("a stale save: %d\n%s", status, text(page))
			}
			if said := strings.Contains(text(page), "Both of you changed") || strings.Contains(text(page), "They deleted"); said != (c.both != "") || !strings.Contains(text(page), c.both) {
				t.Errorf("the page does not say %q:\n%s", c.both, text(page))
			}
			merged := desk.mergedText(page)
			for _, want := range c.want {
				if !strings.Contains(merged, want) {
					t.Errorf("the merged text has no %q:\n%s", want, merged)
				}
			}
			// Saved, it is both; and a third who saves in between loses nothing either.
			admin("name: Three", "name: By a third")
			status, page = desk.manager.Post("/sequences/save", form("key", "three", "revision", fmt.Sprint(desk.draft().Revision-1), "was", desk.theirs(page), "source", merged, "do", "draft"))
			if status != 409 || !strings.Contains(desk.mergedText(page), "name: By a third") || !strings.Contains(desk.mergedText(page), c.want[0]) {
				t.Errorf("with a third: %d\n%s", status, desk.mergedText(page))
			}
		})
	}
}

// The sequence itself is laid over field by field, too.
func TestStaleHeadIsLaidOver(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	threeOf(t, app)
	desk := editorDesk{t, app, app.SignIn(app.Manager), "three"}
	desk.write(threeSteps)
	fields := desk.fields("")
	desk.write(strings.Replace(threeSteps, "name: Three\n", "name: Renamed\non_meeting: pause\n", 1))
	fields.Set("on_reply", "finish")
	fields.Set("do", "save")
	status, page := desk.manager.Post("/sequences/three/edit", fields)
	merged := desk.mergedText(page)
	if status != 409 || !strings.Contains(merged, "name: Renamed") || !strings.Contains(merged, "on_reply: finish") || !strings.Contains(merged, "on_meeting: pause") {
		t.Errorf("%d\n%s", status, merged)
	}
}

func (d editorDesk) mergedText(page string) string {
	d.Helper()
	return strings.ReplaceAll(fieldsOfAll(d.T, page).Get("source"), "\r\n", "\n")
}

func (d editorDesk) theirs(page string) string {
	d.Helper()
	return fieldsOfAll(d.T, page).Get("was")
}

// A name is given by a button: while it is typed, what else is typed goes on
// being kept under the step's present one.
func TestRenamingAStepLosesNothing(t *testing.T) {
	desk := newEditorDesk(t, "three")
	desk.write(threeSteps)
	fields := desk.fields("second")
	fields.Set("step_key", "renamed")
	fields.Set("body", "While it was renamed")
	desk.manager.Post("/sequences/three/autosave", fields)
	fields.Set("revision", fmt.Sprint(desk.draft().Revision))
	fields.Set("body", "And after it")
	desk.manager.Post("/sequences/three/autosave", fields)
	if now := desk.draft().DraftSource; !strings.Contains(now, "And after it") || strings.Contains(now, "renamed") {
		t.Errorf("not kept while the step is renamed:\n%s", now)
	}
	fields.Set("revision", fmt.Sprint(desk.draft().Revision))
	fields.Set("do", "up:second")
	if status, page := desk.manager.Post("/sequences/three/edit", fields); status != 200 || !strings.Contains(page, `data-key="renamed"`) {
		t.Errorf("%d", status)
	}
	now := desk.draft().DraftSource
	if at := strings.Index(now, "key: renamed"); at < 0 || at > strings.Index(now, "key: first") {
		t.Errorf("not renamed and moved up at once:\n%s", now)
	}
}
