package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

var errFactorRests = models.Errorf(models.CodeForbidden, "Too many wrong codes. Wait a quarter of an hour, then try again; an admin can take the second factor off.")

// SecondFactor loads a user's, with its secret opened; a zero one where there is none.
func (s *Store) SecondFactor(ctx context.Context, userID int64) (models.SecondFactor, []byte, error) {
	f, err := first[models.SecondFactor](s.reader(ctx).Where("user_id = ?", userID))
	if err != nil || f == nil {
		return models.SecondFactor{UserID: userID}, nil, err
	}
	secret, err := s.openFactor(*f)
	return *f, secret, err
}

// SecondFactorOn tells who is asked for one.
func (s *Store) SecondFactorOn(ctx context.Context) (map[int64]bool, error) {
	var ids []int64
	err := s.reader(ctx).Model(&models.SecondFactor{}).Where("confirmed_at IS NOT NULL").Pluck("user_id", &ids).Error
	on := map[int64]bool{}
	for _, id := range ids {
		on[id] = true
	}
	return on, err
}

// StartSecondFactor keeps a new secret until a code of it proves that the app
// has it. A confirmed one stays.
func (s *Store) StartSecondFactor(ctx context.Context, userID int64, secret []byte, now time.Time) error {
	sealed, err := s.sealFactor(userID, secret)
	if err != nil {
		return err
	}
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		old, err := first[models.SecondFactor](forUpdate(tx).Where("user_id = ?", userID))
		if err != nil {
			return err
		}
		f := models.SecondFactor{UserID: userID, Secret: sealed, UpdatedAt: now}
		if old == nil {
			return tx.Create(&f).Error
		}
		if old.On() {
			return models.Errorf(models.CodeConflict, "the second factor is on already; take it off before setting up another app")
		}
		return saveRow(tx, &f)
	}))
}

// ConfirmSecondFactor turns it on once judge takes a code of its secret.
func (s *Store) ConfirmSecondFactor(ctx context.Context, userID int64, recovery []string, by string, now time.Time, judge func(secret []byte) (step int64, ok bool)) error {
	return s.withFactor(ctx, userID, now, func(tx *gorm.DB, f *models.SecondFactor, secret []byte) (bool, error) {
		if f.On() {
			return true, nil // a second click
		}
		step, ok := judge(secret)
		if !ok {
			return false, nil
		}
		f.ConfirmedAt, f.LastStep, f.Recovery = &now, step, recovery
		return true, addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventSecondFactor, Code: "on", UserID: &userID})
	})
}

// TrySecondFactor takes a code at sign-in. judge gives the time step of a
// right code, or the hash of the recovery code that was used; each counts once.
func (s *Store) TrySecondFactor(ctx context.Context, userID int64, now time.Time, judge func(secret []byte, recovery []string) (step int64, used string, ok bool)) error {
	return s.withFactor(ctx, userID, now, func(tx *gorm.DB, f *models.SecondFactor, secret []byte) (bool, error) {
		step, used, ok := judge(secret, f.Recovery)
		if !ok || used == "" && step <= f.LastStep {
			return false, nil
		}
		if used == "" {
			f.LastStep = step
			return true, nil
		}
		left := f.Recovery[:0:0]
		for _, h := range f.Recovery {
			if h != used {
				left = append(left, h)
			}
		}
		f.Recovery = left
		return true, addEvents(tx, models.Event{At: now, Actor: models.UserActor(userID), Kind: models.EventSecondFactor, Code: "recovery_code", UserID: &userID})
	})
}

// withFactor counts wrong codes under the row's lock, so that many tries at
// once are no more than many tries.
func (s *Store) withFactor(ctx context.Context, userID int64, now time.Time, try func(*gorm.DB, *models.SecondFactor, []byte) (bool, error)) error {
	var wrong error
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		wrong = nil
		f, err := first[models.SecondFactor](forUpdate(tx).Where("user_id = ?", userID))
		if err != nil {
			return err
		}
		if f == nil {
			return models.Errorf(models.CodeConflict, "there is no second factor to try; begin again")
		}
		if f.Resting(now) {
			wrong = errFactorRests
			return nil
		}
		if f.Failures >= models.SecondFactorTries {
			f.Failures = 0
		}
		secret, err := s.openFactor(*f)
		if err != nil {
			return err
		}
		right, err := try(tx, f, secret)
		if err != nil {
			return err
		}
		if right {
			f.Failures, f.FailedAt = 0, nil
		} else {
			f.Failures, f.FailedAt = f.Failures+1, &now
			wrong = &models.Error{Code: models.CodeInvalid, Field: "code", Message: "this code is not right; take the newest one that the app shows"}
		}
		f.UpdatedAt = now
		return saveRow(tx, f)
	})
	return errors.Join(shown(err), wrong)
}

// RemoveSecondFactor takes it off; by whom stays on record.
func (s *Store) RemoveSecondFactor(ctx context.Context, userID int64, by string, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		res := tx.Where("user_id = ?", userID).Delete(&models.SecondFactor{})
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventSecondFactor, Code: "off", UserID: &userID})
	})
}

func (s *Store) sealFactor(userID int64, secret []byte) ([]byte, error) {
	gcm, err := s.aead()
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, fmt.Errorf("seal the second factor: %w", err)
	}
	return gcm.Seal(append([]byte{sealVersion}, nonce...), nonce, secret, factorOf(userID)), nil
}

func (s *Store) openFactor(f models.SecondFactor) ([]byte, error) {
	gcm, err := s.aead()
	if err != nil {
		return nil, err
	}
	head := 1 + gcm.NonceSize()
	if len(f.Secret) > head && f.Secret[0] == sealVersion {
		if plain, err := gcm.Open(nil, f.Secret[1:head], f.Secret[head:], factorOf(f.UserID)); err == nil {
			return plain, nil
		}
	}
	return nil, models.Errorf(models.CodeUnavailable, "The second factor cannot be checked: the installation’s key is not the one it was set up with. An admin can take the second factor off.")
}

// factorOf is authenticated with the secret: copied into another user's row it does not open.
func factorOf(userID int64) []byte { return fmt.Appendf(nil, "second factor\x00%d", userID) }
