package store

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// send commits the intents: touches sending, their messages queued.
func (r *recorder) send(js []judgement) error {
	sendBy := r.now.Add(r.req.SendFor)
	ids := make([]int64, len(js))
	messages := make([]models.Message, len(js))
	for i, j := range js {
		if j.Message == nil || j.Message.Token == "" {
			return models.Errorf(models.CodeInvalid, "touch %d was to be sent without a complete message", j.touch.ID)
		}
		t := &js[i].touch
		if err := t.Move(models.TouchSending, "", r.now); err != nil {
			return err
		}
		t.Attempt++
		t.Replica, t.SendBy, t.HoldReason, t.HoldDetail = r.req.Replica, &sendBy, "", ""
		ids[i], messages[i] = t.ID, queued(*t, *j.Message, r.now)
	}
	res := r.tx.Model(&models.Touch{}).Where(anyOf(r.tx, "id", ids)).Where("state = 'planned'").UpdateColumns(map[string]any{
		"state": models.TouchSending, "attempt": gorm.Expr("attempt + 1"), "replica": r.req.Replica, "send_by": sendBy,
		"hold_reason": "", "hold_detail": "", "updated_at": r.now,
	})
	if res.Error != nil {
		return res.Error
	}
	if int(res.RowsAffected) != len(ids) {
		return fmt.Errorf("%d of %d touches were not planned any more", len(ids)-int(res.RowsAffected), len(ids))
	}
	if err := keepQueued(r.tx, messages); err != nil {
		return err
	}
	for i, j := range js {
		m := messages[i]
		m.Sender, m.Unsubscribe = j.Message.Sender, j.Message.Unsubscribe
		r.out.Dispatches = append(r.out.Dispatches, models.Dispatch{Touch: j.touch, Message: m})
	}
	return nil
}

// queued is the outbound message of the intent.
func queued(t models.Touch, m models.Message, now time.Time) models.Message {
	m.ID, m.ProspectID, m.TouchID = 0, &t.ProspectID, &t.ID
	m.Direction, m.State, m.Attempt, m.Channel = models.Outbound, models.MessageQueued, t.Attempt, t.Channel
	m.ContactPointID, m.SenderID = t.ContactPointID, t.SenderID
	m.ErrorCode, m.ErrorDetail, m.SentAt = "", "", nil
	if m.Provider == "" && m.Sender != nil {
		m.Provider = m.Sender.Provider
	}
	if m.UserID == nil && t.Purpose.ByHand() {
		m.UserID = &t.RepID
	}
	if m.CreatedAt.IsZero() {
		m.CreatedAt = now
	}
	return m
}

// keepQueued inserts the messages; a later attempt writes over the message of
// the one before, so that a touch has one.
func keepQueued(tx *gorm.DB, messages []models.Message) error {
	var again []int64
	for _, m := range messages {
		if m.Attempt > 1 {
			again = append(again, *m.TouchID)
		}
	}
	standing := map[int64]int64{}
	if len(again) > 0 {
		var old []models.Message
		if err := tx.Select("id", "touch_id").Where(anyOf(tx, "touch_id", again)).Where("direction = 'outbound'").Find(&old).Error; err != nil {
			return err
		}
		for _, m := range old {
			standing[*m.TouchID] = m.ID
		}
	}
	var fresh []*models.Message
	for i := range messages {
		m := &messages[i]
		if id, ok := standing[*m.TouchID]; ok {
			m.ID = id
			if err := saveRow(tx, m); err != nil {
				return err
			}
			continue
		}
		fresh = append(fresh, m)
	}
	if len(fresh) == 0 {
		return nil
	}
	return insertRows(tx.Omit(notYetKnown...).Session(&gorm.Session{}), fresh)
}

// notYetKnown are columns that a queued message leaves at their defaults.
var notYetKnown = []string{
	"InboundID", "Visible", "Class", "ClassWhy", "ReturnDate", "ErrorCode", "ErrorDetail", "SentAt", "DeliveredAt", "ReadAt",
}
