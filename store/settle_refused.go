package store

import (
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// maxAttempts is how often a touch is handed over before "refused for now"
// counts as refused.
const maxAttempts = 8

// backoff doubles from half a minute to two hours.
func backoff(attempt int) time.Duration {
	return min(30*time.Second<<min(max(attempt-1, 0), 12), 2*time.Hour)
}

// permanent: refused for good. The plan goes on to what comes next; a
// message that a person wrote goes back to that person.
func (st *settling) permanent(rs []settled) error {
	if err := st.giveBack(rs); err != nil {
		return err
	}
	for _, r := range rs {
		if err := st.fail(r); err != nil {
			return err
		}
	}
	return nil
}

func (st *settling) fail(r settled) error {
	t := r.touch
	reason := models.FailRefused
	if r.OptedOut {
		reason = models.FailOptedOut
	}
	err := st.tx.Model(&models.Touch{}).Where("id = ?", t.ID).UpdateColumns(map[string]any{
		"state": models.TouchFailed, "end_reason": reason, "end_detail": said(r), "ended_at": r.At, "updated_at": r.At,
		"send_by": nil, "hold_reason": "", "hold_detail": "",
	}).Error
	if err != nil {
		return err
	}
	err = st.tx.Model(&models.Message{}).Where("touch_id = ? AND direction = 'outbound'", t.ID).UpdateColumns(map[string]any{
		"state": models.MessageFailed, "error_code": r.Code, "error_detail": r.Detail,
	}).Error
	if err != nil {
		return err
	}
	failed := t
	failed.EndReason = reason
	st.events = append(st.events, touchEvent(models.EventTouchEnded, failed, string(models.TouchFailed), models.ActorScheduler, r.At))
	if err := toldNothing(st.tx, t); err != nil {
		return err
	}
	if t.ContactPointID != nil {
		if err := st.tried([]int64{*t.ContactPointID}, models.TouchFailed); err != nil {
			return err
		}
	}
	if t.ContactPointID != nil && !r.InvalidContact && !r.OptedOut {
		if err := failedAgain(st.tx, st.prospects[t.ProspectID], *t.ContactPointID, r.At); err != nil {
			return err
		}
	}
	st.replan.add(t.EnrollmentID)
	effects, err := st.afterFailure(r, reason)
	if err != nil {
		return err
	}
	return applyEffects(st.tx, st.prospects[t.ProspectID], effects, models.ActorProvider, r.At)
}

// afterFailure is what a refusal means for the person's follow-up.
func (st *settling) afterFailure(r settled, reason models.Reason) (models.Effects, error) {
	var e models.Effects
	t := r.touch
	if r.InvalidContact && t.ContactPointID != nil {
		e.Invalidate = append(e.Invalidate, models.Invalidation{ContactPointID: *t.ContactPointID, Reason: reason})
	}
	if r.OptedOut && t.ContactPointID != nil {
		var cp models.ContactPoint
		if err := st.tx.Where("id = ?", *t.ContactPointID).Take(&cp).Error; err != nil {
			return e, notFound(err, "contact point", *t.ContactPointID)
		}
		e.Suppress = append(e.Suppress, models.Suppression{
			Scope: models.SuppressAddress, ProspectID: &t.ProspectID, Value: cp.Value, Reason: models.FailOptedOut, Source: "provider",
		})
		if t.EnrollmentID != nil {
			e.Finishes = append(e.Finishes, models.FinishOrder{EnrollmentID: *t.EnrollmentID, Outcome: models.FinishOptedOut, Reason: models.FailOptedOut})
		}
	}
	if t.EnrollmentID == nil {
		e.Tasks = append(e.Tasks, models.Task{
			Kind: models.TaskResolve, UserID: t.RepID, TouchID: &t.ID, Reason: models.AttentionRefused, DueAt: r.At, Urgent: t.Urgent,
			Title:  "A message was not delivered",
			Detail: "The provider refused it: " + said(r) + ". Write to the customer on another way, or call.",
		})
	}
	return e, nil
}

// said is the provider's verdict in one line.
func said(r settled) string {
	words := strings.TrimSpace(strings.Join([]string{r.Code, r.Detail}, " "))
	if words == "" {
		return "no reason given"
	}
	return words
}

// transient: refused for now, tried again later.
func (st *settling) transient(rs []settled) error {
	if err := st.giveBack(rs); err != nil {
		return err
	}
	for _, r := range rs {
		until := r.RetryAt
		if !until.After(r.At) {
			until = r.At.Add(backoff(r.touch.Attempt))
		}
		if err := st.again(r, until, models.HoldRetry); err != nil {
			return err
		}
	}
	return nil
}

// again returns a touch to planned, to be judged anew at until; where its
// enrollment rests or has ended meanwhile it is withdrawn instead.
func (st *settling) again(r settled, until time.Time, reason models.Reason) error {
	t := r.touch
	if why, stopped := withdrawnBy(r.enrollment); stopped {
		return st.withdraw(t, why)
	}
	err := st.tx.Model(&models.Touch{}).Where("id = ?", t.ID).UpdateColumns(map[string]any{
		"state": models.TouchPlanned, "due_at": until, "hold_reason": reason, "hold_detail": said(r),
		"replica": "", "send_by": nil, "updated_at": r.At,
	}).Error
	if err != nil {
		return err
	}
	if t.HoldReason != reason {
		st.events = append(st.events, touchEvent(models.EventTouchHeld, t, string(reason), models.ActorScheduler, r.At))
	}
	return st.tx.Model(&models.Message{}).Where("touch_id = ? AND direction = 'outbound'", t.ID).
		UpdateColumns(map[string]any{"error_code": r.Code, "error_detail": r.Detail}).Error
}

// withdrawnBy tells why a touch may not go on by itself.
func withdrawnBy(e *models.Enrollment) (models.Reason, bool) {
	switch {
	case e == nil || e.Active():
		return "", false
	case !e.Live():
		return models.CancelFinished, true
	}
	return models.CancelPaused, true
}

// withdraw cancels a touch that was never sent, and its message with it.
func (st *settling) withdraw(t models.Touch, why models.Reason) error {
	if err := unsend(st.tx, []int64{t.ID}, models.TouchCanceled, why, st.now); err != nil {
		return err
	}
	t.EndReason = why
	st.events = append(st.events, touchEvent(models.EventTouchEnded, t, string(models.TouchCanceled), models.ActorScheduler, st.now))
	return toldNothing(st.tx, t)
}

// unsend takes back intents that were not handed over: the touches are
// planned again or canceled, and nothing was ever said, so the messages go.
func unsend(tx *gorm.DB, touchIDs []int64, to models.TouchState, why models.Reason, now time.Time) error {
	if len(touchIDs) == 0 {
		return nil
	}
	set := map[string]any{"state": to, "replica": "", "send_by": nil, "updated_at": now}
	if !to.Live() {
		set["end_reason"], set["ended_at"] = why, now
	}
	if err := tx.Model(&models.Touch{}).Where(anyOf(tx, "id", touchIDs)).UpdateColumns(set).Error; err != nil {
		return err
	}
	queued := tx.Model(&models.Message{}).Select("id").Where(anyOf(tx, "touch_id", touchIDs)).Where("direction = 'outbound' AND state = 'queued'")
	if err := tx.Model(&models.Receipt{}).Where("message_id IN (?)", queued).UpdateColumn("message_id", nil).Error; err != nil {
		return err
	}
	return tx.Where(anyOf(tx, "touch_id", touchIDs)).Where("direction = 'outbound' AND state = 'queued'").Delete(&models.Message{}).Error
}

// ambiguous: perhaps it left. Never sent again blindly.
func (st *settling) ambiguous(rs []settled) error {
	lost := make([]models.Touch, len(rs))
	for i, r := range rs {
		lost[i] = r.touch
		err := st.tx.Model(&models.Message{}).Where("touch_id = ? AND direction = 'outbound'", r.TouchID).
			UpdateColumns(map[string]any{"error_code": r.Code, "error_detail": r.Detail}).Error
		if err != nil {
			return err
		}
	}
	// The hand-over is over, whatever became of it: no replica holds it.
	return loseTouches(st.tx, lost, true, st.now)
}

// loseTouches moves touches to unconfirmed and opens one task a sender. ended
// says that the hand-over is known to be over.
func loseTouches(tx *gorm.DB, touches []models.Touch, ended bool, now time.Time) error {
	ids, senders := idSet{}, idSet{}
	var events []models.Event
	for _, t := range touches {
		ids.add(&t.ID)
		senders.add(t.SenderID)
		events = append(events, touchEvent(models.EventTouchUnconfirmed, t, "", models.ActorScheduler, now))
	}
	set := map[string]any{"state": models.TouchUnconfirmed, "updated_at": now, "ask_at": nil}
	if ended {
		set["replica"] = ""
	}
	if err := tx.Model(&models.Touch{}).Where(anyOf(tx, "id", ids.list())).UpdateColumns(set).Error; err != nil {
		return err
	}
	if err := addEvents(tx, events...); err != nil {
		return err
	}
	for _, id := range senders.list() {
		if err := unconfirmedTask(tx, id, now); err != nil {
			return err
		}
	}
	return nil
}

func unconfirmedTask(tx *gorm.DB, senderID int64, now time.Time) error {
	return troubleTask(tx, senderID, models.AttentionUnconfirmed, "Were these messages sent?",
		"The connection ended before the answer came, so nobody knows whether messages from %s left. They are not sent again by themselves: look in the Sent folder or the provider's log and say what became of each.", now)
}

// troubleTask has the sender's owner look at it. Two replicas may notice at
// once; the index lets one task in, and that one is enough.
func troubleTask(tx *gorm.DB, senderID int64, reason models.Reason, title, detail string, now time.Time) error {
	told, err := first[models.Task](tx.Select("id").Where("sender_id = ? AND reason = ?", senderID, reason).
		Where("kind = 'resolve' AND state = 'open' AND reason IN ('unconfirmed', 'sender_stopped')"))
	if err != nil || told != nil {
		return err
	}
	var sender models.Sender
	if err := tx.Omit("Secrets").Where("id = ?", senderID).Take(&sender).Error; err != nil {
		return notFound(err, "sender", senderID)
	}
	err = inSavepoint(tx, func(tx *gorm.DB) error {
		return openSenderTask(tx, sender, reason, title, fmt.Sprintf(detail, sender.Address), now)
	})
	if isUnique(err) {
		return nil
	}
	return err
}

// configuration: nothing from this sender can go out. It stops, someone is
// told, and what waits for it waits.
func (st *settling) configuration(rs []settled) error {
	if err := st.giveBack(rs); err != nil {
		return err
	}
	first := map[int64]settled{}
	for _, r := range rs {
		if err := st.again(r, r.At, models.HoldSenderStopped); err != nil {
			return err
		}
		if id := r.touch.SenderID; id != nil {
			if _, ok := first[*id]; !ok {
				first[*id] = r
			}
		}
	}
	for id, r := range first {
		if err := st.stopSender(id, said(r), r.At); err != nil {
			return err
		}
	}
	return nil
}

func (st *settling) stopSender(id int64, why string, at time.Time) error {
	var sender models.Sender
	if err := forUpdate(st.tx).Where("id = ?", id).Take(&sender).Error; err != nil {
		return notFound(err, "sender", id)
	}
	if sender.State == models.SenderStopped {
		return nil
	}
	sender.Stop(models.FailConfig, why, at)
	if err := saveRow(st.tx, &sender); err != nil {
		return err
	}
	st.events = append(st.events, models.Event{
		At: at, Actor: models.ActorScheduler, Kind: models.EventSenderStopped, SenderID: &id, Code: string(models.FailConfig),
	})
	return troubleTask(st.tx, id, models.AttentionSender, "A sender was stopped",
		"Nothing can be sent from %s: "+strings.ReplaceAll(why, "%", "%%")+". Correct its settings and start it again; what waits for it goes out then.", at)
}

// giveBack returns to the day's counters what was refused: it was not sent.
func (st *settling) giveBack(rs []settled) error {
	touches := make([]models.Touch, len(rs))
	for i, r := range rs {
		touches[i] = r.touch
	}
	if err := giveBack(st.tx, touches); err != nil {
		return err
	}
	return st.store.giveBackTexts(st.tx, touches, st.now)
}

// stopped: never begun.
func (st *settling) stopped(rs []settled) error {
	if err := st.giveBack(rs); err != nil {
		return err
	}
	var ids []int64
	for _, r := range rs {
		if why, gone := withdrawnBy(r.enrollment); gone {
			if err := st.withdraw(r.touch, why); err != nil {
				return err
			}
			continue
		}
		ids = append(ids, r.TouchID)
	}
	return unsend(st.tx, ids, models.TouchPlanned, "", st.now)
}
