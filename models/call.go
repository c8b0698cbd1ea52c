package models

import (
	"strings"
	"time"
	"unicode"
)

// Where the reason on a call's card comes from.
const (
	ReasonPoint  = "point"  // a talking point of the library
	ReasonFresh  = "fresh"  // written for this call
	ReasonBooked = "booked" // they agreed to the call: "you asked me to call"
)

// CallCard is what the rep prepares for one call: a draft until it is spoken.
type CallCard struct {
	TaskID         int64 `gorm:"primaryKey"`
	ProspectID     int64
	ReasonFrom     string
	TalkingPointID *int64 // of ReasonPoint
	Reason         string // completes "The reason I'm calling is …"
	Summary        string // of the last interaction
	Changed        string // what has changed about what stood in the way
	Question       string
	Notes          string     // taken during the call; the task keeps them once it is closed
	NextAt         string     // when to speak again, as typed, in the prospect's time: "2006-01-02T15:04"
	Voicemail      string     // the script to leave, where the rep changed it
	Revision       int64      // 0: nothing was saved yet
	HeardAt        *time.Time // the prospect has heard the reason: spoken, or left as a voicemail
	UpdatedAt      time.Time
	UpdatedBy      *int64
}

// HeardReason is a reason for calling that a prospect has heard.
type HeardReason struct {
	TalkingPointID *int64
	Text           string
	At             time.Time
}

// ReasonKey is a reason without what does not make it another one: the words
// that begin it, case, punctuation and spaces.
func ReasonKey(text string) string {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
	key := strings.Join(words, " ")
	for _, begin := range []string{"the reason i m calling is", "the reason im calling is", "the reason i am calling is", "the reason for my call is"} {
		if rest, ok := strings.CutPrefix(key, begin); ok {
			key = strings.TrimSpace(rest)
			break
		}
	}
	for _, begin := range []string{"that ", "because ", "to tell you ", "to let you know "} {
		key = strings.TrimPrefix(key, begin)
	}
	return key
}

// HeardBefore finds the reason among those that were heard. An empty reason
// was heard by nobody.
func HeardBefore(heard []HeardReason, text string) (HeardReason, bool) {
	key := ReasonKey(text)
	if key == "" {
		return HeardReason{}, false
	}
	for _, h := range heard {
		if ReasonKey(h.Text) == key {
			return h, true
		}
	}
	return HeardReason{}, false
}

// Reviewed tells whether a call that ended so asks for its review: there was
// a conversation, and something may follow it.
func (o CallOutcome) Reviewed() bool { return o.Answered() && o != OutcomeDoNotCall }

// CallReview is the minute after a conversation: what was done, what stood in
// the way, what was promised and what comes next.
type CallReview struct {
	ID         int64 `gorm:"primaryKey"`
	TaskID     int64 // the review's task
	CallTaskID int64
	ProspectID int64
	UserID     int64
	Notes      string
	// The six checks.
	Summarised  bool
	Presumed    bool // progress was presumed
	AskedOpenly bool
	GaveValue   bool
	Handled     bool // the objection
	NextStepSet bool

	Objection      string // its kind; ObjectionNone with its because
	ObjectionWords string // the customer's own; for none: because …
	Promise        string // what they will do
	PromiseValue   string
	PromiseDate    Date
	PromiseWords   string
	NextWhat       string // NextCall, NextGoesOn or NextNothing
	NextAt         string // as typed, in the prospect's time: "2006-01-02T15:04"
	CommitmentID   *int64
	AppointmentID  *int64
	Revision       int64
	CreatedAt      time.Time
	UpdatedAt      time.Time
	FinishedAt     *time.Time // nil: a draft
}

// SaysAs tells whether both were filled in alike, whoever kept them and when.
func (r CallReview) SaysAs(other CallReview) bool {
	other.ID, other.TaskID, other.CallTaskID, other.ProspectID, other.UserID = r.ID, r.TaskID, r.CallTaskID, r.ProspectID, r.UserID
	other.CommitmentID, other.AppointmentID, other.Revision = r.CommitmentID, r.AppointmentID, r.Revision
	other.CreatedAt, other.UpdatedAt, other.FinishedAt = r.CreatedAt, r.UpdatedAt, r.FinishedAt
	return r == other
}

// ObjectionNone, beside ObjectionKinds: none was raised, because …
const ObjectionNone = "none"

// What comes after a conversation.
const (
	NextCall    = "call"    // a call is booked at an exact minute
	NextBooked  = "booked"  // one stands already
	NextGoesOn  = "goes_on" // the sequence goes on
	NextNothing = "nothing"
)

// DialState is how far a call has come.
type DialState string

const (
	DialByHand  DialState = "by_hand" // the rep's own phone dials
	DialAsked   DialState = "asked"   // we are asking the provider to ring the rep
	DialRinging DialState = "ringing" // the rep's phone rings
	DialTalking DialState = "talking" // the prospect's phone was rung
	DialEnded   DialState = "ended"
	DialFailed  DialState = "failed"
	DialUnsure  DialState = "unsure" // the provider's answer was lost: the phone rings, or not
)

// Over tells whether nothing more comes of it.
func (s DialState) Over() bool { return s == DialEnded || s == DialFailed }

// Dial is one press of Dial.
type Dial struct {
	ID             int64 `gorm:"primaryKey"`
	TaskID         int64
	ProspectID     int64
	UserID         int64
	ContactPointID *int64
	SenderID       *int64 // the number of ours that calls; nil where the rep dials
	Number         string
	RepNumber      string // rung first
	FormToken      string // a second press of the same button finds the first
	Token          string // names it towards the provider
	State          DialState
	Detail         string
	ProviderID     string
	Late           int    // seconds after the booked minute; negative: before it
	Asked          string // why a call was made before its minute, or outside of the hours
	Seconds        int    // how long it lasted
	// ValidUntil is the end of the prospect's hours; nil: they asked for the call.
	ValidUntil *time.Time
	CreatedAt  time.Time
	EndedAt    *time.Time
}
