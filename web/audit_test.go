package web_test

import (
	"fmt"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// The trail is searched by whom it is about, in the words by which people are
// found everywhere; a send says why it was sent, a sequence its name.
func TestAuditIsSearched(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		dana, ines := app.AddProspect("Dana", "Reyes"), app.AddProspect("Ines", "Reyes")
		for _, p := range []models.Prospect{dana, ines} {
			app.Enroll(p, "seven-touch-follow-up", nil)
		}
		app.Tick()
		admin := app.SignIn(app.Admin)
		_, body := admin.Get("/audit?who=reyes")
		if !strings.Contains(body, "Several people fit") || !strings.Contains(body, fmt.Sprintf("person=%d", dana.ID)) || !strings.Contains(body, fmt.Sprintf("person=%d", ines.ID)) || strings.Contains(body, "<tbody>") {
			t.Errorf("two people\n%s", text(body))
		}
		_, body = admin.Get("/audit?who=dana+reyes&kind=enrollment.started")
		if strings.Count(body, "<b>Enrolled</b>") != 1 || !strings.Contains(text(body), "Only Dana Reyes") || !strings.Contains(body, fmt.Sprintf("/audit/export?as=csv&amp;kind=enrollment.started&amp;person=%d", dana.ID)) {
			t.Errorf("one person\n%s", text(body))
		}
		if status, body := admin.Get("/audit?who=xylophone"); status != 200 || !strings.Contains(body, "nobody is called so") || strings.Contains(body, "<tbody>") {
			t.Errorf("nobody: %d\n%s", status, text(body))
		}
		if _, body := admin.Get("/audit?kind=sequence.published"); !strings.Contains(body, `href="/sequences/seven-touch-follow-up"`) {
			t.Errorf("a sequence's name\n%s", text(body))
		}
	})
}
