package scheduler

import (
	"fmt"
	"hash/fnv"
	"time"

	"followup/models"
)

// spread moves what goes out by itself, and names no time of day, by a part of
// the workspace's spread: a hundred people enrolled together are not written to
// in the same minute day after day. Who they are and which step it is decide by
// how much, so that planning again moves nothing. What is promised, what hangs
// on a date or names its time, and what follows within hours is exact.
func (p *planner) spread(i int, occurrence string, at time.Time) time.Time {
	step, most := p.def.Steps[i], time.Duration(p.in.Settings.Caps.SpreadMinutes)*time.Minute
	if most <= 0 || step.Timing.At != nil || step.Timing.Days == 0 && step.Timing.BusinessDays == 0 || !p.purpose(step).Bound() {
		return at
	}
	if kind, _, _ := p.channel(step); isTask(kind) {
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
