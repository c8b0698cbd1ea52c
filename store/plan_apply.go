package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// planner applies what planning answered.
type planner struct {
	store *Store
	now   time.Time
}

// planning is one enrollment with its answer.
type planning struct {
	in     models.PlanInput
	result models.PlanResult
	mute   bool // nothing was answered
}

// apply records the plans together; where one cannot be recorded, each by
// itself, and that one rests with a task.
func (p *planner) apply(ctx context.Context, tx *gorm.DB, inputs []models.PlanInput, results []models.PlanResult) error {
	byEnrollment := make(map[int64]models.PlanResult, len(results))
	for _, r := range results {
		byEnrollment[r.EnrollmentID] = r
	}
	all := make([]planning, len(inputs))
	for i, in := range inputs {
		r, ok := byEnrollment[in.Enrollment.ID]
		all[i] = planning{in: in, result: r, mute: !ok}
	}
	err := inSavepoint(tx, func(tx *gorm.DB) error { return p.record(tx, all) })
	if err == nil || !rowFault(err) || ctx.Err() != nil {
		return err
	}
	p.store.log.Warn("a batch of plans could not be recorded together", "enrollments", len(all), "error", err)
	for _, one := range all {
		err := inSavepoint(tx, func(tx *gorm.DB) error { return p.record(tx, []planning{one}) })
		if err == nil {
			continue
		}
		if !rowFault(err) || ctx.Err() != nil {
			return err
		}
		p.store.log.Error("a plan could not be recorded", "enrollment", one.in.Enrollment.ID, "error", err)
		one.result = models.PlanResult{EnrollmentID: one.in.Enrollment.ID, Attention: &models.Attention{
			Reason: models.AttentionPlan, Title: "The next step could not be planned",
			Detail: fmt.Sprintf("The plan of enrollment %d in %q could not be recorded. Look at the sequence's steps; closing this task plans again.",
				one.in.Enrollment.ID, one.in.Sequence.Name),
		}}
		if err := p.record(tx, []planning{one}); err != nil {
			return err
		}
	}
	return nil
}

// planning's bulk: what all the answers of a batch ask for.
type planBulk struct {
	withdraw []models.Touch // planned ones that the plan replaces
	insert   []models.Touch
	rested   []int64 // planned; nothing to plan until something happens
	later    []int64
	adopt    map[int64][]int64 // version → enrollments
	finish   []planning
	ask      []planning
}

func (p *planner) record(tx *gorm.DB, all []planning) error {
	b := &planBulk{adopt: map[int64][]int64{}}
	for _, one := range all {
		p.sort(b, one)
	}
	if err := withdrawTouches(tx, b.withdraw, models.CancelReplanned, models.ActorScheduler, p.now); err != nil {
		return err
	}
	if err := p.markPlanned(tx, b); err != nil { // the move stands in the trail before what it planned
		return err
	}
	if err := p.insert(tx, b.insert); err != nil {
		return err
	}
	for _, one := range b.finish {
		e := models.Effects{Finishes: []models.FinishOrder{{
			EnrollmentID: one.in.Enrollment.ID, Outcome: one.result.Finish, Reason: one.result.FinishReason,
		}}}
		if err := applyEffects(tx, one.in.Prospect, e, models.ActorScheduler, p.now); err != nil {
			return err
		}
	}
	for _, one := range b.ask {
		if err := p.ask(tx, one); err != nil {
			return err
		}
	}
	return nil
}

// sort puts one answer into the batch's statements.
func (p *planner) sort(b *planBulk, one planning) {
	id := one.in.Enrollment.ID
	if one.mute {
		b.later = append(b.later, id)
		return
	}
	live, has := liveStep(one.in.Touches)
	if has && live.State != models.TouchPlanned {
		// What is being sent, is open or is unconfirmed is not replaced; its
		// end asks for the next plan.
		b.rested = append(b.rested, id)
		return
	}
	r := one.result
	if r.AdoptVersion != nil {
		b.adopt[*r.AdoptVersion] = append(b.adopt[*r.AdoptVersion], id)
	}
	b.rested = append(b.rested, id)
	var next models.Touch
	if r.Next != nil {
		next = p.planned(one.in, *r.Next)
	}
	stays := has && r.Next != nil && samePlan(live, next)
	speaks := r.Next != nil || r.Finish != "" || r.WaitsFor != "" || r.Attention != nil || len(r.Skipped) > 0
	if has && speaks && !stays && r.Finish == "" && r.Attention == nil {
		b.withdraw = append(b.withdraw, live)
	}
	for _, t := range r.Skipped {
		b.insert = append(b.insert, p.skipped(one.in, t))
	}
	switch {
	case r.Finish != "":
		b.finish = append(b.finish, one)
	case r.Attention != nil:
		b.ask = append(b.ask, one)
	case r.Next != nil && !stays:
		b.insert = append(b.insert, next)
	}
}

// liveStep finds the enrollment's one live touch; booked calls stand beside it.
func liveStep(ts []models.Touch) (models.Touch, bool) {
	for _, t := range ts {
		if t.State.Live() && t.Kind != models.TouchBookedCall {
			return t, true
		}
	}
	return models.Touch{}, false
}

// samePlan tells whether the planned touch says what the plan wants already.
// A hold that moved its due time belongs to the promise and is kept with it.
func samePlan(live, next models.Touch) bool {
	return live.StepKey == next.StepKey && live.Occurrence == next.Occurrence && live.Kind == next.Kind &&
		live.Channel == next.Channel && live.Variant == next.Variant && live.Purpose == next.Purpose && live.Urgent == next.Urgent &&
		sameInstant(live.PromisedAt, next.PromisedAt) && (live.HoldReason != "" || sameInstant(live.DueAt, next.DueAt)) &&
		samePtr(live.ContactPointID, next.ContactPointID) && samePtr(live.SenderID, next.SenderID) &&
		live.RepID == next.RepID && sameEnd(live.NotAfter, next.NotAfter)
}

// sameInstant to the microsecond, which is what PostgreSQL keeps.
func sameInstant(a, b time.Time) bool {
	return a.Truncate(time.Microsecond).Equal(b.Truncate(time.Microsecond))
}

func sameEnd(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return sameInstant(*a, *b)
}

func samePtr(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

func (p *planner) planned(in models.PlanInput, t models.Touch) models.Touch {
	t = p.complete(in, t)
	t.State, t.EndReason, t.EndedAt = models.TouchPlanned, "", nil
	return t
}

func (p *planner) skipped(in models.PlanInput, t models.Touch) models.Touch {
	t = p.complete(in, t)
	t.State, t.HoldReason = models.TouchSkipped, ""
	if t.EndedAt == nil {
		t.EndedAt = &p.now
	}
	return t
}

// complete fills in what the plan need not say.
func (p *planner) complete(in models.PlanInput, t models.Touch) models.Touch {
	e := in.Enrollment
	t.ID, t.ProspectID, t.EnrollmentID = 0, e.ProspectID, &e.ID
	if t.RepID == 0 {
		t.RepID = e.RepID
	}
	if t.Kind == "" {
		t.Kind = models.TouchMessage
	}
	if t.Occurrence == "" {
		t.Occurrence = "0"
	}
	if t.DueAt.IsZero() {
		t.DueAt = p.now
	}
	if t.PromisedAt.IsZero() {
		t.PromisedAt = t.DueAt
	}
	t.PlannedAt, t.UpdatedAt = p.now, p.now
	return t
}

func (p *planner) insert(tx *gorm.DB, touches []models.Touch) error {
	if len(touches) == 0 {
		return nil
	}
	if err := insertRows(tx, touches); err != nil {
		return err
	}
	events := make([]models.Event, len(touches))
	for i, t := range touches {
		kind, code := models.EventTouchPlanned, t.StepKey
		if t.State == models.TouchSkipped {
			kind, code = models.EventTouchEnded, string(t.State)
		}
		events[i] = touchEvent(kind, t, code, models.ActorScheduler, p.now)
	}
	return addEvents(tx, events...)
}

func (p *planner) markPlanned(tx *gorm.DB, b *planBulk) error {
	mark := func(ids []int64, at any) error {
		if len(ids) == 0 {
			return nil
		}
		waiting := tx.Model(&models.Enrollment{}).Where(anyOf(tx, "id", ids))
		if at == nil {
			waiting = waiting.Where("replan_at IS NOT NULL") // what was planned on at once never waited
		}
		return waiting.UpdateColumns(map[string]any{"replan_at": at, "updated_at": p.now}).Error
	}
	if err := mark(b.rested, nil); err != nil {
		return err
	}
	if err := mark(b.later, p.now.Add(replanLater)); err != nil {
		return err
	}
	for version, ids := range b.adopt {
		from, err := byID[models.Enrollment](tx.Select("id", "version_id"), ids, func(e models.Enrollment) int64 { return e.ID })
		if err != nil {
			return err
		}
		err = tx.Model(&models.Enrollment{}).Where(anyOf(tx, "id", ids)).
			UpdateColumns(map[string]any{"version_id": version, "pending_version_id": nil}).Error
		if err != nil {
			return err
		}
		var events []models.Event
		for _, id := range ids {
			events = append(events, models.Event{At: p.now, Actor: models.ActorScheduler, Kind: models.EventVersionMoved,
				EnrollmentID: &id, Data: map[string]string{"version": fmt.Sprint(version), "from": fmt.Sprint(from[id].VersionID)}})
		}
		if err := addEvents(tx, events...); err != nil {
			return err
		}
	}
	return nil
}

// ask rests the enrollment with a task for its rep.
func (p *planner) ask(tx *gorm.DB, one planning) error {
	e, a := one.in.Enrollment, one.result.Attention
	return applyEffects(tx, one.in.Prospect, models.Effects{
		Tasks: []models.Task{{
			Kind: models.TaskResolve, UserID: e.RepID, EnrollmentID: &e.ID, DueAt: p.now,
			Reason: a.Reason, Title: a.Title, Detail: a.Detail,
		}},
		Pauses: []models.Pause{{EnrollmentID: e.ID, Reason: models.PauseNeedsAttention}},
	}, models.ActorScheduler, p.now)
}
