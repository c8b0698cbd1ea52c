package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"followup/cmd/followup/demo"
	"followup/models"
)

// seedSeed makes every demonstration workspace show the same people.
const seedSeed = 7

// seed carries out the first sign-in's choice. The demonstration's past is
// played by the engine itself, from two weeks ago until now, while the real
// scheduler stands still.
func (a *app) seed(ctx context.Context, mode string, out io.Writer) error {
	switch mode {
	case modeOwn:
		return a.setMode(ctx, modeOwn)
	case modeDemonstration:
	default:
		return models.Invalid("mode", "%q is no choice; take %s or %s", mode, modeDemonstration, modeOwn)
	}
	if !a.cfg.Sandbox() {
		return models.Errorf(models.CodeRefused, "real channels are configured: demonstration people do not belong beside real ones; take the empty workspace, or start without mailboxes and numbers")
	}
	return a.scheduler.Standstill(func() error {
		settings, err := a.store.Settings(ctx)
		if err != nil {
			return err
		}
		if settings.Mode != "" {
			return models.Errorf(models.CodeConflict, "this workspace was set up already")
		}
		accounts, err := a.playPast(ctx)
		if err != nil {
			return fmt.Errorf("the demonstration could not be played: %w", err)
		}
		fmt.Fprintln(out, "\nThe demonstration workspace is ready.")
		printAccounts(out, accounts)
		return a.setMode(ctx, modeDemonstration)
	})
}

func (a *app) playPast(ctx context.Context) ([]demo.Account, error) {
	end := a.clock()
	start := end.Add(-demo.Length)
	quiet := a.cfg
	world, past, err := newWorld(ctx, quiet, start, seedSeed, io.Discard)
	if err != nil {
		return nil, err
	}
	defer past.close()
	world.Log = slog.New(slog.DiscardHandler)
	accounts, err := world.Cast(ctx)
	if err != nil {
		return nil, err
	}
	end = end.Truncate(time.Second)
	if err := world.Today(ctx, end); err != nil {
		return nil, err
	}
	return accounts, world.Play(ctx, end, nil)
}
