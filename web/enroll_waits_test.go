package web_test

import (
	"fmt"
	"strings"
	"testing"

	"followup/web/webtest"
)

// Before somebody who waits for an answer is enrolled, the preview says so:
// what begins would take no notice of their question.
func TestEnrollingWhoeverWaits(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	at := fmt.Sprintf("/prospects/%d/enroll?sequence=%d", p.ID, sequenceID(t, app, "seven-touch-follow-up"))
	if _, body := rep.Get(at); strings.Contains(text(body), "for an answer") {
		t.Error("nobody wrote, and somebody waits")
	}
	app.Text(p, "What would the second pump cost?")
	_, body := rep.Get(at)
	wants(t, "the preview", body, "Dana Reyes has waited", "Answer first")
}
