package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// reviewTask is the review that the call asked for; nil: it asked for none.
func (w *world) reviewTask(callID int64) *models.Task {
	w.Helper()
	id, err := w.s.ReviewOf(w.ctx, callID)
	w.ok(err)
	if id == 0 {
		return nil
	}
	t := load[models.Task](w, id)
	return &t
}

// Only a conversation is reviewed; the rest goes on by itself.
func TestOnlyConversationsAreReviewed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, o := range models.CallOutcomes {
			task, _ := w.openCall(models.Touch{})
			r := w.result(task.ID, o)
			if o == models.OutcomeCallBack || o == models.OutcomeBooked {
				w.now = w.now.Add(time.Minute)
				r.Next = &models.Booking{ProspectID: w.person.ID, StartsAt: w.now.Add(time.Hour), Now: w.now, By: w.by}
			}
			if o == models.OutcomeDoNotCall {
				r.Next = nil
			}
			_, err := s.CloseCall(w.ctx, r)
			w.ok(err)
			review := w.reviewTask(task.ID)
			want := o == models.OutcomeConnected || o == models.OutcomeCallBack || o == models.OutcomeBooked || o == models.OutcomeMeetingHeld || o == models.OutcomeNotInterested
			if (review != nil) != want {
				t.Errorf("%s: review %v", o, review)
			}
			if review != nil && (review.Kind != models.TaskReview || review.State != models.TaskOpen || review.UserID != w.rep.ID) {
				t.Errorf("%s: %+v", o, review)
			}
			if o == models.OutcomeWrongNumber { // the number is used up: another for the calls to come
				w.ok(w.db.Model(&models.ContactPoint{}).Where("id = ?", w.phone.ID).Updates(map[string]any{"validity": models.ValidityUnknown, "invalid_reason": ""}).Error)
			}
		}
	})
}

// A review holds what follows up until it is finished; what it says is kept
// once, however often it is sent.
func TestReviewHoldsAndLetsGo(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 1, 0, 0)))
		task, _ := w.openCall(models.Touch{})
		_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeConnected))
		w.ok(err)
		review := w.reviewTask(task.ID)
		if since := w.conversation().UnreviewedSince; since == nil || !since.Equal(w.now) {
			t.Fatalf("unreviewed since %v", since)
		}
		_, err = s.CloseTask(w.ctx, review.ID, models.TaskDismissed, "", w.by, w.now)
		w.code(err, models.CodeInvalid)

		promised := w.now.Add(-time.Hour)
		held := w.touch(models.Touch{StepKey: "x", DueAt: promised})
		held.Hold(w.now.Add(15*time.Minute), models.HoldReview, "", w.now)
		w.ok(w.db.Save(&held).Error)

		draft := models.CallReview{TaskID: review.ID, Notes: "half", Objection: "price"}
		draft, err = s.SaveReview(w.ctx, draft, w.now)
		w.ok(err)
		stale := draft
		stale.Revision--
		_, err = s.SaveReview(w.ctx, stale, w.now) // another tab
		w.code(err, models.CodeConflict)

		draft.Notes, draft.ObjectionWords, draft.NextWhat = "whole", "Too dear", models.NextGoesOn
		done := models.ReviewDone{Review: draft, GoesOn: true, By: w.by, Now: w.now.Add(time.Minute),
			Commitment: &models.Commitment{Outcome: "send the counts", DueOn: "2026-12-04"}}
		for range 2 { // a double click
			closed, err := s.FinishReview(w.ctx, done)
			w.ok(err)
			if closed.State != models.TaskDone {
				t.Errorf("review = %s", closed.State)
			}
		}
		if c := w.conversation(); c.UnreviewedSince != nil {
			t.Error("it still counts as unreviewed")
		}
		if got := load[models.Touch](w, held.ID); got.HoldReason != "" || !got.DueAt.Equal(promised) {
			t.Errorf("touch = %s until %s", got.HoldReason, got.DueAt)
		}
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
		if n := count[models.Objection](w, "kind = 'price' AND words = 'Too dear' AND task_id = ?", task.ID); n != 1 {
			t.Errorf("%d objections", n)
		}
		if n := count[models.Commitment](w, "outcome = 'send the counts' AND state = 'open'"); n != 1 {
			t.Errorf("%d commitments", n)
		}
		v, err := s.ViewReview(w.ctx, review.ID)
		w.ok(err)
		if v.Review.FinishedAt == nil || v.Review.CommitmentID == nil || v.Review.Notes != "whole" || v.Call.ID != task.ID {
			t.Errorf("review = %+v", v.Review)
		}
		_, err = s.SaveReview(w.ctx, draft, w.now)
		w.code(err, models.CodeConflict)
	})
}

// Somebody who has written since the call is answered before their sequence goes on.
func TestReviewDoesNotRunOverAnAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 1, 0, 0)))
		task, _ := w.openCall(models.Touch{})
		_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeConnected))
		w.ok(err)
		w.reply(pauseAll)
		review := w.reviewTask(task.ID)
		done := models.ReviewDone{Review: models.CallReview{TaskID: review.ID, Objection: models.ObjectionNone, ObjectionWords: "all clear"}, GoesOn: true, By: w.by, Now: w.now}
		_, err = s.FinishReview(w.ctx, done)
		w.code(err, models.CodeInvalid)
		done.GoesOn = false
		_, err = s.FinishReview(w.ctx, done)
		w.ok(err)
		w.isEnrollment(e.ID, models.EnrollmentPaused, false)
	})
}

// Two conversations: both are reviewed before anything follows.
func TestEachConversationIsReviewed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var reviews []int64
		for range 2 {
			task, _ := w.openCall(models.Touch{})
			_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeConnected))
			w.ok(err)
			reviews = append(reviews, w.reviewTask(task.ID).ID)
			w.now = w.now.Add(time.Hour)
		}
		for i, id := range reviews {
			_, err := s.FinishReview(w.ctx, models.ReviewDone{Review: models.CallReview{TaskID: id, Objection: models.ObjectionNone, ObjectionWords: "because"}, By: w.by, Now: w.now})
			w.ok(err)
			if waits := w.conversation().UnreviewedSince != nil; waits != (i == 0) {
				t.Errorf("after %d of 2 reviews it waits: %v", i+1, waits)
			}
		}
	})
}
