package web_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// A team that is dissolved leaves its people to another one; nobody is lost,
// and the trail says who did it.
func TestTeamsAreMergedAndRemoved(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		ctx, by := t.Context(), models.UserActor(app.Admin.ID)
		north, err := app.CRM.SaveTeam(ctx, by, 0, "North")
		must(t, err)
		south, err := app.CRM.SaveTeam(ctx, by, 0, "South")
		must(t, err)
		for _, u := range []models.User{app.Rep, app.Manager} {
			_, err := app.CRM.TeamOf(ctx, by, u.ID, &north.ID)
			must(t, err)
		}
		teamOf := func(u models.User) int64 {
			t.Helper()
			v, err := app.Store.ViewUser(ctx, u.ID)
			must(t, err)
			if v.TeamID == nil {
				return 0
			}
			return *v.TeamID
		}
		c := app.SignIn(app.Manager)
		at := fmt.Sprintf("/teams/%d", north.ID)
		if status, _ := app.SignIn(app.Rep).Post(at, form("do", "remove", "into", "0")); status != http.StatusForbidden || teamOf(app.Rep) != north.ID {
			t.Errorf("a rep removes a team: %d", status)
		}
		if status, _ := c.Post(at, form("do", "remove", "into", fmt.Sprint(north.ID))); status != http.StatusUnprocessableEntity {
			t.Errorf("into itself: %d", status)
		}
		if status, _ := c.Post(at, form("do", "remove", "into", "999")); status == http.StatusOK || teamOf(app.Rep) != north.ID {
			t.Errorf("into one that is not there: %d", status)
		}
		status, body := c.Post(at, form("do", "remove", "into", fmt.Sprint(south.ID)))
		if status != http.StatusOK || !strings.Contains(text(body), "2 people of it moved") || teamOf(app.Rep) != south.ID || teamOf(app.Manager) != south.ID {
			t.Errorf("%d: the rep is in %d, the manager in %d, want %d", status, teamOf(app.Rep), teamOf(app.Manager), south.ID)
		}
		c.Post(fmt.Sprintf("/teams/%d", south.ID), form("do", "remove", "into", "0"))
		teams, err := app.Store.Teams(ctx)
		must(t, err)
		if len(teams) != 0 || teamOf(app.Rep) != 0 {
			t.Errorf("%d teams left, the rep in %d", len(teams), teamOf(app.Rep))
		}
	})
}

var signInID = regexp.MustCompile(`name="id" value="([^"]+)"`)

// One browser among several is signed out, by its user or by an admin.
func TestOneSignInIsEnded(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	here, there, third := app.SignIn(app.Rep), app.SignIn(app.Rep), app.SignIn(app.Rep)
	in := func(c *webtest.Client) bool {
		_, body := c.Get("/")
		return !strings.Contains(body, `action="/sign-in"`)
	}
	_, body := here.Get("/you")
	ids := signInID.FindAllStringSubmatch(body, -1)
	if len(ids) != 2 {
		t.Fatalf("%d browsers to sign out, want 2", len(ids))
	}
	// Somebody else's id ends nothing.
	app.SignIn(app.Manager).Post("/you/sign-out", form("id", ids[0][1]))
	if !in(here) || !in(there) || !in(third) {
		t.Fatal("somebody else signed them out")
	}
	here.Post("/you/sign-out", form("id", ids[0][1]))
	if !in(here) || in(there) == in(third) {
		t.Errorf("here %t, there %t, third %t; want exactly one of the two others signed out", in(here), in(there), in(third))
	}
	app.SignIn(app.Admin).Post(fmt.Sprintf("/team/%d/sign-out", app.Rep.ID), form("id", ids[1][1]))
	if !in(here) || in(there) || in(third) {
		t.Errorf("here %t, there %t, third %t; want only here", in(here), in(there), in(third))
	}
}
