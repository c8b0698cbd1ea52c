package models

import "time"

// Role is what a user may do; each includes the ones before it.
type Role string

const (
	RoleRep     Role = "rep"     // works own prospects, tasks and inbox
	RoleManager Role = "manager" // also edits sequences and team rules, sees everyone's work
	RoleAdmin   Role = "admin"   // also manages users, senders and settings
)

// Valid tells whether r is one of the roles.
func (r Role) Valid() bool { return r == RoleRep || r == RoleManager || r == RoleAdmin }

// AtLeast tells whether r includes the rights of min.
func (r Role) AtLeast(min Role) bool { return r.rank() >= min.rank() }

func (r Role) rank() int {
	switch r {
	case RoleRep:
		return 1
	case RoleManager:
		return 2
	case RoleAdmin:
		return 3
	}
	return 0
}

// Team groups users; prospects are seen by their owner's team.
type Team struct {
	ID        int64 `gorm:"primaryKey"`
	Name      string
	CreatedAt time.Time
}

// User is a rep, a manager or an admin.
type User struct {
	ID           int64 `gorm:"primaryKey"`
	TeamID       *int64
	Email        string // lower case, unique; also the sign-in name
	Name         string
	Role         Role
	Zone         string // IANA; the rep's own time in every page
	Locale       string
	Phone        string       // E.164: rung by click-to-call and return calls; may be empty
	Signature    string       // plain text, appended to emails written by hand
	StandInID    *int64       // who is asked where they do not dial a booked call; nil: a manager of their team
	Notify       NotifyChoice `gorm:"serializer:json"`
	PasswordHash string       // argon2id, PHC string
	CreatedAt    time.Time
	UpdatedAt    time.Time
	DisabledAt   *time.Time // set when they left; they cannot sign in
}

// FirstName is the first word of the name, as templates greet.
func (u User) FirstName() string { return firstWord(u.Name) }
