package email_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

func TestProbe(t *testing.T) {
	smtp := emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.StartTLS, Username: "riley", Password: "pw"})
	imap := emailtest.StartIMAP(t, "riley", "pw")
	for name, tt := range map[string]struct {
		spoil func(*models.Sender)
		field string
		code  models.ErrorCode
	}{
		"both in order":    {func(s *models.Sender) {}, "", ""},
		"SMTP alone":       {func(s *models.Sender) { s.Settings.IMAPHost, s.Inbound = "", models.InboundNone }, "", ""},
		"wrong password":   {func(s *models.Sender) { s.Credentials.Password = "wrong" }, "username", models.CodeInvalid},
		"SMTP unreachable": {func(s *models.Sender) { s.Settings.SMTPPort = 1 }, "smtp_host", models.CodeUnavailable},
		"SMTP under a false name": {func(s *models.Sender) {
			s.Settings.SMTPPort = imap.Port
			s.Settings.SMTPTLS = "implicit"
			s.Settings.SMTPHost = "127.0.0.2"
		}, "", "any"},
		"IMAP unreachable":    {func(s *models.Sender) { s.Settings.IMAPPort = 1 }, "imap_host", models.CodeUnavailable},
		"IMAP not configured": {func(s *models.Sender) { s.Settings.IMAPHost = "" }, "imap_host", models.CodeInvalid},
		"a folder is missing": {func(s *models.Sender) { s.Settings.Folders = []string{"INBOX", "Replies"} }, "folders", models.CodeInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			sender := mailbox(smtp, imap)
			tt.spoil(&sender)
			err := newChannel(t, func(o *email.Options) { o.Timeout = time.Second }).Probe(context.Background(), sender)
			var told *models.Error
			switch {
			case tt.code == "" && err != nil:
				t.Errorf("Probe = %v", err)
			case tt.code != "" && (!errors.As(err, &told) || tt.code != "any" && (told.Field != tt.field || told.Code != tt.code)):
				t.Errorf("Probe = %v, want %s about %s", err, tt.code, tt.field)
			}
		})
	}
	if got := len(smtp.Accepted()); got != 0 {
		t.Errorf("%d messages were sent", got)
	}
}

func TestReconcile(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	server.Deliver(t, "Sent", []byte("From: riley@sales.test\r\nMessage-ID: <found@sales.test>\r\n\r\nHello\r\n"))
	now := noon
	channel := newChannel(t, func(o *email.Options) { o.Clock = func() time.Time { return now } })
	sender := mailbox(server)
	look := func(mailID string, files bool, attempt int, want channels.Finding) {
		t.Helper()
		sender.Settings.FilesSentCopies = files
		m := letter(sender)
		m.MailID, m.Attempt = mailID, attempt
		got, outcome, err := channel.Reconcile(context.Background(), m)
		if err != nil || got != want || got == channels.Found && outcome.ProviderID != mailID {
			t.Errorf("%s at %s: %s, %+v, %v; want %s", mailID, now.Sub(noon), got, outcome, err, want)
		}
	}
	look("<found@sales.test>", true, 1, channels.Found)
	look("<ound@sales.test>", true, 1, channels.Unknown) // part of another message's id
	look("<found@sales.test>", false, 1, channels.Unknown)

	// Missing once proves nothing; the copy may still be on its way.
	look("<late@sales.test>", true, 1, channels.Unknown)
	look("<never@sales.test>", true, 1, channels.Unknown)
	now = noon.Add(time.Minute)
	look("<never@sales.test>", true, 1, channels.Unknown)
	server.Deliver(t, "Sent", []byte("Message-ID: <late@sales.test>\r\n\r\nHello\r\n"))
	now = noon.Add(2 * time.Minute)
	look("<late@sales.test>", true, 1, channels.Found)
	look("<never@sales.test>", true, 1, channels.Absent)
	look("<never@sales.test>", true, 2, channels.Unknown) // another hand-over
	look("<never@sales.test>", false, 1, channels.Unknown)

	sender.Settings.IMAPPort = 1
	sender.Settings.FilesSentCopies = true
	if got, _, err := channel.Reconcile(context.Background(), letter(sender)); got != channels.Unknown || err == nil {
		t.Errorf("with the mailbox down: %s, %v", got, err)
	}
}
