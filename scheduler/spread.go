package scheduler

import (
	"fmt"
	"hash/fnv"
	"time"

	"followup/models"
)

// spread moves what goes out by itself by a part of the workspace's spread: a
// hundred people enrolled together are not written to in the same minute day
// after day. Who they are and which step it is decide by how much, so that
// planning again moves nothing. An email's time of day is when its spread
// begins; a text's or a voicemail's is exact. What is promised, what hangs on a
// call, a promise or a date, and what follows within hours is exact, too.
func (p *planner) spread(i int, occurrence string, at time.Time) time.Time {
	step, most := p.def.Steps[i], time.Duration(p.in.Settings.Caps.SpreadMinutes)*time.Minute
	if most <= 0 || step.Timing.Days == 0 && step.Timing.BusinessDays == 0 || !p.purpose(step).Bound() {
		return at
	}
	kind, rules, _ := p.channel(step)
	if isTask(kind) || step.Timing.At != nil && !rules.HasSubject {
		return at
	}
	h := fnv.New32a()
	_, _ = fmt.Fprintf(h, "%d/%d/%s/%s", p.in.Prospect.ID, p.in.Enrollment.SequenceID, step.Key, occurrence)
	share := time.Duration(h.Sum32()%uint32(most/time.Second)) * time.Second
	// A day later is another day: what is late in the evening stays on its date.
	if p.zoneErr == nil && models.DateOf(at.Add(share), p.loc) != models.DateOf(at, p.loc) {
		return at
	}
	return at.Add(share)
}
