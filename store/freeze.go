package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// freezer works out what a pause keeps of a delay that is running: minutes
// and hours as a duration, days and business days as a count, so that the
// local time can be applied again on resuming. Appointment, commitment, date
// and recurring rules keep nothing: they are planned anew.
type freezer struct {
	loc      *time.Location
	holidays []models.Date
	now      time.Time
}

func newFreezer(tx *gorm.DB, p models.Prospect, now time.Time) (freezer, error) {
	set, err := settingsIn(tx)
	if err != nil {
		return freezer{}, err
	}
	// A prospect without a known zone has its enrollments resting with a
	// task; UTC serves for counting the days left.
	loc, err := p.Location()
	if err != nil {
		loc = time.UTC
	}
	return freezer{loc: loc, holidays: set.Holidays, now: now}, nil
}

// left is what remains until due of a step's delay.
func (f freezer) left(st models.Step, due time.Time) models.Frozen {
	t := st.Timing
	if t.Kind != models.TimingAfter && t.Kind != "" {
		return models.Frozen{}
	}
	fr := models.Frozen{StepKey: st.Key}
	today, day := models.DateOf(f.now, f.loc), models.DateOf(due, f.loc)
	switch {
	case t.BusinessDays > 0:
		fr.Business = true
		for d := today.AddDays(1); d <= day; d = d.AddDays(1) {
			if f.business(d) {
				fr.Days++
			}
		}
		// A national holiday ahead was left out by the plan, which knows the
		// calendars; it must not lengthen the delay.
		if t.Days == 0 {
			fr.Days = min(fr.Days, t.BusinessDays)
		}
	case t.Days > 0 || t.At != nil:
		for d := today; d < day; d = d.AddDays(1) {
			fr.Days++
		}
	case due.After(f.now):
		fr.Duration = due.Sub(f.now)
	}
	return fr
}

// due is when a step's delay that began at since would be over.
func (f freezer) due(st models.Step, since time.Time) time.Time {
	t := st.Timing
	from := since.Add(t.Offset())
	if t.Days == 0 && t.BusinessDays == 0 && t.At == nil {
		return from
	}
	day := models.DateOf(from, f.loc).AddDays(t.Days)
	for n := t.BusinessDays; n > 0; {
		day = day.AddDays(1)
		if f.business(day) {
			n--
		}
	}
	tod := models.TimeOfDayOf(from, f.loc)
	if t.At != nil {
		tod = *t.At
	}
	if at := day.At(tod, f.loc); !at.Before(from.Truncate(time.Minute)) {
		return at
	}
	return day.AddDays(1).At(tod, f.loc)
}

func (f freezer) business(d models.Date) bool {
	wd := d.Weekday()
	return wd != time.Saturday && wd != time.Sunday && !slices.Contains(f.holidays, d)
}

// freeze keeps in the enrollment what its pause interrupts; live are its own
// touches that have not ended, at most one.
func (f freezer) freeze(tx *gorm.DB, e *models.Enrollment, live []models.Touch) error {
	version, err := versionOf(tx, e.VersionID)
	if err != nil {
		return err
	}
	for _, t := range live {
		st, ok := version.Definition.Step(t.StepKey)
		if !ok {
			continue
		}
		if t.State == models.TouchPlanned || t.State == models.TouchOpen {
			e.Frozen = f.left(st, t.PromisedAt)
		} else {
			e.Frozen = models.Frozen{} // it may still end; what follows counts from then
		}
		return nil
	}
	return f.freezeNext(tx, e, version.Definition)
}

// freezeNext serves the moment between a step's end and the next plan: a
// call's outcome that pauses must not let the next delay run through the pause.
func (f freezer) freezeNext(tx *gorm.DB, e *models.Enrollment, d models.Definition) error {
	before := e.Frozen
	e.Frozen = models.Frozen{}
	var last []models.Touch
	err := tx.Where("enrollment_id = ? AND state <> 'canceled' AND ended_at IS NOT NULL", e.ID).
		Order("ended_at DESC, id DESC").Limit(1).Find(&last).Error
	if err != nil {
		return err
	}
	next, since := 0, e.StartedAt
	if len(last) > 0 {
		next, since = d.Index(last[0].StepKey)+1, *last[0].EndedAt
		if next == 0 {
			return nil // a step that this version does not have
		}
	}
	if next >= len(d.Steps) {
		return nil
	}
	st := d.Steps[next]
	if e.ResumedAt == nil || !e.ResumedAt.After(since) {
		e.Frozen = f.left(st, f.due(st, since))
		return nil
	}
	// Resumed and paused again before the plan came: what was frozen is left.
	if before.StepKey == st.Key {
		e.Frozen = before
	}
	return nil
}
