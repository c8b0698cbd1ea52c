package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"followup/web/webtest"
)

const crowded = "First name,Email,Cell,Time zone,Call at\n" +
	"Ines,ines@example.com,+13125550151,America/Chicago,2026-12-03 15:00\n" +
	"Lea,lea@example.com,+13125550152,America/Chicago,2026-12-03 15:20\n" +
	"Tom,tom@example.com,+13125550153,America/Chicago,2026-12-03 16:00\n" +
	"Ada,ada@example.com,+13125550154,America/Chicago,2026-12-03 17:00\n" +
	"Ben,ben@example.com,+13125550155,America/Chicago,2026-12-03 15:30\n"

// Before many are enrolled, calls of one rep that overlap are named: those of
// the same file, and those that are booked already.
func TestDoubleBookingsOfMany(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		ctx := context.Background()
		rep := app.SignIn(app.Rep)
		joe := app.AddProspect("Joe", "Park")
		rep.Post(fmt.Sprintf("/prospects/%d/book", joe.ID), form("starts_at", "2026-12-03T17:15", "minutes", "20", "tell", "nobody"))
		upload(t, rep, app.URL, "/imports", "fair.csv", crowded, "t1")
		all, err := app.Store.BatchList(ctx, app.Rep.ID, 1)
		if err != nil || len(all) != 1 {
			t.Fatal(len(all), err)
		}
		at := fmt.Sprintf("/imports/%d", all[0].ID)
		rep.Post(at+"/check", form("column.0", "first_name", "column.1", "email", "column.2", "cell", "column.3", "zone", "column.4", "call_at", "consent", "written", "country", "US"))
		rep.Post(at+"/start", form())
		rep.Post(at+"/enroll", form())
		if all, err = app.Store.BatchList(ctx, app.Rep.ID, 1); err != nil {
			t.Fatal(err)
		}
		batch := fmt.Sprintf("/enroll/%d", all[0].ID)
		seq := fmt.Sprint(sequenceID(t, app, "booked-call-back"))
		_, body := rep.Post(batch+"/check", form("sequence", seq))
		wants(t, "the check", body, "5 can be enrolled", "4 of the booked calls overlap another call of the same rep",
			"Rae would have a call with Lea then, on Thu 3 Dec from 16:20 to 16:50 EST, Rae’s time", "Rae has a call with Joe Park then, on Thu 3 Dec from 18:15 to 18:35 EST")
		if strings.Contains(text(body), "Tom") {
			t.Errorf("16:00 after 15:30 is no double booking:\n%s", text(body))
		}
		_, body = rep.Get(fmt.Sprintf("%s?show=ready&look=%d", batch, found(t, app, "ada@example.com")))
		wants(t, "the preview of one", body, "Double booking: Rae has a call with Joe Park then")
		// Chosen anew, the warnings are of the new choice.
		rep.Post(batch+"/choose", form())
		_, body = rep.Post(batch+"/check", form("sequence", fmt.Sprint(sequenceID(t, app, "seven-touch-follow-up"))))
		if strings.Contains(text(body), "ouble booking") {
			t.Errorf("a sequence that books no calls warns of them:\n%s", text(body))
		}
		// One person's preview says so, too.
		_, body = rep.Get(fmt.Sprintf("/prospects/%d/enroll?sequence=%s&call_at=2026-12-03T17:30", found(t, app, "tom@example.com"), seq))
		wants(t, "one person", body, "Double booking: Rae has a call with Joe Park then")
		_, body = rep.Get(fmt.Sprintf("/prospects/%d/enroll?sequence=%s&call_at=2026-12-03T18:00", found(t, app, "tom@example.com"), seq))
		if strings.Contains(text(body), "ouble booking") {
			t.Errorf("warned of nothing:\n%s", text(body))
		}
	})
}
