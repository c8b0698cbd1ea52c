package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// MaxBatch is the most people or lines that one batch takes.
const MaxBatch = 50_000

// CreateBatch keeps work on many with its people; the same form again finds
// the first. Whoever was merged into another, or named twice, counts once; whoever v does not see is left out.
func (s *Store) CreateBatch(ctx context.Context, b models.Batch, prospectIDs []int64, v Visibility, now time.Time) (models.Batch, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		if b.FormToken != nil {
			var first models.Batch
			err := tx.Where("form_token = ?", *b.FormToken).Take(&first).Error
			if err == nil {
				b = first
				return nil
			}
			if !errors.Is(err, gorm.ErrRecordNotFound) {
				return err
			}
		}
		rows, err := batchPeople(tx, prospectIDs, v, now)
		if err != nil {
			return err
		}
		b.ID, b.State, b.CreatedAt, b.UpdatedAt = 0, models.BatchDraft, now, now
		if len(prospectIDs) > 0 {
			b.Total = len(rows)
		}
		if err := tx.Create(&b).Error; err != nil {
			return err
		}
		calls, err := callsOfSource(tx, b.SourceID)
		if err != nil {
			return err
		}
		for i := range rows {
			rows[i].BatchID = b.ID
			if from, ok := calls[*rows[i].ProspectID]; ok {
				rows[i].CallAt, rows[i].CallZone = from.CallAt, from.CallZone
			}
		}
		return insertRows(tx, rows)
	})
	return b, shown(err)
}

// callsOfSource are the rows of a file that name a booked call, by person; of
// two lines for one person the later counts.
func callsOfSource(tx *gorm.DB, source *int64) (map[int64]models.BatchRow, error) {
	calls := map[int64]models.BatchRow{}
	if source == nil {
		return calls, nil
	}
	rows, err := load[models.BatchRow](tx.Where("batch_id = ? AND state = 'done' AND call_at IS NOT NULL AND prospect_id IS NOT NULL", *source).Order("place"))
	for _, r := range rows {
		calls[*r.ProspectID] = r
	}
	return calls, err
}

// BatchCalls counts the rows of a batch that name a booked call.
func (s *Store) BatchCalls(ctx context.Context, id int64) (int64, error) {
	var n int64
	err := s.reader(ctx).Model(&models.BatchRow{}).Where("batch_id = ? AND call_at IS NOT NULL", id).Count(&n).Error
	return n, err
}

// BatchRowOf is a person's row of a batch; nil: they are not in it.
func (s *Store) BatchRowOf(ctx context.Context, id, prospectID int64) (*models.BatchRow, error) {
	return first[models.BatchRow](s.reader(ctx).Where("batch_id = ? AND prospect_id = ?", id, prospectID))
}

func batchPeople(tx *gorm.DB, ids []int64, v Visibility, now time.Time) ([]models.BatchRow, error) {
	if len(ids) > MaxBatch {
		return nil, models.Errorf(models.CodeInvalid, "These are %d people; at most %d can be taken at once. Narrow the list down.", len(ids), MaxBatch)
	}
	if len(ids) == 0 {
		return nil, nil
	}
	seenBy, err := load[models.Prospect](v.owners(tx.Where(anyOf(tx, "id", ids)), "owner_id"))
	if err != nil {
		return nil, err
	}
	people := make(map[int64]models.Prospect, len(seenBy))
	for _, p := range seenBy {
		people[p.ID] = p
	}
	seen := map[int64]bool{}
	var rows []models.BatchRow
	for _, id := range ids {
		p, ok := people[id]
		if !ok || p.MergedInto != nil || seen[id] {
			continue
		}
		seen[id] = true
		rows = append(rows, models.BatchRow{Place: len(rows) + 1, ProspectID: &p.ID, Name: p.Name(), State: models.RowPending, UpdatedAt: now})
	}
	return rows, nil
}

// Batch loads one.
func (s *Store) Batch(ctx context.Context, id int64) (models.Batch, error) {
	var b models.Batch
	err := s.reader(ctx).Where("id = ?", id).Take(&b).Error
	return b, notFound(err, "batch", id)
}

// BatchOwners are the owners of a batch's people.
func (s *Store) BatchOwners(ctx context.Context, id int64) ([]models.User, error) {
	db := s.reader(ctx)
	return load[models.User](db.Where("id IN (?)", db.Table("batch_rows").Select("p.owner_id").
		Joins("JOIN prospects p ON p.id = batch_rows.prospect_id").Where("batch_rows.batch_id = ?", id)).Order("id"))
}

// WorkingBatches are those of a kind that the background has work for, the
// oldest first.
func (s *Store) WorkingBatches(ctx context.Context, kind models.BatchKind) ([]models.Batch, error) {
	var all []models.Batch
	err := s.reader(ctx).Omit("content").Where("kind = ? AND state IN ('checking', 'running')", kind).Order("id").Limit(20).Find(&all).Error
	return all, err
}

// ChangeBatch changes one within its lock. Rows go back to what they were
// before they were looked at where it is to be checked anew, and those that
// can be done wait again where it is to run.
func (s *Store) ChangeBatch(ctx context.Context, id int64, now time.Time, change func(*models.Batch) error) (models.Batch, error) {
	var b models.Batch
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		if err := forUpdate(tx).Where("id = ?", id).Take(&b).Error; err != nil {
			return notFound(err, "batch", id)
		}
		was := b.State
		if err := change(&b); err != nil {
			return err
		}
		b.UpdatedAt = now
		if was != b.State && b.State == models.BatchChecking {
			b.Done, b.Refused = 0, 0
			if err := resetRows(tx, b); err != nil {
				return err
			}
		}
		if was != b.State && b.State == models.BatchRunning {
			b.Done = 0
			if b.Kind == models.BatchImport { // its lines are recorded anew as they are saved
				b.Refused = 0
				if err := resetRows(tx, b); err != nil {
					return err
				}
			}
		}
		return saveRow(tx, &b)
	})
	return b, shown(err)
}

// resetRows: the lines of a file are found anew by each check; people stay.
func resetRows(tx *gorm.DB, b models.Batch) error {
	if b.Kind == models.BatchImport {
		return tx.Where("batch_id = ?", b.ID).Delete(&models.BatchRow{}).Error
	}
	return tx.Model(&models.BatchRow{}).Where("batch_id = ?", b.ID).UpdateColumns(map[string]any{"state": models.RowPending, "reason": "", "warning": ""}).Error
}

// BatchRows lists rows of a batch by place, those in a state where one is named.
func (s *Store) BatchRows(ctx context.Context, id int64, state models.RowState, after, limit int) ([]models.BatchRow, error) {
	q := s.reader(ctx).Where("batch_id = ? AND place > ?", id, after)
	switch state {
	case "":
	case models.RowWarned:
		q = q.Where("warning <> ''")
	default:
		q = q.Where("state = ?", state)
	}
	var rows []models.BatchRow
	err := q.Order("place").Limit(limit).Find(&rows).Error
	return rows, err
}

// LastPlace is the last line of a file that is recorded.
func (s *Store) LastPlace(ctx context.Context, id int64) (int, error) {
	var rows []models.BatchRow
	err := s.write.WithContext(ctx).Where("batch_id = ?", id).Order("place DESC").Limit(1).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return rows[0].Place, nil
}

// RecordRows keeps what became of some rows of a batch that is still in the
// state in which they were taken up, and what it came to in all. Where the
// batch was canceled meanwhile it tells so and keeps what was done.
func (s *Store) RecordRows(ctx context.Context, id int64, in models.BatchState, rows []models.BatchRow, now time.Time) (goOn bool, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		var b models.Batch
		if err := forUpdate(tx).Select("id", "state", "kind").Where("id = ?", id).Take(&b).Error; err != nil {
			return notFound(err, "batch", id)
		}
		goOn = b.State == in
		if in == models.BatchChecking && !goOn {
			return nil // somebody chose anew
		}
		var fresh []models.BatchRow
		for _, r := range rows {
			r.UpdatedAt = now
			if r.ID == 0 {
				r.BatchID = id
				fresh = append(fresh, r)
				continue
			}
			err := tx.Model(&models.BatchRow{}).Where("id = ?", r.ID).
				UpdateColumns(map[string]any{"state": r.State, "reason": r.Reason, "prospect_id": r.ProspectID, "updated_at": now}).Error
			if err != nil {
				return err
			}
		}
		if err := insertRows(tx, fresh); err != nil {
			return err
		}
		return countRows(tx, id, in, now)
	})
	return goOn, shown(err)
}

// countRows writes how far a batch has come.
func countRows(tx *gorm.DB, id int64, in models.BatchState, now time.Time) error {
	done := "state <> 'pending'"
	if in == models.BatchRunning {
		done = "state IN ('done', 'refused')"
	}
	return tx.Exec(`UPDATE batches SET updated_at = ?,
		done = (SELECT count(*) FROM batch_rows r WHERE r.batch_id = batches.id AND r.`+done+`),
		refused = (SELECT count(*) FROM batch_rows r WHERE r.batch_id = batches.id AND r.state = 'refused')
		WHERE id = ?`, now, id).Error
}

// EnrolledBefore finds the live enrollment that a user began since a moment:
// what a process did that ended before it could say so.
func (s *Store) EnrolledBefore(ctx context.Context, prospectID, sequenceID int64, by string, since time.Time) (bool, error) {
	var n int64
	err := s.write.WithContext(ctx).Model(&models.Enrollment{}).
		Where("prospect_id = ? AND sequence_id = ? AND state <> 'finished' AND enrolled_by = ? AND started_at >= ?", prospectID, sequenceID, by, since).Count(&n).Error
	return n > 0, err
}

// ImportedPeople are those whom an import added, changed or found again.
func (s *Store) ImportedPeople(ctx context.Context, batchID int64) ([]int64, error) {
	var ids []int64
	err := s.reader(ctx).Model(&models.BatchRow{}).Where("batch_id = ? AND state = 'done' AND prospect_id IS NOT NULL", batchID).
		Order("place").Pluck("prospect_id", &ids).Error
	return ids, err
}

// BatchList are the latest batches of a user.
func (s *Store) BatchList(ctx context.Context, userID int64, limit int) ([]models.Batch, error) {
	var all []models.Batch
	err := s.reader(ctx).Omit("content").Where("user_id = ?", userID).Order("id DESC").Limit(limit).Find(&all).Error
	return all, err
}

// keepBatches is how long what became of a batch can be looked up.
const keepBatches = 60 * 24 * time.Hour

// PruneBatches forgets batches long over: their rows name people.
func (s *Store) PruneBatches(ctx context.Context, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		old := tx.Model(&models.Batch{}).Select("id").Where("updated_at < ? AND state NOT IN ('checking', 'running')", now.Add(-keepBatches))
		if err := tx.Where("batch_id IN (?)", old).Delete(&models.BatchRow{}).Error; err != nil {
			return err
		}
		if err := tx.Model(&models.Batch{}).Where("source_id IN (?)", old).UpdateColumn("source_id", nil).Error; err != nil {
			return err
		}
		return tx.Where("id IN (?)", old).Delete(&models.Batch{}).Error
	}))
}
