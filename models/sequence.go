package models

import "time"

// SequenceState tells whether people can be enrolled.
type SequenceState string

const (
	SequenceActive   SequenceState = "active"   // entered when its first version is published
	SequenceDraft    SequenceState = "draft"    // entered on creation; nobody can be enrolled yet
	SequenceArchived SequenceState = "archived" // entered by hand; people inside stay, nobody enters
)

// Sequence is a named plan of steps; what it says is in its versions.
type Sequence struct {
	ID               int64  `gorm:"primaryKey"`
	Key              string // stable, unique, e.g. "booked-call-back"
	Name             string
	Description      string
	State            SequenceState
	CurrentVersionID *int64
	Builtin          bool
	TeamID           *int64 // the team it is shared with; nil: everybody
	DraftSource      string // YAML being edited; "" where there is none
	DraftBy          *int64
	Revision         int64 // rises with each draft save and publish; a stale save is refused
	CreatedAt        time.Time
	UpdatedAt        time.Time
}

// SequenceVersion is immutable: what was published stays as it was.
type SequenceVersion struct {
	ID           int64 `gorm:"primaryKey"`
	SequenceID   int64
	Number       int
	Source       string     // the YAML as written
	Definition   Definition `gorm:"serializer:json"`
	Note         string     // what changed and why, in its publisher's words
	LintOverride string     // a manager's reason for publishing against the lint; "" where it passed
	PublishedBy  *int64     // nil: built in
	PublishedAt  time.Time
}

// Anchor is what a sequence's dates hang on.
type Anchor string

const (
	AnchorNone        Anchor = ""
	AnchorAppointment Anchor = "appointment"
	AnchorCommitment  Anchor = "commitment"
)

// ReplyAction is what an event of the customer's does to the enrollment.
type ReplyAction string

const (
	ReplyPause    ReplyAction = "pause"
	ReplyFinish   ReplyAction = "finish"
	ReplyContinue ReplyAction = "continue"
)

// Definition is what a version says, as parsed from YAML.
type Definition struct {
	Key            string      `json:"key"`
	Name           string      `json:"name"`
	Description    string      `json:"description,omitempty"`
	Locale         string      `json:"locale,omitempty"` // language of the texts and of the lint; default "en"
	Anchor         Anchor      `json:"anchor,omitempty"`
	DefaultChannel ChannelKind `json:"default_channel,omitempty"` // for last_used before any inbound; default email
	// CountsAsFollowUp: its touches count towards the follow-up limit; false for regular customers.
	CountsAsFollowUp bool `json:"counts_as_follow_up"`
	OnReply          ReplyAction
	OnColleagueReply ReplyAction
	OnMeeting        ReplyAction
	// OnCall says what each outcome of a call step does; outcomes not named do as DefaultCallMove says.
	OnCall map[CallOutcome]CallMove `json:"on_call,omitempty"`
	Steps  []Step                   `json:"steps"`
}

// Step finds a step by its key.
func (d Definition) Step(key string) (Step, bool) {
	for _, s := range d.Steps {
		if s.Key == key {
			return s, true
		}
	}
	return Step{}, false
}

// Index is the position of the step with this key; -1 where there is none.
func (d Definition) Index(key string) int {
	for i, s := range d.Steps {
		if s.Key == key {
			return i
		}
	}
	return -1
}

// Recurring tells whether the sequence starts over on a cron expression.
func (d Definition) Recurring() bool {
	return len(d.Steps) > 0 && d.Steps[0].Timing.Kind == TimingRecurring
}

// CallMove is what a call's outcome does to the enrollment.
type CallMove string

const (
	MoveAdvance CallMove = "advance" // the next step follows
	MovePause   CallMove = "pause"   // a person decides what comes next
	MoveFinish  CallMove = "finish"
)

// DefaultCallMove is what an outcome does where the sequence does not say.
func DefaultCallMove(o CallOutcome) CallMove {
	switch o {
	case OutcomeNoAnswer, OutcomeBusy, OutcomeLeftVoicemail, OutcomeWrongNumber:
		return MoveAdvance
	case OutcomeConnected, OutcomeCallBack:
		return MovePause
	}
	return MoveFinish
}

// MoveOn is what outcome o does in this sequence.
func (d Definition) MoveOn(o CallOutcome) CallMove {
	if m, ok := d.OnCall[o]; ok {
		return m
	}
	return DefaultCallMove(o)
}

// Purpose says why a touch is made; limits and hours depend on it.
type Purpose string

const (
	PurposeFollowUp     Purpose = "follow_up"    // counts towards the follow-up limit
	PurposeGoodbye      Purpose = "goodbye"      // the one touch allowed past the limit
	PurposeReminder     Purpose = "reminder"     // of an appointment: moves earlier, never later; never after its call
	PurposeConfirmation Purpose = "confirmation" // of a booking; at once
	PurposePromised     Purpose = "promised"     // a booked call, a call-back on a promised date
	PurposeRecurring    Purpose = "recurring"    // regular customers; not counted
	PurposeAnswer       Purpose = "answer"       // a person's answer to a customer
	PurposeManual       Purpose = "manual"       // a person's own message
	PurposeStopped      Purpose = "stopped"      // the one confirmation after an opt-out by text
	PurposeHelp         Purpose = "help"         // the answer to HELP
)

// Counts tells whether a touch of this purpose counts as a follow-up.
func (p Purpose) Counts() bool { return p == PurposeFollowUp }

// Keyword tells whether it answers one of the carriers' words. No limit holds
// or counts it.
func (p Purpose) Keyword() bool { return p == PurposeStopped || p == PurposeHelp }

// ByHand tells whether a person wrote it themselves.
func (p Purpose) ByHand() bool { return p == PurposeAnswer || p == PurposeManual }

// Step is one thing a sequence does.
type Step struct {
	Key     string      `json:"key"`
	Name    string      `json:"name,omitempty"`
	Channel ChannelKind `json:"channel"`
	Purpose Purpose     `json:"purpose"`
	Timing  Timing      `json:"timing"`
	When    Condition   `json:"when,omitzero"`
	// Contact chooses among the prospect's contact points.
	Contact ContactChoice `json:"contact,omitempty"`
	Subject string        `json:"subject,omitempty"` // Liquid; email only
	Body    string        `json:"body,omitempty"`    // Liquid: Markdown for email, plain for text, a script for voicemail
	// A call's scripts and reasons, Liquid each.
	TalkingPoint string `json:"talking_point,omitempty"` // completes "The reason I'm calling is …"
	Question     string `json:"question,omitempty"`      // open, presumptive
	Answered     string `json:"answered,omitempty"`
	NotAnswered  string `json:"not_answered,omitempty"`
	Disabled     bool   `json:"disabled,omitempty"`
	// Variants are tried against each other; each person gets one of them.
	Variants []Variant `json:"variants,omitempty"`
}

// ContactChoice says which contact point a step uses.
type ContactChoice string

const (
	ContactPrimary     ContactChoice = ""             // the first usable one of the channel's kind
	ContactLastUsed    ContactChoice = "last_used"    // where the last inbound of that kind came from
	ContactNextUntried ContactChoice = "next_untried" // the first this enrollment has not tried yet
	ContactWork        ContactChoice = "work"
	ContactHome        ContactChoice = "home"
	ContactCell        ContactChoice = "cell"
	ContactOther       ContactChoice = "other"
)

// Condition on the last call of the enrollment (of the appointment, where it
// has one). The zero Condition always holds.
type Condition struct {
	// Call: "answered", "unanswered", or one outcome.
	Call string `json:"call,omitempty"`
}

// Holds judges the condition; last is "" where no call was made.
func (c Condition) Holds(last CallOutcome) bool {
	switch c.Call {
	case "":
		return true
	case "answered":
		return last.Answered()
	case "unanswered":
		return last.Unanswered()
	}
	return CallOutcome(c.Call) == last
}

// TimingKind is the family of a timing rule.
type TimingKind string

const (
	TimingAfter       TimingKind = "after"       // a delay counted from the completion of the previous step
	TimingAppointment TimingKind = "appointment" // relative to the enrollment's appointment
	TimingCommitment  TimingKind = "commitment"  // relative to the promised date of the enrollment's commitment
	TimingDate        TimingKind = "date"        // on a date, or on the date in a custom field
	TimingRecurring   TimingKind = "recurring"   // by a cron expression in the prospect's zone
)

// Timing says when a step comes due. Days are calendar days in the prospect's
// zone; minutes and hours are durations.
type Timing struct {
	Kind         TimingKind `json:"kind"`
	Minutes      int        `json:"minutes,omitempty"` // signed where relative to an appointment
	Hours        int        `json:"hours,omitempty"`
	Days         int        `json:"days,omitempty"`
	BusinessDays int        `json:"business_days,omitempty"`
	At           *TimeOfDay `json:"at,omitempty"`    // local time of day; nil: keeps the time it has
	On           Date       `json:"on,omitempty"`    // TimingDate
	Field        string     `json:"field,omitempty"` // TimingDate: a custom field that holds a date
	Cron         string     `json:"cron,omitempty"`  // TimingRecurring: five fields
}

// Offset is the part of the rule that is a duration.
func (t Timing) Offset() time.Duration {
	return time.Duration(t.Hours)*time.Hour + time.Duration(t.Minutes)*time.Minute
}
