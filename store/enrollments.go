package store

import (
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// keepEnrollment saves an enrollment and its set of pauses.
func keepEnrollment(tx *gorm.DB, e *models.Enrollment) error {
	if err := saveRow(tx, e); err != nil {
		return err
	}
	var stored []models.Pause
	if err := tx.Where("enrollment_id = ?", e.ID).Find(&stored).Error; err != nil {
		return err
	}
	var gone []int64
	for _, p := range stored {
		if !slices.ContainsFunc(e.Pauses, func(q models.Pause) bool { return q.ID == p.ID }) {
			gone = append(gone, p.ID)
		}
	}
	if len(gone) > 0 {
		if err := tx.Where("id IN ?", gone).Delete(&models.Pause{}).Error; err != nil {
			return err
		}
	}
	for i := range e.Pauses {
		p := &e.Pauses[i]
		p.EnrollmentID = e.ID
		if p.ID == 0 {
			if err := tx.Create(p).Error; err != nil {
				return err
			}
			continue
		}
		if err := saveRow(tx, p); err != nil {
			return err
		}
	}
	return nil
}

// replanEnrollments has the scheduler plan the active ones of them at its next Tick.
func replanEnrollments(tx *gorm.DB, ids []int64, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	return tx.Model(&models.Enrollment{}).
		Where(anyOf(tx, "id", ids)).Where("state = 'active'").
		UpdateColumns(map[string]any{"replan_at": now, "updated_at": now}).Error
}

// replanProspect does so for all of a person's.
func replanProspect(tx *gorm.DB, prospectID int64, now time.Time) error {
	return tx.Model(&models.Enrollment{}).
		Where("prospect_id = ? AND state = 'active'", prospectID).
		UpdateColumns(map[string]any{"replan_at": now, "updated_at": now}).Error
}

func enrollmentEvent(kind models.EventKind, e models.Enrollment, code, actor string, now time.Time) models.Event {
	return models.Event{
		At: now, Actor: actor, Kind: kind, Code: code,
		ProspectID: &e.ProspectID, EnrollmentID: &e.ID, SequenceID: &e.SequenceID,
	}
}
