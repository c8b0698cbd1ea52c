package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"time"

	"followup/store"
)

// arena is everything of one run.
type arena struct {
	plan      plan
	out       io.Writer
	dir       string
	began     time.Time
	clock     func() time.Time
	pg        *postgres
	db        *sql.DB
	ledger    *ledger
	moods     *moods
	fleet     *fleet
	customers *customers

	restarts, freezes int
	stills            int
	settled           bool // everything was worked off in the end
}

// storm runs all of it: build up, seed, disasters, the rest, the verdict.
func storm(ctx context.Context, p plan, out io.Writer) (verdict, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	dir, err := os.MkdirTemp("/tmp", "followup-chaos-") // short: it holds a socket
	if err != nil {
		return verdict{}, err
	}
	a := &arena{plan: p, out: out, dir: dir, began: time.Now()}
	v, err := a.run(ctx)
	cancel()
	a.close()
	if p.keep || err != nil || !v.kept() && len(p.plant) == 0 {
		fmt.Fprintln(out, "the logs are in", dir)
		return v, err
	}
	return v, os.RemoveAll(dir)
}

func (a *arena) say(format string, args ...any) {
	fmt.Fprintf(a.out, "%7.1fs  %s\n", time.Since(a.began).Seconds(), fmt.Sprintf(format, args...))
}

func (a *arena) run(ctx context.Context) (verdict, error) {
	if err := a.build(ctx); err != nil {
		return verdict{}, err
	}
	a.say("seeding %d people, %d touches each at most", a.plan.people(), a.plan.steps)
	if err := a.seed(ctx); err != nil {
		return verdict{}, fmt.Errorf("seed: %w", err)
	}
	if err := a.fleet.startAll(); err != nil {
		return verdict{}, err
	}
	a.say("%d replicas; the storm goes on for %s (seed %d)", a.plan.nodes, a.plan.storm, a.plan.seed)
	a.rage(ctx)
	a.say("the storm is over: %d touches taken", a.ledger.count())
	a.moods.factor.Store(0)
	a.settled = a.calm(ctx)
	if err := ctx.Err(); err != nil {
		return verdict{}, fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	if !a.settled {
		a.say("not everything was worked off in %s", a.plan.drain)
	}
	a.fleet.counting.Wait()
	a.fleet.outage()
	return a.judge(ctx)
}

func (a *arena) build(ctx context.Context) error {
	by := shift(time.Now())
	a.clock = shiftedClock(by)
	a.ledger = newLedger(a.clock)
	a.moods = &moods{closing: make(chan struct{}), crash: func(i int) bool { return a.fleet.crash(i) }}
	a.moods.factor.Store(uint64(a.plan.faults * 100))
	if err := os.Mkdir(filepath.Join(a.dir, "pg"), 0o700); err != nil {
		return err
	}
	if err := os.Chmod(a.dir, 0o755); err != nil { // the user postgres passes through
		return err
	}
	var err error
	if a.pg, err = startPostgres(filepath.Join(a.dir, "pg")); err != nil {
		return err
	}
	if a.db, err = a.pg.open(); err != nil {
		return err
	}
	a.fleet, err = newFleet(ctx, a.plan, a.dir, orders{DSN: a.pg.dsn, Shift: by, People: a.plan.people(), Plant: a.plan.plant}, a.db)
	if err != nil {
		return err
	}
	a.customers = newCustomers(ctx, a.fleet, a.clock)
	a.ledger.onTake = a.customers.got
	return nil
}

func (a *arena) seed(ctx context.Context) error {
	mail, err := startMail(a.ledger, a.moods)
	if err != nil {
		return err
	}
	phone, err := startPhone(a.ledger, a.moods, a.fleet.nodeAt)
	if err != nil {
		return err
	}
	a.fleet.orders.Twilio = phone.url
	s, err := store.Open(ctx, store.Options{DSN: a.pg.dsn, Key: storeKey, Clock: a.clock})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	began := time.Now()
	err = (&seeder{plan: a.plan, store: s, clock: a.clock, mail: mail.ln.Addr().String()}).seed(ctx)
	a.say("seeded in %s, %d a minute for each of %d senders", time.Since(began).Round(time.Millisecond), a.plan.perMinute(), 2*a.plan.senders)
	return err
}

// disaster is one event of the storm.
type disaster struct {
	at time.Duration
	do func(context.Context)
}

// rage carries the disasters out, each at its moment.
func (a *arena) rage(ctx context.Context) {
	began := time.Now()
	list := a.disasters(rand.New(rand.NewPCG(a.plan.seed, 3)))
	progress := time.NewTicker(15 * time.Second)
	defer progress.Stop()
	for _, d := range list {
		for wait := d.at - time.Since(began); wait > 0 && ctx.Err() == nil; wait = d.at - time.Since(began) {
			select {
			case <-ctx.Done():
				return
			case <-progress.C:
				a.say("%d touches, %d kills, %d freezes, %d restarts, %d answers", a.ledger.count(), a.kills(), a.freezes, a.restarts, len(a.customers.taken()))
			case <-time.After(min(wait, time.Second)):
			}
		}
		if ctx.Err() != nil {
			return
		}
		d.do(ctx)
	}
}

func (a *arena) kills() int {
	a.fleet.mu.Lock()
	defer a.fleet.mu.Unlock()
	return a.fleet.killings
}

// disasters spreads them over the storm, in an order that follows from the seed.
func (a *arena) disasters(r *rand.Rand) []disaster {
	var list []disaster
	first, last := a.plan.storm/20, a.plan.storm-a.plan.storm/20
	spread := func(n int, do func(context.Context)) {
		for i := range n { // one in each n-th of the time
			slot := (last - first) / time.Duration(n)
			list = append(list, disaster{first + slot*time.Duration(i) + time.Duration(r.Int64N(int64(slot))), do})
		}
	}
	spread(a.plan.kills, func(ctx context.Context) { a.until(ctx, a.fleet.kill) })
	spread(a.plan.freezes, func(ctx context.Context) {
		long := silentAfter + longestSend + rand.N(longestIce-silentAfter-longestSend)
		if a.until(ctx, func() bool { return a.fleet.freeze(long) }) {
			a.freezes++
		}
	})
	spread(a.plan.restarts, func(context.Context) {
		if err := a.pg.restart(); err != nil {
			a.say("%v", err)
			return
		}
		a.restarts++
	})
	spread(a.plan.outages, a.outage)
	spread(a.plan.stalls, func(context.Context) {
		a.moods.still[a.stills%2].Store(time.Now().Add(longestSend + time.Second).UnixNano())
		a.stills++
	})
	for _, at := range crashPoints {
		spread(a.plan.points*2, func(ctx context.Context) { a.aim(ctx, at) })
	}
	list = append(list, disaster{a.plan.storm, func(context.Context) {}})
	slices.SortStableFunc(list, func(x, y disaster) int { return int(x.at - y.at) })
	return list
}

// until tries for a while: for a moment every replica may be down or frozen.
func (a *arena) until(ctx context.Context, do func() bool) bool {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline) && ctx.Err() == nil; {
		if do() {
			return true
		}
		pause(ctx, 50*time.Millisecond)
	}
	return false
}

// aim goes for a crash point that has not been hit often enough; a replica
// that does not come to it in time is let go.
func (a *arena) aim(ctx context.Context, at string) {
	if a.fleet.hits(at) >= a.plan.points {
		return
	}
	var n *node
	if !a.until(ctx, func() bool { n = a.fleet.aim(at); return n != nil }) {
		return
	}
	time.AfterFunc(8*time.Second, func() { a.fleet.disarm(n, at) })
}

// outage: every replica is down, customers answer, and the answers are there
// before anybody could read them.
func (a *arena) outage(ctx context.Context) {
	a.fleet.outage()
	a.customers.outcry(a.ledger, 5)
	pause(ctx, time.Second+rand.N(2*time.Second))
	if err := a.fleet.startAll(); err != nil {
		a.say("%v", err)
	}
}

// calm waits until the replicas have worked everything off.
func (a *arena) calm(ctx context.Context) bool {
	deadline := time.Now().Add(a.plan.drain)
	quiet := 0
	for time.Now().Before(deadline) && ctx.Err() == nil {
		pause(ctx, 500*time.Millisecond)
		left, err := a.unfinished()
		switch {
		case err != nil || left > 0:
			quiet = 0
		default:
			quiet++
		}
		if quiet >= 3 {
			a.customers.pending.Wait()
			return true
		}
	}
	return false
}

// unfinished is what a replica still has to do by itself.
func (a *arena) unfinished() (int, error) {
	now := a.clock()
	due := now
	if a.plan.waitHeld {
		due = now.Add(time.Hour)
	}
	var n int
	err := a.db.QueryRow(`SELECT
		(SELECT count(*) FROM touches WHERE state = 'sending') +
		(SELECT count(*) FROM touches WHERE state = 'planned' AND due_at <= $1) +
		(SELECT count(*) FROM enrollments WHERE state = 'active' AND replan_at <= $2) +
		(SELECT count(*) FROM inbounds WHERE state <> 'processed')`, due, now).Scan(&n)
	return n, err
}

// close ends what is left, in the order in which nothing complains.
func (a *arena) close() {
	if a.fleet != nil {
		a.fleet.outage()
		a.fleet.watching.Wait()
		a.fleet.counting.Wait()
	}
	if a.moods != nil {
		close(a.moods.closing)
	}
	if a.db != nil {
		_ = a.db.Close()
	}
	if a.pg != nil {
		if err := a.pg.stop(); err != nil {
			a.say("PostgreSQL: %v", err)
		}
	}
}
