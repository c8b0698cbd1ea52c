package simulate

import (
	"context"
	"time"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/models"
)

// farSide is what providers received: the judge of duplicates and losses.
type farSide struct {
	w      *world
	sender *process // whose hand-over is under way
	took   map[string]delivery
	// byTouch holds each touch's hand-overs that arrived.
	byTouch map[int64][]delivery
	fresh   []delivery // not yet seen by the customers
	people  map[int64]*person
}

// delivery is a message that arrived.
type delivery struct {
	at time.Time
	m  models.Message
}

func newFarSide(w *world) *farSide {
	return &farSide{w: w, took: map[string]delivery{}, byTouch: map[int64][]delivery{}, people: map[int64]*person{}}
}

func (f *farSide) personOf(touchID int64) *person { return f.people[touchID] }

// line is a provider of the sandbox that outlives our processes: what it took
// from one that died it has taken.
type line struct {
	*sandbox.Channel
	w *world
}

func newLine(kind models.ChannelKind, w *world) *line {
	return &line{sandbox.New(kind, sandbox.Options{Clock: w.clock, OnSend: w.far.take}), w}
}

// Send hands over, with everything that may happen on the way.
func (l *line) Send(ctx context.Context, m models.Message) (channels.Outcome, error) {
	w, from := l.w, l.w.far.sender
	if from == nil || from.dead {
		return channels.Outcome{}, &channels.SendError{Class: models.SendStopped, Detail: "the process is dead"}
	}
	w.far.people[*m.TouchID] = w.byID[*m.ProspectID]
	if w.chance(killRate) {
		from.die("before a hand-over")
		return channels.Outcome{}, &channels.SendError{Class: models.SendStopped, Detail: "the process is dead"}
	}
	w.worstMoment(from, []int64{*m.TouchID}, "at the hand-over")
	if fault, taken := w.fault(m); fault != nil {
		if taken {
			if _, err := l.Channel.Send(ctx, m); err != nil {
				return channels.Outcome{}, err
			}
		}
		w.note("provider", w.byID[*m.ProspectID], "touch %d attempt %d: %s %s", *m.TouchID, m.Attempt, fault.Class, fault.Code)
		return channels.Outcome{}, fault
	}
	out, err := l.Channel.Send(ctx, m)
	if err == nil && w.chance(killRate) {
		from.die("after a hand-over, before its answer")
	}
	return out, err
}

// fault draws what the provider makes of a hand-over; taken says that it
// arrived all the same.
func (w *world) fault(m models.Message) (fault *channels.SendError, taken bool) {
	x := w.rng.Float64()
	switch {
	case x < 0.015:
		return &channels.SendError{Class: models.SendTransient, Code: "451", Detail: "try again later"}, false
	case x < 0.018:
		return &channels.SendError{Class: models.SendTransient, Code: "429", Detail: "too many", RetryAfter: w.within(time.Minute, 20*time.Hour)}, false
	case x < 0.021:
		return &channels.SendError{Class: models.SendPermanent, Code: "550", Detail: "refused"}, false
	case x < 0.024:
		return &channels.SendError{Class: models.SendPermanent, Code: "550 5.1.1", Detail: "unknown", InvalidContact: true}, false
	case x < 0.025 && m.Channel == models.ChannelSMS:
		return &channels.SendError{Class: models.SendPermanent, Code: "21610", Detail: "they opted out", OptedOut: true}, false
	case x < 0.029:
		return &channels.SendError{Class: models.SendAmbiguous, Detail: "the connection broke"}, true
	case x < 0.032:
		return &channels.SendError{Class: models.SendAmbiguous, Detail: "the connection broke"}, false
	case x < 0.0325:
		return &channels.SendError{Class: models.SendConfiguration, Code: "535", Detail: "wrong password"}, false
	}
	return nil, false
}

// take records an arrival; the judge looks at it at once.
func (f *farSide) take(m models.Message) {
	d := delivery{f.w.now, m}
	p := f.w.byID[*m.ProspectID]
	f.w.res.Sent++
	f.w.note("provider", p, "takes touch %d attempt %d, %s to %s: %s", *m.TouchID, m.Attempt, m.Channel, m.ToAddress, m.Subject)
	f.w.judge.took(p, d, f.byTouch[*m.TouchID])
	f.took[m.Token] = d
	f.byTouch[*m.TouchID] = append(f.byTouch[*m.TouchID], d)
	f.fresh = append(f.fresh, d)
}

// Reconcile answers from the provider's own log; some cannot say.
func (l *line) Reconcile(_ context.Context, m models.Message) (channels.Finding, channels.Outcome, error) {
	if l.w.chance(0.3) {
		return channels.Unknown, channels.Outcome{}, nil
	}
	if _, ok := l.w.far.took[m.Token]; ok {
		return channels.Found, channels.Outcome{ProviderID: "sandbox-" + m.Token}, nil
	}
	return channels.Absent, channels.Outcome{}, nil
}
