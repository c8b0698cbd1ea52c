package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// StartSignIn notes that a user signed in.
func (s *Store) StartSignIn(ctx context.Context, in models.SignIn) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		if err := tx.Create(&in).Error; err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: in.CreatedAt, Actor: models.UserActor(in.UserID), Kind: models.EventSignIn, UserID: &in.UserID})
	})
}

// SignedInUser is the user of a session that has not been ended, in one query
// for every request; nil: it has, or they left.
func (s *Store) SignedInUser(ctx context.Context, userID int64, signIn string) (*models.User, error) {
	return first[models.User](s.reader(ctx).Where("id = ? AND disabled_at IS NULL", userID).
		Where("EXISTS (SELECT 1 FROM sign_ins i WHERE i.id = ? AND i.user_id = users.id AND i.ended_at IS NULL)", signIn))
}

// SignIns are a user's sessions that still run, newest first.
func (s *Store) SignIns(ctx context.Context, userID int64, now time.Time) ([]models.SignIn, error) {
	var all []models.SignIn
	err := s.reader(ctx).Where("user_id = ? AND ended_at IS NULL AND expires_at > ?", userID, now).Order("created_at DESC, id").Limit(pageLimit).Find(&all).Error
	return all, err
}

// EndSignIns ends a user's sessions, except the one that is kept.
func (s *Store) EndSignIns(ctx context.Context, userID int64, keep, by string, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		if err := endSignIns(tx, userID, keep, now); err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventSignedOut, Code: "everywhere", UserID: &userID})
	})
}

func endSignIns(tx *gorm.DB, userID int64, keep string, now time.Time) error {
	return tx.Model(&models.SignIn{}).Where("user_id = ? AND id <> ? AND ended_at IS NULL", userID, keep).UpdateColumn("ended_at", now).Error
}

// EndSignIn ends one session.
func (s *Store) EndSignIn(ctx context.Context, userID int64, id string, now time.Time) error {
	return s.write.WithContext(ctx).Model(&models.SignIn{}).Where("user_id = ? AND id = ? AND ended_at IS NULL", userID, id).UpdateColumn("ended_at", now).Error
}

// EndOneSignIn ends one of a user's sessions from elsewhere; one that has
// ended already is no error.
func (s *Store) EndOneSignIn(ctx context.Context, userID int64, id, by string, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		res := tx.Model(&models.SignIn{}).Where("user_id = ? AND id = ? AND ended_at IS NULL", userID, id).UpdateColumn("ended_at", now)
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventSignedOut, Code: "one", UserID: &userID})
	})
}
