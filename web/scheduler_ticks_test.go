package web_test

import (
	"strings"
	"testing"
	"time"

	"followup/web/webtest"
)

// The page tells each process apart, with its last ticks and how late the
// oldest due touch was at each.
func TestSchedulerShowsTicks(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	threeOf(t, app)
	now := app.Now()
	must(t, app.Store.Heartbeat(t.Context(), "north", now, 4*time.Millisecond))
	must(t, app.Store.Heartbeat(t.Context(), "south", now.Add(72*time.Hour), 9*time.Millisecond)) // the second step was due a day before
	_, body := app.SignIn(app.Manager).Get("/scheduler")
	page := text(body)
	for _, want := range []string{"north", "south", "9 ms", "4 ms", "not late", "behind"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page has no %q:\n%s", want, page)
		}
	}
}
