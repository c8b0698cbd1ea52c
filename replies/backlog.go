package replies

import (
	"context"
	"encoding/json"
	"sync"
	"sync/atomic"

	"followup/models"
)

const (
	// backlogLimit bounds what waits in memory; what is beyond it is stored
	// like the rest, and Retry comes to it.
	backlogLimit = 10_000
	// backlogContent is the most bytes that one of them keeps in memory.
	backlogContent = 64 << 10
	// readers is how many inbounds of the backlog are worked through at once: few, for
	// the engine sends beside them and what is at the door comes first.
	readers = 2
)

// backlog are inbounds at the door: stored, holding whoever they are from,
// and not understood yet.
type backlog struct {
	once    sync.Once
	queue   chan models.Raw
	open    atomic.Bool // somebody reads it
	waiting sync.Map    // ids of what is in it, so that Retry leaves that alone
}

func (b *backlog) line() chan models.Raw {
	b.once.Do(func() { b.queue = make(chan models.Raw, backlogLimit) })
	return b.queue
}

// Accept stores an inbound and answers at once: from then on nothing automatic
// goes to whoever it is from, and it is understood in the background while
// Read runs. Without that, or where it is large, it does what Receive does.
// An error means that it must be delivered again.
func (s *Service) Accept(ctx context.Context, raw models.Raw) error {
	if !s.Reading() || raw.Sent || len(raw.Content) > backlogContent {
		_, err := s.Receive(ctx, raw)
		return err
	}
	if raw.ReceivedAt.IsZero() {
		raw.ReceivedAt = s.Clock()
	}
	saved, again, err := s.keep(ctx, raw)
	if err != nil || again {
		return err
	}
	if saved.FromAddress == "" { // it holds nobody by itself
		_, err := s.receiveKept(ctx, saved)
		return err
	}
	if _, queued := s.backlog.waiting.LoadOrStore(saved.ID, true); queued {
		return nil // a repeat
	}
	select {
	case s.backlog.line() <- saved:
	default:
		s.backlog.waiting.Delete(saved.ID)
	}
	return nil
}

// Read works through what Accept left, until ctx ends. What it does not come
// to is stored and waits for Retry.
func (s *Service) Read(ctx context.Context) {
	line := s.backlog.line()
	s.backlog.open.Store(true)
	defer s.backlog.open.Store(false)
	var all sync.WaitGroup
	for range readers {
		all.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case raw := <-line:
					// What was begun is finished; a failure is noted there, and Retry comes to it.
					_, _ = s.workThrough(context.WithoutCancel(ctx), raw)
					s.backlog.waiting.Delete(raw.ID)
				}
			}
		})
	}
	all.Wait()
}

// Reading tells whether Read runs.
func (s *Service) Reading() bool { return s.backlog.open.Load() }

// writer is whom a first glance takes an inbound to be from; "" where it does
// not tell.
func (s *Service) writer(raw models.Raw) string {
	rules, ok := s.Channels.Rules(raw.Channel)
	if !ok {
		return ""
	}
	if rules.Address == models.ContactEmail {
		h, _ := splitHeader(raw.Content)
		return limit(cleanText(firstAddress(h.raw("From")).Email), 320)
	}
	var t models.InboundText
	if json.Unmarshal(raw.Content, &t) != nil {
		return ""
	}
	return phone(t.From)
}
