package store

import (
	"strings"

	"gorm.io/gorm/clause"

	"followup/models"
)

// noteHeard keeps which talking points of the library the prospect has heard
// now, so that none is told twice. The task's preparation holds what the rep
// had before them as it was rendered; a point that was not told to anybody,
// because nobody answered, stays fresh.
func (c *callClosing) noteHeard() error {
	said := c.task.Prep.TalkingPoint
	if said == "" || !c.r.Outcome.Answered() {
		return nil
	}
	var library []models.TalkingPoint
	if err := c.tx.Where("retired_at IS NULL").Order("id").Find(&library).Error; err != nil {
		return err
	}
	for _, tp := range library {
		if tp.Text == "" || !strings.Contains(said, tp.Text) {
			continue
		}
		use := models.TalkingPointUse{TalkingPointID: tp.ID, ProspectID: c.prospect.ID, TouchID: c.task.TouchID, HeardAt: c.r.Now}
		if err := c.tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&use).Error; err != nil {
			return err
		}
	}
	return nil
}
