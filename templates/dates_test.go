package templates

import (
	"testing"
	"time"

	"followup/models"
)

func TestLocalisedDates(t *testing.T) {
	for _, c := range []struct{ locale, country, zone, want string }{
		{"en-US", "", "America/New_York", "Thursday, October 1 at 9:05 AM EDT|Thu, Oct 1"},
		{"", "US", "America/Los_Angeles", "Thursday, October 1 at 6:05 AM PDT|Thu, Oct 1"},
		{"en", "", "Europe/London", "Thursday 1 October at 14:05 BST|Thu 1 Oct"},
		{"en-GB", "US", "Europe/London", "Thursday 1 October at 14:05 BST|Thu 1 Oct"},
		{"de-DE", "", "Europe/Berlin", "Donnerstag, 1. Oktober um 15:05 CEST|Do 1.10."},
		{"fr_FR", "", "Europe/Paris", "jeudi 1er octobre à 15:05 CEST|jeu. 01/10"},
		{"es", "", "Europe/Madrid", "jueves, 1 de octubre a las 15:05 CEST|1/10"},
		{"it", "", "Europe/Rome", "giovedì 1º ottobre alle 15:05 CEST|gio 1/10"},
		{"nl-BE", "", "Europe/Brussels", "donderdag 1 oktober om 15:05 CEST|do 1-10"},
		{"pt-BR", "", "America/Sao_Paulo", "quinta-feira, 1 de outubro às 10:05 UTC-3|1/10"},
		{"ja", "", "Asia/Tokyo", "Thursday 1 October at 22:05 JST|Thu 1 Oct"},
		{"en", "", "Asia/Kathmandu", "Thursday 1 October at 18:50 UTC+5:45|Thu 1 Oct"},
	} {
		d := Data{Prospect: models.Prospect{Locale: c.locale, Country: c.country, Zone: c.zone}, Appointment: &models.Appointment{StartsAt: time.Date(2026, 10, 1, 13, 5, 0, 0, time.UTC)}}
		got, err := Render("{{ appointment.starts_at }}|{{ appointment.short_date }}", d)
		if err != nil || got != c.want {
			t.Errorf("%s %s: %q, %v; want %q", c.locale, c.zone, got, err, c.want)
		}
	}
}

// The prospect's zone rules; the one the call was agreed in stands in for it.
func TestAppointmentZone(t *testing.T) {
	d := Data{Prospect: models.Prospect{Zone: "Mars/Base"}, Appointment: &models.Appointment{StartsAt: time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC), Zone: "Europe/Berlin"}, Now: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)}
	if got, err := Render("{{ appointment.date }} {{ appointment.time }}", d); err != nil || got != "Friday 1 January 2027 00:00 CET" {
		t.Errorf("%q, %v", got, err)
	}
	d.Appointment.Zone = ""
	if got, err := Render("{{ appointment.date }}", d); err == nil {
		t.Errorf("a machine's zone was taken: %q", got)
	}
}
