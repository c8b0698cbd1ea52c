package email

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/jhillyerd/enmime/v2"

	"followup/models"
)

// Files leave with both texts, each as it was.
func TestComposeWithFiles(t *testing.T) {
	c := newComposer(Options{Clock: func() time.Time { return time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC) }, MaxBytes: 1 << 20})
	_, content, err := c.compose(models.Message{
		Sender: &models.Sender{Address: "rep@example.com"}, FromAddress: "rep@example.com", ToAddress: "dana@example.com", Token: "abc",
		Subject: "The plan", Text: "See the plan.", HTML: "<p>See the plan.</p>",
		Files: []models.AnswerFile{{Name: "plan\r\nX: y.pdf", Type: "application/pdf", Content: []byte("%PDF the plan")}, {Name: "zoë.txt", Content: []byte("notes")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mail, err := enmime.ReadEnvelope(bytes.NewReader(content))
	if err != nil || len(mail.Errors) > 0 {
		t.Fatalf("%v %v", err, mail.Errors)
	}
	if strings.TrimSpace(mail.Text) != "See the plan." || !strings.Contains(mail.HTML, "<p>See the plan.</p>") || len(mail.Attachments) != 2 {
		t.Fatalf("text %q html %q attachments %d", mail.Text, mail.HTML, len(mail.Attachments))
	}
	if a := mail.Attachments[0]; string(a.Content) != "%PDF the plan" || a.ContentType != "application/pdf" || strings.ContainsAny(a.FileName, "\r\n") {
		t.Errorf("attachment %q %s %q", a.FileName, a.ContentType, a.Content)
	}
	if a := mail.Attachments[1]; a.FileName != "zoë.txt" || string(a.Content) != "notes" {
		t.Errorf("attachment %q %q", a.FileName, a.Content)
	}
}
