package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// CallCard is what was prepared for a call; revision 0 where nothing was yet.
func (s *Store) CallCard(ctx context.Context, taskID int64) (models.CallCard, error) {
	card, err := cardOf(s.reader(ctx), taskID)
	if err != nil {
		return card, fmt.Errorf("card of task %d: %w", taskID, err)
	}
	return card, nil
}

func cardOf(tx *gorm.DB, taskID int64) (models.CallCard, error) {
	card := models.CallCard{TaskID: taskID}
	err := tx.Where("task_id = ?", taskID).Take(&card).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.CallCard{TaskID: taskID}, nil
	}
	return card, err
}

// SaveCallCard keeps a draft if nobody changed it since its revision was
// read. What was spoken is history: the card of a closed call stays as it is.
func (s *Store) SaveCallCard(ctx context.Context, card models.CallCard, now time.Time) (models.CallCard, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		_, task, err := lockTask(tx, card.TaskID)
		if err != nil {
			return err
		}
		if task.Kind != models.TaskCall || task.ProspectID == nil {
			return models.Invalid("task", "task %d is no call; it has no card", task.ID)
		}
		old, err := cardOf(tx, card.TaskID)
		if err != nil {
			return err
		}
		switch {
		case !task.Live():
			return models.Errorf(models.CodeConflict, "this call is %s already, so its card stays as it was", task.State)
		case old.Revision != card.Revision:
			return models.Errorf(models.CodeConflict, "the card of this call was changed elsewhere at the same time")
		}
		card.ProspectID, card.HeardAt = *task.ProspectID, old.HeardAt
		card.Revision, card.UpdatedAt = old.Revision+1, now
		return tx.Save(&card).Error
	})
	return card, shown(err)
}

// HeardReasons are the reasons for calling that a prospect has heard, newest first.
func (s *Store) HeardReasons(ctx context.Context, prospectID int64) ([]models.HeardReason, error) {
	heard, err := heardReasons(s.reader(ctx), prospectID)
	if err != nil {
		return nil, fmt.Errorf("what prospect %d has heard: %w", prospectID, err)
	}
	return heard, nil
}

func heardReasons(tx *gorm.DB, prospectID int64) ([]models.HeardReason, error) {
	var told []struct {
		models.TalkingPointUse
		Text string
	}
	err := tx.Table("talking_point_uses").Select("talking_point_uses.*, p.text").Joins("JOIN talking_points p ON p.id = talking_point_uses.talking_point_id").
		Where("prospect_id = ?", prospectID).Order("heard_at DESC, talking_point_uses.id DESC").Find(&told).Error
	if err != nil {
		return nil, err
	}
	cards, err := load[models.CallCard](tx.Where("prospect_id = ? AND heard_at IS NOT NULL", prospectID).Order("heard_at DESC, task_id DESC"))
	if err != nil {
		return nil, err
	}
	var heard []models.HeardReason
	for _, u := range told {
		heard = append(heard, models.HeardReason{TalkingPointID: &u.TalkingPointID, Text: u.Text, At: u.HeardAt})
	}
	for _, c := range cards {
		if _, twice := models.HeardBefore(heard, c.Reason); !twice {
			heard = append(heard, models.HeardReason{TalkingPointID: c.TalkingPointID, Text: c.Reason, At: *c.HeardAt})
		}
	}
	return heard, nil
}

// useTalkingPoint notes that a prospect has heard a talking point: once.
func useTalkingPoint(tx *gorm.DB, uses ...models.TalkingPointUse) error {
	if len(uses) == 0 {
		return nil
	}
	return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&uses).Error
}
