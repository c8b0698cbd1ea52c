package web_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
	"followup/web/webtest"
)

// wireOf notes when each address was sent to.
type wireOf struct {
	channels.Channel
	mu    sync.Mutex
	begun map[string][]time.Time
}

func (w *wireOf) Send(_ context.Context, m models.Message) (channels.Outcome, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.begun[m.ToAddress] = append(w.begun[m.ToAddress], time.Now())
	return channels.Outcome{ProviderID: m.Token}, nil
}

// One click, by a real HTTP request to one replica, while another sends as fast
// as it can from the same database: once the page has answered, nothing begins
// for that person, and the answer itself takes less than a second.
func TestOneClickHoldsOnEveryReplica(t *testing.T) {
	if storetest.Off() {
		t.Log("FOLLOWUP_TEST_POSTGRES=off: two replicas need PostgreSQL; this test does not run")
		return
	}
	const people, leaving = 60, 12
	dsn := webtest.PostgresDSN(t)
	app := webtest.New(t, webtest.Options{DSN: dsn})
	ctx := context.Background()
	v, err := app.Store.PublishSequence(ctx, models.Definition{Key: "letters", Name: "Letters", OnReply: models.ReplyPause, Steps: []models.Step{
		{Key: "one", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "One", Body: "One", Timing: models.Timing{Kind: models.TimingAfter}},
		{Key: "two", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "Two", Body: "Two", Timing: models.Timing{Kind: models.TimingAfter, Hours: 1}},
	}}, "", "", false, &app.Manager.ID, app.Now())
	if err != nil {
		t.Fatal(err)
	}
	tokens := map[string]string{} // by address
	for i := range people {
		p := app.AddProspect(fmt.Sprintf("Dana%d", i), "Reyes")
		if _, err := app.Scheduler.Enroll(ctx, scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: v.SequenceID, RepID: app.Rep.ID, By: models.UserActor(app.Rep.ID)}); err != nil {
			t.Fatal(err)
		}
		app.Advance(time.Second)
		for _, m := range person(t, app, p).Messages {
			tokens[m.ToAddress] = m.Token
		}
	}
	if len(tokens) != people {
		t.Fatalf("%d of %d had the first letter", len(tokens), people)
	}
	app.Stall(2 * time.Hour) // the second is due for everybody

	other, err := store.Open(ctx, store.Options{DSN: dsn, Key: make([]byte, 32), Clock: app.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	email, _ := app.Channels.Find(models.ChannelEmail, models.ProviderSandbox)
	wire := &wireOf{Channel: email, begun: map[string][]time.Time{}}
	reg := channels.NewRegistry()
	reg.Add(models.ProviderSandbox, wire)
	second := &scheduler.Scheduler{Store: other, Channels: reg, Clock: app.Now, Log: slog.New(slog.DiscardHandler), Replica: "second", Slots: 2, Synchronous: true, PublicURL: "https://followup.example.com"}

	left, answered := map[string]time.Time{}, time.Duration(0)
	done := make(chan error, 1)
	go func() { done <- second.Tick(ctx, app.Now()) }()
	for address, token := range tokens {
		if len(left) == leaving {
			break
		}
		from := time.Now()
		res, err := http.Post(app.URL+"/u/"+token, "application/x-www-form-urlencoded", strings.NewReader(url.Values{"List-Unsubscribe": {"One-Click"}}.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		_ = res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("status %d", res.StatusCode)
		}
		left[address] = time.Now()
		answered = max(answered, left[address].Sub(from))
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := second.Tick(ctx, app.Now()); err != nil {
		t.Fatal(err)
	}
	sent, after := 0, 0
	for address := range tokens {
		for _, at := range wire.begun[address] {
			sent++
			if out, ok := left[address]; ok && at.After(out) {
				after++
				t.Errorf("%s was sent to %s after the click was answered", address, at.Sub(out))
			}
		}
	}
	t.Logf("%d of %d second letters went out; the slowest click took %s", sent, people, answered)
	if sent < people-leaving {
		t.Errorf("%d letters went out to the %d who stayed", sent, people-leaving)
	}
	if answered > time.Second {
		t.Errorf("the slowest click took %s", answered)
	}
}
