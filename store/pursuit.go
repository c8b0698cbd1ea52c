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

// endPursuit closes the open pursuit and opens the next: the count starts anew.
func endPursuit(tx *gorm.DB, prospectID int64, by models.PursuitEnd, actor string, now time.Time) error {
	p, err := openPursuit(tx, prospectID, now)
	if err != nil {
		return err
	}
	p.EndedAt, p.EndedBy = &now, by
	if err := saveRow(tx, &p); err != nil {
		return err
	}
	if _, err := openPursuit(tx, prospectID, now); err != nil {
		return err
	}
	return addEvents(tx, models.Event{
		At: now, Actor: actor, Kind: models.EventPursuit, Code: string(by), ProspectID: &prospectID,
	})
}
