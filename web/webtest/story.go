package webtest

import (
	"context"
	"time"

	"followup/channels/sandbox"
	"followup/crm"
	"followup/models"
	"followup/scheduler"
)

// Story is a small world with people in every state, for looking at pages.
type Story struct {
	Waiting models.Prospect // texted, so their sequence is paused
	Booked  models.Prospect // has a call ahead
	Running models.Prospect // in the middle of a sequence
	Away    models.Prospect // out of office
	Stopped models.Prospect // asked to stop
	Idle    models.Prospect
}

// Play fills the application with the story.
func (a *App) Play() Story {
	a.t.Helper()
	ctx := context.Background()
	s := Story{
		Waiting: a.AddProspect("Dana", "Reyes"), Booked: a.AddProspect("Joe", "Park"), Running: a.AddProspect("Amina", "Okafor"),
		Away: a.AddProspect("Lena", "Fischer"), Stopped: a.AddProspect("Victor", "Moreau"), Idle: a.AddProspect("Sam", "Whitfield"),
	}
	for _, p := range []models.Prospect{s.Waiting, s.Running, s.Away, s.Stopped} {
		a.Enroll(p, "seven-touch-follow-up", nil)
	}
	call := a.Now().Add(25 * time.Hour)
	a.Enroll(s.Booked, "booked-call-back", &call)
	a.Tick()
	for range 4 {
		a.closeCalls(ctx)
		a.Advance(12 * time.Hour)
	}
	a.Advance(90 * time.Minute)
	a.receive(s.Waiting, models.ContactPhone, func(m models.Message) models.Raw {
		return sandbox.TextReply(m, "", "Can we do Friday instead? Mornings are best for me, and please bring the numbers for the second site.", a.Now())
	})
	a.receive(s.Away, models.ContactEmail, func(m models.Message) models.Raw {
		return sandbox.EmailReply(m, "", "Thank you for your message. I am out of the office and will be back on December 1, 2026.", a.Now(), sandbox.OutOfOffice())
	})
	a.receive(s.Stopped, models.ContactPhone, func(m models.Message) models.Raw { return sandbox.TextReply(m, "", "STOP", a.Now()) })
	soon := a.Now().Add(47 * time.Minute).Truncate(time.Minute)
	_, err := a.CRM.Book(ctx, models.UserActor(a.Rep.ID), crm.BookRequest{ProspectID: s.Idle.ID, RepID: a.Rep.ID, StartsAt: soon, Title: "Renewal of the service plan"})
	a.must(err)
	_, err = a.CRM.RecordCommitment(ctx, models.UserActor(a.Rep.ID), models.Commitment{ProspectID: s.Waiting.ID, RepID: a.Rep.ID, Outcome: "Send the counts of the second site", Value: "Two days of stock-taking a month", DueOn: "2026-12-04", Words: "You will have them by the fourth."})
	a.must(err)
	a.Advance(21 * time.Minute)
	a.Enroll(a.AddProspect("Priya", "Nair"), "seven-touch-follow-up", nil)
	a.Tick()
	return s
}

// closeCalls plays a rep at whose calls nobody answers, but for one.
func (a *App) closeCalls(ctx context.Context) {
	a.t.Helper()
	tasks, err := a.Store.OpenTasksAfter(ctx, 0)
	a.must(err)
	for _, task := range tasks {
		if task.Kind != models.TaskCall {
			continue
		}
		_, err := a.CRM.CloseCall(ctx, crm.CallReport{TaskID: task.ID, UserID: task.UserID, Outcome: models.OutcomeNoAnswer, Notes: "Rang eight times."})
		a.must(err)
	}
}

// Enroll puts a prospect into a sequence by its key.
func (a *App) Enroll(p models.Prospect, key string, callAt *time.Time) models.Enrollment {
	a.t.Helper()
	seq, err := a.Store.SequenceByKey(context.Background(), key)
	a.must(err)
	e, err := a.Scheduler.Enroll(context.Background(), scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: seq.ID, RepID: a.Rep.ID, By: models.UserActor(a.Rep.ID), CallAt: callAt})
	a.must(err)
	return e
}

// receive lets a customer answer the last message of ours to an address of
// that kind; without one they write to our sender of that kind.
func (a *App) receive(p models.Prospect, kind models.ContactPointKind, build func(models.Message) models.Raw) {
	a.t.Helper()
	v, err := a.Store.ViewSandboxThread(context.Background(), p.ID)
	a.must(err)
	sender := a.Phone
	if kind == models.ContactEmail {
		sender = a.Mailbox
	}
	sent := models.Message{FromAddress: sender.Address, SenderID: &sender.ID, ToName: p.Name()}
	for _, c := range v.Points {
		if c.Kind == kind {
			sent.ToAddress = c.Value
		}
	}
	for _, m := range v.Messages {
		if m.Direction == models.Outbound && m.ToAddress == sent.ToAddress {
			sent = m
		}
	}
	_, err = a.Replies.Receive(context.Background(), build(sent))
	a.must(err)
}
