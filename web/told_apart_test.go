package web_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

var apartLink = regexp.MustCompile(`href="(/prospects/\d+/apart/\d+)"`)

// A merge is looked at once more and undone from the page of the record, once
// whoever clicks how often; after a month the page offers it no longer.
func TestToldApart(t *testing.T) { webtest.Each(t, webtest.Options{}, testToldApart) }

func testToldApart(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	point := person(t, app, p).Points[1]
	twin, err := app.Store.CreateProspect(t.Context(), models.Prospect{OwnerID: app.Rep.ID, FirstName: "Diego", LastName: "Reyes", Notes: "Met at the fair"}, nil,
		[]models.ContactPoint{{Kind: point.Kind, Value: point.Value}}, nil, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	rep.Post("/duplicates/merge", form("keep", fmt.Sprint(p.ID), "drop", fmt.Sprint(twin.ID)))
	app.Advance(time.Hour)
	_, body := rep.Get(fmt.Sprintf("/prospects/%d", p.ID))
	wants(t, "the record", body, "Became part of this record", "Diego Reyes", "Two people after all?", "Met at the fair")
	link := apartLink.FindStringSubmatch(body)
	if link == nil {
		t.Fatal("no link to tell them apart")
	}
	_, body = rep.Get(link[1])
	wants(t, "the look", body, "Diego Reyes is a record of their own again", "555", "An order not to contact that came since holds for both", "Two people: tell them apart")
	stale := body
	for range 2 { // a double click
		status, body := rep.Post(link[1], nil)
		if status != http.StatusOK || !strings.Contains(body, "Diego Reyes") || !strings.Contains(text(body), "Met at the fair") {
			t.Fatalf("telling apart: status %d\n%s", status, text(body))
		}
	}
	if !strings.Contains(stale, `action="`+link[1]+`"`) {
		t.Error("the form leads elsewhere")
	}
	_, body = rep.Get(fmt.Sprintf("/prospects/%d", p.ID))
	wants(t, "the kept record", body, "told apart again")
	if strings.Contains(body, `value="Met at the fair`) || len(person(t, app, p).Points) != 2 || len(person(t, app, twin).Points) != 1 {
		t.Errorf("%d and %d contact points", len(person(t, app, p).Points), len(person(t, app, twin).Points))
	}
	if status, _ := rep.Get(fmt.Sprintf("/prospects/%d/apart/999", p.ID)); status != http.StatusNotFound {
		t.Errorf("a merge that is none: %d", status)
	}
	if status, _ := rep.Get(strings.Replace(link[1], fmt.Sprintf("/prospects/%d/", p.ID), fmt.Sprintf("/prospects/%d/", twin.ID), 1)); status != http.StatusNotFound {
		t.Errorf("a merge of somebody else: %d", status)
	}
	rep.Post("/duplicates/merge", form("keep", fmt.Sprint(p.ID), "drop", fmt.Sprint(twin.ID)))
	app.Advance(models.MergeUndo + time.Hour)
	rep = app.SignIn(app.Rep)
	if _, body = rep.Get(fmt.Sprintf("/prospects/%d", p.ID)); strings.Contains(body, "Two people after all?") {
		t.Error("after a month it is still offered")
	}
	if err := app.Store.NightlyDuplicates(context.Background(), app.Now()); err != nil {
		t.Fatal(err)
	}
}

// What a workspace keeps of people beside the usual is written and emptied by
// hand, shown, and recorded with who changed it.
func TestOwnFields(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		rep := app.SignIn(app.Rep)
		at := fmt.Sprintf("/prospects/%d", p.ID)
		edit := func(pairs ...string) (int, string) {
			f := form("revision", fmt.Sprint(person(t, app, p).Prospect.Revision), "first_name", "Dana", "last_name", "Reyes", "zone", "America/Chicago")
			for _, cp := range person(t, app, p).Points {
				f.Add("point_value", cp.Value)
				f.Add("point_label", string(cp.Label))
			}
			for i := 0; i < len(pairs); i += 2 {
				f.Add("own_key", pairs[i])
				f.Add("own_value", pairs[i+1])
			}
			return rep.Post(at, f)
		}
		_, body := edit("Industry", "Pumps", "Size (staff)", "40", "", "")
		wants(t, "the page", body, "industry", "Pumps", "size_staff", "Changes by hand", "Rae Kim")
		if got := person(t, app, p).Prospect.Custom; fmt.Sprint(got) != "map[industry:Pumps size_staff:40]" {
			t.Errorf("own fields %v", got)
		}
		_, body = rep.Get("/prospects?q=industry%3Dpumps")
		wants(t, "the search", body, "Dana Reyes")
		status, body := edit("industry", "Valves", "Industry", "Pumps")
		if status != http.StatusUnprocessableEntity || !strings.Contains(body, `value="Valves"`) {
			t.Errorf("twice: %d", status)
		}
		wants(t, "twice", body, "The field industry is there twice")
		status, body = edit("", "Pumps")
		if status != http.StatusUnprocessableEntity || !strings.Contains(text(body), "a name") {
			t.Errorf("without a name: %d %s", status, text(body))
		}
		edit("industry", "", "size_staff", "40")
		if got := person(t, app, p).Prospect.Custom; fmt.Sprint(got) != "map[size_staff:40]" {
			t.Errorf("emptied: %v", got)
		}
	})
}
