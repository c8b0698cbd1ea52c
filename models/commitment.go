package models

import (
	"fmt"
	"time"
)

// CommitmentState of a promise.
type CommitmentState string

const (
	CommitmentOpen   CommitmentState = "open"   // entered when recorded
	CommitmentKept   CommitmentState = "kept"   // entered by a rep; restarts the pursuit
	CommitmentBroken CommitmentState = "broken" // entered by a rep, with a new one where a new date was given
)

// Commitment is what the prospect promised.
type Commitment struct {
	ID           int64 `gorm:"primaryKey"`
	ProspectID   int64
	RepID        int64
	EnrollmentID *int64 // the follow-up of it
	Outcome      string // what will be done
	Value        string // what it is worth to them, in their words
	DueOn        Date   // in the prospect's zone
	Words        string // the promise as they said it
	CostPerDay   string // of delay, and how it is computed
	State        CommitmentState
	Cause        string // why it was broken
	ReplacedBy   *int64
	FormToken    *string // of the form that recorded it: a second submission finds the first
	CallTaskID   *int64  // the call on the day it is due, once it is open
	CreatedAt    time.Time
	UpdatedAt    time.Time
	ClosedAt     *time.Time
}

// Discovery is what we know of a prospect's aims.
type Discovery struct {
	ProspectID  int64 `gorm:"primaryKey"`
	Goal        string
	GoalValue   string
	GoalDate    Date
	StretchGoal string
	Obstacle    string
	DailyCost   string // what flows out of the door per day, apart from the gain missed
	TriedBefore string
	WhyItFailed string
	Common      string // common ground
	Revision    int64
	UpdatedAt   time.Time
	UpdatedBy   *int64
}

// Objection is what stood in the way.
type Objection struct {
	ID         int64 `gorm:"primaryKey"`
	ProspectID int64
	TaskID     *int64
	Kind       string // price, timing, authority, need, trust, other; none
	Words      string // the customer's own; for none: because …
	AnsweredBy *int64 // the talking point that answers it
	CreatedAt  time.Time
	CreatedBy  *int64
}

// TalkingPoint is a value-adding reason for calling.
type TalkingPoint struct {
	ID        int64  `gorm:"primaryKey"`
	Kind      string // one of TalkingPointKinds
	Text      string // completes "The reason I'm calling is …"
	Source    string
	OwnerID   *int64
	ExpiresOn Date // "" : does not expire
	State     LibraryState
	// Answers are the kinds of objection that it answers, or AnswersLost.
	Answers []string `gorm:"serializer:json"`
	// Words, separated by commas: it also answers an objection, an obstacle or
	// a failed try in which one of them stands.
	Words     string
	Revision  int64
	CreatedAt time.Time
	UpdatedAt time.Time
	RetiredAt *time.Time
}

// TalkingPointUse says that a prospect has heard a talking point; at most one
// row for each pair.
type TalkingPointUse struct {
	ID             int64 `gorm:"primaryKey"`
	TalkingPointID int64
	ProspectID     int64
	TouchID        *int64
	HeardAt        time.Time
}

// PursuitEnd says what closed a pursuit and opened the next.
type PursuitEnd string

const (
	PursuitReply      PursuitEnd = "human_reply"
	PursuitCall       PursuitEnd = "connected_call"
	PursuitCommitment PursuitEnd = "kept_commitment"
	PursuitMerged     PursuitEnd = "merged"    // its record became part of another, whose pursuit counts for both
	PursuitRestart    PursuitEnd = "restarted" // by a manager, with a new talking point
)

// Pursuit counts the follow-ups to one prospect since the last sign of
// interest. A prospect has at most one open pursuit.
type Pursuit struct {
	ID             int64 `gorm:"primaryKey"`
	ProspectID     int64
	FollowUps      int
	LastCountedOn  Date // in the prospect's zone: everything on one local day is one
	GoodbyeAt      *time.Time
	TalkingPointID *int64
	StartedAt      time.Time
	EndedAt        *time.Time
	EndedBy        PursuitEnd
}

// Count adds a touch made on the local date and reports whether it was the day's first.
func (p *Pursuit) Count(on Date) bool {
	if p.LastCountedOn == on {
		return false
	}
	p.FollowUps++
	p.LastCountedOn = on
	return true
}

// CohortToken is the form token of the note by which somebody hears of
// another's kept promise: each hears of it once.
func CohortToken(commitmentID, prospectID int64) string {
	return fmt.Sprintf("cohort-%d-%d", commitmentID, prospectID)
}
