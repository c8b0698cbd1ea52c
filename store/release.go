package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// releaseAtOnce bounds what one transaction releases. What is beyond it of a
// sender's comes due by itself, a minute later at most.
const releaseAtOnce = 200

// ReleaseHeard lets what waited for the answers to a sender be judged again
// now: they have been read.
func (s *Store) ReleaseHeard(ctx context.Context, senderID int64, now time.Time) (int, error) {
	n, err := s.release(ctx, now, "hold_reason = ? AND sender_id = ?", models.HoldInboundBehind, senderID)
	if err != nil {
		return 0, fmt.Errorf("release what waited for the answers to sender %d: %w", senderID, err)
	}
	return n, nil
}

// ReleaseHeld lets everything that waits for a reason be judged again now: a
// person has mended it. That may be much, and some of it comes due in weeks, so
// it goes piece by piece until nothing is left.
func (s *Store) ReleaseHeld(ctx context.Context, reason models.Reason, now time.Time) error {
	for {
		n, err := s.release(ctx, now, "hold_reason = ?", reason)
		if err != nil {
			return fmt.Errorf("release what waited for %s: %w", reason, err)
		}
		if n == 0 {
			return nil
		}
	}
}

// release makes due now what waits for a reason and is not due yet, of as many
// people as one transaction may hold. It tells how many touches that were.
func (s *Store) release(ctx context.Context, now time.Time, which string, args ...any) (int, error) {
	held := func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&models.Touch{}).Where("state = 'planned' AND due_at > ?", now).Where(which, args...)
	}
	n := 0
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		n = 0
		var people []int64
		if err := held(tx).Order("due_at, id").Limit(releaseAtOnce).Pluck("prospect_id", &people).Error; err != nil || len(people) == 0 {
			return err
		}
		// The people are the lock that claiming takes too.
		if _, err := load[models.Prospect](forUpdate(tx).Select("id").Where(anyOf(tx, "id", people)).Order("id")); err != nil {
			return err
		}
		res := held(tx).Where(anyOf(tx, "prospect_id", people)).UpdateColumns(map[string]any{"due_at": now, "updated_at": now})
		if res.Error != nil {
			return res.Error
		}
		n = int(res.RowsAffected)
		return keepNextTouch(tx, now, people...)
	})
	return n, err
}
