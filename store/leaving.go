package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// whatTheyRun finds the prospects with whom a user still has anything to do,
// what waits for a person first. Each is read off an index.
var whatTheyRun = []string{
	"SELECT DISTINCT prospect_id FROM tasks WHERE user_id = @user AND state = 'open' AND prospect_id IS NOT NULL",
	"SELECT DISTINCT prospect_id FROM tasks WHERE user_id = @user AND state = 'upcoming' AND prospect_id IS NOT NULL",
	"SELECT DISTINCT prospect_id FROM tasks WHERE stands_in_for_id = @user AND state IN ('open', 'upcoming') AND prospect_id IS NOT NULL",
	"SELECT DISTINCT prospect_id FROM appointments WHERE rep_id = @user AND state = 'booked'",
	"SELECT DISTINCT prospect_id FROM commitments WHERE rep_id = @user AND state = 'open'",
	"SELECT DISTINCT prospect_id FROM enrollments WHERE rep_id = @user AND state <> 'finished'",
	"SELECT id AS prospect_id FROM prospects WHERE owner_id = @user",
}

// whatIsLeft finds what hangs on nothing of the above, such as an answer that
// leaves in a moment. It reads all that is live, so it is asked at the end.
var whatIsLeft = []string{
	"SELECT DISTINCT prospect_id FROM touches WHERE rep_id = @user AND state IN ('planned', 'open', 'unconfirmed')",
	"SELECT prospect_id FROM conversations WHERE assignee_id = @user",
}

// handoverBatch bounds one transaction: an inbound waits for the batch that
// holds its person.
const handoverBatch = 100

// StillTheirs counts the prospects with whom a user has anything to do.
func (s *Store) StillTheirs(ctx context.Context, userID int64) (Count, error) {
	n, err := s.theirs(ctx, userID, countLimit+1)
	return atMost(n, countLimit), err
}

func (s *Store) theirs(ctx context.Context, userID int64, limit int) (int, error) {
	parts := make([]string, len(whatTheyRun))
	for i, q := range whatTheyRun {
		parts[i] = "SELECT * FROM (" + q + " LIMIT @most) t" + fmt.Sprint(i)
	}
	var n int
	err := s.reader(ctx).Raw("SELECT COUNT(*) FROM ("+strings.Join(parts, " UNION ")+") c", map[string]any{"user": userID, "most": limit}).Scan(&n).Error
	return n, err
}

// mostHandedOver bounds what is counted before a handover.
const mostHandedOver = 1_000_000

// BeginHandover closes a user's account, so that nothing new comes in behind
// and nothing is sent for them any more, and notes who takes over.
// ContinueHandovers does the rest. Repeated, it changes who takes over.
func (s *Store) BeginHandover(ctx context.Context, userID, to int64, by string, now time.Time) (h models.Handover, err error) {
	total, err := s.theirs(ctx, userID, mostHandedOver)
	if err != nil {
		return h, fmt.Errorf("what user %d runs: %w", userID, err)
	}
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		if err := closeAccount(tx, userID, to, by, now); err != nil {
			return err
		}
		running, err := first[models.Handover](forUpdate(tx).Where("user_id = ? AND ended_at IS NULL", userID))
		if err != nil {
			return err
		}
		if running != nil {
			h = *running
			h.ToID, h.By, h.UpdatedAt = to, by, now
			return saveRow(tx, &h)
		}
		h = models.Handover{UserID: userID, ToID: to, By: by, Total: total, CreatedAt: now, UpdatedAt: now}
		return tx.Create(&h).Error
	})
	return h, shown(err)
}

// ContinueHandovers gives the next batch of somebody's work to who takes over;
// false: none is running, or what is left must settle first. Who is next is
// looked up before the transaction, which is to hold nothing while it reads.
func (s *Store) ContinueHandovers(ctx context.Context, now time.Time) (more bool, err error) {
	read, err := first[models.Handover](s.reader(ctx).Where("ended_at IS NULL").Order("updated_at, id"))
	if err != nil || read == nil {
		return false, err
	}
	people, err := theirNext(s.reader(ctx), read.UserID)
	if err != nil {
		return false, fmt.Errorf("what user %d runs: %w", read.UserID, err)
	}
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		var h models.Handover
		if err := forUpdate(tx).Where("id = ?", read.ID).Take(&h).Error; err != nil {
			return err
		}
		if !h.Running() || h.Done != read.Done {
			more = true // another replica was here meanwhile: look again
			return nil
		}
		more, err = continueHandover(tx, &h, people, now)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("handover of user %d: %w", read.UserID, err)
	}
	return more, nil
}

// Handover is the newest one of somebody's work; nil where there was none.
func (s *Store) Handover(ctx context.Context, userID int64) (*models.Handover, error) {
	return first[models.Handover](s.reader(ctx).Where("user_id = ?", userID).Order("id DESC"))
}

func continueHandover(tx *gorm.DB, h *models.Handover, people []int64, now time.Time) (more bool, err error) {
	h.UpdatedAt = now
	if len(people) > 0 {
		tasks, err := reassign(tx, people, *h, now)
		if err != nil {
			return false, err
		}
		h.Done, h.Tasks = h.Done+len(people), h.Tasks+tasks
		h.Total = max(h.Total, h.Done)
		return true, saveRow(tx, h)
	}
	// Tasks of nobody's: about senders, or unmatched messages.
	var theirs []models.Task
	err = forUpdate(tx).Where("(user_id = ? OR stands_in_for_id = ?) AND state IN ('open', 'upcoming')", h.UserID, h.UserID).Order("id").Limit(handoverBatch).Find(&theirs).Error
	if err != nil {
		return false, err
	}
	h.Tasks += len(theirs)
	if err := giveTasks(tx, theirs, h.ToID, nil, "left", h.By, now); err != nil {
		return false, err
	}
	under, err := sendingFor(tx, h.UserID)
	if err != nil {
		return false, err
	}
	if len(theirs) == 0 && !under {
		h.EndedAt = &now
	}
	return len(theirs) > 0 || !under, saveRow(tx, h)
}

// sendingFor tells whether something of theirs is being sent this moment: it
// may come back to be planned again.
func sendingFor(tx *gorm.DB, userID int64) (bool, error) {
	var n int64
	err := tx.Model(&models.Touch{}).Where("rep_id = ? AND state = 'sending'", userID).Count(&n).Error
	return n > 0, err
}

// theirNext are the next people whose work is given on.
func theirNext(tx *gorm.DB, userID int64) ([]int64, error) {
	next := func(lists []string) (ids []int64, err error) {
		for _, q := range lists {
			if err = tx.Raw(q+" LIMIT @most", map[string]any{"user": userID, "most": handoverBatch}).Scan(&ids).Error; err != nil || len(ids) > 0 {
				return ids, err
			}
		}
		return nil, nil
	}
	ids, err := next(whatTheyRun)
	if err != nil || len(ids) > 0 {
		return ids, err
	}
	// Not while something is under way: it is looked for again behind it.
	if under, err := sendingFor(tx, userID); err != nil || under {
		return nil, err
	}
	return next(whatIsLeft)
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
	// What is on its way to them goes to who takes over from them.
	if err := tx.Model(&models.Handover{}).Where("to_id = ? AND ended_at IS NULL", userID).UpdateColumn("to_id", to).Error; err != nil {
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
func sendersInstead(tx *gorm.DB, userID, to int64) (map[int64]int64, error) {
	var senders []models.Sender
	if err := tx.Omit("Secrets").Order("id").Find(&senders).Error; err != nil {
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

// reassign gives what a user has to do with these prospects to who takes over,
// and counts the tasks.
func reassign(tx *gorm.DB, ids []int64, h models.Handover, now time.Time) (int, error) {
	from, to := h.UserID, h.ToID
	people, err := lockProspects(tx, ids)
	if err != nil {
		return 0, err
	}
	err = tx.Model(&models.Prospect{}).Where(anyOf(tx, "id", ids)).Where("owner_id = ?", from).
		UpdateColumns(map[string]any{"owner_id": to, "revision": gorm.Expr("revision + 1"), "updated_at": now}).Error
	if err != nil {
		return 0, err
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
		if err := tx.Model(m.row).Where(anyOf(tx, "prospect_id", ids)).Where(m.column+" = ?", from).Where(m.where).UpdateColumn(m.column, to).Error; err != nil {
			return 0, err
		}
	}
	if err := liftLeaves(tx, people, h, now); err != nil {
		return 0, err
	}
	if err := sendInstead(tx, ids, h, now); err != nil {
		return 0, err
	}
	var tasks []models.Task
	err = forUpdate(tx).Where(anyOf(tx, "prospect_id", ids)).Where("(user_id = ? OR stands_in_for_id = ?) AND state IN ('open', 'upcoming')", from, from).Order("id").Find(&tasks).Error
	if err != nil {
		return 0, err
	}
	if err := giveTasks(tx, tasks, to, nil, "left", h.By, now); err != nil {
		return 0, err
	}
	events := make([]models.Event, len(people))
	for i := range people {
		events[i] = models.Event{At: now, Actor: h.By, Kind: models.EventReassigned, ProspectID: &people[i].ID, UserID: &to, Code: "left"}
	}
	return len(tasks), addEvents(tx, events...)
}

// liftLeaves: sequences that rest for their leave go on, somebody is here now.
func liftLeaves(tx *gorm.DB, people []models.Prospect, h models.Handover, now time.Time) error {
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	var resting []int64
	err := tx.Model(&models.Enrollment{}).Where(anyOf(tx, "prospect_id", ids)).Where("rep_id = ? AND state = 'paused'", h.ToID).
		Where("id IN (SELECT enrollment_id FROM pauses WHERE reason = ?)", models.PauseOnLeave).Distinct().Pluck("prospect_id", &resting).Error
	if err != nil {
		return err
	}
	for _, p := range people {
		if slices.Contains(resting, p.ID) {
			if err := liftLeave(tx, p, h.ToID, h.By, now); err != nil {
				return err
			}
		}
	}
	return nil
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
func sendInstead(tx *gorm.DB, ids []int64, h models.Handover, now time.Time) error {
	instead, err := sendersInstead(tx, h.UserID, h.ToID)
	if err != nil {
		return err
	}
	for from, other := range instead {
		q := tx.Model(&models.Touch{}).Where(anyOf(tx, "prospect_id", ids)).Where("state = 'planned' AND sender_id = ?", from)
		if other != 0 {
			if err := q.UpdateColumn("sender_id", other).Error; err != nil {
				return err
			}
			continue
		}
		var anew []int64
		if err := q.Distinct().Pluck("prospect_id", &anew).Error; err != nil {
			return err
		}
		if len(anew) == 0 {
			continue
		}
		err := tx.Model(&models.Enrollment{}).Where(anyOf(tx, "prospect_id", anew)).Where("state = 'active'").
			UpdateColumns(map[string]any{"replan_at": now, "updated_at": now}).Error
		if err != nil {
			return err
		}
	}
	return nil
}
