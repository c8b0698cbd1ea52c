package store

import (
	"context"

	"followup/models"
)

// MessageWithSender loads a message and the sender that it came to or left
// from, with its credentials: nil where none is known.
func (s *Store) MessageWithSender(ctx context.Context, id int64) (models.Message, *models.Sender, error) {
	db := s.reader(ctx)
	var m models.Message
	if err := db.Where("id = ?", id).Take(&m).Error; err != nil {
		return m, nil, viewNotFound(err, "message")
	}
	if m.SenderID == nil {
		return m, nil, nil
	}
	sender, err := first[models.Sender](db.Where("id = ?", *m.SenderID))
	if err != nil || sender == nil {
		return m, nil, err
	}
	return m, sender, s.openSecrets(sender)
}
