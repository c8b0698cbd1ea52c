package models

import "time"

// ClaimRequest asks for touches whose time has come.
type ClaimRequest struct {
	Now     time.Time
	Replica string        // who is asking; written on what is claimed
	Slots   int           // the most messages that may be handed over now
	Batch   int           // the most touches judged in one transaction
	SendFor time.Duration // send_by = Now + SendFor
}

// Due is one touch at the moment of claiming, with all that the gate and the
// rendering look at. Its prospect's row is locked.
type Due struct {
	Touch         Touch
	Prospect      Prospect
	Company       *Company
	CompanyHold   *CompanyHold
	Rep           User
	Sender        *Sender // with credentials; nil for tasks
	ContactPoints []ContactPoint
	Consents      []Consent
	Suppressions  []Suppression
	Conversation  Conversation
	Unread        bool        // something of theirs has arrived and is not understood yet
	Enrollment    *Enrollment // with pauses; nil where no step planned the touch
	Version       *SequenceVersion
	Appointment   *Appointment
	Commitment    *Commitment
	Discovery     *Discovery
	TalkingPoint  *TalkingPoint // one this prospect has not heard, for calls
	Pursuit       Pursuit
	// Recent are the touches made to them within RecentFor, and those under way.
	Recent   []RecentTouch
	LastMail *Message // the last email either way, for the thread; nil where none
	// Reached are the contact points that had a message on the touch's channel
	// before, where a phone sends it: the first one introduces itself.
	Reached  []Reached
	LastCall CallOutcome
	Settings Settings
}

// DecisionAction is what the gate decided.
type DecisionAction string

const (
	DecideSend   DecisionAction = "send"
	DecideOpen   DecisionAction = "open" // the task opens
	DecideHold   DecisionAction = "hold"
	DecideSkip   DecisionAction = "skip"
	DecideCancel DecisionAction = "cancel"
	DecideFinish DecisionAction = "finish" // the enrollment ends; the touch is skipped
	DecideAsk    DecisionAction = "ask"    // needs a person: the touch is canceled, the enrollment rests with a task
)

// Decision on one Due, applied in the transaction that claimed it.
type Decision struct {
	TouchID   int64
	Action    DecisionAction
	Reason    Reason
	Detail    string
	Until     time.Time // hold
	Message   *Message  // send: complete, Sender set
	Task      *Task     // open
	Outcome   EnrollmentOutcome
	Attention *Attention
	// Touch fields the decision changed on the way: another permitted contact
	// point, or a call task in place of a voicemail without consent.
	ContactPointID *int64
	Channel        ChannelKind
	Kind           TouchKind
	// Turn is the account whose pace the message keeps beside its sender's;
	// nil: there is none.
	Turn *Turn
}

// Turn is one hand-over of those of which a provider makes one in Every for a
// whole account. What is over that queues there, past any hour and with no way
// to say until when it is worth making, so it waits with us.
type Turn struct {
	Account string
	Every   time.Duration
}

// Dispatch is one intent that has been committed: hand it over, once.
type Dispatch struct {
	Touch   Touch
	Message Message
}

// Claimed is what a claim did.
type Claimed struct {
	Dispatches []Dispatch
	Judged     int // touches decided on; 0: nothing was due
	Opened     int
	Held       int
	Skipped    int
}

// SendClass says what became of a hand-over.
type SendClass string

const (
	SendAccepted      SendClass = "accepted"
	SendPermanent     SendClass = "permanent"     // refused for good
	SendTransient     SendClass = "transient"     // refused for now: try again
	SendAmbiguous     SendClass = "ambiguous"     // handed over, perhaps: unconfirmed
	SendConfiguration SendClass = "configuration" // nothing from this sender can go out: it stops, someone is told
	SendStopped       SendClass = "stopped"       // never begun: stopped or too late before the hand-over
)

// SendResult is one settled hand-over.
type SendResult struct {
	TouchID    int64
	MessageID  int64
	Attempt    int
	Replica    string
	Class      SendClass
	ProviderID string
	Code       string
	Detail     string
	RetryAt    time.Time // transient: not before
	// InvalidContact: the address can never work. OptedOut: the provider says they opted out (21610).
	InvalidContact bool
	OptedOut       bool
	TalkingPointID *int64 // of the message: once it was accepted they have heard it
	At             time.Time
}

// Health is what the scheduler knows of itself.
type Health struct {
	LastTick     time.Time
	LastTickTook time.Duration
	Lag          time.Duration // how late the oldest due touch is
	Due          int
	Held         map[Reason]int
	Sending      int
	Unconfirmed  int
	Paused       int
	Attention    int
}
