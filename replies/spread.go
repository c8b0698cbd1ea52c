package replies

import (
	"context"
	"fmt"

	"followup/models"
)

// recordOf finds whom an understood inbound concerns. A delivery report may
// speak of several recipients: each is looked for, and every person behind
// them gets what is said of their addresses.
func (s *Service) recordOf(ctx context.Context, raw models.Raw, in understood) (models.InboundRecord, error) {
	now := s.Clock()
	found := func(v models.Verdict, keys models.MatchKeys) (models.InboundRecord, error) {
		match, err := s.Store.FindMatch(ctx, keys)
		if err != nil {
			return models.InboundRecord{}, fmt.Errorf("match: %w", err)
		}
		if match.SenderID == nil {
			match.SenderID = raw.SenderID
		}
		m := in.message
		m.ProspectID, m.ContactPointID, m.SenderID = match.ProspectID, match.ContactPointID, match.SenderID
		return models.InboundRecord{Message: m, Match: match, Verdict: v, CalledAt: in.calledAt, Now: now}, nil
	}
	own := in.verdict
	own.Others = nil
	rec, err := found(own, in.keys)
	if err != nil {
		return rec, err
	}
	for _, b := range in.verdict.Others {
		keys := in.keys
		keys.Failed = b.Recipient
		other, err := found(models.Verdict{Class: b.Class(), Why: in.verdict.Why, Bounce: &b}, keys)
		if err != nil {
			return rec, err
		}
		other.Message.ErrorCode, other.Message.ErrorDetail = b.Status, b.Reason
		rec = spread(rec, other)
	}
	rec.RawID = raw.ID
	return rec, nil
}

// spread adds what a report says of another recipient: to the record of the
// same person, or as one of its own. What concerns somebody we know comes first.
func spread(rec, other models.InboundRecord) models.InboundRecord {
	switch {
	case other.Match.ProspectID == nil:
		return rec
	case rec.Match.ProspectID == nil:
		return other
	}
	same := &rec
	if *rec.Match.ProspectID != *other.Match.ProspectID {
		same = nil
		for i := range rec.Others {
			if *rec.Others[i].Match.ProspectID == *other.Match.ProspectID {
				same = &rec.Others[i]
			}
		}
	}
	if same != nil {
		same.Verdict.Others = append(same.Verdict.Others, *other.Verdict.Bounce)
		return rec
	}
	other.Message.InboundID = nil // what came belongs to the first
	rec.Others = append(rec.Others, other)
	return rec
}
