package web_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// A company's page tells everything with everybody there, the newest first,
// page by page without a gap and nothing twice.
func TestCompanyTimeline(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		ctx := context.Background()
		dana, joe := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
		company := *dana.CompanyID
		if joe.CompanyID == nil || *joe.CompanyID != company {
			t.Fatal("they are not of one company")
		}
		app.Enroll(joe, "seven-touch-follow-up", nil)
		m := promiser{t, app}
		m.promise(dana, "2026-12-04", "Send the counts")
		if err := app.Store.HoldCompany(ctx, company, nil, models.UserActor(app.Rep.ID), app.Now()); err != nil {
			t.Fatal(err)
		}
		for i := range 60 {
			app.Advance(time.Minute)
			app.Text([]models.Prospect{dana, joe}[i%2], fmt.Sprintf("Message number %d.", i))
		}
		rep := app.SignIn(app.Rep)
		path, seen, pages := fmt.Sprintf("/companies/%d", company), map[string]int{}, 0
		older := regexp.MustCompile(`href="(\?[^"#]*before=[^"#]+)#timeline" rel="next"`)
		message := regexp.MustCompile(`Message number \d+\.`)
		whole := ""
		for at := path; at != ""; pages++ {
			_, body := rep.Get(at)
			_, lines, _ := strings.Cut(body, `id="timeline"`)
			whole += lines
			for _, words := range message.FindAllString(lines, -1) {
				seen[words]++
			}
			at = ""
			if next := older.FindStringSubmatch(lines); next != nil {
				at = path + next[1]
			}
			if pages > 9 {
				t.Fatal("the pages never end")
			}
		}
		if pages < 2 || len(seen) != 60 {
			t.Errorf("%d of 60 messages on %d pages", len(seen), pages)
		}
		for words, n := range seen {
			if n != 1 {
				t.Errorf("%q stands %d times in the timeline", words, n)
			}
		}
		wants(t, "the timeline", whole, "Enrolled: Seven-touch follow-up", "Promise recorded", "Everybody put on hold", "Dana Reyes", "Joe Park")

		// Who sees only their own sees nothing of others there.
		olga := app.AddUser("Olga Rep", "olga@example.com", models.RoleRep)
		set, err := app.Store.Settings(ctx)
		if err != nil {
			t.Fatal(err)
		}
		set.Visibility = "own"
		if err := app.Store.SaveSettings(ctx, set, models.ActorSystem, app.Now()); err != nil {
			t.Fatal(err)
		}
		if _, body := app.SignIn(olga).Get(path); strings.Contains(body, "Message number") || strings.Contains(body, "Promise recorded") {
			t.Error("another rep reads the conversations")
		}
	})
}
