package email

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"testing"
	"time"

	"followup/models"
)

// TestInvitationPart: the calendar object is the last alternative, named with
// its method, and arrives as it was made.
func TestInvitationPart(t *testing.T) {
	const object = "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"
	c := newComposer(Options{Clock: func() time.Time { return time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC) }, MaxBytes: 1 << 20})
	m := models.Message{
		ToAddress: "dana@example.com", FromAddress: "rae@example.com", Token: "abc", Subject: "Your call", Text: "Thursday", HTML: "<p>Thursday</p>",
		Calendar: object, CalendarMethod: "REQUEST", Sender: &models.Sender{Address: "rae@example.com"},
	}
	_, content, err := c.compose(m)
	if err != nil {
		t.Fatal(err)
	}
	_, again, err := c.compose(m)
	if err != nil || !bytes.Equal(content, again) {
		t.Fatalf("the same message composed twice differs (%v)", err)
	}
	got, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	kind, params, err := mime.ParseMediaType(got.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("it is %q (%v)", kind, err)
	}
	var kinds []string
	parts := multipart.NewReader(got.Body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		kind, params, err := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		kinds = append(kinds, kind)
		if kind != "text/calendar" {
			continue
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		if params["method"] != "REQUEST" || string(body) != object {
			t.Errorf("method %q, %q", params["method"], body)
		}
	}
	if len(kinds) != 3 || kinds[2] != "text/calendar" {
		t.Errorf("the parts are %v", kinds)
	}
}
