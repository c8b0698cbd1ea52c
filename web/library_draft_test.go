package web_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// What is typed over a published entry is kept for its writer alone until
// they save it, laid over what somebody else saved meanwhile, or discarded.
func TestDraftOverAPublishedEntry(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		point, err := app.CRM.SaveTalkingPoint(t.Context(), models.UserActor(app.Manager.ID), models.TalkingPoint{Kind: "new_policy", Text: "the rule changed in May", State: models.LibraryPublished})
		must(t, err)
		path := fmt.Sprintf("/library/points/%d", point.ID)
		manager, admin := app.SignIn(app.Manager), app.SignIn(app.Admin)
		typed := func(do, text string, revision int64) url.Values {
			return form("do", do, "revision", fmt.Sprint(revision), "kind", "new_policy", "text", text)
		}
		stored := func() string {
			p, err := app.Store.TalkingPoint(t.Context(), point.ID)
			must(t, err)
			return p.Text
		}
		if status, _ := manager.Post(path, typed("autosave", "the rule changed in June", point.Revision)); status != 204 {
			t.Fatalf("autosave: %d", status)
		}
		if stored() != "the rule changed in May" {
			t.Error("what is published changed before it was saved")
		}
		if _, body := manager.Get(path); !strings.Contains(body, "changed in June") || !strings.Contains(body, "Discard it") {
			t.Error("the writer does not find what they typed")
		}
		if _, body := admin.Get(path); strings.Contains(body, "changed in June") || strings.Contains(body, "Discard it") {
			t.Error("somebody else sees it")
		}
		// Discarded, it is as published; typed again and saved, it is published.
		manager.Post(path, typed("discard", "the rule changed in June", point.Revision))
		if _, body := manager.Get(path); !strings.Contains(body, "changed in May") || strings.Contains(body, "Discard it") {
			t.Error("it was not discarded")
		}
		manager.Post(path, typed("autosave", "the rule changed in July", point.Revision))
		admin.Post(path, typed("save", "the rule changed in April", point.Revision))
		status, body := manager.Post(path, typed("save", "the rule changed in July", point.Revision))
		if status != 409 || !strings.Contains(body, "changed in April") || !strings.Contains(body, "changed in July") {
			t.Errorf("over somebody else's: %d", status)
		}
		manager.Post(path, typed("save", "the rule changed in July", point.Revision+1))
		if _, body := manager.Get(path); stored() != "the rule changed in July" || strings.Contains(body, "Discard it") {
			t.Errorf("saved: %q", stored())
		}
	})
}
