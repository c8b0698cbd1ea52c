package simulate

import (
	"database/sql"
	"fmt"
	"slices"
	"time"

	"followup/crm"
	"followup/models"
	"followup/templates"
)

// live is what happens to somebody again and again, unprovoked.
func (w *world) live(p *person) {
	w.later(w.unprovoked(2*24*time.Hour, 25*24*time.Hour), func() { w.live(p) })
	switch w.rng.IntN(12) {
	case 0, 1, 2, 3:
		w.enroll(p)
	case 4:
		w.book(p)
	case 5:
		w.moveCall(p)
	case 6:
		w.cancelCall(p)
	case 7:
		w.pauseOne(p)
	case 8:
		w.resumeAll(p)
	case 9:
		if w.chance(0.3) {
			w.finishOne(p, oneOf(w, crm.OutcomesByHand()))
		}
	case 10:
		if !p.left && w.chance(0.5) {
			w.answer(p, w.letter(p))
		}
	case 11:
		if w.chance(0.1) {
			w.orderByHand(p)
		} else if behind := w.unended(p); len(behind) > 0 && w.chance(0.1) {
			w.moveVersions(oneOf(w, behind).course)
		}
	}
}

// unprovoked is how long it takes until something happens to somebody of itself.
func (w *world) unprovoked(min, max time.Duration) time.Duration {
	return time.Duration(w.calm * float64(w.within(min, max)))
}

func (w *world) book(p *person) {
	req := crm.BookRequest{ProspectID: p.id, RepID: p.rep, StartsAt: w.aTimeToCall(), Quiet: w.chance(0.3)}
	if a, err := w.crm.Book(w.ctx, models.UserActor(p.rep), req); !w.refused(p, "booking a call", err) {
		w.note("rep", p, "books a call for %s (appointment %d)", a.StartsAt.Format(time.RFC3339), a.ID)
		w.newCalls(p)
	}
}

// openCall is one of the person's booked calls that are to come.
func (w *world) openCall(p *person) *promise {
	var ids []int64
	for id, c := range w.model.calls {
		if c.p == p && c.open {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	slices.Sort(ids)
	return w.model.calls[oneOf(w, ids)]
}

func (w *world) moveCall(p *person) {
	c := w.openCall(p)
	if c == nil {
		return
	}
	at := w.aTimeToCall()
	if _, err := w.crm.MoveAppointment(w.ctx, models.UserActor(p.rep), c.id, p.id, at); !w.refused(p, "moving a call", err) {
		w.note("rep", p, "moves appointment %d from %s to %s", c.id, c.at.Format(time.RFC3339), at.Format(time.RFC3339))
		c.at = at
		w.watch(c)
	}
}

func (w *world) cancelCall(p *person) {
	c := w.openCall(p)
	if c == nil {
		return
	}
	if err := w.crm.CancelAppointment(w.ctx, models.UserActor(p.rep), c.id, p.id); !w.refused(p, "canceling a call", err) {
		w.note("rep", p, "cancels appointment %d", c.id)
		c.open, c.canceled = false, true
	}
}

// unended are the person's enrollments that nobody ended, in their order.
func (w *world) unended(p *person) []*enrolled {
	var list []*enrolled
	for _, e := range w.model.of[p.id] {
		if e.ended == "" && w.liveInDatabase(e) {
			list = append(list, e)
		}
	}
	return list
}

func (w *world) pauseOne(p *person) {
	list := w.unended(p)
	if len(list) == 0 {
		return
	}
	e := oneOf(w, list)
	var until *time.Time
	if w.chance(0.6) {
		t := w.now.Add(w.within(time.Minute, 10*24*time.Hour))
		until = &t
	}
	if err := w.crm.PauseEnrollment(w.ctx, models.UserActor(p.rep), e.id, until); w.refused(p, "pausing", err) {
		return
	}
	e.manual, e.until = true, time.Time{}
	if until != nil {
		e.until = *until
		w.note("rep", p, "pauses enrollment %d until %s", e.id, until.Format(time.RFC3339))
	} else {
		w.note("rep", p, "pauses enrollment %d", e.id)
		w.later(w.within(24*time.Hour, 15*24*time.Hour), func() { w.resume(p, e) })
	}
}

func (w *world) resumeAll(p *person) {
	for _, e := range w.unended(p) {
		w.resume(p, e)
	}
}

func (w *world) resume(p *person, e *enrolled) {
	if !w.liveInDatabase(e) {
		return
	}
	if err := w.crm.ResumeEnrollment(w.ctx, models.UserActor(p.rep), e.id); w.refused(p, "resuming", err) {
		return
	}
	e.spoke, e.manual, e.away = "", false, time.Time{}
	w.note("rep", p, "resumes enrollment %d", e.id)
}

func (w *world) finishOne(p *person, outcome models.EnrollmentOutcome) {
	list := w.unended(p)
	if len(list) == 0 {
		return
	}
	e := oneOf(w, list)
	if err := w.crm.FinishEnrollment(w.ctx, models.UserActor(p.rep), e.id, outcome); w.refused(p, "finishing", err) {
		return
	}
	e.ended = "finished by hand: " + string(outcome)
	if outcome == models.FinishWon || outcome == models.FinishLost {
		w.model.withdraw(p)
	}
	w.note("rep", p, "finishes enrollment %d as %s", e.id, outcome)
}

// order gives an order not to contact, as pages do.
func (w *world) order(p *person, s models.Suppression) {
	s.CreatedAt = w.now
	saved, err := w.crm.Suppress(w.ctx, s.By, s)
	if w.refused(p, "an order not to contact", err) {
		return
	}
	o := &order{id: saved.ID, p: p, scope: s.Scope, value: s.Value, channel: s.Channel, source: s.Source, company: deref(s.CompanyID)}
	if s.Scope == models.SuppressPerson {
		w.model.orders[p.id] = append(w.model.orders[p.id], o)
	} else {
		w.model.wide = append(w.model.wide, o)
	}
	w.judge.ordered(p, o)
}

func (w *world) orderByHand(p *person) {
	s := models.Suppression{Reason: models.FailOptedOut, Source: "hand", By: models.UserActor(p.rep)}
	switch w.rng.IntN(4) {
	case 0:
		s.Scope, s.ProspectID = models.SuppressPerson, &p.id
	case 1:
		s.Scope, s.Value, s.ProspectID = models.SuppressAddress, p.emails[0], &p.id
	case 2:
		s.Scope, s.Value = models.SuppressDomain, "home.example.com"
	default:
		s.Scope, s.CompanyID = models.SuppressCompany, &p.company
		if p.company == 0 {
			return
		}
	}
	w.note("rep", p, "orders: no more to this %s %s", s.Scope, s.Value)
	w.order(p, s)
	if len(w.model.wide) > 0 && s.Scope != models.SuppressPerson {
		last := w.model.wide[len(w.model.wide)-1]
		w.later(w.within(24*time.Hour, 10*24*time.Hour), func() { w.lift(p, last) })
	}
}

func (w *world) lift(p *person, o *order) {
	if err := w.store.LiftSuppression(w.ctx, o.id, models.UserActor(p.rep), w.now); w.refused(p, "lifting an order", err) {
		return
	}
	// An equal order that stood already was given back as it is: lifting lifts both.
	w.model.wide = slices.DeleteFunc(w.model.wide, func(q *order) bool { return q.id == o.id })
	w.note("rep", p, "lifts the order on this %s %s", o.scope, o.value)
}

// manage is what managers do again and again.
func (w *world) manage() {
	w.later(w.within(24*time.Hour, 7*24*time.Hour), w.manage)
	switch w.rng.IntN(4) {
	case 0:
		w.pauseAll(w.within(time.Minute, 90*time.Minute))
	default:
		c := oneOf(w, w.sequences)
		before := c.def
		c.def = w.edit(c)
		if err := w.publish(c); err != nil {
			c.def = before
			w.note("manager", nil, "cannot publish %s: %v", c.def.Key, err)
			return
		}
		w.note("manager", nil, "publishes version %d of %s", c.number, c.def.Key)
		if w.chance(0.5) { // and takes those along who are in it
			w.moveVersions(c)
		}
	}
}

// pauseAll stops everything automatic for a while.
func (w *world) pauseAll(d time.Duration) {
	if w.model.paused || !w.setPaused(true) {
		return
	}
	w.note("manager", nil, "pauses everything for %s", d)
	w.at(w.now.Add(d), func() {
		if w.setPaused(false) {
			w.note("manager", nil, "lets everything go on")
		}
	})
}

func (w *world) setPaused(paused bool) bool {
	set, err := w.store.Settings(w.ctx)
	if err != nil {
		w.fail(err)
		return false
	}
	set.Paused, set.PausedWhy = paused, "simulated"
	if err := w.store.SaveSettings(w.ctx, set, models.UserActor(w.manager.ID), w.now); err != nil {
		w.fail(err)
		return false
	}
	w.model.paused = paused
	return true
}

// breakDown: everything is down for a while, or a mailbox cannot be read.
func (w *world) breakDown() {
	w.later(w.within(24*time.Hour, 15*24*time.Hour), w.breakDown)
	d := w.within(time.Minute, 10*time.Hour)
	if w.chance(0.2) {
		d = w.within(24*time.Hour, 5*24*time.Hour)
	}
	if w.chance(0.5) {
		d = w.within(time.Minute, 90*time.Minute)
		w.mailDown = w.now.Add(d)
		w.note("world", nil, "a mailbox cannot be read for %s", d)
		w.at(w.mailDown, func() { w.note("world", nil, "the mailbox can be read again") })
		return
	}
	w.allDown(d)
}

// allDown kills every process, and nobody serves a page: customers go on
// writing to providers.
func (w *world) allDown(d time.Duration) {
	if w.nested > 0 || w.now.Before(w.outage) {
		return
	}
	for len(w.processes) > 0 {
		p := w.processes[0]
		p.dead = true
		w.processes = w.processes[1:]
	}
	w.outage = w.now.Add(d)
	if w.outage.After(w.mailDown) {
		w.mailDown = w.outage
	}
	w.res.Outages++
	w.note("world", nil, "everything is down for %s", d)
	for range w.opt.Replicas {
		w.at(w.outage, w.start)
	}
}

// moveVersions takes those along who are in a sequence, as a manager does who
// publishes it again and has the people inside move: what says the same is no
// new version, and the move is carried out in its batches.
func (w *world) moveVersions(c *course) {
	source, err := templates.FormatSequence(c.def)
	if err != nil {
		w.fail(err)
		return
	}
	seq, err := w.store.SequenceByKey(w.ctx, c.def.Key)
	if err != nil {
		w.fail(err)
		return
	}
	req := crm.PublishRequest{Key: c.def.Key, Source: string(source), Override: "simulated", Revision: seq.Revision, Move: true}
	v, move, err := w.crm.PublishVersion(w.ctx, w.manager.ID, req)
	if err != nil {
		w.fail(fmt.Errorf("moving those in %s: %w", c.def.Key, err))
		return
	}
	if v.ID != c.version {
		w.fail(fmt.Errorf("publishing %s again made version %d of what said the same", c.def.Key, v.Number))
		return
	}
	if move == nil {
		return
	}
	if err := w.crm.ContinueMoves(w.ctx, w.now); err != nil {
		w.fail(err)
		return
	}
	told := map[int64]bool{}
	w.fail(w.judge.rows(`SELECT id FROM enrollments WHERE pending_version_id = ?`, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		told[id] = true
		return err
	}, v.ID))
	for _, p := range w.people {
		for _, e := range w.unended(p) {
			e.moved = e.moved || told[e.id]
		}
	}
	w.note("manager", nil, "moves %d of %s to version %d", move.Total, c.def.Key, c.number)
}
