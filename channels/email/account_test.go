package email_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
)

func states(checks []channels.Check) []channels.CheckState {
	var all []channels.CheckState
	for _, c := range checks {
		all = append(all, c.State)
	}
	return all
}

func equalStates(got []channels.Check, want ...channels.CheckState) bool {
	have := states(got)
	if len(have) != len(want) {
		return false
	}
	for i := range want {
		if have[i] != want[i] || got[i].Says == "" {
			return false
		}
	}
	return true
}

func TestInspect(t *testing.T) {
	smtp, imap := emailtest.StartSMTP(t, emailtest.SMTPOptions{Username: "riley", Password: "pw"}), emailtest.StartIMAP(t, "riley", "pw")
	channel := newChannel(t, nil)
	sender := mailbox(smtp, imap)
	if got := channel.Inspect(context.Background(), sender); !equalStates(got, channels.CheckFine, channels.CheckFine) {
		t.Errorf("in order: %+v", got)
	}
	wrong := sender
	wrong.Credentials.Password = "other"
	if got := channel.Inspect(context.Background(), wrong); !equalStates(got, channels.CheckFailed, channels.CheckFailed) {
		t.Errorf("a wrong password: %+v", got)
	}
	blind := sender
	blind.Settings.IMAPHost = ""
	if got := channel.Inspect(context.Background(), blind); !equalStates(got, channels.CheckFine, channels.CheckWarning) {
		t.Errorf("nothing to read: %+v", got)
	}
	if len(smtp.Accepted()) != 0 {
		t.Error("something was sent")
	}
}

// A mail server's certificate that ends soon is told of, while it still holds.
func TestInspectWarnsOfCertificates(t *testing.T) {
	smtp, imap := emailtest.StartSMTP(t, emailtest.SMTPOptions{Username: "riley", Password: "pw", Security: emailtest.StartTLS}), emailtest.StartIMAP(t, "riley", "pw")
	end := emailtest.CertificateEnds
	for left, want := range map[time.Duration][]channels.CheckState{
		15 * 24 * time.Hour: {channels.CheckFine, channels.CheckFine},
		13 * 24 * time.Hour: {channels.CheckFine, channels.CheckWarning, channels.CheckFine, channels.CheckWarning},
	} {
		channel := newChannel(t, func(o *email.Options) { o.Clock = fixed(end.Add(-left)) })
		got := channel.Inspect(context.Background(), mailbox(smtp, imap))
		if !equalStates(got, want...) {
			t.Errorf("%s before: %+v", left, got)
		} else if len(got) == 4 && !strings.Contains(got[3].Says, "ends on 1 January 2100") {
			t.Errorf("it says %q", got[3].Says)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	imap := emailtest.StartIMAP(t, "riley", "pw")
	deliver := true
	smtp := emailtest.StartSMTP(t, emailtest.SMTPOptions{Username: "riley", Password: "pw", OnMail: func(m emailtest.Received) {
		if deliver { // the provider: what is sent is filed and delivered
			imap.Deliver(t, "Sent", m.Content)
			imap.Deliver(t, "INBOX", m.Content)
		}
	}})
	channel := newChannel(t, nil)
	sender := mailbox(smtp, imap)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	checks, settings := channel.RoundTrip(ctx, sender)
	if !equalStates(checks, channels.CheckFine, channels.CheckFine, channels.CheckFine) || !settings.FilesSentCopies {
		t.Errorf("%+v, files %v", checks, settings.FilesSentCopies)
	}
	deliver = false
	// Nothing comes back: it says so once the time is over.
	short, cancelShort := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancelShort()
	if checks, _ = channel.RoundTrip(short, sender); len(checks) != 2 || checks[1].State != channels.CheckFailed {
		t.Errorf("lost: %+v", checks)
	}
	sender.Credentials.Password = "other"
	if checks, _ = channel.RoundTrip(context.Background(), sender); !equalStates(checks, channels.CheckFailed) {
		t.Errorf("a wrong password: %+v", checks)
	}
}
