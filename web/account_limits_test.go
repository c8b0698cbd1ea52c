package web_test

import (
	"fmt"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// A ramp and the time between two messages are entered by form; what makes no
// sense is refused beside its field and nothing is lost.
func TestRampAndGap(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	manager := app.SignIn(app.Manager)
	path := fmt.Sprintf("/accounts/%d", app.Mailbox.ID)
	save := func(pairs ...string) (int, string) {
		return manager.Post(path+"/limits", form(append([]string{"name", "Rae", "rate", "30"}, pairs...)...))
	}
	mailbox := func() models.Sender { return senderAt(t, app, app.Mailbox.Address) }

	for _, bad := range []struct{ pairs, want string }{
		{"cap=0 gap=0 ramp_start=20 ramp_step=5", "leads up to"},
		{"cap=10 gap=0 ramp_start=20 ramp_step=5", "begins below"},
		{"cap=200 gap=0 ramp_start=20 ramp_step=0", "how many more"},
		{"cap=200 gap=-1 ramp_start=0 ramp_step=0", "between two messages"},
		{"cap=200 gap=0 ramp_start=20 ramp_step=5 ramp_from=soon", "not a date"},
	} {
		var pairs []string
		for pair := range strings.FieldsSeq(bad.pairs) {
			name, value, _ := strings.Cut(pair, "=")
			pairs = append(pairs, name, value)
		}
		status, body := save(pairs...)
		if status != 422 || !strings.Contains(body, bad.want) || mailbox().RampStart != 0 {
			t.Errorf("%s: %d, ramp from %d, %q is missing", bad.pairs, status, mailbox().RampStart, bad.want)
		}
	}
	status, body := save("cap", "200", "gap", "90", "ramp_start", "20", "ramp_step", "10", "ramp_from", "2026-11-20")
	if x := mailbox(); status != 200 || x.RampStart != 20 || x.RampStep != 10 || x.RampFrom != "2026-11-20" || x.GapSeconds != 90 || x.DailyCap != 200 {
		t.Errorf("%d: %+v", status, x)
	}
	if !strings.Contains(body, "Today it may send 50 of the 200") { // the fourth day
		t.Error("the page does not say how far the ramp has come")
	}
	save("cap", "200", "gap", "0", "ramp_start", "20", "ramp_step", "10")
	if x := mailbox(); x.RampFrom != models.Date("2026-11-23") || x.GapSeconds != 0 {
		t.Errorf("without a day it begins today: %q", x.RampFrom)
	}
	save("cap", "200", "gap", "0", "ramp_start", "0", "ramp_step", "10")
	if x := mailbox(); x.RampFrom != "" || x.RampStep != 0 {
		t.Errorf("no ramp: %+v", x)
	}
}
