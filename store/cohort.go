package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Companion is somebody who works towards a goal with the same rep.
type Companion struct {
	Prospect     models.Prospect
	Points       []models.ContactPoint
	Consents     []models.Consent
	Suppressions []models.Suppression
	Conversation models.Conversation
	Pursuit      models.Pursuit
	Settings     models.Settings
	Hold         *models.CompanyHold
	Recent       []models.RecentTouch
	Told         bool // of this promise, before
}

// Due is what the gate judges a message to them by.
func (c Companion) Due() models.Due {
	return models.Due{
		Prospect: c.Prospect, ContactPoints: c.Points, Consents: c.Consents, Suppressions: c.Suppressions, Conversation: c.Conversation,
		Pursuit: c.Pursuit, Settings: c.Settings, CompanyHold: c.Hold, Recent: c.Recent,
	}
}

// maxCohort bounds who is told of one success.
const maxCohort = 200

// Cohort are the others of a promise: whoever has a promise open with the
// same rep.
func (s *Store) Cohort(ctx context.Context, c models.Commitment, now time.Time) ([]Companion, error) {
	db := s.reader(ctx)
	var ids []int64
	err := db.Model(&models.Commitment{}).Where("rep_id = ? AND state = 'open' AND prospect_id <> ?", c.RepID, c.ProspectID).
		Distinct().Order("prospect_id").Limit(maxCohort).Pluck("prospect_id", &ids).Error
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	crowd, err := loadCrowd(db, ids, now)
	if err != nil {
		return nil, err
	}
	told, err := toldOf(db, c.ID, ids)
	if err != nil {
		return nil, err
	}
	recent, err := crowd.recentTouches(db, ids, now)
	if err != nil {
		return nil, err
	}
	var all []Companion
	for _, id := range ids {
		p, ok := crowd.prospects[id]
		if !ok || p.MergedInto != nil || p.ErasedAt != nil {
			continue
		}
		all = append(all, Companion{
			Prospect: p, Points: crowd.points[id], Consents: crowd.consents[id], Suppressions: crowd.suppressionsOf(p),
			Conversation: crowd.conversations[id], Pursuit: crowd.pursuits[id], Settings: crowd.settings, Told: told[models.CohortToken(c.ID, id)],
			Hold: crowd.holdOn(p), Recent: recent[id],
		})
	}
	return all, nil
}

func toldOf(db *gorm.DB, commitmentID int64, ids []int64) (map[string]bool, error) {
	tokens := make([]string, len(ids))
	for i, id := range ids {
		tokens[i] = models.CohortToken(commitmentID, id)
	}
	var have []string
	if err := db.Model(&models.Touch{}).Where(anyOf(db, "form_token", tokens)).Pluck("form_token", &have).Error; err != nil {
		return nil, err
	}
	told := map[string]bool{}
	for _, t := range have {
		told[t] = true
	}
	return told, nil
}

// PlanNote plans a message that a person began and the gate judges as any
// follow-up; the same form again finds the first.
func (s *Store) PlanNote(ctx context.Context, t models.Touch, by string) (repeat bool, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockProspect(tx, t.ProspectID)
		if err != nil {
			return err
		}
		if t.FormToken != nil {
			if _, repeat, err = sameForm(tx, *t.FormToken, p.ID); repeat || err != nil {
				return err
			}
		}
		events, err := planTouches(tx, []models.Touch{t}, by)
		if err != nil {
			return err
		}
		return addEvents(tx, events...)
	})
	return repeat, shown(err)
}
