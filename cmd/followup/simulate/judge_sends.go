package simulate

import (
	"time"

	"followup/models"
)

// freshFor is how long after its claim a hand-over may begin.
const freshFor = 30 * time.Second

// claimed judges what a claim committed: from here on a message begins.
func (j *judge) claimed(from *process, c models.Claimed) {
	for _, d := range c.Dispatches {
		t := d.Touch
		h := &handed{
			touch: t.ID, enrollment: deref(t.EnrollmentID), appointment: deref(t.AppointmentID), sender: deref(t.SenderID), p: j.w.byID[t.ProspectID],
			step: t.StepKey, occurrence: t.Occurrence, to: d.Message.ToAddress, channel: d.Message.Channel, purpose: t.Purpose,
			byHand: t.Purpose.ByHand(), attempt: t.Attempt, sendBy: j.w.now.Add(freshFor), claimed: j.w.now,
		}
		j.handed[t.ID] = h
		j.w.far.people[t.ID] = h.p
		j.w.note("engine", h.p, "%s claims touch %d attempt %d (%s, enrollment %d, step %s/%s) by %s", from.name, h.touch, h.attempt, h.purpose, h.enrollment, h.step, h.occurrence, h.channel)
		if why, no := j.w.model.stopped(h, j.w.now); no {
			j.w.broke(h.p, "no automated send begins after a stop", "touch %d was claimed although %s", h.touch, why)
		}
		if c := j.w.model.calls[h.appointment]; c != nil && c.canceled && h.step == "confirmation" {
			j.w.broke(h.p, "no canceled call is announced", "touch %d confirms the call of %s, which was canceled", h.touch, c.at.Format(time.RFC3339))
		}
		if since, ok := j.unreadOf[h.p.id]; ok && !h.byHand && h.sender == j.w.polled() && j.w.now.Sub(since) > models.InboundCurrency+time.Minute {
			j.w.broke(h.p, "no automated send crosses an answer", "touch %d was claimed although their answer waits unread since %s", h.touch, since.Format(time.RFC3339))
		}
	}
}

// rechecked judges the last look before the hand-over.
func (j *judge) rechecked(ids, stopped []int64) {
	gone := map[int64]bool{}
	for _, id := range stopped {
		gone[id] = true
	}
	for _, id := range ids {
		h := j.handed[id]
		if h == nil {
			continue
		}
		h.looked = !gone[id]
		if gone[id] {
			j.w.note("engine", h.p, "the last look stops touch %d", id)
		} else if why, no := j.w.model.stopped(h, j.w.now); no {
			j.w.broke(h.p, "the last look returns what was stopped", "touch %d passed although %s", id, why)
		}
	}
}

// took judges an arrival; before are the same touch's.
func (j *judge) took(p *person, d delivery, before []delivery) {
	w, m := j.w, d.m
	h := j.handed[*m.TouchID]
	if h == nil {
		w.broke(p, "every send has an intent", "touch %d arrived without a claim", *m.TouchID)
		return
	}
	if len(before) > 0 {
		w.broke(p, "at most once", "touch %d arrived a second time (attempt %d at %s, attempt %d now)", h.touch, before[0].m.Attempt, before[0].at.Format(time.RFC3339), m.Attempt)
	}
	if !h.looked || h.attempt != m.Attempt {
		w.broke(p, "every hand-over is looked at once more", "touch %d arrived without a last look", h.touch)
	}
	if !w.now.Before(h.sendBy) {
		w.broke(p, "a stale intent is not handed over", "touch %d arrived at %s and was to begin before %s", h.touch, w.now.Format(time.RFC3339), h.sendBy.Format(time.RFC3339))
	}
	j.quiet(p, h)
	switch word := w.model.words[p.id]; {
	case !h.purpose.Keyword():
		j.caps(p, h)
	case word != nil:
		word.confirmed = true
	}
	if e := w.model.enrolled[h.enrollment]; e != nil {
		key := h.key(e.course.def)
		if first, ok := j.steps[key]; ok && first != h.touch {
			w.broke(p, "no step is repeated", "step %s of enrollment %d arrived with touch %d and again with touch %d", h.step, h.enrollment, first, h.touch)
		}
		j.steps[key] = h.touch
	}
	if c := w.model.calls[h.appointment]; c != nil && h.purpose == models.PurposeReminder && !w.now.Before(c.at) {
		w.broke(p, "a reminder never comes after its call", "touch %d reminded of the call at %s", h.touch, c.at.Format(time.RFC3339))
	}
	if e := w.model.enrolled[h.enrollment]; e != nil && e.promised != "" && h.purpose == models.PurposeReminder && !e.rezoned && !p.unknown {
		if day := models.DateOf(w.now, p.zone); day > e.promised {
			w.broke(p, "a reminder never comes after its call", "touch %d reminded on %s of what was promised for %s", h.touch, day, e.promised)
		}
	}
	if !h.byHand {
		j.within(p, h.purpose, string(h.channel))
	}
	j.count(p, h.purpose)
	j.last[p.id] = d
}

// quiet judges calls and texts by the clock on the person's own wall: 8:00 to
// 21:00 where they truly are (47 CFR 64.1200(c)(1)), and what their state says.
func (j *judge) quiet(p *person, h *handed) {
	if h.channel != models.ChannelSMS && h.channel != models.ChannelVoicemail {
		return
	}
	if lawful(p, h.to, j.w.now.In(p.zone)) {
		return
	}
	wrote, ok := j.w.model.lastIn[p.id][h.channel]
	if (h.purpose == models.PurposeAnswer || h.purpose.Keyword()) && ok && j.w.now.Sub(wrote) <= time.Hour {
		return
	}
	j.w.broke(p, "quiet hours", "touch %d came by %s at %s their time", h.touch, h.channel, j.w.now.In(p.zone).Format("15:04 MST"))
}
