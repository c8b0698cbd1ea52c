package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// askReview opens the review of a conversation. Until it is written no
// follow-up goes out: the gate holds it.
func (c *callClosing) askReview() error {
	if !c.r.Outcome.Reviewed() {
		return nil
	}
	task := models.Task{
		Kind: models.TaskReview, State: models.TaskOpen, UserID: c.r.UserID, ProspectID: &c.prospect.ID, AppointmentID: c.task.AppointmentID,
		Title: "Review the call with " + c.prospect.Name(), DueAt: c.r.Now, CreatedAt: c.r.Now, UpdatedAt: c.r.Now,
		Detail: "One minute while it is fresh. No further follow-up is made before it is written.",
	}
	if task.UserID == 0 {
		task.UserID = c.task.UserID
	}
	if err := c.tx.Create(&task).Error; err != nil {
		return err
	}
	review := models.CallReview{
		TaskID: task.ID, CallTaskID: c.task.ID, ProspectID: c.prospect.ID, UserID: task.UserID, Notes: c.task.Notes,
		CreatedAt: c.r.Now, UpdatedAt: c.r.Now,
	}
	if c.r.Next != nil {
		review.NextWhat, review.NextStepSet = models.NextBooked, true
	}
	if o := c.r.Objection; o != nil {
		review.Objection, review.ObjectionWords = o.Kind, o.Words
	}
	if err := c.tx.Create(&review).Error; err != nil {
		return err
	}
	if err := keepUnreviewed(c.tx, c.prospect, c.r.Now); err != nil {
		return err
	}
	return addEvents(c.tx, taskEvent(models.EventTaskOpened, task, string(task.Kind), c.by, c.r.Now))
}

// keepUnreviewed renews what the gate reads: since when a review is missing.
func keepUnreviewed(tx *gorm.DB, p models.Prospect, now time.Time) error {
	missing, err := first[models.Task](tx.Where("prospect_id = ? AND kind = ? AND state = ?", p.ID, models.TaskReview, models.TaskOpen).Order("created_at, id"))
	if err != nil {
		return err
	}
	conversation, err := conversationOf(tx, p)
	if err != nil {
		return err
	}
	conversation.UnreviewedSince, conversation.UpdatedAt = nil, now
	if missing != nil {
		conversation.UnreviewedSince = &missing.CreatedAt
	}
	return keepConversation(tx, conversation)
}

// voicemailStep is the step key of a voicemail that a rep let us leave.
const voicemailStep = "voicemail"

// leaveVoicemail plans the voicemail that we leave in the rep's place.
func (c *callClosing) leaveVoicemail() error {
	if c.r.Voicemail == nil {
		return nil
	}
	if err := belongsTo(c.tx, c.r.Voicemail.ContactPointID, c.prospect.ID); err != nil {
		return err
	}
	if _, repeat, err := sameForm(c.tx, c.r.Voicemail.FormToken, c.prospect.ID); repeat || err != nil {
		return err
	}
	c.r.Voicemail.Now = c.r.Now // by which its reason is found where it never arrives
	touch := answerTouch(*c.r.Voicemail, c.prospect.ID)
	touch.StepKey = voicemailStep
	events, err := planTouches(c.tx, []models.Touch{touch}, c.by)
	if err != nil {
		return err
	}
	return addEvents(c.tx, events...)
}

// ReviewView is a conversation's review with the call that it is about.
type ReviewView struct {
	Review models.CallReview
	Call   models.Task
	Card   models.CallCard
	Next   *models.Appointment // booked already
	Resume []models.Enrollment // what rests since they spoke with us
}

// ViewReview loads the review of a review task.
func (s *Store) ViewReview(ctx context.Context, taskID int64) (ReviewView, error) {
	db := s.reader(ctx)
	var v ReviewView
	if err := db.Where("task_id = ?", taskID).Take(&v.Review).Error; err != nil {
		return v, viewNotFound(err, "review")
	}
	if err := db.Where("id = ?", v.Review.CallTaskID).Take(&v.Call).Error; err != nil {
		return v, err
	}
	var err error
	if v.Card, err = cardOf(db, v.Call.ID); err != nil {
		return v, err
	}
	if v.Next, err = first[models.Appointment](db.Where("prospect_id = ? AND state = ?", v.Review.ProspectID, models.AppointmentBooked).Order("starts_at")); err != nil {
		return v, err
	}
	v.Resume, err = restingSinceTalk(db, v.Review.ProspectID)
	return v, err
}

// restingSinceTalk are the enrollments that wait for a person because the
// prospect answered.
func restingSinceTalk(tx *gorm.DB, prospectID int64) ([]models.Enrollment, error) {
	return enrollmentsWhere(tx, "prospect_id = ? AND state = 'paused' AND id IN (SELECT enrollment_id FROM pauses WHERE reason = ?)", prospectID, models.PauseReplied)
}

// ReviewOf names the review task of a call that was closed; 0: there is none.
func (s *Store) ReviewOf(ctx context.Context, callTaskID int64) (int64, error) {
	r, err := first[models.CallReview](s.reader(ctx).Where("call_task_id = ? AND finished_at IS NULL", callTaskID))
	if err != nil || r == nil {
		return 0, err
	}
	return r.TaskID, nil
}

// SaveReview keeps the draft if nobody changed it since its revision was read.
func (s *Store) SaveReview(ctx context.Context, draft models.CallReview, now time.Time) (models.CallReview, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		_, _, old, err := lockReview(tx, draft.TaskID)
		if err != nil {
			return err
		}
		if old.FinishedAt != nil {
			return models.Errorf(models.CodeConflict, "this review is finished already; what it says stays as it is")
		}
		draft, err = overDraft(old, draft, now)
		if err != nil {
			return err
		}
		return saveRow(tx, &draft)
	})
	return draft, shown(err)
}

func lockReview(tx *gorm.DB, taskID int64) (models.Prospect, models.Task, models.CallReview, error) {
	var review models.CallReview
	prospect, task, err := lockTask(tx, taskID)
	if err != nil {
		return prospect, task, review, err
	}
	err = forUpdate(tx).Where("task_id = ?", taskID).Take(&review).Error
	return prospect, task, review, notFound(err, "review of task", taskID)
}

// overDraft puts what was typed over what is kept; whose review it is does not change.
func overDraft(old, draft models.CallReview, now time.Time) (models.CallReview, error) {
	if old.Revision != draft.Revision {
		return old, models.Errorf(models.CodeConflict, "this review was changed elsewhere at the same time")
	}
	draft.ID, draft.TaskID, draft.CallTaskID, draft.ProspectID, draft.UserID = old.ID, old.TaskID, old.CallTaskID, old.ProspectID, old.UserID
	draft.CommitmentID, draft.AppointmentID, draft.FinishedAt, draft.CreatedAt = old.CommitmentID, old.AppointmentID, old.FinishedAt, old.CreatedAt
	draft.Revision, draft.UpdatedAt = old.Revision+1, now
	return draft, nil
}

// FinishReview records the review with all that it says, closes its task and
// lets what waited for it go on. Finishing twice with the same words changes
// nothing.
func (s *Store) FinishReview(ctx context.Context, d models.ReviewDone) (models.Task, error) {
	var task models.Task
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		prospect, t, old, err := lockReview(tx, d.Review.TaskID)
		if err != nil {
			return err
		}
		task = t
		if old.FinishedAt != nil {
			if old.SaysAs(d.Review) {
				return nil
			}
			return models.Errorf(models.CodeConflict, "this review was finished elsewhere; what it says stays as it is")
		}
		f := reviewing{tx: tx, d: d, prospect: prospect, task: &task}
		if f.review, err = overDraft(old, d.Review, d.Now); err != nil {
			return err
		}
		return f.run()
	})
	return task, shown(err)
}

// reviewing is one review being finished, within its transaction.
type reviewing struct {
	tx       *gorm.DB
	d        models.ReviewDone
	prospect models.Prospect
	task     *models.Task
	review   models.CallReview
}

func (f *reviewing) run() error {
	for _, step := range []func() error{f.noteObjection, f.notePromise, f.bookNext, f.finish, f.letGo, f.goOn} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// noteObjection keeps one objection for each call.
func (f *reviewing) noteObjection() error {
	o := models.Objection{ProspectID: f.prospect.ID, TaskID: &f.review.CallTaskID, CreatedBy: &f.task.UserID, CreatedAt: f.d.Now}
	err := f.tx.Where("task_id = ?", f.review.CallTaskID).Order("id").Take(&o).Error
	if err != nil && !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	o.Kind, o.Words = f.review.Objection, f.review.ObjectionWords
	return f.tx.Save(&o).Error
}

func (f *reviewing) notePromise() error {
	if f.d.Commitment == nil {
		return nil
	}
	c := *f.d.Commitment
	c.ID, c.ProspectID, c.State, c.CreatedAt, c.UpdatedAt = 0, f.prospect.ID, models.CommitmentOpen, f.d.Now, f.d.Now
	if c.RepID == 0 {
		c.RepID = f.prospect.OwnerID
	}
	if err := f.tx.Create(&c).Error; err != nil {
		return err
	}
	f.review.CommitmentID = &c.ID
	return addEvents(f.tx, commitmentEvent(models.EventCommitment, c, f.d.By, f.d.Now))
}

func (f *reviewing) bookNext() error {
	if f.d.Next == nil {
		return nil
	}
	b := *f.d.Next
	b.ProspectID = f.prospect.ID
	if err := refuseTwice(f.tx, f.prospect, b); err != nil {
		return err
	}
	a, err := bookIn(f.tx, b)
	if err != nil {
		return fmt.Errorf("book the next call: %w", err)
	}
	f.review.AppointmentID = &a.ID
	return nil
}

func (f *reviewing) finish() error {
	f.review.FinishedAt = &f.d.Now
	if err := saveRow(f.tx, &f.review); err != nil {
		return err
	}
	if err := f.task.Close(models.TaskDone, f.d.By, f.d.Now); err != nil {
		return err
	}
	f.task.Notes = f.review.Notes
	if err := saveRow(f.tx, f.task); err != nil {
		return err
	}
	return addEvents(f.tx,
		taskEvent(models.EventTaskClosed, *f.task, string(models.TaskDone), f.d.By, f.d.Now),
		taskEvent(models.EventReviewed, *f.task, f.review.Objection, f.d.By, f.d.Now))
}

// letGo ends what waited for the review: touches that the gate held.
func (f *reviewing) letGo() error {
	if err := keepUnreviewed(f.tx, f.prospect, f.d.Now); err != nil {
		return err
	}
	c, err := conversationOf(f.tx, f.prospect)
	if err != nil || c.UnreviewedSince != nil {
		return err // another conversation waits for its own
	}
	err = f.tx.Model(&models.Touch{}).Where("prospect_id = ? AND state = ? AND hold_reason = ?", f.prospect.ID, models.TouchPlanned, models.HoldReview).
		UpdateColumns(map[string]any{"due_at": gorm.Expr("promised_at"), "hold_reason": "", "hold_detail": "", "updated_at": f.d.Now}).Error
	if err != nil {
		return err
	}
	return keepNextTouch(f.tx, f.d.Now, f.prospect.ID)
}

// goOn resumes what rests since they spoke with us. Somebody who has written
// meanwhile is answered first.
func (f *reviewing) goOn() error {
	if !f.d.GoesOn {
		return nil
	}
	c, err := conversationOf(f.tx, f.prospect)
	if err != nil {
		return err
	}
	if c.WaitingSince != nil {
		return models.Invalid("next_what", "%s has written since the call; answer them before the sequence goes on, or choose another next step", f.prospect.Name())
	}
	resting, err := restingSinceTalk(f.tx, f.prospect.ID)
	if err != nil {
		return err
	}
	var e models.Effects
	for _, en := range resting {
		e.Lifts = append(e.Lifts, models.Lift{EnrollmentID: en.ID, Reason: models.PauseReplied})
	}
	return applyEffects(f.tx, f.prospect, e, f.d.By, f.d.Now)
}
