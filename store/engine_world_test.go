package store_test

import (
	"context"
	"fmt"
	"time"

	"followup/models"
)

// The engine's tests use the people side's world with a clock that they move
// by hand.

// queue arranges a message of an enrollment that has been due for a minute.
func (w *world) queue(t models.Touch) models.Touch {
	w.Helper()
	if t.SenderID == nil {
		t.SenderID = &w.sender.ID
	}
	if t.ContactPointID == nil && (t.ProspectID == 0 || t.ProspectID == w.person.ID) {
		t.ContactPointID = &w.email.ID
	}
	if t.DueAt.IsZero() {
		t.DueAt = w.now.Add(-time.Minute)
	}
	return w.touch(t)
}

func (w *world) request() models.ClaimRequest {
	return models.ClaimRequest{Now: w.now, Replica: "here", Slots: 50, Batch: 50, SendFor: 30 * time.Second}
}

// claim judges every due touch alone.
func (w *world) claim(decide func(models.Due) models.Decision) models.Claimed {
	w.Helper()
	return w.claimAs(w.request(), decide)
}

func (w *world) claimAs(req models.ClaimRequest, decide func(models.Due) models.Decision) models.Claimed {
	w.Helper()
	c, err := w.s.ClaimDue(w.ctx, req, eachDue(decide))
	w.ok(err)
	return c
}

func eachDue(decide func(models.Due) models.Decision) func(context.Context, []models.Due) []models.Decision {
	return func(_ context.Context, dues []models.Due) []models.Decision {
		out := make([]models.Decision, len(dues))
		for i, d := range dues {
			out[i] = decide(d)
		}
		return out
	}
}

// sendIt decides that the touch goes out.
func sendIt(d models.Due) models.Decision {
	return models.Decision{TouchID: d.Touch.ID, Action: models.DecideSend, Message: &models.Message{
		Token: fmt.Sprintf("touch-%d", d.Touch.ID), MailID: fmt.Sprintf("<touch-%d@followup.example.com>", d.Touch.ID),
		ToAddress: herEmail, Subject: "Your question", Text: "Hello", Sender: d.Sender, Unsubscribe: "https://followup.example.com/u/x",
	}}
}

func doIt(action models.DecisionAction, reason models.Reason) func(models.Due) models.Decision {
	return func(d models.Due) models.Decision {
		return models.Decision{TouchID: d.Touch.ID, Action: action, Reason: reason, Detail: "because"}
	}
}

// sending arranges a message that has been claimed and is being handed over.
func (w *world) sending(t models.Touch) models.Dispatch {
	w.Helper()
	w.queue(t)
	c := w.claim(sendIt)
	if len(c.Dispatches) != 1 {
		w.Fatalf("claimed %d messages, want 1", len(c.Dispatches))
	}
	return c.Dispatches[0]
}

func result(d models.Dispatch, class models.SendClass, at time.Time) models.SendResult {
	return models.SendResult{TouchID: d.Touch.ID, MessageID: d.Message.ID, Attempt: d.Touch.Attempt, Replica: d.Touch.Replica, Class: class, At: at}
}

func (w *world) settle(rs ...models.SendResult) {
	w.Helper()
	w.ok(w.s.Settle(w.ctx, rs, nil))
}

func (w *world) outbound(touchID int64) []models.Message {
	w.Helper()
	var ms []models.Message
	w.ok(w.db.Where("touch_id = ? AND direction = 'outbound'", touchID).Find(&ms).Error)
	return ms
}

func (w *world) isTouch(id int64, state models.TouchState, reason models.Reason) models.Touch {
	w.Helper()
	t := load[models.Touch](w, id)
	if t.State != state || t.EndReason != reason {
		w.Errorf("touch is %s (%q), want %s (%q)", t.State, t.EndReason, state, reason)
	}
	return t
}

func (w *world) isEnrollment(id int64, state models.EnrollmentState, replan bool) models.Enrollment {
	w.Helper()
	e := load[models.Enrollment](w, id)
	if e.State != state || (e.ReplanAt != nil) != replan {
		w.Errorf("enrollment is %s with replan_at %v, want %s, to be planned: %v", e.State, e.ReplanAt, state, replan)
	}
	return e
}

// want compares numbers by name.
func (w *world) want(what string, got, want int) {
	w.Helper()
	if got != want {
		w.Errorf("%s: %d, want %d", what, got, want)
	}
}
