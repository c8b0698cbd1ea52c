package scheduler

import (
	"context"
	"time"

	"followup/models"
)

// Store is what the scheduler needs of the database. Each method is one
// transaction unless it says otherwise.
type Store interface {
	// AnswerFiles loads what leaves with an answer, with its content.
	AnswerFiles(ctx context.Context, ids []int64) ([]models.AnswerFile, error)
	// PlanDue locks up to limit active enrollments whose ReplanAt has come,
	// loads their inputs, calls plan and applies what it answers. It reports
	// how many were planned; 0: none were due.
	PlanDue(ctx context.Context, now time.Time, limit int, plan models.Planning) (int, error)
	// ClaimDue locks prospects of due touches (SKIP LOCKED), loads the batch,
	// calls decide and applies the decisions: DESIGN.md §4.1.
	ClaimDue(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error)
	// Recheck, just before the hand-over, returns to planned (or cancels)
	// those of the replica's sending touches that were stopped since their
	// claim, and names them.
	Recheck(ctx context.Context, replica string, now time.Time, touchIDs []int64) (stopped []int64, err error)
	// Settle records what became of hand-overs and, in the same transaction,
	// what plan says comes next; a nil plan leaves that to PlanDue. It updates
	// only rows that are sending or unconfirmed of the same attempt.
	Settle(ctx context.Context, results []models.SendResult, plan models.Planning) error
	// LiftElapsed lifts pauses whose time has come.
	LiftElapsed(ctx context.Context, now time.Time, limit int) (int, error)
	// ReadyCalls fills in what the rep reads of booked calls whose minute is
	// near; it returns where the next call goes on, 0 at the end of the round.
	ReadyCalls(ctx context.Context, now time.Time, after int64, limit int, decide func([]models.Due) []models.Decision) (int64, error)
	// OpenBooked opens booked calls made ready whose minute has come, and says
	// whose; RenewNext then renews what lists say of them.
	OpenBooked(ctx context.Context, now time.Time, limit int) ([]int64, error)
	RenewNext(ctx context.Context, prospectIDs []int64) error
	// MissBookedCalls ends booked calls not dialled within models.MissedAfter.
	MissBookedCalls(ctx context.Context, now time.Time, limit int) (int, error)

	// DialDue is a call task with all that the gate looks at, as it is now.
	DialDue(ctx context.Context, taskID int64, now time.Time) (models.Task, models.Due, error)
	// OpenEarly opens a booked call before its minute.
	OpenEarly(ctx context.Context, taskID int64, by string, now time.Time) (models.Task, error)
	// BeginDial records a press of Dial; true: the same press was recorded before.
	BeginDial(ctx context.Context, d models.Dial) (models.Dial, bool, error)
	// DialPlaced keeps what the provider answered.
	DialPlaced(ctx context.Context, id int64, state models.DialState, providerID, detail string, now time.Time) error
	// TakeTurn counts a call that a person makes among those of an account.
	TakeTurn(ctx context.Context, t models.Turn, now time.Time) error
	// PhoneOf is the number that a user calls from, with its credentials; nil: none.
	PhoneOf(ctx context.Context, userID int64) (models.User, *models.Sender, error)

	// EscalateUnanswered asks somebody to see to customers who have waited for
	// an answer longer than the workspace wants.
	EscalateUnanswered(ctx context.Context, now time.Time, limit int) (int, error)

	// Heartbeat says that the replica lives, and how its last Tick went.
	Heartbeat(ctx context.Context, replica string, now time.Time, tickTook time.Duration) error
	// Rescue finds what hand-overs left behind: rows sending under the
	// replica's own id that it does not hold in memory go back to planned;
	// rows of replicas silent for longer than silent, past their send_by by
	// more than silent, become unconfirmed.
	Rescue(ctx context.Context, replica string, inFlight []int64, now time.Time, silent time.Duration) (replanned, unconfirmed int, err error)
	// Unconfirmed lists touches whose fate is unknown and is to be asked about
	// by now, with their messages and senders' credentials.
	Unconfirmed(ctx context.Context, now time.Time, limit int) ([]models.Dispatch, error)
	// Reconcile records what a reconciler learned: found → sent, absent →
	// planned (only where the claiming process has ended), unknown → one
	// open resolve task per sender, and asked about ever more rarely.
	Reconcile(ctx context.Context, touchID int64, found bool, absent bool, providerID string, now time.Time) error

	// PlanContext loads what previewing a sequence for a prospect needs; the
	// enrollment in it is not saved.
	PlanContext(ctx context.Context, prospectID, sequenceID int64, repID int64) (models.PlanInput, error)
	// ReasonFor loads a reason of the library that a prospect may be told;
	// CodeRefused says why they may not.
	ReasonFor(ctx context.Context, prospectID, talkingPointID int64) (models.TalkingPoint, error)
	// Enroll locks the prospect, refuses (CodeRefused, CodeConflict) or
	// records the enrollment, its appointment, booked call and confirmation,
	// with ReplanAt = Now.
	Enroll(ctx context.Context, e models.NewEnrollment) (models.Enrollment, error)

	Settings(ctx context.Context) (models.Settings, error)
	Health(ctx context.Context, now time.Time) (models.Health, error)
}
