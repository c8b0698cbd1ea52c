package scheduler

import (
	"time"

	"followup/models"
)

// dayStart is the time of day of a rule that hangs on a date and names none.
const dayStart models.TimeOfDay = 9 * 60

// moment is when a rule says that a step comes.
type moment struct {
	at         time.Time
	occurrence string
	// notAfter: past it the step is worthless.
	notAfter *time.Time
	// over: where the moment has passed, why the step is left out, in words.
	over string
	note string // what moved it, in words
}

// moment applies the step's timing rule; base is the completion of the
// previous step.
func (p *planner) moment(i int, base time.Time) (moment, error) {
	step := p.def.Steps[i]
	m := moment{occurrence: p.occurrenceOf(i)}
	var err error
	switch step.Timing.Kind {
	case models.TimingAppointment:
		err = p.aroundAppointment(step.Timing, &m)
	case models.TimingCommitment:
		err = p.aroundCommitment(step, &m)
	case models.TimingDate:
		err = p.onDate(step.Timing, &m)
	case models.TimingRecurring:
		err = p.recurring(step.Timing, &m)
	default:
		if m.at, err = p.afterDelay(step, base); err == nil {
			m.at = p.spread(i, m.occurrence, m.at)
		}
		return m, err
	}
	// What hangs on a date and is reached late comes at once, not in the past:
	// its lateness is nobody's lag.
	if floor := p.floor(base); m.notAfter == nil && m.at.Before(floor) {
		m.at = floor
	}
	return m, err
}

// floor is the earliest a step can come: its turn has come, and the
// enrollment is not resting.
func (p *planner) floor(base time.Time) time.Time {
	if r := p.in.Enrollment.ResumedAt; r != nil && r.After(base) {
		return *r
	}
	return base
}

// afterDelay counts from the completion of the previous step, or goes on with
// what a pause left of the delay.
func (p *planner) afterDelay(step models.Step, base time.Time) (time.Time, error) {
	e := p.in.Enrollment
	rested := e.ResumedAt != nil && e.ResumedAt.After(base)
	if rested && e.Frozen.StepKey == step.Key {
		return p.thaw(step.Timing, e.Frozen, base, *e.ResumedAt)
	}
	at, err := p.delay(step.Timing, base)
	if err == nil && rested && at.Before(*e.ResumedAt) {
		at = *e.ResumedAt
	}
	return at, err
}

// countsDays tells whether a delay is counted on the calendar.
func countsDays(t models.Timing) bool { return t.Days != 0 || t.BusinessDays != 0 || t.At != nil }

// delay adds hours and minutes as a duration, then days on the local
// calendar, then goes to the local time of day.
func (p *planner) delay(t models.Timing, base time.Time) (time.Time, error) {
	from := base.Add(t.Offset())
	if !countsDays(t) {
		return from, nil
	}
	if p.zoneErr != nil {
		return time.Time{}, p.zoneErr
	}
	date := models.DateOf(from, p.loc).AddDays(t.Days)
	date = p.work.Add(date, t.BusinessDays)
	at := p.clock(date, t.At, from)
	if at.Before(from) {
		at = p.clock(date.AddDays(1), t.At, from)
	}
	return at, nil
}

// thaw goes on with a frozen delay: a duration as it was, days as a count
// with the local time applied again.
func (p *planner) thaw(t models.Timing, f models.Frozen, base, resumed time.Time) (time.Time, error) {
	if countsDays(t) && f.Duration > 0 || !countsDays(t) && f.Days > 0 {
		return p.delay(t, resumed) // a new version counts otherwise than what was frozen
	}
	if !countsDays(t) {
		return resumed.Add(f.Duration), nil
	}
	if p.zoneErr != nil {
		return time.Time{}, p.zoneErr
	}
	add := func(d models.Date, n int) models.Date {
		if f.Business {
			return p.work.Add(d, n)
		}
		return d.AddDays(n)
	}
	date := add(models.DateOf(resumed, p.loc), f.Days)
	at := p.clock(date, t.At, base.Add(t.Offset()))
	if at.Before(resumed) {
		at = p.clock(add(date, 1), t.At, base.Add(t.Offset()))
	}
	return at, nil
}

// clock is the instant on the date at the time of day, or at the time of day
// that like has, to the second.
func (p *planner) clock(date models.Date, tod *models.TimeOfDay, like time.Time) time.Time {
	if tod != nil {
		return date.At(*tod, p.loc)
	}
	rest := like.Sub(like.Truncate(time.Minute))
	return date.At(models.TimeOfDayOf(like, p.loc), p.loc).Add(rest)
}

// around moves from an instant by days on the local calendar, to a local time
// of day, and by hours and minutes, each signed.
func (p *planner) around(t models.Timing, from time.Time) (time.Time, error) {
	at := from
	if countsDays(t) {
		if p.zoneErr != nil {
			return time.Time{}, p.zoneErr
		}
		date := models.DateOf(from, p.loc).AddDays(t.Days)
		at = p.clock(p.work.Add(date, t.BusinessDays), t.At, from)
	}
	return at.Add(t.Offset()), nil
}

func (p *planner) aroundAppointment(t models.Timing, m *moment) error {
	a := p.in.Appointment
	if a == nil {
		return models.Invalid("appointment", "the sequence hangs on a booked call and none is booked; book one, or take the person out of the sequence")
	}
	at, err := p.around(t, a.StartsAt)
	if err != nil {
		return err
	}
	m.at = at
	if at.Before(a.StartsAt) {
		m.notAfter = &a.StartsAt
		if at.Before(p.now) {
			m.over = p.callTooNear(at, *a)
		}
	}
	return nil
}

// callTooNear says why what should come before a call does not come any more.
func (p *planner) callTooNear(at time.Time, a models.Appointment) string {
	set, verb := a.CreatedAt, "booked"
	if a.Revision > 1 {
		set, verb = a.UpdatedAt, "moved"
	}
	if !set.IsZero() && at.Before(set) && set.Before(a.StartsAt) {
		return "the call was " + describeDuration(a.StartsAt.Sub(set)) + " away when it was " + verb
	}
	return "its time, " + p.local(at) + ", had passed"
}

func (p *planner) aroundCommitment(step models.Step, m *moment) error {
	c := p.in.Commitment
	if c == nil || c.DueOn == "" {
		return models.Invalid("commitment", "the sequence hangs on a promised date and none is recorded; record the commitment with its date, or take the person out of the sequence")
	}
	if p.zoneErr != nil {
		return p.zoneErr
	}
	at, err := p.aroundDate(step.Timing, c.DueOn)
	if err != nil {
		return err
	}
	m.at = at
	if models.DateOf(at, p.loc) < c.DueOn || step.Purpose == models.PurposeReminder {
		end := c.DueOn.AddDays(1).At(0, p.loc)
		m.notAfter = &end
		if at.Before(p.now) {
			m.over = "its time, " + p.local(at) + ", had passed"
		}
	}
	return nil
}

func (p *planner) onDate(t models.Timing, m *moment) error {
	on := t.On
	if t.Field != "" {
		v := p.custom(t.Field)
		if v == "" {
			return models.Invalid(t.Field, "the step comes on the date in the custom field %q, which is empty; fill it in as 2026-11-26", t.Field)
		}
		d, err := models.ParseDate(v)
		if err != nil {
			return models.Invalid(t.Field, "the custom field %q should hold a date and says %q; write it as 2026-11-26", t.Field, v)
		}
		on = d
	}
	if p.zoneErr != nil {
		return p.zoneErr
	}
	at, err := p.aroundDate(t, on)
	if err != nil {
		return err
	}
	m.at = at
	if date := models.DateOf(at, p.loc); date < models.DateOf(p.now, p.loc) {
		m.over = "its date, " + string(date) + ", had passed"
	}
	return nil
}

// aroundDate is around for a date: without a time of day it is dayStart.
func (p *planner) aroundDate(t models.Timing, on models.Date) (time.Time, error) {
	tod := dayStart
	if t.At != nil {
		tod = *t.At
	}
	date := p.work.Add(on.AddDays(t.Days), t.BusinessDays)
	return date.At(tod, p.loc).Add(t.Offset()), nil
}

func (p *planner) recurring(t models.Timing, m *moment) error {
	if p.zoneErr != nil {
		return p.zoneErr
	}
	r, err := newRecurrence(t.Cron, p.loc)
	if err != nil {
		return err
	}
	o, missed, ok := r.due(p.hist.lastDate, p.in.Enrollment.StartedAt, p.now)
	if !ok {
		return models.Invalid("cron", "%q never comes; change the sequence", t.Cron)
	}
	m.at, m.occurrence = o.at, string(o.date)
	if missed {
		m.note = "made up for: it should have come on " + p.local(o.at)
	}
	return nil
}

// custom is a value given on enrolling, else the prospect's own.
func (p *planner) custom(field string) string {
	if v, ok := p.in.Enrollment.Variables[field]; ok {
		return v
	}
	return p.in.Prospect.Custom[field]
}

// local writes t in the prospect's time, in UTC where their zone is unknown.
func (p *planner) local(t time.Time) string {
	if p.loc == nil {
		return LocalTime(t, time.UTC)
	}
	return LocalTime(t, p.loc)
}
