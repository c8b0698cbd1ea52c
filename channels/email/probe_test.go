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
	sent := []byte("From: riley@sales.test\r\nMessage-ID: <found@sales.test>\r\n\r\nHello\r\n")
	server.Deliver(t, "Sent", sent)
	for name, tt := range map[string]struct {
		mailID string
		files  bool
		age    time.Duration
		want   channels.Finding
	}{
		"in Sent":                      {"<found@sales.test>", true, time.Second, channels.Found},
		"absent, and long enough":      {"<absent@sales.test>", true, 3 * time.Minute, channels.Absent},
		"absent, but perhaps not yet":  {"<absent@sales.test>", true, time.Minute, channels.Unknown},
		"a server that files nothing":  {"<absent@sales.test>", false, time.Hour, channels.Unknown},
		"part of another message's id": {"<ound@sales.test>", true, time.Minute, channels.Unknown},
	} {
		t.Run(name, func(t *testing.T) {
			sender := mailbox(server)
			sender.Settings.FilesSentCopies = tt.files
			m := letter(sender)
			m.MailID, m.CreatedAt = tt.mailID, noon.Add(-tt.age)
			got, outcome, err := newChannel(t, nil).Reconcile(context.Background(), m)
			if err != nil || got != tt.want || got == channels.Found && outcome.ProviderID != tt.mailID {
				t.Errorf("Reconcile = %s, %+v, %v; want %s", got, outcome, err, tt.want)
			}
		})
	}
	t.Run("the mailbox is down", func(t *testing.T) {
		sender := mailbox(server)
		sender.Settings.FilesSentCopies, sender.Settings.IMAPPort = true, 1
		if got, _, err := newChannel(t, nil).Reconcile(context.Background(), letter(sender)); got != channels.Unknown || err == nil {
			t.Errorf("Reconcile = %s, %v", got, err)
		}
	})
}
