package models

import (
	"slices"
	"time"
)

// EnrollmentState of one prospect in one sequence.
type EnrollmentState string

const (
	// EnrollmentActive: entered on enrolling and when the last pause is lifted; left by a pause or an end.
	EnrollmentActive EnrollmentState = "active"
	// EnrollmentPaused: entered with the first pause; left when the set of pauses is empty, or by an end.
	EnrollmentPaused EnrollmentState = "paused"
	// EnrollmentFinished: entered from any state with an outcome; never left.
	EnrollmentFinished EnrollmentState = "finished"
)

// EnrollmentOutcome says how an enrollment ended.
type EnrollmentOutcome string

const (
	FinishCompleted     EnrollmentOutcome = "completed" // every step was made, no answer
	FinishReplied       EnrollmentOutcome = "replied"
	FinishMeetingBooked EnrollmentOutcome = "meeting_booked"
	FinishWon           EnrollmentOutcome = "won"
	FinishLost          EnrollmentOutcome = "lost"
	FinishOptedOut      EnrollmentOutcome = "opted_out"
	FinishBounced       EnrollmentOutcome = "bounced"
	FinishUnreachable   EnrollmentOutcome = "unreachable" // every valid permitted contact point was tried
	FinishRemoved       EnrollmentOutcome = "removed"     // taken out by a person
)

// PauseReason is one member of the set that keeps an enrollment paused.
type PauseReason string

const (
	// PauseReplied: a human reply; lifted by a person.
	PauseReplied PauseReason = "replied"
	// PauseOutOfOffice: until the day after the return; lifted by time or by a human reply, which puts PauseReplied in its place.
	PauseOutOfOffice PauseReason = "out_of_office"
	// PauseManual: by a person, until a person or a time lifts it.
	PauseManual PauseReason = "manual"
	// PauseNeedsAttention: something must be repaired first; lifted with its task.
	PauseNeedsAttention PauseReason = "needs_attention"
	// PauseColleagueReplied: somebody at the same company answered; by a person, optionally after some days.
	PauseColleagueReplied PauseReason = "colleague_replied"
	// PauseOnLeave: the rep is away and wanted it to rest; lifted by time, or when the leave ends.
	PauseOnLeave PauseReason = "on_leave"
)

// Pause is one reason why an enrollment rests. An enrollment has at most one
// pause of each reason.
type Pause struct {
	ID           int64 `gorm:"primaryKey"`
	EnrollmentID int64
	Reason       PauseReason
	Until        *time.Time // nil: until a person lifts it
	By           string     // actor, see Event.Actor
	TaskID       *int64     // the task whose closing lifts it
	CreatedAt    time.Time
}

// Frozen is what a pause keeps of a delay that was running: minutes and hours
// as a duration, days as a count with the local time applied again on resuming.
type Frozen struct {
	StepKey  string        `json:"step_key,omitempty"`
	Duration time.Duration `json:"duration,omitempty"`
	Days     int           `json:"days,omitempty"`
	Business bool          `json:"business,omitempty"`
}

// Enrollment is one prospect in one version of a sequence, run by one rep.
type Enrollment struct {
	ID               int64 `gorm:"primaryKey"`
	ProspectID       int64
	SequenceID       int64
	VersionID        int64
	PendingVersionID *int64 // a move waits here while a touch is sending, unconfirmed or open
	GoOnAt           string // the step to go on at where the version does not have the last one made; "" where nobody chose one
	RepID            int64
	State            EnrollmentState
	Outcome          EnrollmentOutcome // "" until finished
	AppointmentID    *int64
	CommitmentID     *int64
	TalkingPointID   *int64            // the reason of the library for which they were enrolled
	Variables        map[string]string `gorm:"serializer:json"` // given on enrolling, over the prospect's custom fields
	// ReplanAt: the scheduler plans the next step at the first Tick at or after
	// it. Whoever changes what should come next sets it; only the scheduler plans.
	ReplanAt   *time.Time
	Frozen     Frozen     `gorm:"serializer:json"`
	ResumedAt  *time.Time // when the last pause was lifted; the frozen delay counts from here
	EnrolledBy string     // actor
	StartedAt  time.Time
	FinishedAt *time.Time
	UpdatedAt  time.Time

	Pauses []Pause `gorm:"-"` // loaded by the store, saved by it
}

// Active tells whether steps may be planned and sent.
func (e Enrollment) Active() bool { return e.State == EnrollmentActive }

// Live tells whether it has not finished.
func (e Enrollment) Live() bool { return e.State != EnrollmentFinished }

// PausedFor tells whether the set of pauses holds reason.
func (e Enrollment) PausedFor(reason PauseReason) bool {
	return slices.ContainsFunc(e.Pauses, func(p Pause) bool { return p.Reason == reason })
}

// Pause adds a reason to the set, or moves its end. A human reply replaces an
// out-of-office pause. A finished enrollment stays finished: nothing happens.
// It reports whether anything changed.
func (e *Enrollment) Pause(p Pause, now time.Time) bool {
	if !e.Live() {
		return false
	}
	p.EnrollmentID = e.ID
	if p.CreatedAt.IsZero() {
		p.CreatedAt = now
	}
	if p.Reason == PauseReplied {
		e.Pauses = slices.DeleteFunc(e.Pauses, func(q Pause) bool { return q.Reason == PauseOutOfOffice })
	}
	e.State, e.ReplanAt, e.UpdatedAt = EnrollmentPaused, nil, now
	for i, q := range e.Pauses {
		if q.Reason == p.Reason {
			p.ID = q.ID
			e.Pauses[i] = p
			return true
		}
	}
	e.Pauses = append(e.Pauses, p)
	return true
}

// Lift takes reasons out of the set (all of them where none is named). With
// the last one the enrollment is active again and is planned at once. It
// reports whether it became active.
func (e *Enrollment) Lift(now time.Time, reasons ...PauseReason) bool {
	if e.State != EnrollmentPaused {
		return false
	}
	e.Pauses = slices.DeleteFunc(e.Pauses, func(q Pause) bool {
		return len(reasons) == 0 || slices.Contains(reasons, q.Reason)
	})
	if len(e.Pauses) > 0 {
		return false
	}
	e.State, e.ReplanAt, e.ResumedAt, e.UpdatedAt = EnrollmentActive, &now, &now, now
	return true
}

// Finish ends it, from any state. Finishing twice changes nothing and reports false.
func (e *Enrollment) Finish(outcome EnrollmentOutcome, now time.Time) bool {
	if !e.Live() {
		return false
	}
	e.State, e.Outcome, e.FinishedAt, e.ReplanAt, e.UpdatedAt = EnrollmentFinished, outcome, &now, nil, now
	e.Pauses = nil
	return true
}
