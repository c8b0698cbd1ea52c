package models

import "time"

// NewEnrollment is a checked request to enroll, for the store.
type NewEnrollment struct {
	ProspectID    int64
	SequenceID    int64
	VersionID     int64
	RepID         int64
	By            string
	Variables     map[string]string
	Booking       *Booking // the call the sequence hangs on
	AppointmentID *int64   // or one that exists already
	CommitmentID  *int64
	// TalkingPointID is the reason of the library for which they are enrolled.
	TalkingPointID *int64
	Now            time.Time
}

// Booking is a request to book a call at an exact minute.
type Booking struct {
	ProspectID     int64
	RepID          int64
	EnrollmentID   *int64
	ContactPointID *int64 // nil: the first usable phone
	StartsAt       time.Time
	Minutes        int
	Title          string
	Note           string
	By             string
	// Confirmation is sent at once; nil: none.
	Confirmation *Draft
	// ConfirmBy: channel and contact point of the confirmation, chosen by the caller.
	ConfirmChannel   ChannelKind
	ConfirmContactID *int64
	ConfirmSenderID  *int64
	// Revision is the one that the form for moving or canceling showed; 0: whatever it is.
	Revision  int
	FormToken *string // of the form that books: a second submission finds the first
	Now       time.Time
}

// CallResult closes a call task.
type CallResult struct {
	TaskID    int64
	UserID    int64
	Outcome   CallOutcome
	Notes     string
	Next      *Booking // call_back and booked: the new appointment
	Objection *Objection
	// Untold: the reason on the card was not said, so it stays fresh.
	Untold bool
	// ContactPointID is the number that was called; 0: the one last dialled.
	ContactPointID int64
	// Voicemail is left by us in the rep's place, with the outcome left_voicemail.
	Voicemail *NewAnswer
	Now       time.Time
}

// ReviewDone finishes a conversation's review.
type ReviewDone struct {
	Review     CallReview
	Commitment *Commitment // what they promised
	Next       *Booking    // the next call
	GoesOn     bool        // the sequences that rest since the conversation go on
	By         string
	Now        time.Time
}

// NewAnswer is a person's message to a customer, with the channel chosen.
type NewAnswer struct {
	ProspectID     int64
	UserID         int64
	Channel        ChannelKind
	ContactPointID int64
	SenderID       *int64
	Purpose        Purpose // answer, or manual where nothing waits
	Subject        string
	Body           string
	Why            string
	FormToken      string  // of the form: a double click finds the first
	ReplyTo        *int64  // the inbound message it answers
	AsCall         bool    // open a call task instead of sending
	Files          []Media // the writer's own that leave with it
	// Undo is how long it waits before it leaves, and can be taken back.
	Undo time.Duration
	// HourSeen as in Draft.
	HourSeen bool
	// Known is the newest answer that the writer had before them; nil: not
	// asked. A newer one of a colleague's, or of another window, is refused.
	Known *int64
	Now   time.Time
}

// Thread is what an answer is chosen by.
type Thread struct {
	Person   Person
	Senders  []Sender // the owner's, then shared
	Owner    User
	LastIn   *Message // the last human inbound
	Messages []Message
}

// Page asks for a part of a list by keyset: rows after the cursor.
type Page struct {
	After string // opaque, from the page before; "" for the first
	Limit int    // 0: 50
}
