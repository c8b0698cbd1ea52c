package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"followup/models"
	"followup/web/webtest"
)

// linkOf sends somebody an email and gives the address of its page.
func linkOf(t *testing.T, app *webtest.App, p models.Prospect) string {
	t.Helper()
	at := app.Now().Add(50 * time.Hour)
	app.Enroll(p, "booked-call-back", &at)
	app.Tick()
	app.Advance(time.Minute)
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range v.Messages {
		if m.Direction == models.Outbound && m.Channel == models.ChannelEmail {
			return "/u/" + m.Token
		}
	}
	t.Fatal("no email was sent")
	return ""
}

func knownOf(t *testing.T, app *webtest.App, p models.Prospect) models.Person {
	t.Helper()
	v, err := app.Store.Person(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A customer's own page closes channels, and opens again what it closed
// itself; it never undoes what they said elsewhere.
func TestPreferences(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	link := linkOf(t, app, p)
	them := app.Client()
	if _, body := them.Get(link); !strings.Contains(body, "What we may send you") || !strings.Contains(body, "Text messages") {
		t.Fatalf("%s", text(body))
	}
	status, body := them.Post(link, form("save", "chosen", "has-email", "1", "email", "on", "has-texts", "1", "has-calls", "1", "calls", "on", "rest", "30", "gap", "7"))
	if status != http.StatusOK || !strings.Contains(body, "Your choice is saved") {
		t.Fatalf("%d %s", status, text(body))
	}
	got := knownOf(t, app, p)
	if len(got.Suppressions) != 1 || got.Suppressions[0].Channel != models.ChannelSMS || got.Suppressions[0].Source != models.SourcePreferences ||
		got.Prospect.GapDays != 7 || got.Prospect.RestUntil == nil || !got.Prospect.RestUntil.Equal(app.Now().AddDate(0, 0, 30)) {
		t.Fatalf("%+v %+v", got.Suppressions, got.Prospect)
	}
	// What they said in a reply is not undone here.
	app.Text(p, "STOP")
	them.Post(link, form("save", "chosen", "has-email", "1", "email", "on", "has-texts", "1", "texts", "on", "has-calls", "1", "calls", "on", "rest", "0", "gap", "0"))
	got = knownOf(t, app, p)
	for _, s := range got.Suppressions {
		if s.Source == models.SourcePreferences && s.LiftedAt == nil {
			t.Errorf("what the page closed it opens again: %+v", s)
		}
	}
	if len(got.Suppressions) == 0 || got.Prospect.RestUntil != nil || got.Prospect.GapDays != 0 {
		t.Errorf("STOP stands, the pause does not: %+v %+v", got.Suppressions, got.Prospect)
	}
	if status, _ := them.Post(link, form("save", "chosen", "rest", "-5", "gap", "0")); status != http.StatusUnprocessableEntity {
		t.Errorf("a pause of -5 days: status %d", status)
	}
	if status, body = them.Post(link, form("save", "off", "rest", "0", "gap", "0")); status != http.StatusOK || !strings.Contains(body, "Nothing more is sent") {
		t.Errorf("%d %s", status, text(body))
	}
	for _, e := range mustLive(t, app, p) {
		t.Errorf("%+v goes on", e)
	}
}

func mustLive(t *testing.T, app *webtest.App, p models.Prospect) []models.Enrollment {
	t.Helper()
	v, err := app.Store.ViewPerson(context.Background(), p.ID)
	if err != nil {
		t.Fatal(err)
	}
	var live []models.Enrollment
	for _, e := range v.Enrollments {
		if e.Enrollment.Live() {
			live = append(live, e.Enrollment)
		}
	}
	return live
}

// In a browser: opening the link changes nothing, the boxes do.
func TestPreferencesInTheBrowser(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	link := linkOf(t, app, p)
	b := browser{t: t, ctx: webtest.Browser(t, time.Minute), app: app}
	b.do("open the link", chromedp.Navigate(app.URL+link), chromedp.WaitVisible(chromedp.CSS(`button[name="List-Unsubscribe"]`)))
	b.do("again", chromedp.Navigate(app.URL+link), chromedp.WaitVisible(chromedp.CSS(`input[name="texts"]`)))
	if n := len(knownOf(t, app, p).Suppressions); n != 0 {
		t.Fatalf("opening the page made %d orders", n)
	}
	b.do("no more texts", chromedp.Click(chromedp.CSS(`input[name="texts"]`)), chromedp.Click(chromedp.CSS(`button[value="chosen"]`)), chromedp.WaitVisible(chromedp.CSS(`section[role="status"]`)))
	got := knownOf(t, app, p).Suppressions
	if len(got) != 1 || got[0].Channel != models.ChannelSMS {
		t.Fatalf("%+v", got)
	}
	b.do("unsubscribe", chromedp.Navigate(app.URL+link), chromedp.Click(chromedp.CSS(`button[name="List-Unsubscribe"]`)), gone(`button[name="List-Unsubscribe"]`))
	if n := len(knownOf(t, app, p).Suppressions); n != 2 {
		t.Errorf("%d orders", n)
	}
}

// The page of the rules: each with its source; a wrong value is refused and
// kept, one's own holds, the default comes back; limits and lists.
func TestRulesPage(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	admin := app.SignIn(app.Admin)
	_, body := admin.Get("/settings/rules")
	for _, want := range []string{"501.616", "FCC 22-85", "This is no legal advice", "Touches of one person a day"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if status, body := admin.Post("/settings/rules", form("id", "hours/US-TX", "value", "always")); status != http.StatusUnprocessableEntity || !strings.Contains(body, `value="always"`) {
		t.Errorf("%d", status)
	}
	if status, body := admin.Post("/settings/rules", form("id", "hours/US-TX", "value", "Mon-Fri 10:00-18:00")); status != http.StatusOK || !strings.Contains(body, "Default: Mon-Sat 09:00-21:00") {
		t.Errorf("%d", status)
	}
	set, err := app.Store.Settings(context.Background())
	if err != nil || set.Rules != "hours/US-TX = Mon-Fri 10:00-18:00" {
		t.Fatalf("%q %v", set.Rules, err)
	}
	admin.Post("/settings/rules", form("id", "hours/US-TX", "default", "1"))
	caps := form("person_day", "3", "person_gap", "0", "company_day", "20", "active_per_rep", "150", "failed_days", "3", "rest_days", "30", "text_budget", "50", "spread", "20")
	if status, _ := admin.Post("/settings/rules/caps", caps); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	caps.Set("company_day", "-1")
	if status, _ := admin.Post("/settings/rules/caps", caps); status != http.StatusUnprocessableEntity {
		t.Errorf("%d", status)
	}
	if set, err = app.Store.Settings(context.Background()); err != nil || set.Rules != "" || set.Caps.PersonDay != 3 || set.Caps.CompanyDay != 20 {
		t.Fatalf("%+v %v", set, err)
	}
	rep := app.SignIn(app.Rep)
	if status, _ := rep.Post("/settings/rules/caps", caps); status != http.StatusForbidden {
		t.Errorf("a rep: status %d", status)
	}
}
