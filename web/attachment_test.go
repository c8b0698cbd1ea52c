package web_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"followup/models"
	"followup/web/webtest"
)

// What came with an email is given as a file, whatever it says that it is.
func TestAttachmentsAreFiles(t *testing.T) {
	app := webtest.New(t, webtest.Options{})
	p := app.AddProspect("Dana", "Reyes")
	mail := strings.ReplaceAll(`From: dana.reyes@example.com
To: sales@example.com
Subject: The drawing
Message-ID: <1@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain

Here it is.
--b
Content-Type: text/html; name="../a drawing.html"
Content-Disposition: attachment; filename="../a drawing.html"

<script>alert(1)</script>
--b--
`, "\n", "\r\n")
	if _, err := app.Replies.Receive(context.Background(), models.Raw{Provider: models.ProviderSandbox, ProviderID: "1", Channel: models.ChannelEmail, SenderID: &app.Mailbox.ID, Content: []byte(mail)}); err != nil {
		t.Fatal(err)
	}
	rep := app.SignIn(app.Rep)
	_, body := rep.Get(fmt.Sprintf("/prospects/%d", p.ID))
	_, rest, found := strings.Cut(body, `href="/messages/`)
	if !found || !strings.Contains(body, "a drawing.html") {
		t.Fatalf("the page names no attachment:\n%s", text(body))
	}
	path, _, _ := strings.Cut(rest, `"`)
	resp, err := rep.Client.Get(app.URL + "/messages/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	h := resp.Header
	if resp.StatusCode != http.StatusOK || h.Get("Content-Type") != "application/octet-stream" || h.Get("X-Content-Type-Options") != "nosniff" ||
		h.Get("Content-Disposition") != `attachment; filename="_a drawing.html"` || !strings.Contains(h.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%s %+v", resp.Status, h)
	}
	if status, _ := rep.Get("/messages/" + strings.Replace(path, "/media/1", "/media/2", 1)); status != http.StatusNotFound {
		t.Errorf("another one: %d", status)
	}
}
