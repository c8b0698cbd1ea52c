package web_test

import (
	"context"
	"fmt"
	"testing"

	"followup/models"
	"followup/store"
	"followup/web/webtest"
)

// manyPages fills the application with batches, imports and promises in every
// state, and names the pages that show them.
func manyPages(t *testing.T, app *webtest.App) []string {
	t.Helper()
	ctx := context.Background()
	story := app.Play()
	m := promiser{t, app}
	late := m.promise(story.Waiting, "2026-11-20", "Send the counts of the second site")
	kept := m.promise(story.Idle, "2026-11-25", "Have the new pump running by Wednesday")
	m.promise(story.Running, "2026-12-10", "Decide with the board")
	app.AddProspect("Ines", "Vogel")
	if err := app.CRM.CloseCommitment(ctx, models.UserActor(app.Rep.ID), kept.ID, models.CommitmentKept, ""); err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	ids := []int64{story.Waiting.ID, story.Idle.ID, story.Stopped.ID, story.Away.ID}
	var batches []int64
	for range 3 {
		b, err := app.Store.CreateBatch(ctx, models.Batch{Kind: models.BatchEnroll, UserID: app.Rep.ID, Name: "4 people"}, ids, store.Everything, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		batches = append(batches, b.ID)
	}
	seq := fmt.Sprint(sequenceID(t, app, "regular-customer"))
	for _, id := range batches[1:] {
		rep.Post(fmt.Sprintf("/enroll/%d/check", id), form("sequence", seq))
	}
	rep.Post(fmt.Sprintf("/enroll/%d/start", batches[2]), form())
	upload(t, rep, app.URL, "/imports", "fair.csv", people, "look-1")
	upload(t, rep, app.URL, "/imports", "spring.csv", people, "look-2")
	second := batches[2] + 2
	rep.Post(fmt.Sprintf("/imports/%d/check", second), form("column.0", "first_name", "column.1", "last_name", "column.2", "email", "column.3", "cell", "consent", "written", "country", "US"))
	call := person(t, app, story.Idle).Appointments[0]
	link := func(token models.BookingToken) string {
		return "/b/" + app.Store.BookingLink(token) + "?zone=America/Chicago"
	}
	book := link(models.BookingToken{RepID: app.Rep.ID})
	_, body := app.Client().Get(book)
	return []string{
		"/commitments", "/commitments?shelf=kept", fmt.Sprintf("/commitments/%d", late.ID), fmt.Sprintf("/commitments/%d", kept.ID),
		"/enroll", fmt.Sprintf("/enroll/%d", batches[0]), fmt.Sprintf("/enroll/%d?show=ready&look=%d", batches[1], story.Idle.ID), fmt.Sprintf("/enroll/%d", batches[2]),
		"/imports", fmt.Sprintf("/imports/%d", second-1), fmt.Sprintf("/imports/%d", second), "/me/booking",
		book, book + "&at=" + slotsOf(t, body)[0], link(models.BookingToken{RepID: app.Rep.ID, AppointmentID: call.ID}), "/b/nothing",
	}
}
