package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

type doctorCmd struct{}

// checkFor bounds each check, so that one dead server does not hold the rest up.
const checkFor = 15 * time.Second

// Run checks one part after the other and changes nothing. Its status is 1
// where a check failed.
func (doctorCmd) Run(term terminal, c *cli) error {
	ill := false
	report := func(what string, err error, fine string) {
		if err != nil {
			ill = true
			fmt.Fprintf(term.out, "✗ %-14s %v\n", what, err)
			return
		}
		fmt.Fprintf(term.out, "✓ %-14s %s\n", what, fine)
	}
	cfg, err := c.load(term)
	report("configuration", err, "in order; listening on "+cfg.Addr)
	if err != nil {
		return exitCode(1)
	}
	a, err := wire(term.ctx, cfg, term.clock, newLogger(cfg, term.err), wireOptions{noMigrate: true})
	if err != nil {
		report("database", err, "")
		return exitCode(1)
	}
	defer a.close()
	err = a.store.CheckSchema(term.ctx)
	report("database", err, fmt.Sprintf("%s, schema up to date", a.store.Dialect()))
	if err != nil {
		return exitCode(1)
	}
	report("attachments", a.store.CheckFiles(), cmp.Or(cfg.FilesDir(), "in the database; set files to a folder that every process sees, and large ones lie there"))
	a.checkSenders(term.ctx, report)
	a.checkApps(report)
	a.checkScheduler(term.ctx, report)
	a.checkRestored(term.ctx, report)
	if cfg.PublicURL == "" {
		fmt.Fprintln(term.out, "· public URL     none: providers cannot post webhooks, mails carry no one-click unsubscribe link")
	}
	if ill {
		return exitCode(1)
	}
	return nil
}

func (a *app) checkSenders(ctx context.Context, report func(string, error, string)) {
	senders, err := a.store.SendersWithCredentials(ctx)
	if err != nil {
		report("senders", err, "")
		return
	}
	if len(senders) == 0 {
		report("senders", nil, "none yet; they are made at the first start")
	}
	for _, s := range senders {
		a.checkSender(ctx, s, report)
	}
}

// checkSender looks at one sender as its page does.
func (a *app) checkSender(ctx context.Context, s models.Sender, report func(string, error, string)) {
	what := string(s.Kind)
	fine := fmt.Sprintf("%s by %s", s.Address, s.Provider)
	if s.State == models.SenderStopped {
		report(what, fmt.Errorf("%s is stopped: %s %s; start it again on its page under Accounts", s.Address, strings.ReplaceAll(string(s.StoppedReason), "_", " "), s.StoppedDetail), "")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, checkFor)
	defer cancel()
	checks := a.channels.Inspect(ctx, s)
	if len(checks) == 0 {
		report(what, nil, fine)
	}
	for _, c := range checks {
		line := fmt.Sprintf("%s: %s: %s", s.Address, c.What, c.Says)
		if c.What == s.Address {
			line = fmt.Sprintf("%s by %s %s", s.Address, s.Provider, c.Says)
		}
		switch c.State {
		case channels.CheckFailed:
			report(what, errors.New(line), "")
		case channels.CheckWarning:
			report(what, nil, line+" (warning)")
		default:
			report(what, nil, line)
		}
	}
	a.checkSecret(what, s.Address+": its password or token", "enter a new one under Accounts", s.Settings.SecretExpires, report)
}

// checkSecret warns before a secret ends.
func (a *app) checkSecret(what, whose, do string, ends models.Date, report func(string, error, string)) {
	days, known := ends.DaysFrom(a.clock())
	switch {
	case !known || days >= models.SecretNotice:
	case days < 0:
		report(what, fmt.Errorf("%s ended on %s; %s", whose, ends, do), "")
	default:
		report(what, nil, fmt.Sprintf("%s ends on %s; %s before (warning)", whose, ends, do))
	}
}

// checkApps looks at how this installation is registered at providers of OAuth2.
func (a *app) checkApps(report func(string, error, string)) {
	for provider, app := range oauthApps(a.cfg.OAuth) {
		a.checkSecret("oauth", "the client secret at "+provider, "make a new one there and put it into oauth."+provider, app.SecretExpires, report)
	}
}

func (a *app) checkScheduler(ctx context.Context, report func(string, error, string)) {
	h, err := a.store.Health(ctx, a.clock())
	if err != nil {
		report("scheduler", err, "")
		return
	}
	if h.LastTick.IsZero() {
		report("scheduler", nil, "has not run yet")
		return
	}
	age := a.clock().Sub(h.LastTick).Round(time.Second)
	if age > 30*time.Second {
		report("scheduler", fmt.Errorf("last ran %s ago; start followup serve", age), "")
		return
	}
	report("scheduler", nil, fmt.Sprintf("ran %s ago; %d due, the oldest %s late%s", age, h.Due, h.Lag.Round(time.Second), waiting(h)))
}

// waiting lists what is stuck or held, with the reasons.
func waiting(h models.Health) string {
	var parts []string
	for _, c := range []struct {
		n    int
		what string
	}{{h.Sending, "being sent"}, {h.Unconfirmed, "unconfirmed"}, {h.Attention, "for a person to look at"}} {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(h.Held)) {
		parts = append(parts, fmt.Sprintf("%d held (%s)", h.Held[reason], strings.ReplaceAll(string(reason), "_", " ")))
	}
	if len(parts) == 0 {
		return ""
	}
	return "; " + strings.Join(parts, ", ")
}

// checkRestored says how far a restored workspace is.
func (a *app) checkRestored(ctx context.Context, report func(string, error, string)) {
	state, err := a.store.RestoredState(ctx)
	if err != nil {
		report("backup", err, "")
		return
	}
	r := state.Restored
	if r == nil {
		return
	}
	of := "restored from a backup of " + r.BackupOf.Format(time.RFC3339)
	switch {
	case r.ResumedAt != nil:
		report("backup", nil, fmt.Sprintf("%s, resumed; %d messages still set aside", of, state.Parked))
	case r.ReconciledAt != nil:
		report("backup", fmt.Errorf("%s and reconciled: %d messages set aside; close the task about it, or: followup resume", of, state.Parked), "")
	case len(state.Unread) > 0:
		report("backup", fmt.Errorf("%s: what came in since has not been read for %s", of, strings.Join(state.Unread, ", ")), "")
	default:
		report("backup", fmt.Errorf("%s and not reconciled yet; followup serve does it", of), "")
	}
}
