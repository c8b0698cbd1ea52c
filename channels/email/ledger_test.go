package email_test

import (
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email/emailtest"
	"followup/models"
)

func newLedger(t *testing.T) channels.Ledger {
	t.Helper()
	return newChannel(t, nil)
}

// The Sent folder tells what left since, and proves silence only where the
// server is known to file what it sends.
func TestLeft(t *testing.T) {
	box := emailtest.StartIMAP(t, "rae@meridian-pumps.test", "secret")
	since := time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC)
	for minutes, id := range map[int]string{-60: "old", 5: "new"} {
		box.DeliverAt(t, "Sent", []byte("Message-ID: <"+id+"@meridian-pumps.test>\r\nTo: dana@alder-freight.test\r\nSubject: "+id+"\r\n\r\nhello\r\n"),
			since.Add(time.Duration(minutes)*time.Minute))
	}
	sender := models.Sender{Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: "rae@meridian-pumps.test"}
	box.Configure(&sender)
	for _, files := range []bool{false, true} {
		sender.Settings.FilesSentCopies = files
		var got []string
		whole, err := newLedger(t).Left(t.Context(), sender, since, func(l models.Left) error {
			got = append(got, l.ProviderID+" "+l.To+" "+l.Subject)
			return nil
		})
		if want := "<new@meridian-pumps.test> dana@alder-freight.test new"; err != nil || whole != files || strings.Join(got, ",") != want {
			t.Errorf("files %t: %v, whole %t, %v; want %s", files, got, whole, err, want)
		}
	}
}
