package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"followup/models"
	"followup/store"
	"followup/web/webtest"
)

// A list is narrowed, kept under a name, found again and forgotten; those
// found can be enrolled together.
func TestKeptLists(t *testing.T) { webtest.Each(t, webtest.Options{}, testKeptLists) }

func testKeptLists(t *testing.T, app *webtest.App) {
	app.AddProspect("Dana", "Reyes")
	app.Enroll(app.AddProspect("Joe", "Park"), "seven-touch-follow-up", nil)
	rep := app.SignIn(app.Rep)
	_, body := rep.Get("/prospects?state=idle&sort=name")
	if !strings.Contains(body, "Dana Reyes") || strings.Contains(body, "Joe Park") {
		t.Fatalf("idle people: %s", text(body))
	}
	status, body := rep.Post("/filters", form("name", "Idle ones", "filter", "state=idle&sort=name"))
	if status != http.StatusOK || !strings.Contains(body, `aria-current="true" href="/prospects?sort=name&amp;state=idle"`) {
		t.Errorf("keeping: status %d\n%s", status, body)
	}
	if status, body = rep.Post("/filters", form("name", " ", "filter", "state=idle")); status != http.StatusUnprocessableEntity {
		t.Errorf("a list without a name: status %d %s", status, text(body))
	}
	lists, err := app.Store.SavedFilters(t.Context(), app.Rep.ID)
	if err != nil || len(lists) != 1 {
		t.Fatalf("lists %+v %v", lists, err)
	}
	other := app.SignIn(app.Manager)
	other.Post(fmt.Sprintf("/filters/%d/drop", lists[0].ID), nil)
	if lists, _ = app.Store.SavedFilters(t.Context(), app.Rep.ID); len(lists) != 1 {
		t.Error("somebody else forgot my list")
	}
	rep.Post(fmt.Sprintf("/filters/%d/drop", lists[0].ID), nil)
	if lists, _ = app.Store.SavedFilters(t.Context(), app.Rep.ID); len(lists) != 0 {
		t.Errorf("still there: %+v", lists)
	}
}

// A person's page says who changed what, and another record of theirs is
// found, compared and merged; the old address leads to the kept one.
func TestMergePages(t *testing.T) { webtest.Each(t, webtest.Options{}, testMergePages) }

func testMergePages(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	point := person(t, app, p).Points[1]
	twin, err := app.Store.CreateProspect(t.Context(), models.Prospect{OwnerID: app.Rep.ID, FirstName: "D.", LastName: "Reyes", Notes: "Met at the fair"}, nil,
		[]models.ContactPoint{{Kind: point.Kind, Value: point.Value}}, nil, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	customerTexts(t, app, p, "Can we do Friday?")
	rep := app.SignIn(app.Rep)
	rep.Post(fmt.Sprintf("/prospects/%d/notes", p.ID), form("notes", "Prefers mornings", "revision", fmt.Sprint(person(t, app, p).Prospect.Revision)))
	_, body := rep.Get(fmt.Sprintf("/prospects/%d", p.ID))
	for _, want := range []string{"Another record has the same number", "Changes by hand", "Prefers mornings", "Rae Kim"} {
		if !strings.Contains(text(body), want) {
			t.Errorf("the page does not say %q\n%s", want, text(body))
		}
	}
	if _, body = rep.Get("/duplicates"); !strings.Contains(text(body), "They have the same number.") {
		t.Errorf("duplicates: %s", text(body))
	}
	pair := form("keep", fmt.Sprint(p.ID), "drop", fmt.Sprint(twin.ID))
	if _, body = rep.Get("/duplicates/merge?" + pair.Encode()); !strings.Contains(text(body), "Becomes part of it") || !strings.Contains(text(body), "1 page") && !strings.Contains(text(body), "What happens") {
		t.Errorf("preview: %s", text(body))
	}
	for range 2 { // a double click
		status, body := rep.Post("/duplicates/merge", pair)
		if status != http.StatusOK || !strings.Contains(body, "Can we do Friday?") {
			t.Fatalf("merging: status %d\n%s", status, text(body))
		}
	}
	if _, body = rep.Get(fmt.Sprintf("/prospects/%d", twin.ID)); !strings.Contains(body, "Met at the fair") || !strings.Contains(body, "Dana Reyes") {
		t.Errorf("the other address: %s", text(body))
	}
	wants(t, "what came from where", body, "Became part of this record", "D. Reyes")
}

// A company is added, edited, held and released by hand.
func TestCompanyPages(t *testing.T) { webtest.Each(t, webtest.Options{}, testCompanyPages) }

func testCompanyPages(t *testing.T, app *webtest.App) {
	rep := app.SignIn(app.Rep)
	if status, body := rep.Post("/companies", form("name", "", "domain", "x@y")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "needs a name") {
		t.Errorf("without a name: status %d\n%s", status, text(body))
	}
	status, body := rep.Post("/companies", form("name", "Northwind", "domain", "Northwind.example.com", "country", "us", "website", "northwind.example.com"))
	if status != http.StatusOK || !strings.Contains(body, "northwind.example.com") {
		t.Fatalf("adding: status %d\n%s", status, text(body))
	}
	list, err := app.Store.ViewCompanies(t.Context(), everything, "north", models.Page{})
	if err != nil || len(list.Rows) != 1 || list.Rows[0].Website != "https://northwind.example.com" {
		t.Fatalf("companies %+v %v", list.Rows, err)
	}
	path := fmt.Sprintf("/companies/%d", list.Rows[0].ID)
	if status, body = rep.Post(path+"/hold", form("until", "2020-01-01")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "still to come") {
		t.Errorf("a hold in the past: status %d\n%s", status, text(body))
	}
	if _, body = rep.Post(path+"/hold", form("until", "2026-12-24")); !strings.Contains(text(body), "On hold") {
		t.Errorf("held: %s", text(body))
	}
	if _, body = rep.Post(path+"/release", nil); strings.Contains(text(body), "On hold") {
		t.Errorf("released: %s", text(body))
	}
	if status, _ = rep.Post(path, form("name", "Northwind Ltd", "seen", "2020-01-01T00:00:00Z")); status != http.StatusConflict {
		t.Errorf("a stale form: status %d", status)
	}
	if _, body = rep.Get("/companies?q=nor"); !strings.Contains(body, "Northwind") {
		t.Errorf("list: %s", text(body))
	}
}

// Where the workspace shows own people only, a colleague's page is refused,
// unless a task about them is mine.
func TestColleaguesPerson(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	set, err := app.Store.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	set.Visibility = models.SeeOwn
	if err := app.Store.SaveSettings(t.Context(), set, models.ActorSystem, app.Now()); err != nil {
		t.Fatal(err)
	}
	other := app.SignIn(app.AddUser("Otto Other", "otto@example.com", models.RoleRep))
	path := fmt.Sprintf("/prospects/%d", p.ID)
	if status, body := other.Get(path); status != http.StatusForbidden || strings.Contains(body, "Reyes") || !strings.Contains(body, "Rae Kim") {
		t.Errorf("status %d\n%s", status, text(body))
	}
	if status, _ := other.Post(path+"/answer", form("body", "Hi", "channel", "email", "form_token", "x")); status != http.StatusForbidden {
		t.Errorf("answering a colleague's: status %d", status)
	}
	if _, body := other.Get("/prospects"); strings.Contains(body, "Reyes") {
		t.Error("the list shows a colleague's")
	}
}

var (
	everything     = store.Everything
	everyUnmatched = store.UnmatchedFilter{}
)
