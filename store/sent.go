package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// SentCopies tells which of the Message-IDs found in a sender's Sent folder
// are known: our own, and those of a user that were recorded before. The first
// of our own shows that the server files what it sends, so that from then on a
// message that is missing there was not sent. One whose hand-over is unsure is
// proved by it.
func (s *Store) SentCopies(ctx context.Context, sender models.Sender, mailIDs []string, now time.Time) (map[string]bool, error) {
	var found []models.Message
	err := s.read.WithContext(ctx).Select("id", "mail_id", "touch_id", "sender_id", "state", "token", "provider").
		Where("mail_id IN ? AND direction = ?", mailIDs, models.Outbound).Find(&found).Error
	if err != nil {
		return nil, fmt.Errorf("messages in Sent: %w", err)
	}
	known := make(map[string]bool, len(found))
	ours := false
	for _, m := range found {
		known[m.MailID] = true
		if m.TouchID == nil || m.SenderID == nil || *m.SenderID != sender.ID {
			continue
		}
		ours = true
		if m.State == models.MessageQueued {
			if err := s.provedByCopy(ctx, m, now); err != nil {
				return nil, err
			}
		}
	}
	if ours {
		if err := s.learnSentCopies(ctx, sender.ID, now); err != nil {
			return nil, err
		}
	}
	return known, nil
}

// provedByCopy settles a message that was handed over and never confirmed.
func (s *Store) provedByCopy(ctx context.Context, m models.Message, now time.Time) error {
	var t models.Touch
	if err := s.read.WithContext(ctx).Select("id", "state").Where("id = ?", *m.TouchID).Take(&t).Error; err != nil {
		return notFound(err, "touch", *m.TouchID)
	}
	if t.State != models.TouchUnconfirmed { // what is under way settles itself
		return nil
	}
	return s.RecordReceipt(ctx, models.Receipt{Provider: m.Provider, ProviderID: m.MailID, Token: m.Token, Status: models.MessageSent, At: now}, nil)
}

func (s *Store) learnSentCopies(ctx context.Context, senderID int64, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		var sender models.Sender
		if err := forUpdate(tx).Where("id = ?", senderID).Take(&sender).Error; err != nil {
			return notFound(err, "sender", senderID)
		}
		if sender.Settings.FilesSentCopies {
			return nil
		}
		sender.Settings.FilesSentCopies, sender.UpdatedAt = true, now
		return tx.Model(&models.Sender{ID: senderID}).Select("Settings", "UpdatedAt").Updates(&sender).Error
	})
}

// SentTo finds the prospects among the recipients of a user's own message. An
// address that several have is the one's whose thread it belongs to, else the
// newest holder's; an address that nobody has may be one that somebody wrote
// from in this thread.
func (s *Store) SentTo(ctx context.Context, mail models.SentMail) ([]models.SentTo, error) {
	if len(mail.To) == 0 {
		return nil, nil
	}
	tx := s.read.WithContext(ctx)
	thread, err := threadOf(tx, mail.Thread)
	if err != nil {
		return nil, fmt.Errorf("recipients of a sent message: %w", err)
	}
	var points []models.ContactPoint
	if err := tx.Where("kind = ? AND value IN ?", models.ContactEmail, mail.To).Order("id DESC").Find(&points).Error; err != nil {
		return nil, fmt.Errorf("recipients of a sent message: %w", err)
	}
	var all []models.SentTo
	for _, address := range mail.To {
		to, ok := recipient(address, points, thread)
		if !ok {
			continue
		}
		if to.ProspectID, err = survivorOf(tx, to.ProspectID); err != nil {
			return nil, err
		}
		if !slices.ContainsFunc(all, func(o models.SentTo) bool { return o.ProspectID == to.ProspectID }) {
			all = append(all, to)
		}
	}
	return all, nil
}

// OwnSender finds the sender with an address that is no prospect's as well:
// who tries the product on themselves is a customer all the same. nil: none.
func (s *Store) OwnSender(ctx context.Context, address string) (*int64, error) {
	if address == "" {
		return nil, nil
	}
	sender, err := first[models.Sender](s.read.WithContext(ctx).Select("id").
		Where("kind = ? AND address = ? AND NOT EXISTS (SELECT 1 FROM contact_points c WHERE c.value = senders.address)", models.SenderMailbox, address))
	if err != nil || sender == nil {
		return nil, err
	}
	return &sender.ID, nil
}

// FinishRaw notes what became of an inbound that is no customer's.
func (s *Store) FinishRaw(ctx context.Context, rawID, messageID int64, now time.Time) error {
	err := s.write.WithContext(ctx).Model(&models.Raw{}).Where("id = ?", rawID).
		UpdateColumns(map[string]any{"state": models.RawProcessed, "message_id": messageID, "error": "", "updated_at": now}).Error
	if err != nil {
		return fmt.Errorf("finish inbound %d: %w", rawID, err)
	}
	return nil
}

// threadOf are the messages with customers that a message answers.
func threadOf(tx *gorm.DB, mailIDs []string) ([]models.Message, error) {
	if len(mailIDs) == 0 {
		return nil, nil
	}
	var thread []models.Message
	err := tx.Select("id", "prospect_id", "direction", "from_address").
		Where("mail_id IN ? AND prospect_id IS NOT NULL", mailIDs).Order("id DESC").Find(&thread).Error
	return thread, err
}

func recipient(address string, points []models.ContactPoint, thread []models.Message) (models.SentTo, bool) {
	var newest *models.ContactPoint
	for i, cp := range points {
		if cp.Value != address {
			continue
		}
		if newest == nil {
			newest = &points[i]
		}
		if slices.ContainsFunc(thread, func(m models.Message) bool { return *m.ProspectID == cp.ProspectID }) {
			newest = &points[i]
			break
		}
	}
	if newest != nil {
		return models.SentTo{ProspectID: newest.ProspectID, ContactPointID: &newest.ID, Address: address}, true
	}
	for _, m := range thread {
		if m.Direction == models.Inbound && m.FromAddress == address {
			return models.SentTo{ProspectID: *m.ProspectID, Address: address}, true
		}
	}
	return models.SentTo{}, false
}

// RecordSent lets a user's own message from elsewhere join the conversation:
// it ends the customer's waiting where it is newer than that, and holds what
// is automatic for a while (the gate reads Conversation.WrittenAt). The same
// message again changes nothing.
func (s *Store) RecordSent(ctx context.Context, m models.Message, now time.Time) (models.Recorded, error) {
	var done models.Recorded
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		done = models.Recorded{}
		prospect, err := lockSurvivor(tx, *m.ProspectID)
		if err != nil {
			return err
		}
		old, err := first[models.Message](tx.Where("prospect_id = ? AND direction = ? AND mail_id = ?", prospect.ID, models.Outbound, m.MailID))
		if err != nil {
			return err
		}
		if old != nil {
			done.MessageID, done.Repeat = old.ID, true
			return nil
		}
		if done.MessageID, err = joinConversation(tx, prospect, m, now); err != nil {
			return err
		}
		return touchedAt(tx, prospect.ID, now)
	})
	if err != nil {
		return models.Recorded{}, shown(err)
	}
	return done, nil
}

func joinConversation(tx *gorm.DB, prospect models.Prospect, m models.Message, now time.Time) (int64, error) {
	by := models.ActorSystem
	sender, err := first[models.Sender](tx.Where("id = ?", *m.SenderID))
	if err != nil {
		return 0, err
	}
	if sender == nil {
		return 0, notFound(gorm.ErrRecordNotFound, "sender", *m.SenderID)
	}
	if m.UserID = sender.OwnerID; m.UserID != nil {
		by = models.UserActor(*m.UserID)
	}
	if m.SentAt == nil || m.SentAt.After(now) {
		m.SentAt = &now
	}
	m.ID, m.ProspectID, m.Direction, m.State, m.CreatedAt = 0, &prospect.ID, models.Outbound, models.MessageSent, now
	if err := tx.Create(&m).Error; err != nil {
		return 0, err
	}
	c, err := conversationOf(tx, prospect)
	if err != nil {
		return 0, err
	}
	waiting := c.WaitingSince
	if c.LastMessageAt == nil || c.LastMessageAt.Before(*m.SentAt) {
		c.LastMessageID, c.LastMessageAt = &m.ID, m.SentAt
	}
	if c.WrittenAt == nil || c.WrittenAt.Before(*m.SentAt) {
		c.WrittenAt = m.SentAt
	}
	c.UpdatedAt = now
	if err := keepConversation(tx, c); err != nil {
		return 0, err
	}
	// What was written before the customer wrote is no answer to that.
	if waiting == nil || m.SentAt.After(*waiting) {
		if err := endWaiting(tx, prospect, by, now); err != nil {
			return 0, err
		}
	}
	if m.ContactPointID != nil {
		err := tx.Model(&models.ContactPoint{}).Where("id = ?", *m.ContactPointID).
			UpdateColumns(map[string]any{"last_tried_at": *m.SentAt, "updated_at": now}).Error
		if err != nil {
			return 0, err
		}
	}
	return m.ID, addEvents(tx, models.Event{
		At: now, Actor: by, Kind: models.EventAnswered, Channel: m.Channel, Code: "elsewhere",
		ProspectID: &prospect.ID, MessageID: &m.ID, SenderID: m.SenderID, UserID: m.UserID,
	})
}
