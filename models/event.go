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
	EventTaskPlanned       EventKind = "task.planned" // of a booked call, at its booking
	EventTaskOpened        EventKind = "task.opened"
	EventTaskClosed        EventKind = "task.closed"
	EventDialed            EventKind = "task.dialed" // code: early, on_time or late, of a booked call; data: seconds
	EventReviewed          EventKind = "call.reviewed"
	EventTaskSnoozed       EventKind = "task.snoozed"
	EventTaskReturned      EventKind = "task.returned"  // from a snooze
	EventTaskEscalated     EventKind = "task.escalated" // to the manager: open for a working day
	EventNotified          EventKind = "user.notified"
	EventInbound           EventKind = "message.received"
	EventReceipt           EventKind = "message.receipt"
	EventAnswered          EventKind = "message.answered"
	EventReplyMarked       EventKind = "message.marked"  // code: what a person makes of a reply
	EventLibrary           EventKind = "library.changed" // code: kind of entry and what happened to it
	EventSuppressed        EventKind = "suppression.added"
	EventSuppressionLifted EventKind = "suppression.lifted"
	EventPreferences       EventKind = "preferences.saved" // on the customer's own page
	EventConsent           EventKind = "consent.recorded"
	EventConsentWithdrawn  EventKind = "consent.withdrawn"
	EventBooked            EventKind = "appointment.booked"
	EventMoved             EventKind = "appointment.moved"
	EventAppointmentEnded  EventKind = "appointment.ended"
	EventCommitment        EventKind = "commitment.recorded"
	EventCommitmentClosed  EventKind = "commitment.closed"
	EventProspectChanged   EventKind = "prospect.changed"
	EventImported          EventKind = "prospect.imported"
	EventDistinct          EventKind = "prospect.distinct"   // two alike records are two people
	EventUnread            EventKind = "conversation.unread" // set so again by hand
	EventAnswerWithdrawn   EventKind = "message.withdrawn"
	EventCompanyChanged    EventKind = "company.changed"
	EventCompanyHeld       EventKind = "company.held"
	EventCompanyReleased   EventKind = "company.released"
	EventMergeUndone       EventKind = "prospect.told_apart" // two records that were merged are two again
	EventMerged            EventKind = "prospect.merged"
	EventErased            EventKind = "prospect.erased"
	EventExported          EventKind = "prospect.exported"
	EventContactInvalid    EventKind = "contact_point.invalid"
	EventPublished         EventKind = "sequence.published"
	EventSequenceArchived  EventKind = "sequence.archived"
	EventSequenceOpened    EventKind = "sequence.opened"
	EventSequenceShared    EventKind = "sequence.shared"
	EventSequenceDrafted   EventKind = "sequence.drafted" // the first save of a draft by somebody
	EventSenderStopped     EventKind = "sender.stopped"
	EventSenderStarted     EventKind = "sender.started"
	EventUserChanged       EventKind = "user.changed"
	EventSignIn            EventKind = "user.signed_in"
	EventSignedOut         EventKind = "user.signed_out" // everywhere, or one session from elsewhere
	EventInvited           EventKind = "user.invited"
	EventPasswordLink      EventKind = "user.password_link"
	EventSecondFactor      EventKind = "user.second_factor"
	EventUserLeft          EventKind = "user.left"
	EventLeaveStarted      EventKind = "leave.started"
	EventLeaveEnded        EventKind = "leave.ended"
	EventTaskHanded        EventKind = "task.handed_over"
	EventReassigned        EventKind = "prospect.reassigned"
	EventTeam              EventKind = "team.changed"
	EventResolved          EventKind = "attention.resolved"
	EventSenderChanged     EventKind = "sender.changed"
	EventWorkspacePaused   EventKind = "workspace.paused"
	EventWorkspaceResumed  EventKind = "workspace.resumed"
	EventSettings          EventKind = "settings.changed"
	EventPursuit           EventKind = "pursuit.started"
)
