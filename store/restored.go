package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// parkLimit bounds one transaction of parking or judging.
const parkLimit = 500

// ParkRestored sets aside, in a restored workspace, what may have been done in
// the time that the database knows nothing of: messages that were due until the
// restoring become unconfirmed and are never sent by themselves, and booked
// calls of that time open with the question what came of them. It may be
// called again and again; it does nothing in a workspace that was not restored.
func (s *Store) ParkRestored(ctx context.Context, now time.Time) (parked int, err error) {
	set, err := s.Settings(ctx)
	if err != nil || set.Restored == nil {
		return 0, err
	}
	for {
		n, err := s.parkMessages(ctx, *set.Restored, now)
		if err != nil {
			return parked, fmt.Errorf("park messages: %w", err)
		}
		if parked += n; n == 0 {
			break
		}
	}
	for {
		n, err := s.parkCalls(ctx, set.Restored.At, now)
		if err != nil {
			return parked, fmt.Errorf("park booked calls: %w", err)
		}
		if n == 0 {
			break
		}
	}
	return parked, s.inTx(ctx, func(tx *gorm.DB) error { return restoredTask(tx, now) })
}

// realSenders are those through which something may have left.
const realSenders = "sender_id IN (SELECT id FROM senders WHERE provider <> 'sandbox')"

func (s *Store) parkMessages(ctx context.Context, r models.Restored, now time.Time) (n int, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		due := tx.Where("promised_at <= ?", r.At)
		if r.ReconciledAt != nil { // later ones are those that the gate has met
			due = due.Where("hold_reason = ?", models.HoldRestored)
		}
		return s.park(tx, due, now, &n)
	})
	return n, err
}

// park moves planned messages that fit the condition to unconfirmed.
func (s *Store) park(tx *gorm.DB, which *gorm.DB, now time.Time, n *int) error {
	*n = 0
	fits := tx.Where(which).Where("state = 'planned' AND kind = ?", models.TouchMessage).Where(realSenders)
	var found []models.Touch
	if err := fits.Session(&gorm.Session{}).Order("id").Limit(parkLimit).Find(&found).Error; err != nil || len(found) == 0 {
		return err
	}
	people, ids, senders := idSet{}, idSet{}, idSet{}
	for i := range found {
		people.add(&found[i].ProspectID)
	}
	if _, err := lockProspects(tx, people.list()); err != nil {
		return err
	}
	var touches []models.Touch
	all := make([]int64, len(found))
	for i, t := range found {
		all[i] = t.ID
	}
	if err := fits.Session(&gorm.Session{}).Where(anyOf(tx, "id", all)).Order("id").Find(&touches).Error; err != nil {
		return err
	}
	var events []models.Event
	for i := range touches {
		ids.add(&touches[i].ID)
		senders.add(touches[i].SenderID)
		events = append(events, touchEvent(models.EventTouchUnconfirmed, touches[i], string(models.HoldRestored), models.ActorSystem, now))
	}
	err := tx.Model(&models.Touch{}).Where(anyOf(tx, "id", ids.list())).UpdateColumns(map[string]any{
		"state": models.TouchUnconfirmed, "replica": "", "send_by": nil, "hold_reason": models.HoldRestored,
		"hold_detail": "it was due in a time that the restored database knows nothing of", "updated_at": now,
	}).Error
	if err != nil {
		return err
	}
	for _, id := range senders.list() {
		if err := parkedTask(tx, id, now); err != nil {
			return err
		}
	}
	*n = len(found)
	if err := addEvents(tx, events...); err != nil {
		return err
	}
	return keepNextTouch(tx, now, people.list()...)
}

func parkedTask(tx *gorm.DB, senderID int64, now time.Time) error {
	return troubleTask(tx, senderID, models.AttentionUnconfirmed, "Were these messages sent before the restoring?",
		"The workspace was restored from a backup. Messages from %s that were due after the backup was taken may have gone out before it was restored, so they are not sent by themselves. Those that the provider's records rule out go on by themselves. Closing this task says that none of the others is sent again, and their sequences go on with the next step.", now)
}

// parkCalls opens booked calls whose minute lies in the unknown time as if they
// had been dialled: only the rep can say whether they were, and nobody must be
// sent an apology for a call that was held.
func (s *Store) parkCalls(ctx context.Context, until, now time.Time) (n int, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		n = 0
		var calls []models.Touch
		err := tx.Where("kind = ? AND promised_at <= ?", models.TouchBookedCall, until).
			Where("state = 'planned' OR state = 'open' AND EXISTS (SELECT 1 FROM tasks k WHERE k.touch_id = touches.id AND k.state = 'open' AND k.dialed_at IS NULL)").
			Order("id").Limit(parkLimit).Find(&calls).Error
		if err != nil || len(calls) == 0 {
			return err
		}
		people := idSet{}
		for i := range calls {
			people.add(&calls[i].ProspectID)
		}
		locked, err := lockProspects(tx, people.list())
		if err != nil {
			return err
		}
		names := map[int64]string{}
		for _, p := range locked {
			names[p.ID] = p.Name()
		}
		for _, t := range calls {
			if err := parkCall(tx, t, names[t.ProspectID], now); err != nil {
				return err
			}
		}
		n = len(calls)
		return keepNextTouch(tx, now, people.list()...)
	})
	return n, err
}

func parkCall(tx *gorm.DB, t models.Touch, name string, now time.Time) error {
	if t.State == models.TouchOpen {
		return tx.Model(&models.Task{}).Where("touch_id = ? AND state = ? AND dialed_at IS NULL", t.ID, models.TaskOpen).
			UpdateColumns(map[string]any{"dialed_at": t.PromisedAt, "updated_at": now}).Error
	}
	res := tx.Model(&models.Touch{}).Where("id = ? AND state = 'planned'", t.ID).
		UpdateColumns(map[string]any{"state": models.TouchOpen, "hold_reason": "", "hold_detail": "", "updated_at": now})
	if res.Error != nil || res.RowsAffected == 0 {
		return res.Error
	}
	task := taskFor(t, &models.Task{
		Kind: models.TaskCall, Title: "What came of the call with " + name + "?", DialedAt: &t.PromisedAt,
		Detail: "Its time lay between the backup and its restoring, so nobody but you knows whether it was held. Say how it went, or book it anew.",
	}, now)
	one := []models.Task{task}
	if err := openTasks(tx, one); err != nil {
		return err
	}
	return addEvents(tx, taskEvent(models.EventTaskOpened, one[0], string(task.Kind), models.ActorSystem, now))
}

// RecordLeft takes over what a provider's own record shows and the database
// does not know: it is added to the conversation of whoever it went to.
func (s *Store) RecordLeft(ctx context.Context, sender models.Sender, left []models.Left, now time.Time) (unknown int, err error) {
	for _, l := range left {
		added, err := s.recordLeft(ctx, sender, l, now)
		if err != nil {
			return unknown, fmt.Errorf("take over %s: %w", l.ProviderID, err)
		}
		if added {
			unknown++
		}
	}
	return unknown, nil
}

func (s *Store) recordLeft(ctx context.Context, sender models.Sender, l models.Left, now time.Time) (added bool, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		added = false
		var known int64
		same := tx.Where("provider_id = ? OR mail_id = ?", l.ProviderID, l.ProviderID)
		if l.ProviderID == "" { // a message without a Message-ID
			same = tx.Where("to_address = ? AND sender_id = ? AND sent_at = ?", l.To, sender.ID, l.At)
		}
		// A message to several people is one row for each.
		err := tx.Model(&models.Message{}).Where("direction = ?", models.Outbound).Where(same).Where("to_address = ? OR touch_id IS NOT NULL", l.To).Count(&known).Error
		if err != nil || known > 0 {
			return err
		}
		var points []models.ContactPoint
		if err := tx.Where("value = ?", l.To).Order("id").Find(&points).Error; err != nil {
			return err
		}
		for _, cp := range points {
			m := models.Message{
				ProspectID: &cp.ProspectID, Direction: models.Outbound, Channel: l.Channel, State: models.MessageSent, ContactPointID: &cp.ID,
				SenderID: &sender.ID, FromAddress: sender.Address, FromName: sender.Name, ToAddress: l.To, Subject: l.Subject, Text: l.Text,
				Provider: sender.Provider, ProviderID: l.ProviderID, CreatedAt: now, SentAt: &l.At,
				ClassWhy: "found in the provider's own record after a backup was restored",
			}
			if sender.Kind == models.SenderMailbox {
				m.MailID = l.ProviderID
			}
			if err := tx.Create(&m).Error; err != nil {
				return err
			}
			added = true
		}
		return nil
	})
	return added, err
}

// RestoredReport says how far the reconciliation of a restored workspace is.
type RestoredReport struct {
	Restored *models.Restored
	Parked   int      // messages of which nobody knows yet whether they left
	Unread   []string // senders whose inbound was not read since the restoring
}

// RestoredState tells how far it is.
func (s *Store) RestoredState(ctx context.Context) (RestoredReport, error) {
	var r RestoredReport
	set, err := s.Settings(ctx)
	if err != nil || set.Restored == nil {
		return r, err
	}
	r.Restored = set.Restored
	db := s.read.WithContext(ctx)
	var parked int64
	if err := db.Model(&models.Touch{}).Where("state = 'unconfirmed' AND hold_reason = ?", models.HoldRestored).Count(&parked).Error; err != nil {
		return r, fmt.Errorf("restored: %w", err)
	}
	r.Parked = int(parked)
	err = db.Model(&models.Sender{}).Where("inbound = ? AND (inbound_read_at IS NULL OR inbound_read_at < ?)", models.InboundPoll, set.Restored.At).
		Order("id").Pluck("address", &r.Unread).Error
	if err != nil {
		return r, fmt.Errorf("restored: %w", err)
	}
	return r, nil
}

// InboundRead tells whether every polled sender was read since.
func (s *Store) InboundRead(ctx context.Context, since time.Time) (bool, error) {
	var unread int64
	err := s.read.WithContext(ctx).Model(&models.Sender{}).
		Where("inbound = ? AND (inbound_read_at IS NULL OR inbound_read_at < ?)", models.InboundPoll, since.UTC()).Count(&unread).Error
	if err != nil {
		return false, fmt.Errorf("inbound since the restoring: %w", err)
	}
	return unread == 0, nil
}

// FinishRestored notes that everything was read that can be read, and says in
// the task what a person has to decide.
func (s *Store) FinishRestored(ctx context.Context, now time.Time) error {
	state, err := s.RestoredState(ctx)
	if err != nil || state.Restored == nil || state.Restored.ReconciledAt != nil {
		return err
	}
	return s.inTx(ctx, func(tx *gorm.DB) error {
		if err := changeRestored(tx, func(_ *models.Settings, r *models.Restored) { r.ReconciledAt = &now }); err != nil {
			return err
		}
		detail := fmt.Sprintf("What came in since the backup of %s was read. %d messages may have gone out in that time and are not sent by themselves; each sender has a task about them. ",
			state.Restored.BackupOf.UTC().Format("2006-01-02 15:04 MST"), state.Parked) + restoredUnknown +
			" Closing this task as done lets Followup send again."
		return tx.Model(&models.Task{}).Where("reason = ? AND state = ?", models.AttentionRestored, models.TaskOpen).
			UpdateColumns(map[string]any{"title": "Restored from a backup: check and let it send again", "detail": detail, "updated_at": now}).Error
	})
}

// restoredUnknown is what no provider's record can tell.
const restoredUnknown = "Not known: prospects, enrollments, appointments, notes and opt-outs by link or by hand that were entered in that time. Ask your reps what they entered, and enter opt-outs first."

// restoredTask asks the first admin, once.
func restoredTask(tx *gorm.DB, now time.Time) error {
	set, err := settingsIn(tx)
	if err != nil || set.Restored == nil || set.Restored.ResumedAt != nil {
		return err
	}
	user, err := userFor(tx, nil)
	if err != nil || user == 0 {
		return err
	}
	var standing int64
	if err := tx.Model(&models.Task{}).Where("reason = ? AND state = ?", models.AttentionRestored, models.TaskOpen).Count(&standing).Error; err != nil || standing > 0 {
		return err
	}
	_, err = openTask(tx, models.Prospect{}, models.Task{
		Kind: models.TaskResolve, UserID: user, Reason: models.AttentionRestored, Urgent: true, DueAt: now,
		Title:  "Restored from a backup: being reconciled",
		Detail: "Nothing is sent while what came in and what left since " + set.Restored.BackupOf.UTC().Format("2006-01-02 15:04 MST") + " is being read. " + restoredUnknown,
	}, models.ActorSystem, now)
	return err
}

func changeRestored(tx *gorm.DB, change func(*models.Settings, *models.Restored)) error {
	set, err := settingsIn(tx)
	if err != nil {
		return err
	}
	if set.Restored == nil {
		return models.Errorf(models.CodeConflict, "this workspace was not restored from a backup")
	}
	change(&set, set.Restored)
	data, err := json.Marshal(set)
	if err != nil {
		return err
	}
	return tx.Save(&settingsRow{ID: 1, Data: string(data)}).Error
}

// ResumeRestored lets a restored workspace send again, as it did before the
// backup. Unless unchecked, it refuses before everything that can be read has
// been read.
func (s *Store) ResumeRestored(ctx context.Context, unchecked bool, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error { return resumeRestored(tx, unchecked, by, now) }))
}

var errNotReconciled = errors.New("not reconciled")

func resumeRestored(tx *gorm.DB, unchecked bool, by string, now time.Time) error {
	refused := error(nil)
	err := changeRestored(tx, func(set *models.Settings, r *models.Restored) {
		if r.ReconciledAt == nil && !unchecked {
			refused = &models.Error{Code: models.CodeConflict, Err: errNotReconciled,
				Message: "what came in and what left since the backup has not been read yet; run followup serve with every mailbox and number connected, or, knowing that answers may be missed: followup resume --unchecked"}
			return
		}
		if r.ResumedAt == nil {
			r.ResumedAt = &now
			set.Paused, set.PausedWhy, set.PausedBy = r.WasPaused, r.WasWhy, r.WasBy
		}
	})
	if err = errors.Join(err, refused); err != nil {
		return err
	}
	err = closeTasks(tx, tx.Where("reason = ?", models.AttentionRestored), models.TaskDone, by, now)
	if err != nil {
		return err
	}
	return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventSettings, Code: "resumed"})
}
