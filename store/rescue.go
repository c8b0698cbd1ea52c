package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// handedOver is the condition of the index touches_handed, word for word:
// SQLite uses a partial index only where the statement repeats it.
const handedOver = "state IN ('sending', 'unconfirmed')"

// rescueLimit bounds one transaction of rescuing; the next Tick goes on.
const rescueLimit = 500

// Rescue finds what hand-overs left behind. What the replica claimed and does
// not know of (the answer to its COMMIT was lost) was never handed over: it is
// planned again. What a silent replica was sending, past its send_by, may have
// left: it becomes unconfirmed and is not sent again blindly.
func (s *Store) Rescue(ctx context.Context, replica string, inFlight []int64, now time.Time, silent time.Duration) (replanned, unconfirmed int, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		replanned, unconfirmed = 0, 0
		own, err := s.forgotten(tx, replica, inFlight)
		if err != nil {
			return err
		}
		lost, err := s.abandoned(tx, replica, now, silent)
		if err != nil || len(own)+len(lost) == 0 {
			return err
		}
		people := idSet{}
		for _, t := range append(own[:len(own):len(own)], lost...) {
			people.add(&t.ProspectID)
		}
		if _, err := lockProspects(tx, people.list()); err != nil {
			return err
		}
		if replanned, err = s.planForgotten(tx, replica, own, now); err != nil {
			return err
		}
		if lost, err = stillSending(tx, lost); err != nil {
			return err
		}
		unconfirmed = len(lost)
		if unconfirmed > 0 {
			if err := loseTouches(tx, lost, false, now); err != nil {
				return err
			}
		}
		return keepNextTouch(tx, now, people.list()...)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("rescue: %w", err)
	}
	return replanned, unconfirmed, nil
}

func (s *Store) forgotten(tx *gorm.DB, replica string, inFlight []int64) ([]models.Touch, error) {
	known := make(map[int64]bool, len(inFlight))
	for _, id := range inFlight {
		known[id] = true
	}
	var sending []models.Touch
	err := tx.Where(handedOver+" AND state = 'sending' AND replica = ?", replica).Order("id").Find(&sending).Error
	if err != nil {
		return nil, err
	}
	own := sending[:0]
	for _, t := range sending {
		if !known[t.ID] && len(own) < rescueLimit {
			own = append(own, t)
		}
	}
	return own, nil
}

// abandoned are the touches of replicas that have been silent, past the time
// in which a hand-over could still begin.
func (s *Store) abandoned(tx *gorm.DB, replica string, now time.Time, silent time.Duration) ([]models.Touch, error) {
	clock, err := s.hot.databaseNow(tx, now)
	if err != nil {
		return nil, err
	}
	var lost []models.Touch
	err = tx.Where(handedOver+" AND state = 'sending' AND replica <> ? AND (send_by IS NULL OR send_by < ?)", replica, now.Add(-silent)).
		Where("NOT EXISTS (SELECT 1 FROM replicas r WHERE r.id = touches.replica AND r.heartbeat_at >= ?)", clock.Add(-silent).UTC()).
		Order("id").Limit(rescueLimit).Find(&lost).Error
	return lost, err
}

func (s *Store) planForgotten(tx *gorm.DB, replica string, own []models.Touch, now time.Time) (int, error) {
	own, err := stillSending(tx, own)
	if err != nil || len(own) == 0 {
		return 0, err
	}
	stops := map[int64]stop{}
	enrolled := idSet{}
	for _, t := range own {
		enrolled.add(t.EnrollmentID)
	}
	es, err := pointers(tx, "id", enrolled.list(), func(e models.Enrollment) int64 { return e.ID })
	if err != nil {
		return 0, err
	}
	for _, t := range own {
		st := stop{touch: t, mine: t.Replica == replica, to: models.TouchPlanned}
		if t.EnrollmentID != nil {
			if why, rests := withdrawnBy(es[*t.EnrollmentID]); rests {
				st.to, st.why = models.TouchCanceled, why
			}
		}
		stops[t.ID] = st
	}
	return len(own), takeBack(tx, stops, now)
}

// stillSending reads touches again under their prospects' locks.
func stillSending(tx *gorm.DB, ts []models.Touch) ([]models.Touch, error) {
	if len(ts) == 0 {
		return nil, nil
	}
	attempts := make(map[int64]int, len(ts))
	ids := make([]int64, len(ts))
	for i, t := range ts {
		ids[i], attempts[t.ID] = t.ID, t.Attempt
	}
	var now []models.Touch
	if err := tx.Where(anyOf(tx, "id", ids)).Where("state = 'sending'").Order("id").Find(&now).Error; err != nil {
		return nil, err
	}
	same := now[:0]
	for _, t := range now {
		if t.Attempt == attempts[t.ID] {
			same = append(same, t)
		}
	}
	return same, nil
}
