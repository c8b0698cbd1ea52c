package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// SenderOpened gives a sender with its credentials.
func (s *Store) SenderOpened(ctx context.Context, id int64) (models.Sender, error) {
	var sender models.Sender
	if err := s.read.WithContext(ctx).Where("id = ?", id).Take(&sender).Error; err != nil {
		return sender, notFound(err, "account", id)
	}
	return sender, s.openSecrets(&sender)
}

// KeepTokens changes a sender's tokens, where used is still its refresh token:
// what a person has signed in anew meanwhile is not overwritten.
func (s *Store) KeepTokens(ctx context.Context, senderID int64, used string, tokens models.SenderTokens, now time.Time) error {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var sender models.Sender
		if err := forUpdate(tx).Where("id = ?", senderID).Take(&sender).Error; err != nil {
			return notFound(err, "sender", senderID)
		}
		if err := s.openSecrets(&sender); err != nil {
			return err
		}
		if sender.Credentials.Tokens.Refresh != used {
			return nil
		}
		old := sender
		sender.Credentials.Tokens, sender.UpdatedAt = tokens, now
		if err := s.sealSecrets(&sender); err != nil {
			return err
		}
		columns := []string{"secrets", "updated_at"}
		if ends := tokens.Ends(); ends != "" && ends != old.Settings.SecretExpires {
			sender.Settings.SecretExpires, columns = ends, append(columns, "settings")
		}
		if err := tx.Model(&models.Sender{ID: senderID}).Select(columns).Updates(&sender).Error; err != nil {
			return err
		}
		return secretRenewed(tx, sender, old, models.ActorSystem, now)
	})
	if err != nil {
		return fmt.Errorf("keep the tokens of sender %d: %w", senderID, err)
	}
	return nil
}

// SenderFailed stops a sender for its configuration and asks a person to look.
func (s *Store) SenderFailed(ctx context.Context, senderID int64, why string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		st := &settling{tx: tx, now: now}
		if err := st.stopSender(senderID, why, now); err != nil {
			return err
		}
		return addEvents(tx, st.events...)
	}))
}

// ConnectSender keeps a mailbox that its owner has just signed in, starts it
// and closes what was asked about it.
func (s *Store) ConnectSender(ctx context.Context, sender models.Sender, by string, now time.Time) (models.Sender, error) {
	sender.State, sender.StoppedReason, sender.StoppedDetail, sender.StoppedAt = models.SenderActive, "", "", nil
	saved, err := s.SaveSender(ctx, sender, by, now)
	if err != nil {
		return saved, err
	}
	return saved, shown(s.inTx(ctx, func(tx *gorm.DB) error {
		return closeTasks(tx, tx.Where("sender_id = ? AND reason = ?", saved.ID, models.AttentionSender), models.TaskDone, by, now)
	}))
}

// carryOver keeps what the new credentials do not speak of: the configuration
// knows no tokens, a sign-in no password.
func (s *Store) carryOver(sender *models.Sender, old models.Sender) error {
	c := &sender.Credentials
	lacksTokens := sender.Settings.OAuth != "" && sender.Settings.OAuth == old.Settings.OAuth && c.Tokens.Refresh == ""
	if len(old.Secrets) == 0 || !lacksTokens && c.Webhook != "" {
		return nil
	}
	if err := s.openSecrets(&old); err != nil {
		return err
	}
	if lacksTokens {
		c.Tokens = old.Credentials.Tokens
	}
	if c.Webhook == "" {
		c.Webhook = old.Credentials.Webhook
	}
	if c.DKIMKey == "" {
		c.DKIMKey, c.DKIMName = old.Credentials.DKIMKey, old.Credentials.DKIMName
	}
	return nil
}
