package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// ClaimNotifications takes what is to be sent by email or text now, in a
// transaction of its own: from then on nobody else sends it, and neither does
// this process a second time. What its occasion has left behind is dropped.
func (s *Store) ClaimNotifications(ctx context.Context, now time.Time, limit int) ([]models.NotificationDue, error) {
	var taken []models.NotificationDue
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		taken = nil
		q := tx.Where("state = 'waiting' AND way <> ? AND send_after <= ?", models.WayBrowser, now).Order("send_after, id").Limit(limit)
		if isPostgres(tx) {
			q = q.Clauses(clause.Locking{Strength: "UPDATE", Options: "SKIP LOCKED"})
		}
		var rows []models.Notification
		if err := q.Find(&rows).Error; err != nil || len(rows) == 0 {
			return err
		}
		users, tasks := idSet{}, idSet{}
		for i := range rows {
			users.add(&rows[i].UserID)
			tasks.add(rows[i].TaskID)
		}
		userByID, err := rowsByID(tx, users.list(), func(u models.User) int64 { return u.ID })
		if err != nil {
			return err
		}
		taskByID, err := rowsByID(tx, tasks.list(), func(t models.Task) int64 { return t.ID })
		if err != nil {
			return err
		}
		for i := range rows {
			n, u := &rows[i], userByID[rows[i].UserID]
			n.State, n.UpdatedAt = models.NotificationSending, now
			if why := outdated(*n, u, taskByID, now); why != "" {
				n.State, n.Detail = models.NotificationDropped, why
			}
			if err := saveRow(tx, n); err != nil {
				return err
			}
			if n.State == models.NotificationSending {
				taken = append(taken, models.NotificationDue{Notification: *n, User: u})
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim notifications: %w", err)
	}
	return taken, nil
}

// outdated says why a notification has lost its occasion; "" where it has not.
func outdated(n models.Notification, u models.User, tasks map[int64]models.Task, now time.Time) string {
	switch {
	case u.DisabledAt != nil:
		return "they have left"
	case n.NotAfter != nil && now.After(*n.NotAfter):
		return "its moment had passed before it could be sent"
	case n.Kind != models.NotifyDigest && n.TaskID != nil:
		if t, ok := tasks[*n.TaskID]; ok && !t.Live() {
			return "it was done before it could be sent"
		}
	}
	return ""
}

// SettleNotification notes what became of a hand-over.
func (s *Store) SettleNotification(ctx context.Context, n models.Notification) error {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&models.Notification{}).Where("id = ? AND state = ?", n.ID, models.NotificationSending).
			UpdateColumns(map[string]any{"state": n.State, "detail": n.Detail, "to_address": n.ToAddress, "sender_id": n.SenderID, "updated_at": n.UpdatedAt}).Error
	})
	if err != nil {
		return fmt.Errorf("settle notification %d: %w", n.ID, err)
	}
	return nil
}

// NotificationSender is what a user is written to from: an account that
// everybody shares, else the user's own; never a colleague's.
func (s *Store) NotificationSender(ctx context.Context, kind models.SenderKind, userID int64) (models.Sender, bool, error) {
	var sender models.Sender
	err := s.read.WithContext(ctx).Where("kind = ? AND state = ? AND (owner_id IS NULL OR owner_id = ?)", kind, models.SenderActive, userID).
		Order("CASE WHEN owner_id IS NULL THEN 0 ELSE 1 END, CASE provider WHEN 'sandbox' THEN 1 ELSE 0 END, id").Take(&sender).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return sender, false, nil
	}
	if err != nil {
		return sender, false, fmt.Errorf("the account for notifications: %w", err)
	}
	return sender, true, s.openSecrets(&sender)
}

// ReachesProspect tells whether an address is a customer's: notifications are
// for users only, whatever number one of them entered as their own.
func (s *Store) ReachesProspect(ctx context.Context, address string) (bool, error) {
	var n int64
	err := s.read.WithContext(ctx).Model(&models.ContactPoint{}).Where("value = ?", address).Limit(1).Count(&n).Error
	return n > 0, err
}

// BrowserNotifications are those that open pages may show, made since; by
// user. after leaves out older ones of the same moment.
func (s *Store) BrowserNotifications(ctx context.Context, users []int64, since time.Time) ([]models.Notification, error) {
	if len(users) == 0 {
		return nil, nil
	}
	var rows []models.Notification
	err := s.reader(ctx).Where("user_id IN ? AND way = ? AND created_at >= ?", users, models.WayBrowser, since).Order("id").Limit(notifyLimit).Find(&rows).Error
	return rows, err
}

// NotificationsShown notes that an open page has shown these.
func (s *Store) NotificationsShown(ctx context.Context, ids []int64, now time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	return s.inTx(ctx, func(tx *gorm.DB) error {
		return tx.Model(&models.Notification{}).Where(anyOf(tx, "id", ids)).Where("state = 'waiting'").
			UpdateColumns(map[string]any{"state": models.NotificationSent, "updated_at": now}).Error
	})
}

// ViewNotifications lists a user's latest notifications, each way a row.
func (s *Store) ViewNotifications(ctx context.Context, userID int64, limit int) ([]models.Notification, error) {
	var rows []models.Notification
	err := s.reader(ctx).Where("user_id = ?", userID).Order("id DESC").Limit(limit).Find(&rows).Error
	return rows, err
}
