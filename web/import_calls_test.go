package web_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

const booked = "First name,Email,Cell,Time zone,Call at,Call time zone\n" +
	"Ines,ines@example.com,+13125550151,America/Chicago,2026-12-03 15:00,\n" +
	"Lea,lea@example.com,+13125550152,America/Chicago,2026-12-04 09:30,Europe/Berlin\n" +
	"Tom,tom@example.com,+13125550153,America/Chicago,2026-11-03 09:30,\n" +
	"Ada,ada@example.com,+13125550154,America/Chicago,03/12/2026 09:30,\n" +
	"Ben,ben@example.com,+13125550155,America/Chicago,2027-03-14 02:30,\n" +
	"Ivo,ivo@example.com,+13125550156,America/Chicago,,\n"

// A file names the calls that were agreed: each is shown in both zones before
// anything is done, a bad one says why, and the sequence books them.
func TestImportBooksCalls(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		ctx := context.Background()
		rep := app.SignIn(app.Rep)
		body := upload(t, rep, app.URL, "/imports", "fair.csv", booked, "t1")
		wants(t, "the columns", body, "Times of booked calls are", "Booked call: day and time")
		all, err := app.Store.BatchList(ctx, app.Rep.ID, 10)
		if err != nil || len(all) != 1 {
			t.Fatal(len(all), err)
		}
		at := fmt.Sprintf("/imports/%d", all[0].ID)
		columns := form("column.0", "first_name", "column.1", "email", "column.2", "cell", "column.3", "zone", "column.4", "call_date", "column.5", "call_zone", "consent", "written", "country", "US")
		_, body = rep.Post(at+"/check", columns)
		wants(t, "half a time", body, "needs its day and its time")
		columns.Set("column.4", "call_at")
		columns.Set("call_zone", "Nowhere/Land")
		_, body = rep.Post(at+"/check", columns)
		wants(t, "an unknown zone", body, "Choose a time zone from the list")
		columns.Set("call_zone", "America/New_York")
		_, body = rep.Post(at+"/check", columns)
		wants(t, "the check", body, "3 lines can be imported", "3 cannot", "has passed", "may be 12 March or 3 December", "clocks go forward")
		_, body = rep.Get(at + "?show=ready")
		// 15:00 in New York is 14:00 in Chicago; 09:30 in Berlin is 02:30 there.
		wants(t, "the calls", body, "3 Dec 14:00 their time (CST) · 15:00 yours", "4 Dec 02:30 their time (CST) · 03:30 yours")
		rep.Post(at+"/start", form())
		_, body = rep.Get(at + "?show=done")
		wants(t, "the import", body, "3 lines imported", "2 of them with a booked call")
		if n := len(bookedCalls(t, app, "ines@example.com")); n != 0 {
			t.Error("the import booked a call before anybody said so")
		}

		_, body = rep.Post(at+"/enroll", form())
		wants(t, "on to a sequence", body, "3 people", "2 of them have a booked call")
		all, err = app.Store.BatchList(ctx, app.Rep.ID, 1)
		if err != nil {
			t.Fatal(err)
		}
		batch := fmt.Sprintf("/enroll/%d", all[0].ID)
		_, body = rep.Post(batch+"/check", form("sequence", fmt.Sprint(sequenceID(t, app, "booked-call-back"))))
		wants(t, "the check", body, "2 can be enrolled", "1 cannot", "hangs on a booked call")
		ines := found(t, app, "ines@example.com")
		_, body = rep.Get(fmt.Sprintf("%s?show=ready&look=%d", batch, ines))
		wants(t, "the preview", body, "What Ines would get", "3 Dec 14:00 their time (CST)")
		for range 2 {
			rep.Post(batch+"/start", form())
		}
		for email, want := range map[string]string{"ines@example.com": "2026-12-03T20:00:00Z", "lea@example.com": "2026-12-04T08:30:00Z"} {
			calls := bookedCalls(t, app, email)
			if len(calls) != 1 || calls[0].StartsAt.UTC().Format(time.RFC3339) != want {
				t.Errorf("%s has the calls %+v, want one at %s", email, calls, want)
			}
		}
		if n := len(bookedCalls(t, app, "ivo@example.com")); n != 0 {
			t.Error("a call was booked that nobody agreed to")
		}
		if _, body = rep.Get(batch + "?show=done"); strings.Count(body, "row-call") != 2 {
			t.Error("the calls are not listed at the end")
		}
	})
}

func found(t *testing.T, app *webtest.App, email string) int64 {
	t.Helper()
	ids, err := app.Store.FindProspects(context.Background(), []string{email})
	if err != nil || ids[email] == 0 {
		t.Fatalf("%s: %v, %v", email, ids, err)
	}
	return ids[email]
}

func bookedCalls(t *testing.T, app *webtest.App, email string) []models.Appointment {
	t.Helper()
	return person(t, app, models.Prospect{ID: found(t, app, email)}).Appointments
}
