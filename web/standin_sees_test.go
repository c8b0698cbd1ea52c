package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// A stand-in sees what the colleague who is away may see, while the leave
// lasts: their own, their team's, or everybody's.
func TestStandInSees(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		ctx := t.Context()
		admin := models.UserActor(app.Admin.ID)
		north, err := app.CRM.SaveTeam(ctx, admin, 0, "North")
		must(t, err)
		south, err := app.CRM.SaveTeam(ctx, admin, 0, "South")
		must(t, err)
		join := func(u models.User, team int64) models.User {
			t.Helper()
			u, err := app.CRM.TeamOf(ctx, admin, u.ID, &team)
			must(t, err)
			return u
		}
		standIn := join(app.AddUser("Noa Berg", "noa@example.com", models.RoleRep), south.ID)
		away := join(app.Rep, north.ID)
		mate := join(app.AddUser("Ito Sato", "ito@example.com", models.RoleRep), north.ID)
		own := app.AddProspect("Dana", "Reyes")
		mates, err := app.Store.CreateProspect(ctx, models.Prospect{OwnerID: mate.ID, FirstName: "Joe", LastName: "Park", Zone: "America/New_York", Locale: "en-US"}, nil, nil, nil, admin, app.Now())
		must(t, err)
		rule := func(v models.Visibility) {
			t.Helper()
			set, err := app.Store.Settings(ctx)
			must(t, err)
			set.Visibility = v
			must(t, app.Store.SaveSettings(ctx, set, admin, app.Now()))
		}
		c := app.SignIn(standIn)
		sees := func(p models.Prospect) bool {
			t.Helper()
			status, _ := c.Get(fmt.Sprintf("/prospects/%d", p.ID))
			_, list := c.Get("/prospects?owner=all")
			if listed := strings.Contains(list, p.LastName); listed != (status == 200) {
				t.Errorf("%s: the page answers %d, and in the list: %t", p.LastName, status, listed)
			}
			return status == 200
		}
		check := func(when string, wantOwn, wantMates bool) {
			t.Helper()
			if a, b := sees(own), sees(mates); a != wantOwn || b != wantMates {
				t.Errorf("%s: of the absent %t, of their team %t; want %t and %t", when, a, b, wantOwn, wantMates)
			}
		}
		rule(models.SeeTeam)
		check("before", false, false)
		start, end := app.Now().Add(-time.Hour), app.Now().Add(48*time.Hour)
		_, err = app.Store.StartLeave(ctx, models.Leave{UserID: away.ID, StandInID: &standIn.ID, StartsAt: start, EndsAt: end, CreatedBy: admin}, app.Now())
		must(t, err)
		check("with the team's", true, true)
		rule(models.SeeOwn)
		check("with their own", true, false)
		app.Advance(49 * time.Hour)
		check("when they are back", false, false)
	})
}
