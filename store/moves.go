package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// moveBatch bounds one transaction of a version move: an inbound waits for
// the batch that holds its person.
const moveBatch = 100

// inside are those who have not finished.
const inside = "sequence_id = ? AND state <> 'finished'"

// beginMove records that the people inside are to come along; one that is not
// through yet gives way to it.
func beginMove(tx *gorm.DB, seq models.Sequence, v models.SequenceVersion, p models.Publication) (*models.VersionMove, error) {
	err := tx.Model(&models.VersionMove{}).Where("sequence_id = ? AND state = ?", seq.ID, models.MoveRunning).
		UpdateColumns(map[string]any{"state": models.MoveReplaced, "ended_at": p.Now, "updated_at": p.Now}).Error
	if err != nil {
		return nil, err
	}
	var behind int64
	err = tx.Model(&models.Enrollment{}).Where(inside, seq.ID).
		Where("version_id <> ? OR pending_version_id IS NOT NULL AND pending_version_id <> ?", v.ID, v.ID).Count(&behind).Error
	if err != nil || behind == 0 {
		return nil, err
	}
	m := models.VersionMove{SequenceID: seq.ID, VersionID: v.ID, UserID: p.By, State: models.MoveRunning, GoOnAt: p.GoOnAt,
		Total: int(behind), CreatedAt: p.Now, UpdatedAt: p.Now}
	return &m, tx.Create(&m).Error
}

// ContinueMoves tells the next batch of a running version move, the oldest
// one first, that it is to go to the other version; the engine carries that
// out as soon as nothing of a person's is under way. It gives how many were
// told, and false when no move is running.
func (s *Store) ContinueMoves(ctx context.Context, now time.Time) (told int, more bool, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		told, more = 0, false
		var m models.VersionMove
		err := forUpdate(tx).Where("state = ?", models.MoveRunning).Order("id").Limit(1).Take(&m).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		more = true
		told, err = s.continueMove(tx, &m, now)
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("version move: %w", err)
	}
	return told, more, nil
}

func (s *Store) continueMove(tx *gorm.DB, m *models.VersionMove, now time.Time) (int, error) {
	var batch []models.Enrollment
	err := tx.Select("id", "prospect_id").Where(inside, m.SequenceID).Where("id > ?", m.AfterID).
		Order("id").Limit(moveBatch).Find(&batch).Error
	if err != nil {
		return 0, err
	}
	m.UpdatedAt = now
	if len(batch) == 0 {
		m.State, m.EndedAt = models.MoveDone, &now
		return 0, saveRow(tx, m)
	}
	ids, people := make([]int64, len(batch)), make([]int64, len(batch))
	for i, e := range batch {
		ids[i], people[i] = e.ID, e.ProspectID
	}
	if _, err := lockProspects(tx, people); err != nil {
		return 0, err
	}
	told, err := s.tellMove(tx, m, ids, now)
	if err != nil {
		return 0, err
	}
	m.AfterID = ids[len(ids)-1]
	m.Done += told
	return told, saveRow(tx, m)
}

// tellMove sets the pending version of those who are on another one; their
// people are locked.
func (s *Store) tellMove(tx *gorm.DB, m *models.VersionMove, ids []int64, now time.Time) (int, error) {
	es, err := enrollmentsByID(tx, ids)
	if err != nil {
		return 0, err
	}
	behind, places := es[:0], map[int64]string{}
	for _, e := range es {
		if e.Live() && (e.VersionID != m.VersionID || e.PendingVersionID != nil && *e.PendingVersionID != m.VersionID) {
			behind = append(behind, e)
		}
	}
	if len(behind) == 0 {
		return 0, nil
	}
	if len(m.GoOnAt) > 0 {
		if places, err = lastSteps(tx, ids); err != nil {
			return 0, err
		}
	}
	goOn := map[string][]int64{} // chosen step → enrollments
	told := make([]int64, 0, len(behind))
	for _, e := range behind {
		told = append(told, e.ID)
		if at := m.GoOnAt[places[e.ID]]; at != "" {
			goOn[at] = append(goOn[at], e.ID)
		}
	}
	for at, ids := range goOn {
		if err := tx.Model(&models.Enrollment{}).Where(anyOf(tx, "id", ids)).UpdateColumn("go_on_at", at).Error; err != nil {
			return 0, err
		}
	}
	return len(told), setPending(tx, told, m.VersionID, now)
}

// setPending asks for the move and has those planned anew that are not resting.
func setPending(tx *gorm.DB, ids []int64, version int64, now time.Time) error {
	to := tx.Model(&models.Enrollment{}).Where(anyOf(tx, "id", ids))
	if err := to.UpdateColumns(map[string]any{"pending_version_id": version, "updated_at": now}).Error; err != nil {
		return err
	}
	// Who is there already was on the way to another one.
	there := tx.Model(&models.Enrollment{}).Where(anyOf(tx, "id", ids)).Where("version_id = ?", version)
	if err := there.UpdateColumn("pending_version_id", nil).Error; err != nil {
		return err
	}
	return replanEnrollments(tx, ids, now)
}

// lastSteps are the steps that ended last, by enrollment.
func lastSteps(tx *gorm.DB, ids []int64) (map[int64]string, error) {
	var rows []struct {
		EnrollmentID int64
		StepKey      string
	}
	err := tx.Model(&models.Touch{}).Select("enrollment_id, step_key").
		Where(anyOf(tx, "enrollment_id", ids)).
		Where("kind <> 'booked_call' AND state <> 'canceled' AND ended_at IS NOT NULL").
		Order("ended_at, id").Scan(&rows).Error
	last := make(map[int64]string, len(rows))
	for _, r := range rows {
		last[r.EnrollmentID] = r.StepKey
	}
	return last, err
}

// PlaceEnrollment settles the place of somebody whose last step the new
// version does not have: they go on at a step of it, or stay on their version
// where goOnAt is "". The task that asked is closed and the pause lifted.
func (s *Store) PlaceEnrollment(ctx context.Context, id int64, goOnAt, by string, now time.Time) error {
	return s.withEnrollment(ctx, id, func(tx *gorm.DB, _ models.Prospect, e models.Enrollment) error {
		if !e.Live() || e.PendingVersionID == nil {
			return models.Errorf(models.CodeConflict, "nobody waits here any more: the enrollment has ended, or has moved meanwhile")
		}
		set := map[string]any{"pending_version_id": nil, "updated_at": now}
		if goOnAt != "" {
			version, err := versionOf(tx, *e.PendingVersionID)
			if err != nil {
				return err
			}
			if version.Definition.Index(goOnAt) < 0 {
				return models.Invalid("go_on_at", "version %d has no step %q; choose one of those listed", version.Number, goOnAt)
			}
			set = map[string]any{"go_on_at": goOnAt, "updated_at": now}
		}
		if err := tx.Model(&models.Enrollment{}).Where("id = ?", id).UpdateColumns(set).Error; err != nil {
			return err
		}
		if err := closePlaceTasks(tx, e, by, now); err != nil {
			return err
		}
		return replanEnrollments(tx, []int64{id}, now)
	})
}

// closePlaceTasks closes what asked for the place and lifts its pause.
func closePlaceTasks(tx *gorm.DB, e models.Enrollment, by string, now time.Time) error {
	var tasks []models.Task
	err := tx.Where("enrollment_id = ? AND kind = ? AND state = ? AND reason = ?", e.ID, models.TaskResolve, models.TaskOpen, models.AttentionVersion).Find(&tasks).Error
	if err != nil {
		return err
	}
	for i := range tasks {
		t := &tasks[i]
		if err := t.Close(models.TaskDone, by, now); err != nil {
			return err
		}
		if err := saveRow(tx, t); err != nil {
			return err
		}
		if err := addEvents(tx, taskEvent(models.EventTaskClosed, *t, string(t.State), by, now)); err != nil {
			return err
		}
		if err := liftRepaired(tx, *t, by, now); err != nil {
			return err
		}
	}
	return nil
}

// MoveProgress is a version move with its version's number.
type MoveProgress struct {
	models.VersionMove
	Number  int
	Waiting int64 // told, and with something under way, resting or held
	Held    int64 // of those waiting: their place in the new version is asked about
}

// ViewMove is the newest version move of a sequence; nil where there was none.
func (s *Store) ViewMove(ctx context.Context, sequenceID int64) (*MoveProgress, error) {
	db := s.reader(ctx)
	var moves []models.VersionMove
	if err := db.Where("sequence_id = ?", sequenceID).Order("id DESC").Limit(1).Find(&moves).Error; err != nil || len(moves) == 0 {
		return nil, err
	}
	m := MoveProgress{VersionMove: moves[0]}
	if err := db.Model(&models.SequenceVersion{}).Select("number").Where("id = ?", m.VersionID).Scan(&m.Number).Error; err != nil {
		return nil, err
	}
	waiting := db.Model(&models.Enrollment{}).Where(inside+" AND pending_version_id = ?", sequenceID, m.VersionID)
	if err := waiting.Count(&m.Waiting).Error; err != nil {
		return nil, err
	}
	err := db.Model(&models.Task{}).Where("kind = ? AND state = ? AND reason = ?", models.TaskResolve, models.TaskOpen, models.AttentionVersion).
		Where("enrollment_id IN (SELECT id FROM enrollments WHERE "+inside+")", sequenceID).Count(&m.Held).Error
	return &m, err
}
