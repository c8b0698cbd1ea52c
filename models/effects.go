package models

import "time"

// Effects is what one happening (a reply, a bounce, a call's outcome) does to
// a person's follow-up. The one who understands it decides them; the store
// applies them in the transaction that records the happening.
type Effects struct {
	Pauses   []Pause // each names its enrollment
	Lifts    []Lift
	Finishes []FinishOrder
	Suppress []Suppression
	// LiftSuppressions: START undoes address suppressions of these channels on this contact point value.
	LiftSuppressions []Suppression
	Invalidate       []Invalidation
	Confirm          []int64 // contact points proven to work
	Tasks            []Task  // opened unless an open one of the same kind, reason and message exists
	CloseReplyTasks  bool    // the customer's waiting is over
	// WithdrawBookedCalls cancels the person's booked calls (opt-out, won, lost).
	WithdrawBookedCalls bool
	EndPursuit          PursuitEnd
	Replan              []int64 // enrollments to plan anew
	CompanyHold         *CompanyHold
	KeywordAnswer       *KeywordAnswer
}

// KeywordAnswer is what we answer to STOP or HELP where the provider does not.
type KeywordAnswer struct {
	Purpose        Purpose
	Channel        ChannelKind
	ContactPointID int64
	SenderID       int64 // the number that the word was sent to
	UserID         int64 // who is named in it
	NotAfter       time.Time
	Key            string // the same key is answered once
}

// Lift takes a pause out of an enrollment.
type Lift struct {
	EnrollmentID int64
	Reason       PauseReason
}

// FinishOrder ends an enrollment.
type FinishOrder struct {
	EnrollmentID int64
	Outcome      EnrollmentOutcome
	Reason       Reason
}

// Invalidation marks a contact point as failed for good.
type Invalidation struct {
	ContactPointID int64
	Reason         Reason
}

// Person is one prospect, locked, with what Effects are decided on.
type Person struct {
	Prospect      Prospect
	ContactPoints []ContactPoint
	Consents      []Consent
	Suppressions  []Suppression
	Conversation  Conversation
	Enrollments   []LiveEnrollment
	Settings      Settings
	// Colleagues: live enrollments of others at the same company.
	Colleagues []LiveEnrollment
	// Sharing: live enrollments of other records with the address that an
	// inbound came from. Whoever answered may be any of them.
	Sharing []LiveEnrollment
}

// LiveEnrollment is one that has not finished, with its version.
type LiveEnrollment struct {
	Enrollment Enrollment
	Version    SequenceVersion
}

// MatchKeys is what an inbound offers for finding whom it is from.
type MatchKeys struct {
	Tokens  []string // reply tokens found in its addresses
	MailIDs []string // In-Reply-To and References
	From    string   // normalised email or E.164
	Failed  string   // a bounce: the recipient it is about
	To      []string // which of ours it was written to
	Kind    ContactPointKind
}

// Match says whom an inbound is from and how that was found.
type Match struct {
	ProspectID     *int64
	ContactPointID *int64
	SenderID       *int64
	MessageID      *int64 // our message it answers
	TouchID        *int64
	SuggestCompany *int64 // known only by the domain: a suggestion, no match
	Why            string
}

// Verdict is what an inbound turned out to be.
type Verdict struct {
	Class InboundClass
	Why   string
	// OutOfOffice: an automatic reply of a person who is away; other machines' answers leave it false.
	OutOfOffice bool
	ReturnDate  Date
	Bounce      *Bounce
	// Others is what the same report says of further recipients that it did not reach.
	Others []Bounce
	// OptOutChannels: "" in it means every channel.
	OptOutChannels []ChannelKind
	// Unsure: it may be an opt-out; hold everything and ask the rep.
	Unsure bool
	// AnswerWord: the carriers' word in it is ours to answer; the provider does not.
	AnswerWord bool
	// WrongPerson: a machine says that they have left; the rep decides whom to write to.
	WrongPerson bool
}

// Bounce is what a delivery report says.
type Bounce struct {
	Recipient string `json:"recipient,omitempty"`
	Status    string `json:"status,omitempty"` // enhanced status code, RFC 3463
	Reason    string `json:"reason,omitempty"`
	Hard      bool   `json:"hard"`
	Delayed   bool   `json:"delayed,omitempty"`
	// Blocked: they did not want our server or this message; of the address it says nothing.
	Blocked bool `json:"blocked,omitempty"`
}

// Class is what a report on this recipient alone would be.
func (b Bounce) Class() InboundClass {
	if b.Hard {
		return ClassBounceHard
	}
	return ClassBounceSoft
}

// InboundRecord is an understood inbound, ready to be recorded.
type InboundRecord struct {
	RawID   int64
	Message Message
	Match   Match
	Verdict Verdict
	// CalledAt: they called us then; zero for what is written. It is a return
	// call where we left a voicemail within ReturnCallDays before it.
	CalledAt time.Time
	Now      time.Time
	// Others is the same report as it concerns further people: recorded with
	// it or not at all.
	Others []InboundRecord
}

// For is the part of the record that concerns a prospect.
func (r InboundRecord) For(prospectID int64) InboundRecord {
	for _, o := range r.Others {
		if o.Match.ProspectID != nil && *o.Match.ProspectID == prospectID {
			return o
		}
	}
	return r
}

// ReturnCallDays is how many business days after a voicemail of ours a call
// of theirs counts as its answer.
const ReturnCallDays = 5

// Attachment gives an inbound that nobody could be matched to to a prospect.
type Attachment struct {
	InboundRecord        // Message is the one kept, Match names the prospect
	AddAddress    bool   // keep the address it came from as one of theirs
	By            string // actor
}

// Recorded is what recording an inbound did.
type Recorded struct {
	MessageID int64
	Repeat    bool // it had been recorded before; nothing was done
	Paused    []int64
	Finished  []int64
}
