package simulate

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"followup/laws"
	"followup/models"
)

// The planted bugs themselves.

// settleByID makes the row what the result wants it to be.
func settleByID(b *bug, results []models.SendResult) {
	for i := range results {
		r := &results[i]
		b.exec(`UPDATE touches SET state = 'sending', replica = ?, attempt = MAX(attempt, ?), ended_at = NULL WHERE id = ? AND state IN ('planned', 'sent', 'sending', 'unconfirmed')
			AND NOT EXISTS (SELECT 1 FROM touches o WHERE o.enrollment_id = touches.enrollment_id AND o.id <> touches.id AND o.state IN ('planned', 'sending', 'open', 'unconfirmed') AND o.kind <> 'booked_call')`,
			r.Replica, r.Attempt, r.TouchID)
		err := b.w.db.QueryRowContext(b.w.ctx, `SELECT attempt FROM touches WHERE id = ?`, r.TouchID).Scan(&r.Attempt)
		b.w.fail(err)
	}
}

// unpause leaves planned what a pause has withdrawn.
func unpause(b *bug) {
	b.exec(`UPDATE touches SET state = 'planned', ended_at = NULL, end_reason = '' WHERE state = 'canceled' AND end_reason = 'paused' AND kind = 'message'
		AND due_at <= ? AND enrollment_id IN (SELECT id FROM enrollments WHERE state = 'paused')
		AND NOT EXISTS (SELECT 1 FROM touches o WHERE o.enrollment_id = touches.enrollment_id AND o.id <> touches.id AND
			(o.state IN ('planned', 'sending', 'open', 'unconfirmed') OR o.state <> 'canceled' AND o.step_key = touches.step_key AND o.occurrence = touches.occurrence))
		AND id = (SELECT MAX(l.id) FROM touches l WHERE l.enrollment_id = touches.enrollment_id AND l.state = 'canceled' AND l.end_reason = 'paused')`, b.w.now.UTC())
}

func asIfActive(b *bug, d *models.Due) {
	if d.Enrollment != nil && d.Enrollment.State == models.EnrollmentPaused {
		d.Enrollment.State = models.EnrollmentActive
		b.unseen[d.Touch.ID] = true
	}
	d.Conversation.LastInboundAt = nil
}

// hoursForDays counts 24 hours for each day of a delay.
func hoursForDays(_ *bug, in []models.PlanInput, out []models.PlanResult) {
	for i := range out {
		next := out[i].Next
		if next == nil || in[i].Pending != nil {
			continue
		}
		st, ok := in[i].Version.Definition.Step(next.StepKey)
		if !ok || st.Timing.Kind != models.TimingAfter || st.Timing.Days == 0 || st.Timing.At != nil {
			continue
		}
		loc, err := in[i].Prospect.Location()
		if err != nil {
			continue
		}
		at := next.DueAt.In(loc)
		since := time.Date(at.Year(), at.Month(), at.Day()-st.Timing.Days, at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), loc)
		next.DueAt = since.Add(time.Duration(st.Timing.Days) * 24 * time.Hour).UTC()
		next.PromisedAt = next.DueAt
	}
}

// trustRetries judges a second attempt by nothing that could stop it.
func trustRetries(b *bug, d *models.Due) {
	if d.Touch.Attempt > 0 {
		noQuietHours(b, d)
		asIfActive(b, d)
		d.Suppressions, d.Settings.Paused, d.CompanyHold = nil, false, nil
	}
}

func noQuietHours(_ *bug, d *models.Due) {
	d.Settings.QuietFrom, d.Settings.QuietTo, d.Settings.Rules = 0, 0, noHours
}

// noHours takes every row about hours out of force.
var noHours = func() (own string) {
	for _, r := range laws.For("").Rows() {
		if r.Matter == laws.Hours {
			own, _ = laws.Change(own, r.ID, laws.Off)
		}
	}
	return own
}()

// windowWhenPlanned holds what is planned until the hours that are permitted
// where the person lives, which a sound plan leaves to the gate.
func windowWhenPlanned(_ *bug, in []models.PlanInput, out []models.PlanResult) {
	for i := range out {
		next := out[i].Next
		loc, err := in[i].Prospect.Location()
		if next == nil || err != nil || next.Channel != models.ChannelSMS && next.Channel != models.ChannelVoicemail {
			continue
		}
		for range 48 {
			if h := next.DueAt.In(loc).Hour(); h >= 8 && h < 21 {
				break
			}
			next.DueAt, next.HoldReason = next.DueAt.Truncate(time.Hour).Add(time.Hour), models.HoldQuietHours
		}
	}
}

// resend plans again what nobody knows the fate of.
func resend(b *bug, now time.Time) {
	b.exec(`DELETE FROM messages WHERE direction = 'outbound' AND touch_id IN (SELECT id FROM touches WHERE state = 'unconfirmed' AND replica <> '')`)
	b.exec(`UPDATE touches SET state = 'planned', due_at = ?, hold_reason = 'retry', replica = '' WHERE state = 'unconfirmed' AND replica <> ''`, now.UTC())
}

// loseEvent forgets one in a hundred.
func loseEvent(b *bug) {
	if b.w.chance(0.01) {
		b.exec(`DROP TRIGGER IF EXISTS events_never_vanish`) // the database itself would refuse
		b.exec(`DELETE FROM events WHERE id = (SELECT MAX(id) FROM events WHERE kind = 'touch.ended') AND id > ?`, b.w.judge.lastEvent)
	}
}

// planTwice plans the same step once more beside the one just planned.
func planTwice(b *bug) {
	if b.w.chance(0.02) {
		b.exec(`DROP INDEX IF EXISTS touches_one_live`)
		b.exec(`DROP INDEX IF EXISTS touches_step_once`)
		b.exec(`INSERT INTO touches (prospect_id, enrollment_id, step_key, occurrence, kind, channel, purpose, contact_point_id, sender_id, rep_id, state, due_at, promised_at, planned_at, updated_at)
			SELECT prospect_id, enrollment_id, step_key, occurrence, kind, channel, purpose, contact_point_id, sender_id, rep_id, state, due_at, promised_at, planned_at, updated_at
			FROM touches WHERE id = (SELECT MAX(id) FROM touches WHERE state = 'planned' AND enrollment_id IS NOT NULL AND kind <> 'booked_call')`)
		b.exec(`INSERT INTO events (at, actor, kind, prospect_id, enrollment_id, touch_id, code) SELECT planned_at, 'scheduler', 'touch.planned', prospect_id, enrollment_id, id, step_key
			FROM touches WHERE id = (SELECT MAX(id) FROM touches)`)
	}
}

// forgetOnMove begins a moved enrollment from the start.
func forgetOnMove(b *bug, in []models.PlanInput, out []models.PlanResult) {
	for i := range out {
		if in[i].Pending == nil || out[i].Next == nil || len(in[i].Pending.Definition.Steps) == 0 {
			continue
		}
		st := in[i].Pending.Definition.Steps[0]
		if st.Channel == out[i].Next.Channel {
			out[i].Next.StepKey, out[i].Next.Occurrence = st.Key, "again"
			out[i].Next.DueAt, out[i].Next.PromisedAt = b.w.now.UTC(), b.w.now.UTC()
		}
	}
}

func endlessReminders(_ *bug, _ []models.PlanInput, out []models.PlanResult) {
	for i := range out {
		if out[i].Next != nil && out[i].Next.Purpose == models.PurposeReminder {
			out[i].Next.NotAfter = nil
		}
	}
}

func endless(_ *bug, d *models.Due) {
	if d.Touch.Purpose == models.PurposeReminder {
		d.Touch.NotAfter = nil
	}
}

// holdCalls lets one booked call in ten wait a minute.
func holdCalls(b *bug, d models.Due, dec *models.Decision) {
	if d.Touch.Kind == models.TouchBookedCall && b.w.chance(0.1) {
		*dec = models.Decision{TouchID: d.Touch.ID, Action: models.DecideHold, Reason: models.HoldGap, Until: b.w.now.Add(time.Minute)}
	}
}

var errLook = errors.New("simulated: only looking")

// raced is a claim that locks nobody: what it decides on was read before an
// answer committed. One writer at a time, as SQLite has it, cannot do so; the
// layer reads, lets somebody answer, and writes what it decided.
func (b *bug) raced(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error) {
	stale := map[int64]models.Due{}
	if err := b.peek(ctx, req, stale); err != nil {
		return models.Claimed{}, err
	}
	for _, id := range slices.Sorted(maps.Keys(stale)) {
		if !b.w.chance(0.05) {
			continue
		}
		p := b.w.byID[stale[id].Prospect.ID]
		b.w.note("world", p, "now, while the claim of touch %d looks at them:", id)
		b.w.answer(p, b.w.letter(p))
		b.unseen[id] = true
		b.exec(`UPDATE touches SET state = 'planned', ended_at = NULL, end_reason = '' WHERE id = ? AND state = 'canceled'`, id)
	}
	return b.Store.ClaimDue(ctx, req, func(ctx context.Context, dues []models.Due) []models.Decision {
		for i := range dues {
			if d, ok := stale[dues[i].Touch.ID]; ok {
				dues[i] = d
			}
		}
		return decide(ctx, dues)
	})
}

// peek reads what a claim would read, and rolls it back.
func (b *bug) peek(ctx context.Context, req models.ClaimRequest, into map[int64]models.Due) (err error) {
	defer func() {
		if r := recover(); r != nil && r != any(errLook) {
			panic(r)
		}
	}()
	_, err = b.Store.ClaimDue(ctx, req, func(_ context.Context, dues []models.Due) []models.Decision {
		for _, d := range dues {
			if d.Touch.Kind == models.TouchMessage && d.Enrollment != nil {
				into[d.Touch.ID] = d
			}
		}
		panic(errLook)
	})
	return err
}
