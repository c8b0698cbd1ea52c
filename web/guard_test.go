package web_test

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/crm"
	"followup/models"
	"followup/store"
	"followup/web"
	"followup/web/webtest"
)

// unguarded are the routes whose {id} is no record of a prospect's, with what
// decides instead.
var unguarded = map[string]string{
	"/accounts/": "the sender's owner", "/team/": "the role", "/teams/": "the role", "/leaves/": "the role", "/filters/": "whose filter it is",
	"/enroll/": "whose batch it is", "/imports/": "whose import it is", "/library/": "the library is everybody's", "/inbox/raw/": "its message, below",
	"/inbox/matching/": "the account that it came to", "/companies/{id}": "a company is everybody's, its people are not",
}

// invisible is a customer of Rae's with a record of every kind.
type invisible struct {
	prospect models.Prospect
	ids      map[string][]int64 // by the first part of an address
	raw      int64
	stranger int64
}

func hide(t *testing.T, app *webtest.App) invisible {
	t.Helper()
	ctx := context.Background()
	p := app.AddProspect("Dana", "Reyes")
	app.Enroll(p, "seven-touch-follow-up", nil)
	app.Tick()
	call := openCall(t, app, p)
	rep := app.SignIn(app.Rep)
	if status, body := rep.Post(fmt.Sprintf("/tasks/%d/outcome", call), form("outcome", "connected", "notes", "We spoke.")); status != http.StatusOK {
		t.Fatalf("close: %d %s", status, text(body))
	}
	a := book(t, app, p, app.Now().Add(3*time.Hour).Truncate(time.Minute))
	app.Text(p, "Can we do Friday?")
	if status, body := rep.Post(fmt.Sprintf("/prospects/%d/answer", p.ID), form("body", "Friday it is.")); status != http.StatusOK {
		t.Fatalf("answer: %d %s", status, text(body))
	}
	if _, err := app.CRM.RecordCommitment(ctx, models.UserActor(app.Rep.ID), models.Commitment{ProspectID: p.ID, RepID: app.Rep.ID, Outcome: "Send the counts", DueOn: "2026-12-04"}); err != nil {
		t.Fatal(err)
	}
	v := person(t, app, p)
	x := invisible{prospect: p, ids: map[string][]int64{"prospects": {p.ID}, "sandbox": {p.ID}, "companies": {*v.Prospect.CompanyID}, "appointments": {a.ID}}}
	for id := int64(1); id < 20; id++ {
		if about, _, err := app.Store.About(ctx, store.SubjectTask, id); err == nil && about != nil {
			x.ids["tasks"] = append(x.ids["tasks"], id)
		}
	}
	for _, e := range v.Enrollments {
		x.ids["enrollments"] = append(x.ids["enrollments"], e.Enrollment.ID)
	}
	for _, c := range v.Commitments {
		x.ids["commitments"] = append(x.ids["commitments"], c.ID)
	}
	for _, m := range v.Messages {
		x.ids["messages"] = append(x.ids["messages"], m.ID)
		if m.InboundID != nil {
			x.raw = *m.InboundID
		}
	}
	for _, touch := range v.Touches {
		if touch.StepKey == "answer" && touch.State == models.TouchPlanned {
			x.ids["answers"] = append(x.ids["answers"], touch.ID)
		}
	}
	x.stranger = stranger(t, app, "+12125550162", "Is this still your number?")
	return x
}

// A rep reaches nothing of somebody whom the rules hide from them, by whatever
// address: no page is shown and no form does anything.
func TestWhatIsInvisibleStaysSo(t *testing.T) {
	for _, rule := range []models.Visibility{models.SeeOwn, models.SeeTeam} {
		t.Run(string(rule), func(t *testing.T) {
			webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) { testInvisible(t, app, rule) })
		})
	}
}

func testInvisible(t *testing.T, app *webtest.App, rule models.Visibility) {
	x := hide(t, app)
	stranger := otherTeam(t, app, rule)
	own, err := app.CRM.CreateProspect(context.Background(), models.UserActor(stranger.ID), crm.ProspectInput{FirstName: "Noor", LastName: "Haddad", Zone: "America/Chicago", OwnerID: stranger.ID})
	if err != nil {
		t.Fatal(err)
	}
	before := person(t, app, x.prospect)
	client := app.SignIn(stranger)
	refused := func(method, path string, fields ...string) {
		t.Helper()
		var status int
		var body string
		if method == http.MethodGet {
			status, body = client.Get(path)
		} else {
			status, body = client.Post(path, form(fields...))
		}
		if status != http.StatusForbidden && status != http.StatusNotFound {
			t.Errorf("%s %s: status %d\n%s", method, path, status, text(body))
		}
		if strings.Contains(body, "Reyes") || strings.Contains(body, "Friday") {
			t.Errorf("%s %s tells of the customer\n%s", method, path, text(body))
		}
	}
	patterns, err := web.Patterns()
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]bool{}
	for _, pattern := range patterns {
		if !web.Guarded(pattern) {
			continue
		}
		method, path, _ := strings.Cut(pattern, " ")
		first := strings.Split(path, "/")[1]
		for _, id := range x.ids[first] {
			tried[first] = true
			to := strings.NewReplacer("{id}", fmt.Sprint(id), "{file}", "1", "{n}", "1").Replace(path)
			refused(method, to, "outcome", "no_answer", "state", "done", "do", "text", "play", "text", "body", "Hello", "starts_at", "2026-12-04T10:00", "mark", "positive", "to", fmt.Sprint(stranger.ID), "for", "hour")
		}
	}
	for first := range x.ids {
		if !tried[first] {
			t.Errorf("nothing under /%s was tried", first)
		}
	}
	dana, noor := fmt.Sprint(x.prospect.ID), fmt.Sprint(own.ID)
	refused(http.MethodGet, fmt.Sprintf("/inbox/raw/%d", x.raw))
	refused(http.MethodGet, "/duplicates/merge?keep="+noor+"&drop="+dana)
	refused(http.MethodPost, "/duplicates/merge", "keep", noor, "drop", dana)
	refused(http.MethodPost, "/duplicates/distinct", "keep", noor, "drop", dana)
	refused(http.MethodPost, "/enroll", "id", dana)
	refused(http.MethodPost, fmt.Sprintf("/inbox/matching/%d/attach", x.stranger), "prospect", dana)
	for _, path := range []string{"/", "/prospects", "/prospects?q=reyes", "/inbox?owner=all&show=all", "/commitments?whose=all", "/companies/" + fmt.Sprint(x.ids["companies"][0]), "/sandbox", "/duplicates", "/attention", fmt.Sprintf("/inbox/matching/%d?q=reyes", x.stranger)} {
		if _, body := client.Get(path); strings.Contains(strings.ReplaceAll(body, `value="reyes"`, ""), "Reyes") {
			t.Errorf("GET %s lists the customer", path)
		}
	}
	if after := person(t, app, x.prospect); !reflect.DeepEqual(before, after) {
		t.Errorf("something was changed\nbefore %+v\nafter  %+v", before, after)
	}
	// The customer's own rep and a manager do see it all.
	for _, u := range []models.User{app.Rep, app.Manager} {
		see := app.SignIn(u)
		for first, ids := range x.ids {
			path := fmt.Sprintf("/%s/%d", first, ids[0])
			if status, body := see.Get(path); status != http.StatusOK && first != "enrollments" && first != "messages" && first != "answers" {
				t.Errorf("GET %s as %s: status %d\n%s", path, u.Role, status, text(body))
			}
		}
	}
}

// otherTeam sets the rule and gives a rep of another team than Rae's.
func otherTeam(t *testing.T, app *webtest.App, rule models.Visibility) models.User {
	t.Helper()
	ctx := context.Background()
	set, err := app.Store.Settings(ctx)
	if err == nil {
		set.Visibility = rule
		err = app.Store.SaveSettings(ctx, set, models.ActorSystem, app.Now())
	}
	if err != nil {
		t.Fatal(err)
	}
	stranger := app.AddUser("Otto Berg", "otto@example.com", models.RoleRep)
	for name, u := range map[string]models.User{"North": app.Rep, "South": stranger} {
		team, err := app.CRM.SaveTeam(ctx, models.ActorSystem, 0, name)
		if err == nil {
			_, err = app.CRM.TeamOf(ctx, models.ActorSystem, u.ID, &team.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return stranger
}

// A colleague of another team answers what was handed to them: they see the
// person until the answer leaves, and may take it back meanwhile.
func TestHandedOverAnswerCanBeTakenBack(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	other := otherTeam(t, app, models.SeeTeam)
	dana := app.AddProspect("Dana", "Reyes")
	app.Text(dana, "Can we do Friday?")
	tasks, err := app.Store.OpenTasksAfter(t.Context(), 0)
	must(t, err)
	app.SignIn(app.Rep).Post(fmt.Sprintf("/tasks/%d/hand-over", tasks[0].ID), form("to", fmt.Sprint(other.ID), "note", "", "back", "/"))
	otto, page := app.SignIn(other), fmt.Sprintf("/prospects/%d", dana.ID)
	_, body := otto.Get(page)
	channel := regexp.MustCompile(`name="channel" value="(sms[^"]*)"`).FindStringSubmatch(body)
	if channel == nil {
		t.Fatalf("no text to answer by:\n%s", text(body))
	}
	if status, body := otto.Post(page+"/answer", form("body", "Friday at ten suits us. What should we bring?", "channel", channel[1])); status != http.StatusOK {
		t.Fatalf("answered: status %d\n%s", status, text(body))
	}
	_, body = otto.Get(page)
	undo := regexp.MustCompile(`action="(/answers/\d+/withdraw)"`).FindStringSubmatch(body)
	if undo == nil {
		t.Fatalf("it cannot be taken back:\n%s", text(body))
	}
	if status, _ := app.SignIn(app.AddUser("Nina Holm", "nina@example.com", models.RoleRep)).Post(undo[1], nil); status != http.StatusForbidden {
		t.Errorf("a third one: status %d", status)
	}
	if status, body := otto.Post(undo[1], nil); status != http.StatusOK || !strings.Contains(text(body), "Taken back") {
		t.Errorf("taken back: status %d\n%s", status, text(body))
	}
}

// Every route that names a record by its id is guarded, or stands in the list
// with what decides instead.
func TestEveryRecordIsGuarded(t *testing.T) {
	patterns, err := web.Patterns()
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range patterns {
		_, path, _ := strings.Cut(pattern, " ")
		if !strings.Contains(path, "{id}") || web.Guarded(pattern) {
			continue
		}
		listed := false
		for prefix := range unguarded {
			listed = listed || strings.HasPrefix(path, prefix)
		}
		if !listed {
			t.Errorf("%s: nothing says who may", pattern)
		}
	}
}
