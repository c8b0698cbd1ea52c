package store

import (
	"slices"

	"gorm.io/gorm"

	"followup/models"
)

// QueuePart is a part of a rep's queue, in the order in which to work.
type QueuePart string

const (
	PartBooked  QueuePart = "booked"  // calls at an exact minute, and a colleague's that nobody dials
	PartBack    QueuePart = "back"    // calls that the customer asked for
	PartWaiting QueuePart = "waiting" // customers who wait for us
	PartCalls   QueuePart = "calls"   // calls that a sequence has due
	PartRest    QueuePart = "rest"    // repairs and reviews
	// PartSnoozed is what was put off; no part of the queue until it comes back.
	PartSnoozed QueuePart = "snoozed"
)

// QueueParts in the order in which to work.
var QueueParts = []QueuePart{PartBooked, PartBack, PartWaiting, PartCalls, PartRest}

// waitingReasons are repairs for which a customer waits.
var waitingReasons = []models.Reason{models.AttentionMissedCall, models.AttentionUnanswered}

// backPurposes are those of a call that the customer asked for.
var backPurposes = []models.Purpose{models.PurposePromised, models.PurposeAnswer}

// partOf says where a task stands; queueRank says the same in SQL.
func partOf(t models.Task, purpose models.Purpose) QueuePart {
	switch {
	case t.Kind == models.TaskCall && t.AppointmentID != nil, t.Reason == models.AttentionUndialled:
		return PartBooked
	case t.Kind == models.TaskCall && slices.Contains(backPurposes, purpose):
		return PartBack
	case t.Kind == models.TaskReply, slices.Contains(waitingReasons, t.Reason):
		return PartWaiting
	case t.Kind == models.TaskCall:
		return PartCalls
	}
	return PartRest
}

// queueRank is the place of a task's part in QueueParts.
const queueRank = `CASE
	WHEN tasks.kind = 'call' AND tasks.appointment_id IS NOT NULL OR tasks.reason = 'call_undialled' THEN 0
	WHEN tasks.kind = 'call' AND EXISTS (SELECT 1 FROM touches qt WHERE qt.id = tasks.touch_id AND qt.purpose IN ('promised', 'answer')) THEN 1
	WHEN tasks.kind = 'reply' OR tasks.reason IN ('missed_call', 'unanswered_reply') THEN 2
	WHEN tasks.kind = 'call' THEN 3
	ELSE 4 END`

// inOrder sorts tasks as they should be worked.
func inOrder(q *gorm.DB) *gorm.DB { return q.Order(queueRank + ", tasks.due_at, tasks.id") }

// ofPart keeps the tasks of one part; "" keeps all.
func ofPart(q *gorm.DB, part QueuePart) *gorm.DB {
	if i := slices.Index(QueueParts, part); i >= 0 {
		return q.Where("("+queueRank+") = ?", i)
	}
	return q
}
