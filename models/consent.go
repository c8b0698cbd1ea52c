package models

import (
	"strings"
	"time"
)

// Consent is the right to use a contact point on a channel.
type Consent struct {
	ID             int64 `gorm:"primaryKey"`
	ProspectID     int64
	ContactPointID int64
	Channel        ChannelKind
	Basis          ConsentBasis
	Source         string // form, import file, call, …
	TextShown      string // what they agreed to
	Proof          string
	GivenAt        time.Time
	ExpiresAt      *time.Time
	WithdrawnAt    *time.Time
	RecordedBy     string // actor
	CreatedAt      time.Time
}

// ValidAt tells whether the consent holds at t.
func (c Consent) ValidAt(t time.Time) bool {
	return c.WithdrawnAt == nil && (c.ExpiresAt == nil || t.Before(*c.ExpiresAt))
}

// SuppressionScope is how wide an order not to contact reaches.
type SuppressionScope string

const (
	SuppressPerson    SuppressionScope = "person"    // every contact point of the prospect
	SuppressAddress   SuppressionScope = "address"   // one email or number, whoever has it
	SuppressDomain    SuppressionScope = "domain"    // every email at a domain
	SuppressCompany   SuppressionScope = "company"   // everyone there
	SuppressWorkspace SuppressionScope = "workspace" // everyone: the pause-everything switch
)

// Suppression is an order not to contact.
type Suppression struct {
	ID         int64 `gorm:"primaryKey"`
	Scope      SuppressionScope
	ProspectID *int64
	CompanyID  *int64
	Value      string      // address or domain, normalised; "" for the other scopes
	Channel    ChannelKind // "": every channel
	Reason     Reason
	Source     string // reply, unsubscribe, complaint, phone, provider, import, hand
	MessageID  *int64
	By         string // actor
	CreatedAt  time.Time
	LiftedAt   *time.Time
	LiftedBy   string
}

// Forbids tells whether the order covers the contact point on the channel.
func (s Suppression) Forbids(p Prospect, cp ContactPoint, ch ChannelKind) bool {
	if s.LiftedAt != nil || (s.Channel != "" && s.Channel != ch) {
		return false
	}
	switch s.Scope {
	case SuppressWorkspace:
		return true
	case SuppressPerson:
		return s.ProspectID != nil && *s.ProspectID == p.ID
	case SuppressCompany:
		return s.CompanyID != nil && p.CompanyID != nil && *s.CompanyID == *p.CompanyID
	case SuppressAddress:
		return s.Value == cp.Value
	case SuppressDomain:
		return cp.Kind == ContactEmail && strings.HasSuffix(cp.Value, "@"+s.Value)
	}
	return false
}

// Suppressed finds the first order that covers the contact point on the channel.
func Suppressed(all []Suppression, p Prospect, cp ContactPoint, ch ChannelKind) (Suppression, bool) {
	for _, s := range all {
		if s.Forbids(p, cp, ch) {
			return s, true
		}
	}
	return Suppression{}, false
}

// BestConsent finds the strongest valid consent for the contact point on the channel.
func BestConsent(all []Consent, cp ContactPoint, ch ChannelKind, now time.Time) (Consent, bool) {
	var best Consent
	found := false
	for _, c := range all {
		if c.ContactPointID == cp.ID && c.Channel == ch && c.ValidAt(now) && (!found || c.Basis.Level() > best.Basis.Level()) {
			best, found = c, true
		}
	}
	return best, found
}

// AnswersBack tells whether a person may answer on the channel although the
// order stands: the customer wrote there, from that very address, after it.
// What goes out by itself stays off.
func (s Suppression) AnswersBack(p Purpose, talk Conversation, cp ContactPoint, ch ChannelKind) bool {
	if p == PurposeStopped {
		return s.Source == "reply" // it confirms this very order
	}
	return p == PurposeAnswer && s.Scope != SuppressWorkspace && talk.LastChannel == ch && talk.LastInboundAt != nil &&
		talk.LastInboundAt.After(s.CreatedAt) && (talk.LastContactID == nil || *talk.LastContactID == cp.ID)
}

// SuppressedFor finds the first order that stops the purpose on the contact
// point and the channel: those that an answer by hand may pass are left out.
func SuppressedFor(all []Suppression, p Prospect, cp ContactPoint, ch ChannelKind, purpose Purpose, talk Conversation) (Suppression, bool) {
	for _, s := range all {
		if s.Forbids(p, cp, ch) && !s.AnswersBack(purpose, talk, cp, ch) {
			return s, true
		}
	}
	return Suppression{}, false
}
