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

// A process that was stopped is no alarm for a day: where others have taken
// over what it left, it has ended.
func TestSilentAndEndedProcesses(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	for name, ago := range map[string]time.Duration{"north": 0, "south": 6 * time.Minute, "west": 20 * time.Minute} {
		must(t, app.Store.Heartbeat(t.Context(), name, app.Now().Add(-ago), time.Millisecond))
	}
	_, body := app.SignIn(app.Manager).Get("/scheduler")
	for name, want := range map[string]string{"north": "", "south": "silent", "west": "ended"} {
		_, row, _ := strings.Cut(body, name)
		row, _, _ = strings.Cut(row, "</td>") // the rest of its first cell
		if got := strings.TrimSpace(text(row)); got != want {
			t.Errorf("%s is marked %q, want %q", name, got, want)
		}
	}
}
