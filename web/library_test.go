package web_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// TestLibraryRoles: a rep proposes, a manager publishes; what is published a
// rep reads and does not change.
func TestLibraryRoles(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	status, body := rep.Post("/library/points", form("text", "The reason I’m calling is that the rule changed", "kind", "new_policy", "answers", "timing", "do", "save"))
	if status != http.StatusOK || !strings.Contains(body, "Saved as a proposal") {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	if got, err := app.Store.TalkingPointsFor(context.Background(), 1, ""); err != nil || len(got) != 0 {
		t.Errorf("a proposal is offered: %v %v", got, err)
	}
	if status, _ = rep.Post("/library/points/1", form("text", "x", "kind", "new_policy", "revision", "1", "do", "publish")); status != http.StatusForbidden {
		t.Errorf("a rep publishes: status %d", status)
	}
	status, body = manager.Post("/library/points/1", form("text", "the rule changed", "kind", "new_policy", "answers", "timing", "revision", "1", "do", "publish"))
	if status != http.StatusOK || !strings.Contains(body, "Whom it answers") {
		t.Errorf("publish: status %d\n%s", status, text(body))
	}
	if got, err := app.Store.TalkingPointsFor(context.Background(), 1, ""); err != nil || len(got) != 1 || got[0].Text != "the rule changed" {
		t.Errorf("what is published: %+v %v", got, err)
	}
	if status, _ = rep.Post("/library/points/1", form("text", "mine", "kind", "new_policy", "revision", "2", "do", "save")); status != http.StatusForbidden {
		t.Errorf("a rep changes what is published: status %d", status)
	}
	if status, body = rep.Get("/library/points/1"); status != http.StatusOK || strings.Contains(body, `name="text"`) {
		t.Errorf("the rep's page: status %d", status)
	}
}

// TestLibraryStale: two tabs, and neither loses its text.
func TestLibraryStale(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	c := app.SignIn(app.Manager)
	story := func(title string, revision string) url.Values {
		return form("title", title, "before", "Three days to close a month", "after", "Three hours", "days", "40", "permission", "anonymous",
			"permission_note", "Ana Ruiz, 3 March", "revision", revision, "do", "publish")
	}
	c.Post("/library/stories", story("First", ""))
	c.Post("/library/stories/1", story("Theirs", "1"))
	status, body := c.Post("/library/stories/1", story("Mine", "1"))
	if status != http.StatusConflict || !strings.Contains(body, `value="Mine"`) || !strings.Contains(body, "What somebody saved meanwhile") || !strings.Contains(text(body), "Theirs") || !strings.Contains(body, `name="revision" value="2"`) {
		t.Errorf("the stale save: status %d\n%s", status, text(body))
	}
	if status, _ = c.Post("/library/stories/1", story("Both", "2")); status != http.StatusOK {
		t.Errorf("saving what was put together: status %d", status)
	}
	// Without the client's permission it is told to nobody.
	v := story("No permission", "")
	v.Set("permission", "")
	if status, body = c.Post("/library/stories", v); status != http.StatusUnprocessableEntity || !strings.Contains(body, "permission") || !strings.Contains(body, `value="No permission"`) {
		t.Errorf("a story without permission: status %d", status)
	}
}

// TestOwnSnippet: one's own snippet is nobody else's to see.
func TestOwnSnippet(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	rep, manager := app.SignIn(app.Rep), app.SignIn(app.Manager)
	status, body := rep.Post("/library/snippets", form("name", "/Thanks", "text", "Thank you, and talk on Friday.", "mine", "yes", "do", "save"))
	if status != http.StatusOK {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	mine, _, err := app.Store.Snippets(context.Background(), app.Rep.ID, "")
	if err != nil || len(mine) != 1 || mine[0].Name != "thanks" {
		t.Errorf("mine: %+v %v", mine, err)
	}
	if theirs, _, err := app.Store.Snippets(context.Background(), app.Manager.ID, ""); err != nil || len(theirs) != 0 {
		t.Errorf("somebody else's: %+v %v", theirs, err)
	}
	if status, _ = manager.Get("/library/snippets/1"); status != http.StatusNotFound {
		t.Errorf("somebody else opens it: status %d", status)
	}
	if status, body = rep.Post("/library/snippets", form("name", "two words", "text", "x", "do", "save")); status != http.StatusUnprocessableEntity || !strings.Contains(body, "One word") {
		t.Errorf("two words: status %d", status)
	}
}

// TestRecording: a WAV is measured, kept and played to whoever has its
// address; a page in its place is refused.
func TestRecording(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	c := app.SignIn(app.Manager)
	c.Post("/library/voicemails", form("name", "Short", "text", "It is Rae. Please call me back.", "do", "publish"))
	upload := func(content []byte) (int, string) {
		var b bytes.Buffer
		m := multipart.NewWriter(&b)
		part, err := m.CreateFormFile("recording", "hello.wav")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = part.Write(content)
		_ = m.Close()
		req, err := http.NewRequest(http.MethodPost, app.URL+"/library/voicemails/1/recording", &b)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", m.FormDataContentType())
		req.Header.Set("Sec-Fetch-Site", "same-origin")
		res, err := c.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(body)
	}
	for name, content := range map[string][]byte{"a page": []byte("<script>alert(1)</script>"), "nothing": nil, "too long": silence(120), "too short": silence(0)} {
		if status, body := upload(content); status != http.StatusUnprocessableEntity || !strings.Contains(body, "e-recording") {
			t.Errorf("%s: status %d\n%s", name, status, text(body))
		}
	}
	status, body := upload(silence(30))
	if status != http.StatusOK || !strings.Contains(body, "30 s") {
		t.Fatalf("status %d\n%s", status, text(body))
	}
	scripts, _, err := app.Store.RecordedScripts(context.Background(), "", 10)
	if err != nil || len(scripts) != 1 || scripts[0].Recording == nil || scripts[0].Recording.Millis != 30000 || len(scripts[0].Recording.Token) < 20 {
		t.Fatalf("%+v %v", scripts, err)
	}
	address := "/r/" + scripts[0].Recording.Token
	if !strings.Contains(body, "https://followup.example.com"+address) {
		t.Error("the page does not say the address for a step")
	}
	res, err := http.Get(app.URL + address) // Twilio has no session
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	sound, _ := io.ReadAll(res.Body)
	if res.Header.Get("Content-Type") != "audio/wav" || !bytes.Equal(sound, silence(30)) {
		t.Errorf("it plays %d bytes of %s", len(sound), res.Header.Get("Content-Type"))
	}
	if res, err := http.Get(app.URL + "/r/guessed"); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("a guessed address: %v %v", res.StatusCode, err)
	}
}

// silence is a WAV of some seconds, 8 kHz, 8 bits.
func silence(seconds int) []byte {
	data := make([]byte, seconds*8000)
	var b bytes.Buffer
	b.WriteString("RIFF")
	_ = binary.Write(&b, binary.LittleEndian, uint32(36+len(data)))
	b.WriteString("WAVEfmt ")
	for _, n := range []any{uint32(16), uint16(1), uint16(1), uint32(8000), uint32(8000), uint16(1), uint16(8)} {
		_ = binary.Write(&b, binary.LittleEndian, n)
	}
	b.WriteString("data")
	_ = binary.Write(&b, binary.LittleEndian, uint32(len(data)))
	b.Write(data)
	return b.Bytes()
}

// TestReplyMark: the mark beside a reply is kept, once per press.
func TestReplyMark(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	story := app.Play()
	c := app.SignIn(app.Rep)
	_, body := c.Get(fmt.Sprintf("/prospects/%d", story.Waiting.ID))
	at := strings.Index(body, `method="post" action="/messages/`)
	if at < 0 {
		t.Fatal("no marks on the page")
	}
	var id int64
	if _, err := fmt.Sscanf(body[at:], `method="post" action="/messages/%d/mark"`, &id); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if status, body := c.Post(fmt.Sprintf("/messages/%d/mark", id), form("mark", "positive")); status != http.StatusOK || !strings.Contains(body, `aria-pressed="true" data-mark="positive"`) {
			t.Errorf("status %d", status)
		}
	}
	v, err := app.Store.ViewPerson(context.Background(), story.Waiting.ID)
	if err != nil {
		t.Fatal(err)
	}
	marks := 0
	for _, e := range v.Events {
		if e.Kind == models.EventReplyMarked {
			marks++
		}
	}
	if marks != 1 {
		t.Errorf("%d events of marking", marks)
	}
	if status, _ := c.Post(fmt.Sprintf("/messages/%d/mark", id), form("mark", "superb")); status != http.StatusUnprocessableEntity {
		t.Errorf("an unknown mark: status %d", status)
	}
}
