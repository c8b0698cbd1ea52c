package store

import (
	"context"

	"followup/models"
)

// ViewUser loads a user; the signed-in one is read anew with every request,
// so that disabling somebody takes effect at once.
func (s *Store) ViewUser(ctx context.Context, id int64) (models.User, error) {
	var u models.User
	err := s.reader(ctx).Where("id = ?", id).Take(&u).Error
	return u, viewNotFound(err, "user")
}

// ViewUsers lists everyone by name, those who left last.
func (s *Store) ViewUsers(ctx context.Context) ([]models.User, error) {
	var users []models.User
	err := s.reader(ctx).Order("CASE WHEN disabled_at IS NULL THEN 0 ELSE 1 END, name, id").Find(&users).Error
	return users, err
}

// ViewMessageByToken finds the outbound message that an unsubscribe link names.
func (s *Store) ViewMessageByToken(ctx context.Context, token string) (models.Message, error) {
	var m models.Message
	if token == "" {
		return m, models.Errorf(models.CodeNotFound, "This link is not complete. Open it again from the message.")
	}
	err := s.reader(ctx).Where("token = ? AND direction = ?", token, models.Outbound).Take(&m).Error
	return m, viewNotFound(err, "such link")
}
