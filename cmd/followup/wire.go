package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/sandbox"
	"followup/channels/sms"
	"followup/channels/twilioapi"
	"followup/channels/voicemail"
	"followup/config"
	"followup/crm"
	"followup/laws"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
)

// app is everything, built and connected.
type app struct {
	cfg       config.Config
	log       *slog.Logger
	clock     models.Clock
	store     *store.Store
	channels  *channels.Registry
	scheduler *scheduler.Scheduler
	replies   *replies.Service
	crm       *crm.Service
	mail      *email.Channel
	webhooks  map[string]channels.WebhookReceiver
	mailboxes *replies.Mailboxes
	restored  *scheduler.Restored
	// closing is closed when serving ends, so that open streams end with it.
	closing chan struct{}
	// stalledAfter: as web.Options.StalledAfter; 0: its own.
	stalledAfter time.Duration
}

// wireOptions is what differs between serving, the demonstration and tools.
type wireOptions struct {
	synchronous bool
	noMigrate   bool                 // doctor looks without changing anything
	onSend      func(models.Message) // the demonstration's customers watch the sandbox
	faults      func(models.Message) *channels.SendError
	rootCAs     *x509.CertPool // of mail servers; nil: the system's
	pollEvery   time.Duration  // how often what came in is read without a push; 0: each channel's own
}

// isDefaultConfig tells whether path is the one taken when none is given.
func isDefaultConfig(path string) bool { return filepath.Base(path) == "followup.yaml" }

// wire is the one place that builds everything.
func wire(ctx context.Context, cfg config.Config, clock models.Clock, log *slog.Logger, opt wireOptions) (*app, error) {
	a := &app{cfg: cfg, log: log, clock: clock, closing: make(chan struct{})}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("the data folder: %w", err)
	}
	key, err := secretKey(cfg)
	if err != nil {
		return nil, err
	}
	a.store, err = store.Open(ctx, store.Options{DSN: cfg.DSN(), Key: key, Clock: clock, Log: log, Files: cfg.FilesDir(), Workdays: workdays()})
	if err != nil {
		return nil, err
	}
	a.store.UseRates(rates(cfg))
	if err := a.prepareSchema(ctx, opt); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	if err := a.registerChannels(opt); err != nil {
		return nil, errors.Join(err, a.store.Close())
	}
	replica := strings.ToLower(rand.Text()[:12])
	a.scheduler = &scheduler.Scheduler{
		Store: a.store, Channels: a.channels, Clock: clock, Log: log, Replica: replica,
		Slots: cfg.Scheduler.Slots, SendFor: cfg.Scheduler.SendFor, Synchronous: opt.synchronous, PublicURL: cfg.PublicURL, BookingLink: a.store.BookingLink, TrackedLink: a.store.TrackedLink,
		Rates: rates(cfg),
	}
	a.replies = &replies.Service{Store: a.store, Channels: a.channels, Clock: clock, Log: log, Wake: a.scheduler.Wake}
	a.crm = &crm.Service{Store: a.store, Clock: clock, Log: log, Wake: a.scheduler.Wake}
	if !opt.noMigrate {
		if err := a.prepareWorkspace(ctx); err != nil {
			return nil, errors.Join(err, a.close())
		}
	}
	a.mailboxes = &replies.Mailboxes{
		Store: a.store, Channels: a.channels, Receive: a.replies.Receive, Clock: clock, Log: log, Replica: replica,
	}
	a.restored = &scheduler.Restored{Store: a.store, Channels: a.channels, Clock: clock, Log: log}
	a.scheduler.Jobs = a.jobs()
	return a, nil
}

// workdays are those that the engine plans by.
func workdays() store.Workdays {
	calendar := scheduler.NewCalendar()
	return func(p models.Prospect, company *models.Company, set models.Settings) func(models.Date) bool {
		return calendar.For(p, company, set).Open
	}
}

// rates are what texts cost, by the country of the number; nil where the
// configuration names none.
func rates(cfg config.Config) *models.TextRates {
	prices := cfg.Texting.Prices()
	if len(prices) == 0 {
		return nil
	}
	r := &models.TextRates{Currency: cmp.Or(cfg.Texting.Currency, "USD"), Countries: make(map[string]models.Money, len(prices))}
	for country, price := range prices {
		r.Countries[country] = models.Money(price)
	}
	r.CountryOf = func(number string) string { return laws.CountryOf(models.Prospect{}, number) }
	return r
}

// jobs are what recurs beside the engine's Ticks; each is one line here.
func (a *app) jobs() []scheduler.Job {
	tell := a.notifier()
	return []scheduler.Job{
		{Name: "notifications", Spec: "*/2 * * * * *", Run: tell.Watch},
		{Name: "overdue tasks", Spec: "15 * * * * *", Run: tell.Overdue},
		{Name: "leaves", Spec: "*/15 * * * * *", Run: a.store.ApplyLeaves},
		{Name: "version moves", Spec: "*/3 * * * * *", Run: a.crm.ContinueMoves},
		{Name: "handovers", Spec: "*/3 * * * * *", Run: a.crm.ContinueHandovers},
		{Name: "sender health", Spec: "45 */5 * * * *", Run: a.senderHealth},
		{Name: "secrets that end", Spec: "50 4 * * * *", Run: a.warnOfSecrets},
		{Name: "insights", Spec: "*/15 * * * * *", Run: func(ctx context.Context, _ time.Time) error { _, err := a.store.RollInsights(ctx); return err }},
		{Name: "retention", Spec: "0 40 3 * * *", Run: a.crm.CleanUp},
		{Name: "media", Spec: "*/10 * * * * *", Run: (&replies.Media{Store: a.store, Channels: a.channels, Log: a.log}).Fetch},
		{Name: "large inbounds", Spec: "20 7 * * * *", Run: a.putAside},
		{Name: "enroll many", Spec: "*/2 * * * * *", Run: (&scheduler.Batches{Store: a.store, Scheduler: a.scheduler, Holder: a.scheduler.Replica}).Work},
		{Name: "imports", Spec: "*/2 * * * * *", Run: a.imports().Work},
		{Name: "old imports", Spec: "0 17 3 * * *", Run: a.imports().Prune},
		{Name: "promises due", Spec: "5 * * * * *", Run: a.promisesDue},
		{Name: "calendars", Spec: "35 * * * * *", Run: a.calendars().Read},
		{Name: "duplicates", Spec: "0 50 2 * * *", Run: a.store.NightlyDuplicates},
		{Name: "digests", Spec: "30 */5 * * * *", Run: tell.Digests},
	}
}

// notifier tells users of what concerns them.
func (a *app) notifier() *scheduler.Notifier {
	return &scheduler.Notifier{Store: a.store, Channels: a.channels, Clock: a.clock, Log: a.log, PublicURL: a.cfg.PublicURL}
}

// senderHealth counts what became of what was sent, then stops senders whose
// name is being spoiled.
func (a *app) senderHealth(ctx context.Context, now time.Time) error {
	if err := a.store.TallySenders(ctx, now); err != nil {
		return err
	}
	return a.store.RestHarmed(ctx, now)
}

// putAside moves large inbounds out of the database, where there is a folder
// for them: those of before there was one, or out of a backup.
func (a *app) putAside(ctx context.Context, _ time.Time) error {
	const atOnce = 20
	for ctx.Err() == nil {
		n, err := a.store.PutAside(ctx, atOnce)
		if err != nil || n < atOnce {
			return err
		}
	}
	return nil
}

// prepareSchema migrates SQLite by itself and PostgreSQL where allowed.
func (a *app) prepareSchema(ctx context.Context, opt wireOptions) error {
	if opt.noMigrate {
		return nil
	}
	if a.store.Dialect() == store.SQLite || a.cfg.AutoMigrate {
		return a.store.Migrate(ctx)
	}
	return a.store.CheckSchema(ctx)
}

// registerChannels: adding a channel is one line here.
func (a *app) registerChannels(opt wireOptions) error {
	a.channels = channels.NewRegistry()
	box := sandbox.Options{Clock: a.clock, OnSend: opt.onSend, Faults: opt.faults}
	for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail} {
		a.channels.Add(models.ProviderSandbox, sandbox.New(kind, box))
	}
	twilio, err := twilioapi.NewClient(twilioapi.Options{BaseURL: a.cfg.Twilio.BaseURL, Workers: a.cfg.Scheduler.Slots, Clock: a.clock})
	if err != nil {
		return err
	}
	texts := sms.New(sms.Options{
		Client: twilio, PublicURL: a.cfg.PublicURL, Allow: a.cfg.Phone.Allow, Clock: a.clock,
		Sender: a.store.SenderByAddress, Known: a.store.MessageKnown, OwnWords: a.cfg.Twilio.OwnWords, ListEvery: opt.pollEvery,
	})
	calls := voicemail.New(voicemail.Options{
		Client: twilio, PublicURL: a.cfg.PublicURL, Allow: a.cfg.Phone.Allow, Clock: a.clock,
		Sender: a.store.SenderByAddress, Known: a.store.MessageKnown, Script: a.store.VoicemailScript, Ring: a.store.RepToRing, Dials: a.store,
	})
	a.mail = email.New(email.Options{
		Clock: a.clock, PublicURL: a.cfg.PublicURL, RootCAs: opt.rootCAs, PollEvery: opt.pollEvery,
		Sender: a.store.SenderByAddress, Token: a.tokenKeeper().Token, LookupTXT: net.DefaultResolver.LookupTXT,
		SentCopies: func(ctx context.Context, sender models.Sender, mailIDs []string) (map[string]bool, error) {
			return a.store.SentCopies(ctx, sender, mailIDs, a.clock())
		},
	})
	a.channels.Add(models.ProviderSMTP, a.mail)
	a.channels.Add(models.ProviderTwilio, texts)
	a.channels.Add(models.ProviderTwilio, calls)
	a.webhooks = map[string]channels.WebhookReceiver{
		sms.MessageHook:      texts,
		sms.StatusHook:       texts,
		voicemail.VoiceHook:  calls,
		voicemail.StatusHook: calls,
		email.MailHook:       a.mail,
	}
	return nil
}

// secretKey is the configured key, or one made at the first start and kept
// beside the database, readable by its owner only.
func secretKey(cfg config.Config) ([]byte, error) {
	if cfg.SecretKey != "" {
		return hex.DecodeString(cfg.SecretKey)
	}
	path := filepath.Join(cfg.Data, "secret.key")
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := make([]byte, 32)
		rand.Read(key)
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return nil, fmt.Errorf("the key file: %w", err)
		}
		if _, err := io.WriteString(f, hex.EncodeToString(key)+"\n"); err != nil {
			return nil, errors.Join(fmt.Errorf("the key file: %w", err), f.Close())
		}
		return key, f.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("the key file: %w", err)
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("the key file %s does not hold 64 hexadecimal digits; restore it from a backup, or move it away and enter the senders' passwords again", path)
	}
	return key, nil
}

func newLogger(cfg config.Config, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(cfg.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	opt := &slog.HandlerOptions{Level: level}
	if cfg.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opt))
	}
	return slog.New(slog.NewTextHandler(w, opt))
}

func (a *app) close() error { return errors.Join(a.mail.Close(), a.store.Close()) }
