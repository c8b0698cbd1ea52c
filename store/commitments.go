package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// RecordCommitment notes what the prospect promised.
func (s *Store) RecordCommitment(ctx context.Context, c models.Commitment, by string) (models.Commitment, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockProspect(tx, c.ProspectID)
		if err != nil {
			return err
		}
		if first, err := sameCommitment(tx, c); err != nil || first != nil {
			if first != nil {
				c = *first
			}
			return err
		}
		c.ID, c.State = 0, models.CommitmentOpen
		if c.RepID == 0 {
			c.RepID = p.OwnerID
		}
		if err := tx.Create(&c).Error; err != nil {
			return err
		}
		return addEvents(tx, commitmentEvent(models.EventCommitment, c, by, c.CreatedAt))
	})
	return c, shown(err)
}

// CloseCommitment notes that it was kept or broken. A kept one is a sign of
// interest: the pursuit starts over.
func (s *Store) CloseCommitment(ctx context.Context, id int64, state models.CommitmentState, cause string, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var c models.Commitment
		if err := tx.Where("id = ?", id).Take(&c).Error; err != nil {
			return notFound(err, "commitment", id)
		}
		p, err := lockProspect(tx, c.ProspectID)
		if err != nil {
			return err
		}
		if err := forUpdate(tx).Where("id = ?", id).Take(&c).Error; err != nil {
			return err
		}
		if c.State == state {
			return nil
		}
		if c.State != models.CommitmentOpen {
			return &models.TransitionError{Thing: "commitment", ID: id, From: string(c.State), To: string(state)}
		}
		c.State, c.Cause, c.ClosedAt, c.UpdatedAt = state, cause, &now, now
		if err := saveRow(tx, &c); err != nil {
			return err
		}
		if err := endCommitmentCall(tx, c, by, now); err != nil {
			return err
		}
		if err := addEvents(tx, commitmentEvent(models.EventCommitmentClosed, c, by, now)); err != nil {
			return err
		}
		var following []int64
		err = tx.Model(&models.Enrollment{}).Where("commitment_id = ? AND state = ?", id, models.EnrollmentActive).Pluck("id", &following).Error
		if err != nil {
			return err
		}
		e := models.Effects{Replan: following}
		if state == models.CommitmentKept {
			e.EndPursuit = models.PursuitCommitment
		}
		return applyEffects(tx, p, e, by, now)
	}))
}

func commitmentEvent(kind models.EventKind, c models.Commitment, by string, now time.Time) models.Event {
	return models.Event{
		At: now, Actor: by, Kind: kind, Code: string(c.State), ProspectID: &c.ProspectID, EnrollmentID: c.EnrollmentID,
		Data: map[string]string{"commitment": strconv.FormatInt(c.ID, 10)},
	}
}

// SaveDiscovery keeps what we know of a prospect's aims if nobody changed it
// since d.Revision was read; 0 before there is any.
func (s *Store) SaveDiscovery(ctx context.Context, d models.Discovery, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockProspect(tx, d.ProspectID)
		if err != nil {
			return err
		}
		var old models.Discovery
		err = tx.Where("prospect_id = ?", d.ProspectID).Take(&old).Error
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		if old.Revision != d.Revision {
			return models.Errorf(models.CodeConflict, "somebody changed the discovery of %s while you were editing; load the page again", p.Name())
		}
		d.Revision, d.UpdatedAt = d.Revision+1, now
		if err := tx.Save(&d).Error; err != nil {
			return err
		}
		return addEvents(tx, prospectChanged(p, "discovery", by, now))
	}))
}
