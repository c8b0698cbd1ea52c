package store

import (
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// openPursuit gives the prospect's open pursuit, starting one where there is none.
func openPursuit(tx *gorm.DB, prospectID int64, now time.Time) (models.Pursuit, error) {
	var p models.Pursuit
	err := tx.Where("prospect_id = ? AND ended_at IS NULL", prospectID).Take(&p).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return p, err
	}
	p = models.Pursuit{ProspectID: prospectID, StartedAt: now}
	return p, tx.Create(&p).Error
}

// countFollowUp counts a touch that was made in the pursuit: follow-ups once
// per local day, a goodbye by its time. Everything else does not count.
func countFollowUp(tx *gorm.DB, prospect models.Prospect, touch models.Touch, now time.Time) error {
	goodbye := touch.Purpose == models.PurposeGoodbye
	if !goodbye && !touch.Purpose.Counts() {
		return nil
	}
	p, err := openPursuit(tx, prospect.ID, now)
	if err != nil {
		return err
	}
	if goodbye {
		if p.GoodbyeAt != nil {
			return nil
		}
		p.GoodbyeAt = &now
		return saveRow(tx, &p)
	}
	if !p.Count(localDay(prospect, now)) {
		return nil
	}
	return saveRow(tx, &p)
}

// endPursuit closes the open pursuit and opens the next: the count starts
// anew. One that nobody had begun is recorded as begun and ended by this.
func endPursuit(tx *gorm.DB, prospectID int64, by models.PursuitEnd, actor string, now time.Time) error {
	ended := tx.Model(&models.Pursuit{}).Where("prospect_id = ? AND ended_at IS NULL", prospectID).
		UpdateColumns(map[string]any{"ended_at": now, "ended_by": by})
	if ended.Error != nil {
		return ended.Error
	}
	fresh := []models.Pursuit{{ProspectID: prospectID, StartedAt: now}}
	if ended.RowsAffected == 0 {
		fresh = append([]models.Pursuit{{ProspectID: prospectID, StartedAt: now, EndedAt: &now, EndedBy: by}}, fresh...)
	}
	if err := tx.Create(&fresh).Error; err != nil {
		return err
	}
	return addEvents(tx, models.Event{
		At: now, Actor: actor, Kind: models.EventPursuit, Code: string(by), ProspectID: &prospectID,
	})
}
