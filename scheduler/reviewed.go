package scheduler

import (
	"time"

	"followup/models"
)

// waitsForReview tells whether a touch follows up by itself, so that it waits
// for the review of a conversation. What was promised or asked for does not:
// reminders, confirmations, booked calls, answers.
func waitsForReview(c models.Conversation, p models.Purpose) bool {
	if c.UnreviewedSince == nil {
		return false
	}
	return p == models.PurposeFollowUp || p == models.PurposeGoodbye || p == models.PurposeRecurring
}

func reviewMissing(since time.Time, loc *time.Location) string {
	if loc == nil {
		loc = time.UTC
	}
	return "the review of the call of " + LocalTime(since, loc) + " is not written yet; it goes on with the review"
}

// unreviewed: nothing follows a conversation before somebody has said what
// stood in the way and what comes next.
func (j *judgement) unreviewed() bool {
	c := j.d.Conversation
	if j.booked || !waitsForReview(c, j.d.Touch.Purpose) {
		return false
	}
	loc, _ := j.d.Prospect.Location()
	return j.hold(j.Now.Add(recheckLater), models.HoldReview, "%s", reviewMissing(*c.UnreviewedSince, loc))
}

// holdForReview shows on the plan what the gate will do at its time.
func (p *planner) holdForReview(t *models.Touch) {
	if c := p.in.Conversation; waitsForReview(c, t.Purpose) {
		t.HoldReason, t.HoldDetail = models.HoldReview, reviewMissing(*c.UnreviewedSince, p.loc)
	}
}
