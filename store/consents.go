package store

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// RecordConsent notes that the customer permits a channel on a contact point.
// Permission in the customer's own words (oral or written) takes back their
// earlier "stop" as START does. What a person ordered, an unsubscribe link or
// a complaint stands until it is lifted.
func (s *Store) RecordConsent(ctx context.Context, c models.Consent) (models.Consent, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		c.ID = 0
		if c.GivenAt.IsZero() {
			c.GivenAt = c.CreatedAt
		}
		cp, err := lockPoint(tx, c.ContactPointID)
		if err != nil {
			return err
		}
		if c.ProspectID == 0 {
			c.ProspectID = cp.ProspectID
		}
		if c.ProspectID != cp.ProspectID {
			return models.Invalid("contact_point", "contact point %d is not one of prospect %d; choose one of theirs", cp.ID, c.ProspectID)
		}
		if err := tx.Create(&c).Error; err != nil {
			return err
		}
		if err := addEvents(tx, consentEvent(models.EventConsent, c, c.RecordedBy, c.CreatedAt)); err != nil {
			return err
		}
		if err := reopen(tx, cp, c); err != nil {
			return err
		}
		return replanProspect(tx, c.ProspectID, c.CreatedAt)
	})
	return c, shown(err)
}

func reopen(tx *gorm.DB, cp models.ContactPoint, c models.Consent) error {
	if c.Basis.Level() < models.ConsentOral.Level() {
		return nil
	}
	var standing []models.Suppression
	err := tx.Where("lifted_at IS NULL AND created_at <= ? AND channel IN ? AND source IN ?",
		c.GivenAt, []models.ChannelKind{"", c.Channel}, []string{"reply", "provider"}).
		Where(tx.Where("scope = ? AND value = ?", models.SuppressAddress, cp.Value).
			Or("scope = ? AND prospect_id = ?", models.SuppressPerson, c.ProspectID)).
		Order("id").Find(&standing).Error
	if err != nil {
		return err
	}
	for i := range standing {
		if err := liftSuppression(tx, &standing[i], &c.ProspectID, c.RecordedBy, c.CreatedAt); err != nil {
			return err
		}
	}
	return nil
}

// WithdrawConsent takes a consent back. Twice changes nothing.
func (s *Store) WithdrawConsent(ctx context.Context, consentID int64, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var c models.Consent
		if err := tx.Where("id = ?", consentID).Take(&c).Error; err != nil {
			return notFound(err, "consent", consentID)
		}
		if _, err := lockProspect(tx, c.ProspectID); err != nil {
			return err
		}
		if c.WithdrawnAt != nil {
			return nil
		}
		c.WithdrawnAt = &now
		if err := saveRow(tx, &c); err != nil {
			return err
		}
		if err := addEvents(tx, consentEvent(models.EventConsentWithdrawn, c, by, now)); err != nil {
			return err
		}
		return replanProspect(tx, c.ProspectID, now)
	}))
}

func consentEvent(kind models.EventKind, c models.Consent, by string, now time.Time) models.Event {
	return models.Event{
		At: now, Actor: by, Kind: kind, Code: string(c.Basis), Channel: c.Channel, ProspectID: &c.ProspectID,
		Data: map[string]string{"consent": strconv.FormatInt(c.ID, 10), "contact_point": strconv.FormatInt(c.ContactPointID, 10)},
	}
}

// lockPoint locks the prospect of a contact point and reads the point.
func lockPoint(tx *gorm.DB, id int64) (models.ContactPoint, error) {
	var cp models.ContactPoint
	if err := tx.Where("id = ?", id).Take(&cp).Error; err != nil {
		return cp, notFound(err, "contact point", id)
	}
	_, err := lockProspect(tx, cp.ProspectID)
	return cp, err
}
