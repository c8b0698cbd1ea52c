package models

import "time"

// TaskKind is what a user is asked to do.
type TaskKind string

const (
	TaskCall    TaskKind = "call"
	TaskReply   TaskKind = "reply"
	TaskReview  TaskKind = "review"
	TaskResolve TaskKind = "resolve" // something needs attention; Reason says what
)

// TaskState of a task.
type TaskState string

const (
	TaskUpcoming  TaskState = "upcoming"  // a booked call's, from its booking to its minute: it can be prepared, not dialled
	TaskOpen      TaskState = "open"      // entered on creation, or from upcoming at the booked minute
	TaskDone      TaskState = "done"      // entered when the work was done, with an outcome for calls
	TaskDismissed TaskState = "dismissed" // entered by a person who sets it aside
	TaskMissed    TaskState = "missed"    // entered with its booked call's touch
	TaskCanceled  TaskState = "canceled"  // entered when its ground went away
)

// CallOutcome is how a call ended.
type CallOutcome string

const (
	OutcomeConnected     CallOutcome = "connected"
	OutcomeNoAnswer      CallOutcome = "no_answer"
	OutcomeLeftVoicemail CallOutcome = "left_voicemail"
	OutcomeBusy          CallOutcome = "busy"
	OutcomeWrongNumber   CallOutcome = "wrong_number"
	OutcomeCallBack      CallOutcome = "call_back" // asked to be called at a time: a new appointment
	OutcomeBooked        CallOutcome = "booked"    // agreed to a meeting: a new appointment
	OutcomeMeetingHeld   CallOutcome = "meeting_held"
	OutcomeNotInterested CallOutcome = "not_interested"
	OutcomeDoNotCall     CallOutcome = "do_not_call"
)

// CallOutcomes in the order in which they are offered.
var CallOutcomes = []CallOutcome{OutcomeConnected, OutcomeNoAnswer, OutcomeLeftVoicemail, OutcomeBusy, OutcomeWrongNumber,
	OutcomeCallBack, OutcomeBooked, OutcomeMeetingHeld, OutcomeNotInterested, OutcomeDoNotCall}

// Valid tells whether o is one of the outcomes.
func (o CallOutcome) Valid() bool {
	for _, c := range CallOutcomes {
		if c == o {
			return true
		}
	}
	return false
}

// Unanswered: nobody spoke with us.
func (o CallOutcome) Unanswered() bool {
	return o == OutcomeNoAnswer || o == OutcomeLeftVoicemail || o == OutcomeBusy
}

// Answered: the prospect spoke with us; it restarts the pursuit.
func (o CallOutcome) Answered() bool {
	return o != "" && !o.Unanswered() && o != OutcomeWrongNumber
}

// Task is what a user must do. Closing it moves its touch in the same transaction.
type Task struct {
	ID            int64 `gorm:"primaryKey"`
	Kind          TaskKind
	State         TaskState
	UserID        int64
	ProspectID    *int64
	EnrollmentID  *int64
	TouchID       *int64
	MessageID     *int64 // the inbound to answer
	AppointmentID *int64
	SenderID      *int64
	Title         string
	Reason        Reason // of a resolve task
	Detail        string // what happened, where, what to do
	Urgent        bool
	DueAt         time.Time
	Prep          CallPrep `gorm:"serializer:json"`
	Outcome       CallOutcome
	Notes         string
	ReadyAt       *time.Time // of a booked call: its preparation was filled in, so that its minute only opens it
	SnoozedUntil  *time.Time // put off by the rep: it comes back at this time
	HandedBy      *int64     // who handed it over, with a note for whom has it now
	HandOverNote  string
	EscalatedAt   *time.Time // it was open for a working day: the manager sees it since then
	DialedAt      *time.Time // the rep began to call: from then on a booked call is not missed
	CreatedAt     time.Time
	UpdatedAt     time.Time
	ClosedAt      *time.Time
	ClosedBy      string // actor
	StandsInForID *int64 // whose task it is while they are away; UserID stands in
}

// CallPrep is what a call task carries for the rep, rendered when it opened.
type CallPrep struct {
	Why          string `json:"why,omitempty"`
	TalkingPoint string `json:"talking_point,omitempty"`
	Question     string `json:"question,omitempty"`
	Answered     string `json:"answered,omitempty"`
	NotAnswered  string `json:"not_answered,omitempty"`
	Number       string `json:"number,omitempty"` // to dial, E.164
	LocalTime    string `json:"local_time,omitempty"`
}

// ReadyAhead is how long before its minute a booked call is made ready, and
// the rep alerted.
const ReadyAhead = 10 * time.Minute

// Live tells whether the task still stands: it is open, or will be.
func (t *Task) Live() bool { return t.State == TaskOpen || t.State == TaskUpcoming }

// Close ends a task; closing twice is a TransitionError. One that is still
// upcoming can only lose its ground or its moment: nobody has done it yet.
func (t *Task) Close(to TaskState, by string, now time.Time) error {
	if !t.Live() || t.State == TaskUpcoming && to != TaskCanceled && to != TaskMissed {
		return &TransitionError{Thing: "task", ID: t.ID, From: string(t.State), To: string(to)}
	}
	t.State, t.ClosedBy, t.ClosedAt, t.UpdatedAt = to, by, &now, now
	return nil
}

// SnoozeMax is the longest a task can be put off.
const SnoozeMax = 90 * 24 * time.Hour

// Snooze puts a task off until a time to come; nil brings it back. A booked
// call is never put off past its minute.
func (t *Task) Snooze(until *time.Time, now time.Time) error {
	if !t.Live() {
		return &TransitionError{Thing: "task", ID: t.ID, From: string(t.State), To: "snoozed"}
	}
	if until != nil {
		switch {
		case !until.After(now):
			return Invalid("until", "choose a time that is still to come")
		case until.After(now.Add(SnoozeMax)):
			return Invalid("until", "a task can be put off by at most 90 days; close it and set a new next step instead")
		case t.Kind == TaskCall && t.AppointmentID != nil && until.After(t.DueAt):
			return Invalid("until", "this call is booked for an exact minute and cannot be put off past it; move or cancel the call, or hand it over")
		}
	}
	t.SnoozedUntil, t.UpdatedAt = until, now
	return nil
}
