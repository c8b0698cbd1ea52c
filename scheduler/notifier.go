package scheduler

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"time"

	"followup/channels"
	"followup/models"
)

// NotifierStore is what telling users needs of the database.
type NotifierStore interface {
	// Notice makes the notifications of answers and of calls that are near.
	Notice(ctx context.Context, now time.Time) (int, error)
	// StandIn asks somebody else for booked calls that nobody dials.
	StandIn(ctx context.Context, now time.Time, limit int) (int, error)
	// EscalateOverdue shows managers what has been open for a working day.
	EscalateOverdue(ctx context.Context, now time.Time, limit int) (int, error)
	// ReturnSnoozed brings back what was put off until now.
	ReturnSnoozed(ctx context.Context, now time.Time, limit int) (int, error)
	// SendDigests makes the morning emails of whose day has begun.
	SendDigests(ctx context.Context, now time.Time, render func(models.Digest) (models.Notification, error)) (int, error)
	// ClaimNotifications takes what is to be sent now, for good: nobody, not
	// even this process, takes it again.
	ClaimNotifications(ctx context.Context, now time.Time, limit int) ([]models.NotificationDue, error)
	SettleNotification(ctx context.Context, n models.Notification) error
	// NotificationSender is a shared account, else the user's own.
	NotificationSender(ctx context.Context, kind models.SenderKind, userID int64) (models.Sender, bool, error)
	// ReachesProspect tells whether an address is a customer's.
	ReachesProspect(ctx context.Context, address string) (bool, error)
}

// Notifier tells users what they want to be told: by email from a mailbox that
// everybody shares, else from their own to themselves, and likewise by text.
// It is no part of what customers get: no sequence, no gate, no conversation.
// A notification is handed over at most once; one whose fate a crash leaves
// open is not sent again.
type Notifier struct {
	Store     NotifierStore
	Channels  *channels.Registry
	Clock     models.Clock
	Log       *slog.Logger
	PublicURL string

	busy sync.Mutex
}

const (
	notifyBatch  = 50
	noticeBatch  = 100
	notifySendIn = time.Minute
	// textLength keeps a notification to two or three segments.
	textLength = 300
)

// Watch notices what users want to be told and brings back what was snoozed.
func (n *Notifier) Watch(ctx context.Context, now time.Time) error {
	_, returned := n.Store.ReturnSnoozed(ctx, now, noticeBatch)
	_, asked := n.Store.StandIn(ctx, now, noticeBatch)
	_, noticed := n.Store.Notice(ctx, now)
	return errors.Join(returned, asked, noticed, n.Deliver(ctx, now))
}

// Overdue shows managers what has been open for a working day.
func (n *Notifier) Overdue(ctx context.Context, now time.Time) error {
	_, err := n.Store.EscalateOverdue(ctx, now, noticeBatch)
	return err
}

// Digests makes the morning emails.
func (n *Notifier) Digests(ctx context.Context, now time.Time) error {
	_, err := n.Store.SendDigests(ctx, now, func(d models.Digest) (models.Notification, error) {
		return RenderDigest(d, n.PublicURL, now)
	})
	return err
}

// Deliver sends what waits.
func (n *Notifier) Deliver(ctx context.Context, now time.Time) error {
	n.busy.Lock()
	defer n.busy.Unlock()
	for {
		due, err := n.Store.ClaimNotifications(ctx, now, notifyBatch)
		if err != nil || len(due) == 0 {
			return err
		}
		for _, d := range due {
			if err := n.Store.SettleNotification(ctx, n.send(ctx, d)); err != nil {
				return err
			}
		}
	}
}

// carrier is what carries a way of telling.
type carrier struct {
	channel models.ChannelKind
	sender  models.SenderKind
	missing string // what to do where there is no account
}

var carriers = map[models.NotificationWay]carrier{
	models.WayEmail: {models.ChannelEmail, models.SenderMailbox, "no mailbox is shared and the user has none; connect one under Accounts"},
	models.WayText:  {models.ChannelSMS, models.SenderPhone, "no phone number is shared and the user has none; connect one under Accounts"},
}

// send hands a notification over and says what became of it.
func (n *Notifier) send(ctx context.Context, d models.NotificationDue) models.Notification {
	out := d.Notification
	fail := func(why string) models.Notification {
		out.State, out.Detail, out.UpdatedAt = models.NotificationFailed, why, n.Clock()
		return out
	}
	by, ok := carriers[out.Way]
	if !ok {
		return fail("nothing carries it")
	}
	out.ToAddress = d.User.Email
	if out.Way == models.WayText {
		out.ToAddress = d.User.Phone
	}
	if out.ToAddress == "" {
		return fail("there is no number of theirs to text; enter it under your settings")
	}
	if theirs, err := n.Store.ReachesProspect(ctx, out.ToAddress); err != nil || theirs {
		return fail("the address is a prospect’s, and notifications are for users only")
	}
	sender, found, err := n.Store.NotificationSender(ctx, by.sender, d.User.ID)
	if err != nil {
		n.Log.ErrorContext(ctx, "the account for notifications", "error", err)
		return fail("the account to send from could not be read")
	}
	ch, known := n.Channels.Find(by.channel, sender.Provider)
	if !found || !known {
		return fail(by.missing)
	}
	out.SenderID = &sender.ID
	m := n.message(out, d.User, sender, by.channel)
	if err := ch.Check(m); err != nil {
		return fail(refusal(err))
	}
	sendCtx, cancel := context.WithTimeout(ctx, notifySendIn)
	defer cancel()
	accepted, err := ch.Send(sendCtx, m)
	if err != nil {
		return fail(refusal(err))
	}
	out.State, out.Detail, out.UpdatedAt = models.NotificationSent, accepted.Detail, n.Clock()
	return out
}

func refusal(err error) string {
	se := channels.AsSendError(err)
	if se.Class == models.SendAmbiguous {
		return "it is not known whether it was sent; it is not sent again"
	}
	if se.Detail != "" {
		return se.Detail
	}
	return se.Error()
}

// message words a notification for its way.
func (n *Notifier) message(out models.Notification, to models.User, sender models.Sender, kind models.ChannelKind) models.Message {
	link := strings.TrimRight(n.PublicURL, "/") + out.Href
	m := models.Message{
		Direction: models.Outbound, Channel: kind, State: models.MessageQueued, Attempt: 1, SenderID: &sender.ID, Sender: &sender, Provider: sender.Provider,
		FromAddress: sender.Address, FromName: "Followup", ToAddress: out.ToAddress, ToName: to.Name,
		Token: strings.ToLower(rand.Text()), CreatedAt: n.Clock(), ValidUntil: out.NotAfter,
	}
	if out.Way == models.WayText {
		m.Text = shorten(joinNonEmpty(": ", out.Title, out.Text), textLength) + " " + link
		return m
	}
	m.Subject, m.HTML = out.Title, out.HTML
	m.Text = out.Text
	if out.HTML == "" {
		m.Text = joinNonEmpty("\n\n", out.Title, out.Text, link, "You chose to be told by email: "+strings.TrimRight(n.PublicURL, "/")+"/me")
	}
	return m
}

func joinNonEmpty(between string, parts ...string) string {
	var kept []string
	for _, p := range parts {
		if p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, between)
}

func shorten(text string, max int) string {
	r := []rune(text)
	if len(r) <= max {
		return text
	}
	return strings.TrimSpace(string(r[:max-1])) + "…"
}
