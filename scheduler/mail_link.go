package scheduler

import (
	"context"
	"errors"
	"html"
	"strings"

	"followup/models"
)

// MailLink sends a user a mail that carries a link which lets them in: at once
// and by no row of the database, where the link's secret would lie open.
func (n *Notifier) MailLink(ctx context.Context, to models.User, subject, text string) error {
	sender, found, err := n.Store.NotificationSender(ctx, models.SenderMailbox, to.ID)
	if err != nil {
		return err
	}
	if !found || sender.Provider == models.ProviderSandbox {
		return errors.New("no real mailbox is connected")
	}
	paragraphs := strings.Split(html.EscapeString(strings.TrimSpace(text)), "\n\n")
	sent := n.send(ctx, models.NotificationDue{User: to, Notification: models.Notification{
		UserID: to.ID, Way: models.WayEmail, Title: subject, Text: text, HTML: "<p>" + strings.Join(paragraphs, "</p>\n<p>") + "</p>",
	}})
	if sent.State != models.NotificationSent {
		return errors.New(sent.Detail)
	}
	return nil
}
