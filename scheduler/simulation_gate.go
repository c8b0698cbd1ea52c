package scheduler

import (
	"followup/models"
)

// maxMoves bounds how often a line of a preview is moved on: by the hours, the
// sender's window and the limits in turn.
const maxMoves = 12

// firstTime moves the line to the first time at which the gate would let it
// out, as far as that can be foreseen, and says what moves it. The limits of a
// sender and of a company depend on what others send, and are not foreseen.
func (m *simulation) firstTime(p *planner, t models.Touch, line *models.PlannedStep) {
	if line.ContactPoint == nil {
		return
	}
	d := models.Due{
		Touch: t, Prospect: m.in.Prospect, Rep: m.in.Rep, ContactPoints: m.in.ContactPoints, Conversation: m.in.Conversation,
		Settings: m.in.Settings, Recent: m.in.Recent,
	}
	d.Touch.Channel, d.Touch.Kind = line.Channel, line.Kind
	for i := range m.in.Senders {
		if s := &m.in.Senders[i]; t.SenderID != nil && s.ID == *t.SenderID {
			d.Sender = s
		}
	}
	for range maxMoves {
		j := judging(d, Gate{Now: line.At, Channels: m.channels})
		j.rules, _ = m.channels.Rules(j.kind)
		j.point = line.ContactPoint
		held := j.quietHours() || d.Sender != nil && !j.task && j.windowClosed() || j.askedLater() || j.enough()
		if !held || j.dec.Action != models.DecideHold || !j.dec.Until.After(line.At) {
			return
		}
		if j.dec.Reason == models.HoldQuietHours {
			line.Why += "; moved from " + p.local(line.At) + " to the next permitted hour" + j.window.why()
		} else {
			line.Why += "; moved from " + p.local(line.At) + " to " + p.local(j.dec.Until) + ": " + j.dec.Detail
		}
		line.At = j.dec.Until
	}
}

// made counts a line among what was made to the person.
func (m *simulation) made(purpose models.Purpose, line *models.PlannedStep) {
	m.in.Recent = append(m.in.Recent, models.RecentTouch{ProspectID: m.in.Prospect.ID, Channel: line.Channel, Purpose: purpose, At: line.At})
}
