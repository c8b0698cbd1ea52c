package store

import (
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// applyEffects does to a person's follow-up what a happening asks for, within
// the transaction that records the happening and holds the prospect's lock.
func applyEffects(tx *gorm.DB, prospect models.Prospect, e models.Effects, actor string, now time.Time) error {
	_, err := apply(tx, prospect, e, actor, now)
	return err
}

// applied names what effects did to enrollments.
type applied struct {
	Paused, Finished, Resumed []int64
}

// effector applies one Effects. Enrollments are loaded once, changed in
// memory and saved once.
type effector struct {
	tx       *gorm.DB
	prospect models.Prospect
	actor    string
	now      time.Time

	enrollments map[int64]*models.Enrollment
	changed     []int64
	repairs     map[int64]int64 // enrollment → the resolve task whose closing lifts its pause
	done        applied
	events      []models.Event
}

// apply takes the enrollments of the prospect that the caller has locked and
// read already; others are read here.
func apply(tx *gorm.DB, prospect models.Prospect, e models.Effects, actor string, now time.Time, known ...models.LiveEnrollment) (applied, error) {
	a := &effector{
		tx: tx, prospect: prospect, actor: actor, now: now,
		enrollments: map[int64]*models.Enrollment{}, repairs: map[int64]int64{},
	}
	if err := a.loadEnrollments(e, known); err != nil {
		return applied{}, fmt.Errorf("load enrollments: %w", err)
	}
	// Tasks come before pauses, which may hang on one; pauses before lifts, so
	// that an enrollment never becomes active in between; the calls are
	// withdrawn before the plan is asked for anew.
	steps := []struct {
		what string
		do   func(models.Effects) error
	}{
		{"suppress", a.suppress},
		{"lift suppressions", a.liftSuppressions},
		{"invalidate contact points", a.invalidate},
		{"confirm contact points", a.confirm},
		{"close reply tasks", a.closeReplies},
		{"open tasks", a.openTasks},
		{"finish", a.finish},
		{"pause", a.pause},
		{"lift", a.lift},
		{"hold company", a.holdCompany},
		{"end pursuit", a.endPursuit},
		{"save enrollments", a.saveEnrollments},
		{"withdraw booked calls", a.withdrawBookedCalls},
		{"answer the word", a.answerKeyword},
		{"replan", func(e models.Effects) error { return replanEnrollments(tx, e.Replan, now) }},
		{"record", func(models.Effects) error { return addEvents(tx, a.events...) }},
	}
	for _, st := range steps {
		if err := st.do(e); err != nil {
			return applied{}, fmt.Errorf("%s: %w", st.what, err)
		}
	}
	return a.done, nil
}

// loadEnrollments locks those that the effects name. Colleagues' prospects
// are locked first, by id: the lock order is prospects, then enrollments.
func (a *effector) loadEnrollments(e models.Effects, known []models.LiveEnrollment) error {
	ids := idSet{}
	for _, p := range e.Pauses {
		ids.add(&p.EnrollmentID)
	}
	for _, l := range e.Lifts {
		ids.add(&l.EnrollmentID)
	}
	for _, f := range e.Finishes {
		ids.add(&f.EnrollmentID)
	}
	for _, l := range known {
		if ids[l.Enrollment.ID] {
			delete(ids, l.Enrollment.ID)
			en := l.Enrollment
			a.enrollments[en.ID] = &en
		}
	}
	if len(ids) == 0 {
		return nil
	}
	wanted := ids.list()
	slices.Sort(wanted)
	var others []int64
	err := a.tx.Model(&models.Enrollment{}).Where("id IN ? AND prospect_id <> ?", wanted, a.prospect.ID).Distinct().Pluck("prospect_id", &others).Error
	if err != nil {
		return err
	}
	if _, err := lockProspects(a.tx, others); err != nil {
		return err
	}
	es, err := enrollmentsWhere(a.tx, "id IN ?", wanted)
	if err != nil {
		return err
	}
	for i := range es {
		a.enrollments[es[i].ID] = &es[i]
	}
	return nil
}

func (a *effector) touched(id int64) {
	if !slices.Contains(a.changed, id) {
		a.changed = append(a.changed, id)
	}
}

func (a *effector) saveEnrollments(models.Effects) error {
	for _, id := range a.changed {
		if err := keepEnrollment(a.tx, a.enrollments[id]); err != nil {
			return err
		}
	}
	return nil
}

func (a *effector) finish(e models.Effects) error {
	for _, f := range e.Finishes {
		en := a.enrollments[f.EnrollmentID]
		if en == nil || !en.Finish(f.Outcome, a.now) {
			continue
		}
		a.touched(en.ID)
		a.done.Finished = append(a.done.Finished, en.ID)
		live, err := liveStepTouches(a.tx, en.ID)
		if err != nil {
			return err
		}
		if err := withdrawTouches(a.tx, live, models.CancelFinished, a.actor, a.now); err != nil {
			return err
		}
		// What had to be repaired before it could go on needs no repair now.
		if err := cancelTasks(a.tx, a.tx.Where("enrollment_id = ? AND kind = 'resolve'", en.ID), a.actor, a.now); err != nil {
			return err
		}
		ev := enrollmentEvent(models.EventFinished, *en, string(f.Outcome), a.actor, a.now)
		ev.Data = reasonData(f.Reason)
		a.events = append(a.events, ev)
	}
	return nil
}

func (a *effector) pause(e models.Effects) error {
	for _, p := range e.Pauses {
		en := a.enrollments[p.EnrollmentID]
		if en == nil || !en.Live() {
			continue
		}
		if p.By == "" {
			p.By = a.actor
		}
		if id, ok := a.repairs[en.ID]; ok && p.TaskID == nil && p.Reason == models.PauseNeedsAttention {
			p.TaskID = &id
		}
		ran := en.Active()
		if !en.Pause(p, a.now) {
			continue
		}
		if err := a.rest(en, ran); err != nil {
			return err
		}
		a.touched(en.ID)
		a.done.Paused = append(a.done.Paused, en.ID)
		a.events = append(a.events, enrollmentEvent(models.EventPaused, *en, string(p.Reason), a.actor, a.now))
	}
	return nil
}

// rest withdraws what a paused enrollment has planned and keeps its running
// delay. Booked calls stay: they are promises of their own.
func (a *effector) rest(en *models.Enrollment, ran bool) error {
	live, err := liveStepTouches(a.tx, en.ID)
	if err != nil {
		return err
	}
	if ran || len(live) > 0 {
		p := a.prospect
		if en.ProspectID != p.ID {
			if p, err = takeProspect(a.tx, en.ProspectID); err != nil {
				return err
			}
		}
		f, err := newFreezer(a.tx, p, a.now)
		if err != nil {
			return err
		}
		if err := f.freeze(a.tx, en, live); err != nil {
			return err
		}
	}
	return withdrawTouches(a.tx, live, models.CancelPaused, a.actor, a.now)
}

func (a *effector) lift(e models.Effects) error {
	for _, l := range e.Lifts {
		en := a.enrollments[l.EnrollmentID]
		if en == nil || !en.PausedFor(l.Reason) {
			continue
		}
		a.touched(en.ID)
		if en.Lift(a.now, l.Reason) {
			a.done.Resumed = append(a.done.Resumed, en.ID)
			a.events = append(a.events, enrollmentEvent(models.EventResumed, *en, string(l.Reason), a.actor, a.now))
		}
	}
	return nil
}

func (a *effector) endPursuit(e models.Effects) error {
	if e.EndPursuit == "" {
		return nil
	}
	return endPursuit(a.tx, a.prospect.ID, e.EndPursuit, a.actor, a.now)
}

func (a *effector) withdrawBookedCalls(e models.Effects) error {
	if !e.WithdrawBookedCalls {
		return nil
	}
	return withdrawCalls(a.tx, a.prospect.ID, a.actor, a.now)
}

// liveStepTouches are the enrollment's own, booked calls left out.
func liveStepTouches(tx *gorm.DB, enrollmentID int64) ([]models.Touch, error) {
	var ts []models.Touch
	err := tx.Where("enrollment_id = ? AND kind <> 'booked_call' AND state IN ('planned', 'sending', 'open', 'unconfirmed')", enrollmentID).
		Order("id").Find(&ts).Error
	return ts, err
}
