package scheduler

import (
	"time"

	"followup/models"
)

// history is what is behind an enrollment, read against its definition.
type history struct {
	next      int       // the first step after the last one that ended
	completed time.Time // when that one ended; when the enrollment started where none did
	anchored  int       // the first step that hangs on the appointment, or follows one; -1
	booked    int       // the step that stands for the booked call; -1
	// date is the occurrence of a recurring sequence that is under way, ""
	// where the next is to be found; lastDate is the last one begun.
	date, lastDate models.Date
}

func (p *planner) readHistory() history {
	h := history{completed: p.in.Enrollment.StartedAt, anchored: -1, booked: -1}
	for i, step := range p.def.Steps {
		if step.Timing.Kind != models.TimingAppointment {
			continue
		}
		if h.anchored < 0 {
			h.anchored = i
		}
		if h.booked < 0 && isBookedCall(step) {
			h.booked = i
		}
	}
	p.hist = h
	if p.def.Recurring() {
		h.lastDate = p.lastOccurrence()
		h.date = h.lastDate
		p.hist.date = h.date
	}
	last := -1
	for _, t := range p.in.Touches {
		i := p.stepOf(t)
		if i < 0 || i < last || !t.State.Counted() {
			continue
		}
		if ended := endOf(t); i > last || ended.After(h.completed) {
			last, h.completed = i, ended
		}
	}
	h.next = last + 1
	if p.def.Recurring() && h.next >= len(p.def.Steps) {
		h.next, h.date = 0, ""
	}
	return h
}

// isBookedCall: a call at the appointment's own minute is the appointment's
// touch, not the step's.
func isBookedCall(step models.Step) bool {
	t := step.Timing
	return isTask(step.Channel) && t.Kind == models.TimingAppointment && t.Offset() == 0 && !countsDays(t)
}

// lastOccurrence is the last date on which a recurring sequence began: those
// merely planned have not.
func (p *planner) lastOccurrence() models.Date {
	var last models.Date
	for _, t := range p.in.Touches {
		if d := models.Date(t.Occurrence); t.State.Counted() && d > last && len(t.Occurrence) == len(time.DateOnly) {
			last = d
		}
	}
	return last
}

// occurrenceOf is the occurrence of the step that planning is about now. What
// comes before anything that hangs on the appointment is not repeated when
// the appointment moves.
func (p *planner) occurrenceOf(i int) string {
	switch {
	case p.hist.date != "":
		return string(p.hist.date)
	case p.def.Recurring():
		return string(p.hist.lastDate)
	case p.in.Appointment != nil && p.hist.anchored >= 0 && i >= p.hist.anchored:
		return revisionOccurrence(p.in.Appointment)
	}
	return firstOccurrence
}

// stepOf is the index of the step that the touch made in the current
// occurrence; -1 where it belongs to none.
func (p *planner) stepOf(t models.Touch) int {
	if t.Kind == models.TouchBookedCall {
		if a := p.in.Appointment; a != nil && t.AppointmentRevision == a.Revision {
			return p.hist.booked
		}
		return -1
	}
	i := p.def.Index(t.StepKey)
	if i < 0 || t.Occurrence != p.occurrenceOf(i) {
		return -1
	}
	return i
}

func endOf(t models.Touch) time.Time {
	if t.EndedAt != nil {
		return *t.EndedAt
	}
	return t.UpdatedAt
}
