package scheduler

import (
	"time"

	"followup/models"
)

// NoteRefusal says why a message to somebody that no sequence plans would be
// left out, or to which address it would go. It asks the gate's own
// checks of the person; what holds any message for a while, such as a sender
// that rests, it leaves to the gate. d carries the person.
func (s *Scheduler) NoteRefusal(d models.Due) (to *models.ContactPoint, why models.Reason) {
	s.engine() // prepares what the fields leave out
	now := s.clock(time.Time{})
	d.Touch = models.Touch{
		ProspectID: d.Prospect.ID, Kind: models.TouchMessage, Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp,
		State: models.TouchPlanned, DueAt: now, PromisedAt: now, PlannedAt: now,
	}
	j := judging(d, s.gate(now))
	for _, check := range []func(*judgement) bool{
		(*judgement).personGone, (*judgement).unread, (*judgement).noWay, (*judgement).companyHeld,
		(*judgement).limitReached, (*judgement).askedLater, (*judgement).enough,
	} {
		if check(j) {
			return nil, j.dec.Reason
		}
	}
	return j.point, ""
}
