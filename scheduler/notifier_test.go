package scheduler

import (
	"context"
	"flag"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/models"
)

var updateGolden = flag.Bool("update-digest", false, "write the digest's golden files anew")

// The digest as it reads: times in the rep's zone with the customer's beside
// them, links whole, a customer's words escaped.
func TestDigestGolden(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	d := models.Digest{
		User: models.User{Name: "Rae Kim", Zone: "America/New_York"}, Date: "2026-11-23", Tasks: 4,
		Calls: []models.DigestCall{
			{At: time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC), Zone: "America/Chicago", Name: "Dana Reyes", Company: "Northwind", Title: "Renewal of the service plan", AppointmentID: 7},
			{At: time.Date(2026, 11, 23, 20, 30, 0, 0, time.UTC), Zone: "America/New_York", Name: "Joe Park", AppointmentID: 8},
		},
		Waiting: []models.DigestWait{{Since: time.Date(2026, 11, 22, 23, 10, 0, 0, time.UTC), Name: "Amina Okafor", Company: "Okafor & Sons", Words: `Can we do <b>Friday</b> & bring "the numbers"?`, ProspectID: 12}},
		Late:    []models.DigestPromise{{DueOn: "2026-11-20", Name: "Lena Fischer", Outcome: "Send the counts of the second site", ProspectID: 13}},
	}
	n, err := RenderDigest(d, "https://followup.example.com/", now)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{"digest.txt": n.Title + "\n\n" + n.Text, "digest.html": n.HTML} {
		path := filepath.Join("testdata", name+".golden")
		if *updateGolden {
			if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; run go test ./scheduler -run TestDigestGolden -update-digest and look at the change:\n%s", path, got)
		}
	}
}

// tellStore is a world with one notification to send.
type tellStore struct {
	NotifierStore
	due      []models.NotificationDue
	senders  map[models.SenderKind]models.Sender
	customer map[string]bool
	settled  []models.Notification
}

func (s *tellStore) ClaimNotifications(context.Context, time.Time, int) ([]models.NotificationDue, error) {
	due := s.due
	s.due = nil
	return due, nil
}

func (s *tellStore) SettleNotification(_ context.Context, n models.Notification) error {
	s.settled = append(s.settled, n)
	return nil
}

func (s *tellStore) NotificationSender(_ context.Context, kind models.SenderKind, _ int64) (models.Sender, bool, error) {
	sender, ok := s.senders[kind]
	return sender, ok, nil
}

func (s *tellStore) ReachesProspect(_ context.Context, address string) (bool, error) {
	return s.customer[address], nil
}

// Each way leaves by its own account to the user's own address; a customer's
// address and a missing account are refused with words that say what to do.
func TestNotifierSends(t *testing.T) {
	clock := func() time.Time { return time.Date(2026, 11, 23, 15, 0, 0, 0, time.UTC) }
	user := models.User{ID: 3, Name: "Rae Kim", Email: "rae@example.com", Phone: "+12125550177"}
	mailbox := models.Sender{ID: 1, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "outreach@example.com"}
	phone := models.Sender{ID: 2, Kind: models.SenderPhone, Provider: models.ProviderSandbox, Address: "+12125550100"}
	both := map[models.SenderKind]models.Sender{models.SenderMailbox: mailbox, models.SenderPhone: phone}
	for _, c := range []struct {
		name     string
		way      models.NotificationWay
		user     models.User
		senders  map[models.SenderKind]models.Sender
		customer string
		faults   *channels.SendError
		state    models.NotificationState
		to, says string
	}{
		{name: "email", way: models.WayEmail, user: user, senders: both, state: models.NotificationSent, to: user.Email},
		{name: "text", way: models.WayText, user: user, senders: both, state: models.NotificationSent, to: user.Phone},
		{name: "no number", way: models.WayText, user: models.User{ID: 3, Email: user.Email}, senders: both, state: models.NotificationFailed, says: "enter it under your settings"},
		{name: "no account", way: models.WayEmail, user: user, state: models.NotificationFailed, to: user.Email, says: "connect one under Accounts"},
		{name: "a customer's number", way: models.WayText, user: user, senders: both, customer: user.Phone, state: models.NotificationFailed, to: user.Phone, says: "prospect’s"},
		{name: "a lost answer", way: models.WayEmail, user: user, senders: both, faults: &channels.SendError{Class: models.SendAmbiguous}, state: models.NotificationFailed, to: user.Email, says: "not sent again"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var sent []models.Message
			registry := channels.NewRegistry()
			for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS} {
				registry.Add(models.ProviderSandbox, sandbox.New(kind, sandbox.Options{
					Clock: clock, OnSend: func(m models.Message) { sent = append(sent, m) }, Faults: func(models.Message) *channels.SendError { return c.faults },
				}))
			}
			s := &tellStore{senders: c.senders, customer: map[string]bool{c.customer: true}, due: []models.NotificationDue{{
				User: c.user, Notification: models.Notification{ID: 9, Way: c.way, Kind: models.NotifyAnswer, Title: "Dana Reyes answered", Text: "Can we do Friday?", Href: "/prospects/4#answer"},
			}}}
			n := &Notifier{Store: s, Channels: registry, Clock: clock, Log: slog.New(slog.DiscardHandler), PublicURL: "https://followup.example.com"}
			if err := n.Deliver(t.Context(), clock()); err != nil {
				t.Fatal(err)
			}
			got := s.settled[0]
			if got.State != c.state || got.ToAddress != c.to || !strings.Contains(got.Detail, c.says) {
				t.Errorf("%s to %q: %s", got.State, got.ToAddress, got.Detail)
			}
			if c.state != models.NotificationSent {
				return
			}
			if len(sent) != 1 || sent[0].ToAddress != c.to || sent[0].ProspectID != nil || !strings.Contains(sent[0].Text, "https://followup.example.com/prospects/4#answer") {
				t.Errorf("sent %+v", sent)
			}
		})
	}
}
