package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"followup/models"
	"followup/store"
	"followup/web"
)

type serveCmd struct {
	Addr string `help:"Address to listen on, over the configuration's." placeholder:"HOST:PORT"`
}

// Run serves until it is interrupted, then lets what is being sent finish.
func (cmd serveCmd) Run(term terminal, c *cli) error {
	cfg, err := c.load(term)
	if err != nil {
		return err
	}
	if cmd.Addr != "" {
		cfg.Addr = cmd.Addr
	}
	a, err := wire(term.ctx, cfg, term.clock, newLogger(cfg, term.err), wireOptions{})
	if err != nil {
		return err
	}
	defer a.close()
	// Listen first: a port that is taken must not leave a half-started engine.
	ln, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; another copy may be running, or set FOLLOWUP_ADDR to a free address", cfg.Addr, err)
	}
	if err := a.configureSenders(term.ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	welcome, err := a.firstAdmin(term.ctx)
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	handler, err := a.handler(func(ctx context.Context, mode string) error {
		return a.seed(ctx, mode, term.out)
	})
	if err != nil {
		return errors.Join(err, ln.Close())
	}
	fmt.Fprintf(term.out, "\nFollowup is running at http://%s\n%s\n", ln.Addr(), welcome)
	return a.serve(term.ctx, ln, handler)
}

// prepareWorkspace brings what the program ships into the database: the
// built-in sequences, and the sandbox's senders where nothing real is set up.
func (a *app) prepareWorkspace(ctx context.Context) error {
	if err := a.crm.InstallBuiltins(ctx); err != nil {
		return err
	}
	if a.cfg.Sandbox() {
		return a.sandboxSenders(ctx)
	}
	return nil
}

func (a *app) handler(seed func(context.Context, string) error) (http.Handler, error) {
	return web.New(web.Options{
		Store: a.store, Scheduler: a.scheduler, Replies: a.replies, CRM: a.crm, Channels: a.channels,
		Webhooks: a.webhooks, OAuth: oauthApps(a.cfg.OAuth), OAuthClient: &http.Client{Timeout: time.Minute}, Configured: a.fixedAccounts(), Sandbox: a.cfg.Sandbox(), Clock: a.clock, Log: a.log, PublicURL: a.cfg.PublicURL,
		Mail: a.notifier().MailLink, StalledAfter: a.stalledAfter, Closing: a.closing, Seed: seed, SecureCookies: strings.HasPrefix(a.cfg.PublicURL, "https:"),
	})
}

// drainFor is how long requests may go on after an interrupt.
const drainFor = 10 * time.Second

// serve runs the web server, the scheduler and the mailbox listeners until
// ctx ends.
func (a *app) serve(ctx context.Context, ln net.Listener, handler http.Handler) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 64 << 10,
	}
	if err := a.awaitAnswers(ctx); err != nil {
		return errors.Join(err, ln.Close())
	}
	var background sync.WaitGroup
	background.Go(func() { a.mailboxes.Run(ctx) })
	background.Go(func() { a.replies.Read(ctx) })
	background.Go(func() { a.retryInbound(ctx) })
	background.Go(func() { a.reconcileRestored(ctx) })
	background.Go(func() { a.purgeSessions(ctx) })
	schedulerDone := make(chan error, 1)
	go func() { schedulerDone <- a.scheduler.Run(ctx) }()
	serveDone := make(chan error, 1)
	go func() { serveDone <- srv.Serve(ln) }()

	var err error
	stopped := false
	select {
	case <-ctx.Done():
	case err = <-serveDone:
	case err = <-schedulerDone:
		stopped = true
	}
	stop()
	close(a.closing)
	// ctx is over; what is under way gets a time of its own.
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainFor)
	defer cancel()
	if serr := srv.Shutdown(grace); serr != nil {
		err = errors.Join(err, fmt.Errorf("shutting down: %w", serr))
	}
	background.Wait()
	if !stopped {
		err = errors.Join(err, <-schedulerDone)
	}
	if errors.Is(err, http.ErrServerClosed) || errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// awaitAnswers keeps messages back until the answers that came while nothing
// ran have been read.
func (a *app) awaitAnswers(ctx context.Context) error {
	if a.store.Dialect() == store.SQLite {
		// One process has the file: whatever was held, its holder is gone.
		if err := a.store.DropLeases(ctx); err != nil {
			return err
		}
	}
	// Before the first tick: a restored workspace must not miss calls or send
	// answers of a time that it knows nothing of.
	if _, err := a.store.ParkRestored(ctx, a.clock()); err != nil {
		return err
	}
	started := a.clock()
	var heard atomic.Bool // once is enough: from then on each sender's currency is judged by itself
	a.scheduler.MaySend = func(ctx context.Context) bool {
		if !heard.Load() && a.mailboxes.Heard(ctx, started) {
			heard.Store(true)
		}
		return heard.Load()
	}
	return nil
}

// retryEvery is how often inbounds that were stored but not understood, e.g.
// because of a crash in between, are worked through again.
const retryEvery = 30 * time.Second

func (a *app) retryInbound(ctx context.Context) {
	ticker := time.NewTicker(retryEvery)
	defer ticker.Stop()
	for {
		if n, err := a.replies.Retry(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("stored inbounds could not be worked through", "error", err)
		} else if n > 0 {
			a.log.Info("stored inbounds worked through", "count", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// purgeEvery is how often expired sign-ins are removed; they are invalid
// before that.
const purgeEvery = time.Hour

func (a *app) purgeSessions(ctx context.Context) {
	ticker := time.NewTicker(purgeEvery)
	defer ticker.Stop()
	for {
		if err := a.store.PurgeSessions(ctx, a.clock()); err != nil && ctx.Err() == nil {
			a.log.Error("expired sign-ins could not be removed", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// firstAdminEmail is the sign-in name on a new installation.
const firstAdminEmail = "admin@example.com"

// firstAdmin makes the first user of an empty database and says how to sign in.
func (a *app) firstAdmin(ctx context.Context) (string, error) {
	users, err := a.store.Users(ctx)
	if err != nil {
		return "", err
	}
	if len(users) > 0 {
		return "Sign in with your address and password (forgotten: followup user password ADDRESS).", nil
	}
	_, password, err := a.crm.AddUser(ctx, models.ActorSystem, models.User{
		Email: firstAdminEmail, Name: "Admin", Role: models.RoleAdmin, Zone: localZone(), Locale: "en-US",
	}, "")
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Sign in as    %s\nwith password %s\n(shown once; change it with: followup user password %s)", firstAdminEmail, password, firstAdminEmail), nil
}

// localZone is this machine's zone where it has an IANA name.
func localZone() string {
	if name := time.Local.String(); name != "Local" {
		if _, err := models.LoadZone(name); err == nil {
			return name
		}
	}
	return "America/New_York"
}
