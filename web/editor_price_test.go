package web_test

import (
	"fmt"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// The editor says how many segments a text has for the person whom it is
// previewed for, and what they cost to the country of their number.
func TestEditorPrice(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	_, lee, _ := threeOf(t, app)
	country := "US"
	app.Scheduler.Rates = &models.TextRates{Currency: "USD", Countries: map[string]models.Money{"US": 79, "GB": 400}, CountryOf: func(string) string { return country }}
	manager := app.SignIn(app.Manager)
	look := func(body string) string {
		t.Helper()
		seq, err := app.Store.SequenceByKey(t.Context(), "three")
		must(t, err)
		status, page := manager.Post("/sequences/three/autosave", form("step", "third", "for", fmt.Sprint(lee.ID), "revision", fmt.Sprint(seq.Revision), "channel", "sms",
			"timing", "after", "amount", "2", "unit", "days", "side", "after", "purpose", "follow_up", "body", body))
		if status != 200 {
			t.Fatalf("status %d", status)
		}
		return text(page)
	}
	two := strings.Repeat("Each hour in which the line stood still. ", 5)
	if page := look(two); !strings.Contains(page, "2 segments") || !strings.Contains(page, "USD 0.0158 to their number: USD 0.0079 a segment") {
		t.Errorf("to the US:\n%s", page)
	}
	country = "GB"
	if page := look("Short"); !strings.Contains(page, "1 segment ") || !strings.Contains(page, "USD 0.04 to their number") {
		t.Errorf("to Britain:\n%s", page)
	}
	country = "AQ"
	if page := look("Short"); !strings.Contains(page, "no rate for the country") {
		t.Errorf("to a country without a rate:\n%s", page)
	}
	app.Scheduler.Rates = nil
	if page := look("Short"); !strings.Contains(page, "names no rates") {
		t.Errorf("without rates:\n%s", page)
	}
}
