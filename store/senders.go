package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// SaveSender adds a sender or changes the one with the same kind and address.
// What the engine keeps of it (its rate's next slot, how far its inbound was
// read) stays, and so do its secrets where no credentials are given.
func (s *Store) SaveSender(ctx context.Context, sender models.Sender, by string, now time.Time) (models.Sender, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var old models.Sender
		err := forUpdate(tx).Where("kind = ? AND address = ?", sender.Kind, sender.Address).Take(&old).Error
		if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
			return err
		}
		keepState(&sender, old)
		if sender.Inbound == "" {
			sender.Inbound = models.InboundNone
		}
		sender.ID, sender.CreatedAt, sender.UpdatedAt = old.ID, now, now
		if sender.NextFreeAt.IsZero() {
			sender.NextFreeAt = now
		}
		if old.ID != 0 {
			sender.CreatedAt, sender.NextFreeAt, sender.PausedTill = old.CreatedAt, old.NextFreeAt, old.PausedTill
			sender.InboundReadAt, sender.InboundCursor = old.InboundReadAt, old.InboundCursor
			sender.KeepOwn(old)
			if sender.Settings.SMTPHost == old.Settings.SMTPHost && sender.Settings.IMAPHost == old.Settings.IMAPHost {
				sender.Settings.FilesSentCopies = sender.Settings.FilesSentCopies || old.Settings.FilesSentCopies
			}
		}
		if err := s.keepSecrets(&sender, old); err != nil {
			return err
		}
		if err := s.keepSecretEnd(&sender, old); err != nil {
			return err
		}
		if old.ID == 0 {
			err = tx.Create(&sender).Error
		} else {
			err = saveRow(tx, &sender)
		}
		if err != nil {
			return err
		}
		if err := secretRenewed(tx, sender, old, by, now); err != nil {
			return err
		}
		return addEvents(tx, senderEvents(sender, old, by, now)...)
	})
	return sender, shown(err)
}

// keepState: who does not say a state leaves it as it is. A sender that was
// stopped is started by a person, not by a restart of the program.
func keepState(sender *models.Sender, old models.Sender) {
	switch {
	case sender.State != "":
	case old.ID == 0:
		sender.State = models.SenderActive
	default:
		sender.State, sender.StoppedReason = old.State, old.StoppedReason
		sender.StoppedDetail, sender.StoppedAt = old.StoppedDetail, old.StoppedAt
	}
}

// startRepaired starts the sender again whose stop the task was about, once a
// person says that it is repaired. Setting the task aside leaves it stopped.
func startRepaired(tx *gorm.DB, task models.Task, by string, now time.Time) error {
	if task.Reason != models.AttentionSender || task.SenderID == nil || task.State != models.TaskDone {
		return nil
	}
	var sender models.Sender
	if err := forUpdate(tx).Where("id = ?", *task.SenderID).Take(&sender).Error; err != nil {
		return notFound(err, "sender", *task.SenderID)
	}
	old := sender
	sender.Start(now)
	if err := saveRow(tx, &sender); err != nil {
		return err
	}
	return addEvents(tx, senderEvents(sender, old, by, now)...)
}

func (s *Store) keepSecrets(sender *models.Sender, old models.Sender) error {
	if sender.Credentials == (models.SenderCredentials{}) {
		sender.Secrets = old.Secrets
		return nil
	}
	if err := s.carryOver(sender, old); err != nil {
		return err
	}
	return s.sealSecrets(sender)
}

func senderEvents(sender, old models.Sender, by string, now time.Time) []models.Event {
	if sender.State == old.State {
		return nil
	}
	ev := models.Event{At: now, Actor: by, Kind: models.EventSenderStarted, SenderID: &sender.ID}
	if sender.State == models.SenderStopped {
		ev.Kind, ev.Code = models.EventSenderStopped, string(sender.StoppedReason)
	}
	return []models.Event{ev}
}
