package replies

import (
	"context"
	"fmt"

	"followup/models"
)

// AttachRequest says whom an inbound is from that could not be matched.
type AttachRequest struct {
	MessageID  int64
	ProspectID int64
	UserID     int64
	// AddAddress also keeps the address it came from as one of theirs.
	AddAddress bool
}

// Attach gives an unmatched inbound to a prospect. From then on it is what it
// would have been, had its address been known: the same rules decide what it
// pauses, ends or asks for. A second click finds it attached.
func (s *Service) Attach(ctx context.Context, req AttachRequest) (models.Recorded, error) {
	message, raw, err := s.Store.Unmatched(ctx, req.MessageID)
	if err != nil {
		return models.Recorded{}, err
	}
	match := models.Match{ProspectID: &req.ProspectID, SenderID: message.SenderID, Why: "a person knew whom it is from"}
	record := models.InboundRecord{Message: message, Match: match, Now: s.Clock(),
		Verdict: models.Verdict{Class: message.Class, Why: message.ClassWhy, ReturnDate: message.ReturnDate}}
	if raw != nil {
		// Understood as of the day it came: "back on Monday" means that Monday.
		u, err := s.understand(*raw, raw.ReceivedAt)
		if err != nil {
			return models.Recorded{}, fmt.Errorf("understand the inbound %d again: %w", raw.ID, err)
		}
		record.Verdict, record.CalledAt = u.verdict, u.calledAt
	}
	attach := models.Attachment{InboundRecord: record, AddAddress: req.AddAddress, By: models.UserActor(req.UserID)}
	rec, err := s.Store.AttachInbound(ctx, attach, func(r models.InboundRecord, p models.Person) models.Effects { return Engage(r, p) })
	if err != nil {
		return models.Recorded{}, err
	}
	if s.Wake != nil {
		s.Wake()
	}
	return rec, nil
}

// Dismiss sets an unmatched inbound aside: it concerns nobody here.
func (s *Service) Dismiss(ctx context.Context, messageID, userID int64) error {
	return s.Store.DismissInbound(ctx, messageID, models.UserActor(userID), s.Clock())
}

// AddAddress keeps the address that a message came from as one of its
// prospect's: it was matched by our thread, from an address we did not know.
func (s *Service) AddAddress(ctx context.Context, messageID, userID int64) (models.ContactPoint, error) {
	return s.Store.AddAddress(ctx, messageID, models.UserActor(userID), s.Clock())
}
