package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// What texts cost stands where one enrolls, one person and many, and beside
// the budget on the page of the rules.
func TestTheCostOfTexts(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	app.Scheduler.Rates = &models.TextRates{Currency: "USD", Countries: map[string]models.Money{"US": 100}, CountryOf: func(string) string { return "US" }}
	ctx := context.Background()
	people := []models.Prospect{app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")}
	var seq int64
	rows, err := app.Store.SequencesFor(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if r.Sequence.Key == "seven-touch-follow-up" {
			seq = r.Sequence.ID
		}
	}
	rep := app.SignIn(app.Rep)
	_, body := rep.Get(fmt.Sprintf("/prospects/%d/enroll?sequence=%d", people[0].ID, seq))
	if !strings.Contains(text(body), "1 text in 2 segments, USD 0.02.") {
		t.Errorf("enrolling one\n%s", text(body))
	}
	status, body := rep.Post("/enroll", url.Values{"id": {fmt.Sprint(people[0].ID), fmt.Sprint(people[1].ID)}, "form_token": {"x"}})
	if status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	_, body = rep.Post(batchOf(t, app)+"/check", form("sequence", fmt.Sprint(seq)))
	if !strings.Contains(text(body), "4 segments of texts, USD 0.04 in all") {
		t.Errorf("enrolling many\n%s", text(body))
	}
	admin := app.SignIn(app.Admin)
	if _, body := admin.Get("/settings/rules"); !strings.Contains(text(body), "Texts this month: USD 0.00. No budget holds them.") || !strings.Contains(text(body), "Budget for texts a month") {
		t.Errorf("the rules\n%s", text(body))
	}
	caps := form("person_day", "3", "person_gap", "0", "company_day", "20", "active_per_rep", "150", "failed_days", "3", "rest_days", "30", "text_budget", "50", "spread", "20")
	if _, body := admin.Post("/settings/rules/caps", caps); !strings.Contains(text(body), "Texts this month: USD 0.00 of USD 50.00.") {
		t.Errorf("with a budget\n%s", text(body))
	}
	app.Scheduler.Rates = nil
	if _, body := admin.Get("/settings/rules"); !strings.Contains(text(body), "names no rates for texts") {
		t.Errorf("without rates\n%s", text(body))
	}
}

// batchOf is the address of the order made last.
func batchOf(t *testing.T, app *webtest.App) string {
	t.Helper()
	all, err := app.Store.BatchList(context.Background(), app.Rep.ID, 1)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v %v", all, err)
	}
	return fmt.Sprintf("/enroll/%d", all[0].ID)
}
