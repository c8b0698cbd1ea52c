package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"

	"followup/models"
)

// These are what the telephone channels look up when a provider calls us.

// SenderByAddress finds the sender with one of our addresses or numbers, with
// its credentials, so that a webhook's signature can be checked. An error says
// that nobody can tell now: whoever asks must not take it for a stranger's.
func (s *Store) SenderByAddress(ctx context.Context, address string) (models.Sender, bool, error) {
	var sender models.Sender
	err := s.read.WithContext(ctx).Where("address = ?", address).Order("id").Take(&sender).Error
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return models.Sender{}, false, nil
	case err != nil:
		return models.Sender{}, false, fmt.Errorf("sender %s: %w", address, err)
	}
	if err := s.openSecrets(&sender); err != nil {
		return models.Sender{}, false, err
	}
	return sender, true, nil
}

// SendersWithCredentials lists every sender, opened.
func (s *Store) SendersWithCredentials(ctx context.Context) ([]models.Sender, error) {
	var senders []models.Sender
	if err := s.read.WithContext(ctx).Order("id").Find(&senders).Error; err != nil {
		return nil, fmt.Errorf("senders: %w", err)
	}
	for i := range senders {
		if err := s.openSecrets(&senders[i]); err != nil {
			return nil, err
		}
	}
	return senders, nil
}

// VoicemailScript finds our message by its token, and the rep behind it.
func (s *Store) VoicemailScript(ctx context.Context, token string) (models.Message, *models.User, error) {
	db := s.read.WithContext(ctx)
	var m models.Message
	if err := db.Where("token = ?", token).Take(&m).Error; err != nil {
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return m, nil, models.Errorf(models.CodeNotFound, "no message has this token")
		}
		return m, nil, fmt.Errorf("voicemail script: %w", err)
	}
	if m.TouchID == nil {
		return m, nil, nil
	}
	var rep models.User
	err := db.Where("id = (SELECT rep_id FROM touches WHERE id = ?)", *m.TouchID).Take(&rep).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return m, nil, nil
	}
	if err != nil {
		return m, nil, fmt.Errorf("voicemail script: %w", err)
	}
	return m, &rep, nil
}

// MessageKnown tells whether an outbound message has the provider's id already.
func (s *Store) MessageKnown(ctx context.Context, providerID string) (bool, error) {
	var n int64
	err := s.read.WithContext(ctx).Model(&models.Message{}).
		Where("provider_id = ? AND direction = ?", providerID, models.Outbound).Limit(1).Count(&n).Error
	return n > 0, err
}

// RepToRing is the number of the rep whom a return call should ring: the
// owner of the prospect who has the number, or who stands in for them.
func (s *Store) RepToRing(ctx context.Context, from string, _ models.Sender) (string, bool) {
	db := s.read.WithContext(ctx)
	var owner models.User
	err := db.Where("id = (SELECT p.owner_id FROM prospects p JOIN contact_points c ON c.prospect_id = p.id WHERE c.value = ? ORDER BY c.id DESC LIMIT 1)", from).
		Where("disabled_at IS NULL").Take(&owner).Error
	if err != nil {
		return "", false
	}
	now := s.clock().UTC()
	away, err := first[models.Leave](db.Where("user_id = ? AND stand_in_id IS NOT NULL AND ended_at IS NULL AND starts_at <= ? AND ends_at > ?", owner.ID, now, now))
	if err != nil {
		return "", false
	}
	if away != nil {
		owner = models.User{}
		if err := db.Where("id = ? AND disabled_at IS NULL", *away.StandInID).Take(&owner).Error; err != nil {
			return "", false
		}
	}
	return owner.Phone, owner.Phone != ""
}
