package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"followup/models"
	"followup/store"
)

type backupCmd struct {
	File string `arg:"" help:"File to write; - for standard output."`
}

// Run writes the workspace into one file while everything goes on.
func (cmd backupCmd) Run(term terminal, c *cli) error {
	return withDatabase(term, c, func(a *app) error {
		if err := a.store.CheckSchema(term.ctx); err != nil {
			return err
		}
		var h store.BackupHeader
		write := func(w io.Writer) (err error) {
			h, err = a.store.Backup(term.ctx, w, a.clock(), progressTo(term.err))
			return err
		}
		var err error
		if cmd.File == "-" {
			err = write(term.out)
		} else {
			err = writeWhole(cmd.File, write)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(term.err, "Backed up the %s database as of %s (schema %d).\n", h.Dialect, h.CreatedAt.Format(time.RFC3339), h.Schema)
		fmt.Fprintln(term.err, "The key of the senders' passwords is not in it: keep "+keyPlace(a)+" as well, in another place.")
		return nil
	})
}

func keyPlace(a *app) string {
	if a.cfg.SecretKey != "" {
		return "secret_key of the configuration"
	}
	return filepath.Join(a.cfg.Data, "secret.key")
}

// writeWhole leaves the whole file or none, and never replaces one.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	if _, err := os.Stat(path); err == nil {
		return fmt.Errorf("%s exists already; name another file, or remove it first", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // readable by its owner only
	if err != nil {
		return fmt.Errorf("the backup's file: %w", err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	out := bufio.NewWriterSize(f, 1<<20)
	if err := write(out); err != nil {
		return err
	}
	if err := errors.Join(out.Flush(), f.Sync()); err != nil {
		return fmt.Errorf("the backup's file: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename it replaces nothing
		return fmt.Errorf("the backup's file: %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func progressTo(w io.Writer) store.BackupProgress {
	return func(table string, rows int64) {
		if rows > 0 && rows%100_000 == 0 {
			fmt.Fprintf(w, "  %s: %d rows\n", table, rows)
		}
	}
}

type restoreCmd struct {
	File string `arg:"" help:"File that followup backup wrote; - for standard input."`
}

// Run fills an empty database from a backup of either kind of database.
func (cmd restoreCmd) Run(term terminal, c *cli) error {
	in := term.in
	if cmd.File != "-" {
		f, err := os.Open(cmd.File)
		if err != nil {
			return fmt.Errorf("the backup's file: %w", err)
		}
		defer f.Close()
		in = f
	}
	cfg, err := c.load(term)
	if err != nil {
		return err
	}
	_, err = os.Stat(cfg.SQLitePath())
	fresh := cfg.Database == "" && errors.Is(err, fs.ErrNotExist)
	err = withDatabase(term, c, func(a *app) error {
		report, err := a.store.Restore(term.ctx, in, a.clock(), progressTo(term.err))
		if err != nil {
			return err
		}
		if _, err := a.store.ParkRestored(term.ctx, a.clock()); err != nil {
			return err
		}
		return cmd.told(term, a, report)
	})
	if err != nil && fresh {
		for _, suffix := range []string{"", "-wal", "-shm"} { // nothing half-made stays
			if rerr := os.Remove(cfg.SQLitePath() + suffix); rerr != nil && !errors.Is(rerr, fs.ErrNotExist) {
				err = errors.Join(err, rerr)
			}
		}
	}
	return err
}

func (restoreCmd) told(term terminal, a *app, report store.RestoreReport) error {
	fmt.Fprintf(term.out, "Restored %d rows of the backup of %s into %s.\n", report.Rows, report.Header.CreatedAt.Format(time.RFC3339), a.store.Dialect())
	if report.OtherKey {
		fmt.Fprintf(term.out, "The senders' passwords in it were sealed with another key and do not open: put the old key into %s before starting, or enter the passwords again.\n", keyPlace(a))
	}
	state, err := a.store.RestoredState(term.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "Everything automatic is paused, and %d messages that may have gone out since the backup are set aside.\n", state.Parked)
	fmt.Fprintln(term.out, "Make sure that no process runs on the old database any more, then: followup serve\nIt reads what came in and what left since the backup; then the task about it, or followup resume, lets it send again.")
	return nil
}

type resumeCmd struct {
	Unchecked bool `help:"Although what came in and left since the backup could not be read: answers may be missed."`
}

// Run lets a restored workspace send again.
func (cmd resumeCmd) Run(term terminal, c *cli) error {
	return withDatabase(term, c, func(a *app) error {
		if err := a.store.CheckSchema(term.ctx); err != nil {
			return err
		}
		if err := a.store.ResumeRestored(term.ctx, cmd.Unchecked, models.ActorSystem, a.clock()); err != nil {
			return err
		}
		state, err := a.store.RestoredState(term.ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(term.out, "It sends again. %d messages stay set aside until their tasks are closed.\n", state.Parked)
		return nil
	})
}

// withDatabase wires everything and changes nothing by itself: no schema, no
// built-in sequences.
func withDatabase(term terminal, c *cli, do func(*app) error) error {
	cfg, err := c.load(term)
	if err != nil {
		return err
	}
	a, err := wire(term.ctx, cfg, term.clock, newLogger(cfg, term.err), wireOptions{noMigrate: true})
	if err != nil {
		return err
	}
	return errors.Join(do(a), a.close())
}

// reconcileEvery is how often a restored workspace is looked at.
const reconcileEvery = 10 * time.Second

// reconcileRestored goes on until there is nothing to reconcile; in a
// workspace that was not restored that is at once.
func (a *app) reconcileRestored(ctx context.Context) {
	ticker := time.NewTicker(reconcileEvery)
	defer ticker.Stop()
	for {
		mine, err := a.store.AcquireLease(ctx, "restored", a.scheduler.Replica, a.clock(), 6*reconcileEvery)
		if err == nil && mine {
			var more bool
			if more, err = a.restored.Step(ctx); err == nil && !more {
				return
			}
		}
		if err != nil && ctx.Err() == nil {
			a.log.Error("the restored workspace could not be reconciled; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
