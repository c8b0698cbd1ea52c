package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// SaveUser adds a user (ID 0) or changes one. An empty password hash keeps
// the one there is.
func (s *Store) SaveUser(ctx context.Context, u models.User, by string, now time.Time) (models.User, error) {
	u.Email = lowerTrim(u.Email)
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		code := "changed"
		u.UpdatedAt = now
		if u.ID == 0 {
			code, u.CreatedAt = "added", now
			if err := tx.Create(&u).Error; err != nil {
				return emailTaken(err, u)
			}
		} else {
			var old models.User
			if err := forUpdate(tx).Where("id = ?", u.ID).Take(&old).Error; err != nil {
				return notFound(err, "user", u.ID)
			}
			u.CreatedAt = old.CreatedAt
			if u.PasswordHash == "" {
				u.PasswordHash = old.PasswordHash
			}
			if err := saveRow(tx, &u); err != nil {
				return emailTaken(err, u)
			}
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventUserChanged, Code: code, UserID: &u.ID})
	})
	return u, shown(err)
}

func emailTaken(err error, u models.User) error {
	if isUnique(err) {
		return &models.Error{Code: models.CodeConflict, Field: "email", Err: err, Message: "there is a user with the address " + u.Email + " already"}
	}
	return err
}

// UserByEmail finds a user by the sign-in address.
func (s *Store) UserByEmail(ctx context.Context, email string) (models.User, error) {
	var u models.User
	err := s.read.WithContext(ctx).Where("email = ?", lowerTrim(email)).Take(&u).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return u, models.Errorf(models.CodeNotFound, "there is no user with the address %s", email)
	}
	return u, err
}

// Users lists everyone, also those who left, by name.
func (s *Store) Users(ctx context.Context) ([]models.User, error) {
	var us []models.User
	err := s.read.WithContext(ctx).Order("name, id").Find(&us).Error
	return us, err
}

// lowerTrim is how addresses are compared.
func lowerTrim(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
