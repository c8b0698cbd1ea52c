package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"time"

	"followup/cmd/followup/demo"
	"followup/config"
	"followup/models"
)

type demoCmd struct {
	Speed time.Duration `default:"10s" help:"How long a simulated day takes; 0s: as fast as it goes." placeholder:"DURATION"`
	Seed  uint64        `default:"1" help:"The same seed plays the same people."`
	Stay  bool          `help:"Keep serving at the end, until interrupted."`
	Addr  string        `help:"Address to listen on." placeholder:"HOST:PORT"`
}

// demoStart is a Monday, 08:00 in New York; the clocks of the US go forward
// on the Sunday in its middle.
var demoStart = time.Date(2026, time.March, 2, 13, 0, 0, 0, time.UTC)

// Run plays two weeks and checks what took place. Its status is 1 where
// anything else happened than the scripts say.
func (cmd demoCmd) Run(term terminal, c *cli) error {
	cfg, err := cmd.configuration(term, c)
	if err != nil {
		return err
	}
	defer os.RemoveAll(cfg.Data)
	world, a, err := newWorld(term.ctx, cfg, demoStart, cmd.Seed, term.err)
	if err != nil {
		return err
	}
	defer a.close()
	accounts, err := world.Cast(term.ctx)
	if err != nil {
		return err
	}
	if err := a.setMode(term.ctx, modeDemonstration); err != nil {
		return err
	}
	stop, err := cmd.show(term, a, accounts)
	if err != nil {
		return err
	}
	defer stop()
	if err := world.Play(term.ctx, demoStart.Add(demo.Length), cmd.pace(term, world, a)); err != nil {
		return err
	}
	wrong, err := world.Report(term.ctx, term.out)
	if err != nil {
		return err
	}
	if cmd.Stay {
		fmt.Fprintln(term.out, "\nThe two weeks are over. Look around; interrupt to end.")
		<-term.ctx.Done()
	}
	if wrong > 0 {
		return exitCode(1)
	}
	return nil
}

func (cmd demoCmd) configuration(term terminal, c *cli) (config.Config, error) {
	cfg, err := c.load(term)
	if err != nil {
		return cfg, err
	}
	// Nothing of a real workspace may be touched.
	def := config.Default()
	def.Addr, def.Log = cfg.Addr, cfg.Log
	if cmd.Addr != "" {
		def.Addr = cmd.Addr
	}
	def.Data, err = os.MkdirTemp("", "followup-demo-")
	return def, err
}

// newWorld wires everything to a time of its own, with the sandbox's messages
// shown to the people of the play.
func newWorld(ctx context.Context, cfg config.Config, start time.Time, seed uint64, logs io.Writer) (*demo.World, *app, error) {
	clock := demo.NewClock(start)
	world := &demo.World{Clock: clock, Log: newLogger(cfg, logs), Rand: rand.New(rand.NewPCG(seed, 0x666f6c6c6f777570))}
	a, err := wire(ctx, cfg, clock.Now, world.Log, wireOptions{synchronous: true, onSend: world.Sent})
	if err != nil {
		return nil, nil, err
	}
	world.Store, world.Scheduler, world.Replies, world.CRM = a.store, a.scheduler, a.replies, a.crm
	return world, a, nil
}

// show serves the pages beside the play.
func (cmd demoCmd) show(term terminal, a *app, accounts []demo.Account) (stop func(), err error) {
	if cmd.Speed == 0 && !cmd.Stay {
		return func() {}, nil
	}
	ln, err := net.Listen("tcp", a.cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s: %w; choose another with --addr", a.cfg.Addr, err)
	}
	a.stalledAfter = demo.Length // days pass between two looks, and none once it is over
	handler, err := a.handler(nil)
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = srv.Serve(ln) }() // ends with Close
	fmt.Fprintf(term.out, "Two weeks from %s, a day in %s, at http://%s\n", demoStart.Format("Monday 2 January 2006"), cmd.Speed, ln.Addr())
	printAccounts(term.out, accounts)
	return func() { _ = srv.Close() }, nil
}

func printAccounts(w io.Writer, accounts []demo.Account) {
	fmt.Fprintln(w, "Sign in as:")
	for _, a := range accounts {
		fmt.Fprintf(w, "  %-8s %-22s %s\n", a.Role, a.Email, a.Password)
	}
}

// pace lets a simulated day take cmd.Speed, ticking on the way so that what a
// visitor does in the browser is carried out too.
func (cmd demoCmd) pace(term terminal, w *demo.World, a *app) demo.Pace {
	if cmd.Speed <= 0 {
		return nil
	}
	const frame = 100 * time.Millisecond
	scale := float64(24*time.Hour) / float64(cmd.Speed)
	day := -1
	began := term.clock()
	return func(ctx context.Context, from, to time.Time) error {
		if d := int(from.Sub(demoStart) / (24 * time.Hour)); d != day {
			day = d
			fmt.Fprintf(term.out, "%s\n", from.Format("Mon 2 Jan"))
		}
		// The play follows the wall clock, so a slow machine shows fewer
		// frames and takes no longer.
		for {
			now := demoStart.Add(time.Duration(float64(term.clock().Sub(began)) * scale))
			if !now.Before(to) {
				return nil
			}
			if now.After(w.Clock.Now()) {
				w.Clock.Set(now)
				if err := a.scheduler.Tick(ctx, now); err != nil {
					return err
				}
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(min(frame, time.Duration(float64(to.Sub(now))/scale)+time.Millisecond)):
			}
		}
	}
}

// firstSpread is over how many minutes a new workspace of one's own spreads the
// emails of its sequences.
const firstSpread = 30

// Modes of a workspace, as the first sign-in chooses them.
const (
	modeDemonstration = "demonstration"
	modeOwn           = "own"
)

func (a *app) setMode(ctx context.Context, mode string) error {
	settings, err := a.store.Settings(ctx)
	if err != nil {
		return err
	}
	settings.Mode = mode
	if mode == modeOwn && settings.Caps.SpreadMinutes == 0 { // docs/decisions/0015
		settings.Caps.SpreadMinutes = firstSpread
	}
	return a.store.SaveSettings(ctx, settings, models.ActorSystem, a.clock())
}
