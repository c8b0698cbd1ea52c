package simulate

import (
	"fmt"
	"time"

	"followup/channels/sandbox"
	"followup/models"
)

// wish is what a customer's message says.
type wish string

const (
	saysSomething wish = "answers"
	saysStop      wish = "asks us to stop"
	saysStart     wish = "wants to hear from us again"
	isAway        wish = "is out of office"
	bounces       wish = "cannot be reached there: it bounces"
	bouncesSoftly wish = "is delayed: a soft bounce"
	callsBack     wish = "calls back"
	complains     wish = "calls it spam"
)

// complaintRate is far above what a mailbox provider would bear.
const complaintRate = 0.006

var answers = []string{
	"Thanks, that is useful. Tell me more about the first week.", "Interesting. What would it cost for two?", "Let me talk to my colleague and come back to you.",
	"Who are you again?", "Could you send this to me next month once more?",
}

// look shows the people what has happened since they last looked.
func (w *world) look() {
	fresh := w.far.fresh
	w.far.fresh = nil
	for _, d := range fresh {
		w.react(w.byID[*d.m.ProspectID], d.m)
	}
	w.work()
}

// react decides what a customer does about a message that reached them.
func (w *world) react(p *person, sent models.Message) {
	x := w.rng.Float64()
	next := func(chance float64) bool {
		if x < chance {
			return true
		}
		x -= chance
		return false
	}
	soon := func() time.Duration { return w.within(0, 3*time.Minute) }
	switch {
	case sent.Channel == models.ChannelEmail && next(p.bounces):
		w.soon(soon(), func() { w.receive(p, sandbox.Bounce(sent, "5.1.1", "user unknown", w.now), bounces) })
	case sent.Channel == models.ChannelEmail && next(0.01):
		w.soon(soon(), func() { w.receive(p, sandbox.Bounce(sent, "4.2.2", "mailbox full", w.now), bouncesSoftly) })
	case sent.Channel == models.ChannelEmail && next(p.away):
		w.soon(soon(), func() { w.receive(p, w.absence(p, sent), isAway) })
	case sent.Channel == models.ChannelEmail && next(complaintRate):
		w.soon(soon(), func() { w.receive(p, complaint(sent, w.now), complains) })
	case next(p.leaves):
		w.at(w.moment(p), func() { w.leave(p, sent) })
	case sent.Channel == models.ChannelVoicemail && next(p.callsBack):
		w.at(w.moment(p), func() { w.receive(p, sandbox.InboundCall(sent, "", w.now), callsBack) })
	case next(p.replies):
		w.at(w.moment(p), func() { w.answer(p, sent) })
	}
}

// moment is when somebody acts: at once, in everyday time, or at the very
// worst: just before, at or after our next touch.
func (w *world) moment(p *person) time.Time {
	switch w.rng.IntN(4) {
	case 0:
		return w.now
	case 1:
		if due, ok := w.judge.nextTouch(p); ok && due.After(w.now) {
			return due.Add(time.Duration(w.rng.IntN(3)-1) * time.Second)
		}
	case 2:
		return w.now.Add(w.within(time.Second, time.Hour)).Truncate(w.beat)
	}
	return w.now.Add(w.within(time.Minute, 4*24*time.Hour)).Truncate(w.grid)
}

func (w *world) answer(p *person, sent models.Message) {
	body := oneOf(w, answers)
	if sent.Channel == models.ChannelEmail {
		w.receive(p, sandbox.EmailReply(sent, "", body, w.now, sandbox.Named(p.name+" Doe")), saysSomething)
		return
	}
	w.receive(p, sandbox.TextReply(sent, "", body, w.now), saysSomething)
}

func (w *world) absence(p *person, sent models.Message) models.Raw {
	back := w.now.In(p.zone).AddDate(0, 0, 1+w.rng.IntN(30))
	body := fmt.Sprintf("Thank you for your message. I am out of the office and will be back on %s.", back.Format("2 January 2006"))
	if w.chance(0.2) {
		body = "I am out of the office with limited access to email."
	}
	return sandbox.EmailReply(sent, "", body, w.now, sandbox.Named(p.name+" Doe"), sandbox.OutOfOffice())
}

// leave tells us to stop, in one of the ways there are.
func (w *world) leave(p *person, sent models.Message) {
	switch {
	case sent.Channel == models.ChannelEmail && w.chance(0.5):
		w.unsubscribe(p, sent)
	case sent.Channel == models.ChannelEmail:
		w.receive(p, sandbox.EmailReply(sent, "", "Please remove me from your list.", w.now, sandbox.Named(p.name+" Doe")), saysStop)
	default:
		w.receive(p, sandbox.TextReply(sent, "", "STOP", w.now), saysStop)
	}
	if w.chance(p.returns) && sent.Channel != models.ChannelEmail {
		w.later(w.within(time.Hour, 20*24*time.Hour), func() { w.receive(p, sandbox.TextReply(sent, "", "START", w.now), saysStart) })
	}
}

// unsubscribe is the link in every email, as its page carries it out.
func (w *world) unsubscribe(p *person, sent models.Message) {
	w.note(p.name, p, "unsubscribes %s", sent.ToAddress)
	w.order(p, models.Suppression{Scope: models.SuppressAddress, ProspectID: &p.id, Value: sent.ToAddress, Channel: sent.Channel,
		Reason: models.FailOptedOut, Source: "unsubscribe", By: models.ActorCustomer})
}

// worstMoment lets somebody act between two writes of the engine.
func (w *world) worstMoment(from *process, touches []int64, when string) {
	if !w.chance(0.03) || len(touches) == 0 {
		return
	}
	h := w.judge.handed[oneOf(w, touches)]
	if h == nil {
		return
	}
	sending := w.far.sender
	w.far.sender = nil
	w.note("world", h.p, "now, %s of touch %d:", when, h.touch)
	switch w.rng.IntN(6) {
	case 0:
		w.leave(h.p, w.letter(h.p))
	case 1:
		w.pauseOne(h.p)
	case 2:
		w.pauseAll(w.within(time.Minute, 30*time.Minute))
	default:
		w.answer(h.p, w.letter(h.p))
	}
	w.far.sender = sending
}

// letter is what a customer answers: the last that reached them, else they
// write to their rep first.
func (w *world) letter(p *person) models.Message {
	if d, ok := w.judge.last[p.id]; ok {
		return d.m
	}
	kind, to := models.SenderMailbox, p.emails[0]
	m := models.Message{Channel: models.ChannelEmail, ProspectID: &p.id}
	if len(p.phones) > 0 && w.chance(0.5) {
		kind, to, m.Channel = models.SenderPhone, p.phones[0], models.ChannelSMS
	}
	for i, s := range w.senders {
		if s.Kind == kind && *s.OwnerID == p.rep {
			m.SenderID, m.FromAddress = &w.senders[i].ID, s.Address
		}
	}
	m.ToAddress, m.Subject = to, "A question"
	return m
}
