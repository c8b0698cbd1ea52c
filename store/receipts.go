package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// RecordReceipt keeps what a provider says of a message later and moves the
// message forward, never back, however often and in whatever order receipts
// come. decide is called where the message moved. A receipt of a hand-over
// whose answer we never got proves the sending.
func (s *Store) RecordReceipt(ctx context.Context, r models.Receipt, decide func(models.Message, models.Person) models.Effects) error {
	if r.At.IsZero() {
		r.At = s.clock()
	}
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		msg, err := messageOfReceipt(tx, r)
		if err != nil {
			return err
		}
		if msg == nil || msg.ProspectID == nil {
			return keepReceipt(tx, r, nil)
		}
		prospect, err := lockSurvivor(tx, *msg.ProspectID)
		if err != nil {
			return err
		}
		if err := forUpdate(tx).Where("id = ?", msg.ID).Take(msg).Error; err != nil {
			return err
		}
		rr := receiving{tx: tx, r: r, msg: msg, prospect: prospect}
		return rr.run(decide)
	}))
}

type receiving struct {
	tx       *gorm.DB
	r        models.Receipt
	msg      *models.Message
	prospect models.Prospect
}

func (rr *receiving) run(decide func(models.Message, models.Person) models.Effects) error {
	fresh, err := freshReceipt(rr.tx, rr.r, rr.msg.ID)
	if err != nil || !fresh {
		return err
	}
	if err := keepReceipt(rr.tx, rr.r, &rr.msg.ID); err != nil {
		return err
	}
	if err := rr.proveSent(); err != nil {
		return err
	}
	moved := rr.msg.Forward(rr.r.Status, rr.r.At)
	if rr.msg.ProviderID == "" {
		rr.msg.ProviderID = rr.r.ProviderID
	}
	if moved && rr.r.Status == models.MessageFailed {
		rr.msg.ErrorCode, rr.msg.ErrorDetail = rr.r.Code, rr.r.Detail
	}
	if err := saveRow(rr.tx, rr.msg); err != nil {
		return err
	}
	if !moved {
		return nil
	}
	if err := addEvents(rr.tx, models.Event{
		At: rr.r.At, Actor: models.ActorProvider, Kind: models.EventReceipt, Code: string(rr.r.Status), Channel: rr.msg.Channel,
		ProspectID: rr.msg.ProspectID, MessageID: &rr.msg.ID, TouchID: rr.msg.TouchID, SenderID: rr.msg.SenderID,
	}); err != nil {
		return err
	}
	if err := rr.noteResult(); err != nil {
		return err
	}
	if err := rr.noteTold(); err != nil {
		return err
	}
	return rr.apply(decide)
}

// noteTold: what arrived has told its reason, what did not has told nothing.
func (rr *receiving) noteTold() error {
	if rr.msg.TouchID == nil {
		return nil
	}
	if rr.msg.TalkingPointID == nil {
		if rr.msg.State != models.MessageFailed {
			return nil
		}
		t, err := first[models.Touch](rr.tx.Where("id = ?", *rr.msg.TouchID))
		if err != nil || t == nil {
			return err
		}
		return toldNothing(rr.tx, *t)
	}
	if rr.msg.State != models.MessageFailed {
		return useTalkingPoint(rr.tx, models.TalkingPointUse{TalkingPointID: *rr.msg.TalkingPointID, ProspectID: *rr.msg.ProspectID, TouchID: rr.msg.TouchID, HeardAt: rr.r.At})
	}
	return rr.tx.Where("prospect_id = ? AND talking_point_id = ? AND touch_id = ?", *rr.msg.ProspectID, *rr.msg.TalkingPointID, *rr.msg.TouchID).
		Delete(&models.TalkingPointUse{}).Error
}

// noteResult keeps what became of it beside the contact point.
func (rr *receiving) noteResult() error {
	if rr.msg.ContactPointID == nil {
		return nil
	}
	set := map[string]any{"last_result": string(rr.msg.State), "updated_at": rr.r.At}
	switch rr.msg.State {
	case models.MessageDelivered, models.MessageRead:
		set["failed_days"], set["failed_on"], set["rests_until"] = 0, "", nil
	case models.MessageFailed:
		if err := failedAgain(rr.tx, rr.prospect, *rr.msg.ContactPointID, rr.r.At); err != nil {
			return err
		}
	}
	return rr.tx.Model(&models.ContactPoint{}).Where("id = ?", *rr.msg.ContactPointID).UpdateColumns(set).Error
}

func (rr *receiving) apply(decide func(models.Message, models.Person) models.Effects) error {
	if decide == nil {
		return nil
	}
	person, err := loadPerson(rr.tx, rr.prospect, true)
	if err != nil {
		return err
	}
	return applyEffects(rr.tx, rr.prospect, decide(*rr.msg, person), models.ActorProvider, rr.r.At)
}

// proveSent: the provider speaks of a message whose hand-over we have no
// answer to. It took it, whatever it says of it: the touch is sent, and the
// late answer, if it comes, finds nothing to do.
func (rr *receiving) proveSent() error {
	if rr.msg.TouchID == nil {
		return nil
	}
	var t models.Touch
	if err := forUpdate(rr.tx).Where("id = ?", *rr.msg.TouchID).Take(&t).Error; err != nil {
		return notFound(err, "touch", *rr.msg.TouchID)
	}
	if t.State != models.TouchSending && t.State != models.TouchUnconfirmed {
		return nil
	}
	reason, now := models.EndSent, rr.r.At
	unsure := t.State == models.TouchUnconfirmed
	if unsure {
		reason = models.EndUnconfirmedFound
	}
	if err := endTouch(rr.tx, &t, models.TouchSent, reason, models.ActorProvider, now); err != nil {
		return err
	}
	if unsure && t.SenderID != nil {
		if err := closeConfirmed(rr.tx, []int64{*t.SenderID}, now); err != nil {
			return err
		}
	}
	rr.msg.Forward(models.MessageSent, now)
	if err := rr.noteSent(t, now); err != nil {
		return err
	}
	if t.EnrollmentID == nil {
		return nil
	}
	return replanEnrollments(rr.tx, []int64{*t.EnrollmentID}, now)
}

// noteSent keeps what every sending leaves behind.
func (rr *receiving) noteSent(t models.Touch, now time.Time) error {
	if t.ContactPointID != nil {
		err := rr.tx.Model(&models.ContactPoint{}).Where("id = ?", *t.ContactPointID).
			UpdateColumns(map[string]any{"last_tried_at": now, "last_result": string(t.State), "updated_at": now}).Error
		if err != nil {
			return err
		}
	}
	if err := touchedAt(rr.tx, rr.prospect.ID, now); err != nil {
		return err
	}
	c, err := conversationOf(rr.tx, rr.prospect)
	if err != nil {
		return err
	}
	c.LastMessageID, c.LastMessageAt, c.UpdatedAt = &rr.msg.ID, &now, now
	if err := keepConversation(rr.tx, c); err != nil {
		return err
	}
	return countFollowUp(rr.tx, rr.prospect, t, now)
}

// messageOfReceipt finds our message by its token, which is ours and exact,
// then by what the provider calls it; nil where it is none of ours.
func messageOfReceipt(tx *gorm.DB, r models.Receipt) (*models.Message, error) {
	q := tx.Where("direction = ?", models.Outbound)
	switch {
	case r.Token != "":
		q = q.Where("token = ?", r.Token)
	case r.ProviderID != "":
		q = q.Where("provider_id = ? AND provider = ?", r.ProviderID, r.Provider)
	default:
		return nil, nil
	}
	var m models.Message
	err := q.Order("id DESC").Take(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		if r.Token != "" && r.ProviderID != "" {
			r.Token = ""
			return messageOfReceipt(tx, r)
		}
		return nil, nil
	}
	return &m, err
}

// freshReceipt: providers repeat themselves.
func freshReceipt(tx *gorm.DB, r models.Receipt, messageID int64) (bool, error) {
	var n int64
	err := tx.Model(&models.Receipt{}).
		Where("message_id = ? AND provider_id = ? AND status = ? AND code = ? AND answered_by = ?", messageID, r.ProviderID, r.Status, r.Code, r.AnsweredBy).
		Count(&n).Error
	return n == 0, err
}

func keepReceipt(tx *gorm.DB, r models.Receipt, messageID *int64) error {
	r.ID, r.MessageID = 0, messageID
	return tx.Create(&r).Error
}
