package twilioapi

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"followup/models"
)

// Listing reads what customers sent to a number by asking Twilio for it: texts,
// calls and the voicemails left in them, under the SIDs that the webhooks name too, so that whatever
// comes both ways is one message. It is how anything arrives where Twilio
// cannot reach us, and how nothing is missed that came while we were down.
type Listing struct {
	Client *Client
	Clock  models.Clock
	// Every is how long to wait between two listings.
	Every time.Duration
}

const (
	// A record may be listed later than it was created, and the clocks differ:
	// each listing begins this much before the end of the last one, the first
	// one after a start (and perhaps on another machine) further back.
	overlap      = 10 * time.Minute
	firstOverlap = time.Hour
	// receivingFor is how long a text may stay half received before it is
	// taken as it is.
	receivingFor = 10 * time.Minute
	listPage     = 50
	// maxHeld bounds what one listing keeps in memory; Twilio lists the newest
	// first, and what came first must be worked through first (STOP, then START).
	maxHeld = 20_000
)

// Listen has the meaning of channels.Listener. The cursor is the time up to
// which everything was listed.
func (l Listing) Listen(ctx context.Context, sender models.Sender, deliver func(context.Context, models.Raw) error, current func(ctx context.Context, cursor string) error) error {
	since := sender.CreatedAt
	if sender.InboundCursor != "" {
		at, err := time.Parse(time.RFC3339Nano, sender.InboundCursor)
		if err != nil {
			return fmt.Errorf("the reading position %.40q of %s cannot be read: %w", sender.InboundCursor, sender.Address, err)
		}
		since = at
	}
	r := &reading{Listing: l, sender: &sender, deliver: deliver, seen: map[string]time.Time{}, heard: map[string]time.Time{}, ongoing: map[string]time.Time{}}
	from := since.Add(-firstOverlap)
	for {
		began := l.Clock()
		whole, err := r.read(ctx, from)
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
		wait := l.Every
		if whole {
			if err := current(ctx, began.UTC().Format(time.RFC3339Nano)); err != nil {
				return fmt.Errorf("recording the reading position: %w", err)
			}
			from = r.since(began)
			r.forget(from)
		} else {
			wait = min(wait, 15*time.Second)
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(wait):
		}
	}
}

// reading is one Listen's work.
type reading struct {
	Listing
	sender  *models.Sender
	deliver func(context.Context, models.Raw) error
	seen    map[string]time.Time // handed on by this Listen, by SID
	heard   map[string]time.Time // calls whose recordings are all known, by SID
	ongoing map[string]time.Time // calls that may get recordings yet
}

// forget drops what no later listing shows.
func (r *reading) forget(before time.Time) {
	for _, known := range []map[string]time.Time{r.seen, r.heard} {
		for sid, created := range known {
			if created.Before(before.Add(-overlap)) {
				delete(known, sid)
			}
		}
	}
}

// read hands on what was created since from, the oldest first. It reports
// false where a text is still being received: then nobody can say yet that
// everything was read.
func (r *reading) read(ctx context.Context, from time.Time) (whole bool, err error) {
	whole = true
	for _, list := range []func(context.Context, time.Time) ([]entry, bool, error){r.texts, r.calls} {
		for at := from; ; {
			found, all, err := list(ctx, at)
			if err != nil {
				return false, err
			}
			for _, e := range slices.Backward(found) {
				if e.receiving && r.Clock().Sub(e.created) < receivingFor {
					whole = false
					continue
				}
				if err := r.hand(ctx, e); err != nil {
					return false, err
				}
				if err := r.voicemails(ctx, e); err != nil {
					return false, err
				}
			}
			if all {
				break
			}
			if newest := found[0].created; newest.After(at) {
				at = newest
				continue
			}
			return false, fmt.Errorf("more than %d records of one second at Twilio for %s", maxHeld, r.sender.Address)
		}
	}
	return whole, nil
}

func (r *reading) hand(ctx context.Context, e entry) error {
	if _, known := r.seen[e.sid]; known {
		return nil
	}
	in := models.InboundText{From: e.from, To: e.to, Body: e.body, Kind: e.kind}
	if e.media {
		urls, err := r.mediaOf(ctx, e.sid)
		if err != nil {
			return err
		}
		in.Media = urls
	}
	content, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode inbound %s: %w", e.sid, err)
	}
	received := e.created
	if now := r.Clock(); received.IsZero() || received.After(now) {
		received = now
	}
	err = r.deliver(ctx, models.Raw{
		Provider: models.ProviderTwilio, ProviderID: e.sid, Channel: e.kind, SenderID: &r.sender.ID,
		Content: content, State: models.RawReceived, ReceivedAt: received,
	})
	if err != nil {
		return err
	}
	r.seen[e.sid] = received
	return nil
}
