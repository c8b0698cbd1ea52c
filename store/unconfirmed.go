package store

import (
	"context"
	"errors"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// UnconfirmedOf lists the hand-overs of a sender whose fate is unknown.
func (s *Store) UnconfirmedOf(ctx context.Context, senderID int64, limit int) ([]TouchRow, error) {
	db := s.reader(ctx)
	var ts []models.Touch
	if err := db.Where("state = 'unconfirmed' AND sender_id = ?", senderID).Order("id").Limit(limit).Find(&ts).Error; err != nil {
		return nil, err
	}
	ids := idSet{}
	for _, t := range ts {
		ids.add(&t.ProspectID)
	}
	who, err := s.whoByID(db, ids.list())
	if err != nil {
		return nil, err
	}
	rows := make([]TouchRow, len(ts))
	for i, t := range ts {
		rows[i] = TouchRow{Touch: t, Who: who[t.ProspectID]}
	}
	return rows, nil
}

// ResolveUnconfirmed carries out what a person decided, one by one, and tells
// how many that was. A second click, or a receipt that came meanwhile, finds
// nothing left to decide.
func (s *Store) ResolveUnconfirmed(ctx context.Context, senderID int64, touches []int64, how models.Resolution, by string, now time.Time) (int, error) {
	var ids []int64
	q := s.write.WithContext(ctx).Model(&models.Touch{}).Where("state = 'unconfirmed' AND sender_id = ?", senderID)
	if len(touches) > 0 {
		q = q.Where(anyOf(s.write, "id", touches))
	}
	if err := q.Order("id").Pluck("id", &ids).Error; err != nil {
		return 0, err
	}
	n := 0
	for _, id := range ids {
		var err error
		if how == models.ResolveSent {
			err = s.reconcileFound(ctx, id, "", now)
		} else {
			err = s.decideUnconfirmed(ctx, id, how, by, now)
		}
		if err != nil {
			return n, shown(err)
		}
		n++
	}
	return n, shown(s.inTx(ctx, func(tx *gorm.DB) error {
		if err := closeConfirmed(tx, []int64{senderID}, now); err != nil || n == 0 {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventResolved, Code: string(how), SenderID: &senderID, Data: map[string]string{"count": strconv.Itoa(n)}})
	}))
}

func (s *Store) decideUnconfirmed(ctx context.Context, touchID int64, how models.Resolution, by string, now time.Time) error {
	return s.inTx(ctx, func(tx *gorm.DB) error {
		t, err := lockUnconfirmed(tx, touchID)
		if err != nil || t.State != models.TouchUnconfirmed {
			return err
		}
		switch how {
		case models.ResolveAgain:
			over, err := s.handOverEnded(tx, t, now)
			if err != nil {
				return err
			}
			if !over {
				return models.Errorf(models.CodeConflict, "The process that handed it over may still be sending it. Wait %d minutes, then send it again.", int(defaultEndedAfter.Minutes()))
			}
			stops, err := s.absent(tx, t)
			if err != nil {
				return err
			}
			if err := takeBack(tx, stops, now); err != nil {
				return err
			}
			return addEvents(tx, touchEvent(models.EventTouchPlanned, t, "send_again", by, now))
		case models.ResolveDismiss:
			if err := t.Move(models.TouchDismissed, models.EndDismissed, now); err != nil {
				return err
			}
			if err := saveRow(tx, &t); err != nil {
				return err
			}
			if t.EnrollmentID != nil {
				if err := replanEnrollments(tx, []int64{*t.EnrollmentID}, now); err != nil {
					return err
				}
			}
			return addEvents(tx, touchEvent(models.EventTouchEnded, t, string(t.State), by, now))
		}
		return errors.New("resolve: there is no such decision")
	})
}
