package main

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"followup/models"
	"followup/store"
)

// arena is everything of one run.
type arena struct {
	plan      plan
	out       io.Writer
	dir       string
	began     time.Time
	clock     func() time.Time
	pg        postgres
	db        *sql.DB
	ledger    *ledger
	moods     *moods
	fleet     *fleet
	customers *customers

	restarts, freezes atomic.Int64
	killed, stills    int
	settled           bool      // everything was worked off in the end
	paused            time.Time // when everything automatic had been paused
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
	a.say("%d replicas; the storm goes on for %d touches, or %s (seed %d)", a.plan.nodes, a.plan.touches, a.plan.storm, a.plan.seed)
	reporting, done := context.WithCancel(ctx)
	defer done()
	go a.report(reporting)
	a.rage(ctx)
	a.say("the storm is over: %d touches taken", a.ledger.count())
	a.moods.factor.Store(0)
	a.settled = a.calm(ctx)
	done()
	if err := ctx.Err(); err != nil {
		return verdict{}, fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	if !a.settled {
		a.say("not everything was worked off in %s", a.plan.drain)
	}
	a.fleet.counting.Wait()
	a.killed = a.kills()
	a.fleet.outage()
	return a.judge(ctx)
}

func (a *arena) build(ctx context.Context) error {
	by := shift(time.Now())
	a.clock = shiftedClock(by)
	a.ledger = newLedger(a.clock)
	a.moods = &moods{closing: make(chan struct{}), crash: func(i int) bool { return a.fleet.crash(i) }}
	a.moods.factor.Store(uint64(a.plan.faults * 100))
	var err error
	if a.pg, err = startPostgres(); err != nil {
		return err
	}
	if a.db, err = a.pg.open(); err != nil {
		return err
	}
	o := orders{DSN: dsnOfReplicas(a.pg.DSN), Shift: by, People: a.plan.people(), Plant: a.plan.plant}
	a.fleet = newFleet(ctx, a.plan, a.dir, o, a.db, a.clock)
	a.customers = newCustomers(ctx, a.fleet, a.clock)
	a.ledger.onTake = a.customers.got
	return nil
}

func (a *arena) seed(ctx context.Context) error {
	mail, err := startMail(a.ledger, a.moods, a.fleet.bornAt)
	if err != nil {
		return err
	}
	phone, err := startPhone(a.ledger, a.moods, a.fleet.bornAt)
	if err != nil {
		return err
	}
	a.customers.phone, a.fleet.orders.Twilio = phone, phone.url
	s, err := store.Open(ctx, store.Options{DSN: a.pg.DSN, Key: storeKey, Clock: a.clock})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.Migrate(ctx); err != nil {
		return err
	}
	began := time.Now()
	err = (&seeder{plan: a.plan, store: s, clock: a.clock, mail: mail.ln.Addr().String()}).seed(ctx)
	if err == nil {
		_, err = a.db.ExecContext(ctx, "ANALYZE")
	}
	a.say("seeded in %s, %d a minute for each of %d senders", time.Since(began).Round(time.Millisecond), a.plan.perMinute(), 2*a.plan.senders)
	return err
}

// disaster is one event of the storm.
type disaster struct {
	at float64 // of the storm's progress, 0 to 1
	do func(context.Context)
}

// rage carries the disasters out, each at its moment of the progress: on a
// slow machine they come as close together, in touches, as on a fast one.
func (a *arena) rage(ctx context.Context) {
	began := time.Now()
	for _, d := range a.disasters(rand.New(rand.NewPCG(a.plan.seed, 3))) {
		for a.progress(began) < d.at && ctx.Err() == nil {
			pause(ctx, 20*time.Millisecond)
		}
		if ctx.Err() != nil {
			return
		}
		d.do(ctx)
	}
}

// progress is how much of the touches is behind us; where they go slowly, how
// much of the time: the storm must end.
func (a *arena) progress(began time.Time) float64 {
	return max(float64(a.ledger.count())/float64(a.plan.touches), float64(time.Since(began))/float64(a.plan.storm))
}

// report says now and then how far everything has come.
func (a *arena) report(ctx context.Context) {
	last, at := a.ledger.count(), time.Now()
	for {
		pause(ctx, 15*time.Second)
		if ctx.Err() != nil {
			return
		}
		n := a.ledger.count()
		a.say("%d of %d touches (%.0f a second), %d kills, %d freezes, %d restarts, crash points %s, %d answers",
			n, a.plan.touches, float64(n-last)/time.Since(at).Seconds(), a.kills(), a.freezes.Load(), a.restarts.Load(), a.points(), len(a.customers.taken()))
		last, at = n, time.Now()
	}
}

func (a *arena) points() string {
	var all []string
	for _, at := range crashPoints {
		all = append(all, strconv.Itoa(a.fleet.hits(at)))
	}
	return strings.Join(all, "/")
}

func (a *arena) kills() int {
	a.fleet.mu.Lock()
	defer a.fleet.mu.Unlock()
	return a.fleet.killings
}

// disasters spreads them over the storm, in an order that follows from the seed.
func (a *arena) disasters(r *rand.Rand) []disaster {
	var list []disaster
	const first, last = 0.03, 0.97
	spread := func(n int, do func(context.Context)) {
		for i := range n { // one in each n-th of the storm
			slot := (last - first) / float64(n)
			list = append(list, disaster{first + slot*(float64(i)+r.Float64()), do})
		}
	}
	spread(a.plan.kills, func(ctx context.Context) { a.until(ctx, a.fleet.kill) })
	spread(a.plan.freezes, func(ctx context.Context) {
		long := silentAfter + longestSend + rand.N(longestIce-silentAfter-longestSend)
		if a.until(ctx, func() bool { return a.fleet.freeze(long) }) {
			a.freezes.Add(1)
		}
	})
	spread(a.plan.restarts, func(context.Context) { a.restart() })
	spread(a.plan.outages, a.outage)
	spread(a.plan.stalls, func(context.Context) {
		a.moods.still[a.stills%2].Store(time.Now().Add(longestSend + time.Second).UnixNano())
		a.stills++
	})
	for _, at := range crashPoints {
		spread(a.plan.points*2, func(ctx context.Context) { a.aim(ctx, at) })
	}
	list = append(list, disaster{1, func(context.Context) {}})
	slices.SortStableFunc(list, func(x, y disaster) int { return cmp.Compare(x.at, y.at) })
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

// restart takes the database down. Where it stays away for so long that live
// replicas look silent to the first that is back, what they had under way may
// be taken up as if they were dead.
func (a *arena) restart() {
	underWay, began := a.fleet.allSending(), time.Now()
	if err := a.pg.Restart(); err != nil {
		a.say("%v", err)
		return
	}
	a.restarts.Add(1)
	if took := time.Since(began); took > silentAfter-2*heartbeat {
		a.say("PostgreSQL was away for %s", took.Round(100*time.Millisecond))
		a.fleet.count(underWay)
	}
}

// outcries is how many customers answer in one outage.
const outcries = 20

// outage: every replica is down, customers answer, and the answers are there
// before anybody could read them.
func (a *arena) outage(ctx context.Context) {
	a.fleet.outage()
	a.customers.outcry(a.ledger, outcries)
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
		if a.paused.IsZero() && a.ledger.count() >= a.plan.touches {
			if err := a.pauseAll(ctx); err != nil {
				a.say("%v", err)
			}
		}
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

// pauseAll stops what nobody needs any more as a manager does it: nothing
// automatic may begin after it.
func (a *arena) pauseAll(ctx context.Context) error {
	s, err := store.Open(ctx, store.Options{DSN: a.pg.DSN, Key: storeKey, Clock: a.clock})
	if err != nil {
		return err
	}
	defer s.Close()
	set, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	set.Paused, set.PausedWhy = true, "the storm is over"
	if err := s.SaveSettings(ctx, set, models.ActorSystem, a.clock()); err != nil {
		return err
	}
	a.paused = a.clock()
	return nil
}

// unfinished is what a replica still has to do by itself. What became of a
// text can be found out; of a mail, not here.
func (a *arena) unfinished() (int, error) {
	now := a.clock()
	var n int
	err := a.db.QueryRow(`SELECT
		(SELECT count(*) FROM touches WHERE state = 'sending') +
		(SELECT count(*) FROM touches WHERE state = 'planned' AND hold_reason <> 'workspace_paused') +
		(SELECT count(*) FROM touches WHERE state = 'unconfirmed' AND channel = 'sms') +
		(SELECT count(*) FROM enrollments WHERE state = 'active' AND replan_at <= $1) +
		(SELECT count(*) FROM inbounds WHERE state <> 'processed') +
		$2 - (SELECT count(*) FROM inbounds WHERE provider = 'twilio')`, now, a.customers.phone.listed()).Scan(&n)
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
	if a.pg.Server != nil {
		if err := a.pg.Stop(); err != nil {
			a.say("PostgreSQL: %v", err)
		}
	}
}
