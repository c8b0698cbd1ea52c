package models

import "time"

// ContactPointKind is what a contact point's value is.
type ContactPointKind string

const (
	ContactEmail ContactPointKind = "email" // lower-case address
	ContactPhone ContactPointKind = "phone" // E.164
)

// ContactLabel says where a contact point rings.
type ContactLabel string

const (
	LabelWork  ContactLabel = "work"
	LabelHome  ContactLabel = "home"
	LabelCell  ContactLabel = "cell"
	LabelOther ContactLabel = "other"
)

// Validity of a contact point.
type Validity string

const (
	// ValidityUnknown: entered on creation; left on the first proof either way.
	ValidityUnknown Validity = "unknown"
	// ValidityValid: entered when something was delivered to it or came from it.
	ValidityValid Validity = "valid"
	// ValidityInvalid: entered on a hard bounce, a wrong number or a permanent refusal; left when it is edited or the customer writes from it.
	ValidityInvalid Validity = "invalid"
)

// ContactPoint is one way to reach a prospect.
type ContactPoint struct {
	ID            int64 `gorm:"primaryKey"`
	ProspectID    int64
	Kind          ContactPointKind
	Value         string // normalised: lower-case email or E.164
	Label         ContactLabel
	Position      int // the prospect's order of preference, 0 first
	Validity      Validity
	InvalidReason Reason
	LastResult    string // state of the last touch, or the call's outcome
	LastTriedAt   *time.Time
	// FailedDays counts the days in a row of trying on which it failed, the
	// latest FailedOn; after enough of them it rests until RestsUntil.
	FailedDays    int
	FailedOn      Date
	RestsUntil    *time.Time
	LastInboundAt *time.Time
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Usable tells whether it may be tried at all.
func (c ContactPoint) Usable() bool { return c.Validity != ValidityInvalid }

// Fail marks it invalid for good, with the reason shown beside it.
func (c *ContactPoint) Fail(reason Reason, now time.Time) {
	c.Validity, c.InvalidReason, c.UpdatedAt = ValidityInvalid, reason, now
}

// Confirm marks it valid: the customer wrote from it or something arrived.
func (c *ContactPoint) Confirm(now time.Time) {
	c.Validity, c.InvalidReason, c.UpdatedAt = ValidityValid, "", now
	c.FailedDays, c.FailedOn, c.RestsUntil = 0, "", nil
}
