package store

import (
	"context"

	"followup/models"
)

// SequenceRow is a sequence in the list.
type SequenceRow struct {
	Sequence models.Sequence
	Version  *models.SequenceVersion // the current one; nil before the first
	Active   int64
	Paused   int64
	Finished int64
}

// ViewSequences lists the sequences by name with how many people are inside.
func (s *Store) ViewSequences(ctx context.Context) ([]SequenceRow, error) {
	db := s.reader(ctx)
	var sequences []models.Sequence
	if err := db.Order("name, id").Find(&sequences).Error; err != nil {
		return nil, err
	}
	versions := idSet{}
	for _, q := range sequences {
		versions.add(q.CurrentVersionID)
	}
	current, err := rowsByID(db, versions.list(), func(v models.SequenceVersion) int64 { return v.ID })
	if err != nil {
		return nil, err
	}
	var counts []struct {
		SequenceID int64
		State      models.EnrollmentState
		N          int64
	}
	if err := db.Model(&models.Enrollment{}).Select("sequence_id, state, COUNT(*) AS n").Group("sequence_id, state").Scan(&counts).Error; err != nil {
		return nil, err
	}
	rows := make([]SequenceRow, 0, len(sequences))
	for _, q := range sequences {
		row := SequenceRow{Sequence: q}
		if q.CurrentVersionID != nil {
			if v, ok := current[*q.CurrentVersionID]; ok {
				row.Version = &v
			}
		}
		for _, c := range counts {
			if c.SequenceID != q.ID {
				continue
			}
			switch c.State {
			case models.EnrollmentActive:
				row.Active = c.N
			case models.EnrollmentPaused:
				row.Paused = c.N
			case models.EnrollmentFinished:
				row.Finished = c.N
			}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// SequenceView is a sequence's page.
type SequenceView struct {
	SequenceRow
	Versions []models.SequenceVersion // newest first, without their definitions' use
	Editor   string                   // who saved the draft
}

// ViewSequence loads a sequence by its key.
func (s *Store) ViewSequence(ctx context.Context, key string) (SequenceView, error) {
	db := s.reader(ctx)
	var v SequenceView
	if err := db.Where(&models.Sequence{Key: key}).Take(&v.Sequence).Error; err != nil {
		return v, viewNotFound(err, "sequence")
	}
	rows, err := s.ViewSequences(ctx)
	if err != nil {
		return v, err
	}
	for _, r := range rows {
		if r.Sequence.ID == v.Sequence.ID {
			v.SequenceRow = r
		}
	}
	if err := db.Where("sequence_id = ?", v.Sequence.ID).Order("number DESC").Limit(20).Find(&v.Versions).Error; err != nil {
		return v, err
	}
	if v.Sequence.DraftBy != nil {
		var u models.User
		if err := db.Where("id = ?", *v.Sequence.DraftBy).Limit(1).Find(&u).Error; err != nil {
			return v, err
		}
		v.Editor = u.Name
	}
	return v, nil
}
