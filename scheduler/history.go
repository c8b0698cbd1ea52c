package scheduler

import (
	"time"

	"followup/models"
)

// history is what is behind an enrollment, read against its definition.
type history struct {
	next      int       // the step after the one that ended last
	completed time.Time // when that one ended; when the enrollment started where none did
	// made are the steps that are behind us, by index: a version may put one of
	// them after the place that the person has reached.
	made map[int]bool
	// gone is the step that ended last, where the definition does not have it
	// and nobody has said where to go on.
	gone     string
	anchored int // the first step that hangs on the appointment, or follows one; -1
	booked   int // the step that stands for the booked call; -1
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
	p.place(&h)
	if p.def.Recurring() && h.next >= len(p.def.Steps) {
		h.next, h.date = 0, ""
	}
	return h
}

// place finds where the person stands: after the step that ended last, where
// the definition has it now. What a new version put before that place is not
// made up for, what it moved behind it is not made twice.
func (p *planner) place(h *history) {
	last, gone, ended := -1, "", time.Time{}
	h.made = map[int]bool{}
	for _, t := range p.in.Touches {
		if !t.State.Counted() || p.superseded(t) {
			continue
		}
		i := p.stepOf(t)
		if i >= 0 {
			h.made[i] = true
		} else if t.Kind == models.TouchBookedCall || p.def.Index(t.StepKey) >= 0 {
			continue // an older occurrence of a step that there is
		}
		if at := endOf(t); !at.Before(ended) {
			last, gone, ended = i, "", at
			if i < 0 {
				gone = t.StepKey
			}
		}
	}
	if ended.After(h.completed) {
		h.completed = ended
	}
	h.next = last + 1
	if gone == "" {
		return
	}
	if at := p.def.Index(p.in.Enrollment.GoOnAt); at >= 0 {
		h.next = at
		return
	}
	h.gone, h.next = gone, p.lastMade(h.made)+1
}

// lastMade is the furthest step that was made; -1 where none was.
func (p *planner) lastMade(made map[int]bool) int {
	last := -1
	for i := range made {
		last = max(last, i)
	}
	return last
}

// superseded: made for an appointment that was moved since, or in an earlier
// round of a recurring sequence.
func (p *planner) superseded(t models.Touch) bool {
	if a := p.in.Appointment; a != nil && t.AppointmentRevision != 0 && t.AppointmentRevision != a.Revision {
		return true
	}
	return p.def.Recurring() && p.hist.date != "" && len(t.Occurrence) == len(time.DateOnly) && models.Date(t.Occurrence) != p.hist.date
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
	if i < 0 || !sameOccurrence(t.Occurrence, p.occurrenceOf(i)) {
		return -1
	}
	return i
}

// sameOccurrence tells whether a touch that was made as one occurrence counts
// as the wanted one. They differ where a version hangs a step on the
// appointment that hung on nothing before, or the reverse: it is made once.
// A date begins a round of its own.
func sameOccurrence(made, want string) bool {
	if made == want {
		return true
	}
	if len(want) == len(time.DateOnly) {
		return false
	}
	return want == firstOccurrence || made == firstOccurrence || len(made) == len(time.DateOnly)
}

func endOf(t models.Touch) time.Time {
	if t.EndedAt != nil {
		return *t.EndedAt
	}
	return t.UpdatedAt
}
