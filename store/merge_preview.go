package store

import (
	"context"
	"slices"
	"time"

	"followup/models"
)

// MergePreview is what merging would do, before anybody does it.
type MergePreview struct {
	Keep, Drop MergeSide
	// Ends are the enrollments that would end, since both are in the sequence.
	Ends []string
	// Blocked: one of them must not be contacted, and so nobody is afterwards.
	Blocked bool
}

// MergeSide is one of two records with what it would bring.
type MergeSide struct {
	Who
	Owner       string
	Points      []models.ContactPoint
	Runs        []RunLabel
	Messages    Count
	Tasks       Count
	Commitments Count
	Calls       Count // booked ones
	Blocked     bool
}

// PreviewMerge looks at two records.
func (s *Store) PreviewMerge(ctx context.Context, keepID, dropID int64) (MergePreview, error) {
	var p MergePreview
	var err error
	if p.Keep, err = s.mergeSide(ctx, keepID); err != nil {
		return p, err
	}
	if p.Drop, err = s.mergeSide(ctx, dropID); err != nil {
		return p, err
	}
	in := map[string]bool{}
	for _, r := range p.Keep.Runs {
		in[r.Sequence] = true
	}
	for _, r := range p.Drop.Runs {
		if in[r.Sequence] {
			p.Ends = append(p.Ends, r.Sequence)
		}
	}
	p.Blocked = p.Keep.Blocked || p.Drop.Blocked
	return p, nil
}

func (s *Store) mergeSide(ctx context.Context, id int64) (MergeSide, error) {
	db := s.reader(ctx)
	var side MergeSide
	who, err := s.whoByID(db, []int64{id})
	if err != nil {
		return side, err
	}
	w, ok := who[id]
	if !ok {
		return side, models.Errorf(models.CodeNotFound, "There is no prospect here. It may have been removed, or the address is mistyped.")
	}
	side.Who = w
	users, err := rowsByID(db, []int64{w.Prospect.OwnerID}, func(u models.User) int64 { return u.ID })
	if err != nil {
		return side, err
	}
	side.Owner = users[w.Prospect.OwnerID].Name
	if err := db.Where("prospect_id = ?", id).Order("position, id").Find(&side.Points).Error; err != nil {
		return side, err
	}
	runs, err := runLabels(db, []int64{id})
	if err != nil {
		return side, err
	}
	side.Runs = runs[id]
	for _, c := range []struct {
		to    *Count
		model any
		where string
	}{
		{&side.Messages, &models.Message{}, "prospect_id = ?"}, {&side.Tasks, &models.Task{}, "prospect_id = ? AND state IN ('open', 'upcoming')"},
		{&side.Commitments, &models.Commitment{}, "prospect_id = ?"}, {&side.Calls, &models.Appointment{}, "prospect_id = ? AND state = 'booked'"},
	} {
		if *c.to, err = countTo(db.Model(c.model).Where(c.where, id), countLimit); err != nil {
			return side, err
		}
	}
	var orders int64
	err = db.Model(&models.Suppression{}).Where("prospect_id = ? AND scope = 'person' AND lifted_at IS NULL AND channel = ''", id).Count(&orders).Error
	side.Blocked = orders > 0
	return side, err
}

// UnmergePreview is what undoing a merge would do.
type UnmergePreview struct {
	Merge      models.Merge
	Keep, Drop models.Prospect
	Points     []string // addresses and numbers that the one who comes back has
	Ended      []string // sequences that the merge ended and that do not begin again
	Until      time.Time
	Refused    string // why it cannot be undone; "" where it can
}

// PreviewUnmerge looks at a merge that became part of a person's record.
func (s *Store) PreviewUnmerge(ctx context.Context, keepID, id int64, now time.Time) (UnmergePreview, error) {
	db := s.reader(ctx)
	var p UnmergePreview
	m, err := first[models.Merge](db.Where("id = ? AND keep_id = ?", id, keepID))
	if err != nil {
		return p, err
	}
	if m == nil {
		return p, models.Errorf(models.CodeNotFound, "There is no such merge of this record. Load the person’s page again.")
	}
	p.Merge = *m
	p.Until, _ = m.Undoable(now)
	for to, of := range map[*models.Prospect]int64{&p.Keep: m.KeepID, &p.Drop: m.DropID} {
		if *to, err = takeProspect(db, of); err != nil {
			return p, err
		}
	}
	err = mayUndo(db, p.Merge, p.Keep, p.Drop, now)
	switch models.CodeOf(err) {
	case models.CodeRefused, models.CodeConflict:
		p.Refused = err.Error()
		return p, nil
	}
	if err != nil {
		return p, err
	}
	points, err := contactPointsOf(db, m.KeepID)
	if err != nil {
		return p, err
	}
	for _, cp := range points {
		back := slices.Contains(m.Moved["contact_points"], cp.ID)
		if back || slices.ContainsFunc(m.Before.Same, func(s models.SamePoint) bool { return s.KeptID == cp.ID }) {
			p.Points = append(p.Points, cp.Value)
		}
	}
	if len(m.Before.Ended) > 0 {
		err = db.Table("enrollments").Joins("JOIN sequences ON sequences.id = enrollments.sequence_id").
			Where("enrollments.id IN ?", m.Before.Ended).Order("sequences.name").Pluck("sequences.name", &p.Ended).Error
	}
	return p, err
}
