package store

import (
	"strings"

	"gorm.io/gorm"

	"followup/models"
)

// noteHeard keeps the reason that the prospect has heard now, so that none is
// told twice: it was spoken, or left as a voicemail. A reason that was told to
// nobody, because nobody answered or the talk went elsewhere, stays fresh.
func (c *callClosing) noteHeard() error {
	told := c.r.Outcome.Answered() || c.r.Outcome == models.OutcomeLeftVoicemail
	if !told || c.r.Untold {
		return nil
	}
	card, err := cardOf(c.tx, c.task.ID)
	if err != nil {
		return err
	}
	if card.Revision == 0 {
		// Nothing was prepared by hand: it is what the rep had before them.
		card.Reason, card.ReasonFrom = c.task.Prep.TalkingPoint, models.ReasonFresh
		card.ProspectID, card.UpdatedBy = c.prospect.ID, &c.r.UserID
	}
	key := models.ReasonKey(card.Reason)
	if key == "" || card.ReasonFrom == models.ReasonBooked {
		return nil
	}
	points, err := c.toldPoints(card, key)
	if err != nil {
		return err
	}
	var uses []models.TalkingPointUse
	for _, id := range points {
		uses = append(uses, models.TalkingPointUse{TalkingPointID: id, ProspectID: c.prospect.ID, TouchID: c.task.TouchID, HeardAt: c.r.Now})
	}
	if err := useTalkingPoint(c.tx, uses...); err != nil {
		return err
	}
	if card.Revision == 0 {
		card.Revision = 1
	}
	card.HeardAt, card.UpdatedAt = &c.r.Now, c.r.Now
	return c.tx.Save(&card).Error
}

// toldPoints are the entries of the library that the reason tells: the one
// chosen, and those whose words stand in it.
func (c *callClosing) toldPoints(card models.CallCard, key string) ([]int64, error) {
	var library []models.TalkingPoint
	if err := c.tx.Where("retired_at IS NULL").Order("id").Find(&library).Error; err != nil {
		return nil, err
	}
	var told []int64
	if card.TalkingPointID != nil {
		told = append(told, *card.TalkingPointID)
	}
	for _, tp := range library {
		text := models.ReasonKey(tp.Text)
		if text != "" && strings.Contains(" "+key+" ", " "+text+" ") {
			told = append(told, tp.ID)
		}
	}
	return told, nil
}

// toldNothing takes it back where a voicemail that a rep let us leave was
// never left: it counted as heard with its call, and told nobody the card's reason.
func toldNothing(tx *gorm.DB, t models.Touch) error {
	if t.StepKey != voicemailStep || t.EnrollmentID != nil {
		return nil
	}
	err := tx.Model(&models.CallCard{}).Where("prospect_id = ? AND heard_at = ?", t.ProspectID, t.PlannedAt).UpdateColumn("heard_at", nil).Error
	if err != nil {
		return err
	}
	return tx.Where("prospect_id = ? AND heard_at = ?", t.ProspectID, t.PlannedAt).Delete(&models.TalkingPointUse{}).Error
}
