package replies

import (
	"context"
	"time"

	"followup/models"
)

// Store is what understanding and answering replies needs of the database.
// Each method is one transaction.
type Store interface {
	// SaveRaw keeps an inbound as it came. A repeat (same provider and
	// provider id) gives the first one and fresh=false.
	SaveRaw(ctx context.Context, raw models.Raw) (saved models.Raw, fresh bool, err error)
	// FailRaw notes why working through it failed; it is kept and tried again.
	FailRaw(ctx context.Context, rawID int64, cause string, now time.Time) error
	// PendingRaws lists those received or failed (fewer than 5 attempts), oldest first.
	PendingRaws(ctx context.Context, limit int) ([]models.Raw, error)
	// FindMatch looks for the person behind an inbound: token, then thread,
	// then addresses, then the company's domain as a suggestion only.
	FindMatch(ctx context.Context, keys models.MatchKeys) (models.Match, error)
	// RecordInbound locks the prospect, calls engage with the person as they
	// are now, and commits the message, the conversation and the effects
	// together. Unmatched: the message is kept with ProspectID nil, a resolve
	// task (unmatched_inbound) is opened once, and engage is not called. A raw
	// that already has a message is a repeat.
	RecordInbound(ctx context.Context, rec models.InboundRecord, engage func(models.Person) models.Effects) (models.Recorded, error)
	// Unmatched loads an inbound that nobody could be matched to, as it was
	// recorded and as it came (nil where that is not kept).
	Unmatched(ctx context.Context, messageID int64) (models.Message, *models.Raw, error)
	// AttachInbound gives it to a prospect and does what RecordInbound would
	// have done. One that was attached to them already is a repeat.
	AttachInbound(ctx context.Context, a models.Attachment, engage func(models.InboundRecord, models.Person) models.Effects) (models.Recorded, error)
	// DismissInbound sets it aside; twice changes nothing.
	DismissInbound(ctx context.Context, messageID int64, by string, now time.Time) error
	// AddAddress keeps the address that a prospect wrote from as one of
	// theirs; answers go there from now on. Twice changes nothing.
	AddAddress(ctx context.Context, messageID int64, by string, now time.Time) (models.ContactPoint, error)
	// SentTo finds the prospects among the recipients of a user's own message.
	SentTo(ctx context.Context, mail models.SentMail) ([]models.SentTo, error)
	// RecordSent lets a user's own message from elsewhere join the conversation
	// with m.ProspectID, ends the customer's waiting and holds what is automatic.
	RecordSent(ctx context.Context, m models.Message, now time.Time) (models.Recorded, error)
	// OwnSender finds the sender with an address that is no prospect's; nil: none.
	OwnSender(ctx context.Context, address string) (*int64, error)
	// FinishRaw notes what became of an inbound that is no customer's.
	FinishRaw(ctx context.Context, rawID, messageID int64, now time.Time) error
	// RecordReceipt moves an outbound message forward. It finds it by token,
	// then by provider id. decide gets the message and its person where the
	// receipt changed something.
	RecordReceipt(ctx context.Context, r models.Receipt, decide func(models.Message, models.Person) models.Effects) error
	// Thread loads what answering a prospect needs; messages newest last, at most limit.
	Thread(ctx context.Context, prospectID int64, limit int) (models.Thread, error)
	// Answer records a person's message as an urgent touch due now, closes
	// the reply tasks and the customer's waiting. The same form token again
	// gives the first touch and repeat=true.
	Answer(ctx context.Context, a models.NewAnswer) (touch models.Touch, repeat bool, err error)
	Drafts
	Failed
	Settings(ctx context.Context) (models.Settings, error)
}

// Clock is models.Clock, named here for the fields that take it.
type Clock = func() time.Time
