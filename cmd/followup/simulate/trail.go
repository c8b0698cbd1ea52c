package simulate

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"followup/models"
)

// trail is the state of the world as the audit trail alone tells it.
type trail struct {
	touches      map[int64]string // "live", "open", or how it ended
	enrollments  map[int64]string // state, with the outcome of what finished
	versions     map[int64]string // of enrollments that moved
	tasks        map[int64]string
	appointments map[int64]string
	revisions    map[int64]int
}

func newTrail() trail {
	return trail{touches: map[int64]string{}, enrollments: map[int64]string{}, versions: map[int64]string{}, tasks: map[int64]string{},
		appointments: map[int64]string{}, revisions: map[int64]int{}}
}

// event is one line of the audit trail.
type event struct {
	id                                             int64
	at                                             time.Time
	kind                                           models.EventKind
	code                                           string
	prospect, enrollment, touch, task, appointment int64
	data                                           string
}

func (t *trail) replay(e event) {
	switch e.kind {
	case models.EventEnrolled, models.EventResumed:
		t.enrollments[e.enrollment] = string(models.EnrollmentActive)
	case models.EventPaused:
		t.enrollments[e.enrollment] = string(models.EnrollmentPaused)
	case models.EventFinished:
		t.enrollments[e.enrollment] = string(models.EnrollmentFinished) + " " + e.code
	case models.EventVersionMoved:
		var data map[string]string
		_ = json.Unmarshal([]byte(e.data), &data) // without it the comparison fails
		t.versions[e.enrollment] = data["version"]
	case models.EventTouchPlanned, models.EventTouchUnconfirmed, models.EventTouchHeld:
		t.touches[e.touch] = "live"
	case models.EventTouchEnded:
		t.touches[e.touch] = e.code
	case models.EventTaskPlanned:
		t.tasks[e.task] = string(models.TaskUpcoming)
	case models.EventTaskOpened:
		t.tasks[e.task] = string(models.TaskOpen)
		if e.code == string(models.TaskCall) && e.touch != 0 {
			t.touches[e.touch] = string(models.TouchOpen)
		}
	case models.EventTaskClosed:
		t.tasks[e.task] = e.code
	case models.EventBooked:
		t.appointments[e.appointment] = string(models.AppointmentBooked)
	case models.EventMoved:
		t.revisions[e.appointment]++
	case models.EventAppointmentEnded:
		t.appointments[e.appointment] = e.code
	}
}

// touchState is what the trail can say of a state: a touch that has not ended
// is live, whether it waits, is being sent or nobody knows.
func touchState(s string) string {
	switch models.TouchState(s) {
	case models.TouchPlanned, models.TouchSending, models.TouchUnconfirmed:
		return "live"
	}
	return s
}

// taskState: calls close with their outcome.
func taskState(state, outcome string) string {
	if outcome != "" && state == string(models.TaskDone) {
		return outcome
	}
	return state
}

// after looks at everything that the last happening touched.
func (j *judge) after() {
	w := j.w
	if w.over() {
		return
	}
	var fresh []event
	err := j.rows(`SELECT id, at, kind, code, COALESCE(prospect_id, 0), COALESCE(enrollment_id, 0), COALESCE(touch_id, 0), COALESCE(task_id, 0),
		COALESCE(appointment_id, 0), COALESCE(data, '') FROM events WHERE id > ? ORDER BY id`, func(rows *sql.Rows) error {
		var e event
		err := rows.Scan(&e.id, &e.at, &e.kind, &e.code, &e.prospect, &e.enrollment, &e.touch, &e.task, &e.appointment, &e.data)
		fresh = append(fresh, e)
		return err
	}, j.lastEvent)
	if err != nil {
		w.fail(err)
		return
	}
	if len(fresh) == 0 {
		return
	}
	touched := map[int64]bool{}
	lines := make([]string, 0, len(fresh))
	for _, e := range fresh {
		j.lastEvent = e.id
		j.trail.replay(e)
		lines = append(lines, fmt.Sprintf("%s %s %d %d %d", e.kind, e.code, e.prospect, e.enrollment, e.appointment))
		if e.prospect != 0 {
			touched[e.prospect] = true
		}
		j.remark(e)
	}
	// Equal runs may list what happened at once in another order.
	slices.Sort(lines)
	fmt.Fprint(w.digest, strings.Join(lines, "\n"))
	for _, e := range fresh {
		if e.kind == models.EventTouchPlanned {
			j.planned(e)
		}
		if e.prospect != 0 && touched[e.prospect] && w.byID[e.prospect] != nil {
			delete(touched, e.prospect)
			j.check(w.byID[e.prospect])
		}
		if w.over() {
			return
		}
	}
	j.checks++
	if j.checks%max(2000, 10*len(w.people)) == 0 { // everyone costs as much as there are
		j.all()
	}
}

// remark writes into the story what the trail says.
func (j *judge) remark(e event) {
	p := j.w.byID[e.prospect]
	switch e.kind {
	case models.EventTouchPlanned:
		j.w.tell("engine", p, "plans touch of step %s (enrollment %d)", e.code, e.enrollment)
	case models.EventTouchEnded:
		j.w.tell("engine", p, "a touch ends: %s %s (enrollment %d)", e.code, e.data, e.enrollment)
	case models.EventPaused, models.EventResumed, models.EventFinished:
		j.w.tell("engine", p, "%s %s (enrollment %d)", e.kind, e.code, e.enrollment)
	case models.EventTouchHeld:
		j.w.tell("engine", p, "holds a touch: %s (enrollment %d)", e.code, e.enrollment)
	case models.EventTaskOpened:
		j.w.tell("engine", p, "opens a %s task", e.code)
	case models.EventTouchUnconfirmed:
		j.w.tell("engine", p, "a touch is unconfirmed (enrollment %d)", e.enrollment)
	}
}

// history compares the touches, tasks and appointments of everyone with what
// the trail says, once in a while.
func (j *judge) history() {
	w := j.w
	compare := func(query, thing string, told func(id int64) string, shown func(string, string) string) {
		w.fail(j.rows(query, func(rows *sql.Rows) error {
			var id, prospect int64
			var state, more string
			if err := rows.Scan(&id, &prospect, &state, &more); err != nil {
				return err
			}
			if want, is := told(id), shown(state, more); want != is {
				w.broke(w.byID[prospect], "the audit trail explains every state", "%s %d is %q, and the trail says %q", thing, id, is, want)
			}
			return nil
		}))
	}
	compare(`SELECT id, prospect_id, state, '' FROM touches`, "touch", func(id int64) string { return j.trail.touches[id] }, func(s, _ string) string { return touchState(s) })
	compare(`SELECT id, COALESCE(prospect_id, 0), state, outcome FROM tasks`, "task", func(id int64) string { return j.trail.tasks[id] }, taskState)
	compare(`SELECT id, prospect_id, state, '' FROM appointments`, "appointment", func(id int64) string { return j.trail.appointments[id] }, func(s, _ string) string { return s })
	compare(`SELECT id, prospect_id, state, outcome FROM enrollments`, "enrollment", func(id int64) string { return j.trail.enrollments[id] },
		func(s, outcome string) string { return strings.TrimSpace(s + " " + outcome) })
}
