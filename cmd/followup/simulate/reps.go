package simulate

import (
	"fmt"
	"time"

	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
)

// task is one as a rep sees it in the list.
type task struct {
	id, user, enrollment, appointment, sender, touch int64
	opened                                           int64 // the trail's entry
	p                                                *person
	kind                                             models.TaskKind
	reason                                           models.Reason
}

// work plans what reps do about new tasks.
func (w *world) work() {
	tasks, err := w.judge.newTasks(w.lastOpened)
	if err != nil {
		w.fail(err)
		return
	}
	for _, t := range tasks {
		w.lastOpened = t.opened
		switch t.kind {
		case models.TaskCall:
			w.planCall(t)
		case models.TaskReview:
			// Not by the dice of everything else, so that what a seed finds stays.
			if t.id%5 < 2 { // impatient: nothing follows for all that
				w.later(time.Duration(1+t.id%180)*time.Minute, func() { w.resumeAll(t.p) })
			}
			w.later(time.Duration(1+t.id*37%(4*24*60))*time.Minute, func() { w.review(t) })
		case models.TaskReply:
			w.later(w.within(time.Minute, 2*24*time.Hour), func() { w.reply(t) })
		default:
			w.later(w.within(time.Minute, 3*24*time.Hour), func() { w.mend(t) })
		}
	}
}

var outcomes = []models.CallOutcome{
	models.OutcomeNoAnswer, models.OutcomeNoAnswer, models.OutcomeNoAnswer, models.OutcomeLeftVoicemail, models.OutcomeBusy, models.OutcomeConnected,
	models.OutcomeConnected, models.OutcomeCallBack, models.OutcomeBooked, models.OutcomeMeetingHeld, models.OutcomeNotInterested, models.OutcomeWrongNumber,
	models.OutcomeDoNotCall,
}

func (w *world) planCall(t task) {
	x := w.rng.Float64()
	switch {
	case x < 0.07: // never
		if t.appointment == 0 {
			w.later(w.within(24*time.Hour, 5*24*time.Hour), func() { w.dismiss(t) })
		}
	case x < 0.12: // the last moment of a booked call, or just past it
		w.at(w.now.Add(models.MissedAfter+time.Duration(w.rng.IntN(3)-1)*time.Second), func() { w.call(t) })
	case x < 0.25: // dials, and talks for long
		w.soon(w.within(0, 14*time.Minute), func() {
			if _, err := w.store.Dialed(w.ctx, t.id, models.UserActor(t.user), w.now); !w.refused(t.p, "dialing", err) {
				w.note("rep", t.p, "dials (task %d)", t.id)
				w.later(w.within(time.Minute, 90*time.Minute), func() { w.call(t) })
			}
		})
	default:
		w.soon(w.within(0, 12*time.Minute).Truncate(time.Minute), func() { w.call(t) })
	}
}

func (w *world) call(t task) {
	outcome := oneOf(w, outcomes)
	rep := crm.CallReport{TaskID: t.id, UserID: t.user, ProspectID: t.p.id, Outcome: outcome}
	var next time.Time
	if outcome == models.OutcomeCallBack || outcome == models.OutcomeBooked {
		next = w.aTimeToCall()
		rep.NextAt = &next
	}
	if _, err := w.crm.CloseCall(w.ctx, rep); w.refused(t.p, "closing call "+fmt.Sprint(t.id)+" as "+string(outcome), err) {
		if _, err := w.crm.CloseCall(w.ctx, crm.CallReport{TaskID: t.id, UserID: t.user, ProspectID: t.p.id, Outcome: models.OutcomeNoAnswer}); err == nil {
			w.called(t, models.OutcomeNoAnswer)
		}
		return
	}
	w.called(t, outcome)
	w.newCalls(t.p)
}

func (w *world) called(t task, outcome models.CallOutcome) {
	w.res.Calls++
	w.note("rep", t.p, "calls (task %d): %s", t.id, outcome)
	if c := w.model.calls[t.appointment]; c != nil {
		c.open = false
	}
	w.judge.called(t)
	w.model.spokeByPhone(w, t.p, t, outcome)
	if outcome == models.OutcomeDoNotCall {
		w.doNotCall(t)
	}
}

// review writes down how a conversation went; nothing follows before.
func (w *world) review(t task) {
	rep := crm.ReviewReport{UserID: t.user, ProspectID: t.p.id, Review: models.CallReview{
		TaskID: t.id, Objection: models.ObjectionNone, ObjectionWords: "they had no question left", NextWhat: models.NextNothing,
	}}
	view, err := w.store.ViewReview(w.ctx, t.id)
	if err != nil {
		w.fail(err)
		return
	}
	if _, err := w.crm.FinishReview(w.ctx, rep); !w.refused(t.p, "reviewing a call", err) {
		delete(w.model.reviews[t.p.id], view.Call.ID)
		w.note("rep", t.p, "reviews the call (task %d)", t.id)
	}
}

// doNotCall closes the number that was called for calls, texts and voicemails.
func (w *world) doNotCall(t task) {
	orders, err := w.judge.phoneOrders(t.p)
	w.fail(err)
	for _, o := range orders {
		if o.scope == models.SuppressPerson {
			w.model.orders[t.p.id] = append(w.model.orders[t.p.id], o)
		} else {
			w.model.wide = append(w.model.wide, o)
		}
	}
	if len(orders) == 0 {
		w.broke(t.p, "an opt-out is recorded", "they said \"do not call\" on the phone and no order was recorded")
	}
}

func (w *world) dismiss(t task) {
	if _, err := w.crm.CloseTask(w.ctx, t.user, t.id, models.TaskDismissed, ""); !w.refused(t.p, "dismissing", err) {
		w.note("rep", t.p, "sets call %d aside", t.id)
		if c := w.model.calls[t.appointment]; c != nil {
			c.open = false
		}
	}
}

// reply answers a customer and decides how their sequences go on.
func (w *world) reply(t task) {
	if w.chance(0.8) {
		_, choice, err := w.rep.Answer(w.ctx, replies.AnswerRequest{
			ProspectID: t.p.id, UserID: t.user, Body: fmt.Sprintf("Thank you. Here is the answer of task %d.", t.id), Subject: "Your question", FormToken: fmt.Sprintf("form-%d", t.id),
		})
		if !w.refused(t.p, "answering", err) {
			w.note("rep", t.p, "answers by %s", choice.Channel)
		}
	} else if _, err := w.crm.CloseTask(w.ctx, t.user, t.id, models.TaskDone, "no answer needed"); !w.refused(t.p, "closing a reply task", err) {
		w.note("rep", t.p, "closes the reply task %d", t.id)
	}
	switch x := w.rng.Float64(); {
	case x < 0.5:
		w.later(w.within(time.Minute, 3*24*time.Hour), func() { w.resumeAll(t.p) })
	case x < 0.6:
		w.finishOne(t.p, models.FinishWon)
	case x < 0.65:
		w.finishOne(t.p, models.FinishLost)
	case x < 0.75:
		w.book(t.p)
	default:
		w.later(w.within(3*24*time.Hour, 20*24*time.Hour), func() { w.resumeAll(t.p) })
	}
}

// mend works through a task that asks for repair.
func (w *world) mend(t task) {
	if t.reason == models.AttentionZone && t.p != nil && t.p.unknown {
		w.learnZone(t.p)
	}
	to := models.TaskDone
	if w.chance(0.15) && t.reason != models.AttentionSender {
		to = models.TaskDismissed
	}
	if _, err := w.crm.CloseTask(w.ctx, t.user, t.id, to, ""); !w.refused(t.p, "mending", err) {
		w.note("rep", t.p, "closes task %d (%s) as %s", t.id, t.reason, to)
	}
}

func (w *world) learnZone(p *person) {
	known, err := w.store.Person(w.ctx, p.id)
	if err != nil {
		w.fail(err)
		return
	}
	in := crm.ProspectInput{FirstName: known.Prospect.FirstName, LastName: known.Prospect.LastName, Zone: p.zoneName, Locale: "en-US", OwnerID: p.rep,
		Custom: known.Prospect.Custom, Company: fmt.Sprintf("Company of %s", p.name)}
	if _, err := w.crm.UpdateProspect(w.ctx, models.UserActor(p.rep), p.id, known.Prospect.Revision, in); w.refused(p, "setting the zone", err) {
		return
	}
	p.unknown = false
	if q, err := w.store.Person(w.ctx, p.id); err == nil && q.Prospect.CompanyID != nil {
		w.moveCompany(p, *q.Prospect.CompanyID)
	}
	for _, e := range w.model.of[p.id] {
		e.rezoned = true
	}
	w.note("rep", p, "learns that they live in %s", p.zoneName)
}

func (w *world) moveCompany(p *person, to int64) {
	from := w.companies[p.company]
	for i, q := range from {
		if q == p {
			w.companies[p.company] = append(from[:i:i], from[i+1:]...)
		}
	}
	p.company = to
	w.companies[to] = append(w.companies[to], p)
}

// refused notes what the product refuses: that is no fault, unless the
// refusal is none.
func (w *world) refused(p *person, what string, err error) bool {
	if err == nil {
		return false
	}
	if code := models.CodeOf(err); code == "" {
		w.fail(fmt.Errorf("%s at %s: %w", what, w.now.Format(time.RFC3339), err))
	}
	w.note("product", p, "refuses %s: %v", what, err)
	return true
}

// enroll puts somebody into a sequence.
func (w *world) enroll(p *person) {
	c := oneOf(w, w.sequences)
	req := scheduler.EnrollRequest{ProspectID: p.id, SequenceID: c.id, RepID: p.rep, By: models.UserActor(p.rep)}
	var promised models.Date
	switch c.def.Anchor {
	case models.AnchorAppointment:
		at := w.aTimeToCall()
		req.CallAt = &at
	case models.AnchorCommitment:
		k, err := w.crm.RecordCommitment(w.ctx, models.UserActor(p.rep), models.Commitment{ProspectID: p.id, RepID: p.rep,
			Outcome: "send the readings", DueOn: models.DateOf(w.now, p.zone).AddDays(1 + w.rng.IntN(14))})
		if w.refused(p, "recording a promise", err) {
			return
		}
		req.CommitmentID, promised = &k.ID, k.DueOn
		w.later(w.within(24*time.Hour, 20*24*time.Hour), func() { w.keep(p, k.ID) })
	}
	up := w.anyProcess()
	if up == nil {
		w.later(w.within(time.Minute, time.Hour), func() { w.enroll(p) })
		return
	}
	e, err := up.sched.Enroll(w.ctx, req)
	if w.refused(p, "enrolling in "+c.def.Key, err) {
		return
	}
	w.model.count++
	w.res.Enrolled++
	en := &enrolled{id: e.ID, p: p, course: c, promised: promised}
	w.model.enrolled[e.ID] = en
	w.model.of[p.id] = append(w.model.of[p.id], en)
	w.note("rep", p, "enrolls them in %s (enrollment %d)", c.def.Key, e.ID)
	w.newCalls(p)
}

// anyProcess is one that is up: pages are served by any.
func (w *world) anyProcess() *process {
	for _, p := range w.processes {
		if !p.dead && !p.frozen && !w.now.Before(w.outage) {
			return p
		}
	}
	return nil
}

func (w *world) keep(p *person, commitment int64) {
	state := oneOf(w, []models.CommitmentState{models.CommitmentKept, models.CommitmentBroken})
	if err := w.crm.CloseCommitment(w.ctx, models.UserActor(p.rep), commitment, state, "because"); w.refused(p, "closing a promise", err) {
		return
	}
	if state == models.CommitmentKept {
		w.model.interest(p)
	}
	w.note("rep", p, "notes their promise as %s", state)
}

// aTimeToCall is an exact minute, sometimes soon and at odd hours.
func (w *world) aTimeToCall() time.Time {
	d := w.within(2*time.Minute, 6*24*time.Hour)
	if w.chance(0.1) {
		d = w.within(time.Minute, 20*time.Minute)
	}
	if w.beat > time.Minute && w.chance(0.7) { // people like the quarters of an hour
		return w.now.Add(d).Truncate(15 * time.Minute).Add(15 * time.Minute)
	}
	return w.now.Add(d).Truncate(time.Minute).Add(time.Minute)
}
