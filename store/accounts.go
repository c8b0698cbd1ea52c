package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// ViewSenders lists what is sent from, mailboxes first, without secrets.
// userID 0: everybody's, else the user's own and the shared ones.
func (s *Store) ViewSenders(ctx context.Context, userID int64) ([]models.Sender, error) {
	q := s.reader(ctx).Omit("Secrets")
	if userID != 0 {
		q = q.Where("owner_id IS NULL OR owner_id = ?", userID)
	}
	var senders []models.Sender
	err := q.Order("CASE provider WHEN 'sandbox' THEN 1 ELSE 0 END, kind, address").Find(&senders).Error
	return senders, err
}

// StartSender lets a stopped sender send again and closes the task about it.
func (s *Store) StartSender(ctx context.Context, id int64, by string, now time.Time) error {
	return s.changeSender(ctx, id, by, now, func(tx *gorm.DB, sender *models.Sender) error {
		sender.Start(now)
		return closeTasks(tx, tx.Where("sender_id = ? AND kind = ? AND reason = ?", id, models.TaskResolve, models.AttentionSender), models.TaskDone, by, now)
	})
}

// HaltSender keeps a sender from sending until a person starts it again. Its
// answers are read all the same.
func (s *Store) HaltSender(ctx context.Context, id int64, reason models.Reason, detail, by string, now time.Time) error {
	return s.changeSender(ctx, id, by, now, func(_ *gorm.DB, sender *models.Sender) error {
		sender.Stop(reason, detail, now)
		return nil
	})
}

// ChangeSender sets what may be changed of a sender without its secrets.
func (s *Store) ChangeSender(ctx context.Context, id int64, by string, now time.Time, change func(*models.Sender)) error {
	return s.changeSender(ctx, id, by, now, func(_ *gorm.DB, sender *models.Sender) error {
		change(sender)
		return nil
	})
}

func (s *Store) changeSender(ctx context.Context, id int64, by string, now time.Time, change func(*gorm.DB, *models.Sender) error) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var sender models.Sender
		if err := forUpdate(tx).Where("id = ?", id).Take(&sender).Error; err != nil {
			return viewNotFound(err, "account")
		}
		old := sender
		if err := change(tx, &sender); err != nil {
			return err
		}
		sender.UpdatedAt = now
		if err := saveRow(tx, &sender); err != nil {
			return err
		}
		if err := secretRenewed(tx, sender, old, by, now); err != nil {
			return err
		}
		events := senderEvents(sender, old, by, now)
		if len(events) == 0 {
			events = []models.Event{{At: now, Actor: by, Kind: models.EventSenderChanged, SenderID: &sender.ID}}
		}
		return addEvents(tx, events...)
	}))
}

// TakeOverFromSandbox gives what the sandbox would have sent to a real sender:
// all of it to a shared one, whose kind of sandbox sender then stops, and its
// owner's to somebody's own.
func (s *Store) TakeOverFromSandbox(ctx context.Context, to models.Sender, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var boxes []models.Sender
		err := forUpdate(tx).Where("provider = ? AND kind = ? AND state = ?", models.ProviderSandbox, to.Kind, models.SenderActive).Order("id").Find(&boxes).Error
		if err != nil {
			return err
		}
		for _, box := range boxes {
			q := tx.Model(&models.Touch{}).Where("state = 'planned' AND sender_id = ?", box.ID)
			if to.OwnerID != nil {
				q = q.Where("rep_id = ?", *to.OwnerID)
			}
			if err := q.UpdateColumn("sender_id", to.ID).Error; err != nil {
				return err
			}
			if to.OwnerID != nil {
				continue
			}
			old := box
			box.Stop(models.StopReplaced, to.Address+" is connected in its place", now)
			if err := saveRow(tx, &box); err != nil {
				return err
			}
			if err := addEvents(tx, senderEvents(box, old, by, now)...); err != nil {
				return err
			}
		}
		return nil
	}))
}

// sealedForm is what a form carries between two of its pages.
type sealedForm struct {
	Credentials models.SenderCredentials
	Until       time.Time
}

// SealCredentials encrypts credentials for the next page of a form, so that
// they need not be typed again and are never shown. Only the same user's
// session opens them, until the time given.
func (s *Store) SealCredentials(c models.SenderCredentials, userID int64, until time.Time) (string, error) {
	plain, err := json.Marshal(sealedForm{c, until})
	if err != nil {
		return "", fmt.Errorf("seal the form: %w", err)
	}
	gcm, err := s.aead()
	if err != nil {
		return "", err
	}
	nonce := make([]byte, gcm.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return "", fmt.Errorf("seal the form: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(gcm.Seal(nonce, nonce, plain, formOf(userID))), nil
}

// OpenCredentials undoes SealCredentials.
func (s *Store) OpenCredentials(sealed string, userID int64) (models.SenderCredentials, error) {
	var form sealedForm
	gcm, err := s.aead()
	if err != nil {
		return form.Credentials, err
	}
	again := errors.New("the form cannot be opened")
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err == nil && len(b) > gcm.NonceSize() {
		b, err = gcm.Open(nil, b[:gcm.NonceSize()], b[gcm.NonceSize():], formOf(userID))
	} else {
		err = again
	}
	if err == nil {
		err = json.Unmarshal(b, &form)
	}
	if err == nil && s.clock().After(form.Until) {
		err = again
	}
	if err != nil {
		return models.SenderCredentials{}, &models.Error{Code: models.CodeInvalid, Field: "auth_token", Err: err, Message: "the form was open for too long; enter the token again"}
	}
	return form.Credentials, nil
}

func formOf(userID int64) []byte { return fmt.Appendf(nil, "form\x00%d", userID) }
