package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
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

// nodeEnv carries a replica's orders; a process that has it is a replica.
const nodeEnv = "FOLLOWUP_CHAOS_NODE"

// orders to a replica.
type orders struct {
	Node    int
	Port    int
	Replica string
	DSN     string
	Twilio  string
	Shift   time.Duration
	People  int
	Plant   planted // bugs
}

// Time-outs, short so that a run meets many of them.
const (
	sendFor     = time.Second
	longestSend = 2 * time.Second
	silentAfter = 5 * time.Second
	heartbeat   = time.Second
	longestIce  = 10 * time.Second // no freeze is longer
	endedAfter  = longestIce + silentAfter
	// What came in is listed this often, by whoever holds the sender's lease;
	// a sender that was not listed for longer sends nothing by itself.
	listEvery  = time.Second
	leaseFor   = 2 * time.Second
	lookAround = 500 * time.Millisecond
	currency   = 10 * time.Second
	behindFor  = 2 * time.Second
	firstRetry = 3 * time.Second
	// patience of a replica that has started for what came in before: longer
	// than anything here lasts, so that the rule shows and not its end.
	patience = time.Minute
)

// Addresses of a replica that only this program knows.
const (
	inboundMail = "/chaos/mail" // what a mailbox would have brought
	armAt       = "/chaos/arm"
)

// exitAgain: the database was away when the replica started, or its port taken.
const exitAgain = 75

var storeKey = []byte("chaos keeps this key in the clear")[:32]

// runNode is one replica: what serve runs, with the crash points around the
// store and the channels.
func runNode(text string) int {
	var o orders
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		log.Error("orders", "error", err)
		return 2
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	go func() { // whoever started us is gone
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(3)
	}()
	err := serveNode(ctx, o, log.With("node", o.Node))
	log.Error("the replica ends", "error", err)
	if models.CodeOf(err) == models.CodeUnavailable || errors.Is(err, syscall.EADDRINUSE) {
		return exitAgain
	}
	return 1
}

// serveNode wires the product as cmd/followup does.
func serveNode(ctx context.Context, o orders, log *slog.Logger) error {
	clock := shiftedClock(o.Shift)
	started := clock()
	db, err := store.Open(ctx, store.Options{DSN: o.DSN, Key: storeKey, Clock: clock, Log: log, EndedAfter: endedAfter})
	if err != nil {
		return err
	}
	public := "http://127.0.0.1:" + strconv.Itoa(o.Port)
	point := &crashPoint{}
	registry, texts, err := nodeChannels(o, db, clock, public, point)
	if err != nil {
		return err
	}
	engineStore, err := o.Plant.store(db, o.DSN)
	if err != nil {
		return err
	}
	engine := &scheduler.Scheduler{
		Store: crashingStore{engineStore, point}, Channels: registry, Clock: clock, Log: log, Replica: o.Replica, PublicURL: public,
		Slots: 32, SendFor: sendFor, LongestSend: longestSend, SilentAfter: silentAfter, HeartbeatEvery: heartbeat, RescueEvery: heartbeat,
		FirstRetry: firstRetry, InboundCurrency: currency, BehindFor: behindFor,
	}
	inbound := &replies.Service{Store: o.Plant.inbound(db), Channels: registry, Clock: clock, Log: log, Wake: engine.Wake}
	mailboxes := &replies.Mailboxes{
		Store: db, Channels: registry, Receive: inbound.Receive, Clock: clock, Log: log, Replica: o.Replica,
		LeaseFor: leaseFor, LookAround: lookAround, Patience: patience,
	}
	var heard atomic.Bool
	engine.MaySend = func(ctx context.Context) bool {
		if !heard.Load() && mailboxes.Heard(ctx, started) {
			heard.Store(true)
		}
		return heard.Load()
	}
	o.Plant.deafen(engine, mailboxes)
	people := &crm.Service{Store: db, Clock: clock, Log: log, Wake: engine.Wake}
	pages, err := web.New(web.Options{
		Store: db, Scheduler: engine, Replies: inbound, CRM: people, Channels: registry, Clock: clock, Log: log, PublicURL: public,
		Webhooks: map[string]channels.WebhookReceiver{sms.MessageHook: texts, sms.StatusHook: texts},
	})
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/", pages)
	mux.HandleFunc("POST "+inboundMail, receiveMail(db, inbound))
	mux.HandleFunc("POST "+armAt, point.arm)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port)))
	if err != nil {
		return err
	}
	ended := make(chan error, 3)
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() { ended <- srv.Serve(ln) }()
	go func() { ended <- engine.Run(ctx) }()
	go func() { ended <- retryInbound(ctx, inbound, log) }()
	go inbound.Read(ctx)
	go mailboxes.Run(ctx)
	return <-ended
}

func nodeChannels(o orders, db *store.Store, clock models.Clock, public string, point *crashPoint) (*channels.Registry, *sms.Channel, error) {
	twilio, err := twilioapi.NewClient(twilioapi.Options{BaseURL: o.Twilio, Timeout: longestSend, Clock: clock})
	if err != nil {
		return nil, nil, err
	}
	allow := make([]string, o.People)
	for i := range allow {
		allow[i] = customerPhone(i)
	}
	texts := sms.New(sms.Options{
		Client: twilio, PublicURL: public, Allow: allow, Clock: clock, Sender: db.SenderByAddress, Known: db.MessageKnown,
		Grace: silentAfter, ListEvery: listEvery,
	})
	mail := email.New(email.Options{
		Clock: clock, PublicURL: public, Hostname: hostName(o.Port),
		Timeout: longestSend, FinalWait: longestSend, Grace: longestSend / 4,
	})
	registry := channels.NewRegistry()
	registry.Add(models.ProviderSMTP, crashingChannel{o.Plant.channel(mail), point})
	registry.Add(models.ProviderTwilio, crashingPhone{crashingChannel{o.Plant.channel(texts), point}, texts, texts, texts})
	return registry, texts, nil
}

// receiveMail takes a customer's mail as a mailbox listener delivers it.
func receiveMail(db *store.Store, inbound *replies.Service) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		content, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		sender, ok, err := db.SenderByAddress(r.Context(), r.URL.Query().Get("to"))
		if err != nil || !ok {
			http.Error(w, fmt.Sprintf("no such mailbox, or the database is away: %v", err), http.StatusServiceUnavailable)
			return
		}
		_, err = inbound.Receive(r.Context(), models.Raw{
			Provider: models.ProviderSMTP, ProviderID: header(string(content), "Message-ID"), Channel: models.ChannelEmail,
			SenderID: &sender.ID, Folder: "INBOX", Content: content,
		})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}
}

// retryInbound works through what was stored and not understood, as serve does.
func retryInbound(ctx context.Context, inbound *replies.Service, log *slog.Logger) error {
	ticker := time.NewTicker(silentAfter)
	defer ticker.Stop()
	for {
		if _, err := inbound.Retry(ctx); err != nil {
			log.Warn("stored inbounds could not be worked through", "error", err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
