package simulate

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"followup/models"
)

// judge checks the promises. It reads the database by itself, with SQL of its
// own, and believes only the far side and the people.
type judge struct {
	w          *world
	statements map[string]*sql.Stmt
	lastEvent  int64
	lastMail   time.Time
	unreadOf   map[int64]time.Time
	handed     map[int64]*handed  // claimed touches
	steps      map[string]int64   // enrollment, step and occurrence → the touch that arrived
	last       map[int64]delivery // the last that reached each person
	came       map[int64][]visit
	sentOn     map[senderDay]int
	overdue    map[int64]bool
	ripe       []*promise
	trail      trail
	checks     int
}

// handed is a message that the engine means to hand over.
type handed struct {
	touch, enrollment, appointment, sender int64
	p                                      *person
	step, occurrence, to                   string
	channel                                models.ChannelKind
	purpose                                models.Purpose
	byHand                                 bool
	attempt                                int
	sendBy, claimed                        time.Time
	looked                                 bool // the last look let it pass
}

func newJudge(w *world) judge {
	return judge{
		w: w, statements: map[string]*sql.Stmt{}, unreadOf: map[int64]time.Time{}, handed: map[int64]*handed{}, steps: map[string]int64{},
		last: map[int64]delivery{}, came: map[int64][]visit{}, sentOn: map[senderDay]int{}, overdue: map[int64]bool{}, trail: newTrail(),
	}
}

// rows runs a prepared query and scans each row.
func (j *judge) rows(query string, scan func(*sql.Rows) error, args ...any) error {
	st := j.statements[query]
	if st == nil {
		var err error
		if st, err = j.w.db.PrepareContext(j.w.ctx, query); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		j.statements[query] = st
	}
	rows, err := st.QueryContext(j.w.ctx, args...)
	if err != nil {
		return fmt.Errorf("%s: %w", query, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
	}
	return rows.Err()
}

// nextTouch is when the person's next touch is due.
func (j *judge) nextTouch(p *person) (at time.Time, ok bool) {
	err := j.rows(`SELECT due_at FROM touches WHERE prospect_id = ? AND state = 'planned' ORDER BY due_at LIMIT 1`, func(rows *sql.Rows) error {
		ok = true
		return rows.Scan(&at)
	}, p.id)
	j.w.fail(err)
	return at, ok
}

func (j *judge) newTasks(after int64) (list []task, err error) {
	// By their opening: a booked call's task is there since its booking.
	err = j.rows(`SELECT k.id, k.kind, k.reason, k.user_id, COALESCE(k.prospect_id, 0), COALESCE(k.enrollment_id, 0), COALESCE(k.appointment_id, 0), COALESCE(k.sender_id, 0),
		COALESCE(k.touch_id, 0), e.id FROM events e JOIN tasks k ON k.id = e.task_id WHERE e.id > ? AND e.kind = 'task.opened' AND k.state = 'open' ORDER BY e.id`, func(rows *sql.Rows) error {
		var t task
		var p int64
		err := rows.Scan(&t.id, &t.kind, &t.reason, &t.user, &p, &t.enrollment, &t.appointment, &t.sender, &t.touch, &t.opened)
		t.p = j.w.byID[p]
		list = append(list, t)
		return err
	}, after)
	for _, t := range list {
		j.opened(t)
	}
	return list, err
}

// opened looks at a call's task as it appears.
func (j *judge) opened(t task) {
	w := j.w
	if t.kind != models.TaskCall || t.p == nil {
		return
	}
	if c := w.model.calls[t.appointment]; c != nil {
		var kind string
		w.fail(j.rows(`SELECT kind FROM touches WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&kind) }, t.touch))
		if kind == string(models.TouchBookedCall) && w.now.Before(c.at) {
			w.broke(t.p, "a booked call opens in its minute", "the task of the call at %s opened before it", c.at.Format(time.RFC3339))
		}
		return
	}
	var purpose models.Purpose
	w.fail(j.rows(`SELECT purpose FROM touches WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&purpose) }, t.touch))
	// The rounds of claiming of one instant are told together: a call that was
	// opened before the goodbye was taken is learned of after it.
	if pu := w.model.pursuit(t.p); pu.goodbye && pu.parted.Equal(w.now) {
		return
	}
	j.within(t.p, purpose, "call task")
}

// within judges the follow-up limit at the moment something begins.
func (j *judge) within(p *person, purpose models.Purpose, what string) {
	pu := j.w.model.pursuit(p)
	day := models.DateOf(j.w.now, j.zoneOf(p))
	const limit = 7
	switch {
	case purpose == models.PurposeGoodbye && pu.goodbye:
		j.w.broke(p, "one goodbye", "a second goodbye in one pursuit (%s)", what)
	case purpose != models.PurposeFollowUp:
	case pu.goodbye:
		j.w.broke(p, "nothing follows the goodbye", "a follow-up after the goodbye (%s)", what)
	case len(pu.days) >= limit && !pu.days[day]:
		j.w.broke(p, "the follow-up limit", "a follow-up on the %dth day since they last answered (%s)", len(pu.days)+1, what)
	}
}

func (j *judge) zoneOf(p *person) *time.Location {
	if p.unknown {
		return time.UTC
	}
	return p.zone
}

// called counts a call that was made.
func (j *judge) called(t task) {
	w := j.w
	w.fail(j.rows(`SELECT purpose FROM touches WHERE id = ?`, func(rows *sql.Rows) error {
		var purpose models.Purpose
		err := rows.Scan(&purpose)
		j.count(t.p, purpose)
		return err
	}, t.touch))
}

func (j *judge) count(p *person, purpose models.Purpose) {
	pu := j.w.model.pursuit(p)
	switch purpose {
	case models.PurposeFollowUp:
		pu.days[models.DateOf(j.w.now, j.zoneOf(p))] = true
	case models.PurposeGoodbye:
		pu.goodbye, pu.parted = true, j.w.now
	}
}

// phoneOrders are the orders that "do not call" left behind.
func (j *judge) phoneOrders(p *person) (orders []*order, err error) {
	err = j.rows(`SELECT id, scope, value, channel FROM suppressions WHERE source = 'phone' AND lifted_at IS NULL AND created_at = ? AND
		(prospect_id = ? OR value IN (SELECT value FROM contact_points WHERE prospect_id = ?)) ORDER BY id`, func(rows *sql.Rows) error {
		o := &order{p: p, source: "phone"}
		err := rows.Scan(&o.id, &o.scope, &o.value, &o.channel)
		orders = append(orders, o)
		return err
	}, j.w.now.UTC(), p.id, p.id)
	return orders, err
}

// ordered: an order by hand ends the enrollments of whom nothing can reach
// any more, and their booked calls.
func (j *judge) ordered(p *person, o *order) {
	for _, q := range j.w.people {
		if o.scope == models.SuppressPerson && q != p || o.scope == models.SuppressCompany && q.company != o.company || o.channel != "" {
			continue
		}
		covered := o.scope == models.SuppressPerson || o.scope == models.SuppressCompany
		if o.scope == models.SuppressAddress {
			covered = slices.Contains(q.emails, o.value) || slices.Contains(q.phones, o.value)
		}
		if !covered {
			continue
		}
		for _, c := range j.w.model.calls {
			if c.p == q && !j.stillBooked(c) {
				c.open = false
			}
		}
	}
}

func (j *judge) stillBooked(c *promise) bool {
	booked := false
	j.w.fail(j.rows(`SELECT state = 'booked' FROM appointments WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&booked) }, c.id))
	return booked
}

// newCalls takes note of the calls that were booked.
func (w *world) newCalls(p *person) {
	j := &w.judge
	w.fail(j.rows(`SELECT id, starts_at, COALESCE(enrollment_id, 0) FROM appointments WHERE prospect_id = ? AND id > ? ORDER BY id`, func(rows *sql.Rows) error {
		c := &promise{p: p, open: true}
		var e int64
		if err := rows.Scan(&c.id, &c.at, &e); err != nil || w.model.calls[c.id] != nil {
			return err
		}
		c.enrolled = w.model.enrolled[e]
		w.model.calls[c.id] = c
		w.watch(c)
		return nil
	}, p.id, 0))
}

// watch looks at a booked call in its minute.
func (w *world) watch(c *promise) {
	at := c.at
	if w.chance(0.08 * min(1, 100/float64(w.opt.Prospects))) { // the worst moment for a restart that takes its time
		before, after := w.within(0, 15*time.Minute), w.within(0, 18*time.Minute)
		if w.chance(0.5) {
			before = w.within(0, 5*time.Hour)
		}
		w.at(at.Add(-before), func() {
			if c.open && c.at.Equal(at) && !w.now.After(at) {
				w.allDown(at.Add(after).Sub(w.now))
			}
		})
	}
	w.at(at, func() {
		if c.open && c.at.Equal(at) {
			w.judge.ripe = append(w.judge.ripe, c)
		}
	})
}

// liveInDatabase tells whether an enrollment has not finished, as a page shows it.
func (w *world) liveInDatabase(e *enrolled) bool {
	live := false
	w.fail(w.judge.rows(`SELECT state <> 'finished' FROM enrollments WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&live) }, e.id))
	return live
}

// definitionOf is what the enrollment's version says.
func (w *world) definitionOf(e *enrolled) models.Definition {
	var v int64
	w.fail(w.judge.rows(`SELECT version_id FROM enrollments WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&v) }, e.id))
	return w.versions[v]
}

func (w *world) anchoredOn(e *enrolled, appointment int64) bool {
	var a int64
	w.fail(w.judge.rows(`SELECT COALESCE(appointment_id, 0) FROM enrollments WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&a) }, e.id))
	return a == appointment
}

func (j *judge) unread(p *person) {
	if _, ok := j.unreadOf[p.id]; !ok {
		j.unreadOf[p.id] = j.w.now
	}
}
func (j *judge) read(p *person) { delete(j.unreadOf, p.id) }
func (j *judge) waiting() bool  { return len(j.unreadOf) > 0 }

// key names a step of an enrollment that may arrive once.
func (h *handed) key(d models.Definition) string {
	parts := []string{fmt.Sprint(h.enrollment), h.step}
	if d.Recurring() || d.Anchor == models.AnchorAppointment {
		parts = append(parts, h.occurrence)
	}
	return strings.Join(parts, "|")
}
