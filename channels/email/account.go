package email

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

var (
	_ channels.Inspector    = (*Channel)(nil)
	_ channels.RoundTripper = (*Channel)(nil)
)

// lookEvery is how often a mailbox is asked for the test mail.
const lookEvery = time.Second

// Inspect signs in at both servers and opens every folder that is read,
// saying of each how it went. Nothing is sent.
func (c *Channel) Inspect(ctx context.Context, sender models.Sender) []channels.Check {
	options, shown := c.options.noting()
	checks := []channels.Check{checkOf("Sending by "+sender.Settings.SMTPHost, probeSMTP(ctx, options, sender), "signed in over a secure connection")}
	if ends, soon := shown.ends(c.options.Clock(), "The certificate of "+sender.Settings.SMTPHost); soon {
		checks = append(checks, ends)
	}
	if sender.Settings.IMAPHost == "" {
		checks = append(checks, channels.Check{What: "Reading answers", State: channels.CheckWarning,
			Says: "no IMAP server is given, so answers are not seen and nothing pauses by them; enter it below"})
		return append(checks, c.inspectDNS(ctx, sender)...)
	}
	options, shown = c.options.noting()
	names, err := readable(ctx, options, sender)
	checks = append(checks, checkOf("Reading answers at "+sender.Settings.IMAPHost, err, "signed in; answers are read in "+strings.Join(names, ", ")))
	if ends, soon := shown.ends(c.options.Clock(), "The certificate of "+sender.Settings.IMAPHost); soon {
		checks = append(checks, ends)
	}
	return append(checks, c.inspectDNS(ctx, sender)...)
}

func checkOf(what string, err error, fine string) channels.Check {
	if err != nil {
		return channels.Check{What: what, State: channels.CheckFailed, Says: words(err)}
	}
	return channels.Check{What: what, State: channels.CheckFine, Says: fine}
}

func words(err error) string {
	var told *models.Error
	if errors.As(err, &told) {
		return told.Message
	}
	return err.Error()
}

// readable names the folders that are read, each opened once.
func readable(ctx context.Context, options Options, sender models.Sender) ([]string, error) {
	box, err := signIn(ctx, options, sender)
	if err != nil {
		return nil, err
	}
	defer box.close()
	folders, err := readFolders(ctx, box, sender)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, f := range folders {
		if _, err := box.open(ctx, f.name); err != nil {
			return nil, folderTrouble(f.name, err)
		}
		names = append(names, f.name)
	}
	return names, nil
}

// RoundTrip writes a mail from the mailbox to itself and waits for it to come
// back, as the customers' answers will. It also learns whether the server
// files what it sends, which later proves what was sent.
func (c *Channel) RoundTrip(ctx context.Context, sender models.Sender) ([]channels.Check, models.SenderSettings) {
	settings := sender.Settings
	began := c.options.Clock()
	m := models.Message{
		Direction: models.Outbound, Channel: models.ChannelEmail, Token: "test-" + strings.ToLower(rand.Text()[:16]),
		FromAddress: sender.Address, FromName: sender.Name, ToAddress: sender.Address, Subject: "Followup test",
		Text:   "This mail was sent by Followup to its own mailbox, to see that it can write from it and read what comes back. You can delete it.",
		Sender: &sender, CreatedAt: began,
	}
	out, err := c.Send(ctx, m)
	checks := []channels.Check{checkOf("A mail to "+sender.Address, sendTrouble(err), "the server took it")}
	if err != nil || settings.IMAPHost == "" {
		return checks, settings
	}
	folder, err := c.awaitMail(ctx, sender, out.ProviderID)
	back := checkOf("It comes back", err, fmt.Sprintf("found in %s after %s", folder, max(c.options.Clock().Sub(began).Round(time.Second), time.Second)))
	checks = append(checks, back)
	if err != nil {
		return checks, settings
	}
	filed, err := c.filed(ctx, sender, out.ProviderID)
	switch {
	case err != nil:
		return append(checks, checkOf("Its copy in the Sent folder", err, "")), settings
	case filed:
		settings.FilesSentCopies = true
		return append(checks, channels.Check{What: "Its copy in the Sent folder", State: channels.CheckFine,
			Says: "the server files what it sends; a message whose sending is unsure can be looked up there"}), settings
	}
	settings.FilesSentCopies = false
	return append(checks, channels.Check{What: "Its copy in the Sent folder", State: channels.CheckNote,
		Says: "the server does not file what it sends; where a connection breaks at the wrong moment, a person must say whether the message went out"}), settings
}

// sendTrouble gives a refusal in its own words.
func sendTrouble(err error) error {
	var refused *channels.SendError
	if errors.As(err, &refused) && refused.Detail != "" {
		return models.Errorf(models.CodeRefused, "%s", strings.TrimSpace(refused.Code+" "+refused.Detail))
	}
	return err
}

// awaitMail looks for a Message-ID in the folders that are read until ctx ends.
func (c *Channel) awaitMail(ctx context.Context, sender models.Sender, mailID string) (string, error) {
	box, err := signIn(ctx, c.options, sender)
	if err != nil {
		return "", err
	}
	defer box.close()
	folders, err := readFolders(ctx, box, sender)
	if err != nil {
		return "", err
	}
	var sent []folder
	if all, err := box.folders(ctx); err == nil {
		sent = sentOf(all)
	}
	for {
		for _, f := range folders {
			if inFolders(sent, f.name) {
				continue // its being sent does not prove that it arrived
			}
			found, err := box.holds(ctx, f.name, mailID)
			if err != nil && ctx.Err() == nil {
				return "", folderTrouble(f.name, err)
			}
			if found {
				return f.name, nil
			}
		}
		select {
		case <-ctx.Done():
			return "", models.Errorf(models.CodeUnavailable, "it was not found in the mailbox in time; look into it yourself: if it is there, its folder is not among those that are read")
		case <-time.After(lookEvery):
		}
	}
}

func inFolders(folders []folder, name string) bool {
	for _, f := range folders {
		if f.name == name {
			return true
		}
	}
	return false
}

// filed tells whether the Sent folder holds the message.
func (c *Channel) filed(ctx context.Context, sender models.Sender, mailID string) (bool, error) {
	box, folders, err := c.openSent(ctx, sender)
	if err != nil {
		return false, err
	}
	defer box.close()
	for _, f := range folders {
		if found, err := box.holds(ctx, f.name, mailID); err != nil || found {
			return found, err
		}
	}
	return false, nil
}
