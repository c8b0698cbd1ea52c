package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// beforeBackup: a message handed over just before the backup was taken may be
// recorded as sent just after it.
const beforeBackup = 15 * time.Minute

// strayed are the people to whom something left in the unknown time that no
// touch accounts for.
const strayed = `SELECT m.prospect_id FROM messages m WHERE m.direction = 'outbound' AND m.touch_id IS NULL
	AND m.prospect_id IS NOT NULL AND m.sent_at >= ?`

// JudgeRestored looks at what ParkRestored set aside, once the records of the
// senders in whole were read to their end. Where such a record shows nothing to
// the person since the backup, the message did not leave: it is planned again,
// promised from now. Everything else stays for a person to decide. And who was
// sent something that no touch accounts for may have got their next step early:
// that step is set aside too.
func (s *Store) JudgeRestored(ctx context.Context, whole []int64, now time.Time) (replanned int, err error) {
	set, err := s.Settings(ctx)
	if err != nil || set.Restored == nil {
		return 0, err
	}
	since := set.Restored.BackupOf.Add(-beforeBackup)
	for {
		n, err := s.replanAbsent(ctx, whole, since, now)
		if err != nil {
			return replanned, fmt.Errorf("judge parked messages: %w", err)
		}
		if replanned += n; n == 0 {
			break
		}
	}
	for {
		n, err := s.parkEarly(ctx, since, set.Restored.At, now)
		if err != nil || n == 0 {
			return replanned, err
		}
	}
}

func (s *Store) replanAbsent(ctx context.Context, whole []int64, since, now time.Time) (n int, err error) {
	if len(whole) == 0 {
		return 0, nil
	}
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		n = 0
		fits := tx.Where("state = 'unconfirmed' AND hold_reason = ?", models.HoldRestored).Where(anyOf(tx, "sender_id", whole)).
			Where("prospect_id NOT IN ("+strayed+")", since).
			// A message row means that the hand-over had begun before the backup; its own trace decides.
			Where("NOT EXISTS (SELECT 1 FROM messages h WHERE h.touch_id = touches.id AND h.direction = 'outbound')")
		var found []models.Touch
		if err := fits.Session(&gorm.Session{}).Order("id").Limit(parkLimit).Find(&found).Error; err != nil || len(found) == 0 {
			return err
		}
		people, all := idSet{}, make([]int64, len(found))
		for i := range found {
			people.add(&found[i].ProspectID)
			all[i] = found[i].ID
		}
		if _, err := lockProspects(tx, people.list()); err != nil {
			return err
		}
		var absent []models.Touch
		if err := fits.Session(&gorm.Session{}).Where(anyOf(tx, "id", all)).Order("id").Find(&absent).Error; err != nil {
			return err
		}
		n = len(found)
		return s.planAgain(tx, absent, now)
	})
	return n, err
}

// planAgain returns touches that provably did not leave, promised anew: the
// old promise lies in the unknown time. One whose enrollment rests or has
// ended is withdrawn.
func (s *Store) planAgain(tx *gorm.DB, touches []models.Touch, now time.Time) error {
	stops, ids, senders := map[int64]stop{}, []int64{}, idSet{}
	for _, t := range touches {
		st, err := s.absent(tx, t)
		if err != nil {
			return err
		}
		stops[t.ID] = st[t.ID]
		ids = append(ids, t.ID)
		senders.add(t.SenderID)
	}
	if err := takeBack(tx, stops, now); err != nil {
		return err
	}
	err := tx.Model(&models.Touch{}).Where(anyOf(tx, "id", ids)).Where("state = 'planned'").UpdateColumns(map[string]any{
		"due_at": now, "promised_at": now, "planned_at": now, "hold_reason": "", "hold_detail": "",
	}).Error
	if err != nil {
		return err
	}
	return closeConfirmed(tx, senders.list(), now)
}

// parkEarly sets aside the next steps, due later, of people who were sent
// something in the unknown time that none of their parked messages explains.
func (s *Store) parkEarly(ctx context.Context, since, until, now time.Time) (n int, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		return s.park(tx, tx.Where("promised_at > ? AND planned_at <= ? AND enrollment_id IS NOT NULL", until, until).
			Where("prospect_id IN ("+strayed+")", since).
			Where("NOT EXISTS (SELECT 1 FROM touches o WHERE o.prospect_id = touches.prospect_id AND o.state = 'unconfirmed')"), now, &n)
	})
	return n, err
}
