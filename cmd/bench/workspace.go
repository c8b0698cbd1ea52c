package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"followup/crm"
	"followup/store"
	"followup/store/pgserver"
)

// workspace is a workspace whose pages are measured.
type workspace struct {
	dsn     string
	store   *store.Store
	service *crm.Service
	clock   func() time.Time
	server  *pgserver.Server // nil: the database that -filled names
}

// openWorkspace opens the database that -filled names, or one on a server that
// ends with it.
func (b *bench) openWorkspace(ctx context.Context) (_ *workspace, err error) {
	w := &workspace{dsn: b.filled, clock: time.Now}
	if w.dsn == "" {
		if w.server, err = pgserver.Start(durable...); err != nil {
			return nil, err
		}
		w.dsn = w.server.DSN
	}
	log := slog.New(slog.DiscardHandler)
	if w.store, err = store.Open(ctx, store.Options{DSN: w.dsn, Key: make([]byte, 32), Clock: w.clock, Log: log}); err == nil {
		err = w.store.Migrate(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	w.service = &crm.Service{Store: w.store, Clock: w.clock, Log: log}
	return w, nil
}

func (w *workspace) close() error {
	var err error
	if w.store != nil {
		err = w.store.Close()
	}
	if w.server != nil {
		err = errors.Join(err, w.server.Stop())
	}
	return err
}
