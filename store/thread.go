package store

import (
	"context"
	"errors"
	"slices"

	"gorm.io/gorm"

	"followup/models"
)

// engaging are the classes of a person's own messages.
var engaging = []models.InboundClass{models.ClassHuman, models.ClassOptOut, models.ClassOptIn, models.ClassHelp, models.ClassWrongPerson}

// Thread loads what answering a prospect needs; messages newest last, at most limit.
func (s *Store) Thread(ctx context.Context, prospectID int64, limit int) (models.Thread, error) {
	tx := s.read.WithContext(ctx)
	var th models.Thread
	id, err := survivorOf(tx, prospectID)
	if err != nil {
		return th, err
	}
	p, err := takeProspect(tx, id)
	if err != nil {
		return th, err
	}
	if th.Person, err = loadPerson(tx, p, false); err != nil {
		return th, err
	}
	if err := tx.Where("id = ?", p.OwnerID).Take(&th.Owner).Error; err != nil {
		return th, notFound(err, "user", p.OwnerID)
	}
	pool, err := senderPoolOf(tx, []int64{p.OwnerID}) // credentials stay closed
	if err != nil {
		return th, err
	}
	th.Senders = pool.of(p.OwnerID)
	if th.LastIn, err = lastHuman(tx, p.ID); err != nil {
		return th, err
	}
	err = tx.Where("prospect_id = ?", p.ID).Order("id DESC").Limit(limit).Find(&th.Messages).Error
	slices.Reverse(th.Messages)
	return th, err
}

// lastHuman is the customer's newest message of their own; nil before any.
func lastHuman(tx *gorm.DB, prospectID int64) (*models.Message, error) {
	var m models.Message
	err := tx.Where("prospect_id = ? AND direction = 'inbound' AND class IN ?", prospectID, engaging).
		Order("sent_at DESC, id DESC").Take(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	return &m, err
}
