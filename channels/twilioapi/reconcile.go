package twilioapi

import (
	"context"
	"time"

	"followup/channels"
)

// Search finds out what became of an attempt whose answer was lost, from a
// list of what was created for its numbers. Creating has no idempotency key,
// and a list can be filtered by day only, so each candidate is looked at.
type Search struct {
	// Since is when the attempt began, by our clock: a message is created
	// with its intent, just before the hand-over.
	Since time.Time
	Now   time.Time
	// Grace is how long Twilio may take to list what it has created.
	Grace time.Duration
	// Known tells whether another message has this provider id already; may be nil.
	Known func(ctx context.Context, providerID string) (bool, error)
}

// ListLimit is how many records are asked for; a list of that length may go on.
const ListLimit = 300

// skew is how far Twilio's clock may be behind ours.
const skew = time.Minute

// Candidate is a record of the list that may be the one sought.
type Candidate struct {
	SID, Status, DateCreated string
	Matches                  bool // everything but the time fits
}

// Judge looks through the candidates, newest first.
func (s Search) Judge(ctx context.Context, candidates []Candidate) (channels.Finding, channels.Outcome, error) {
	whole := len(candidates) < ListLimit
	for _, c := range candidates {
		created, err := time.Parse(time.RFC1123Z, c.DateCreated)
		if err != nil {
			// Without its date it can be neither taken nor ruled out.
			whole = whole && !c.Matches
			continue
		}
		if created.Before(s.Since.Add(-skew)) {
			whole = true
			break
		}
		if !c.Matches {
			continue
		}
		if s.Known != nil {
			known, err := s.Known(ctx, c.SID)
			if err != nil {
				return channels.Unknown, channels.Outcome{}, err
			}
			if known {
				continue
			}
		}
		return channels.Found, channels.Outcome{ProviderID: c.SID, Detail: "found at Twilio: " + c.Status}, nil
	}
	if whole && s.Now.Sub(s.Since) >= s.Grace {
		return channels.Absent, channels.Outcome{}, nil
	}
	return channels.Unknown, channels.Outcome{}, nil
}
