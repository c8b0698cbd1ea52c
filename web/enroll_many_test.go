package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/web/webtest"
)

// sequenceID finds a built-in sequence.
func sequenceID(t *testing.T, app *webtest.App, key string) int64 {
	t.Helper()
	seq, err := app.Store.SequenceByKey(context.Background(), key)
	if err != nil {
		t.Fatal(err)
	}
	return seq.ID
}

func wants(t *testing.T, where, body string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text(body), w) {
			t.Errorf("%s does not say %q:\n%s", where, w, text(body))
		}
	}
}

// Several people are checked, each refusal is listed with its reason before
// anything starts, and those that can be are enrolled, once.
func TestEnrollMany(t *testing.T) { webtest.Each(t, webtest.Options{}, testEnrollMany) }

func testEnrollMany(t *testing.T, app *webtest.App) {
	ctx := context.Background()
	good, inside, stopped := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park"), app.AddProspect("Victor", "Moreau")
	app.Enroll(inside, "seven-touch-follow-up", nil)
	if _, err := app.CRM.Suppress(ctx, models.ActorSystem, models.Suppression{Scope: models.SuppressPerson, ProspectID: &stopped.ID, Reason: models.FailOptedOut, Source: "hand", By: models.ActorSystem}); err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	_, body := rep.Post("/enroll", form("id", fmt.Sprint(good.ID), "ids", fmt.Sprintf("%d,%d", inside.ID, stopped.ID), "form_token", "once"))
	wants(t, "the batch", body, "Enroll 3 people", "Nobody is enrolled yet")
	all, err := app.Store.BatchList(ctx, app.Rep.ID, 10)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	// The same again is the same; going back and marking others is not.
	rep.Post("/enroll", form("id", fmt.Sprint(good.ID), "ids", fmt.Sprintf("%d,%d", inside.ID, stopped.ID), "form_token", "once"))
	rep.Post("/enroll", form("ids", fmt.Sprintf("%d,%d", inside.ID, stopped.ID), "form_token", "once"))
	if twice, err := app.Store.BatchList(ctx, app.Rep.ID, 10); err != nil || len(twice) != 2 || twice[0].Total != 2 {
		t.Errorf("%d batches, %v", len(twice), err)
	}
	at := fmt.Sprintf("/enroll/%d", all[0].ID)
	_, body = rep.Post(at+"/check", form())
	wants(t, "without a sequence", body, "Choose the sequence")
	seq := fmt.Sprint(sequenceID(t, app, "seven-touch-follow-up"))
	_, body = rep.Post(at+"/check", form("sequence", seq))
	wants(t, "the check", body, "1 can be enrolled", "2 cannot", "asked not to be contacted", "is in", "already")
	if n := len(person(t, app, good).Enrollments); n != 0 {
		t.Fatalf("the check enrolled somebody")
	}
	_, body = rep.Get(at + fmt.Sprintf("?show=ready&look=%d", good.ID))
	wants(t, "the preview", body, "What Dana Reyes would get", "their time")
	for range 2 { // a double click
		_, body = rep.Post(at+"/start", form())
		wants(t, "the end", body, "1 person was enrolled", "2 could not be")
	}
	if n := len(person(t, app, good).Enrollments); n != 1 {
		t.Errorf("%d enrollments", n)
	}
	other := app.SignIn(app.AddUser("Olga Rep", "olga@example.com", models.RoleRep))
	if status, _ := other.Get(at); status != http.StatusNotFound {
		t.Errorf("another rep sees it: %d", status)
	}
}

// A process that ended between enrolling somebody and saying so left them
// enrolled: the next one says that it is done, not that it is refused.
func TestEnrollManyAfterACrash(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	ctx := context.Background()
	a, b := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	seq := sequenceID(t, app, "seven-touch-follow-up")
	batch, err := app.Store.CreateBatch(ctx, models.Batch{Kind: models.BatchEnroll, UserID: app.Rep.ID, SequenceID: &seq}, []int64{a.ID, b.ID}, store.Everything, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	work := &scheduler.Batches{Store: app.Store, Scheduler: app.Scheduler, Holder: "two"}
	move := func(to models.BatchState) {
		t.Helper()
		if _, err := app.Store.ChangeBatch(ctx, batch.ID, app.Now(), func(b *models.Batch) error { return b.Move(to, app.Now()) }); err != nil {
			t.Fatal(err)
		}
	}
	move(models.BatchChecking)
	if err := work.Work(ctx, app.Now()); err != nil {
		t.Fatal(err)
	}
	move(models.BatchRunning)
	if _, err := app.Scheduler.Enroll(ctx, scheduler.EnrollRequest{ProspectID: a.ID, SequenceID: seq, By: models.UserActor(app.Rep.ID)}); err != nil {
		t.Fatal(err)
	}
	if err := work.Work(ctx, app.Now()); err != nil {
		t.Fatal(err)
	}
	got, err := app.Store.Batch(ctx, batch.ID)
	if err != nil || got.State != models.BatchDone || got.Done != 2 || got.Refused != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	for _, p := range []models.Prospect{a, b} {
		if n := len(person(t, app, p).Enrollments); n != 1 {
			t.Errorf("%s has %d enrollments", p.Name(), n)
		}
	}
}

// upload posts a file as a browser does.
func upload(t *testing.T, c *webtest.Client, url, path, name, content, token string) string {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.WriteField("form_token", token); err != nil {
		t.Fatal(err)
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, url+path, &b)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", w.FormDataContentType())
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

const people = "Vorname;Nachname;Mail;Mobil;Branche\n" +
	"Ines;Vogel;ines.vogel@example.com;+13125550151;Pumps\n" +
	"Tom;Brandt;not an address;;Valves\n" +
	"Ines;Again;ines.vogel@example.com;;\n" +
	"Lea;Sommer;lea.sommer@example.com;+13125550152;Pumps\n"

// A file with other people's headers: columns are chosen, every line is
// checked, and the people go on to a sequence.
func TestImportInTheBrowserWithoutAScript(t *testing.T) {
	webtest.Each(t, webtest.Options{}, func(t *testing.T, app *webtest.App) {
		ctx := context.Background()
		rep := app.SignIn(app.Rep)
		wants(t, "nothing chosen", upload(t, rep, app.URL, "/imports", "x.csv", "", "t0"), "Choose a CSV file")
		for range 2 { // a double click
			wants(t, "the columns", upload(t, rep, app.URL, "/imports", "fair.csv", people, "t1"), "Import fair.csv", "4 lines", "Mobil", "Pumps")
		}
		all, err := app.Store.BatchList(ctx, app.Rep.ID, 10)
		if err != nil || len(all) != 1 {
			t.Fatal(len(all), err)
		}
		at := fmt.Sprintf("/imports/%d", all[0].ID)
		columns := form("column.0", "first_name", "column.1", "last_name", "column.2", "email", "column.3", "cell", "column.4", "custom.branche", "country", "US")
		_, body := rep.Post(at+"/check", columns)
		wants(t, "without a basis", body, "on what basis")
		columns.Set("consent", "written")
		_, body = rep.Post(at+"/check", columns)
		wants(t, "the check", body, "2 lines can be imported", "2 cannot", "Tom Brandt", "in line 2 already")
		if found, err := app.Store.FindProspects(ctx, []string{"ines.vogel@example.com"}); err != nil || len(found) != 0 {
			t.Fatalf("the check imported somebody: %v %v", found, err)
		}
		for range 2 {
			_, body = rep.Post(at+"/start", form())
			wants(t, "the import", body, "2 lines imported")
		}
		found, err := app.Store.FindProspects(ctx, []string{"ines.vogel@example.com", "lea.sommer@example.com"})
		if err != nil || len(found) != 2 {
			t.Fatalf("%v %v", found, err)
		}
		who, err := app.Store.Person(ctx, found["ines.vogel@example.com"])
		if err != nil || who.Prospect.Custom["branche"] != "Pumps" || who.Prospect.LastName != "Vogel" {
			t.Errorf("%+v %v", who.Prospect, err)
		}
		_, body = rep.Post(at+"/enroll", form())
		wants(t, "on to a sequence", body, "Enroll the people of fair.csv", "2 people")
	})
}

// From search to enrolled at most eight keys beside the name.
func TestSearchToEnrolledByKeyboard(t *testing.T) {
	if webtest.BrowserOff(t) {
		return
	}
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Noor", "Haddad")
	app.AddProspect("Dana", "Reyes")
	b := signedIn(t, app, app.Rep)
	keys := 0
	press := func(what, key, until string) {
		t.Helper()
		keys++
		b.do(what, chromedp.KeyEvent(key), chromedp.WaitVisible(chromedp.CSS(until)))
	}
	press("search", "/", "#search:focus")
	b.do("type a name", chromedp.KeyEvent("noor"))
	press("find", "\r", "#people [data-row]")
	press("the first row", "j", "[data-row] a:focus")
	press("enroll them", "e", "form.enroll")
	press("choose the last sequence", kb.ArrowUp, "form.enroll input[name=sequence]:checked")
	press("preview", "\r", "#preview")
	press("enroll", "\r", "#answer")
	if keys > 8 {
		t.Errorf("%d keys from search to enrolled", keys)
	}
	if n := len(person(t, app, p).Enrollments); n != 1 {
		t.Errorf("%d enrollments", n)
	}
}

var hiddenInput = regexp.MustCompile(`name="([a-z_]+)" value="([^"]*)"`)

// hiddenField is the value of a page's hidden field.
func hiddenField(t *testing.T, body, name string) string {
	t.Helper()
	for _, m := range hiddenInput.FindAllStringSubmatch(body, -1) {
		if m[1] == name {
			return m[2]
		}
	}
	t.Fatalf("the page has no field %s:\n%s", name, text(body))
	return ""
}
