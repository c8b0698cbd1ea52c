package web_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"followup/models"
	"followup/store"
	"followup/web/webtest"
)

// reason publishes a talking point.
func reason(t *testing.T, app *webtest.App, words string) models.TalkingPoint {
	t.Helper()
	tp, err := app.CRM.SaveTalkingPoint(context.Background(), models.UserActor(app.Manager.ID), models.TalkingPoint{Kind: "new_policy", Text: words, State: models.LibraryPublished})
	if err != nil {
		t.Fatal(err)
	}
	return tp
}

// Whoever is enrolled because a reason of the library answers them is called
// for that reason, not for whichever is newest; nobody hears one twice.
func TestEnrolledForAReason(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		why := reason(t, app, "you can file the permit online from January")
		reason(t, app, "the price of the second line is halved")
		dana, joe, lena, heard := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park"), app.AddProspect("Lena", "Fischer"), app.AddProspect("Noor", "Haddad")
		use := models.TalkingPointUse{ID: 1, ProspectID: heard.ID, TalkingPointID: why.ID, HeardAt: app.Now()}
		if _, err := store.Bulk(context.Background(), app.Store, slices.Values([]models.TalkingPointUse{use})); err != nil {
			t.Fatal(err)
		}
		rep, seq := app.SignIn(app.Rep), fmt.Sprint(sequenceID(t, app, "seven-touch-follow-up"))
		point := fmt.Sprint(why.ID)

		// One person: the list's button leads to the preview, which keeps the reason.
		_, body := rep.Post("/enroll", form("id", fmt.Sprint(dana.ID), "talking_point", point))
		wants(t, "the form", body, "The reason I’m calling is you can file the permit online")
		at := fmt.Sprintf("/prospects/%d/enroll", dana.ID)
		_, body = rep.Get(at + "?sequence=" + seq + "&talking_point=" + point)
		wants(t, "the preview", body, "calling is you can file the permit online from January", "Enroll Dana")
		rep.Post(at, form("sequence", seq, "talking_point", point))
		called(t, app, dana, why)

		// Many: who has heard it is refused before anything starts.
		_, body = rep.Post("/enroll", url.Values{"id": {fmt.Sprint(joe.ID), fmt.Sprint(lena.ID), fmt.Sprint(heard.ID)}, "talking_point": {point}})
		wants(t, "the batch", body, "you can file the permit online")
		batches, err := app.Store.BatchList(context.Background(), app.Rep.ID, 1)
		if err != nil || len(batches) != 1 {
			t.Fatal(batches, err)
		}
		batch := fmt.Sprintf("/enroll/%d", batches[0].ID)
		_, body = rep.Post(batch+"/check", form("sequence", seq))
		wants(t, "the check", body, "2 can be enrolled", "1 cannot", "they have heard the reason")
		rep.Post(batch+"/start", form())
		called(t, app, joe, why)
		called(t, app, lena, why)
		if n := len(person(t, app, heard).Enrollments); n != 0 {
			t.Error("who has heard the reason was enrolled for it")
		}
	})
}

// called looks at the preparation of the first call.
func called(t *testing.T, app *webtest.App, p models.Prospect, why models.TalkingPoint) {
	t.Helper()
	app.Tick()
	v := person(t, app, p)
	if len(v.Enrollments) != 1 || v.Enrollments[0].Enrollment.TalkingPointID == nil || *v.Enrollments[0].Enrollment.TalkingPointID != why.ID {
		t.Fatalf("%s is enrolled %+v", p.Name(), v.Enrollments)
	}
	for _, task := range v.Tasks {
		if task.Kind == models.TaskCall {
			if !strings.Contains(task.Prep.TalkingPoint, why.Text) {
				t.Errorf("%s is called because %q", p.Name(), task.Prep.TalkingPoint)
			}
			return
		}
	}
	t.Errorf("no call for %s: %+v", p.Name(), v.Tasks)
}

// What another team keeps to itself is not offered, by name or by address.
func TestSequencesOfOtherTeamsAreNotOffered(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	dana, joe := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	north, err := app.CRM.SaveTeam(ctx, models.UserActor(app.Admin.ID), 0, "North")
	if err != nil {
		t.Fatal(err)
	}
	seq := sequenceID(t, app, "seven-touch-follow-up")
	if _, err := app.CRM.ShareSequence(ctx, models.UserActor(app.Manager.ID), "seven-touch-follow-up", &north.ID); err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	page := fmt.Sprintf("/prospects/%d/enroll", dana.ID)
	_, one := rep.Get(page)
	_, many := rep.Post("/enroll", form("ids", fmt.Sprintf("%d,%d", dana.ID, joe.ID)))
	for where, body := range map[string]string{"one": one, "many": many} {
		if strings.Contains(body, "Seven-touch") || !strings.Contains(body, "Regular customer") {
			t.Errorf("enrolling %s offers\n%s", where, text(body))
		}
	}
	if _, body := rep.Post(page, form("sequence", fmt.Sprint(seq))); !strings.Contains(body, "Choose a sequence") {
		t.Errorf("by its number:\n%s", text(body))
	}
	if n := len(person(t, app, dana).Enrollments); n != 0 {
		t.Error("enrolled in another team's sequence")
	}
}
