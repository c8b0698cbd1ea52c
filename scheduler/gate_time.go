package scheduler

import (
	"cmp"
	"time"

	"followup/models"
)

// quietHours: calls and texts only when the clocks permit, in every zone in
// which the person may be (47 CFR 64.1200(c)(1)).
func (j *judgement) quietHours() bool {
	if !j.rules.QuietHours {
		return false
	}
	if j.booked {
		return j.bookedHours()
	}
	window, err := QuietHours(j.d.Prospect, j.number(), j.kind, j.d.Settings)
	if now, seen := j.answersNow(), j.hourSeen(); now || seen {
		// The customer wrote a moment ago: an answer is no disturbance.
		if j.exempt = err != nil || !window.Permitted(j.Now); j.exempt {
			at := j.d.Conversation.LastInboundAt.UTC().Format(time.RFC3339)
			if now {
				j.note("quiet hours do not hold an answer within an hour of their %s at %s", channelWord(j.kind), at)
			} else {
				j.note("quiet hours do not hold an answer to their %s at %s: whoever wrote it saw that it is %s there, and confirmed", channelWord(j.kind), at, j.local(j.Now))
			}
		}
		j.window = window
		return false
	}
	if err != nil {
		return j.ask(models.AttentionZone, "it is not known when "+j.d.Prospect.Name()+" may be called or texted: "+messageOf(err))
	}
	j.window = window
	from := j.Now
	if window.Permitted(j.Now) {
		if from = j.lastCall(); from.IsZero() {
			return false
		}
	}
	next, ok := window.Next(from)
	if !ok {
		return j.ask(models.AttentionZone, "the number may be in so many zones that no hour is permitted in all of them; set the prospect's time zone")
	}
	if j.d.Touch.Purpose == models.PurposeReminder {
		return j.skip(models.SkipMomentPassed, "quiet hours began before it could go out, and a reminder never comes later than asked")
	}
	return j.hold(next, models.HoldQuietHours, "permitted from %s%s", j.local(next), window.why())
}

// dialMargin is how long a call that the engine makes may be on its way: from
// its claim until its hand-over, and until the provider dials.
const dialMargin = 45 * time.Second

// lastCall: a call is not handed over where it could ring after the window has
// closed. It gives the end of the window then; zero: there is time.
func (j *judgement) lastCall() time.Time {
	if j.task || j.rules.PerAccount <= 0 {
		return time.Time{}
	}
	if closes, ok := j.window.Closes(j.Now); ok && closes.Sub(j.Now) <= dialMargin {
		return closes
	}
	return time.Time{}
}

// bookedHours: the customer agreed to this minute, whatever the hour.
func (j *judgement) bookedHours() bool {
	window, err := QuietHours(j.d.Prospect, j.number(), j.kind, j.d.Settings)
	if err == nil && !window.Permitted(j.Now) {
		j.exempt = true
		j.note("quiet hours do not hold a call at the minute the customer agreed to")
	}
	return false
}

// answersNow: an answer on the channel on which the customer wrote within the
// last hour.
func (j *judgement) answersNow() bool {
	c := j.d.Conversation
	return (j.d.Touch.Purpose == models.PurposeAnswer || j.answersKeyword()) && onTheirChannel(c, j.kind) && j.Now.Sub(*c.LastInboundAt) <= answerWindow
}

func (j *judgement) number() string {
	if j.point == nil {
		return ""
	}
	return j.point.Value
}

// local writes t in the prospect's time; UTC where the zone is not known.
func (j *judgement) local(t time.Time) string {
	loc, err := j.d.Prospect.Location()
	if err != nil {
		loc = time.UTC
	}
	return LocalTime(t, loc)
}

// companyHeld: nothing automatic to anyone at the company; a booked call is a
// promise and opens.
func (j *judgement) companyHeld() bool {
	h := j.d.CompanyHold
	if h == nil || h.LiftedAt != nil || j.byHand || j.booked || j.answersKeyword() {
		return false
	}
	until := j.Now.Add(recheckLater)
	if h.Until != nil {
		if !j.Now.Before(*h.Until) {
			return false
		}
		until = *h.Until
	}
	return j.hold(until, models.HoldCompany, "everyone at the company is held: %s", words(string(h.Reason)))
}

// senderRests: a stopped sender keeps its touches until a person starts it.
func (j *judgement) senderRests() bool {
	if j.task {
		return false
	}
	s := j.d.Sender
	switch {
	case s == nil:
		return j.ask(models.AttentionNoSender, "no sender is set up for it; connect one under Senders")
	case s.State == models.SenderStopped:
		return j.hold(j.Now.Add(recheckLater), models.HoldSenderStopped, "%s is stopped: %s", s.Address, DescribeReason(s.StoppedReason))
	case s.PausedTill != nil && s.PausedTill.After(j.Now):
		return j.hold(*s.PausedTill, models.HoldProviderPause, "the provider asked for a pause")
	}
	return j.windowClosed()
}

// windowClosed: a sender may keep hours of its own for follow-ups. Who writes by
// hand, who waits for a confirmation and who is reminded of a call is not held
// by them.
func (j *judgement) windowClosed() bool {
	if j.byHand || !j.d.Touch.Purpose.Bound() {
		return false
	}
	w := j.d.Sender.Settings.Window
	open, next := w.Open(j.Now)
	if open {
		return false
	}
	return j.hold(next, models.HoldWindow, "%s sends automatically %s", j.d.Sender.Address, w)
}

// inboundBehind: an answer may be waiting unread, and an automatic touch must
// not cross it.
func (j *judgement) inboundBehind() bool {
	if j.task || j.byHand || j.answersKeyword() || j.d.Sender.InboundCurrent(j.Now, cmp.Or(j.InboundCurrency, models.InboundCurrency)) {
		return false
	}
	return j.hold(j.Now.Add(cmp.Or(j.BehindFor, recheckSoon)), models.HoldInboundBehind, "the answers to %s have not been read lately", j.d.Sender.Address)
}
