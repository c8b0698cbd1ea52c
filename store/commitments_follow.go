package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// sameCommitment finds what a form recorded before.
func sameCommitment(tx *gorm.DB, c models.Commitment) (*models.Commitment, error) {
	if c.FormToken == nil {
		return nil, nil
	}
	var first models.Commitment
	err := tx.Where("form_token = ?", *c.FormToken).Take(&first).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err == nil && first.ProspectID != c.ProspectID {
		return nil, models.Errorf(models.CodeConflict, "this form was used for another prospect; load the page again")
	}
	return &first, err
}

// PostponeCommitment gives a promise that was not kept a new date: the old one
// is broken, with its cause, and names the one in its place. A second time
// gives what the first made.
func (s *Store) PostponeCommitment(ctx context.Context, id int64, due models.Date, cause, by string, now time.Time) (models.Commitment, error) {
	var next models.Commitment
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		c, p, err := lockCommitment(tx, id)
		if err != nil {
			return err
		}
		if c.ReplacedBy != nil {
			return tx.Where("id = ?", *c.ReplacedBy).Take(&next).Error
		}
		if c.State != models.CommitmentOpen {
			return &models.TransitionError{Thing: "promise", ID: id, From: string(c.State), To: string(models.CommitmentBroken)}
		}
		next = models.Commitment{
			ProspectID: c.ProspectID, RepID: c.RepID, EnrollmentID: c.EnrollmentID, Outcome: c.Outcome, Value: c.Value, DueOn: due,
			Words: c.Words, CostPerDay: c.CostPerDay, State: models.CommitmentOpen, CreatedAt: now, UpdatedAt: now,
		}
		if err := tx.Create(&next).Error; err != nil {
			return err
		}
		c.State, c.Cause, c.ReplacedBy, c.ClosedAt, c.UpdatedAt = models.CommitmentBroken, cause, &next.ID, &now, now
		if err := saveRow(tx, &c); err != nil {
			return err
		}
		if err := endCommitmentCall(tx, c, by, now); err != nil {
			return err
		}
		if err := addEvents(tx, commitmentEvent(models.EventCommitmentClosed, c, by, now), commitmentEvent(models.EventCommitment, next, by, now)); err != nil {
			return err
		}
		// What follows the promise up follows the new one.
		var following []int64
		if err := tx.Model(&models.Enrollment{}).Where("commitment_id = ? AND state <> 'finished'", id).Pluck("id", &following).Error; err != nil {
			return err
		}
		if len(following) == 0 {
			return nil
		}
		if err := tx.Model(&models.Enrollment{}).Where("id IN ?", following).UpdateColumns(map[string]any{"commitment_id": next.ID, "updated_at": now}).Error; err != nil {
			return err
		}
		return applyEffects(tx, p, models.Effects{Replan: following}, by, now)
	})
	return next, shown(err)
}

func lockCommitment(tx *gorm.DB, id int64) (models.Commitment, models.Prospect, error) {
	var c models.Commitment
	if err := tx.Where("id = ?", id).Take(&c).Error; err != nil {
		return c, models.Prospect{}, notFound(err, "promise", id)
	}
	p, err := lockProspect(tx, c.ProspectID)
	if err != nil {
		return c, p, err
	}
	return c, p, forUpdate(tx).Where("id = ?", id).Take(&c).Error
}

// endCommitmentCall withdraws the call on the day the promise was due, where
// nobody has begun it.
func endCommitmentCall(tx *gorm.DB, c models.Commitment, by string, now time.Time) error {
	if c.CallTaskID == nil {
		return nil
	}
	return closeTasks(tx, tx.Where("id = ? AND dialed_at IS NULL", *c.CallTaskID), models.TaskCanceled, by, now)
}

// callOn is the hour of the call on the day a promise is due, where they are.
const callOn = models.TimeOfDay(9 * 60)

// dueBatch bounds how many promises are looked at in one run.
const dueBatch = 500

// CallOnDueCommitments opens a call for each promise on the day it is due,
// once, and tells how many. A sequence that follows the promise with a call of
// its own on that day makes that.
func (s *Store) CallOnDueCommitments(ctx context.Context, now time.Time) (int, error) {
	// It is a day later in the east of the world than in UTC, at most.
	latest := models.DateOf(now.Add(14*time.Hour), time.UTC)
	calling, err := versionsThatCall(s.reader(ctx), latest)
	if err != nil {
		return 0, fmt.Errorf("promises due: %w", err)
	}
	var due []models.Commitment
	q := s.reader(ctx).Where("state = 'open' AND call_task_id IS NULL AND due_on <= ?", latest)
	if len(calling) > 0 {
		q = q.Where("NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.commitment_id = commitments.id AND e.state = 'active' AND e.version_id IN ?)", calling)
	}
	if err := q.Order("due_on, id").Limit(dueBatch).Find(&due).Error; err != nil {
		return 0, fmt.Errorf("promises due: %w", err)
	}
	opened := 0
	for _, c := range due {
		ok, err := s.callOnDue(ctx, c.ID, now)
		if err != nil {
			return opened, fmt.Errorf("the call for promise %d: %w", c.ID, err)
		}
		if ok {
			opened++
		}
	}
	return opened, nil
}

// versionsThatCall are those, of the versions that follow promises due, that
// call on the promised day themselves.
func versionsThatCall(db *gorm.DB, latest models.Date) ([]int64, error) {
	var following []int64
	err := db.Table("enrollments").Joins("JOIN commitments ON commitments.id = enrollments.commitment_id").
		Where("enrollments.state = 'active' AND commitments.state = 'open' AND commitments.call_task_id IS NULL AND commitments.due_on <= ?", latest).
		Distinct().Pluck("enrollments.version_id", &following).Error
	if err != nil || len(following) == 0 {
		return nil, err
	}
	versions, err := versionsByID(db, following)
	if err != nil {
		return nil, err
	}
	var calling []int64
	for id, v := range versions {
		if slices.ContainsFunc(v.Definition.Steps, callsOnTheDay) {
			calling = append(calling, id)
		}
	}
	return calling, nil
}

func callsOnTheDay(st models.Step) bool {
	t := st.Timing
	return st.Channel == models.ChannelCall && !st.Disabled && t.Kind == models.TimingCommitment && t.Days == 0 && t.BusinessDays == 0 && t.Offset() == 0
}

func (s *Store) callOnDue(ctx context.Context, id int64, now time.Time) (opened bool, err error) {
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		opened = false
		c, p, err := lockCommitment(tx, id)
		if err != nil || c.State != models.CommitmentOpen || c.CallTaskID != nil || p.ErasedAt != nil || p.MergedInto != nil {
			return err
		}
		at, err := dueAt(tx, c, p)
		if err != nil || now.Before(at) {
			return err
		}
		task := dueTask(tx, c, p)
		task.DueAt, task.CreatedAt, task.UpdatedAt = at, now, now
		if err := mayWork(tx, task.UserID); err != nil {
			task.UserID = p.OwnerID
		}
		if err := tx.Create(&task).Error; err != nil {
			return err
		}
		opened = true
		if err := tx.Model(&models.Commitment{}).Where("id = ?", c.ID).UpdateColumns(map[string]any{"call_task_id": task.ID, "updated_at": now}).Error; err != nil {
			return err
		}
		return addEvents(tx, taskEvent(models.EventTaskOpened, task, string(task.Kind), models.ActorScheduler, now))
	})
	return opened, err
}

// dueAt is when the day's call opens: in the prospect's morning, in the rep's
// where theirs is not known.
func dueAt(tx *gorm.DB, c models.Commitment, p models.Prospect) (time.Time, error) {
	loc, err := p.Location()
	if err != nil {
		var rep models.User
		if err := tx.Where("id = ?", c.RepID).Take(&rep).Error; err != nil {
			return time.Time{}, err
		}
		if loc, err = models.LoadZone(rep.Zone); err != nil {
			loc = time.UTC
		}
	}
	return c.DueOn.At(callOn, loc), nil
}

// dueTask is a call; where nobody may or can be called, something to see to.
func dueTask(tx *gorm.DB, c models.Commitment, p models.Prospect) models.Task {
	day := c.DueOn.At(callOn, time.UTC).Format("Monday 2 January") // not "today": the call may be made later
	task := models.Task{
		Kind: models.TaskCall, State: models.TaskOpen, UserID: c.RepID, ProspectID: &c.ProspectID,
		Title: "Call " + p.Name() + ": their promise is due", Detail: c.Outcome,
		Prep: models.CallPrep{
			Why:          "They promised this for " + day + ": " + c.Outcome,
			TalkingPoint: "you chose " + day + " for it: " + c.Outcome,
			Question:     "What has come of it so far?",
		},
	}
	if c.Value != "" {
		task.Prep.Why += ". What it is worth to them: " + c.Value
	}
	phone, err := phoneToCall(tx, p, nil)
	if err != nil {
		task.Kind, task.Reason = models.TaskResolve, models.AttentionCommitment
		task.Title = "The promise of " + p.Name() + " is due"
		task.Detail = c.Outcome + " — " + err.Error()
		return task
	}
	task.Prep.Number = phone.Value
	return task
}

// PlanCall plans a call by hand at a time; the same form again finds the first.
func (s *Store) PlanCall(ctx context.Context, prospectID, repID int64, at time.Time, why, formToken string, now time.Time) (models.Touch, error) {
	var touch models.Touch
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockSurvivor(tx, prospectID)
		if err != nil {
			return err
		}
		var repeat bool
		if touch, repeat, err = sameForm(tx, formToken, p.ID); repeat || err != nil {
			return err
		}
		phone, err := phoneToCall(tx, p, nil)
		if err != nil {
			return err
		}
		touch = models.Touch{
			ProspectID: p.ID, StepKey: "next_step", Occurrence: "0", Kind: models.TouchTask, Channel: models.ChannelCall,
			Purpose: models.PurposeManual, ContactPointID: &phone.ID, RepID: repID, State: models.TouchPlanned,
			DueAt: at, PromisedAt: at, Why: why, PlannedAt: now, UpdatedAt: now,
		}
		if formToken != "" {
			touch.FormToken = &formToken
		}
		touches := []models.Touch{touch}
		events, err := planTouches(tx, touches, models.UserActor(repID))
		if err != nil {
			return err
		}
		touch = touches[0]
		return addEvents(tx, events...)
	})
	return touch, shown(err)
}
