package models

import "time"

// ChannelKind names a way to reach a customer.
type ChannelKind string

const (
	ChannelEmail     ChannelKind = "email"
	ChannelSMS       ChannelKind = "sms"
	ChannelVoicemail ChannelKind = "voicemail"
	// ChannelCall is a task for a rep; no Channel implementation sends it.
	ChannelCall ChannelKind = "call"
	// ChannelLastUsed is written in a step only: the channel of the customer's
	// last inbound, else the sequence's default channel.
	ChannelLastUsed ChannelKind = "last_used"
)

// ConsentBasis is the ground on which a contact point may be used on a
// channel, ordered from the weakest to the strongest by Level.
type ConsentBasis string

const (
	ConsentNone         ConsentBasis = "none"
	ConsentInquiry      ConsentBasis = "inquiry"
	ConsentRelationship ConsentBasis = "business_relationship"
	ConsentOral         ConsentBasis = "oral"
	ConsentWritten      ConsentBasis = "written"
)

// Level orders the bases: 0 none … 4 written; an unknown word is 0.
func (b ConsentBasis) Level() int {
	switch b {
	case ConsentInquiry:
		return 1
	case ConsentRelationship:
		return 2
	case ConsentOral:
		return 3
	case ConsentWritten:
		return 4
	}
	return 0
}

// ChannelRules is what the engine must know of a channel without knowing
// which one it is.
type ChannelRules struct {
	Kind       ChannelKind
	Address    ContactPointKind // what a prospect needs to be reached
	Sender     SenderKind       // what we need to reach them
	QuietHours bool             // obeys the hours for calls and texts (47 CFR 64.1200(c)(1))
	Consent    ConsentBasis     // the weakest basis that permits an automated send; ConsentNone: an opt-out law only
	HasSubject bool
	Spoken     bool // the body is read out; a script, not a text
	Threads    bool // answers carry the thread of what they answer
	// MaxLength is the longest body in characters the provider takes; 0: no limit.
	MaxLength int
	// Segmented: it is charged by the parts in which it travels.
	Segmented bool
	// Introduces: the first message to a contact point names the rep and the
	// company and says how to stop.
	Introduces bool
	// Written: a customer can be answered on it in writing.
	Written bool
	// PerAccount is the least time between two of all senders of one account at
	// the provider, which queues what comes sooner; 0: none.
	PerAccount time.Duration
	// Files that can leave with a message; the zero value takes none.
	Files FileRules
}

// FileRules is which files a channel can carry.
type FileRules struct {
	Count int    // the most in one message; 0: none
	Bytes int64  // all of them together
	Types string // media types with spaces between; "": any
}

// Reached is a contact point that had a message from us on a channel.
type Reached struct {
	ProspectID     int64
	ContactPointID int64
	Channel        ChannelKind
}

// FirstTo tells whether nothing reached the contact point on the channel yet.
func FirstTo(reached []Reached, contactPointID int64, channel ChannelKind) bool {
	for _, r := range reached {
		if r.ContactPointID == contactPointID && r.Channel == channel {
			return false
		}
	}
	return true
}
