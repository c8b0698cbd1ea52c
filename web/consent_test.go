package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/crm"
	"followup/models"
	"followup/web/webtest"
)

// What somebody says on the phone is recorded in one step: beside their number,
// and where enrolling says what they have not agreed to; then the text comes.
func TestOralConsentInOneStep(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	p, err := app.CRM.CreateProspect(ctx, models.UserActor(app.Rep.ID), crm.ProspectInput{
		FirstName: "Dana", LastName: "Reyes", Zone: "America/Chicago", Country: "US", Region: "IL", OwnerID: app.Rep.ID,
		ConsentBasis: models.ConsentNone, ConsentSource: "trade fair list",
		Points: []crm.PointInput{{Kind: models.ContactEmail, Value: "dana.reyes@example.com", Label: models.LabelWork}, {Kind: models.ContactPhone, Value: "+13125550142", Label: models.LabelCell}},
	})
	if err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	if _, body := rep.Get(base); !strings.Contains(text(body), "They said yes to texts") {
		t.Errorf("their page offers nothing\n%s", text(body))
	}
	rows, err := app.Store.SequencesFor(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var seq int64
	for _, r := range rows {
		if r.Sequence.Key == "seven-touch-follow-up" {
			seq = r.Sequence.ID
		}
	}
	page := fmt.Sprintf("%s/enroll?sequence=%d", base, seq)
	_, body := rep.Get(page)
	if !strings.Contains(text(body), "What they have not agreed to") || !strings.Contains(body, `action="`+base+`/consent/oral"`) {
		t.Fatalf("enrolling lists nothing\n%s", text(body))
	}
	phone := person(t, app, p).Points[1]
	f := url.Values{"contact_point": {fmt.Sprint(phone.ID)}, "channel": {"sms"}, "words": {""}, "given_on": {"2026-11-20"}, "back": {page}}
	if status, _ := rep.Post(base+"/consent/oral", f); status == http.StatusOK {
		t.Error("recorded without a word of theirs")
	}
	f.Set("words", "Yes, text me the prices")
	f.Set("given_on", "2026-12-24")
	if status, _ := rep.Post(base+"/consent/oral", f); status == http.StatusOK {
		t.Error("recorded for a day to come")
	}
	f.Set("given_on", "2026-11-20")
	status, body := rep.Post(base+"/consent/oral", f)
	if status != http.StatusOK || !strings.Contains(body, `id="pv"`) || strings.Contains(text(body), "no phone has the consent that an automatic text needs") {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	c := person(t, app, p).Consents
	last := c[len(c)-1]
	if c[0].Basis == models.ConsentOral {
		last = c[0]
	}
	if last.Basis != models.ConsentOral || last.Channel != models.ChannelSMS || last.TextShown != "Yes, text me the prices" || last.Source != "said to Rae Kim" ||
		last.GivenAt.In(time.UTC).Format(time.DateOnly) != "2026-11-20" || last.RecordedBy != models.UserActor(app.Rep.ID) {
		t.Errorf("recorded %+v", last)
	}
	if _, body := rep.Get(base); strings.Contains(text(body), "They said yes to texts") {
		t.Error("their page still asks")
	}
}

// In a list of many, too: what one of them lacks is recorded where it is seen,
// and the list says at once that the step is in.
func TestOralConsentInAList(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	var ids []string
	var people []models.Prospect
	for i, name := range []string{"Dana", "Joe"} {
		p, err := app.CRM.CreateProspect(ctx, models.UserActor(app.Rep.ID), crm.ProspectInput{
			FirstName: name, LastName: "Reyes", Zone: "America/Chicago", Country: "US", Region: "IL", OwnerID: app.Rep.ID,
			ConsentBasis: models.ConsentNone, ConsentSource: "trade fair list",
			Points: []crm.PointInput{{Kind: models.ContactEmail, Value: name + ".reyes@example.com", Label: models.LabelWork}, {Kind: models.ContactPhone, Value: fmt.Sprintf("+1312555014%d", i), Label: models.LabelCell}},
		})
		if err != nil {
			t.Fatal(err)
		}
		people, ids = append(people, p), append(ids, fmt.Sprint(p.ID))
	}
	rows, err := app.Store.SequencesFor(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var seq int64
	for _, r := range rows {
		if r.Sequence.Key == "seven-touch-follow-up" {
			seq = r.Sequence.ID
		}
	}
	rep := app.SignIn(app.Rep)
	if status, body := rep.Post("/enroll", url.Values{"id": ids}); status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	list, err := app.Store.BatchList(ctx, app.Rep.ID, 1)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v %v", list, err)
	}
	base := fmt.Sprintf("/enroll/%d", list[0].ID)
	rep.Post(base+"/check", form("sequence", fmt.Sprint(seq)))
	why := func(p models.Prospect) string {
		row, err := app.Store.BatchRowOf(ctx, list[0].ID, p.ID)
		if err != nil || row == nil {
			t.Fatal(err)
		}
		return string(row.State) + ": " + row.Reason
	}
	before := why(people[1])
	if !strings.Contains(why(people[0]), "consent") {
		t.Fatalf("the list says %q", why(people[0]))
	}
	page := fmt.Sprintf("%s?show=&look=%d", base, people[0].ID)
	if _, body := rep.Get(page); !strings.Contains(text(body), "What they have not agreed to") {
		t.Fatalf("nothing to record\n%s", text(body))
	}
	status, body := rep.Post(fmt.Sprintf("/prospects/%d/consent/oral", people[0].ID), form("contact_point", fmt.Sprint(person(t, app, people[0]).Points[1].ID), "channel", "sms",
		"words", "Yes, text me the prices", "given_on", "2026-11-20", "back", page))
	if status != http.StatusOK || !strings.Contains(text(body), "What Dana Reyes would get") || strings.Contains(why(people[0]), "consent") {
		t.Errorf("status %d, the list says %q", status, why(people[0]))
	}
	if why(people[1]) != before {
		t.Errorf("the other one's row became %q", why(people[1]))
	}
}
