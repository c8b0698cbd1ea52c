package store

import (
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// recentTouches are what the limits per person count. Most people of a batch
// heard nothing for days: only those who did, by what their own row says, are
// looked up, and what is under way for any of them.
func (c *crowd) recentTouches(tx *gorm.DB, people []int64, now time.Time) (map[int64][]models.RecentTouch, error) {
	since := now.Add(-models.RecentFor)
	var lately []int64
	for _, id := range people {
		if at := c.prospects[id].LastTouchAt; at != nil && at.After(since) {
			lately = append(lately, id)
		}
	}
	return recentOf(tx, people, lately, now)
}

// recentOf are the touches made lately, of those to whom some were, and those
// under way to any of the people.
func recentOf(tx *gorm.DB, people, lately []int64, now time.Time) (map[int64][]models.RecentTouch, error) {
	since := now.Add(-models.RecentFor)
	out := map[int64][]models.RecentTouch{}
	add := func(q *gorm.DB) error {
		touches, err := load[models.Touch](q.Select("prospect_id", "channel", "purpose", "ended_at", "updated_at"))
		for _, t := range touches {
			if t.Purpose.Keyword() {
				continue
			}
			at := t.UpdatedAt
			if t.EndedAt != nil {
				at = *t.EndedAt
			}
			out[t.ProspectID] = append(out[t.ProspectID], models.RecentTouch{ProspectID: t.ProspectID, Channel: t.Channel, Purpose: t.Purpose, At: at})
		}
		return err
	}
	if len(lately) > 0 {
		err := add(tx.Where(anyOf(tx, "prospect_id", lately)).
			Where("state IN ('sent', 'done') AND ended_at > ?", since))
		if err != nil {
			return nil, err
		}
	}
	return out, add(tx.Where(handedOver+" AND updated_at > ?", since).Where(anyOf(tx, "prospect_id", people)))
}

// failedAgain notes that a contact point failed; on several days, and it
// rests.
func failedAgain(tx *gorm.DB, p models.Prospect, pointID int64, now time.Time) error {
	var cp models.ContactPoint
	if err := tx.Where("id = ?", pointID).Take(&cp).Error; err != nil {
		return notFound(err, "contact point", pointID)
	}
	set, err := settingsIn(tx)
	if err != nil {
		return err
	}
	cp.FailedAgain(localDay(p, now), set.Caps, now)
	return tx.Model(&models.ContactPoint{}).Where("id = ?", pointID).
		UpdateColumns(map[string]any{"failed_days": cp.FailedDays, "failed_on": cp.FailedOn, "rests_until": cp.RestsUntil, "updated_at": now}).Error
}
