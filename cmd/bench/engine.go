package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/sms"
	"followup/channels/twilioapi"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
	"followup/web"
)

// engineOrders to a replica.
type engineOrders struct {
	DSN         string
	Twilio      string
	First       int // the person
	People      int // and how many from there on may be texted
	Messages    int // ends when as many have been recorded; 0: when its input ends
	Slots       int
	Connections int           // a sender
	Shift       time.Duration // of the clock
	Serve       bool          // Twilio's webhooks; the address is its first word
	Profile     string        // a file for a CPU profile; "": none
}

// counting looks on while the store records.
type counting struct {
	*store.Store
	recorded atomic.Int64
	want     int64
	done     chan struct{}
	ticks    durations
	settles  durations
	refused  sync.Once // told
}

func (c *counting) Settle(ctx context.Context, results []models.SendResult, plan models.Planning) error {
	began := time.Now()
	err := c.Store.Settle(ctx, results, plan)
	c.settles.note(time.Since(began), len(results))
	if err != nil {
		return err
	}
	n := int64(0)
	for _, r := range results {
		if r.Class == models.SendAccepted {
			n++
		} else {
			c.refused.Do(func() { slog.Warn("not accepted", "class", r.Class, "code", r.Code, "detail", r.Detail) })
		}
	}
	if total := c.recorded.Add(n); c.want > 0 && total >= c.want && total-n < c.want {
		close(c.done)
	}
	return nil
}

func (c *counting) ClaimDue(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error) {
	began := time.Now()
	claimed, err := c.Store.ClaimDue(ctx, req, decide)
	c.ticks.note(time.Since(began), claimed.Judged)
	return claimed, err
}

// startEngine gives a replica that waits for the word to begin, and the address
// at which it takes webhooks where it was told to.
func startEngine(o engineOrders) (engine *child, address string, err error) {
	if engine, err = start("engine", o); err != nil {
		return nil, "", err
	}
	err = engine.hear(&address)
	return engine, address, err
}

// patience with an engine that gets nowhere.
const patience = 3 * time.Minute

// runEngine is one replica at work: what serve runs, without the pages.
func runEngine(orders json.RawMessage, in *bufio.Scanner, out *json.Encoder) error {
	var o engineOrders
	if err := json.Unmarshal(orders, &o); err != nil {
		return err
	}
	debug.SetGCPercent(400) // as serve does
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	clock := func() time.Time { return time.Now().Add(o.Shift) }
	db, err := store.Open(ctx, store.Options{DSN: o.DSN, Key: storeKey, Clock: clock})
	if err != nil {
		return err
	}
	defer db.Close()
	c := &counting{Store: db, want: int64(o.Messages), done: make(chan struct{})}
	registry, closeAll, err := benchChannels(o, db, clock)
	if err != nil {
		return err
	}
	defer closeAll()
	engine := &scheduler.Scheduler{Store: c, Channels: registry, Clock: clock, Slots: o.Slots, PublicURL: "https://followup.test",
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))}
	word := "ready"
	if o.Serve {
		if word, err = serveWebhooks(ctx, db, engine, registry, clock); err != nil {
			return err
		}
	}
	if err := out.Encode(word); err != nil {
		return err
	}
	if !in.Scan() { // the word to begin
		return fmt.Errorf("never told to begin")
	}
	if o.Profile != "" {
		f, err := os.Create(o.Profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	go func() {
		if c.want == 0 {
			in.Scan()
			close(c.done)
		}
	}()
	ended := make(chan error, 1)
	used, err := measure(o.Messages, func() error {
		go func() { ended <- engine.Run(ctx) }()
		select {
		case err := <-ended:
			return err
		case <-c.done:
			return nil
		case <-time.After(patience):
			return fmt.Errorf("only %d of %d were sent in %s", c.recorded.Load(), o.Messages, patience)
		}
	})
	if err != nil {
		return err
	}
	used.Messages = int(c.recorded.Load())
	used.Detail = map[string]float64{}
	maps.Copy(used.Detail, c.ticks.figures("claim"))
	maps.Copy(used.Detail, c.settles.figures("settle"))
	stop()
	<-ended
	return out.Encode(used)
}

// serveWebhooks listens as serve does and gives the address. The signature is
// made over it, so it stands in for the public one.
func serveWebhooks(ctx context.Context, db *store.Store, engine *scheduler.Scheduler, registry *channels.Registry, clock models.Clock) (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	address := "http://" + ln.Addr().String()
	client, err := twilioapi.NewClient(twilioapi.Options{Clock: clock})
	if err != nil {
		return "", err
	}
	texts := sms.New(sms.Options{Client: client, PublicURL: address, Clock: clock, Sender: db.SenderByAddress, Known: db.MessageKnown})
	inbound := &replies.Service{Store: db, Channels: registry, Clock: clock, Log: engine.Log, Wake: engine.Wake}
	go inbound.Read(ctx)
	pages, err := web.New(web.Options{
		Store: db, Scheduler: engine, Replies: inbound, Channels: registry, Clock: clock, PublicURL: address,
		CRM:      &crm.Service{Store: db, Clock: clock, Log: engine.Log, Wake: engine.Wake},
		Webhooks: map[string]channels.WebhookReceiver{sms.MessageHook: texts, sms.StatusHook: texts},
	})
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: pages, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(ln) }()
	return address, nil
}

func benchChannels(o engineOrders, db *store.Store, clock models.Clock) (*channels.Registry, func(), error) {
	mail := email.New(email.Options{Clock: clock, PublicURL: "https://followup.test", Connections: o.Connections, PerConn: 1 << 30})
	client, err := twilioapi.NewClient(twilioapi.Options{BaseURL: o.Twilio, Workers: o.Slots, Clock: clock})
	if err != nil {
		return nil, nil, err
	}
	texts := sms.New(sms.Options{Client: client, PublicURL: "https://followup.test", Allow: phones(o.First, o.People), Clock: clock,
		Sender: db.SenderByAddress, Known: db.MessageKnown})
	registry := channels.NewRegistry()
	registry.Add(models.ProviderSMTP, mail)
	registry.Add(models.ProviderTwilio, texts)
	return registry, func() { _ = mail.Close(); client.Close() }, nil
}

// phones of the crowd, as crowd.grow numbers them.
func phones(first, people int) []string {
	list := make([]string, people)
	for i := range list {
		list[i] = fmt.Sprintf("+1%d", 3000000000+first+i)
	}
	return list
}

// durations of many calls.
type durations struct {
	mu    sync.Mutex
	took  []time.Duration
	items int
}

func (d *durations) note(took time.Duration, items int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if items > 0 {
		d.took = append(d.took, took)
		d.items += items
	}
}

func (d *durations) figures(name string) map[string]float64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.took) == 0 {
		return nil
	}
	var sum time.Duration
	for _, t := range d.took {
		sum += t
	}
	return map[string]float64{
		name + " µs each": float64(sum.Microseconds()) / float64(d.items),
		name + " batch":   float64(d.items) / float64(len(d.took)),
		name + " p99 ms":  float64(quantile(d.took, 0.99).Microseconds()) / 1000,
	}
}
