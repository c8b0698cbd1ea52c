package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/web/webtest"
)

// The inbox narrows to mine, unread and a channel, and a conversation can be
// set back to unread.
func TestInboxFilters(t *testing.T) { webtest.Each(t, webtest.Options{}, testInboxFilters) }

func testInboxFilters(t *testing.T, app *webtest.App) {
	p, q := app.AddProspect("Dana", "Reyes"), app.AddProspect("Joe", "Park")
	customerTexts(t, app, p, "Can we do Friday?")
	rep := app.SignIn(app.Rep)
	has := func(path string, want bool) {
		t.Helper()
		if _, body := rep.Get(path); strings.Contains(body, "Dana Reyes") != want || strings.Contains(body, "Joe Park") {
			t.Errorf("%s: Dana there %v, want %v\n%s", path, !want, want, text(body))
		}
	}
	has("/inbox", true)
	has("/inbox?show=waiting", true)
	has("/inbox?show=unread", true)
	has("/inbox?channel=sms", true)
	has("/inbox?channel=email", false)
	rep.Get(fmt.Sprintf("/prospects/%d", p.ID))
	has("/inbox?show=unread", false)
	rep.Post(fmt.Sprintf("/prospects/%d/unread", p.ID), nil)
	has("/inbox?show=unread", true)
	status, body := rep.Post(fmt.Sprintf("/prospects/%d/unread", q.ID), nil)
	if status == http.StatusOK || !strings.Contains(body, "has not written yet") {
		t.Errorf("status %d\n%s", status, text(body))
	}
}

// Without a script: a draft is kept, a snippet put in, the answer previewed,
// sent, taken back, and nothing of it is lost.
func TestAnswerWithoutAScript(t *testing.T) {
	webtest.Each(t, webtest.Options{}, testAnswerWithoutAScript)
}

func testAnswerWithoutAScript(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	customerTexts(t, app, p, "Can we do Friday?")
	sn, err := app.Store.SaveSnippet(t.Context(), models.Snippet{Name: "friday", Text: "Friday suits us, {{ prospect.first_name }}.", State: models.LibraryPublished}, models.ActorSystem, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	f := form("channel", "sms", "body", "Hello Dana,", "form_token", "one")
	do := func(path string, want ...string) string {
		t.Helper()
		status, body := rep.Post(base+path, f)
		if status != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", path, status, text(body))
		}
		for _, w := range want {
			if !strings.Contains(text(body), w) {
				t.Errorf("%s shows no %q\n%s", path, w, text(body))
			}
		}
		return body
	}
	do("/draft", "Hello Dana,")
	f.Set("draft_revision", "1")
	f.Set("snippet", fmt.Sprint(sn.ID))
	do("/snippet", "Friday suits us, Dana.")
	f.Set("body", "Hello Dana,\n\nFriday suits us, Dana.")
	do("/preview", "As it will leave", "1 312 555")
	do("/answer", "leaves by Text in ten seconds", "Sent in 10 s", "Undo")
	touch := person(t, app, p).Touches[0]
	app.Stall(3 * time.Second)
	status, body := rep.Post(fmt.Sprintf("/answers/%d/withdraw", touch.ID), nil)
	if status != http.StatusOK || !strings.Contains(text(body), "Taken back") || !strings.Contains(body, "Friday suits us, Dana.") {
		t.Errorf("taking back: status %d\n%s", status, text(body))
	}
	app.Advance(time.Minute)
	v := person(t, app, p)
	if v.Messages[0].Direction != models.Inbound || v.Conversation.WaitingSince == nil {
		t.Errorf("it left all the same: %+v", v.Messages[0])
	}
	f.Set("form_token", "two")
	do("/answer")
	app.Advance(11 * time.Second)
	if v = person(t, app, p); !strings.HasPrefix(v.Messages[0].Text, f.Get("body")) || v.Messages[0].State != models.MessageSent {
		t.Errorf("the last message is %+v", v.Messages[0])
	}
	last := v.Touches[0]
	if status, body := rep.Post(fmt.Sprintf("/answers/%d/withdraw", last.ID), nil); status != http.StatusConflict || !strings.Contains(body, "left already") {
		t.Errorf("taking back what has left: status %d\n%s", status, text(body))
	}
	if _, body := rep.Get(base); strings.Contains(body, ">Hello Dana,") && strings.Contains(body, "Draft kept") {
		t.Error("what was sent stands in the box as a draft")
	}
}

// Two tabs write to one customer: the second is told, and no text is lost.
func TestDraftInTwoTabs(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	path := fmt.Sprintf("/prospects/%d/draft", p.ID)
	rep.Post(path, form("channel", "email", "body", "The first tab"))
	status, body := rep.Post(path, form("channel", "email", "body", "The second tab"))
	if status != http.StatusConflict || !strings.Contains(body, "another tab") || !strings.Contains(body, "The second tab") || !strings.Contains(body, `name="draft_revision" value="1"`) {
		t.Errorf("status %d\n%s", status, text(body))
	}
	if status, _ = rep.Post(path, form("channel", "email", "body", "The second tab", "draft_revision", "1")); status != http.StatusOK {
		t.Errorf("saving again: status %d", status)
	}
	if d, err := app.Store.Draft(t.Context(), app.Rep.ID, p.ID); err != nil || d.Body != "The second tab" {
		t.Errorf("kept %+v %v", d, err)
	}
}

// Files leave with an email; a text takes pictures only, and says so while
// the writer still has the box.
func TestAnswerWithFiles(t *testing.T) { webtest.Each(t, webtest.Options{}, testAnswerWithFiles) }

func testAnswerWithFiles(t *testing.T, app *webtest.App) {
	p := app.AddProspect("Dana", "Reyes")
	rep := app.SignIn(app.Rep)
	base := fmt.Sprintf("/prospects/%d", p.ID)
	send := func(fields url.Values) (int, string) {
		t.Helper()
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		for k, v := range fields {
			if err := w.WriteField(k, v[0]); err != nil {
				t.Fatal(err)
			}
		}
		part, err := w.CreateFormFile("file", `..\plan.pdf`)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(part, "%PDF-1.7 the plan")
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return rep.PostBody(base+"/answer", w.FormDataContentType(), &b)
	}
	status, body := send(form("channel", "sms", "body", "See the plan.", "form_token", "one"))
	if status != http.StatusConflict && status != http.StatusUnprocessableEntity || !strings.Contains(body, "takes pictures") || !strings.Contains(body, "plan.pdf") || !strings.Contains(body, "See the plan.") {
		t.Fatalf("by text: status %d\n%s", status, text(body))
	}
	files, err := app.Store.DraftFiles(t.Context(), app.Rep.ID, p.ID)
	if err != nil || len(files) != 1 {
		t.Fatalf("files %+v %v", files, err)
	}
	rep.Post(fmt.Sprintf("%s/files/%d/remove", base, files[0].ID), form("body", "See the plan.", "channel", "email"))
	if status, body = send(form("channel", "email", "subject", "The plan", "body", "See the plan.", "form_token", "two")); status != http.StatusOK {
		t.Fatalf("by email: status %d\n%s", status, text(body))
	}
	app.Advance(11 * time.Second)
	m := person(t, app, p).Messages[0]
	if len(m.Media) != 1 || m.Media[0].Name != "plan.pdf" || m.State != models.MessageSent {
		t.Fatalf("sent %+v", m)
	}
	if _, body := rep.Get(base); !strings.Contains(body, "plan.pdf") {
		t.Error("the conversation does not show what left with it")
	}
	outside := app.SignIn(app.Manager)
	if status, body := outside.Get("/f/" + m.Media[0].Token); status != http.StatusOK || body != "%PDF-1.7 the plan" {
		t.Errorf("the provider gets status %d %q", status, body)
	}
	if status, _ := outside.Get("/f/ABCDEFGH"); status != http.StatusNotFound {
		t.Errorf("a wrong token: status %d", status)
	}
}
