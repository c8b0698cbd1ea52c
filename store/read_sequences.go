package store

import (
	"context"
	"math"

	"gorm.io/gorm"

	"followup/models"
)

// SequenceRow is a sequence in the list.
type SequenceRow struct {
	Sequence models.Sequence
	Version  *models.SequenceVersion // the current one; nil before the first
	Active   Count
	Paused   Count
	Finished Count
}

// Inside counts those who have not finished.
func (r SequenceRow) Inside() int64 { return int64(r.Active.N + r.Paused.N) }

// ViewSequences lists the sequences by name with how many people are inside.
func (s *Store) ViewSequences(ctx context.Context) ([]SequenceRow, error) {
	db := s.reader(ctx)
	var sequences []models.Sequence
	if err := db.Order("name, id").Find(&sequences).Error; err != nil {
		return nil, err
	}
	rows, err := sequenceRows(db, sequences)
	if err != nil {
		return nil, err
	}
	return rows, countRuns(db, rows, countLimit)
}

// SequencesFor lists what people of these teams can be enrolled in: what is
// published, and shared with everybody or with one of the teams.
func (s *Store) SequencesFor(ctx context.Context, teams ...int64) ([]SequenceRow, error) {
	db := s.reader(ctx)
	shared := db.Where("team_id IS NULL")
	if len(teams) > 0 {
		shared = shared.Or(anyOf(db, "team_id", teams))
	}
	var sequences []models.Sequence
	if err := db.Where("state = ? AND current_version_id IS NOT NULL", models.SequenceActive).Where(shared).Order("name, id").Find(&sequences).Error; err != nil {
		return nil, err
	}
	return sequenceRows(db, sequences)
}

func sequenceRows(db *gorm.DB, sequences []models.Sequence) ([]SequenceRow, error) {
	versions := idSet{}
	for _, q := range sequences {
		versions.add(q.CurrentVersionID)
	}
	current, err := rowsByID(db, versions.list(), func(v models.SequenceVersion) int64 { return v.ID })
	if err != nil {
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
		rows = append(rows, row)
	}
	return rows, nil
}

// countRuns counts the people of each sequence by state, up to a limit each:
// counting a million enrollments takes longer than a page may.
func countRuns(db *gorm.DB, rows []SequenceRow, limit int) error {
	ids, place := make([]int64, len(rows)), map[int64]int{}
	for i, r := range rows {
		ids[i], place[r.Sequence.ID] = r.Sequence.ID, i
	}
	if len(ids) == 0 {
		return nil
	}
	var counts []struct {
		ID                       int64
		Active, Paused, Finished int
	}
	of := func(state models.EnrollmentState) string {
		return "(SELECT COUNT(*) FROM (SELECT 1 FROM enrollments e WHERE e.sequence_id = sequences.id AND e.state = '" + string(state) + "' LIMIT @most) x)"
	}
	err := db.Model(&models.Sequence{}).Select("id, "+of(models.EnrollmentActive)+" AS active, "+of(models.EnrollmentPaused)+" AS paused, "+of(models.EnrollmentFinished)+" AS finished",
		map[string]any{"most": limit + 1}).Where(anyOf(db, "id", ids)).Scan(&counts).Error
	for _, c := range counts {
		r := &rows[place[c.ID]]
		r.Active, r.Paused, r.Finished = atMost(c.Active, limit), atMost(c.Paused, limit), atMost(c.Finished, limit)
	}
	return err
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
	rows, err := sequenceRows(db, []models.Sequence{v.Sequence})
	if err != nil {
		return v, err
	}
	// Who publishes wants to know exactly how many are inside.
	if err := countRuns(db, rows, math.MaxInt32); err != nil {
		return v, err
	}
	v.SequenceRow = rows[0]
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
