package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// loadPersonRows reads what the facts of these people follow from: a handful
// of queries for all of them.
func loadPersonRows(tx *gorm.DB, ids []int64) (map[int64]*personRows, error) {
	out := map[int64]*personRows{}
	people, err := load[models.Prospect](tx.Select("id", "zone", "owner_id", "merged_into").Where(anyOf(tx, "id", ids)))
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		out[p.ID] = &personRows{prospect: p}
	}
	for _, part := range []func(*gorm.DB, []int64, map[int64]*personRows) error{loadDone, loadSaid, loadAgreed, loadRunsAndMoves} {
		if err := part(tx, ids, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// share gives each row to its person.
func share[T any](tx *gorm.DB, q *gorm.DB, ids []int64, out map[int64]*personRows, whose func(T) *int64, keep func(*personRows, T)) error {
	rows, err := load[T](q.Where(anyOf(tx, "prospect_id", ids)).Order("id"))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if id := whose(row); id != nil && out[*id] != nil {
			keep(out[*id], row)
		}
	}
	return nil
}

// loadDone: touches that were carried out, and calls.
func loadDone(tx *gorm.DB, ids []int64, out map[int64]*personRows) error {
	err := share(tx, tx.Select("id", "prospect_id", "enrollment_id", "step_key", "variant", "channel", "purpose", "rep_id", "state", "ended_at").
		Where("state IN ('sent', 'done')"), ids, out,
		func(t models.Touch) *int64 { return &t.ProspectID }, func(r *personRows, t models.Touch) { r.touches = append(r.touches, t) })
	if err != nil {
		return err
	}
	return share(tx, tx.Select("id", "prospect_id", "touch_id", "appointment_id", "user_id", "state", "outcome", "dialed_at", "closed_at").
		Where("kind = 'call'"), ids, out,
		func(t models.Task) *int64 { return t.ProspectID }, func(r *personRows, t models.Task) { r.calls = append(r.calls, t) })
}

// loadSaid: what people wrote to us, and what we wrote elsewhere.
func loadSaid(tx *gorm.DB, ids []int64, out map[int64]*personRows) error {
	return share(tx, tx.Select("id", "prospect_id", "touch_id", "direction", "channel", "class", "mark", "user_id", "sent_at", "created_at").
		Where("direction = 'inbound' OR touch_id IS NULL"), ids, out,
		func(m models.Message) *int64 { return m.ProspectID },
		func(r *personRows, m models.Message) {
			switch {
			case m.Direction == models.Inbound && m.Class.Engagement():
				r.inbound = append(r.inbound, m)
			case m.Direction == models.Outbound:
				r.elsewhere = append(r.elsewhere, m)
			}
		})
}

// loadAgreed: booked calls, promises, pursuits and the customer's stops.
func loadAgreed(tx *gorm.DB, ids []int64, out map[int64]*personRows) error {
	err := share(tx, tx.Select("id", "prospect_id", "rep_id", "starts_at", "state", "created_at", "ended_at"), ids, out,
		func(a models.Appointment) *int64 { return &a.ProspectID }, func(r *personRows, a models.Appointment) { r.appointments = append(r.appointments, a) })
	if err != nil {
		return err
	}
	err = share(tx, tx.Select("id", "prospect_id", "rep_id", "value", "due_on", "state", "created_at"), ids, out,
		func(c models.Commitment) *int64 { return &c.ProspectID }, func(r *personRows, c models.Commitment) { r.commitments = append(r.commitments, c) })
	if err != nil {
		return err
	}
	err = share(tx, tx.Select("id", "prospect_id", "follow_ups", "started_at", "ended_at", "ended_by"), ids, out,
		func(p models.Pursuit) *int64 { return &p.ProspectID }, func(r *personRows, p models.Pursuit) { r.pursuits = append(r.pursuits, p) })
	if err != nil {
		return err
	}
	return share(tx, tx.Select("id", "prospect_id", "created_at").Where(`"by" = ?`, models.ActorCustomer), ids, out,
		func(s models.Suppression) *int64 { return s.ProspectID }, func(r *personRows, s models.Suppression) { r.stops = append(r.stops, s) })
}

// loadRunsAndMoves: enrollments, and which version they were in before.
func loadRunsAndMoves(tx *gorm.DB, ids []int64, out map[int64]*personRows) error {
	whose := map[int64]int64{}
	err := share(tx, tx.Select("id", "prospect_id", "sequence_id", "version_id", "outcome", "started_at", "finished_at"), ids, out,
		func(e models.Enrollment) *int64 { return &e.ProspectID },
		func(r *personRows, e models.Enrollment) {
			whose[e.ID] = e.ProspectID
			r.enrollments = append(r.enrollments, e)
		})
	if err != nil || len(whose) == 0 {
		return err
	}
	runs := make([]int64, 0, len(whose))
	for id := range whose {
		runs = append(runs, id)
	}
	slices.Sort(runs)
	var moves []struct {
		EnrollmentID int64
		At           time.Time
		FromVersion  int64
	}
	err = tx.Table("insight_moves").Where(anyOf(tx, "enrollment_id", runs)).Order("event_id").Scan(&moves).Error
	for _, m := range moves {
		r := out[whose[m.EnrollmentID]]
		if r.moves == nil {
			r.moves = map[int64][]versionMove{}
		}
		r.moves[m.EnrollmentID] = append(r.moves[m.EnrollmentID], versionMove{m.EnrollmentID, m.At, m.FromVersion})
	}
	return err
}
