package models

import "time"

// Direction of a message.
type Direction string

const (
	Inbound  Direction = "inbound"
	Outbound Direction = "outbound"
)

// MessageState of an outbound message; receipts only move it forward. An
// inbound message is always MessageReceived.
type MessageState string

const (
	MessageQueued    MessageState = "queued"    // entered with the intent, in the claim
	MessageSent      MessageState = "sent"      // the provider took it
	MessageDelivered MessageState = "delivered" // the provider says it arrived
	MessageRead      MessageState = "read"
	MessageFailed    MessageState = "failed" // refused, bounced, or not delivered
	MessageReceived  MessageState = "received"
)

func (s MessageState) rank() int {
	switch s {
	case MessageQueued:
		return 1
	case MessageSent:
		return 2
	case MessageDelivered:
		return 3
	case MessageRead:
		return 4
	case MessageFailed:
		return 5
	}
	return 0
}

// InboundClass is what an inbound turned out to be.
type InboundClass string

const (
	ClassHuman      InboundClass = "human_reply"
	ClassAutomatic  InboundClass = "auto_reply" // out of office and every other machine's answer
	ClassBounceHard InboundClass = "bounce_hard"
	ClassBounceSoft InboundClass = "bounce_soft"
	ClassComplaint  InboundClass = "complaint"
	ClassOptOut     InboundClass = "opt_out"
	ClassOptIn      InboundClass = "opt_in"
	ClassHelp       InboundClass = "help"
	ClassReceipt    InboundClass = "receipt"
	// ClassWrongPerson: a person says that we should talk to somebody else.
	ClassWrongPerson InboundClass = "wrong_person"
	ClassOther       InboundClass = "other"
)

// Engagement tells whether a person answered us.
func (c InboundClass) Engagement() bool {
	return c == ClassHuman || c == ClassOptOut || c == ClassOptIn || c == ClassHelp || c == ClassWrongPerson
}

// Message is one inbound or outbound message on any channel.
type Message struct {
	ID             int64  `gorm:"primaryKey"`
	ProspectID     *int64 // nil: an inbound that could not be matched
	TouchID        *int64
	InboundID      *int64 // the raw it came from
	Direction      Direction
	Channel        ChannelKind
	State          MessageState
	Attempt        int
	ContactPointID *int64
	SenderID       *int64
	UserID         *int64 // who wrote it, where a person did
	FromAddress    string
	FromName       string
	ToAddress      string
	ToName         string
	Subject        string
	Text           string // plain text; for an inbound the whole of it
	HTML           string // outbound: as sent. Inbound: as it came, to be sanitised when shown
	Visible        string // inbound: what they wrote, without quotes and signature
	// Token is opaque and unique: it names the touch towards the outside, in
	// Message-ID, Reply-To and status callbacks.
	Token       string
	MailID      string // RFC 5322 Message-ID with its angle brackets
	InReplyTo   string
	References  []string `gorm:"serializer:json"`
	Provider    Provider
	ProviderID  string // what the provider calls it
	Class       InboundClass
	ClassWhy    string
	ReturnDate  Date // out of office: the day they are back
	Segments    int
	ErrorCode   string
	ErrorDetail string
	ValidUntil  *time.Time // the provider must not deliver it after this
	CreatedAt   time.Time
	SentAt      *time.Time // handed over; for an inbound when it was received
	DeliveredAt *time.Time
	ReadAt      *time.Time // inbound: a user saw it
	// Mark is what a person makes of a human reply; "": nobody said.
	Mark ReplyMark
	// Media are pictures and recordings that came with it, in their order.
	Media []Media `gorm:"serializer:json"`
	// DismissedAt: of an inbound of nobody we know, a person said that it concerns nobody.
	DismissedAt *time.Time
	// TalkingPointID is the reason of the library that it tells.
	TalkingPointID *int64

	Files       []AnswerFile `gorm:"-" json:"-"` // what Media names, with its content, while it is being sent
	Unsubscribe string       `gorm:"-" json:"-"` // one-click address for List-Unsubscribe; "" where none applies
	Sender      *Sender      `gorm:"-" json:"-"` // with its credentials, while it is being sent
	// Calendar is an invitation (RFC 5546) that goes with an email, CalendarMethod what it asks for.
	Calendar       string `gorm:"-" json:"-"`
	CalendarMethod string `gorm:"-" json:"-"`
}

// ReplyMark says how a reply is to be taken: only a person can tell.
type ReplyMark string

const (
	MarkNone     ReplyMark = ""
	MarkPositive ReplyMark = "positive" // they want to go on
	MarkNeutral  ReplyMark = "neutral"  // a question, a delay, neither yes nor no
	MarkNegative ReplyMark = "negative" // they do not
)

// Valid tells whether m is one of the marks.
func (m ReplyMark) Valid() bool {
	return m == MarkNone || m == MarkPositive || m == MarkNeutral || m == MarkNegative
}

// Forward moves the state forward and reports whether it moved; a late or
// repeated receipt changes nothing.
func (m *Message) Forward(to MessageState, at time.Time) bool {
	if m.Direction != Outbound || to.rank() <= m.State.rank() {
		return false
	}
	if to == MessageFailed && m.State == MessageRead {
		return false
	}
	m.State = to
	switch to {
	case MessageSent:
		m.SentAt = &at
	case MessageDelivered, MessageRead:
		if m.DeliveredAt == nil {
			m.DeliveredAt = &at
		}
	}
	return true
}

// Media is a picture or a recording that a customer sent. Its content lies at
// the provider and is fetched with the sender's credentials when it is shown.
type Media struct {
	URL     string `json:"url"`
	Seconds int    `json:"seconds,omitempty"` // of a recording
	// Part is the number of an attachment to an email, which lies in the stored
	// message itself under its Name; 0: at the provider.
	Part int    `json:"part,omitempty"`
	Name string `json:"name,omitempty"`
	// File is an AnswerFile's id, of what left with a message of ours, and
	// Token the address by which a provider fetches it.
	File  int64  `json:"file,omitempty"`
	Token string `json:"token,omitempty"`
}

// Conversation is the thread with one prospect over all channels.
type Conversation struct {
	ProspectID    int64       `gorm:"primaryKey"`
	LastInboundAt *time.Time  // the last human inbound
	LastChannel   ChannelKind // of the last human inbound; "" before any
	LastContactID *int64      // where it came from
	LastSenderID  *int64      // which of ours it was written to
	// LastWritten is the channel on which they last wrote: after a call it
	// says where a message goes.
	LastWritten   ChannelKind
	LastWrittenAt *time.Time
	LastMessageID *int64 // the last message either way
	LastMessageAt *time.Time
	WaitingSince  *time.Time // the customer waits for our answer since then
	UnreadCount   int
	AssigneeID    *int64
	// WrittenAt is when a user last wrote to them from elsewhere, e.g. on a
	// phone: no automatic message follows on its heels.
	WrittenAt *time.Time
	// UnreviewedSince: a conversation by phone waits for its review since then;
	// no follow-up is made before it is written.
	UnreviewedSince *time.Time
	UpdatedAt       time.Time
}

// Raw is an inbound as it came, stored before anything is made of it.
type Raw struct {
	ID         int64 `gorm:"primaryKey"`
	Provider   Provider
	ProviderID string // unique with Provider: a repeat is recognised
	Channel    ChannelKind
	SenderID   *int64
	Folder     string // IMAP folder, where it came from one
	Sent       bool   `gorm:"-"` // from a Sent folder: the sender's owner wrote it elsewhere
	// FromAddress is who wrote, as far as the first glance tells; while the
	// inbound is unread, nothing automatic goes to whoever has that address.
	FromAddress string
	Content     []byte // RFC 5322 bytes for email, a JSON InboundText for the rest
	// ContentFile is the name of the file that holds Content where it is large;
	// the store reads it back.
	ContentFile string
	State       RawState
	Error       string
	Attempts    int
	MessageID   *int64 // what it became
	ReceivedAt  time.Time
	UpdatedAt   time.Time
}

// TableName keeps the word the vocabulary uses.
func (Raw) TableName() string { return "inbounds" }

// RawState of a stored inbound.
type RawState string

const (
	RawReceived  RawState = "received"  // entered on storing; left when it has been worked through
	RawProcessed RawState = "processed" // its message is recorded
	RawFailed    RawState = "failed"    // working through it failed; kept, shown, tried again
)

// InboundText is a text message, a call or a voicemail from a customer, as Raw.Content holds it.
type InboundText struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Body  string   `json:"body"`
	Media []string `json:"media,omitempty"`
	// OptOutType is the provider's own verdict: STOP, START, HELP or "".
	OptOutType string `json:"opt_out_type,omitempty"`
	// Kind: sms, call (a return call), or voicemail, which they left with us.
	Kind ChannelKind `json:"kind"`
	// Seconds is how long a voicemail is; its recording is the one Media.
	Seconds int `json:"seconds,omitempty"`
}

// Receipt is what a provider says of a message later.
type Receipt struct {
	ID         int64 `gorm:"primaryKey"`
	Provider   Provider
	ProviderID string
	Token      string // our own, from the callback's address; finds the message even where its response was lost
	MessageID  *int64
	Status     MessageState
	Code       string
	Detail     string
	AnsweredBy string // answering-machine detection: human, machine_end_beep, …
	At         time.Time

	// What the code means, as the channel knows it: the address can never
	// work; the provider has an opt-out from it.
	InvalidContact bool `gorm:"-"`
	OptedOut       bool `gorm:"-"`
}
