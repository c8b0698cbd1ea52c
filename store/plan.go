package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// replanLater is when an enrollment is planned again that nothing was decided on.
const replanLater = time.Minute

// PlanDue locks the prospects of active enrollments whose ReplanAt has come,
// loads what their plans may look at, calls plan and applies what it answers.
func (s *Store) PlanDue(ctx context.Context, now time.Time, limit int, plan models.Planning) (int, error) {
	limit = min(max(limit, 1), s.hot.maxBatch)
	planned := 0
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		planned = 0
		ids, err := s.pickPlans(tx, now, limit)
		if err != nil || len(ids) == 0 {
			return err
		}
		es, err := enrollmentsByID(tx, ids)
		if err != nil {
			return err
		}
		es = dueForPlan(es, now)
		planned = len(es)
		people := idSet{}
		if err := s.planTogether(ctx, tx, es, now, plan, people); err != nil {
			return err
		}
		return keepNextTouch(tx, now, people.list()...)
	})
	if err != nil {
		return 0, fmt.Errorf("plan: %w", err)
	}
	return planned, nil
}

// planTogether plans enrollments whose people the transaction has locked.
// It adds to people those whose next touch is to be renewed.
func (s *Store) planTogether(ctx context.Context, tx *gorm.DB, es []models.Enrollment, now time.Time, plan models.Planning, people idSet) error {
	if len(es) == 0 {
		return nil
	}
	inputs, err := s.planInputs(tx, es, now)
	if err != nil {
		return fmt.Errorf("load plans: %w", err)
	}
	p := &planner{store: s, now: now}
	for _, in := range inputs {
		people.add(&in.Prospect.ID)
	}
	return p.apply(ctx, tx, inputs, plan(ctx, inputs))
}

// pickPlans locks the prospects and names the enrollments, which are read
// again afterwards: only then is what the lock protects what is seen.
func (s *Store) pickPlans(tx *gorm.DB, now time.Time, limit int) ([]int64, error) {
	var ids []int64
	err := tx.Raw(`
SELECT d.id FROM (
	SELECT e.id, e.prospect_id, e.replan_at FROM enrollments e
	WHERE e.state = 'active' AND e.replan_at IS NOT NULL AND e.replan_at <= @now
	ORDER BY e.replan_at, e.id LIMIT @window + 0
) d`+s.hot.lockPeople+`
ORDER BY d.replan_at, d.id LIMIT @limit + 0`,
		map[string]any{"now": now, "limit": limit, "window": window * limit}).Scan(&ids).Error
	return ids, err
}

func dueForPlan(es []models.Enrollment, now time.Time) []models.Enrollment {
	due := es[:0]
	for _, e := range es {
		if e.Active() && e.ReplanAt != nil && !e.ReplanAt.After(now) {
			due = append(due, e)
		}
	}
	return due
}

// planInputs loads, for the batch, all that planning may look at.
func (s *Store) planInputs(tx *gorm.DB, es []models.Enrollment, now time.Time) ([]models.PlanInput, error) {
	people, sequences, versions, reps, booked, promised := idSet{}, idSet{}, idSet{}, idSet{}, idSet{}, idSet{}
	for i := range es {
		e := &es[i]
		people.add(&e.ProspectID)
		sequences.add(&e.SequenceID)
		versions.add(&e.VersionID, e.PendingVersionID)
		reps.add(&e.RepID)
		booked.add(e.AppointmentID)
		promised.add(e.CommitmentID)
	}
	c, err := loadCrowd(tx, people.list(), now)
	if err != nil {
		return nil, err
	}
	bySequence, err := byID(tx, sequences.list(), func(q models.Sequence) int64 { return q.ID })
	if err != nil {
		return nil, err
	}
	byVersion, err := versionsByID(tx, versions.list())
	if err != nil {
		return nil, err
	}
	byRep, err := byID(tx, reps.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, err
	}
	appointments, err := pointers(tx, "id", booked.list(), func(a models.Appointment) int64 { return a.ID })
	if err != nil {
		return nil, err
	}
	commitments, err := pointers(tx, "id", promised.list(), func(c models.Commitment) int64 { return c.ID })
	if err != nil {
		return nil, err
	}
	senders, err := senderPoolOf(tx, reps.list())
	if err != nil {
		return nil, err
	}
	touches, err := histories(tx, es)
	if err != nil {
		return nil, err
	}
	calls, err := lastCalls(tx, es, byVersion, appointments)
	if err != nil {
		return nil, err
	}
	inputs := make([]models.PlanInput, 0, len(es))
	for _, e := range es {
		p, version := c.prospects[e.ProspectID], byVersion[e.VersionID]
		if version == nil {
			return nil, fmt.Errorf("enrollment %d: there is no sequence version %d", e.ID, e.VersionID)
		}
		in := models.PlanInput{
			Enrollment: e, Sequence: bySequence[e.SequenceID], Version: *version, Prospect: p, Company: c.companyOf(p),
			Rep: byRep[e.RepID], ContactPoints: c.points[p.ID], Consents: c.consents[p.ID], Suppressions: c.suppressionsOf(p),
			Conversation: c.conversationOf(p), Senders: senders.of(e.RepID), Pursuit: c.pursuitOf(p),
			Touches: touches[e.ID], Settings: c.settings,
		}
		if e.PendingVersionID != nil {
			in.Pending = byVersion[*e.PendingVersionID]
		}
		if e.AppointmentID != nil {
			in.Appointment = appointments[*e.AppointmentID]
		}
		if e.CommitmentID != nil {
			in.Commitment = commitments[*e.CommitmentID]
		}
		if call, ok := calls[e.ID]; ok {
			in.LastCall, in.LastCallTask = call.Outcome, &call
		}
		inputs = append(inputs, in)
	}
	return inputs, nil
}

// senderPool is the reps' senders and the shared ones.
type senderPool []models.Sender

func senderPoolOf(tx *gorm.DB, reps []int64) (senderPool, error) {
	all, err := load[models.Sender](tx.Omit("Secrets").Where(tx.Where(anyOf(tx, "owner_id", reps)).Or("owner_id IS NULL")).Order("id"))
	return all, err
}

// of lists the rep's own first, then the shared ones.
func (pool senderPool) of(rep int64) []models.Sender {
	var own, shared []models.Sender
	for _, s := range pool {
		switch {
		case s.OwnerID == nil:
			shared = append(shared, s)
		case *s.OwnerID == rep:
			own = append(own, s)
		}
	}
	return append(own, shared...)
}

// histories are the touches of each enrollment that were not withdrawn, oldest
// first, with the booked calls of its appointment, whoever they were booked by.
func histories(tx *gorm.DB, es []models.Enrollment) (map[int64][]models.Touch, error) {
	enrolled, booked := idSet{}, idSet{}
	for i := range es {
		enrolled.add(&es[i].ID)
		booked.add(es[i].AppointmentID)
	}
	// Two statements, for an OR over two columns reads the whole table on SQLite.
	own, err := load[models.Touch](tx.Where("state <> 'canceled'").Where(anyOf(tx, "enrollment_id", enrolled.list())).Order("id"))
	if err != nil {
		return nil, err
	}
	var calls []models.Touch
	if len(booked) > 0 {
		calls, err = load[models.Touch](tx.Where("kind = 'booked_call' AND state <> 'canceled'").Where(anyOf(tx, "appointment_id", booked.list())).Order("id"))
		if err != nil {
			return nil, err
		}
	}
	byAppointment := map[int64][]models.Touch{}
	for _, t := range calls {
		byAppointment[*t.AppointmentID] = append(byAppointment[*t.AppointmentID], t)
	}
	out := make(map[int64][]models.Touch, len(es))
	for _, t := range own {
		if t.Kind == models.TouchBookedCall && t.AppointmentID != nil && booked[*t.AppointmentID] {
			continue // it comes with its appointment
		}
		out[*t.EnrollmentID] = append(out[*t.EnrollmentID], t)
	}
	for _, e := range es {
		if e.AppointmentID != nil {
			out[e.ID] = mergeByID(out[e.ID], byAppointment[*e.AppointmentID])
		}
	}
	return out, nil
}

// mergeByID keeps two lists that are in the order of their ids in it.
func mergeByID(a, b []models.Touch) []models.Touch {
	if len(b) == 0 {
		return a
	}
	out := make([]models.Touch, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].ID < b[0].ID {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
