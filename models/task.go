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
	DialedAt      *time.Time // the rep began to call: from then on a booked call is not missed
	CreatedAt     time.Time
	UpdatedAt     time.Time
	ClosedAt      *time.Time
	ClosedBy      string // actor
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

// Close ends an open task; closing twice is a TransitionError.
func (t *Task) Close(to TaskState, by string, now time.Time) error {
	if t.State != TaskOpen {
		return &TransitionError{Thing: "task", ID: t.ID, From: string(t.State), To: string(to)}
	}
	t.State, t.ClosedBy, t.ClosedAt, t.UpdatedAt = to, by, &now, now
	return nil
}
