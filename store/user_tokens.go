package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// errLink is one message for every reason, so that a link says nothing about
// who has an account.
var errLink = &models.Error{Code: models.CodeNotFound, Message: "This link does not work any more: it was used, replaced by a newer one, or is too old. Ask an admin for a new one."}

func tokenHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// IssueUserToken makes a link's secret; earlier ones of the user stop working.
func (s *Store) IssueUserToken(ctx context.Context, kind models.UserTokenKind, userID int64, by string, now time.Time) (string, error) {
	secret := rand.Text() + rand.Text()[:10]
	lasts, event := models.InvitationFor, models.EventInvited
	if kind == models.TokenReset {
		lasts, event = models.ResetFor, models.EventPasswordLink
	}
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var u models.User
		if err := forUpdate(tx).Where("id = ?", userID).Take(&u).Error; err != nil {
			return notFound(err, "user", userID)
		}
		if u.DisabledAt != nil {
			return models.Errorf(models.CodeConflict, "%s has left; take them back first", u.Name)
		}
		if err := spendTokens(tx, userID, now); err != nil {
			return err
		}
		t := models.UserToken{Kind: kind, UserID: userID, Hash: tokenHash(secret), CreatedBy: by, CreatedAt: now, ExpiresAt: now.Add(lasts)}
		if err := tx.Create(&t).Error; err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: event, UserID: &userID})
	})
	return secret, shown(err)
}

func spendTokens(tx *gorm.DB, userID int64, now time.Time) error {
	return tx.Model(&models.UserToken{}).Where("user_id = ? AND used_at IS NULL", userID).UpdateColumn("used_at", now).Error
}

// OpenUserToken finds whom a link is for while it works.
func (s *Store) OpenUserToken(ctx context.Context, secret string, now time.Time) (models.UserToken, models.User, error) {
	db := s.reader(ctx)
	return openToken(db, db, secret, now)
}

// openToken reads by lock, which may hold the row it finds.
func openToken(tx, lock *gorm.DB, secret string, now time.Time) (models.UserToken, models.User, error) {
	t, err := first[models.UserToken](lock.Where("hash = ?", tokenHash(secret)))
	if err != nil {
		return models.UserToken{}, models.User{}, err
	}
	if t == nil || !t.Open(now) {
		return models.UserToken{}, models.User{}, errLink
	}
	var u models.User
	if err := tx.Where("id = ?", t.UserID).Take(&u).Error; err != nil {
		return *t, u, notFound(err, "user", t.UserID)
	}
	if u.DisabledAt != nil {
		return *t, u, errLink
	}
	return *t, u, nil
}

// SpendUserToken sets the password that a link is for, once; every session of
// the user ends. change may set what the user fills in besides.
func (s *Store) SpendUserToken(ctx context.Context, secret, passwordHash string, now time.Time, change func(*models.User)) (models.User, error) {
	var user models.User
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		t, u, err := openToken(tx, forUpdate(tx), secret, now)
		if err != nil {
			return err
		}
		if err := spendTokens(tx, u.ID, now); err != nil {
			return err
		}
		u.PasswordHash, u.UpdatedAt = passwordHash, now
		if change != nil {
			change(&u)
		}
		if err := saveRow(tx, &u); err != nil {
			return err
		}
		if err := endSignIns(tx, u.ID, "", now); err != nil {
			return err
		}
		user = u
		code := "password"
		if t.Kind == models.TokenInvitation {
			code = "joined"
		}
		return addEvents(tx, models.Event{At: now, Actor: models.UserActor(u.ID), Kind: models.EventUserChanged, Code: code, UserID: &u.ID})
	})
	return user, shown(err)
}

// OpenInvitations tells who has been invited and has not joined, with when
// their link ends.
func (s *Store) OpenInvitations(ctx context.Context) (map[int64]time.Time, error) {
	var ts []models.UserToken
	err := s.reader(ctx).Where("kind = ? AND used_at IS NULL", models.TokenInvitation).Find(&ts).Error
	out := map[int64]time.Time{}
	for _, t := range ts {
		out[t.UserID] = t.ExpiresAt
	}
	return out, err
}
