package store

import (
	"context"
	"errors"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Draft is what a user is writing to somebody; empty where nothing is kept.
func (s *Store) Draft(ctx context.Context, userID, prospectID int64) (models.AnswerDraft, error) {
	d, err := first[models.AnswerDraft](s.reader(ctx).Where("user_id = ? AND prospect_id = ?", userID, prospectID))
	if err != nil || d == nil {
		return models.AnswerDraft{UserID: userID, ProspectID: prospectID}, err
	}
	return *d, nil
}

// draftsOf tells to whom of these people a user is writing.
func draftsOf(db *gorm.DB, userID int64, people []int64) (map[int64]bool, error) {
	out := map[int64]bool{}
	if userID == 0 || len(people) == 0 {
		return out, nil
	}
	var ids []int64
	err := db.Model(&models.AnswerDraft{}).Where("user_id = ?", userID).Where(anyOf(db, "prospect_id", people)).Pluck("prospect_id", &ids).Error
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

// SaveDraft keeps what a user is writing. Revision is the one that the page
// showed: another tab that saved since is not written over, and the error
// (CodeConflict) comes with what that one keeps. An empty draft is dropped.
func (s *Store) SaveDraft(ctx context.Context, d models.AnswerDraft, now time.Time) (models.AnswerDraft, error) {
	saved := d
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		old, err := first[models.AnswerDraft](forUpdate(tx).Where("user_id = ? AND prospect_id = ?", d.UserID, d.ProspectID))
		if err != nil {
			return err
		}
		switch {
		case old == nil && d.Empty():
			saved = models.AnswerDraft{UserID: d.UserID, ProspectID: d.ProspectID}
			return nil
		case old == nil && d.Revision != 0:
			saved = models.AnswerDraft{UserID: d.UserID, ProspectID: d.ProspectID}
			return models.Errorf(models.CodeConflict, "this was sent or emptied in another tab. Your text here is kept until you save or send it")
		case old == nil:
			saved.ID, saved.Revision, saved.UpdatedAt = 0, 1, now
			return tx.Create(&saved).Error
		case old.Revision != d.Revision && old.Body == d.Body && old.Subject == d.Subject:
			saved = *old
			return nil
		case old.Revision != d.Revision:
			saved = *old
			return models.Errorf(models.CodeConflict, "you are writing to them in another tab too, and that text is kept. Save again to keep this one instead")
		case d.Empty():
			saved = models.AnswerDraft{UserID: d.UserID, ProspectID: d.ProspectID}
			return tx.Delete(old).Error
		}
		saved.ID, saved.Revision, saved.UpdatedAt = old.ID, old.Revision+1, now
		return saveRow(tx, &saved)
	})
	return saved, shown(err)
}

// dropAnswerDraft: what was written has been sent.
func dropAnswerDraft(tx *gorm.DB, userID, prospectID int64) error {
	return tx.Where("user_id = ? AND prospect_id = ?", userID, prospectID).Delete(&models.AnswerDraft{}).Error
}

// keepAnswerDraft gives a text back to who wrote it, before what they wrote since.
func keepAnswerDraft(tx *gorm.DB, d models.AnswerDraft, now time.Time) error {
	old, err := first[models.AnswerDraft](forUpdate(tx).Where("user_id = ? AND prospect_id = ?", d.UserID, d.ProspectID))
	if err != nil {
		return err
	}
	d.UpdatedAt = now
	if old == nil {
		d.ID, d.Revision = 0, 1
		return tx.Create(&d).Error
	}
	d.ID, d.Revision = old.ID, old.Revision+1
	if strings.TrimSpace(old.Body) != "" && old.Body != d.Body {
		d.Body += "\n\n" + old.Body
	}
	return saveRow(tx, &d)
}

// answered finds the event that recorded an answer.
func answeredEvent(tx *gorm.DB, t models.Touch) (models.Event, error) {
	var e models.Event
	err := tx.Where("prospect_id = ? AND kind = ? AND touch_id = ?", t.ProspectID, models.EventAnswered, t.ID).Order("id").Take(&e).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Event{}, nil
	}
	return e, err
}

// WithdrawAnswer takes an answer back before it leaves: its text becomes the
// writer's draft again, and the customer waits as before.
func (s *Store) WithdrawAnswer(ctx context.Context, touchID, userID int64, now time.Time) (models.Touch, error) {
	var touch models.Touch
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("id = ?", touchID).Take(&touch).Error; err != nil {
			return notFound(err, "answer", touchID)
		}
		p, err := lockSurvivor(tx, touch.ProspectID)
		if err != nil {
			return err
		}
		if err := forUpdate(tx).Where("id = ?", touchID).Take(&touch).Error; err != nil {
			return err
		}
		switch {
		case touch.StepKey != answerStep || touch.Draft == nil:
			return models.Errorf(models.CodeNotFound, "There is no answer here that could be taken back.")
		case touch.RepID != userID:
			return models.Errorf(models.CodeForbidden, "A colleague wrote this answer; only they can take it back.")
		case touch.State == models.TouchCanceled:
			return nil // a second click
		case touch.State != models.TouchPlanned:
			return models.Errorf(models.CodeConflict, "It has left already and cannot be taken back. Write again to set it right.")
		}
		return withdrawAnswer(tx, p, &touch, now)
	})
	return touch, shown(err)
}

func withdrawAnswer(tx *gorm.DB, p models.Prospect, touch *models.Touch, now time.Time) error {
	by := models.UserActor(touch.RepID)
	if err := withdrawTouches(tx, []models.Touch{*touch}, models.CancelWithdrawn, by, now); err != nil {
		return err
	}
	touch.State = models.TouchCanceled
	if err := tx.Model(&models.AnswerFile{}).Where("touch_id = ?", touch.ID).UpdateColumn("touch_id", nil).Error; err != nil {
		return err
	}
	draft := models.AnswerDraft{UserID: touch.RepID, ProspectID: p.ID, Channel: string(touch.Channel), Subject: touch.Draft.Subject, Body: touch.Draft.Body}
	if err := keepAnswerDraft(tx, draft, now); err != nil {
		return err
	}
	e, err := answeredEvent(tx, *touch)
	if err != nil {
		return err
	}
	if err := waitAgain(tx, p, e, by, now); err != nil {
		return err
	}
	return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventAnswerWithdrawn, Channel: touch.Channel, ProspectID: &p.ID, TouchID: &touch.ID, UserID: &touch.RepID})
}

// waitedSince is where the event of an answer keeps since when they had waited.
const waitedSince = "waited_since"

// waitAgain undoes what an answer ended: the customer's waiting, and the task
// to answer them. A newer message of theirs has begun both anew.
func waitAgain(tx *gorm.DB, p models.Prospect, answered models.Event, by string, now time.Time) error {
	since, err := time.Parse(time.RFC3339Nano, answered.Data[waitedSince])
	if err != nil {
		return nil // they did not wait
	}
	err = tx.Model(&models.Conversation{}).Where("prospect_id = ? AND waiting_since IS NULL", p.ID).
		UpdateColumns(map[string]any{"waiting_since": since, "updated_at": now}).Error
	if err != nil {
		return err
	}
	var tasks []models.Task
	err = forUpdate(tx).Where("prospect_id = ? AND kind = 'reply' AND state = 'done' AND closed_at = ?", p.ID, answered.At).Order("id").Find(&tasks).Error
	if err != nil {
		return err
	}
	var open int64
	if err := tx.Model(&models.Task{}).Where("prospect_id = ? AND kind = 'reply' AND state = 'open'", p.ID).Count(&open).Error; err != nil || open > 0 {
		return err
	}
	var events []models.Event
	for _, t := range tasks {
		t.State, t.ClosedAt, t.ClosedBy, t.UpdatedAt = models.TaskOpen, nil, "", now
		if err := saveRow(tx, &t); err != nil {
			return err
		}
		events = append(events, taskEvent(models.EventTaskOpened, t, string(t.Kind), by, now))
	}
	return addEvents(tx, events...)
}
