package email_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noon is the time at which these tests play.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func fixed(at time.Time) models.Clock { return func() time.Time { return at } }

// newChannel makes a channel that trusts the test servers.
func newChannel(t *testing.T, change func(*email.Options)) *email.Channel {
	t.Helper()
	options := email.Options{
		Clock: fixed(noon), PublicURL: "https://followup.test", UserAgent: "Followup", RootCAs: emailtest.RootCAs(t),
		Timeout: 10 * time.Second,
	}
	if change != nil {
		change(&options)
	}
	channel := email.New(options)
	t.Cleanup(func() { _ = channel.Close() })
	return channel
}

// mailbox is a sender at the given server.
func mailbox(servers ...interface{ Configure(*models.Sender) }) models.Sender {
	sender := models.Sender{
		ID: 7, Kind: models.SenderMailbox, Provider: models.ProviderSMTP, State: models.SenderActive,
		Address: "riley@sales.test", Name: "Riley Moreno", CreatedAt: noon.Add(-24 * time.Hour),
	}
	for _, s := range servers {
		s.Configure(&sender)
	}
	return sender
}

// letter is a complete message from sender.
func letter(sender models.Sender) models.Message {
	return models.Message{
		Direction: models.Outbound, Channel: models.ChannelEmail, State: models.MessageQueued, Attempt: 1,
		FromAddress: sender.Address, FromName: sender.Name, ToAddress: "dana@customer.test", ToName: "Dana Whitfield",
		Subject: "Tuesday at 10:15", Text: "Hello Dana,\n\nwe speak tomorrow at 10:15.\n\nRiley\n",
		Token: "k3Jw9xQpTz", MailID: "<k3Jw9xQpTz@sales.test>", CreatedAt: noon, Sender: &sender,
	}
}
