package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Recheck is asked just before the hand-over. It names those of the touches
// that must not go out: stopped since their claim, and then it takes their
// intents back, or not the replica's to send any more. It looks without
// locks; only what was stopped is locked and looked at again.
func (s *Store) Recheck(ctx context.Context, replica string, now time.Time, touchIDs []int64) ([]int64, error) {
	if len(touchIDs) == 0 {
		return nil, nil
	}
	doubtful, err := s.uncertain(s.write.WithContext(ctx), replica, touchIDs)
	if err != nil {
		return nil, fmt.Errorf("recheck: %w", err)
	}
	if len(doubtful) == 0 {
		return nil, nil
	}
	found, err := s.stops(s.write.WithContext(ctx), replica, now, doubtful)
	if err != nil {
		return nil, fmt.Errorf("recheck: %w", err)
	}
	var stopped []int64
	for _, id := range touchIDs {
		if _, stop := found[id]; stop {
			stopped = append(stopped, id)
		}
	}
	if len(stopped) == 0 {
		return nil, nil
	}
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		var owners []int64
		err := tx.Model(&models.Touch{}).Where(anyOf(tx, "id", stopped)).Distinct().Pluck("prospect_id", &owners).Error
		if err != nil {
			return err
		}
		if _, err := lockProspects(tx, owners); err != nil {
			return err
		}
		again, err := s.stops(tx, replica, now, stopped)
		if err != nil {
			return err
		}
		if err := takeBack(tx, again, now); err != nil {
			return err
		}
		return s.giveBackTexts(tx, takenBack(again), now)
	})
	if err != nil {
		return nil, fmt.Errorf("recheck: %w", err)
	}
	// What was named once does not go out, even if its stop was lifted in between.
	return stopped, nil
}

// stop says what becomes of a touch that must not go out.
type stop struct {
	touch models.Touch
	mine  bool // still the replica's: its intent is taken back
	why   models.Reason
	to    models.TouchState
}

// stops finds what has happened to touches since their claim.
func (s *Store) stops(tx *gorm.DB, replica string, now time.Time, ids []int64) (map[int64]stop, error) {
	touches, err := byID(tx, ids, func(t models.Touch) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	people, enrolled, senders := idSet{}, idSet{}, idSet{}
	for _, t := range touches {
		people.add(&t.ProspectID)
		enrolled.add(t.EnrollmentID)
		senders.add(t.SenderID)
	}
	c, err := loadCrowd(tx, people.list(), now)
	if err != nil {
		return nil, err
	}
	es, err := pointers(tx, "id", enrolled.list(), func(e models.Enrollment) int64 { return e.ID })
	if err != nil {
		return nil, err
	}
	from, err := pointers(tx, "id", senders.list(), func(s models.Sender) int64 { return s.ID })
	if err != nil {
		return nil, err
	}
	found := map[int64]stop{}
	for _, id := range ids {
		t, ok := touches[id]
		if !ok || t.State != models.TouchSending || t.Replica != replica {
			found[id] = stop{touch: t}
			continue
		}
		var e *models.Enrollment
		if t.EnrollmentID != nil {
			e = es[*t.EnrollmentID]
		}
		if st, yes := c.stopped(t, e, sender(from, t.SenderID)); yes {
			found[id] = st
		}
	}
	return found, nil
}

func sender(all map[int64]*models.Sender, id *int64) *models.Sender {
	if id == nil {
		return nil
	}
	return all[*id]
}

// stopped judges one touch. An order not to contact stops everything; the
// other stops hold only what goes out by itself.
func (c *crowd) stopped(t models.Touch, e *models.Enrollment, from *models.Sender) (stop, bool) {
	back := stop{touch: t, mine: true, to: models.TouchPlanned}
	p, ok := c.prospects[t.ProspectID]
	if !ok || p.MergedInto != nil || p.ErasedAt != nil {
		return back, true
	}
	// First: what its enrollment no longer wants is not planned again, whatever else forbids it.
	if why, rests := withdrawnBy(e); rests {
		return stop{touch: t, mine: true, to: models.TouchCanceled, why: why}, true
	}
	if t.ContactPointID != nil {
		for _, cp := range c.points[p.ID] {
			if _, forbidden := models.SuppressedFor(c.suppressions, p, cp, t.Channel, t.Purpose, c.conversationOf(p)); forbidden && cp.ID == *t.ContactPointID {
				return back, true
			}
		}
	}
	if from != nil && from.State == models.SenderStopped {
		return back, true
	}
	if !t.Purpose.ByHand() && !t.Purpose.Keyword() && (c.settings.Paused || c.holdOn(p) != nil || c.unreadOf(p)) {
		return back, true
	}
	return back, false
}

// takeBack plans the touches again or cancels them.
func takeBack(tx *gorm.DB, stops map[int64]stop, now time.Time) error {
	type fate struct {
		to  models.TouchState
		why models.Reason
	}
	alike := map[fate][]int64{}
	people := idSet{}
	var events []models.Event
	var unsent []models.Touch
	for id, st := range stops {
		if !st.mine {
			continue
		}
		unsent = append(unsent, st.touch)
		alike[fate{st.to, st.why}] = append(alike[fate{st.to, st.why}], id)
		people.add(&st.touch.ProspectID)
		if st.to == models.TouchCanceled {
			t := st.touch
			t.EndReason = st.why
			events = append(events, touchEvent(models.EventTouchEnded, t, string(st.to), models.ActorScheduler, now))
			if err := toldNothing(tx, t); err != nil {
				return err
			}
		}
	}
	if err := giveBack(tx, unsent); err != nil {
		return err
	}
	for f, ids := range alike {
		if err := unsend(tx, ids, f.to, f.why, now); err != nil {
			return err
		}
	}
	if err := keepNextTouch(tx, now, people.list()...); err != nil {
		return err
	}
	return addEvents(tx, events...)
}
