package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// whatTheyRun finds the prospects with whom a user still has anything to do.
const whatTheyRun = `
SELECT prospect_id FROM (
	SELECT id AS prospect_id FROM prospects WHERE owner_id = @user
	UNION SELECT prospect_id FROM enrollments WHERE rep_id = @user AND state <> 'finished'
	UNION SELECT prospect_id FROM touches WHERE rep_id = @user AND state IN ('planned', 'open', 'unconfirmed')
	UNION SELECT prospect_id FROM appointments WHERE rep_id = @user AND state = 'booked'
	UNION SELECT prospect_id FROM commitments WHERE rep_id = @user AND state = 'open'
	UNION SELECT prospect_id FROM conversations WHERE assignee_id = @user
) theirs ORDER BY prospect_id`

// ReassignAll gives all of a user's work to somebody else and closes their
// account: first the door, so that nothing new comes in behind, then person by
// person under the person's lock. Repeated, it finishes what was interrupted.
func (s *Store) ReassignAll(ctx context.Context, userID, to int64, by string, now time.Time) (prospects, tasks int, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error { return closeAccount(tx, userID, to, by, now) })
	if err != nil {
		return prospects, tasks, shown(err)
	}
	var people []int64
	if err := s.write.WithContext(ctx).Raw(whatTheyRun, map[string]any{"user": userID}).Scan(&people).Error; err != nil {
		return prospects, tasks, fmt.Errorf("what user %d runs: %w", userID, err)
	}
	instead, err := s.sendersInstead(ctx, userID, to)
	if err != nil {
		return prospects, tasks, err
	}
	for _, id := range people {
		given := 0
		err := s.inTx(ctx, func(tx *gorm.DB) error {
			var err error
			given, err = reassign(tx, id, userID, to, instead, by, now)
			return err
		})
		if err != nil {
			return prospects, tasks, fmt.Errorf("prospect %d: %w", id, err)
		}
		prospects, tasks = prospects+1, tasks+given
	}
	// Tasks of nobody's: about senders, or unmatched messages.
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		var theirs []models.Task
		if err := forUpdate(tx).Where("(user_id = ? OR stands_in_for_id = ?) AND state IN ('open', 'upcoming')", userID, userID).Order("id").Find(&theirs).Error; err != nil {
			return err
		}
		tasks += len(theirs)
		return giveTasks(tx, theirs, to, nil, "left", by, now)
	})
	return prospects, tasks, shown(err)
}

// StillTheirs counts the prospects with whom a user has anything to do.
func (s *Store) StillTheirs(ctx context.Context, userID int64) (int, error) {
	var n int
	err := s.reader(ctx).Raw("SELECT COUNT(*) FROM ("+whatTheyRun+") c", map[string]any{"user": userID}).Scan(&n).Error
	return n, err
}

func closeAccount(tx *gorm.DB, userID, to int64, by string, now time.Time) error {
	var u, heir models.User
	if err := forUpdate(tx).Where("id = ?", userID).Take(&u).Error; err != nil {
		return notFound(err, "user", userID)
	}
	if err := tx.Where("id = ? AND disabled_at IS NULL", to).Take(&heir).Error; err != nil || to == userID {
		return models.Invalid("to", "choose somebody who is here and takes over")
	}
	if u.DisabledAt == nil {
		if u.Role == models.RoleAdmin {
			if err := keepAnAdmin(tx, userID); err != nil {
				return err
			}
		}
		u.DisabledAt, u.UpdatedAt = &now, now
		if err := saveRow(tx, &u); err != nil {
			return err
		}
		if err := addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventUserLeft, UserID: &userID, Data: map[string]string{"to": fmt.Sprint(to)}}); err != nil {
			return err
		}
	}
	if err := endSignIns(tx, userID, "", now); err != nil {
		return err
	}
	if err := spendTokens(tx, userID, now); err != nil {
		return err
	}
	if err := tx.Where("user_id = ?", userID).Delete(&models.SecondFactor{}).Error; err != nil {
		return err
	}
	if err := tx.Model(&models.Leave{}).Where("user_id = ? AND ended_at IS NULL", userID).UpdateColumn("ended_at", now).Error; err != nil {
		return err
	}
	if err := tx.Model(&models.User{}).Where("stand_in_id = ?", userID).UpdateColumn("stand_in_id", nil).Error; err != nil {
		return err
	}
	if err := tx.Model(&models.Leave{}).Where("stand_in_id = ? AND ended_at IS NULL", userID).UpdateColumn("stand_in_id", to).Error; err != nil {
		return err
	}
	return stopTheirSenders(tx, userID, to, by, now)
}

// stopTheirSenders: what is sent from somebody who left would be answered to nobody.
func stopTheirSenders(tx *gorm.DB, userID, to int64, by string, now time.Time) error {
	var senders []models.Sender
	if err := forUpdate(tx).Order("id").Find(&senders).Error; err != nil {
		return err
	}
	for _, x := range senders {
		old := x
		if x.OwnerID != nil && *x.OwnerID == userID && x.State == models.SenderActive {
			x.Stop(models.StopOwnerLeft, "", now)
		}
		if x.Settings.AssigneeID == userID {
			x.Settings.AssigneeID = to
		}
		if x.State == old.State && x.Settings.AssigneeID == old.Settings.AssigneeID {
			continue
		}
		if err := saveRow(tx, &x); err != nil {
			return err
		}
		if err := addEvents(tx, senderEvents(x, old, by, now)...); err != nil {
			return err
		}
	}
	set, err := settingsIn(tx)
	if err != nil || set.EscalateTo != userID {
		return err
	}
	before := set
	set.EscalateTo = to
	return writeSettings(tx, before, set)
}

// sendersInstead maps each of the user's senders to what sends in its place:
// the new owner's of the same kind, else a shared one.
func (s *Store) sendersInstead(ctx context.Context, userID, to int64) (map[int64]int64, error) {
	var senders []models.Sender
	if err := s.reader(ctx).Omit("Secrets").Order("id").Find(&senders).Error; err != nil {
		return nil, err
	}
	instead := map[int64]int64{}
	for _, x := range senders {
		if x.OwnerID == nil || *x.OwnerID != userID {
			continue
		}
		instead[x.ID] = 0
		for _, y := range senders {
			if y.Kind != x.Kind || y.State != models.SenderActive {
				continue
			}
			if y.OwnerID != nil && *y.OwnerID == to {
				instead[x.ID] = y.ID
				break
			}
			if y.OwnerID == nil && instead[x.ID] == 0 {
				instead[x.ID] = y.ID
			}
		}
	}
	return instead, nil
}

// reassign gives what a user has to do with one prospect to somebody else, and
// counts the tasks.
func reassign(tx *gorm.DB, prospectID, from, to int64, instead map[int64]int64, by string, now time.Time) (int, error) {
	p, err := lockProspect(tx, prospectID)
	if err != nil {
		return 0, err
	}
	if p.OwnerID == from {
		err := tx.Model(&models.Prospect{}).Where("id = ?", p.ID).
			UpdateColumns(map[string]any{"owner_id": to, "revision": p.Revision + 1, "updated_at": now}).Error
		if err != nil {
			return 0, err
		}
	}
	moves := []struct {
		row    any
		where  string
		column string
	}{
		{&models.Enrollment{}, "state <> 'finished'", "rep_id"},
		{&models.Touch{}, "state IN ('planned', 'open', 'unconfirmed')", "rep_id"},
		{&models.Appointment{}, "state = 'booked'", "rep_id"},
		{&models.Commitment{}, "state = 'open'", "rep_id"},
		{&models.Conversation{}, "1 = 1", "assignee_id"},
	}
	for _, m := range moves {
		if err := tx.Model(m.row).Where("prospect_id = ? AND "+m.column+" = ?", p.ID, from).Where(m.where).UpdateColumn(m.column, to).Error; err != nil {
			return 0, err
		}
	}
	// Sequences that rest for their leave go on: somebody is here now.
	if err := liftLeave(tx, p, to, by, now); err != nil {
		return 0, err
	}
	if err := sendInstead(tx, p.ID, instead, now); err != nil {
		return 0, err
	}
	var tasks []models.Task
	err = forUpdate(tx).Where("prospect_id = ? AND (user_id = ? OR stands_in_for_id = ?) AND state IN ('open', 'upcoming')", p.ID, from, from).Order("id").Find(&tasks).Error
	if err != nil {
		return 0, err
	}
	if err := giveTasks(tx, tasks, to, nil, "left", by, now); err != nil {
		return 0, err
	}
	return len(tasks), addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventReassigned, ProspectID: &p.ID, UserID: &to, Code: "left"})
}

func liftLeave(tx *gorm.DB, p models.Prospect, rep int64, by string, now time.Time) error {
	es, err := enrollmentsWhere(tx, "prospect_id = ? AND rep_id = ? AND state = 'paused'", p.ID, rep)
	if err != nil {
		return err
	}
	var e models.Effects
	for _, en := range es {
		if en.PausedFor(models.PauseOnLeave) {
			e.Lifts = append(e.Lifts, models.Lift{EnrollmentID: en.ID, Reason: models.PauseOnLeave})
		}
	}
	if len(e.Lifts) == 0 {
		return nil
	}
	return applyEffects(tx, p, e, by, now)
}

// sendInstead moves what is planned from a stopped sender. Where nothing can
// send in its place the step is planned anew, which says so.
func sendInstead(tx *gorm.DB, prospectID int64, instead map[int64]int64, now time.Time) error {
	for from, other := range instead {
		q := tx.Model(&models.Touch{}).Where("prospect_id = ? AND state = 'planned' AND sender_id = ?", prospectID, from)
		if other != 0 {
			if err := q.UpdateColumn("sender_id", other).Error; err != nil {
				return err
			}
			continue
		}
		var n int64
		if err := q.Count(&n).Error; err != nil {
			return err
		}
		if n > 0 {
			if err := replanProspect(tx, prospectID, now); err != nil {
				return err
			}
		}
	}
	return nil
}
