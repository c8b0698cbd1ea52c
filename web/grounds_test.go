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

// Of any message of ours an auditor reads why it went to this person, on what
// consent and in which hours; what was exempt from the hours is on the record.
func TestWhyAMessageWasSent(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		p := app.AddProspect("Dana", "Reyes")
		letters(t, app, p)
		rep := app.SignIn(app.Rep)
		why := func(m models.Message) string {
			t.Helper()
			status, body := rep.Get(fmt.Sprintf("/messages/%d/why", m.ID))
			if status != http.StatusOK {
				t.Fatalf("status %d\n%s", status, text(body))
			}
			return text(body)
		}
		has := func(page string, words ...string) {
			t.Helper()
			for _, w := range words {
				if !strings.Contains(page, w) {
					t.Errorf("the page lacks %q\n%s", w, page)
				}
			}
		}
		var first *models.Message
		for _, m := range person(t, app, p).Messages {
			if m.Direction == models.Outbound {
				first = &m
			}
		}
		if first == nil {
			t.Fatal("nothing was sent")
		}
		if _, body := rep.Get(fmt.Sprintf("/prospects/%d", p.ID)); !strings.Contains(body, fmt.Sprintf("/messages/%d/why", first.ID)) {
			t.Error("their page does not lead there")
		}
		has(why(*first), "version 1", "On what consent", "Rep Rae Kim", "Hours None bind this channel")

		// At night, a minute after they wrote: exempt, and recorded.
		q := app.AddProspect("Joe", "Park")
		now := app.Now().In(time.UTC)
		app.Advance(time.Date(now.Year(), now.Month(), now.Day()+1, 4, 30, 0, 0, time.UTC).Sub(now)) // 22:30 in Chicago
		stranger(t, app, person(t, app, q).Points[1].Value, "Can we talk?")
		if status, body := rep.Post(fmt.Sprintf("/prospects/%d/answer", q.ID), form("body", "Gladly.", "channel", "sms", "form_token", "x")); status != http.StatusOK {
			t.Fatalf("status %d\n%s", status, text(body))
		}
		app.Advance(models.UndoAnswer + time.Second)
		answer := person(t, app, q).Messages[0]
		if answer.Direction != models.Outbound {
			t.Fatalf("%+v", answer)
		}
		has(why(answer), "Rae Kim wrote it", "quiet hours do not hold an answer within an hour", "22:30", "47 CFR 64.1200", "No: the reason above says what exempted it", "In writing", "yours 08:00-21:00; US Mon-Sun 08:00-21:00 (47 CFR 64.1200(c)(1), (e))")
		if v := person(t, app, q); len(v.Touches) == 0 || !strings.Contains(v.Touches[0].Why, "quiet hours do not hold") {
			t.Errorf("not on the record: %+v", v.Touches)
		}
		inbound := person(t, app, q).Messages[1]
		if status, _ := rep.Get(fmt.Sprintf("/messages/%d/why", inbound.ID)); status != http.StatusNotFound {
			t.Errorf("of theirs: status %d", status)
		}
	})
}
