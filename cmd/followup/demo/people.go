package demo

import (
	"context"
	"fmt"
	"time"

	"followup/channels/sandbox"
	"followup/models"
	"followup/replies"
)

// reaction is what a customer does once the nth message of a channel has
// reached them.
type reaction struct {
	channel models.ChannelKind
	nth     int
	after   time.Duration
	what    string
	do      func(w *World, p *person, sent models.Message) models.Raw
	when    func(sent models.Message) bool // nil: always
}

// onEmail, onText and onVoicemail name the message that a customer reacts to.
func onEmail(nth int, after time.Duration, what string, do func(*World, *person, models.Message) models.Raw) reaction {
	return reaction{models.ChannelEmail, nth, after, what, do, nil}
}

func onText(nth int, after time.Duration, what string, do func(*World, *person, models.Message) models.Raw) reaction {
	return reaction{models.ChannelSMS, nth, after, what, do, nil}
}

func onVoicemail(nth int, after time.Duration, what string, do func(*World, *person, models.Message) models.Raw) reaction {
	return reaction{models.ChannelVoicemail, nth, after, what, do, nil}
}

// says answers by the channel of what reached them.
func says(body string) func(*World, *person, models.Message) models.Raw {
	return func(w *World, p *person, sent models.Message) models.Raw {
		if sent.Subject != "" {
			return sandbox.EmailReply(sent, "", body, w.Clock.Now(), sandbox.Named(p.prospect.Name()))
		}
		return sandbox.TextReply(sent, "", body, w.Clock.Now())
	}
}

// texts answers by text from their cell, whatever reached them.
func texts(body string) func(*World, *person, models.Message) models.Raw {
	return func(w *World, p *person, sent models.Message) models.Raw {
		return sandbox.TextReply(sent, "", body, w.Clock.Now())
	}
}

func callsBack(w *World, p *person, sent models.Message) models.Raw {
	return sandbox.InboundCall(sent, "", w.Clock.Now())
}

// isAway answers as their mail server does while they are out of office.
func isAway(days int) func(*World, *person, models.Message) models.Raw {
	return func(w *World, p *person, sent models.Message) models.Raw {
		back := w.Clock.Now().AddDate(0, 0, days)
		body := fmt.Sprintf("Thank you for your message. I am out of the office and will be back on %s. I will answer then.", back.Format("2 January 2006"))
		return sandbox.EmailReply(sent, "", body, w.Clock.Now(), sandbox.Named(p.prospect.Name()), sandbox.OutOfOffice())
	}
}

func bounces(w *World, p *person, sent models.Message) models.Raw {
	return sandbox.Bounce(sent, "5.1.1", "user unknown", w.Clock.Now())
}

// react plans what a customer does about a message that reached them.
func (w *World) react(p *person, sent models.Message) {
	for _, r := range p.part.customer {
		if r.channel != sent.Channel || r.nth != p.reached[sent.Channel] || r.when != nil && !r.when(sent) {
			continue
		}
		w.after(r.after, p.prospect.Name()+" "+r.what, func(ctx context.Context) error {
			_, err := w.Replies.Receive(ctx, r.do(w, p, sent))
			return err
		})
	}
}

// How long a rep takes: to dial, and to answer.
const (
	dialAfter   = 4 * time.Minute
	answerAfter = 25 * time.Minute
)

// work plans what the rep does about a task.
func (w *World) work(p *person, t models.Task) {
	if !w.atWork() {
		return
	}
	switch t.Kind {
	case models.TaskCall:
		w.dial(p, t)
	case models.TaskReply:
		if p.part.answer == "" {
			return
		}
		w.after(answerAfter, "the rep answers "+p.prospect.Name(), func(ctx context.Context) error {
			_, _, err := w.Replies.Answer(ctx, replies.AnswerRequest{
				ProspectID: p.prospect.ID, UserID: t.UserID, Body: p.part.answer, FormToken: fmt.Sprintf("demo-%d", t.ID),
			})
			if err != nil {
				return err
			}
			return w.afterwards(ctx, p, t)
		})
	case models.TaskReview:
		w.review(p, t)
	case models.TaskResolve:
		// Left for whoever looks at the demonstration.
	}
}

// dial closes the nth call as the script says; what it does not name nobody
// answers, and a "" is never dialled.
func (w *World) dial(p *person, t models.Task) {
	outcome := models.OutcomeNoAnswer
	if p.calls < len(p.part.calls) {
		outcome = p.part.calls[p.calls]
	}
	p.calls++
	if outcome == notDialled {
		return
	}
	wait := dialAfter
	if t.AppointmentID != nil {
		wait = 20 * time.Second
	}
	w.after(wait, "the rep calls "+p.prospect.Name(), func(ctx context.Context) error {
		return w.closeCall(ctx, p, t, outcome)
	})
}

const notDialled models.CallOutcome = ""

// afterwards does what the rep does once the customer has their answer.
func (w *World) afterwards(ctx context.Context, p *person, t models.Task) error {
	person, err := w.Store.Person(ctx, p.prospect.ID)
	if err != nil {
		return err
	}
	for _, e := range person.Enrollments {
		switch p.part.then {
		case resumes:
			err = w.CRM.ResumeEnrollment(ctx, models.UserActor(t.UserID), e.Enrollment.ID)
		case wins:
			err = w.CRM.FinishEnrollment(ctx, models.UserActor(t.UserID), e.Enrollment.ID, models.FinishWon)
		case leaves:
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// then is what follows an answered reply.
type then int

const (
	leaves  then = iota // the sequence stays paused
	resumes             // it goes on
	wins                // it ends as won
)
