package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// verdict is how the promises fared.
type verdict struct {
	kills, freezes, restarts, touches int
	duplicates, lost, sentAfterReply  int
	unconfirmed                       int
	broken                            []string // what else is not as it must be
}

func (v verdict) line() string {
	return fmt.Sprintf("chaos: kills=%d freezes=%d restarts=%d touches=%d duplicates=%d lost=%d sent_after_reply=%d unconfirmed=%d",
		v.kills, v.freezes, v.restarts, v.touches, v.duplicates, v.lost, v.sentAfterReply, v.unconfirmed)
}

// kept tells whether every promise was.
func (v verdict) kept() bool {
	return v.duplicates+v.lost+v.sentAfterReply+len(v.broken) == 0 && v.touches > 0
}

// row is one touch as the database tells it.
type row struct {
	id                  int64
	key                 touchKey
	state, reason, hold string
	attempt             int
	message             sql.NullInt64
	made                sql.NullTime
	errorCode           string
	errorDetail         string
	sender              sql.NullInt64
	replica             string
	told                int // events of its end
	prospect            int64
}

// inquest compares the providers' ledger with the database.
type inquest struct {
	*arena
	v        verdict
	rows     []row
	byKey    map[touchKey][]row
	offences int
}

// storiesShown bounds what is printed of a run that went wrong altogether.
const storiesShown = 10

func (a *arena) judge(ctx context.Context) (verdict, error) {
	q := &inquest{arena: a, byKey: map[touchKey][]row{}}
	q.v = verdict{kills: a.killed, freezes: int(a.freezes.Load()), restarts: int(a.restarts.Load()), touches: a.ledger.count()}
	for _, step := range []func(context.Context) error{q.load, q.duplicates, q.losses, q.enrollments, q.afterReplies, q.unconfirmed} {
		if err := step(ctx); err != nil {
			return q.v, err
		}
	}
	q.storm()
	q.summary()
	for _, b := range q.v.broken {
		a.say("BROKEN: %s", b)
	}
	return q.v, nil
}

func (q *inquest) load(ctx context.Context) error {
	rows, err := q.db.QueryContext(ctx, `
SELECT t.id, t.prospect_id, p.first_name, t.step_key, t.state, t.end_reason, t.hold_reason, t.attempt, m.id, m.created_at, COALESCE(m.error_code, ''), COALESCE(m.error_detail, ''), t.sender_id,
	COALESCE(t.replica, ''), COALESCE(told.n, 0)
FROM touches t JOIN prospects p ON p.id = t.prospect_id
LEFT JOIN (SELECT touch_id, count(*) AS n FROM events WHERE kind = 'touch.ended' GROUP BY touch_id) told ON told.touch_id = t.id
LEFT JOIN messages m ON m.touch_id = t.id AND m.direction = 'outbound'
ORDER BY t.id`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		var name, step string
		if err := rows.Scan(&r.id, &r.prospect, &name, &step, &r.state, &r.reason, &r.hold, &r.attempt, &r.message, &r.made, &r.errorCode, &r.errorDetail, &r.sender, &r.replica, &r.told); err != nil {
			return err
		}
		r.key = touchKey{-1, -1}
		_, _ = fmt.Sscanf(name, "P%d", &r.key.person)
		_, _ = fmt.Sscanf(step, "s%d", &r.key.step)
		q.rows = append(q.rows, r)
		q.byKey[r.key] = append(q.byKey[r.key], r)
	}
	return rows.Err()
}

// offence counts a broken promise and tells its story.
func (q *inquest) offence(count *int, key touchKey, format string, args ...any) {
	*count++
	if q.offences++; q.offences <= storiesShown {
		q.say("BROKEN: %s", fmt.Sprintf(format, args...))
		q.story(key)
	}
}

func (q *inquest) duplicates(context.Context) error {
	for key, list := range q.ledger.taken {
		if len(list) > 1 {
			q.offence(&q.v.duplicates, key, "person %d got step %d %d times", key.person, key.step, len(list))
		}
	}
	for _, s := range q.ledger.strangers {
		q.v.broken = append(q.v.broken, "a provider took a message that nobody was to get: "+s)
	}
	return nil
}

// losses: what the database calls sent, some provider took; what a provider
// took, the database does not deny; what was to be sent is not stuck.
func (q *inquest) losses(context.Context) error {
	for _, r := range q.rows {
		switch r.state {
		case "sent":
			if len(q.ledger.of(r.key)) == 0 {
				q.offence(&q.v.lost, r.key, "touch %d is called sent, and no provider has it", r.id)
			}
			if r.told != 1 {
				q.v.broken = append(q.v.broken, fmt.Sprintf("touch %d was sent, and its end is told %d times in the events", r.id, r.told))
			}
		case "sending":
			if q.settled { // else the end itself interrupted it
				q.offence(&q.v.lost, r.key, "touch %d is still sending", r.id)
			}
		case "failed", "skipped", "canceled":
			if r.reason == "" {
				q.offence(&q.v.lost, r.key, "touch %d is %s without a reason", r.id, r.state)
			}
		}
	}
	q.ledger.mu.Lock()
	taken := make([]touchKey, 0, len(q.ledger.taken))
	for key := range q.ledger.taken {
		taken = append(taken, key)
	}
	q.ledger.mu.Unlock()
	for _, key := range taken {
		known := false
		for _, r := range q.byKey[key] {
			known = known || r.state == "sent" || r.state == "unconfirmed" || r.state == "sending" && !q.settled
		}
		if !known {
			q.offence(&q.v.lost, key, "a provider took step %d for person %d, and the database knows nothing of it", key.step, key.person)
		}
	}
	return nil
}

// enrollments: each has ended, rests, or has a next touch; one that is
// complete has every step behind it.
func (q *inquest) enrollments(ctx context.Context) error {
	rows, err := q.db.QueryContext(ctx, `
SELECT e.id, p.first_name, e.state, e.outcome FROM enrollments e JOIN prospects p ON p.id = e.prospect_id
WHERE e.state = 'active' AND e.replan_at IS NULL AND NOT EXISTS (SELECT 1 FROM touches t WHERE t.enrollment_id = e.id
	AND t.state IN ('planned', 'sending', 'open', 'unconfirmed'))
OR e.state = 'finished' AND e.outcome = 'completed' AND $1 <> (SELECT count(*) FROM touches t WHERE t.enrollment_id = e.id
	AND t.state IN ('sent', 'failed', 'skipped'))
OR e.state = 'paused' AND NOT EXISTS (SELECT 1 FROM pauses s WHERE s.enrollment_id = e.id)`, q.plan.steps)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		var name, state, outcome string
		if err := rows.Scan(&id, &name, &state, &outcome); err != nil {
			return err
		}
		key := touchKey{-1, 0}
		_, _ = fmt.Sscanf(name, "P%d", &key.person)
		q.offence(&q.v.lost, key, "enrollment %d is %s %s, and nothing follows or something is missing", id, state, outcome)
	}
	return rows.Err()
}

// afterReplies: an intent of which the row comes after the answer's row, or
// whose time is after the answer's 2xx, was begun too late. Both rows are
// written under the prospect's lock, so their numbers tell the order; a second
// attempt keeps the number of the first and is judged by its time alone.
func (q *inquest) afterReplies(ctx context.Context) error {
	first := map[int64]int64{} // prospect → the first inbound message
	rows, err := q.db.QueryContext(ctx, "SELECT prospect_id, min(id) FROM messages WHERE direction = 'inbound' AND prospect_id IS NOT NULL GROUP BY prospect_id")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var prospect, id int64
		if err := rows.Scan(&prospect, &id); err != nil {
			return err
		}
		first[prospect] = id
	}
	if err := rows.Err(); err != nil {
		return err
	}
	answers := q.customers.taken()
	q.whileDown(answers)
	heard := map[int]bool{}
	for _, r := range q.rows {
		a, answered := answers[r.key.person]
		inbound, recorded := first[r.prospect]
		if recorded {
			heard[r.key.person] = true
		}
		if !r.message.Valid || len(q.ledger.of(r.key)) == 0 || answered && a.way == clickedAway && r.key.step%2 == 1 {
			continue // never handed over, or to an address that nobody withdrew
		}
		switch {
		case !q.paused.IsZero() && r.made.Valid && r.made.Time.After(q.paused):
			q.offence(&q.v.sentAfterReply, r.key, "touch %d was begun at %s, and everything had been paused at %s", r.id, r.made.Time.Format("15:04:05.000"), q.paused.Format("15:04:05.000"))
		case !a.at.IsZero() && r.made.Valid && r.made.Time.After(a.at):
			q.offence(&q.v.sentAfterReply, r.key, "touch %d was begun at %s, and the customer's answer had been taken at %s", r.id, r.made.Time.Format("15:04:05.000"), a.at.Format("15:04:05.000"))
		case recorded && r.message.Int64 > inbound && r.attempt == 1:
			q.offence(&q.v.sentAfterReply, r.key, "touch %d (message %d) was begun after the customer's answer (message %d) had been recorded", r.id, r.message.Int64, inbound)
		}
	}
	for person, a := range answers {
		if a.way != clickedAway && !heard[person] && (q.settled || !a.at.IsZero()) {
			q.v.broken = append(q.v.broken, fmt.Sprintf("the answer of person %d was taken and is not recorded", person))
		}
	}
	return nil
}

// whileDown: whoever answered while every replica was down gets nothing from
// any replica that started after that, as the providers saw it.
func (q *inquest) whileDown(answers map[int]answer) {
	for key, list := range q.ledger.taken {
		down := answers[key.person].down
		for _, a := range list {
			if !down.IsZero() && a.from.at.After(down) {
				q.offence(&q.v.sentAfterReply, key, "person %d answered at %s, while every replica was down, and got step %d from a replica that started at %s",
					key.person, down.Format("15:04:05.000"), key.step, a.from.at.Format("15:04:05.000"))
			}
		}
	}
}

// unconfirmed: only what a provider left its sender in doubt about, and what a
// replica had under way when it was killed or frozen; each in a task.
func (q *inquest) unconfirmed(ctx context.Context) error {
	told := map[int64]bool{} // senders with a task about it
	rows, err := q.db.QueryContext(ctx, "SELECT sender_id FROM tasks WHERE kind = 'resolve' AND state = 'open' AND reason = 'unconfirmed' AND sender_id IS NOT NULL")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var sender int64
		if err := rows.Scan(&sender); err != nil {
			return err
		}
		told[sender] = true
	}
	if err := rows.Err(); err != nil {
		return err
	}
	doubted, left := 0, map[string]int{}
	for _, r := range q.rows {
		if r.state != "unconfirmed" {
			continue
		}
		q.v.unconfirmed++
		if q.ledger.doubted(r.key) {
			doubted++
		} else {
			left[r.replica]++
		}
		if r.replica == "" && !q.ledger.doubted(r.key) {
			q.say("touch %d of person %d is unconfirmed without a known cause: %s %s", r.id, r.key.person, r.errorCode, r.errorDetail)
		}
		if !r.sender.Valid || !told[r.sender.Int64] {
			q.v.broken = append(q.v.broken, fmt.Sprintf("touch %d is unconfirmed and in no task", r.id))
		}
	}
	q.blame(doubted, left)
	return nil
}

// blame compares what replicas left unconfirmed with what each had under way
// when it was killed or frozen.
func (q *inquest) blame(doubted int, left map[string]int) {
	q.fleet.mu.Lock()
	defer q.fleet.mu.Unlock()
	lost, underWay := 0, 0
	for _, n := range q.fleet.underWay {
		underWay += n
	}
	for replica, n := range left {
		lost += n
		if most := q.fleet.underWay[replica]; n > most {
			q.v.broken = append(q.v.broken, fmt.Sprintf("replica %q left %d touches unconfirmed, and had %d under way when it was killed or frozen", replica, n, most))
		}
	}
	q.say("unconfirmed: %d of %d under way at kills and freezes, %d of %d that a provider left in doubt", lost, underWay, doubted, len(q.ledger.doubts))
}

// storm: what was to happen did.
func (q *inquest) storm() {
	if !q.settled {
		q.v.broken = append(q.v.broken, "not everything was worked off in the end")
	}
	for _, at := range crashPoints {
		if n := q.fleet.hits(at); n < min(q.plan.points, 5) {
			q.v.broken = append(q.v.broken, fmt.Sprintf("the crash point %s was hit %d times only", at, n))
		}
	}
	if q.v.touches < q.plan.touches {
		q.v.broken = append(q.v.broken, fmt.Sprintf("%d touches were handed over; %d were asked for", q.v.touches, q.plan.touches))
	}
	if q.v.kills < q.plan.kills || q.v.freezes < q.plan.freezes || q.v.restarts < q.plan.restarts {
		q.v.broken = append(q.v.broken, "not every kill, freeze or restart took place")
	}
	q.fleet.mu.Lock()
	defer q.fleet.mu.Unlock()
	q.v.broken = append(q.v.broken, q.fleet.deaths...)
}

func (q *inquest) summary() {
	states := map[string]int{}
	for _, r := range q.rows {
		name := r.state
		if r.hold != "" && r.state == "planned" {
			name = "held:" + r.hold
		}
		states[name]++
	}
	var points []string
	for _, at := range crashPoints {
		points = append(points, fmt.Sprintf("%s=%d", at, q.fleet.hits(at)))
	}
	n := q.customers.counts()
	listed, down := 0, 0
	for _, a := range q.customers.taken() {
		if !a.down.IsZero() {
			down++
		}
		if a.at.IsZero() {
			listed++
		}
	}
	q.say("touches in the database: %v", states)
	q.say("crash points: %s; replicas started: %d", strings.Join(points, " "), q.fleet.starts)
	q.say("providers: %d faults, of them %d refusals and %d answers lost or late", q.ledger.faults.Load(), q.ledger.refused.Load(), len(q.ledger.doubts))
	q.say("answers: %d texts, %d STOP, %d calls, %d mails, %d unsubscribed; of them %d only listed, %d while every replica was down",
		n[textBack], n[textStop], n[ringBack], n[mailBack], n[clickedAway], listed, down)
}

// story prints all that is known of a person's touch.
func (q *inquest) story(key touchKey) {
	for _, a := range q.ledger.of(key) {
		q.say("    taken from node %d at %s as %s", a.from.node, a.at.Format("15:04:05.000"), a.id)
	}
	if a, ok := q.customers.taken()[key.person]; ok {
		q.say("    the customer's answer (%d) was taken at %s, down %s", a.way, a.at.Format("15:04:05.000"), a.down.Format("15:04:05.000"))
	}
	for _, query := range []string{
		`SELECT format('touch %s %s attempt %s %s planned %s due %s ended %s replica %s %s %s', t.id, t.step_key, t.attempt, t.state, t.planned_at::time, t.due_at::time, t.ended_at::time, t.replica, t.end_reason, t.hold_reason)
		 FROM touches t JOIN prospects p ON p.id = t.prospect_id WHERE p.first_name = $1 ORDER BY t.id`,
		`SELECT format('message %s %s %s touch %s attempt %s at %s sent %s %s %s', m.id, m.direction, m.state, m.touch_id, m.attempt, m.created_at::time, m.sent_at::time, m.provider_id, m.error_code)
		 FROM messages m JOIN prospects p ON p.id = m.prospect_id WHERE p.first_name = $1 ORDER BY m.id`,
		`SELECT format('%s %s %s touch %s %s', e.at::time, e.actor, e.kind, e.touch_id, e.code)
		 FROM events e JOIN prospects p ON p.id = e.prospect_id WHERE p.first_name = $1 ORDER BY e.id`,
	} {
		rows, err := q.db.Query(query, fmt.Sprintf("P%d", key.person))
		if err != nil {
			q.say("    %v", err)
			return
		}
		for rows.Next() {
			var line string
			if rows.Scan(&line) == nil {
				q.say("    %s", line)
			}
		}
		if err := rows.Close(); err != nil {
			q.say("    %v", err)
		}
	}
}
