package web_test

import (
	"fmt"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// What stands beside a contact point is what the gate asks: in Germany an
// automatic email needs a recorded basis, in the United States none.
func TestConsentShownIsTheLaws(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep := app.SignIn(app.Rep)
	for country, want := range map[string]string{"US": "needs no consent: email", "DE": "no consent for email"} {
		p, err := app.Store.CreateProspect(t.Context(), models.Prospect{OwnerID: app.Rep.ID, FirstName: "Ines", LastName: "Vogel", Country: country, Zone: "America/Chicago"}, nil,
			[]models.ContactPoint{{Kind: models.ContactEmail, Value: "ines@" + country + ".example.com"}}, nil, models.ActorSystem, app.Now())
		if err != nil {
			t.Fatal(err)
		}
		_, body := rep.Get(fmt.Sprintf("/prospects/%d", p.ID))
		wants(t, country, body, want)
	}
}
