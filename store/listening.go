package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// lease is the row by which one of several replicas holds a job.
type lease struct {
	Name      string `gorm:"primaryKey"`
	Holder    string
	ExpiresAt time.Time
}

// AcquireLease takes or renews a lease for holder until now+ttl. It reports
// false where another holder's lease has not run out.
func (s *Store) AcquireLease(ctx context.Context, name, holder string, now time.Time, ttl time.Duration) (bool, error) {
	res := s.write.WithContext(ctx).Exec(
		`INSERT INTO leases (name, holder, expires_at) VALUES (?, ?, ?)
		 ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
		 WHERE leases.holder = excluded.holder OR leases.expires_at <= ?`,
		name, holder, now.Add(ttl).UTC(), now.UTC())
	if res.Error != nil {
		return false, fmt.Errorf("acquire lease %s: %w", name, res.Error)
	}
	return res.RowsAffected == 1, nil
}

// ReleaseLease gives a lease back; one that another took meanwhile stays theirs.
func (s *Store) ReleaseLease(ctx context.Context, name, holder string) error {
	err := s.write.WithContext(ctx).Where("name = ? AND holder = ?", name, holder).Delete(&lease{}).Error
	if err != nil {
		return fmt.Errorf("release lease %s: %w", name, err)
	}
	return nil
}

// PolledSenders lists the senders whose inbound we read ourselves, with
// their credentials. Beside an error about one whose secrets do not open the
// others are given: they are read all the same.
func (s *Store) PolledSenders(ctx context.Context) ([]models.Sender, error) {
	var senders []models.Sender
	err := s.read.WithContext(ctx).Where("inbound = ?", models.InboundPoll).Order("id").Find(&senders).Error
	if err != nil {
		return nil, fmt.Errorf("polled senders: %w", err)
	}
	readable := senders[:0]
	var unreadable error
	for _, sender := range senders {
		if err := s.openSecrets(&sender); err != nil {
			unreadable = errors.Join(unreadable, err)
			continue
		}
		readable = append(readable, sender)
	}
	return readable, unreadable
}

// InboundCurrent notes that everything inbound of a sender was read at now,
// up to the listener's cursor.
func (s *Store) InboundCurrent(ctx context.Context, senderID int64, cursor string, now time.Time) error {
	err := s.write.WithContext(ctx).Model(&models.Sender{}).Where("id = ?", senderID).
		Updates(map[string]any{"inbound_cursor": cursor, "inbound_read_at": now.UTC()}).Error
	if err != nil {
		return fmt.Errorf("inbound of sender %d: %w", senderID, err)
	}
	return nil
}

// InboundBehind takes the proof back that everything inbound was read: the
// sender's automatic touches wait for the next one.
func (s *Store) InboundBehind(ctx context.Context, senderID int64) error {
	err := s.write.WithContext(ctx).Model(&models.Sender{}).Where("id = ?", senderID).
		UpdateColumn("inbound_read_at", nil).Error
	if err != nil {
		return fmt.Errorf("inbound of sender %d: %w", senderID, err)
	}
	return nil
}

// notRead narrows to polled senders that were not read since and whose
// listener has not renewed its lease of leaseFor since.
func notRead(tx *gorm.DB, since time.Time, leaseFor time.Duration) *gorm.DB {
	return tx.Model(&models.Sender{}).Where(`inbound = ? AND (inbound_read_at IS NULL OR inbound_read_at < ? AND NOT EXISTS (
		SELECT 1 FROM leases l WHERE l.name = 'mailbox-' || senders.id AND l.expires_at >= ?))`,
		models.InboundPoll, since.UTC(), since.Add(leaseFor).UTC())
}

// InboundHeard tells whether every polled sender was read since, or its
// listener has renewed its lease of leaseFor since.
func (s *Store) InboundHeard(ctx context.Context, since time.Time, leaseFor time.Duration) (bool, error) {
	var n int64
	if err := notRead(s.read.WithContext(ctx), since, leaseFor).Count(&n).Error; err != nil {
		return false, fmt.Errorf("inbound of polled senders: %w", err)
	}
	return n == 0, nil
}

// InboundUnheard takes back the proof of every sender that InboundHeard still
// waits for.
func (s *Store) InboundUnheard(ctx context.Context, since time.Time, leaseFor time.Duration) error {
	if err := notRead(s.write.WithContext(ctx), since, leaseFor).UpdateColumn("inbound_read_at", nil).Error; err != nil {
		return fmt.Errorf("inbound of polled senders: %w", err)
	}
	return nil
}

// DropLeases forgets who held what: for the only process on a database, whose
// predecessor may have left leases behind.
func (s *Store) DropLeases(ctx context.Context) error {
	if err := s.write.WithContext(ctx).Exec("DELETE FROM leases").Error; err != nil {
		return fmt.Errorf("drop leases: %w", err)
	}
	return nil
}

// MailboxDown asks the sender's owner (else the first admin) to look at a
// mailbox that cannot be read. There is at most one such open task a sender.
func (s *Store) MailboxDown(ctx context.Context, senderID int64, cause string, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		var sender models.Sender
		if err := tx.Where("id = ?", senderID).Take(&sender).Error; err != nil {
			return fmt.Errorf("sender %d: %w", senderID, err)
		}
		return openSenderTask(tx, sender, models.AttentionMailbox,
			"Answers to "+sender.Address+" cannot be read",
			cause+". Automatic messages from it wait until they can be; check its host, user name and password, or account and token.", now)
	})
}

// MailboxUp closes the task of MailboxDown: the mailbox is read again.
func (s *Store) MailboxUp(ctx context.Context, senderID int64, now time.Time) error {
	err := s.write.WithContext(ctx).Model(&models.Task{}).
		Where("sender_id = ? AND reason = ? AND state = ?", senderID, models.AttentionMailbox, models.TaskOpen).
		Updates(map[string]any{"state": models.TaskDone, "closed_at": now.UTC(), "closed_by": models.ActorSystem, "updated_at": now.UTC()}).Error
	if err != nil {
		return fmt.Errorf("mailbox of sender %d: %w", senderID, err)
	}
	return nil
}

// openSenderTask asks the sender's owner, else whoever answers for shared
// senders, to repair something; one open task a sender and reason.
func openSenderTask(tx *gorm.DB, sender models.Sender, reason models.Reason, title, detail string, now time.Time) error {
	userID, err := responsibleFor(tx, sender)
	if err != nil {
		return err
	}
	_, err = openTask(tx, models.Prospect{}, models.Task{
		Kind: models.TaskResolve, UserID: userID, SenderID: &sender.ID, Title: title, Reason: reason, Detail: detail, DueAt: now,
	}, models.ActorScheduler, now)
	return err
}

// responsibleFor is the sender's owner, else the first admin, else the first
// manager, else the first user.
func responsibleFor(tx *gorm.DB, sender models.Sender) (int64, error) {
	if sender.OwnerID != nil {
		return *sender.OwnerID, nil
	}
	var u models.User
	err := tx.Where("disabled_at IS NULL").
		Order("CASE role WHEN 'admin' THEN 0 WHEN 'manager' THEN 1 ELSE 2 END, id").Take(&u).Error
	if err != nil {
		return 0, fmt.Errorf("who answers for sender %d: %w", sender.ID, err)
	}
	return u.ID, nil
}
