package scheduler

import (
	"time"

	"followup/models"
)

// AnswerHour is what a rep sees before a message outside the hours of who gets it.
type AnswerHour struct {
	Clock string    // what time it is where they are: "22:30 EST"
	Opens time.Time // when it would go out by itself
	Why   string    // whose hours these are
	// May: it answers what they wrote on that channel, so that the rep may
	// confirm the hour and send it now.
	May bool
}

// HourOfAnswer tells whether a message by hand would wait for the hours of who
// gets it; false: it leaves at once.
func HourOfAnswer(p models.Prospect, number string, r models.ChannelRules, c models.Conversation, s models.Settings, now time.Time) (AnswerHour, bool) {
	if !r.QuietHours || !r.Written || onTheirChannel(c, r.Kind) && now.Sub(*c.LastInboundAt) <= answerWindow {
		return AnswerHour{}, false
	}
	w, err := QuietHours(p, number, r.Kind, s)
	if err != nil || w.Permitted(now) {
		return AnswerHour{}, false // where nobody knows the zone, the gate asks
	}
	opens, ok := w.Next(now)
	if !ok {
		return AnswerHour{}, false
	}
	loc, err := p.Location()
	if err != nil {
		loc = w.zones[0]
	}
	return AnswerHour{Clock: now.In(loc).Format("15:04 MST"), Opens: opens, Why: w.why(), May: onTheirChannel(c, r.Kind) && c.WaitingSince != nil}, true
}

// onTheirChannel: it is where they wrote last.
func onTheirChannel(c models.Conversation, kind models.ChannelKind) bool {
	return c.LastChannel == kind && c.LastInboundAt != nil
}

// hourSeen: later than an hour after they wrote, the rep saw what time it is
// there and sent the answer all the same. That holds for as long as the hour
// they saw is about right.
func (j *judgement) hourSeen() bool {
	t := j.d.Touch
	return t.Purpose == models.PurposeAnswer && onTheirChannel(j.d.Conversation, j.kind) && t.Draft != nil && t.Draft.HourSeen &&
		j.Now.Sub(t.PlannedAt) <= answerWindow
}
