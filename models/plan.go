package models

import (
	"context"
	"time"
)

// PlanInput is all that planning one enrollment's next step may look at.
type PlanInput struct {
	Enrollment    Enrollment // with its pauses
	Sequence      Sequence
	Version       SequenceVersion  // the one it runs on
	Pending       *SequenceVersion // the one it should move to; nil where none waits
	Prospect      Prospect
	Company       *Company
	Rep           User
	ContactPoints []ContactPoint // by position
	Consents      []Consent
	Suppressions  []Suppression // those that may touch this person
	Conversation  Conversation
	Appointment   *Appointment
	Commitment    *Commitment
	Senders       []Sender // the rep's own first, then shared ones
	Pursuit       Pursuit
	Touches       []Touch     // of this enrollment, canceled ones left out, oldest first; booked calls of its appointment included
	LastCall      CallOutcome // of the enrollment's last closed call (of the appointment's current revision, where it has one)
	LastCallTask  *Task
	Settings      Settings
	Reached       []Reached // by phone; loaded for previews only
	// Recent are the touches made to them within RecentFor, by any sequence;
	// loaded for previews only.
	Recent []RecentTouch
	// Reason of the library that the enrollment is for; loaded for previews only.
	Reason *TalkingPoint
}

// PlanResult is what should happen to the enrollment next. At most one of
// Next, Finish, WaitsFor and Attention says how it goes on; where all are
// empty the live touch stays as it is.
type PlanResult struct {
	EnrollmentID int64
	Skipped      []Touch // steps left out on the way, born in state skipped
	Next         *Touch  // replaces a planned touch that differs
	Finish       EnrollmentOutcome
	FinishReason Reason
	WaitsFor     string // in words: what the enrollment waits for (its booked call)
	Attention    *Attention
	AdoptVersion *int64 // the pending version is now the one
}

// Planning decides what comes next for each of a batch.
type Planning = func(context.Context, []PlanInput) []PlanResult

// Attention asks a person to repair something; the enrollment rests until
// the task is closed.
type Attention struct {
	Reason Reason
	Title  string
	Detail string // what is wrong, where, what to do
}

// PlannedStep is one line of a preview: what would be sent when, and why.
type PlannedStep struct {
	StepKey      string
	Variant      string // which one this person gets; "" where the step has none
	Name         string
	Kind         TouchKind
	Channel      ChannelKind
	ContactPoint *ContactPoint
	At           time.Time // UTC; the first permitted instant
	Estimated    bool      // depends on how earlier steps go
	Local        string    // "Thu 26 Nov 09:00 EST", the prospect's time
	Condition    string    // in words, "" where it always comes
	Subject      string
	Body         string // rendered
	Added        string // the line of it that the first text to a number gets: who writes, and how to stop
	Segments     int    // of a text: in how many parts it travels
	Cost         Money  // of a text, where the rates are known
	Skipped      bool
	Reason       Reason
	Why          string // in words: what sets the time, what moves it, why it is skipped
}
