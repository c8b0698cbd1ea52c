package models

import "time"

// TouchState of one thing coming due.
type TouchState string

const (
	// TouchPlanned: entered when planned, and again from sending when the provider refused for now or the touch was stopped before the hand-over.
	TouchPlanned TouchState = "planned"
	// TouchSending: entered by the claim, in the transaction that commits the intent; left by the settling or the rescue.
	TouchSending TouchState = "sending"
	// TouchSent: the provider took it; an end.
	TouchSent TouchState = "sent"
	// TouchFailed: the provider refused it for good; an end.
	TouchFailed TouchState = "failed"
	// TouchUnconfirmed: handed over, perhaps: the answer was lost. Left by reconciliation or by a person, never by sending again blindly.
	TouchUnconfirmed TouchState = "unconfirmed"
	// TouchOpen: a task's touch whose time has come; left when its task closes.
	TouchOpen TouchState = "open"
	// TouchDone: its task was done; an end.
	TouchDone TouchState = "done"
	// TouchMissed: a booked call that nobody dialled within MissedAfter; an end, and our fault.
	TouchMissed TouchState = "missed"
	// TouchDismissed: a person set it aside; an end.
	TouchDismissed TouchState = "dismissed"
	// TouchSkipped: the gate or the plan left it out, with a reason; an end, and the next step follows.
	TouchSkipped TouchState = "skipped"
	// TouchCanceled: withdrawn before it began (paused, moved, replanned); the step may be planned again.
	TouchCanceled TouchState = "canceled"
)

// Live tells whether the touch has not ended.
func (s TouchState) Live() bool {
	return s == TouchPlanned || s == TouchSending || s == TouchOpen || s == TouchUnconfirmed
}

// Counted tells whether the step is behind us: it ended and was not withdrawn.
func (s TouchState) Counted() bool { return !s.Live() && s != TouchCanceled }

var touchMoves = map[TouchState][]TouchState{
	TouchPlanned:     {TouchSending, TouchOpen, TouchSkipped, TouchCanceled},
	TouchSending:     {TouchSent, TouchFailed, TouchUnconfirmed, TouchPlanned},
	TouchUnconfirmed: {TouchSent, TouchPlanned, TouchDismissed},
	TouchOpen:        {TouchDone, TouchMissed, TouchDismissed, TouchCanceled},
}

// MissedAfter is how long a booked call may wait for its dialling.
const MissedAfter = 15 * time.Minute

// TouchKind tells what a touch becomes when its time comes.
type TouchKind string

const (
	TouchMessage    TouchKind = "message"     // a message to send
	TouchTask       TouchKind = "task"        // a task for the rep
	TouchBookedCall TouchKind = "booked_call" // a task that belongs to an appointment, outside the one-live-touch rule
)

// Touch is one thing coming due for a prospect.
type Touch struct {
	ID                  int64 `gorm:"primaryKey"`
	ProspectID          int64
	EnrollmentID        *int64
	AppointmentID       *int64
	AppointmentRevision int
	StepKey             string
	Variant             string  // of its step, chosen when planned; "" where the step has none
	Occurrence          string  // the appointment's revision, the local date of a recurrence, or "0"
	FormToken           *string // of what a person sends: a second submission finds the first
	Kind                TouchKind
	Channel             ChannelKind
	Purpose             Purpose
	ContactPointID      *int64
	SenderID            *int64 // nil for tasks
	RepID               int64
	State               TouchState
	// DueAt is when it may be claimed; holds move it. PromisedAt is what the plan said; the queue is ordered by it and nothing moves it.
	DueAt      time.Time
	PromisedAt time.Time
	// NotAfter: past it the touch is worthless (a reminder after its call) and is skipped.
	NotAfter *time.Time
	// Urgent touches (booked calls, answers, confirmations, reminders) are claimed before the rest.
	Urgent     bool
	HoldReason Reason // why DueAt lies after PromisedAt; "" where it does not
	HoldDetail string
	Draft      *Draft `gorm:"serializer:json"` // text of a touch that no step writes
	// Why, in words: what planned it and how contact point and channel were chosen.
	Why     string
	Attempt int        // hand-overs begun, 1 for the first
	Replica string     // who is sending it
	SendBy  *time.Time // no hand-over begins after it
	// AskAt is when the provider is asked again what became of an unconfirmed one; nil: at once.
	AskAt     *time.Time
	EndReason Reason
	EndDetail string
	PlannedAt time.Time
	EndedAt   *time.Time
	UpdatedAt time.Time
}

// Draft is the text of a touch that no step writes: an answer, a confirmation.
type Draft struct {
	Subject string `json:"subject,omitempty"`
	Body    string `json:"body"`
	// Files leave with it.
	Files []Media `json:"files,omitempty"`
	// HourSeen: the writer saw what time it is where it goes, outside the hours
	// for it, and sends it all the same.
	HourSeen bool `json:"hour_seen,omitempty"`
	Template bool `json:"template,omitempty"` // Liquid to render when it is claimed; false: literal
}

// Move changes the state if the machine allows it; ends get reason and time.
func (t *Touch) Move(to TouchState, reason Reason, now time.Time) error {
	for _, ok := range touchMoves[t.State] {
		if ok == to {
			t.State, t.UpdatedAt = to, now
			if !to.Live() {
				t.EndReason, t.EndedAt = reason, &now
			}
			return nil
		}
	}
	return &TransitionError{Thing: "touch", ID: t.ID, From: string(t.State), To: string(to)}
}

// Hold moves the due time and says why. It is no attempt and leaves PromisedAt alone.
func (t *Touch) Hold(until time.Time, reason Reason, detail string, now time.Time) {
	t.DueAt, t.HoldReason, t.HoldDetail, t.UpdatedAt = until, reason, detail, now
}
