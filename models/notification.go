package models

import (
	"slices"
	"time"
)

// NotificationKind is what a user is told of.
type NotificationKind string

const (
	NotifyAnswer   NotificationKind = "answer"    // a customer answered
	NotifyCallSoon NotificationKind = "call_soon" // a booked call is ten minutes away
	NotifyStandIn  NotificationKind = "stand_in"  // a colleague has not dialled a booked call
	NotifyHandOver NotificationKind = "hand_over" // a task was handed over to them
	NotifyDigest   NotificationKind = "digest"    // the morning's email
)

// NotificationKinds are those a user chooses ways for, in the order in which
// they are offered.
var NotificationKinds = []NotificationKind{NotifyAnswer, NotifyCallSoon, NotifyStandIn, NotifyHandOver}

// NotificationWay is how a user is told.
type NotificationWay string

const (
	WayBrowser NotificationWay = "browser" // on an open page of theirs
	WayEmail   NotificationWay = "email"   // to the address with which they sign in
	WayText    NotificationWay = "text"    // to their own phone
)

// NotificationWays in the order in which they are offered.
var NotificationWays = []NotificationWay{WayBrowser, WayEmail, WayText}

// NotificationState of a notification. Each is handed over at most once: one
// that was being sent when the process died stays "sending".
type NotificationState string

const (
	NotificationWaiting NotificationState = "waiting" // entered on creation: for its time, or for a replica to take it
	NotificationSending NotificationState = "sending" // entered before it is handed over
	NotificationSent    NotificationState = "sent"    // the provider took it, or a page showed it
	NotificationFailed  NotificationState = "failed"  // refused, or nothing to send it from; Detail says why
	NotificationDropped NotificationState = "dropped" // its occasion had passed before its time came
)

// Notification is one thing of which one user is told in one way. About names
// the occasion: a second replica that notices it finds the row.
type Notification struct {
	ID         int64 `gorm:"primaryKey"`
	UserID     int64
	Kind       NotificationKind
	About      string
	Way        NotificationWay
	State      NotificationState
	TaskID     *int64 // it is dropped where the task was closed before its time
	ProspectID *int64
	SenderID   *int64 // what it was sent from
	Title      string
	Text       string
	HTML       string
	Href       string // where it leads on this site
	ToAddress  string
	Detail     string
	SendAfter  time.Time
	NotAfter   *time.Time // worthless after it
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// NotifyChoice is what a user chose for themselves. The zero value is what
// somebody has who never chose: on open pages, a digest each morning, no quiet
// times.
type NotifyChoice struct {
	// Ways by kind; a kind that is missing has the browser's.
	Ways map[NotificationKind][]NotificationWay `json:"ways,omitempty"`
	// QuietFrom and QuietTo, where they differ, are times of day between which
	// nothing but open pages tells them anything; over midnight too.
	QuietFrom TimeOfDay `json:"quiet_from,omitempty"`
	QuietTo   TimeOfDay `json:"quiet_to,omitempty"`
	NoDigest  bool      `json:"no_digest,omitempty"`
}

// DigestAt is when the digest is made, in the rep's own time.
const DigestAt TimeOfDay = 7 * 60

// CallSoonAhead is how long before a booked call its rep is told.
const CallSoonAhead = 10 * time.Minute

// StandInAfter is how long after its minute a booked call may stay undialled
// before somebody else is asked to see to it.
const StandInAfter = 2 * time.Minute

// By tells in which ways the user wants to be told of a kind.
func (c NotifyChoice) By(kind NotificationKind) []NotificationWay {
	if kind == NotifyDigest {
		if c.NoDigest {
			return nil
		}
		return []NotificationWay{WayEmail}
	}
	ways, chosen := c.Ways[kind]
	if !chosen {
		return []NotificationWay{WayBrowser}
	}
	return ways
}

// Wants tells whether one of the ways of a kind is chosen.
func (c NotifyChoice) Wants(kind NotificationKind, way NotificationWay) bool {
	return slices.Contains(c.By(kind), way)
}

// QuietUntil is the end of the quiet time that now falls into, in loc; false
// where now is not quiet.
func (c NotifyChoice) QuietUntil(now time.Time, loc *time.Location) (time.Time, bool) {
	if c.QuietFrom == c.QuietTo {
		return time.Time{}, false
	}
	at, today := TimeOfDayOf(now, loc), DateOf(now, loc)
	overnight := c.QuietFrom > c.QuietTo
	switch {
	case !overnight && at >= c.QuietFrom && at < c.QuietTo, overnight && at < c.QuietTo:
		return today.At(c.QuietTo, loc), true
	case overnight && at >= c.QuietFrom:
		return today.AddDays(1).At(c.QuietTo, loc), true
	}
	return time.Time{}, false
}

// SendTime is when a notification that is made now may be sent. Open pages
// wait for nothing: nobody leaves one open who wants quiet from it.
func (c NotifyChoice) SendTime(way NotificationWay, now time.Time, zone string) time.Time {
	loc, err := LoadZone(zone)
	if way == WayBrowser || err != nil {
		return now
	}
	if until, quiet := c.QuietUntil(now, loc); quiet {
		return until
	}
	return now
}

// NotificationDue is a notification that one process has taken to send.
type NotificationDue struct {
	Notification Notification
	User         User
}
