package channeltest

import (
	"context"
	"errors"
	"net/http"
	"testing"

	"followup/channels"
)

// WebhookCase is one inbound message as the provider posts it. The requests
// are read once each.
type WebhookCase struct {
	Genuine  *http.Request
	Forged   *http.Request // the same, with a signature of someone else
	Unsigned *http.Request
}

func (s Subject) webhooks(t *testing.T) {
	receiver, receives := s.Channel.(channels.WebhookReceiver)
	if !receives {
		t.Log("the channel receives no webhooks")
		return
	}
	ctx := context.Background()
	first := s.Webhook(1)
	id := rawID(t, receiver, first.Genuine)

	for name, r := range map[string]*http.Request{"forged": first.Forged, "unsigned": first.Unsigned} {
		got, err := receiver.Webhook(ctx, r)
		if !errors.Is(err, channels.ErrSignature) {
			t.Errorf("%s: error = %v, want ErrSignature", name, err)
		}
		if len(got.Raws) != 0 || len(got.Receipts) != 0 {
			t.Errorf("%s: the request was read in spite of its signature", name)
		}
	}
	// Providers deliver again when our answer was lost: the id is what the
	// store recognises the repeat by.
	if again := rawID(t, receiver, s.Webhook(1).Genuine); again != id {
		t.Errorf("a repeated delivery has the id %q, the first had %q", again, id)
	}
	if other := rawID(t, receiver, s.Webhook(2).Genuine); other == id {
		t.Errorf("another message has the same id %q", id)
	}
}

func rawID(t *testing.T, receiver channels.WebhookReceiver, r *http.Request) string {
	t.Helper()
	got, err := receiver.Webhook(context.Background(), r)
	if err != nil {
		t.Fatalf("a genuine request: %v", err)
	}
	if len(got.Raws) != 1 {
		t.Fatalf("a genuine request gave %d inbound messages, want 1", len(got.Raws))
	}
	raw := got.Raws[0]
	if raw.ProviderID == "" || raw.Provider == "" || raw.Channel == "" || len(raw.Content) == 0 || raw.ReceivedAt.IsZero() {
		t.Errorf("the inbound is incomplete: %+v", raw)
	}
	return raw.ProviderID
}
