package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"followup/cmd/followup/demo"
	"followup/models"
	"followup/store"
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
	// A browser that goes away must not leave half a demonstration behind.
	ctx = context.WithoutCancel(ctx)
	return a.scheduler.Standstill(func() error {
		settings, err := a.store.Settings(ctx)
		if err != nil {
			return err
		}
		if settings.Mode != "" {
			return models.Errorf(models.CodeConflict, "this workspace was set up already")
		}
		if err := a.refuseOthers(ctx); err != nil {
			return err
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

// refuseOthers keeps invented people away from real ones, and tells the way
// out of a demonstration that was cut short by the program's end.
func (a *app) refuseOthers(ctx context.Context) error {
	people, err := a.store.ViewProspects(ctx, store.ProspectFilter{Sees: store.Everything, Page: models.Page{Limit: 1}})
	if err != nil || len(people.Rows) == 0 {
		return err
	}
	where := "empty its database"
	if a.cfg.Database == "" {
		where = "remove the folder " + a.cfg.Data
	}
	return models.Errorf(models.CodeRefused, "There are people in this workspace already, and a demonstration does not belong beside them. Take the empty workspace to keep them. If a demonstration was cut short here, stop Followup, %s and start again.", where)
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
	if err := world.Play(ctx, end, nil); err != nil {
		return nil, err
	}
	// Whoever looks now sees figures, and no process but this one.
	if _, err := a.store.RollInsights(ctx); err != nil {
		return nil, err
	}
	return accounts, a.store.Retire(ctx, past.scheduler.Replica)
}
