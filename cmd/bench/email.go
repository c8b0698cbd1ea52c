package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"followup/models"
	"followup/store/pgserver"
)

// durable settings: what is committed is on the disk.
var durable = []string{"max_connections=200", "shared_buffers=512MB", "max_wal_size=4GB", "fsync=on", "synchronous_commit=on"}

// dayShift moves the clock to 15:00 in the crowd's zone on a Tuesday.
func dayShift() time.Duration {
	loc, err := models.LoadZone(zone)
	if err != nil {
		return 0
	}
	return time.Until(time.Date(2026, 12, 8, 15, 0, 0, 0, loc)).Round(time.Second)
}

// work is a crowd with due touches, and what is needed to send them.
type work struct {
	*crowd
	dsn      string
	shift    time.Duration
	orders   engineOrders
	server   *pgserver.Server // nil: SQLite
	smtpPort int
	close    func() error
}

// onPostgres prepares an empty workspace on a durable server.
func (b *bench) onPostgres(ctx context.Context, p crowdPlan) (*work, error) {
	pg, err := pgserver.Start(durable...)
	if err != nil {
		return nil, err
	}
	w, err := b.workOn(ctx, pg.DSN, p)
	if err != nil {
		return nil, errors.Join(err, pg.Stop())
	}
	w.server = pg
	w.close = func() error { return errors.Join(w.crowd.close(), pg.Stop()) }
	return w, nil
}

// mailOnPostgres is such a workspace whose mail goes to a server of its own,
// which ends with it.
func (b *bench) mailOnPostgres(ctx context.Context) (*work, *child, error) {
	server, port, err := startSMTP(0)
	if err != nil {
		return nil, nil, err
	}
	w, err := b.onPostgres(ctx, crowdPlan{channel: models.ChannelEmail, senders: 4, smtpPort: port})
	if err != nil {
		return nil, nil, errors.Join(err, server.end())
	}
	w.smtpPort = port
	closeAll := w.close
	w.close = func() error { return errors.Join(closeAll(), server.end()) }
	return w, server, nil
}

func (b *bench) onSQLite(ctx context.Context, p crowdPlan) (*work, error) {
	dir, err := os.MkdirTemp("", "followup-bench-")
	if err != nil {
		return nil, err
	}
	w, err := b.workOn(ctx, filepath.Join(dir, "followup.db"), p)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	w.close = func() error { return errors.Join(w.crowd.close(), os.RemoveAll(dir)) }
	return w, nil
}

func (b *bench) workOn(ctx context.Context, dsn string, p crowdPlan) (*work, error) {
	w := &work{dsn: dsn, shift: dayShift()}
	var err error
	w.crowd, err = newCrowd(ctx, dsn, func() time.Time { return time.Now().Add(w.shift) }, p)
	w.orders = engineOrders{DSN: dsn, Slots: 512, Connections: 4, Shift: w.shift}
	return w, err
}

// walk has an engine of its own process send what is due.
func (w *work) walk(n int, profile string) (spent, error) {
	o := w.orders
	o.Messages, o.Profile = n, profile
	engine, _, err := startEngine(o)
	if err != nil {
		return spent{}, err
	}
	before := w.databaseCPU()
	if err := engine.tell("go"); err != nil {
		return spent{}, err
	}
	var used spent
	if err := engine.hear(&used); err != nil {
		return used, err
	}
	used.Detail["database µs each"] = (w.databaseCPU() - before) / float64(used.Messages) * 1e6
	return used, engine.end()
}

func (b *bench) profileOf(name string) string {
	if b.profile == "" {
		return ""
	}
	return b.profile + name + ".pprof"
}

// spacing of the rounds' ids: what the engine plans between has room.
const spacing = 10_000_000

// dueToAccepted: claimed, gated, rendered, kept, handed over, settled, the
// next touch planned; go-mail alone, which records nothing, takes turns.
func (b *bench) dueToAccepted(ctx context.Context) error {
	w, server, err := b.mailOnPostgres(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	n := b.size(20_000)
	var theirs, ours, ratios, cpu []float64
	var rss int64
	for round := range b.rounds {
		if err := w.grow(ctx, firstRow+round*spacing, n, w.clock().Add(-time.Second)); err != nil {
			return err
		}
		if _, err := w.db.ExecContext(ctx, "CHECKPOINT"); err != nil {
			return err
		}
		them, err := once("gomail", clientOrders{Port: w.smtpPort, Connections: 16}, n)
		if err != nil {
			return err
		}
		us, err := w.walk(n, b.profileOf("email"))
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "  round %d: go-mail alone %.0f/s, Followup %.0f/s, %.0f µs CPU each, %v\n", round+1, them.rate(), us.rate(), us.cpuMicros(), us.Detail)
		theirs, ours = append(theirs, them.rate()), append(ours, us.rate())
		ratios, cpu = append(ratios, us.rate()/them.rate()), append(cpu, us.cpuMicros())
		rss = max(rss, us.MaxRSS)
	}
	if err := errors.Join(w.complete(ctx, b.rounds*n), intact(server, 2*b.rounds*n)); err != nil {
		return err
	}
	b.found(figure{What: "Email, due to accepted, everything recorded, against go-mail alone on 16 connections",
		Measured: fmt.Sprintf("%.2f × (%.0f/s against %.0f/s)", median(ratios), median(ours), median(theirs)), Target: "more than 1 ×, aim 2 ×", Met: median(ratios) > 1})
	b.found(figure{What: "Our CPU an email", Measured: fmt.Sprintf("%.0f µs", median(cpu)), Target: "at most 100 µs", Met: median(cpu) <= 100})
	b.found(figure{What: "Memory while sending", Measured: fmt.Sprintf("%d MB", rss/1024), Target: "under 200 MB", Met: rss < 200*1024})
	return nil
}

// once runs one round of a client that only sends.
func once(name string, o clientOrders, n int) (spent, error) {
	var used spent
	client, err := start(name, o)
	if err != nil {
		return used, err
	}
	if err := errors.Join(client.tell(n), client.hear(&used)); err != nil {
		return used, err
	}
	return used, client.end()
}

// complete checks that everything was recorded: touch sent, message kept, one
// event, the next touch planned.
func (w *work) complete(ctx context.Context, n int) error {
	for what, query := range map[string]string{
		"touches are sent":            "SELECT count(*) FROM touches WHERE state = 'sent'",
		"messages are kept":           "SELECT count(*) FROM messages WHERE state = 'sent' AND text <> ''",
		"ends are in the audit trail": "SELECT count(*) FROM events WHERE kind = 'touch.ended' AND code = 'sent'",
		"next touches are planned":    "SELECT count(*) FROM touches WHERE state = 'planned' AND step_key = 'second'",
		"pursuits are counted":        "SELECT count(*) FROM pursuits WHERE follow_ups = 1",
	} {
		var found int
		if err := w.db.QueryRowContext(ctx, query).Scan(&found); err != nil {
			return err
		}
		if found < n || found > n+1 {
			return fmt.Errorf("%d %s, want %d", found, what, n)
		}
	}
	return nil
}

func startSMTP(latency time.Duration) (*child, int, error) {
	server, err := start("smtp", smtpOrders{Latency: latency})
	if err != nil {
		return nil, 0, err
	}
	var said smtpSaid
	err = server.hear(&said)
	return server, said.Port, err
}

// intact asks the server how many it took and what clients did wrong.
func intact(server *child, want int) error {
	var said smtpSaid
	if err := errors.Join(server.tell("how many?"), server.hear(&said)); err != nil {
		return err
	}
	if said.Taken < want || said.Taken > want+1 || len(said.Faults) > 0 {
		return fmt.Errorf("the server took %d messages, want %d; faults: %q", said.Taken, want, said.Faults)
	}
	return nil
}
