package models

import "time"

// UserTokenKind is what a link lets somebody do.
type UserTokenKind string

const (
	TokenInvitation UserTokenKind = "invitation" // set the first password and join
	TokenReset      UserTokenKind = "reset"      // set a new password
)

// How long a link works.
const (
	InvitationFor = 7 * 24 * time.Hour
	ResetFor      = 2 * time.Hour
)

// UserToken is a link that works once. Only the hash of its secret is kept.
type UserToken struct {
	ID        int64 `gorm:"primaryKey"`
	Kind      UserTokenKind
	UserID    int64
	Hash      string
	CreatedBy string
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    *time.Time // used, or taken back
}

// Open tells whether the link still works.
func (t UserToken) Open(now time.Time) bool { return t.UsedAt == nil && now.Before(t.ExpiresAt) }

// SecondFactor is a user's authenticator app (TOTP, RFC 6238).
type SecondFactor struct {
	UserID      int64 `gorm:"primaryKey"`
	Secret      []byte
	ConfirmedAt *time.Time // nil: shown, not proved yet; it is not asked for
	// LastStep is the time step of the last code taken: none is taken twice
	// (RFC 6238, section 5.2).
	LastStep int64
	Recovery []string `gorm:"serializer:json"` // hashes of the recovery codes left
	// Failures since the last success; after SecondFactorTries of them none is
	// looked at until SecondFactorRest after the last.
	Failures  int
	FailedAt  *time.Time
	UpdatedAt time.Time
}

// How often a code may be wrong in a row, and how long nobody may try then.
const (
	SecondFactorTries = 5
	SecondFactorRest  = 15 * time.Minute
)

// On tells whether signing in asks for it.
func (f SecondFactor) On() bool { return f.ConfirmedAt != nil }

// Resting tells whether too many codes were wrong lately.
func (f SecondFactor) Resting(now time.Time) bool {
	return f.Failures >= SecondFactorTries && f.FailedAt != nil && now.Before(f.FailedAt.Add(SecondFactorRest))
}

// SignIn is one session of a user.
type SignIn struct {
	ID        string `gorm:"primaryKey"`
	UserID    int64
	Browser   string // what it calls itself, in short
	Address   string // where it was signed in from
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   *time.Time
}

// Leave is a time in which somebody is away.
type Leave struct {
	ID        int64 `gorm:"primaryKey"`
	UserID    int64
	StandInID *int64 // gets tasks, replies and calls; nil: they wait
	StartsAt  time.Time
	EndsAt    time.Time
	Rests     bool // their sequences rest until they are back
	CreatedBy string
	CreatedAt time.Time
	EndedAt   *time.Time // it is over, by time or by a person
}

// Running tells whether they are away now.
func (l Leave) Running(now time.Time) bool {
	return l.EndedAt == nil && !now.Before(l.StartsAt) && now.Before(l.EndsAt)
}

// SenderDay counts what became of what a sender sent on a day (UTC).
type SenderDay struct {
	SenderID   int64 `gorm:"primaryKey"`
	Day        Date  `gorm:"primaryKey"`
	Sent       int
	Bounced    int // came back as undeliverable
	Complained int // was marked as spam
	Blocked    int // refused by the provider
}

// SenderHealth sums the days of a time.
type SenderHealth struct {
	Sent, Bounced, Complained, Blocked int
}

// Where a sender's mail harms its name: large providers throttle from about
// these on (Gmail: complaints under 0.1 %), and few messages prove nothing.
const (
	BounceLimit    = 0.02
	ComplaintLimit = 0.001
	HealthSample   = 50
	// ComplaintSample: one complaint among a few hundred is chance.
	ComplaintSample = 2
)

// Harm says why a sender should rest; "": it may go on.
func (h SenderHealth) Harm() Reason {
	switch {
	case h.Sent < HealthSample:
		return ""
	case h.Complained >= ComplaintSample && float64(h.Complained) > ComplaintLimit*float64(h.Sent):
		return StopComplaints
	case float64(h.Bounced) > BounceLimit*float64(h.Sent):
		return StopBounces
	}
	return ""
}

// Share of what was sent, in percent.
func (h SenderHealth) Share(n int) float64 {
	if h.Sent == 0 {
		return 0
	}
	return 100 * float64(n) / float64(h.Sent)
}
