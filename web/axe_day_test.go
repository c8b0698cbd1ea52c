package web_test

import (
	"fmt"
	"testing"
	"time"

	"followup/web/webtest"
)

// TestAxeDay lets axe-core look at the pages of the day's order: the team's
// queue, putting off, an apology for a missed call, one's own settings.
func TestAxeDay(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	axe := readAxe(t)
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	app.Text(p, "Call me, please.")
	book(t, app, p, app.Now().Add(time.Minute).Truncate(time.Minute))
	app.Advance(16 * time.Minute)
	app.Tell()
	book(t, app, p, app.Now().Add(9*time.Minute).Truncate(time.Minute))
	v := app.SignIn(app.Rep)
	_, body := v.Get("/?part=waiting")
	missed := taskIn(t, body)
	b := signedIn(t, app, app.Admin)
	pages := []string{"/?who=team", "/?part=back", "/me", fmt.Sprintf("/tasks/%d", missed), fmt.Sprintf("/tasks/%d/later", missed)}
	b.everywhere(axe, pages)
}
