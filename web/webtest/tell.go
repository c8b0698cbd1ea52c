package webtest

import (
	"context"

	"followup/channels/sandbox"
	"followup/models"
	"followup/scheduler"
)

// Tell notices what users want to be told and sends it, as the program does
// every two seconds.
func (a *App) Tell() {
	a.t.Helper()
	a.must(a.notifier().Watch(context.Background(), a.Now()))
}

// Overdue shows managers what has been open for a working day.
func (a *App) Overdue() {
	a.t.Helper()
	a.must(a.notifier().Overdue(context.Background(), a.Now()))
}

// Digests makes and sends the morning emails.
func (a *App) Digests() {
	a.t.Helper()
	n := a.notifier()
	a.must(n.Digests(context.Background(), a.Now()))
	a.must(n.Deliver(context.Background(), a.Now()))
}

func (a *App) notifier() *scheduler.Notifier {
	return &scheduler.Notifier{Store: a.Store, Channels: a.Channels, Clock: a.Now, Log: a.Scheduler.Log, PublicURL: a.Scheduler.PublicURL}
}

// Text lets a customer text us.
func (a *App) Text(p models.Prospect, words string) {
	a.t.Helper()
	a.receive(p, models.ContactPhone, func(m models.Message) models.Raw { return sandbox.TextReply(m, "", words, a.Now()) })
}
