package simulate

import (
	"database/sql"
	"strings"
	"time"

	"followup/models"
)

// state of one person's enrollments, as the database has it.
type standing struct {
	id, version, appointment int64
	state, outcome           string
	replan                   bool
	live, planned            int
	pauses                   int
}

// check looks at one person.
func (j *judge) check(p *person) {
	w := j.w
	all := map[int64]*standing{}
	var order []int64
	w.fail(j.rows(`SELECT id, state, outcome, version_id, replan_at IS NOT NULL, COALESCE(appointment_id, 0) FROM enrollments WHERE prospect_id = ? ORDER BY id`,
		func(rows *sql.Rows) error {
			var s standing
			err := rows.Scan(&s.id, &s.state, &s.outcome, &s.version, &s.replan, &s.appointment)
			all[s.id] = &s
			order = append(order, s.id)
			return err
		}, p.id))
	calls := map[int64]bool{}
	w.fail(j.rows(`SELECT id, COALESCE(enrollment_id, 0), state, kind, COALESCE(appointment_id, 0), hold_reason, due_at > promised_at AND due_at > ?,
		(SELECT COUNT(*) FROM tasks k WHERE k.touch_id = t.id AND k.state = 'open' AND k.kind = 'call')
		FROM touches t WHERE prospect_id = ? AND state IN ('planned', 'sending', 'open', 'unconfirmed') ORDER BY id`, func(rows *sql.Rows) error {
		var id, enrollment, appointment int64
		var state, kind, hold string
		var late bool
		var tasks int
		if err := rows.Scan(&id, &enrollment, &state, &kind, &appointment, &hold, &late, &tasks); err != nil {
			return err
		}
		if told := j.trail.touches[id]; told != touchState(state) {
			w.broke(p, "the audit trail explains every state", "touch %d is %s, and the trail says %q", id, state, told)
		}
		if late && hold == "" && state == string(models.TouchPlanned) {
			w.broke(p, "what waits says why", "touch %d is due later than promised, without a reason", id)
		}
		if state == string(models.TouchOpen) && tasks != 1 {
			w.broke(p, "what is open is in one task", "touch %d is open with %d tasks", id, tasks)
		}
		if kind == string(models.TouchBookedCall) {
			calls[appointment] = true
			return nil
		}
		if s := all[enrollment]; s != nil {
			s.live++
			if state == string(models.TouchPlanned) || state == string(models.TouchOpen) {
				s.planned++
			}
		}
		return nil
	}, w.now.UTC(), p.id))
	w.fail(j.rows(`SELECT q.enrollment_id, q.reason, COALESCE(k.state, ''), q.task_id IS NULL FROM pauses q JOIN enrollments e ON e.id = q.enrollment_id
		LEFT JOIN tasks k ON k.id = q.task_id WHERE e.prospect_id = ?`, func(rows *sql.Rows) error {
		var id int64
		var reason models.PauseReason
		var task string
		var noTask bool
		if err := rows.Scan(&id, &reason, &task, &noTask); err != nil {
			return err
		}
		all[id].pauses++
		if reason == models.PauseNeedsAttention && task != string(models.TaskOpen) {
			w.broke(p, "what rests can go on", "enrollment %d needs attention, and no task asks for it (task %q)", id, task)
		}
		return nil
	}, p.id))
	for _, id := range order {
		j.stands(p, all[id], calls)
	}
}

// stands judges one enrollment.
func (j *judge) stands(p *person, s *standing, calls map[int64]bool) {
	w := j.w
	if told := j.trail.enrollments[s.id]; told != strings.TrimSpace(s.state+" "+s.outcome) {
		w.broke(p, "the audit trail explains every state", "enrollment %d is %s %s, and the trail says %q", s.id, s.state, s.outcome, told)
	}
	if s.live > 1 {
		w.broke(p, "one live touch", "enrollment %d has %d live touches", s.id, s.live)
	}
	switch models.EnrollmentState(s.state) {
	case models.EnrollmentActive:
		if s.pauses > 0 {
			w.broke(p, "only what has no pause is active", "enrollment %d is active with %d pauses", s.id, s.pauses)
		}
		if s.live == 0 && !s.replan && !(s.appointment != 0 && (calls[s.appointment] || j.booked(s.appointment))) {
			w.broke(p, "every enrollment goes on", "enrollment %d is active and has no next touch, task or wait", s.id)
		}
	case models.EnrollmentPaused:
		if s.pauses == 0 {
			w.broke(p, "every rest has a reason", "enrollment %d is paused without a pause", s.id)
		}
		if s.planned > 0 {
			w.broke(p, "what rests has nothing planned", "enrollment %d is paused with %d planned or open touches", s.id, s.planned)
		}
	case models.EnrollmentFinished:
		if s.planned > 0 {
			w.broke(p, "what ended has nothing planned", "enrollment %d has finished with %d planned or open touches", s.id, s.planned)
		}
	}
}

func (j *judge) booked(appointment int64) bool {
	open := false
	j.w.fail(j.rows(`SELECT state = 'booked' FROM appointments WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&open) }, appointment))
	return open
}

// all looks at everyone, and at the far side's books.
func (j *judge) all() {
	w := j.w
	for _, p := range w.people {
		if w.over() {
			return
		}
		j.check(p)
	}
	j.history()
	j.books()
	var total, finished int
	w.fail(j.rows(`SELECT COUNT(*), COALESCE(SUM(state = 'finished'), 0) FROM enrollments`, func(rows *sql.Rows) error { return rows.Scan(&total, &finished) }))
	if total != w.model.count {
		w.broke(nil, "enrolled = finished + live", "%d were enrolled and the database has %d", w.model.count, total)
	}
	w.res.Finished = finished
}

// books compares what we believe was sent with what arrived.
func (j *judge) books() {
	w := j.w
	w.fail(j.rows(`SELECT id, prospect_id, state FROM touches WHERE kind = 'message' AND (state = 'sent' OR attempt > 0)`, func(rows *sql.Rows) error {
		var id, prospect int64
		var state models.TouchState
		if err := rows.Scan(&id, &prospect, &state); err != nil {
			return err
		}
		arrived := len(w.far.byTouch[id]) > 0
		switch {
		case state == models.TouchSent && !arrived:
			w.broke(w.byID[prospect], "nothing is lost", "touch %d counts as sent and never arrived", id)
		case arrived && (state == models.TouchPlanned || state == models.TouchCanceled || state == models.TouchSkipped || state == models.TouchFailed):
			w.broke(w.byID[prospect], "what arrived is known", "touch %d arrived and is %s", id, state)
		}
		return nil
	}))
}

// overdue is what waits although it is due and its sender, if it has one, is
// free: read by the indexes of the three queues.
const overdue = `
SELECT id, prospect_id FROM touches WHERE state = 'planned' AND NOT urgent AND sender_id IS NULL AND due_at <= @before
UNION ALL SELECT t.id, t.prospect_id FROM touches t LEFT JOIN senders s ON s.id = t.sender_id WHERE t.state = 'planned' AND t.urgent AND t.due_at <= @before
	AND (s.id IS NULL OR s.state = 'active' AND s.next_free_at <= @now AND (s.paused_till IS NULL OR s.paused_till <= @now))
UNION ALL SELECT t.id, t.prospect_id FROM senders s CROSS JOIN touches t WHERE s.state = 'active' AND s.next_free_at <= @now AND (s.paused_till IS NULL OR s.paused_till <= @now)
	AND t.sender_id = s.id AND t.state = 'planned' AND NOT t.urgent AND t.due_at <= @before`

// punctual judges the end of a tick: what was due has begun, and each booked
// call is open in its minute.
func (j *judge) punctual() {
	w := j.w
	ripe := j.ripe
	j.ripe = nil
	for _, c := range ripe {
		j.opensNow(c)
	}
	late := map[int64]bool{}
	w.fail(j.rows(overdue, func(rows *sql.Rows) error {
		var id, prospect int64
		err := rows.Scan(&id, &prospect)
		late[id] = true
		if j.overdue[id] {
			w.broke(w.byID[prospect], "what is due begins", "touch %d was due at this tick and at the one before, and nothing holds it", id)
		}
		return err
	}, sql.Named("before", w.now.Add(-time.Second).UTC()), sql.Named("now", w.now.UTC())))
	j.overdue = late
}

func (j *judge) opensNow(c *promise) {
	w := j.w
	if !c.open || w.now.Before(c.at) {
		return
	}
	closed := len(c.p.phones) > 0
	for _, n := range c.p.phones {
		if _, no := w.model.forbidden(c.p, n, models.ChannelCall, nil); !no {
			closed = false
		}
	}
	if closed || !j.stillBooked(c) && w.now.Sub(c.at) >= models.MissedAfter {
		return
	}
	found := false
	w.fail(j.rows(`SELECT id, state FROM touches WHERE appointment_id = ? AND kind = 'booked_call' AND state <> 'canceled'`, func(rows *sql.Rows) error {
		var id int64
		var state models.TouchState
		found = true
		err := rows.Scan(&id, &state)
		if state == models.TouchPlanned || state == models.TouchSkipped {
			w.broke(c.p, "a booked call opens in its minute", "the call of %s (appointment %d) is %s at %s", c.at.Format(time.RFC3339), c.id, state, w.now.Format(time.RFC3339))
		}
		return err
	}, c.id))
	if !found {
		w.broke(c.p, "no booked call is lost", "the call of %s (appointment %d) has no touch", c.at.Format(time.RFC3339), c.id)
	}
}

// planned judges the day steps: they keep the hour on the person's own clock.
func (j *judge) planned(e event) {
	w := j.w
	en := w.model.enrolled[e.enrollment]
	if en == nil || en.moved || en.rezoned || en.p.unknown {
		return
	}
	d := w.definitionOf(en)
	st, ok := d.Step(e.code)
	if !ok || d.Anchor != models.AnchorNone || d.Recurring() || st.Timing.Kind != models.TimingAfter || st.Timing.Days == 0 {
		return
	}
	var promised time.Time
	w.fail(j.rows(`SELECT promised_at FROM touches WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&promised) }, e.touch))
	var base, resumed sql.NullTime
	w.fail(j.rows(`SELECT started_at, resumed_at FROM enrollments WHERE id = ?`, func(rows *sql.Rows) error { return rows.Scan(&base, &resumed) }, e.enrollment))
	w.fail(j.rows(`SELECT ended_at FROM touches WHERE enrollment_id = ? AND state <> 'canceled' AND ended_at IS NOT NULL AND id < ? ORDER BY ended_at DESC LIMIT 1`,
		func(rows *sql.Rows) error { return rows.Scan(&base) }, e.enrollment, e.touch))
	if resumed.Valid && !resumed.Time.Before(base.Time) {
		return
	}
	from, at := base.Time.In(en.p.zone), promised.In(en.p.zone)
	hour, minute := from.Hour(), from.Minute()
	if st.Timing.At != nil {
		hour, minute = st.Timing.At.Hour(), st.Timing.At.Minute()
	}
	want := time.Date(from.Year(), from.Month(), from.Day()+st.Timing.Days, hour, minute, 0, 0, en.p.zone)
	if want.Hour() != hour || want.Minute() != minute { // the clocks skip it
		return
	}
	if at.Format("2006-01-02 15:04") != want.Format("2006-01-02 15:04") {
		w.broke(en.p, "a day step keeps the local hour", "step %s comes %d days after %s at %s, not at %s", st.Key, st.Timing.Days, from.Format("2006-01-02 15:04 MST"), at.Format("2006-01-02 15:04 MST"), want.Format("2006-01-02 15:04 MST"))
	}
}

// ending judges what only the end can tell.
func (j *judge) ending() {
	w := j.w
	w.fail(j.rows(`SELECT id, prospect_id, updated_at FROM touches WHERE state = 'sending' AND updated_at < ?`, func(rows *sql.Rows) error {
		var id, prospect int64
		var since time.Time
		err := rows.Scan(&id, &prospect, &since)
		w.broke(w.byID[prospect], "nothing hangs", "touch %d has been sending since %s", id, since.Format(time.RFC3339))
		return err
	}, w.now.Add(-24*time.Hour).UTC()))
}
