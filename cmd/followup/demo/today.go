package demo

import (
	"context"
	"fmt"
	"time"

	"followup/channels/sandbox"
	"followup/models"
	"followup/scheduler"
)

// The demonstration workspace ends in the middle of a working day: calls are
// booked, customers have just written, calls are due. These people come on
// top of the scripted ones, and nobody has worked on what they left.

// arrival is somebody who comes shortly before the end.
type arrival struct {
	before   time.Duration // the end, when they are enrolled
	sequence string        // "": none
	callIn   time.Duration // after the end: their booked call
	writes   string        // a text they send
	wrote    time.Duration // before the end
}

var arrivals = []arrival{
	{before: 26 * time.Hour, sequence: bookedCallBack, callIn: 12 * time.Minute},
	{before: 25 * time.Hour, sequence: bookedCallBack, callIn: 90 * time.Minute},
	{before: 24 * time.Hour, sequence: bookedCallBack, callIn: 3 * time.Hour},
	{before: 23 * time.Hour, sequence: bookedCallBack, callIn: 26 * time.Hour},
	{before: 3 * time.Hour, sequence: sevenTouch},
	{before: 2 * time.Hour, sequence: sevenTouch},
	{before: 100 * time.Minute, sequence: sevenTouch},
	{before: 80 * time.Minute, sequence: sevenTouch},
	{before: 50 * time.Hour, sequence: sevenTouch, writes: "Can we do Friday at 11 instead? And what would the second pump cost?", wrote: 25 * time.Minute},
	{before: 30 * time.Hour, sequence: regularCustomer, writes: "The new seals hold up well. Do you also do the gaskets?", wrote: 2 * time.Hour},
	{before: 20 * time.Hour, writes: "Got your number from a colleague at the trade fair. Who would I talk to about a replacement?", wrote: 45 * time.Minute},
}

// handsOff is how long before the end the reps stop working.
const handsOff = 20 * time.Hour

// Today brings the arrivals in, to be played until end.
func (w *World) Today(ctx context.Context, end time.Time) error {
	w.idle = end.Add(-handsOff)
	for i, a := range arrivals {
		p, err := w.meet(ctx, len(w.people), part{name: "has just arrived"}, w.firstNames[i%len(w.firstNames)], w.lastNames[(i+7)%len(w.lastNames)], w.reps[i%len(w.reps)])
		if err != nil {
			return fmt.Errorf("arrival %d: %w", i+1, err)
		}
		w.people = append(w.people, p)
		w.byID[p.prospect.ID] = p
		now := w.Clock.Now()
		if a.sequence != "" {
			w.after(end.Add(-a.before).Sub(now), p.prospect.Name()+" arrives", func(ctx context.Context) error { return w.arrive(ctx, p, a, end) })
		}
		if a.writes != "" {
			w.after(end.Add(-a.wrote).Sub(now), p.prospect.Name()+" writes", func(ctx context.Context) error { return w.write(ctx, p, a.writes) })
		}
	}
	if err := w.fair(ctx, end); err != nil {
		return err
	}
	return w.stock(ctx)
}

func (w *World) arrive(ctx context.Context, p *person, a arrival, end time.Time) error {
	seq, err := w.Store.SequenceByKey(ctx, a.sequence)
	if err != nil {
		return err
	}
	req := scheduler.EnrollRequest{ProspectID: p.prospect.ID, SequenceID: seq.ID, RepID: p.prospect.OwnerID, By: models.UserActor(p.prospect.OwnerID)}
	if a.callIn > 0 {
		at := end.Add(a.callIn).Truncate(time.Minute)
		req.CallAt = &at
	}
	_, err = w.Scheduler.Enroll(ctx, req)
	return err
}

// write is a customer's text that answers nothing in particular.
func (w *World) write(ctx context.Context, p *person, body string) error {
	thread, err := w.Store.Thread(ctx, p.prospect.ID, 1)
	if err != nil {
		return err
	}
	to := models.Message{}
	for _, s := range thread.Senders {
		if s.Kind == models.SenderPhone {
			to.FromAddress, to.SenderID = s.Address, &s.ID
			break
		}
	}
	for _, cp := range thread.Person.ContactPoints {
		if cp.Kind == models.ContactPhone {
			to.ToAddress = cp.Value
		}
	}
	_, err = w.Replies.Receive(ctx, sandbox.TextReply(to, "", body, w.Clock.Now()))
	return err
}

// atWork tells whether the reps still do what their tasks ask.
func (w *World) atWork() bool { return w.idle.IsZero() || w.Clock.Now().Before(w.idle) }
