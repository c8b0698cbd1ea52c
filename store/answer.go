package store

import (
	"context"
	"errors"

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
		if err := endWaiting(tx, prospect, by, a.Now); err != nil {
			return err
		}
		return addEvents(tx, append(events, models.Event{
			At: a.Now, Actor: by, Kind: models.EventAnswered, Channel: a.Channel, Code: string(touch.Purpose),
			ProspectID: &prospect.ID, TouchID: &touch.ID, MessageID: a.ReplyTo, SenderID: a.SenderID, UserID: &a.UserID,
		})...)
	})
	return touch, repeat, shown(err)
}

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
		ProspectID: prospectID, StepKey: "answer", Occurrence: "0",
		Kind: models.TouchMessage, Channel: a.Channel, Purpose: a.Purpose,
		ContactPointID: &a.ContactPointID, SenderID: a.SenderID, RepID: a.UserID, State: models.TouchPlanned,
		DueAt: a.Now, PromisedAt: a.Now, Urgent: true,
		Draft: &models.Draft{Subject: a.Subject, Body: a.Body},
		Why:   a.Why, PlannedAt: a.Now, UpdatedAt: a.Now,
	}
	if t.Purpose == "" {
		t.Purpose = models.PurposeAnswer
	}
	if a.FormToken != "" {
		t.FormToken = &a.FormToken
	}
	if a.AsCall {
		t.Kind, t.Channel, t.SenderID = models.TouchTask, models.ChannelCall, nil
	}
	return t
}
