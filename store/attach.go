package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Unmatched loads an inbound that nobody could be matched to.
func (s *Store) Unmatched(ctx context.Context, messageID int64) (models.Message, *models.Raw, error) {
	db := s.read.WithContext(ctx)
	msg, err := unmatchedMessage(db, messageID)
	if err != nil || msg.InboundID == nil {
		return msg, nil, err
	}
	raw, err := first[models.Raw](db.Where("id = ?", *msg.InboundID))
	if err == nil {
		err = s.fetch(raw)
	}
	return msg, raw, err
}

// unmatchedMessage also finds one that was attached meanwhile: who asks for it
// again is told whose it became.
func unmatchedMessage(tx *gorm.DB, id int64) (models.Message, error) {
	var m models.Message
	err := tx.Where("id = ? AND direction = ?", id, models.Inbound).Take(&m).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return m, models.Errorf(models.CodeNotFound, "There is no such message. It may have been removed, or the address is mistyped.")
	}
	return m, err
}

// AttachInbound gives a kept inbound to a prospect, and does to their
// follow-up what engage decides, in one transaction that holds their lock.
func (s *Store) AttachInbound(ctx context.Context, a models.Attachment, engage func(models.InboundRecord, models.Person) models.Effects) (models.Recorded, error) {
	var done models.Recorded
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		done = models.Recorded{}
		r := inboundRecording{tx: tx, rec: a.InboundRecord, done: &done, workdays: s.workdays}
		return r.attach(a, engage)
	})
	if err != nil {
		return models.Recorded{}, shown(err)
	}
	return done, nil
}

func (r *inboundRecording) attach(a models.Attachment, engage func(models.InboundRecord, models.Person) models.Effects) error {
	prospect, err := r.lockPeople()
	if err != nil {
		return err
	}
	msg, err := unmatchedMessage(forUpdate(r.tx), a.Message.ID)
	if err != nil {
		return err
	}
	if msg.ProspectID != nil {
		if *msg.ProspectID == prospect.ID {
			r.done.MessageID, r.done.Repeat = msg.ID, true
			return nil
		}
		return models.Errorf(models.CodeConflict, "Somebody gave this message to another prospect meanwhile. Load the page again to see whose it is.")
	}
	r.msg = msg
	r.msg.ProspectID, r.msg.DismissedAt = &prospect.ID, nil
	r.msg.Class, r.msg.ClassWhy, r.msg.ReturnDate = a.Verdict.Class, a.Verdict.Why, a.Verdict.ReturnDate
	if err := r.placeAddress(prospect, a); err != nil {
		return err
	}
	person, err := r.person(prospect)
	if err != nil {
		return err
	}
	r.rec.Message = r.msg
	if err := r.returnsCall(prospect); err != nil {
		return err
	}
	effects := engage(r.rec, person)
	if err := saveRow(r.tx, &r.msg); err != nil {
		return err
	}
	err = addEvents(r.tx, models.Event{
		At: r.rec.Now, Actor: a.By, Kind: models.EventInbound, Code: string(r.msg.Class), Channel: r.msg.Channel,
		ProspectID: &prospect.ID, MessageID: &r.msg.ID, TouchID: r.msg.TouchID, SenderID: r.msg.SenderID, Data: map[string]string{"matched": "by hand"},
	})
	if err != nil {
		return err
	}
	if err := r.conclude(prospect, person, effects, a.By); err != nil {
		return err
	}
	return settleUnmatched(r.tx, a.By, r.rec.Now)
}

// placeAddress says which of the prospect's contact points it came from,
// adding the address where that is wanted.
func (r *inboundRecording) placeAddress(prospect models.Prospect, a models.Attachment) error {
	from := r.msg.FromAddress
	if from == "" {
		return nil
	}
	cp, err := first[models.ContactPoint](r.tx.Where("prospect_id = ? AND value = ?", prospect.ID, from))
	if err != nil {
		return err
	}
	if cp == nil && a.AddAddress {
		if cp, err = addAddress(r.tx, prospect, from, a.By, r.rec.Now); err != nil {
			return err
		}
	}
	if cp != nil {
		r.msg.ContactPointID, r.rec.Match.ContactPointID = &cp.ID, &cp.ID
	}
	return nil
}

// addAddress appends an address to a prospect's contact points.
func addAddress(tx *gorm.DB, prospect models.Prospect, value, by string, now time.Time) (*models.ContactPoint, error) {
	kind := models.ContactPhone
	if strings.Contains(value, "@") {
		kind = models.ContactEmail
	}
	var last struct{ Position int }
	err := tx.Model(&models.ContactPoint{}).Select("COALESCE(MAX(position), -1) AS position").Where("prospect_id = ?", prospect.ID).Scan(&last).Error
	if err != nil {
		return nil, err
	}
	cp := models.ContactPoint{Kind: kind, Value: value, Label: models.LabelOther, Position: last.Position + 1}
	if err := addPoint(tx, prospect.ID, &cp, now); err != nil {
		return nil, err
	}
	// Who edits the prospect at this moment must see it.
	err = tx.Model(&models.Prospect{}).Where("id = ?", prospect.ID).
		UpdateColumns(map[string]any{"revision": gorm.Expr("revision + 1"), "updated_at": now}).Error
	if err != nil {
		return nil, err
	}
	if err := replanProspect(tx, prospect.ID, now); err != nil {
		return nil, err
	}
	if err := known(tx, now, prospect.ID); err != nil {
		return nil, err
	}
	return &cp, addEvents(tx, prospectChanged(prospect, "address_added", by, now))
}

// AddAddress keeps the address of a matched message as the prospect's own: it
// came by our thread, from an address that we did not know. What they wrote
// from it counts as from there, and answers go there.
func (s *Store) AddAddress(ctx context.Context, messageID int64, by string, now time.Time) (models.ContactPoint, error) {
	var cp models.ContactPoint
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		msg, err := unmatchedMessage(tx, messageID)
		if err != nil {
			return err
		}
		if msg.ProspectID == nil || msg.FromAddress == "" {
			return models.Errorf(models.CodeRefused, "Nobody knows yet whom this message is from. Choose its prospect first.")
		}
		prospect, err := lockSurvivor(tx, *msg.ProspectID)
		if err != nil {
			return err
		}
		found, err := first[models.ContactPoint](tx.Where("prospect_id = ? AND value = ?", prospect.ID, msg.FromAddress))
		if err != nil {
			return err
		}
		if found == nil {
			if found, err = addAddress(tx, prospect, msg.FromAddress, by, now); err != nil {
				return err
			}
		}
		cp = *found
		return cameFrom(tx, prospect.ID, &cp, now)
	})
	return cp, shown(err)
}

// cameFrom moves what a prospect wrote from an address to its contact point.
func cameFrom(tx *gorm.DB, prospectID int64, cp *models.ContactPoint, now time.Time) error {
	const theirs = "prospect_id = ? AND direction = ? AND from_address = ?"
	err := tx.Model(&models.Message{}).Where(theirs, prospectID, models.Inbound, cp.Value).UpdateColumn("contact_point_id", cp.ID).Error
	if err != nil {
		return err
	}
	newest, err := lastHuman(tx, prospectID)
	if err != nil || newest == nil || newest.FromAddress != cp.Value {
		return err
	}
	cp.Confirm(now)
	cp.LastInboundAt = newest.SentAt
	if err := saveRow(tx, cp); err != nil {
		return err
	}
	return tx.Model(&models.Conversation{}).Where("prospect_id = ?", prospectID).
		UpdateColumns(map[string]any{"last_contact_id": cp.ID, "updated_at": now}).Error
}

// DismissInbound sets a kept inbound aside: it concerns nobody here.
func (s *Store) DismissInbound(ctx context.Context, messageID int64, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		msg, err := unmatchedMessage(forUpdate(tx), messageID)
		if err != nil {
			return err
		}
		if msg.ProspectID != nil {
			return models.Errorf(models.CodeConflict, "Somebody gave this message to a prospect meanwhile, so it is not set aside.")
		}
		if msg.DismissedAt != nil {
			return nil
		}
		if err := tx.Model(&models.Message{}).Where("id = ?", msg.ID).UpdateColumn("dismissed_at", now).Error; err != nil {
			return err
		}
		err = addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventInbound, Code: "dismissed", Channel: msg.Channel, MessageID: &msg.ID, SenderID: msg.SenderID})
		if err != nil {
			return err
		}
		return settleUnmatched(tx, by, now)
	}))
}

// asking are the inbounds of nobody we know that wait for a person: those that
// a person wrote. Machines' mail is shown and asks for nobody's time.
func asking(tx *gorm.DB) *gorm.DB {
	return tx.Model(&models.Message{}).
		Where("prospect_id IS NULL AND direction = 'inbound' AND dismissed_at IS NULL").
		Where("class IN ?", append([]models.InboundClass{models.ClassComplaint}, engaging...))
}

// settleUnmatched closes the tasks about unmatched messages that have none
// left to ask about, and leads the others to one that is.
func settleUnmatched(tx *gorm.DB, by string, now time.Time) error {
	var tasks []models.Task
	err := tx.Where("kind = ? AND reason = ? AND state = ?", models.TaskResolve, models.AttentionUnmatched, models.TaskOpen).Order("id").Find(&tasks).Error
	if err != nil || len(tasks) == 0 {
		return err
	}
	var senders []struct {
		SenderID *int64
		ID       int64
	}
	if err := asking(tx).Select("sender_id, MIN(id) AS id").Group("sender_id").Order("MIN(id)").Scan(&senders).Error; err != nil {
		return err
	}
	oldest := map[int64]int64{} // user → the message to look at first
	for _, row := range senders {
		user, err := userFor(tx, row.SenderID)
		if err != nil {
			return err
		}
		if _, known := oldest[user]; !known {
			oldest[user] = row.ID
		}
	}
	for _, task := range tasks {
		id, more := oldest[task.UserID]
		if !more {
			if err := closeTasks(tx, tx.Where("id = ?", task.ID), models.TaskDone, by, now); err != nil {
				return err
			}
		} else if task.MessageID == nil || *task.MessageID != id {
			if err := tx.Model(&models.Task{}).Where("id = ?", task.ID).UpdateColumns(map[string]any{"message_id": id, "updated_at": now}).Error; err != nil {
				return err
			}
		}
	}
	return nil
}
