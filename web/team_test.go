package web_test

import (
	"context"
	"encoding/base32"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

var joinLink = regexp.MustCompile(`/join/[A-Za-z0-9]+`)

// Somebody is invited, joins by the link, and the link is worth nothing after.
func TestInvitation(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		admin := app.SignIn(app.Admin)
		status, body := admin.Post("/team", form("name", "Nora New", "email", "nora@example.com", "role", "rep", "zone", "America/Denver"))
		link := joinLink.FindString(body)
		if status != http.StatusOK || link == "" {
			t.Fatalf("status %d, no link\n%s", status, text(body))
		}
		if status, _ := admin.Post("/team", form("name", "Nora Again", "email", "nora@example.com", "role", "rep", "zone", "America/Denver")); status != http.StatusUnprocessableEntity {
			t.Errorf("the same address twice: status %d", status)
		}
		if _, body := app.Client().Post("/sign-in", form("email", "nora@example.com", "password", "")); !strings.Contains(body, "do not go together") {
			t.Error("she is let in without a password")
		}
		nora := app.Client()
		if _, body := nora.Get(link); !strings.Contains(text(body), "Welcome, Nora New") {
			t.Fatalf("no welcome\n%s", text(body))
		}
		for _, bad := range [][2]string{{"short", "short"}, {"a long enough one", "another long one"}} {
			if status, _ := nora.Post(link, form("name", "Nora N", "password", bad[0], "again", bad[1])); status != http.StatusUnprocessableEntity {
				t.Errorf("%v: status %d", bad, status)
			}
		}
		_, body = nora.Post(link, form("name", "Nora Newton", "password", "my very own words", "again", "my very own words"))
		if !strings.Contains(body, `action="/sign-in"`) || !strings.Contains(body, "Your password is set") {
			t.Errorf("after joining\n%s", text(body))
		}
		if status, _ := app.Client().Post(link, form("password", "somebody elses", "again", "somebody elses")); status != http.StatusNotFound {
			t.Errorf("a used link: status %d", status)
		}
		if _, body := nora.Post("/sign-in", form("email", "nora@example.com", "password", "my very own words")); !strings.Contains(body, "Nora Newton") {
			t.Errorf("she cannot sign in\n%s", text(body))
		}
	})
}

// A second factor: set up, asked for, each code once, recovery, taken off.
func TestSecondFactorAtTheDoor(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep := app.SignIn(app.Rep)
	if _, body := rep.Post("/you/factor", nil); !strings.Contains(body, "/you/factor.svg") {
		t.Fatalf("no code is shown\n%s", text(body))
	}
	if _, image := rep.Get("/you/factor.svg"); !strings.HasPrefix(image, "<svg") || len(image) < 2000 {
		t.Errorf("image of %d bytes", len(image))
	}
	_, secret, err := app.Store.SecondFactor(t.Context(), app.Rep.ID)
	if err != nil {
		t.Fatal(err)
	}
	key := base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)
	code := func() string {
		c, err := totp.GenerateCode(key, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if status, _ := rep.Post("/you/factor/confirm", form("code", "000000")); status != http.StatusUnprocessableEntity {
		t.Errorf("a wrong code turns it on: status %d", status)
	}
	_, body := rep.Post("/you/factor/confirm", form("code", code()))
	recovery := regexp.MustCompile(`[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}-[a-z2-7]{4}`).FindAllString(body, -1)
	if len(recovery) != 10 {
		t.Fatalf("%d recovery codes\n%s", len(recovery), text(body))
	}
	used := code()
	door := app.Client()
	if _, body := door.Post("/sign-in", form("email", app.Rep.Email, "password", webtest.Password, "next", "/prospects")); !strings.Contains(body, "Code from your app") {
		t.Fatalf("no code is asked for\n%s", text(body))
	}
	if _, body := door.Get("/"); !strings.Contains(body, `action="/sign-in"`) {
		t.Error("the password alone lets in")
	}
	if status, _ := door.Post("/sign-in/code", form("code", used)); status != http.StatusUnprocessableEntity {
		t.Errorf("a code counts twice: status %d", status)
	}
	app.Advance(time.Minute)
	if _, body := door.Post("/sign-in/code", form("code", code())); !strings.Contains(body, "<h1>Prospects") {
		t.Errorf("the code does not let in, or not to where they were going\n%s", text(body))
	}
	for i, want := range []int{http.StatusOK, http.StatusUnprocessableEntity} {
		c := app.Client()
		c.Post("/sign-in", form("email", app.Rep.Email, "password", webtest.Password))
		if status, _ := c.Post("/sign-in/code", form("code", strings.ToUpper(recovery[0]))); status != want {
			t.Errorf("recovery code, time %d: status %d, want %d", i+1, status, want)
		}
	}
	late := app.Client()
	late.Post("/sign-in", form("email", app.Rep.Email, "password", webtest.Password))
	app.Advance(6 * time.Minute)
	if _, body := late.Post("/sign-in/code", form("code", code())); !strings.Contains(body, "took too long") {
		t.Errorf("a code half an hour later\n%s", text(body))
	}
	admin := app.SignIn(app.Admin)
	admin.Post(fmt.Sprintf("/team/%d/factor", app.Rep.ID), nil)
	if _, body := app.Client().Post("/sign-in", form("email", app.Rep.Email, "password", webtest.Password)); strings.Contains(body, "Code from your app") {
		t.Error("an admin cannot take it off")
	}
}

// Where the workspace asks for it, nothing opens before it is set up.
func TestSecondFactorIsRequired(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	manager := app.SignIn(app.Manager)
	if status, _ := manager.Post("/settings/people", form("visibility", "all", "second_factor", "on")); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	rep := app.SignIn(app.Rep)
	for _, path := range []string{"/", "/prospects", "/me"} {
		if _, body := rep.Get(path); !strings.Contains(body, "asks for a second factor") {
			t.Errorf("%s opens without it", path)
		}
	}
}

func TestSignedOutEverywhere(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	here, there := app.SignIn(app.Rep), app.SignIn(app.Rep)
	if _, body := here.Get("/you"); strings.Count(body, "this one") != 1 || strings.Count(text(body), "Another browser") != 2 {
		t.Errorf("sessions\n%s", text(body))
	}
	here.Post("/you/sign-out", nil)
	if _, body := there.Get("/"); !strings.Contains(body, `action="/sign-in"`) {
		t.Error("the other browser is still signed in")
	}
	if _, body := here.Get("/"); strings.Contains(body, `action="/sign-in"`) {
		t.Error("this one is signed out too")
	}
	if status, _ := here.Post("/you/password", form("old", "not this", "password", "a new long one", "again", "a new long one")); status != http.StatusUnprocessableEntity {
		t.Errorf("changed without the old one: status %d", status)
	}
	third := app.SignIn(app.Rep)
	here.Post("/you/password", form("old", webtest.Password, "password", "a new long one", "again", "a new long one"))
	if _, body := third.Get("/"); !strings.Contains(body, `action="/sign-in"`) {
		t.Error("a new password leaves others signed in")
	}
	app.SignIn(app.Admin).Post(fmt.Sprintf("/team/%d/sign-out", app.Rep.ID), nil)
	if _, body := here.Get("/"); !strings.Contains(body, `action="/sign-in"`) {
		t.Error("an admin cannot sign somebody out")
	}
}

// Away and gone for good, through the pages.
func TestLeaveAndLeaving(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	other := app.AddUser("Olga Other", "olga@example.com", models.RoleRep)
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	admin, manager, rep := app.SignIn(app.Admin), app.SignIn(app.Manager), app.SignIn(app.Rep)
	leave := fmt.Sprintf("/team/%d/leave", app.Rep.ID)
	if status, _ := rep.Post(leave, form("from", "2026-11-23", "to", "2026-11-24")); status != http.StatusForbidden {
		t.Errorf("a rep: status %d", status)
	}
	for _, bad := range [][2]string{{"", ""}, {"2026-11-24", "2026-11-23"}, {"2026-11-20", "2026-11-21"}, {"2026-11-23", "2029-11-23"}} {
		if status, _ := manager.Post(leave, form("from", bad[0], "to", bad[1])); status != http.StatusUnprocessableEntity {
			t.Errorf("%v: status %d", bad, status)
		}
	}
	status, body := manager.Post(leave, form("from", "2026-11-23", "to", "2026-11-24", "stand_in", fmt.Sprint(other.ID), "sequences", "rest"))
	if status != http.StatusOK || !strings.Contains(text(body), "Olga Other gets the tasks") {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	if _, body := manager.Get("/team"); !strings.Contains(text(body), "away until") {
		t.Error("the team does not show it")
	}
	run := person(t, app, p).Enrollments[0].Enrollment
	if run.State != models.EnrollmentPaused {
		t.Errorf("the sequence is %s", run.State)
	}
	app.Advance(48 * time.Hour)
	if err := app.Store.ApplyLeaves(t.Context(), app.Now()); err != nil {
		t.Fatal(err)
	}
	if run := person(t, app, p).Enrollments[0].Enrollment; run.State != models.EnrollmentActive {
		t.Errorf("back: the sequence is %s", run.State)
	}
	left := fmt.Sprintf("/team/%d/left", app.Rep.ID)
	if status, _ := manager.Post(left, form("to", fmt.Sprint(other.ID))); status != http.StatusForbidden {
		t.Errorf("a manager closes an account: status %d", status)
	}
	if _, body := admin.Post(left, form("to", fmt.Sprint(other.ID))); !strings.Contains(body, "1 prospect and ") {
		t.Errorf("leaving\n%s", text(body))
	}
	if v := person(t, app, p); v.Prospect.OwnerID != other.ID {
		t.Errorf("owner %d", v.Prospect.OwnerID)
	}
	if _, body := rep.Get("/"); !strings.Contains(body, `action="/sign-in"`) {
		t.Error("still in")
	}
	if status, _ := admin.Post(fmt.Sprintf("/team/%d/left", app.Admin.ID), form("to", fmt.Sprint(other.ID))); status != http.StatusUnprocessableEntity {
		t.Errorf("closing one's own account: status %d", status)
	}
}

// The rules: each section by itself, with who and when; a mistake keeps what was typed.
func TestSettingsPage(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		manager, rep := app.SignIn(app.Manager), app.SignIn(app.Rep)
		if status, _ := rep.Get("/settings"); status != http.StatusForbidden {
			t.Errorf("a rep: status %d", status)
		}
		good := []string{"quiet_from", "09:00", "quiet_to", "20:00", "out_of_office_days", "5", "out_of_office_max", "30", "holidays", "2026-12-24 closed\n2026-12-31"}
		if status, body := manager.Post("/settings/time", form(good...)); status != http.StatusOK || !strings.Contains(text(body), "Last saved by Mara Lind") {
			t.Errorf("status %d\n%s", status, text(body))
		}
		set, err := app.Store.Settings(t.Context())
		if err != nil || set.QuietFrom != 9*60 || len(set.Holidays) != 2 || set.OutOfOfficeMax != 30 {
			t.Errorf("settings %+v %v", set, err)
		}
		for _, bad := range []struct{ section, field, value string }{
			{"time", "quiet_from", "06:00"}, {"time", "quiet_to", "23:00"}, {"time", "holidays", "christmas"}, {"time", "out_of_office_max", "2"},
			{"sending", "follow_up_limit", "0"}, {"sending", "postal_address", ""}, {"people", "visibility", "nobody"}, {"waiting", "hours", "-3"},
			{"waiting", "written_hold", "9999"},
		} {
			fields := append([]string{"workspace", "Example Works", "postal_address", "1 Example Street", "follow_up_limit", "7", "visibility", "all", "hours", "4", "to", "0"}, good...)
			f := form(fields...)
			f.Set(bad.field, bad.value)
			status, body := manager.Post("/settings/"+bad.section, f)
			if status != http.StatusUnprocessableEntity || bad.value != "" && bad.field != "visibility" && !strings.Contains(body, bad.value) { // a choice shows what there is to choose
				t.Errorf("%+v: status %d", bad, status)
			}
		}
		if status, _ := manager.Post("/settings/waiting", form("hours", "4", "to", "0", "written_hold", "48")); status != http.StatusOK {
			t.Errorf("the rest after a message elsewhere: status %d", status)
		}
		if set, err := app.Store.Settings(t.Context()); err != nil || set.WrittenHold != 48 || set.EscalateAfter != 4 {
			t.Errorf("settings %+v %v", set, err)
		}
		if status, _ := manager.Post("/settings/none", form()); status != http.StatusNotFound {
			t.Errorf("no such section: status %d", status)
		}
	})
}

// Pausing everything needs a reason, shows on every page, and holds what is due.
func TestPauseEverything(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	manager, rep := app.SignIn(app.Manager), app.SignIn(app.Rep)
	if status, _ := rep.Post("/scheduler/pause", form("why", "because")); status != http.StatusForbidden {
		t.Errorf("a rep: status %d", status)
	}
	if status, _ := manager.Post("/scheduler/pause", form("why", " ")); status != http.StatusUnprocessableEntity {
		t.Errorf("without a reason: status %d", status)
	}
	if _, body := manager.Post("/scheduler/pause", form("why", "A wrong price in the letter")); !strings.Contains(body, "A wrong price in the letter") {
		t.Fatal("the page does not say why")
	}
	if _, body := rep.Get("/prospects"); !strings.Contains(body, "A wrong price in the letter") {
		t.Error("other pages do not say it")
	}
	app.Enroll(p, "seven-touch-follow-up", nil)
	sent := func() (n int) {
		for _, m := range person(t, app, p).Messages {
			if m.Direction == models.Outbound {
				n++
			}
		}
		return n
	}
	app.Advance(10 * 24 * time.Hour)
	before := sent()
	manager.Post("/scheduler/resume", nil)
	app.Advance(2 * time.Minute)
	if _, body := manager.Get("/scheduler"); !strings.Contains(text(body), "Earlier pauses") || !strings.Contains(text(body), "Mara Lind") {
		t.Error("the page forgets who paused")
	}
	if before != 0 {
		t.Errorf("%d sent while everything was paused", before)
	}
}

// The trail: words, filters, and exports with the same rows.
func TestAuditPage(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	app.Play()
	admin, rep := app.SignIn(app.Admin), app.SignIn(app.Rep)
	if status, _ := rep.Get("/audit"); status != http.StatusForbidden {
		t.Errorf("a rep: status %d", status)
	}
	_, body := admin.Get("/audit?kind=enrollment.started")
	if n := strings.Count(body, "<b>Enrolled</b>"); n != 6 {
		t.Errorf("%d enrollments\n%s", n, text(body))
	}
	for query, want := range map[string]string{"by=" + fmt.Sprintf("user%%3A%d", app.Rep.ID): "Rae Kim", "by=scheduler": "The scheduler", "from=2031-01-01": "Nothing matches"} {
		if _, body := admin.Get("/audit?" + query); !strings.Contains(text(body), want) {
			t.Errorf("%s: no %q", query, want)
		}
	}
	if status, _ := admin.Get("/audit?from=yesterday&person=1"); status != http.StatusOK {
		t.Errorf("a damaged filter: status %d", status)
	}
	_, csv := admin.Get("/audit/export?as=csv&kind=enrollment.started")
	_, lines := admin.Get("/audit/export?as=jsonl&kind=enrollment.started")
	if strings.Count(csv, "\n") != 7 || strings.Count(lines, "\n") != 6 {
		t.Errorf("%d lines of CSV, %d of JSON", strings.Count(csv, "\n"), strings.Count(lines, "\n"))
	}
	var event struct{ Kind, Actor string }
	first, _, _ := strings.Cut(lines, "\n")
	if err := json.Unmarshal([]byte(first), &event); err != nil || event.Kind != "enrollment.started" {
		t.Errorf("%s: %v", first, err)
	}
	if _, all := admin.Get("/audit/export?as=jsonl"); strings.Contains(all, "Reyes") || strings.Contains(all, "example.com") {
		t.Error("the trail holds what could be erased")
	}
}

// What needs a person stands on one page, each with what resolves it.
func TestAttentionPage(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	app.Play()
	other := app.AddUser("Olga Other", "olga@example.com", models.RoleRep)
	if _, body := app.SignIn(other).Get("/attention"); !strings.Contains(text(body), "Nothing needs you") {
		t.Errorf("an empty page\n%s", text(body))
	}
	stranger(t, app, "+13125550177", "Who are you?")
	unknownSend(t, app)
	manager := app.SignIn(app.Manager)
	_, body := manager.Get("/attention")
	for _, want := range []string{"They were sent", "Send again", "Who are you?", "Concerns nobody"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q\n%s", want, text(body))
		}
	}
	task := regexp.MustCompile(`name="what" value="handed"><input type="hidden" name="task" value="(\d+)"`).FindStringSubmatch(body)
	if task == nil {
		t.Fatal("no form about the sends")
	}
	if status, _ := app.SignIn(other).Post("/attention", form("what", "handed", "task", task[1], "do", "sent")); status != http.StatusForbidden {
		t.Errorf("somebody else resolves it: status %d", status)
	}
	if _, body := manager.Post("/attention", form("what", "handed", "task", task[1], "do", "sent")); !strings.Contains(body, "1 noted as sent") {
		t.Errorf("\n%s", text(body))
	}
	id := regexp.MustCompile(`name="what" value="message"><input type="hidden" name="id" value="(\d+)"`).FindStringSubmatch(body)
	if _, body := manager.Post("/attention", form("what", "message", "id", id[1])); strings.Contains(text(body), "Who are you?") {
		t.Error("the stranger's message is still there")
	}
	// What could not be read is tried again, or set aside, by a manager.
	if _, err := app.Replies.Receive(t.Context(), models.Raw{Provider: models.ProviderTwilio, ProviderID: "SM-broken", Channel: models.ChannelSMS, Content: []byte("{"), ReceivedAt: app.Now()}); err != nil {
		t.Fatal(err)
	}
	_, body = manager.Get("/attention")
	in := regexp.MustCompile(`name="inbound" value="(\d+)"`).FindStringSubmatch(body)
	if in == nil || !strings.Contains(text(body), "Came in and could not be read") {
		t.Fatalf("what could not be read is not shown\n%s", text(body))
	}
	if status, _ := app.SignIn(other).Post("/attention", form("what", "inbound", "inbound", in[1], "do", "dismiss")); status != http.StatusForbidden {
		t.Errorf("a rep sets it aside: status %d", status)
	}
	if status, body := manager.Post("/attention", form("what", "inbound", "inbound", in[1], "do", "again")); status != http.StatusConflict || !strings.Contains(text(body), "still cannot be worked through") {
		t.Errorf("tried again: status %d\n%s", status, text(body))
	}
	if _, body := manager.Post("/attention", form("what", "inbound", "inbound", in[1], "do", "dismiss")); strings.Contains(text(body), "could not be read") {
		t.Errorf("it is still there\n%s", text(body))
	}
	if status, _ := manager.Post("/attention", form("what", "else")); status != http.StatusUnprocessableEntity {
		t.Errorf("a damaged form: status %d", status)
	}
}

// unknownSend leaves one message of which nobody knows whether it went out.
func unknownSend(t *testing.T, app *webtest.App) {
	t.Helper()
	ctx := t.Context()
	pause := func(paused bool) {
		_, err := app.Store.ChangeSettings(ctx, "pause", models.ActorSystem, app.Now(), func(s *models.Settings) error { s.Paused = paused; return nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	pause(true)
	p := app.AddProspect("Umar", "Unknown")
	// The confirmation of a booked call is a message at once.
	_, err := app.CRM.Book(ctx, models.UserActor(app.Rep.ID), crm.BookRequest{ProspectID: p.ID, RepID: app.Rep.ID, StartsAt: app.Now().Add(100 * time.Hour), Title: "A call"})
	if err != nil {
		t.Fatal(err)
	}
	app.Advance(time.Minute)
	pause(false)
	var of models.Due
	claimed, err := app.Store.ClaimDue(ctx, models.ClaimRequest{Now: app.Now().Add(48 * time.Hour), Replica: "gone", Slots: 20, Batch: 20, SendFor: time.Minute}, func(_ context.Context, dues []models.Due) []models.Decision {
		var out []models.Decision
		for _, d := range dues {
			if d.Prospect.ID == p.ID && d.Touch.Kind == models.TouchMessage && of.Touch.ID == 0 {
				of = d
				out = append(out, models.Decision{TouchID: d.Touch.ID, Action: models.DecideSend, Message: &models.Message{Token: "unknown", Channel: d.Touch.Channel, ToAddress: "umar@example.com", Text: "Hello", Sender: d.Sender}})
				continue
			}
			out = append(out, models.Decision{TouchID: d.Touch.ID, Action: models.DecideHold, Reason: models.HoldGap, Until: app.Now().Add(72 * time.Hour)})
		}
		return out
	})
	if err != nil || len(claimed.Dispatches) != 1 {
		t.Fatalf("%d handed over: %v", len(claimed.Dispatches), err)
	}
	err = app.Store.Settle(ctx, []models.SendResult{{TouchID: of.Touch.ID, Attempt: claimed.Dispatches[0].Touch.Attempt, Replica: "gone", Class: models.SendAmbiguous, At: app.Now()}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := app.Store.Reconcile(ctx, of.Touch.ID, false, false, "", app.Now()); err != nil {
		t.Fatal(err)
	}
}
