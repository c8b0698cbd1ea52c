package templates_test

import (
	"strings"
	"testing"

	"followup/models"
	"followup/templates"
)

// The first text to a person names rep and company and says how to stop.
func TestIntroduction(t *testing.T) {
	mia := models.User{Name: "Mia Jones"}
	for _, c := range []struct{ name, text, locale, company, want string }{
		{"nothing is said", "Which day suits you better?", "en-US", "Northwind", "Mia Jones, Northwind. Reply STOP to opt out."},
		{"the first name is enough", "Hi Dana, Mia here.", "en", "Northwind", "Northwind. Reply STOP to opt out."},
		{"both names", "Hi Dana, it's Mia from Northwind.", "en", "Northwind", "Reply STOP to opt out."},
		{"everything", "Mia from Northwind. Reply STOP to end these texts", "en", "Northwind", ""},
		{"the company without its legal form", "Mia at Northwind. Text STOP to stop.", "en", "Northwind, Inc.", ""},
		{"in small letters", "mia at northwind, reply stop and we stop", "en", "Northwind", ""},
		{"to stop by is not how to stop", "Mia, Northwind: may I stop by on Tuesday?", "en", "Northwind", "Reply STOP to opt out."},
		{"part of a word is no name", "Miami and Northwinds", "en", "Northwind", "Mia Jones, Northwind. Reply STOP to opt out."},
		{"German", "Passt Ihnen Dienstag?", "de-AT", "Nordwind GmbH", "Mia Jones, Nordwind GmbH. Mit STOP abbestellen."},
		{"German says it", "Mia Jones von Nordwind. Abmelden mit STOPP", "de", "Nordwind GmbH", ""},
		{"STOP in French", "Mia, Northwind. STOP au 555", "fr", "Northwind", ""},
		{"a language that is not ours", "Hej!", "sv", "Northwind", "Mia Jones, Northwind. Reply STOP to opt out."},
		{"no language", "Hello", "", "Northwind", "Mia Jones, Northwind. Reply STOP to opt out."},
		{"two words in their order only", "North of the great wind, Mia", "en", "Great North", "Great North. Reply STOP to opt out."},
		{"a name that ends in a full stop", "Mia", "en", "Acme Corp.", "Acme Corp. Reply STOP to opt out."},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := templates.Introduction(c.text, c.locale, mia, c.company); got != c.want {
				t.Errorf("added %q, want %q", got, c.want)
			}
			whole := templates.Introduce(c.text, c.locale, mia, c.company)
			if again := templates.Introduce(whole, c.locale, mia, c.company); again != whole {
				t.Errorf("introduced twice: %q", again)
			}
		})
	}
}

// One letter outside the GSM-7 alphabet would double what every first text costs.
func TestIntroductionsKeepToTheCheapAlphabet(t *testing.T) {
	for _, locale := range []string{"en", "de", "fr", "es", "it", "nl", "pt"} {
		line := templates.Introduction("Ok", locale, models.User{Name: "Mia Jones"}, "Northwind")
		if strings.ContainsFunc(line, func(r rune) bool { return r > '~' || r == '`' }) || !strings.Contains(line, "STOP") {
			t.Errorf("%s: %q", locale, line)
		}
	}
}
