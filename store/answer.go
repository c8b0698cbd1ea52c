package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Answer records a person's message to a customer as an urgent touch due now:
// the same dispatch sends it as everything else. It ends the customer's
// waiting. The same form again finds the first touch.
func (s *Store) Answer(ctx context.Context, a models.NewAnswer) (models.Touch, bool, error) {
	var touch models.Touch
	repeat := false
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		prospect, err := lockSurvivor(tx, a.ProspectID)
		if err != nil {
			return err
		}
		if touch, repeat, err = sameForm(tx, a.FormToken, prospect.ID); repeat || err != nil {
			return err
		}
		if err := unanswered(tx, a, prospect.ID); err != nil {
			return err
		}
		if err := belongsTo(tx, a.ContactPointID, prospect.ID); err != nil {
			return err
		}
		touch = answerTouch(a, prospect.ID)
		touches := []models.Touch{touch}
		by := models.UserActor(a.UserID)
		events, err := planTouches(tx, touches, by)
		if err != nil {
			return err
		}
		touch = touches[0]
		waited, err := waitingData(tx, prospect)
		if err != nil {
			return err
		}
		if err := endWaiting(tx, prospect, by, a.Now); err != nil {
			return err
		}
		if err := sendFiles(tx, a, touch); err != nil {
			return err
		}
		if err := dropAnswerDraft(tx, a.UserID, prospect.ID); err != nil {
			return err
		}
		return addEvents(tx, append(events, models.Event{
			Data: waited,
			At:   a.Now, Actor: by, Kind: models.EventAnswered, Channel: a.Channel, Code: string(touch.Purpose),
			ProspectID: &prospect.ID, TouchID: &touch.ID, MessageID: a.ReplyTo, SenderID: a.SenderID, UserID: &a.UserID,
		})...)
	})
	return touch, repeat, shown(err)
}

// unanswered refuses an answer beside one that its writer did not know of: a
// colleague's, or one's own from another window. Nobody gets two by accident.
func unanswered(tx *gorm.DB, a models.NewAnswer, prospectID int64) error {
	if a.Known == nil {
		return nil
	}
	newer, err := first[models.Touch](answersTo(tx, prospectID).Where("id > ?", *a.Known))
	if err != nil || newer == nil {
		return err
	}
	who := "You have answered them in another window"
	if newer.RepID != a.UserID {
		var rep models.User
		if err := tx.Where("id = ?", newer.RepID).Take(&rep).Error; err != nil {
			return notFound(err, "user", newer.RepID)
		}
		who = rep.Name + " has answered them"
	}
	return models.Errorf(models.CodeConflict, "%s meanwhile. Nothing of yours was sent: read it above, and send yours again if it still says something new.", who)
}

// answersTo are the answers by hand to a person, without those taken back,
// newest first.
func answersTo(tx *gorm.DB, prospectID int64) *gorm.DB {
	return tx.Where("prospect_id = ? AND step_key = ? AND state <> ?", prospectID, answerStep, models.TouchCanceled).Order("id DESC")
}

// LastAnswer names the newest answer by hand to a person; 0: there is none.
func (s *Store) LastAnswer(ctx context.Context, prospectID int64) (int64, error) {
	t, err := first[models.Touch](answersTo(s.reader(ctx), prospectID))
	if err != nil || t == nil {
		return 0, err
	}
	return t.ID, nil
}

// waitingData keeps since when the customer waited, for an answer that is
// taken back.
func waitingData(tx *gorm.DB, p models.Prospect) (map[string]string, error) {
	c, err := conversationOf(tx, p)
	if err != nil || c.WaitingSince == nil {
		return nil, err
	}
	return map[string]string{waitedSince: c.WaitingSince.UTC().Format(time.RFC3339Nano)}, nil
}

// answerStep is the step key of what a person wrote by hand.
const answerStep = "answer"

// sameForm finds the touch that a form made before.
func sameForm(tx *gorm.DB, token string, prospectID int64) (models.Touch, bool, error) {
	var t models.Touch
	if token == "" {
		return t, false, nil
	}
	err := tx.Where("form_token = ?", token).Take(&t).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Touch{}, false, nil
	}
	if err == nil && t.ProspectID != prospectID {
		return t, false, models.Errorf(models.CodeConflict, "this form was used for another prospect; load the page again")
	}
	return t, err == nil, err
}

func belongsTo(tx *gorm.DB, contactPointID, prospectID int64) error {
	var n int64
	err := tx.Model(&models.ContactPoint{}).Where("id = ? AND prospect_id = ?", contactPointID, prospectID).Count(&n).Error
	if err == nil && n == 0 {
		return models.Invalid("contact_point", "contact point %d is not one of prospect %d; choose one of theirs", contactPointID, prospectID)
	}
	return err
}

func answerTouch(a models.NewAnswer, prospectID int64) models.Touch {
	t := models.Touch{
		ProspectID: prospectID, StepKey: answerStep, Occurrence: "0",
		Kind: models.TouchMessage, Channel: a.Channel, Purpose: a.Purpose,
		ContactPointID: &a.ContactPointID, SenderID: a.SenderID, RepID: a.UserID, State: models.TouchPlanned,
		DueAt: a.Now.Add(a.Undo), PromisedAt: a.Now.Add(a.Undo), Urgent: true,
		Draft: &models.Draft{Subject: a.Subject, Body: a.Body, Files: a.Files, HourSeen: a.HourSeen},
		Why:   a.Why, PlannedAt: a.Now, UpdatedAt: a.Now,
	}
	if t.Purpose == "" {
		t.Purpose = models.PurposeAnswer
	}
	if a.FormToken != "" {
		t.FormToken = &a.FormToken
	}
	if a.AsCall {
		t.DueAt, t.PromisedAt = a.Now, a.Now
		t.Kind, t.Channel, t.SenderID = models.TouchTask, models.ChannelCall, nil
	}
	return t
}
