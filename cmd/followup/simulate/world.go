package simulate

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash"
	"hash/fnv"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"followup/channels"
	"followup/cmd/followup/agenda"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/store"
)

// world is one run: the product's own parts, a clock and the people.
type world struct {
	ctx  context.Context // never ends: a goroutine for each statement to watch it would cost more than the statement
	stop context.Context // what ends the run
	opt  Options
	rng  *rand.Rand
	now  time.Time
	end  time.Time
	grid time.Duration // of ordinary life
	beat time.Duration // of what follows something at once
	calm float64       // how much rarer what nobody provoked is than in a month

	store  *store.Store
	db     *sql.DB // the judge's own look at the database; mutations write through it
	lines  *channels.Registry
	far    *farSide
	crm    *crm.Service
	rep    *replies.Service
	mutant *mutation

	processes []*process
	born      int // processes started
	agenda    agenda.Agenda[func()]
	hurry     bool
	lastTick  time.Time
	wholeTick time.Time // the last that nothing cut short
	nested    int       // inside a freeze or a nested happening
	outage    time.Time
	mailDown  time.Time

	people    []*person
	byID      map[int64]*person
	companies map[int64][]*person
	reps      []models.User
	manager   models.User
	senders   []models.Sender
	sequences []*course
	versions  map[int64]models.Definition

	capped     int64 // the sender with a daily cap
	cappedZone *time.Location
	lastOpened int64
	model      model
	judge      judge
	tokens     uint64
	digest     hash.Hash64
	diary      diary
	breach     *Breach
	failed     error
	res        Result
}

const defaultReplicas = 2

func newWorld(ctx context.Context, opt Options) (*world, error) {
	if opt.Replicas <= 0 {
		opt.Replicas = defaultReplicas
	}
	w := &world{
		ctx: context.WithoutCancel(ctx), stop: ctx, opt: opt, rng: rand.New(rand.NewPCG(opt.Seed, 0x73696d756c617465)),
		byID: map[int64]*person{}, companies: map[int64][]*person{}, versions: map[int64]models.Definition{}, digest: fnv.New64a(),
	}
	w.res.Seed = opt.Seed
	w.model = newModel()
	w.judge = newJudge(w)
	// Each seed begins on another day, so that short runs meet every zone's
	// change of the clocks.
	w.now = time.Date(2026, time.January, 5, 6, 0, 0, 0, time.UTC).AddDate(0, 0, int(opt.Seed*23%365))
	w.end = w.now.AddDate(0, 0, opt.Days)
	w.grid, w.beat = gridFor(opt)
	w.calm = max(float64(opt.Days)/calmFrom, 1)
	if opt.Mutation != "" {
		m, ok := mutations[opt.Mutation]
		if !ok {
			return nil, models.Invalid("mutation", "there is no mutation %q; take one of %q", opt.Mutation, Mutations())
		}
		w.mutant = &m
	}
	if err := w.open(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	if err := w.build(); err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// gridFor is how finely ordinary life, and what follows something at once, is
// simulated: the more there is of it, the coarser. What must hit an exact
// moment is not on the grid.
func gridFor(opt Options) (grid, beat time.Duration) {
	switch n := opt.Prospects * opt.Days; {
	case n <= 2_000:
		return time.Minute, time.Second
	case n <= 20_000:
		return 10 * time.Minute, time.Minute
	case n <= 100_000:
		return 30 * time.Minute, 5 * time.Minute
	}
	return time.Hour, 10 * time.Minute
}

// calmFrom is how many days a run may have before life in it grows calmer: as
// much happens to one person unprovoked in a year as in two busy months.
const calmFrom = 60

// databases counts those of this process: each world has one of its own, in
// memory only.
var databases atomic.Int64

func (w *world) open() (err error) {
	path := fmt.Sprintf("/followup-simulate-%d", databases.Add(1))
	w.store, err = store.Open(w.ctx, store.Options{DSN: path, Key: bytes.Repeat([]byte{7}, 32), Clock: w.clock, Log: slog.New(slog.DiscardHandler), Volatile: true})
	if err != nil {
		return err
	}
	if err := w.store.Migrate(w.ctx); err != nil {
		return err
	}
	w.db, err = sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(10000)&_time_format=sqlite&_timezone=UTC&vfs=memdb")
	if err != nil {
		return err
	}
	w.db.SetMaxOpenConns(1)
	return nil
}

func (w *world) close() error {
	var errs []error
	if w.db != nil {
		errs = append(errs, w.db.Close())
	}
	if w.store != nil {
		errs = append(errs, w.store.Close())
	}
	return errors.Join(errs...)
}

func (w *world) clock() time.Time { return w.now }

// token names messages: the same in every run of a seed.
func (w *world) token() string {
	w.tokens++
	return fmt.Sprintf("t%025d", w.tokens)
}

func (w *world) over() bool { return w.breach != nil || w.failed != nil || w.stop.Err() != nil }

// fail ends the run: the simulation itself cannot go on.
func (w *world) fail(err error) {
	if err != nil && w.failed == nil {
		w.failed = err
	}
}

// play goes from one instant to the next until the end.
func (w *world) play() error {
	began := w.now
	for day := 1; day <= w.opt.Days && !w.over(); day++ {
		if w.opt.Day != nil {
			w.opt.Day(day)
		}
		w.run(began.AddDate(0, 0, day))
	}
	if !w.over() {
		w.judge.all()
		w.judge.ending()
	}
	return errors.Join(w.failed, w.stop.Err())
}

// run goes on until the time; it is also what happens while a process is frozen.
func (w *world) run(until time.Time) {
	for !w.over() {
		w.settle()
		if w.over() || !w.now.Before(until) {
			return
		}
		w.now = w.next(until)
	}
}

// settle lets everything happen that is due now: the engine first, then the
// people, until both are quiet.
func (w *world) settle() {
	for !w.over() {
		w.tick()
		w.look()
		acted := false
		for !w.over() {
			act, ok := w.agenda.Take(w.now)
			if !ok {
				break
			}
			act()
			w.judge.after()
			acted = true
		}
		if !acted {
			return
		}
	}
}

// idleTicks is how many of the ticks that would find nothing to do are made
// all the same.
const idleTicks = 0.05

// tick lets one of the processes that are up do what is due.
func (w *world) tick() {
	if w.now.Before(w.outage) {
		return
	}
	var up []*process
	for _, p := range w.processes {
		if !p.dead && !p.frozen {
			up = append(up, p)
		}
	}
	if len(up) == 0 {
		return
	}
	if !w.hurry && !w.chance(idleTicks) && !w.judge.somethingDue() {
		if len(w.judge.ripe) == 0 {
			return
		}
		if w.wholeTick.Equal(w.now) { // the calls of this minute have had their tick
			w.judge.punctual()
			return
		}
	}
	w.readMail()
	w.lastTick = w.now
	p := oneOf(w, up)
	at := w.now
	p.tick()
	w.judge.after()
	w.hurry = p.dead || p.failed
	if !w.hurry && w.now.Equal(at) {
		w.wholeTick = w.now
		w.judge.punctual()
	}
}

// next is when something happens again, at most until. What is due and stays
// due (a stopped sender's touch) must not hold the time up.
func (w *world) next(until time.Time) time.Time {
	next := until
	consider := func(t time.Time) {
		if t.After(w.now) && t.Before(next) {
			next = t
		}
	}
	if at, ok := w.agenda.Next(); ok {
		consider(at)
	}
	if w.now.Before(w.outage) {
		consider(w.outage)
		return next
	}
	if w.hurry { // what a failed tick left is due still
		consider(w.now.Add(time.Second))
	}
	times, err := w.judge.due()
	w.fail(err)
	for _, t := range times {
		consider(t)
	}
	return next
}

func (w *world) result() Result {
	r := w.res
	r.Digest = fmt.Sprintf("%016x", w.digest.Sum64())
	r.Breach = w.breach
	return r
}
