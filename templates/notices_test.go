package templates

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAppointmentNoticeGolden(t *testing.T) {
	for _, locale := range []string{"en-US", "en-GB", "de", "fr", "es", "sv"} {
		var b strings.Builder
		for _, n := range []Notice{NoticeBooked, NoticeMoved, NoticeCanceled} {
			d := sample()
			d.Prospect.Locale = locale
			long := AppointmentNotice(n, locale, false)
			r, err := RenderEmail(long.Subject, long.Body, d)
			if err != nil || !long.Template {
				t.Fatalf("%s %s: %v", locale, n, err)
			}
			brief := AppointmentNotice(n, locale, true)
			text, err := Render(brief.Body, d)
			if err != nil || !brief.Template || brief.Subject != "" {
				t.Fatalf("%s %s: %v", locale, n, err)
			}
			fmt.Fprintf(&b, "== %s\nSubject: %s\n\n%s\n== %s, brief\n%s\n\n", n, r.Subject, r.Text, n, text)
		}
		golden(t, "notices/"+locale+".txt", b.String())
	}
}

// One letter outside GSM-7, or one past 160, makes two texts of one.
func TestBriefNoticesAreOneSegment(t *testing.T) {
	for _, locale := range []string{"en", "en-US", "de", "fr", "es"} {
		for day := range 366 { // every month's and weekday's name
			d := sample()
			d.Prospect.Locale, d.Prospect.FirstName, d.Rep.Name = locale, "Alexandra", "Christopher Bell"
			d.Appointment.StartsAt = time.Date(2026, 1, 1+day, 22, 45, 0, 0, time.UTC)
			d.Prospect.Zone = "Europe/Berlin"
			for n := range notices["en"] {
				text, err := Render(AppointmentNotice(n, locale, true).Body, d)
				if err != nil {
					t.Fatal(err)
				}
				if len([]rune(text)) > 160 {
					t.Fatalf("%s %s: %d characters: %s", locale, n, len([]rune(text)), text)
				}
				for _, r := range text {
					if !strings.ContainsRune(gsmLetters, r) {
						t.Fatalf("%s %s: %q is not in GSM-7: %s", locale, n, r, text)
					}
				}
			}
		}
	}
}

// A notice must never wait for a name.
func TestNoticesNeedNoNames(t *testing.T) {
	d := sample()
	d.Prospect.FirstName, d.Prospect.LastName, d.Phone, d.Company = "", "", "", nil
	for locale := range notices {
		for n := range notices[locale] {
			long := AppointmentNotice(n, locale, false)
			if _, err := RenderEmail(long.Subject, long.Body, d); err != nil {
				t.Errorf("%s %s: %v", locale, n, err)
			}
			if out, err := Render(AppointmentNotice(n, locale, true).Body, d); err != nil || strings.Contains(out, " ,") || strings.Contains(out, "  ") {
				t.Errorf("%s %s: %q %v", locale, n, out, err)
			}
		}
	}
	if AppointmentNotice("unheard of", "xx", false).Body == "" {
		t.Error("an unknown notice is empty")
	}
}
