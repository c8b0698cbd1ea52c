package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"followup/channels"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
)

var (
	errDead = errors.New("simulated: the process is dead")
	errAway = errors.New("simulated: the database is away")
	errLost = errors.New("simulated: the answer to the commit was lost")
)

// process is one replica: a real scheduler whose every call to the store may
// be the last. What it holds in memory dies with it.
type process struct {
	scheduler.Store // what no method below intercepts

	w      *world
	name   string
	sched  *scheduler.Scheduler
	dead   bool
	frozen bool
	failed bool // a call of this tick failed
}

// startParts starts the replicas, and the services that pages and mail use.
func (w *world) startParts() {
	w.far = newFarSide(w)
	w.lines = channels.NewRegistry()
	for _, kind := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail} {
		w.lines.Add(models.ProviderSandbox, newLine(kind, w))
	}
	w.crm = &crm.Service{Store: w.store, Clock: w.clock}
	var inbox replies.Store = w.store
	if w.mutant != nil && w.mutant.replies != nil {
		inbox = w.mutant.replies(w, w.store)
	}
	w.rep = &replies.Service{Store: &inboxStore{Store: inbox, w: w}, Channels: w.lines, Clock: w.clock}
	for range w.opt.Replicas {
		w.start()
	}
}

// start starts a process: a new replica, as after every restart.
func (w *world) start() {
	w.born++
	var under scheduler.Store = w.store
	if w.mutant != nil && w.mutant.engine != nil {
		under = w.mutant.engine(w, under)
	}
	p := &process{Store: under, w: w, name: fmt.Sprintf("replica-%d", w.born)}
	p.sched = &scheduler.Scheduler{
		Store: p, Channels: w.lines, Clock: w.clock, Replica: p.name, Synchronous: true, PublicURL: "https://example.com", NewToken: w.token,
	}
	w.processes = append(w.processes, p)
	w.note("engine", nil, "%s starts", p.name)
}

func (p *process) tick() {
	p.failed = false
	p.w.res.Ticks++
	p.w.far.sender = p
	err := p.sched.Tick(p.w.ctx, p.w.now)
	p.w.far.sender = nil
	if err != nil && !p.failed && !p.dead {
		p.w.fail(fmt.Errorf("%s at %s: %w", p.name, p.w.now.Format(time.RFC3339), err))
	}
	if p.dead {
		p.bury()
	}
}

// bury takes the dead process away and starts another one after a while.
func (p *process) bury() {
	w := p.w
	for i, q := range w.processes {
		if q == p {
			w.processes = append(w.processes[:i], w.processes[i+1:]...)
			break
		}
	}
	down := time.Duration(0)
	if w.chance(0.7) {
		down = w.within(time.Second, 50*time.Minute)
	}
	w.at(w.now.Add(down), w.start)
}

func (p *process) die(where string) {
	p.dead, p.failed = true, true
	p.w.res.Crashes++
	p.w.note("engine", nil, "%s is killed %s", p.name, where)
}

// How often things go wrong, per call that does something; calls that find
// nothing to do are as safe as houses.
const (
	killRate   = 0.006
	loseRate   = 0.005
	awayRate   = 0.002
	freezeRate = 0.02
	// unsettledRate: settling is tried again until the database is back.
	unsettledRate = 0.01
)

// before is asked when a call is to begin.
func (p *process) before(what string) error {
	if p.dead {
		return errDead
	}
	if p.w.chance(awayRate / 20) {
		p.failed = true
		return errAway
	}
	return nil
}

// behind is asked when a call has committed something.
func (p *process) behind(what string, err error, did bool) error {
	if err != nil || !did || p.dead {
		return err
	}
	switch {
	case p.w.chance(killRate):
		p.die("after the commit of " + what)
		return errDead
	case p.w.chance(loseRate):
		p.failed = true
		p.w.note("engine", nil, "%s loses the answer to the commit of %s", p.name, what)
		return errLost
	}
	return nil
}

// freeze stops the process for a while; the world goes on.
func (p *process) freeze(where string) {
	w := p.w
	if w.nested > 0 || !w.chance(freezeRate) {
		return
	}
	d := w.within(5*time.Second, 10*time.Minute)
	if w.chance(0.5) {
		d = w.within(25*time.Minute, 3*time.Hour)
	}
	w.res.Freezes++
	w.note("engine", nil, "%s freezes %s for %s", p.name, where, d)
	p.frozen, w.far.sender = true, nil
	w.nested++
	w.run(w.now.Add(d))
	w.nested--
	p.frozen, w.far.sender = false, p
	w.note("engine", nil, "%s wakes up", p.name)
}

func (p *process) PlanDue(ctx context.Context, now time.Time, limit int, plan func(context.Context, []models.PlanInput) []models.PlanResult) (int, error) {
	if err := p.before("planning"); err != nil {
		return 0, err
	}
	n, err := p.Store.PlanDue(ctx, now, limit, plan)
	if err = p.behind("a plan", err, n > 0); err != nil {
		return 0, err
	}
	return n, nil
}

func (p *process) ClaimDue(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error) {
	if err := p.before("the claim"); err != nil {
		return models.Claimed{}, err
	}
	claimed, err := p.Store.ClaimDue(ctx, req, decide)
	if err == nil {
		p.w.judge.claimed(p, claimed)
	}
	if err = p.behind("a claim", err, claimed.Judged > 0); err != nil {
		return models.Claimed{}, err
	}
	return claimed, nil
}

func (p *process) Recheck(ctx context.Context, replica string, now time.Time, ids []int64) ([]int64, error) {
	if err := p.before("the last look"); err != nil {
		return nil, err
	}
	p.w.worstMoment(p, ids, "between claim and hand-over")
	stopped, err := p.Store.Recheck(ctx, replica, now, ids)
	if err == nil {
		p.w.judge.rechecked(ids, stopped)
	}
	if err = p.behind("the last look", err, true); err != nil {
		return nil, err
	}
	p.freeze("before the hand-over")
	return stopped, nil
}

// Settle gives no error to a process that died: it would try again forever,
// and the dead do not. A failure while the process lives is tried again.
func (p *process) Settle(ctx context.Context, results []models.SendResult, plan models.Planning) error {
	if p.dead {
		return nil
	}
	var ids []int64
	for _, r := range results {
		ids = append(ids, r.TouchID)
	}
	p.w.worstMoment(p, ids, "between hand-over and settling")
	p.freeze("before it records what was sent")
	if p.w.chance(killRate) {
		p.die("between hand-over and settling")
		return nil
	}
	if p.w.chance(unsettledRate) {
		p.w.note("engine", nil, "the database is away while %s records what was sent", p.name)
		return errAway
	}
	if p.w.chance(0.5) {
		plan = nil // the next Tick plans, and much may happen before it
	}
	if err := p.Store.Settle(ctx, results, plan); err != nil {
		p.w.fail(fmt.Errorf("settle: %w", err))
		return nil
	}
	for _, r := range results {
		p.w.noteOptOut(r)
	}
	if p.w.chance(unsettledRate) {
		p.w.note("engine", nil, "%s loses the answer to recording what was sent", p.name)
		return errLost
	}
	if p.w.chance(killRate) {
		p.die("after settling")
	}
	return nil
}

// noteOptOut takes a provider's word for it once it is recorded.
func (w *world) noteOptOut(r models.SendResult) {
	h := w.judge.handed[r.TouchID]
	if !r.OptedOut || h == nil {
		return
	}
	n := 0
	err := w.db.QueryRowContext(w.ctx, `SELECT COUNT(*) FROM suppressions WHERE value = ? AND source = 'provider' AND lifted_at IS NULL`, h.to).Scan(&n)
	w.fail(err)
	if n > 0 {
		w.model.providerOptOut(w, h.p, h.to)
	}
}

func (p *process) LiftElapsed(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := p.before("lifting pauses"); err != nil {
		return 0, err
	}
	n, err := p.Store.LiftElapsed(ctx, now, limit)
	return n, p.behind("lifting pauses", err, n > 0)
}

func (p *process) MissBookedCalls(ctx context.Context, now time.Time, limit int) (int, error) {
	if err := p.before("missing calls"); err != nil {
		return 0, err
	}
	n, err := p.Store.MissBookedCalls(ctx, now, limit)
	return n, p.behind("missing calls", err, n > 0)
}

func (p *process) ReadyCalls(ctx context.Context, now time.Time, after int64, limit int, decide func([]models.Due) []models.Decision) (int64, error) {
	if err := p.before("readying calls"); err != nil {
		return 0, err
	}
	next, err := p.Store.ReadyCalls(ctx, now, after, limit, decide)
	return next, p.behind("readying calls", err, false)
}

func (p *process) OpenBooked(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	if err := p.before("opening calls"); err != nil {
		return nil, err
	}
	opened, err := p.Store.OpenBooked(ctx, now, limit)
	return opened, p.behind("opening calls", err, len(opened) > 0)
}

func (p *process) Heartbeat(ctx context.Context, replica string, now time.Time, took time.Duration) error {
	if err := p.before("the heartbeat"); err != nil {
		return err
	}
	return p.Store.Heartbeat(ctx, replica, now, took)
}

func (p *process) Rescue(ctx context.Context, replica string, inFlight []int64, now time.Time, silent time.Duration) (int, int, error) {
	if err := p.before("the rescue"); err != nil {
		return 0, 0, err
	}
	back, lost, err := p.Store.Rescue(ctx, replica, inFlight, now, silent)
	if back+lost > 0 {
		p.w.note("engine", nil, "%s rescues: %d planned again, %d unconfirmed", p.name, back, lost)
	}
	return back, lost, p.behind("a rescue", err, back+lost > 0)
}

func (p *process) Unconfirmed(ctx context.Context, now time.Time, limit int) ([]models.Dispatch, error) {
	if err := p.before("listing the unconfirmed"); err != nil {
		return nil, err
	}
	return p.Store.Unconfirmed(ctx, now, limit)
}

func (p *process) Reconcile(ctx context.Context, touchID int64, found, absent bool, providerID string, now time.Time) error {
	if err := p.before("reconciling"); err != nil {
		return err
	}
	err := p.Store.Reconcile(ctx, touchID, found, absent, providerID, now)
	if err == nil {
		p.w.note("engine", p.w.far.personOf(touchID), "%s reconciles touch %d: found=%t absent=%t", p.name, touchID, found, absent)
	}
	return p.behind("reconciling", err, true)
}
