package scheduler

import (
	"slices"
	"time"

	"followup/laws"
	"followup/models"
)

// askedLater: on their own page they asked to hear nothing for a while, or
// not too often.
func (j *judgement) askedLater() bool {
	if !j.d.Touch.Purpose.Bound() || j.booked {
		return false
	}
	p := j.d.Prospect
	if p.RestUntil != nil && j.Now.Before(*p.RestUntil) {
		return j.hold(*p.RestUntil, models.HoldRests, "they asked to hear nothing before %s", j.local(*p.RestUntil))
	}
	if p.GapDays > 0 && p.LastTouchAt != nil {
		if next := p.LastTouchAt.AddDate(0, 0, p.GapDays); j.Now.Before(next) {
			return j.hold(next, models.HoldRests, "they asked for no more than one message in %s", plural(p.GapDays, "day"))
		}
	}
	return false
}

// enough: the limits per person, over all channels and sequences, of the law
// and of the workspace. What a person writes, confirmations and reminders
// count and are not held.
func (j *judgement) enough() bool {
	if !j.d.Touch.Purpose.Bound() || j.booked {
		return false
	}
	return j.lawsLimit() || j.daysLimit() || j.personGap()
}

// lawsLimit: three calls and texts in 24 hours where a state says so.
func (j *judgement) lawsLimit() bool {
	if !j.rules.QuietHours || len(j.d.Recent) == 0 {
		return false
	}
	book := laws.For(j.d.Settings.Rules)
	place := laws.PlaceOf(j.d.Prospect.Country, j.d.Prospect.Region, j.number())
	limit := book.Limit(place, j.kind)
	if limit.Most == 0 {
		return false
	}
	var made []time.Time
	for _, r := range j.d.Recent {
		if r.At.After(j.Now.Add(-limit.Within)) && r.Purpose != models.PurposeAnswer && !r.Purpose.Keyword() && book.Counts(limit.Rule, r.Channel) {
			made = append(made, r.At)
		}
	}
	if len(made) < limit.Most {
		return false
	}
	slices.SortFunc(made, time.Time.Compare)
	until := made[len(made)-limit.Most].Add(limit.Within)
	return j.hold(j.permittedFrom(until), models.HoldCap, "no more than %s calls and texts (%s)", limit, limit.Rule)
}

func (j *judgement) daysLimit() bool {
	most := j.d.Settings.Caps.PersonDay
	if most <= 0 || len(j.d.Recent) < most {
		return false
	}
	loc := j.zone()
	today, made := models.DateOf(j.Now, loc), 0
	for _, r := range j.d.Recent {
		if models.DateOf(r.At, loc) == today {
			made++
		}
	}
	if made < most {
		return false
	}
	// Tomorrow at the time of day for which it was planned.
	until := today.AddDays(1).At(models.TimeOfDayOf(j.d.Touch.PromisedAt, loc), loc)
	return j.hold(j.permittedFrom(until), models.HoldCap, "%s were made to them today, and the limit is %d", plural(made, "touch"), most)
}

func (j *judgement) personGap() bool {
	gap := time.Duration(j.d.Settings.Caps.PersonGap) * time.Minute
	if gap <= 0 {
		return false
	}
	var last time.Time
	for _, r := range j.d.Recent {
		if r.At.After(last) {
			last = r.At
		}
	}
	if last.IsZero() || !j.Now.Before(last.Add(gap)) {
		return false
	}
	return j.hold(j.permittedFrom(last.Add(gap)), models.HoldGap, "another touch was made less than %s ago", describeDuration(gap))
}

// permittedFrom is the first permitted instant at or after t.
func (j *judgement) permittedFrom(t time.Time) time.Time {
	if !j.rules.QuietHours || len(j.window.zones) == 0 {
		return t
	}
	if next, ok := j.window.Next(t); ok {
		return next
	}
	return t
}

// zone is the prospect's, the rep's where theirs is unknown.
func (j *judgement) zone() *time.Location {
	if loc, err := j.d.Prospect.Location(); err == nil {
		return loc
	}
	if loc, err := models.LoadZone(j.d.Rep.Zone); err == nil {
		return loc
	}
	return time.UTC
}
