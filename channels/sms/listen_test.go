package sms_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/sms"
	"followup/channels/twilioapi/twiliotest"
	"followup/models"
)

var errDone = errors.New("the test has seen enough")

// heard is what one Listen handed on.
type heard struct {
	raws    []models.Raw
	texts   []models.InboundText
	cursors []string
}

// listen runs until everything was listed rounds times, or an error ends it.
func (b *bench) listen(t *testing.T, cursor string, rounds int, between func(round int)) (heard, error) {
	t.Helper()
	var h heard
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	s := b.sender
	s.InboundCursor, s.CreatedAt = cursor, noon.Add(-24*time.Hour)
	err := b.Listen(ctx, s, func(_ context.Context, raw models.Raw) error {
		var in models.InboundText
		if err := json.Unmarshal(raw.Content, &in); err != nil {
			t.Fatal(err)
		}
		h.raws, h.texts = append(h.raws, raw), append(h.texts, in)
		return nil
	}, func(_ context.Context, cursor string) error {
		h.cursors = append(h.cursors, cursor)
		if len(h.cursors) >= rounds {
			stop(errDone)
		} else if between != nil {
			between(len(h.cursors))
		}
		return nil
	})
	if errors.Is(err, errDone) {
		err = nil
	}
	return h, err
}

func quick(o *sms.Options) { o.ListEvery = time.Millisecond }

// What came is handed on the oldest first, over many pages, and once: a STOP
// before a START must not be worked through after it.
func TestListenPages(t *testing.T) {
	b := newBench(t, quick)
	for n := range 130 {
		b.now = noon.Add(time.Duration(n) * time.Second)
		b.twilio.Receive(theirs(n%7), ours, fmt.Sprintf("text %d", n))
	}
	b.now = noon.Add(3 * time.Minute)
	b.twilio.Receive(theirs(1), ours, "STOP")
	b.twilio.Receive(theirs(1), ours, "START") // within the same second
	b.twilio.Ring(theirs(2), ours)
	if _, err := b.Send(t.Context(), b.message(3)); err != nil { // ours to them is no inbound
		t.Fatal(err)
	}
	h, err := b.listen(t, "", 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(h.texts) != 133 {
		t.Fatalf("%d were handed on, want 133", len(h.texts))
	}
	for n := range 130 {
		if h.texts[n].Body != fmt.Sprintf("text %d", n) {
			t.Fatalf("at place %d: %+v", n, h.texts[n])
		}
	}
	if h.texts[130].Body != "STOP" || h.texts[131].Body != "START" {
		t.Errorf("within one second: %+v", h.texts[130:132])
	}
	call := h.raws[132]
	if call.Channel != models.ChannelCall || h.texts[132].Kind != models.ChannelCall || h.texts[132].From != theirs(2) {
		t.Errorf("call: %+v %+v", call, h.texts[132])
	}
	first := h.raws[0]
	if first.Provider != models.ProviderTwilio || first.Channel != models.ChannelSMS || *first.SenderID != 7 || !first.ReceivedAt.Equal(noon) {
		t.Errorf("raw: %+v", first)
	}
	// The cursor goes on from where everything was known, with an overlap for
	// what was listed late; a webhook's id is the same.
	later, err := b.listen(t, h.cursors[0], 1, nil)
	if err != nil || len(later.raws) == 0 || len(later.raws) > 133 {
		t.Fatalf("after a restart: %d, %v", len(later.raws), err)
	}
	hook, err := b.Webhook(t.Context(), twiliotest.Inbound(messageURL, theirs(1), ours, "STOP"))
	if err != nil || !slices.ContainsFunc(later.raws, func(r models.Raw) bool { return r.ProviderID == hook.Raws[0].ProviderID }) {
		t.Errorf("the webhook's id %s is not among the listed (%v)", hook.Raws[0].ProviderID, err)
	}
	b.now = noon.Add(48 * time.Hour)
	if old, err := b.listen(t, b.now.Format(time.RFC3339Nano), 1, nil); err != nil || len(old.raws) != 0 {
		t.Errorf("two days later: %d, %v; want none", len(old.raws), err)
	}
}

// A text that is still being received keeps the number from counting as read.
func TestListenHalfReceived(t *testing.T) {
	b := newBench(t, quick)
	sid := b.twilio.Receive(theirs(1), ours, "a long one", "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1")
	b.twilio.SetReceived(sid, "receiving")
	lists := 0
	var currents int
	ctx, stop := context.WithCancelCause(t.Context())
	s := b.sender
	s.CreatedAt = noon
	go func() {
		for lists = b.twilio.Lists(); lists < 2; lists = b.twilio.Lists() {
			time.Sleep(time.Millisecond)
		}
		b.twilio.SetReceived(sid, "received")
	}()
	var got []models.InboundText
	err := b.Listen(ctx, s, func(_ context.Context, raw models.Raw) error {
		var in models.InboundText
		got = append(got, in)
		return json.Unmarshal(raw.Content, &got[0])
	}, func(context.Context, string) error { currents++; stop(errDone); return nil })
	if !errors.Is(err, errDone) || currents != 1 || len(got) != 1 {
		t.Fatalf("%v, read %d times, %+v", err, currents, got)
	}
	if want := "https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1"; len(got[0].Media) != 1 || got[0].Media[0] != want {
		t.Errorf("media %v, want %s", got[0].Media, want)
	}
}

// A refused listing ends with Twilio's own wish for the next attempt, and
// nothing counts as read.
func TestListenRefused(t *testing.T) {
	for name, c := range map[string]struct {
		fault twiliotest.Fault
		class models.SendClass
		wait  time.Duration
	}{
		"429": {twiliotest.TooMany, models.SendTransient, 7 * time.Second},
		"503": {twiliotest.Unavailable, models.SendTransient, 30 * time.Second},
		"401": {twiliotest.Unauthorized, models.SendConfiguration, 0},
	} {
		b := newBench(t, quick)
		b.twilio.Receive(theirs(1), ours, "hello")
		b.twilio.NextList(c.fault)
		h, err := b.listen(t, "", 1, nil)
		var se *channels.SendError
		if !errors.As(err, &se) || se.Class != c.class || se.RetryAfter != c.wait || len(h.cursors)+len(h.raws) != 0 {
			t.Errorf("%s: %v, %+v", name, err, h)
		}
		if h, err = b.listen(t, "", 1, nil); err != nil || len(h.raws) != 1 {
			t.Errorf("%s, the next time: %v, %d handed on", name, err, len(h.raws))
		}
	}
}

// What the engine could not keep is not passed over.
func TestListenNotKept(t *testing.T) {
	b := newBench(t, quick)
	b.twilio.Receive(theirs(1), ours, "one")
	failed := errors.New("the database is gone")
	s := b.sender
	s.CreatedAt = noon
	err := b.Listen(t.Context(), s, func(context.Context, models.Raw) error { return failed },
		func(context.Context, string) error { t.Error("it counts as read"); return nil })
	if !errors.Is(err, failed) {
		t.Errorf("%v, want %v", err, failed)
	}
	s.InboundCursor = "yesterday"
	if err := b.Listen(t.Context(), s, nil, nil); err == nil {
		t.Error("a reading position that is no time was taken")
	}
}
