package models

import (
	"strconv"
	"time"
)

// Event is an append-only audit record. It holds ids and codes, never personal text.
type Event struct {
	ID            int64 `gorm:"primaryKey"`
	At            time.Time
	Actor         string // ActorScheduler, ActorCustomer, ActorSystem or "user:7"
	Kind          EventKind
	ProspectID    *int64
	CompanyID     *int64
	EnrollmentID  *int64
	TouchID       *int64
	MessageID     *int64
	TaskID        *int64
	AppointmentID *int64
	SequenceID    *int64
	SenderID      *int64
	UserID        *int64
	Channel       ChannelKind
	Code          string            // reason, outcome, state
	Data          map[string]string `gorm:"serializer:json"`
}

// Actors of events.
const (
	ActorScheduler = "scheduler"
	ActorCustomer  = "customer"
	ActorProvider  = "provider"
	ActorSystem    = "system" // the command line, imports, seeds
)

// UserActor is the actor for a signed-in user.
func UserActor(id int64) string { return "user:" + strconv.FormatInt(id, 10) }

// EventKind says what happened, as thing.verb.
type EventKind string

const (
	EventEnrolled          EventKind = "enrollment.started"
	EventPaused            EventKind = "enrollment.paused"
	EventResumed           EventKind = "enrollment.resumed"
	EventFinished          EventKind = "enrollment.finished"
	EventVersionMoved      EventKind = "enrollment.version_moved"
	EventTouchPlanned      EventKind = "touch.planned"
	EventTouchHeld         EventKind = "touch.held"
	EventTouchEnded        EventKind = "touch.ended" // code: sent, failed, skipped, canceled, done, missed, dismissed
	EventTouchUnconfirmed  EventKind = "touch.unconfirmed"
	EventTaskOpened        EventKind = "task.opened"
	EventTaskClosed        EventKind = "task.closed"
	EventInbound           EventKind = "message.received"
	EventReceipt           EventKind = "message.receipt"
	EventAnswered          EventKind = "message.answered"
	EventSuppressed        EventKind = "suppression.added"
	EventSuppressionLifted EventKind = "suppression.lifted"
	EventConsent           EventKind = "consent.recorded"
	EventConsentWithdrawn  EventKind = "consent.withdrawn"
	EventBooked            EventKind = "appointment.booked"
	EventMoved             EventKind = "appointment.moved"
	EventAppointmentEnded  EventKind = "appointment.ended"
	EventCommitment        EventKind = "commitment.recorded"
	EventCommitmentClosed  EventKind = "commitment.closed"
	EventProspectChanged   EventKind = "prospect.changed"
	EventImported          EventKind = "prospect.imported"
	EventMerged            EventKind = "prospect.merged"
	EventContactInvalid    EventKind = "contact_point.invalid"
	EventPublished         EventKind = "sequence.published"
	EventSenderStopped     EventKind = "sender.stopped"
	EventSenderStarted     EventKind = "sender.started"
	EventUserChanged       EventKind = "user.changed"
	EventSignIn            EventKind = "user.signed_in"
	EventSettings          EventKind = "settings.changed"
	EventPursuit           EventKind = "pursuit.started"
)
