package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// Who books another call by link keeps the reminders of the one to come; who
// is followed up otherwise is not any more.
func TestBookingByLinkKeepsReminders(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		at := app.Now().AddDate(0, 0, 9).Truncate(time.Hour)
		reminded := app.Enroll(p, "booked-call-back", &at)
		followed := app.Enroll(p, "seven-touch-follow-up", nil)
		app.Tick()
		c := app.Client()
		page := "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID, ProspectID: p.ID})
		_, body := c.Get(page)
		slots := slotsOf(t, body)
		_, body = c.Post(page, form("at", slots[2], "zone", "America/Chicago", "form_token", "one"))
		wants(t, "booked", body, "Your call with Rae Kim")
		states := map[int64]models.EnrollmentState{}
		for _, e := range person(t, app, p).Enrollments {
			states[e.Enrollment.ID] = e.Enrollment.State
		}
		if states[reminded.ID] != models.EnrollmentActive || states[followed.ID] == models.EnrollmentActive {
			t.Errorf("the reminders are %s, the follow-ups %s", states[reminded.ID], states[followed.ID])
		}
	})
}

// A call that its rep called off first is no cancellation of the customer's.
func TestCanceledOnce(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		a := book(t, app, p, app.Now().Add(50*time.Hour).Truncate(time.Minute))
		mine := "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID, AppointmentID: a.ID})
		app.SignIn(app.Rep).Post(fmt.Sprintf("/appointments/%d/cancel", a.ID), form("revision", "1", "tell", "nobody"))
		c := app.Client()
		for range 2 {
			c.Post(mine, form("do", "cancel", "revision", "1"))
		}
		if _, body := app.SignIn(app.Rep).Get("/attention"); strings.Contains(text(body), "They did so by the link") {
			t.Errorf("the rep is told of their own cancellation:\n%s", text(body))
		}
		b := book(t, app, p, app.Now().Add(52*time.Hour).Truncate(time.Minute))
		mine = "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID, AppointmentID: b.ID})
		for range 2 {
			c.Post(mine, form("do", "cancel", "revision", "1"))
		}
		if _, body := app.SignIn(app.Rep).Get("/attention"); strings.Count(text(body), "They did so by the link") != 1 {
			t.Errorf("the rep is not told once:\n%s", text(body))
		}
	})
}

// A page offers nothing while its rep is away with nobody in their place, and
// a link of somebody who left leads to whoever follows up now.
func TestBookingLinkOfSomebodyAway(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		page := "/b/" + app.Store.BookingLink(models.BookingToken{RepID: app.Rep.ID, ProspectID: p.ID})
		c := app.Client()
		_, body := c.Get(page + "?zone=America/New_York")
		first := slotsOf(t, body)[0]
		away, err := app.Store.StartLeave(t.Context(), models.Leave{UserID: app.Rep.ID, StartsAt: app.Now(), EndsAt: app.Now().AddDate(0, 0, 7)}, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		_, body = c.Get(page + "?zone=America/New_York")
		for _, slot := range slotsOf(t, body) {
			if slot < away.EndsAt.UTC().Format(time.RFC3339) {
				t.Errorf("%s is offered while they are away", slot)
			}
		}
		if status, _ := c.Post(page, form("at", first)); status != http.StatusConflict {
			t.Errorf("a time while they are away: status %d", status)
		}
		other := app.AddUser("Sam Stone", "sam@example.com", models.RoleRep)
		if _, err := app.CRM.LeaveForGood(t.Context(), models.ActorSystem, app.Rep.ID, other.ID); err != nil {
			t.Fatal(err)
		}
		status, body := c.Get(page)
		if status != http.StatusOK {
			t.Fatalf("the link of somebody who left: %d %s", status, text(body))
		}
		wants(t, "the page", body, "Book a call with Sam Stone")
	})
}
