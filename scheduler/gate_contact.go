package scheduler

import (
	"fmt"

	"followup/models"
)

// noWay settles the contact point: suppression and consent per point and
// channel, falling through to the next permitted point of the same kind.
func (j *judgement) noWay() bool {
	rules, ok := j.Channels.Rules(j.kind)
	if !ok {
		return j.ask(models.AttentionPlan, fmt.Sprintf("this installation has no channel %q; set one up or change the step", j.kind))
	}
	j.rules = rules
	if s, ok := j.workspaceOrder(); ok {
		return j.hold(j.Now.Add(recheckLater), models.HoldWorkspace, "nobody may be contacted: %s", DescribeReason(s.Reason))
	}
	switch {
	case j.booked:
		return j.bookedNumber()
	case j.byHand:
		return j.chosenByHand()
	case j.answersKeyword():
		return j.wordsNumber()
	}
	return j.permittedPoint()
}

// workspaceOrder is the switch that stops everything to everyone, for a while.
func (j *judgement) workspaceOrder() (models.Suppression, bool) {
	for _, s := range j.d.Suppressions {
		if s.Scope == models.SuppressWorkspace && s.Forbids(j.d.Prospect, models.ContactPoint{}, j.kind) {
			return s, true
		}
	}
	return models.Suppression{}, false
}

func (j *judgement) outlets() outlets {
	return outlets{
		prospect: j.d.Prospect, points: j.d.ContactPoints, consents: j.d.Consents,
		suppressions: j.d.Suppressions, conversation: j.d.Conversation, now: j.Now,
	}.lawful(j.d.Settings)
}

func (j *judgement) permittedPoint() bool {
	pick := j.outlets().fallThrough(j.d.Touch.ContactPointID, j.rules, true)
	if speakable(j.rules) && (pick.reason == models.SkipNoConsent || pick.reason == "" && j.d.Sender == nil) {
		return j.speakInstead(pick.reason)
	}
	return j.take(pick)
}

// take uses the picked point, or skips for the reason why there is none.
func (j *judgement) take(pick pick) bool {
	if pick.reason != "" {
		return j.skip(pick.reason, "%s", j.noPointDetail(pick.reason))
	}
	j.point = pick.point
	if id := j.d.Touch.ContactPointID; id == nil || *id != pick.point.ID {
		j.dec.ContactPointID = &pick.point.ID
		if id != nil {
			j.note("%s", pick.why)
		}
	}
	return false
}

func (j *judgement) noPointDetail(reason models.Reason) string {
	switch reason {
	case models.SkipSuppressed:
		return "they asked not to be contacted by " + channelWord(j.kind)
	case models.SkipNoConsent:
		return fmt.Sprintf("no %s has the consent that an automatic %s needs (%s or more)", j.rules.Address, channelWord(j.kind), words(string(j.outlets().need(j.rules).Basis)))
	}
	return fmt.Sprintf("no %s of theirs works", j.rules.Address)
}

// speakInstead makes a call task of a recorded message that may not be left:
// the rep dials and speaks the script.
func (j *judgement) speakInstead(reason models.Reason) bool {
	why := "no sender is set up for recorded messages"
	if reason == models.SkipNoConsent {
		why = "a recorded message needs prior express written consent, and there is none"
	}
	j.kind, j.task, j.spoken = models.ChannelCall, true, true
	j.rules, _ = j.Channels.Rules(j.kind)
	j.note("%s: the rep calls and speaks it", why)
	j.dec.Kind, j.dec.Channel = models.TouchTask, models.ChannelCall
	return j.take(j.outlets().fallThrough(j.d.Touch.ContactPointID, j.rules, true))
}

// bookedNumber: a booked call opens even where no number works any more, for
// the rep has promised it; only an order not to call stops it.
func (j *judgement) bookedNumber() bool {
	pick := j.outlets().fallThrough(j.d.Touch.ContactPointID, j.rules, false)
	if pick.reason == models.SkipNoContactPoint || pick.reason == models.SkipSuppressed && !j.everyNumberClosed() {
		j.note("no phone number of theirs may be called and works; find another way to keep the appointment")
		return false
	}
	return j.take(pick)
}

// everyNumberClosed: an order not to call covers all their numbers, those
// that do not work as well.
func (j *judgement) everyNumberClosed() bool {
	for _, cp := range j.outlets().ofKind(j.rules.Address) {
		if _, no := models.Suppressed(j.d.Suppressions, j.d.Prospect, cp, j.kind); !no {
			return false
		}
	}
	return true
}

// chosenByHand: a person chose the point, so there is no falling through and
// no consent is asked; an order not to contact holds, unless the customer wrote
// on that channel after it: a person may answer that.
func (j *judgement) chosenByHand() bool {
	j.point = j.outlets().find(j.d.Touch.ContactPointID)
	if j.point == nil {
		return j.skip(models.SkipNoContactPoint, "the %s it was for is gone; write again and choose another", j.rules.Address)
	}
	if s, no := models.SuppressedFor(j.d.Suppressions, j.d.Prospect, *j.point, j.kind, j.d.Touch.Purpose, j.d.Conversation); no {
		return j.skip(models.SkipSuppressed, "they asked not to be contacted by %s (%s); only START from them or a newly recorded consent reopens it",
			channelWord(j.kind), DescribeReason(s.Reason))
	}
	if s, no := models.Suppressed(j.d.Suppressions, j.d.Prospect, *j.point, j.kind); no {
		j.note("an answer by hand to what they wrote after they asked us to stop (%s); automation stays off", DescribeReason(s.Reason))
	}
	return false
}
