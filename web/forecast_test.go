package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// The forecast sets what is planned against what each account may send on
// that day: its ramp, what it has sent, and its own hours.
func TestForecastAgainstCapacity(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		manager := app.SignIn(app.Manager)
		account := fmt.Sprintf("/accounts/%d", app.Mailbox.ID)
		if status, body := manager.Post(account+"/limits", form("name", "Rae", "rate", "30", "cap", "200", "gap", "0", "ramp_start", "2", "ramp_step", "1")); status != 200 {
			t.Fatalf("limits: %d\n%s", status, text(body))
		}
		_, err := app.Store.PublishSequence(t.Context(), models.Definition{Key: "tomorrow", Name: "Tomorrow", OnReply: models.ReplyPause, Steps: []models.Step{
			{Key: "s1", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Timing: models.Timing{Kind: models.TimingAfter, Days: 1}, Subject: "Tomorrow", Body: "Shall we talk?"},
		}}, "", "", false, nil, app.Now())
		must(t, err)
		for i := range 5 {
			app.Enroll(app.AddProspect(fmt.Sprintf("Dana%d", i), "Reyes"), "tomorrow", nil)
		}
		app.Tick()
		page := func() string {
			t.Helper()
			_, body := manager.Get("/scheduler")
			return text(body)
		}
		if got := page(); !strings.Contains(got, "2 more than the 3 it may send that day") || !strings.Contains(got, "growing to 200") {
			t.Errorf("by the ramp\n%s", got)
		}
		window := []string{"window_from", "09:00", "window_to", "17:00", "zone", "America/New_York"}
		for _, day := range []string{"1", "3", "4", "5"} { // tomorrow is a Tuesday
			window = append(window, "day", day)
		}
		if status, body := manager.Post(account+"/desk", form(window...)); status != 200 {
			t.Fatalf("hours: %d\n%s", status, text(body))
		}
		app.Advance(2 * time.Minute) // what is counted is kept for one
		if got := page(); !strings.Contains(got, "outside the account’s own hours on that day") {
			t.Errorf("by its hours\n%s", got)
		}
	})
}
