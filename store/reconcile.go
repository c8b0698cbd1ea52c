package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Between two times of asking a provider what became of a touch: doubled while
// nothing can be proved.
const (
	firstAskAgain   = 20 * time.Second
	longestAskAgain = time.Hour
)

// Unconfirmed lists touches whose fate is unknown and is to be asked about by
// now, those longest unasked first, with their messages and senders'
// credentials.
func (s *Store) Unconfirmed(ctx context.Context, now time.Time, limit int) ([]models.Dispatch, error) {
	tx := s.read.WithContext(ctx)
	var touches []models.Touch
	// One without a message was set aside after a restoring: there is nothing to ask about.
	asked := handedOver + " AND state = 'unconfirmed' AND EXISTS (SELECT 1 FROM messages m WHERE m.touch_id = touches.id AND m.direction = 'outbound')"
	if err := tx.Where(asked).Where("ask_at IS NULL OR ask_at <= ?", now.UTC()).Order("updated_at, id").Limit(limit).Find(&touches).Error; err != nil {
		return nil, fmt.Errorf("unconfirmed: %w", err)
	}
	if len(touches) == 0 {
		return nil, nil
	}
	ids, senders := idSet{}, idSet{}
	for i := range touches {
		ids.add(&touches[i].ID)
		senders.add(touches[i].SenderID)
	}
	var messages []models.Message
	if err := tx.Where(anyOf(tx, "touch_id", ids.list())).Where("direction = 'outbound'").Find(&messages).Error; err != nil {
		return nil, fmt.Errorf("unconfirmed: %w", err)
	}
	from, err := pointers(tx, "id", senders.list(), func(s models.Sender) int64 { return s.ID })
	if err != nil {
		return nil, fmt.Errorf("unconfirmed: %w", err)
	}
	byTouch := map[int64]models.Message{}
	for _, m := range messages {
		byTouch[*m.TouchID] = m
	}
	var out []models.Dispatch
	for _, t := range touches {
		m, ok := byTouch[t.ID]
		if !ok {
			continue
		}
		if m.Sender = sender(from, t.SenderID); m.Sender != nil {
			if err := s.openSecrets(m.Sender); err != nil {
				s.log.Error("a sender's secrets do not open", "sender", m.Sender.ID, "error", err)
			}
		}
		out = append(out, models.Dispatch{Touch: t, Message: m})
	}
	return out, nil
}

// defaultEndedAfter: longer than any send takes, so nothing of the replica can
// still go out.
const defaultEndedAfter = 15 * time.Minute

// Reconcile records what a reconciler learned of an unconfirmed touch. Absent
// plans it again only where the hand-over is proved to be over: the replica
// told so itself, or has been silent for longer than any send takes.
func (s *Store) Reconcile(ctx context.Context, touchID int64, found, absent bool, providerID string, now time.Time) error {
	if found {
		return s.reconcileFound(ctx, touchID, providerID, now)
	}
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		if absent {
			back, err := s.reconcileAbsent(tx, touchID, now)
			if err != nil || back {
				return err
			}
		}
		return askAgain(tx, touchID, now)
	})
	if err != nil {
		return fmt.Errorf("reconcile: %w", err)
	}
	return nil
}

// reconcileAbsent plans again what its provider never got. back is false
// where the hand-over may still be under way: that it is absent proves nothing yet.
func (s *Store) reconcileAbsent(tx *gorm.DB, touchID int64, now time.Time) (back bool, err error) {
	t, err := lockUnconfirmed(tx, touchID)
	if err != nil || t.State != models.TouchUnconfirmed {
		return true, err
	}
	over, err := s.handOverEnded(tx, t, now)
	if err != nil || !over {
		return false, err
	}
	stops, err := s.absent(tx, t)
	if err != nil {
		return false, err
	}
	if err := takeBack(tx, stops, now); err != nil || t.SenderID == nil {
		return true, err
	}
	return true, closeConfirmed(tx, []int64{*t.SenderID}, now)
}

// askAgain puts the next time of asking further away, and has somebody look.
// The person's row is not locked: only what nobody has learned is written, and
// only while it is still unconfirmed.
func askAgain(tx *gorm.DB, touchID int64, now time.Time) error {
	var t models.Touch
	if err := tx.Where("id = ?", touchID).Take(&t).Error; err != nil {
		return notFound(err, "touch", touchID)
	}
	if t.State != models.TouchUnconfirmed || t.AskAt != nil && now.Before(*t.AskAt) {
		return nil // settled meanwhile, or another replica has just asked
	}
	wait := firstAskAgain
	if t.AskAt != nil {
		wait = min(max(2*t.AskAt.Sub(t.UpdatedAt), firstAskAgain), longestAskAgain)
	}
	res := tx.Model(&models.Touch{}).Where("id = ? AND "+handedOver+" AND state = 'unconfirmed'", t.ID).
		UpdateColumns(map[string]any{"updated_at": now, "ask_at": now.Add(wait)})
	if res.Error != nil || res.RowsAffected == 0 || t.SenderID == nil {
		return res.Error
	}
	return unconfirmedTask(tx, *t.SenderID, now)
}

func (s *Store) reconcileFound(ctx context.Context, touchID int64, providerID string, now time.Time) error {
	var t models.Touch
	err := s.read.WithContext(ctx).Where("id = ?", touchID).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return notFound(err, "touch", touchID)
	}
	if err != nil || t.State != models.TouchUnconfirmed {
		return err
	}
	told, err := first[models.Message](s.read.WithContext(ctx).Select("id", "talking_point_id").Where("touch_id = ? AND direction = 'outbound'", touchID))
	if err != nil {
		return err
	}
	var point *int64
	if told != nil {
		point = told.TalkingPointID
	}
	return s.Settle(ctx, []models.SendResult{{
		TalkingPointID: point, TouchID: t.ID, Attempt: t.Attempt, Replica: t.Replica, Class: models.SendAccepted,
		ProviderID: providerID, Detail: string(models.EndUnconfirmedFound), At: now,
	}}, nil)
}

func lockUnconfirmed(tx *gorm.DB, touchID int64) (models.Touch, error) {
	var t models.Touch
	if err := tx.Where("id = ?", touchID).Take(&t).Error; err != nil {
		return t, notFound(err, "touch", touchID)
	}
	if _, err := lockProspect(tx, t.ProspectID); err != nil {
		return t, err
	}
	var fresh models.Touch
	err := tx.Where("id = ?", touchID).Take(&fresh).Error
	return fresh, err
}

func (s *Store) absent(tx *gorm.DB, t models.Touch) (map[int64]stop, error) {
	st := stop{touch: t, mine: true, to: models.TouchPlanned}
	if t.EnrollmentID != nil {
		var e models.Enrollment
		if err := tx.Where("id = ?", *t.EnrollmentID).Take(&e).Error; err != nil {
			return nil, notFound(err, "enrollment", *t.EnrollmentID)
		}
		if why, rests := withdrawnBy(&e); rests {
			st.to, st.why = models.TouchCanceled, why
		}
	}
	return map[int64]stop{t.ID: st}, nil
}

func (s *Store) handOverEnded(tx *gorm.DB, t models.Touch, now time.Time) (bool, error) {
	if t.Replica == "" {
		return true, nil
	}
	if t.SendBy != nil && now.Before(t.SendBy.Add(s.endedAfter)) {
		return false, nil
	}
	clock, err := s.hot.databaseNow(tx, now)
	if err != nil {
		return false, err
	}
	var alive int64
	err = tx.Table("replicas").Where("id = ? AND heartbeat_at >= ?", t.Replica, clock.Add(-s.endedAfter).UTC()).Count(&alive).Error
	return alive == 0, err
}
