package simulate

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
)

// mutation is a bug planted on purpose, to see that it is found: a layer
// around the store that does the wrong thing, never product code. What it
// needs of the database it does with SQL of its own.
type mutation struct {
	about   string
	engine  func(*world, scheduler.Store) scheduler.Store
	replies func(*world, *store.Store) replies.Store
}

// Mutations are the names of the bugs that can be planted.
func Mutations() []string { return slices.Sorted(maps.Keys(mutations)) }

var mutations = map[string]mutation{
	"settle by id only": {
		about: "a late result is recorded whatever attempt and replica the touch is at", engine: layer(func(b *bug) { b.settle = settleByID }),
	},
	"claim ignores pauses": {
		about:  "a pause leaves what is planned, and the claim does not look at it",
		engine: layer(func(b *bug) { b.beforeClaim, b.due = unpause, asIfActive }),
	},
	"24 hours instead of a day": {about: "days are counted in hours", engine: layer(func(b *bug) { b.plan = hoursForDays })},
	"gate skipped on retry":     {about: "a second attempt is not judged again", engine: layer(func(b *bug) { b.due = trustRetries })},
	"window judged when planned": {
		about: "quiet hours are looked at by the plan and not by the claim", engine: layer(func(b *bug) { b.due, b.plan = noQuietHours, windowWhenPlanned }),
	},
	"rescue resends":   {about: "what a dead replica was sending is sent again", engine: layer(func(b *bug) { b.rescue = resend })},
	"lost audit event": {about: "one event in a hundred is not written", engine: layer(func(b *bug) { b.settled = loseEvent })},
	"two live touches": {about: "planning again leaves the touch planned before", engine: layer(func(b *bug) { b.planned = planTwice })},
	"reply stored without its pause": {
		about: "a reply is recorded and the pause is not", replies: func(w *world, s *store.Store) replies.Store { return &pauseless{Store: s} },
	},
	"version move repeats a step": {about: "a moved enrollment forgets what was made", engine: layer(func(b *bug) { b.plan = forgetOnMove })},
	"reminder sent after its call": {
		about: "nothing says when a reminder is worthless", engine: layer(func(b *bug) { b.plan, b.due = endlessReminders, endless }),
	},
	"no row lock": {
		about:  "an answer commits between the claim's reading and its writing, as if nothing locked the person",
		engine: layer(func(b *bug) { b.race = true }),
	},
	"send without a last look": {about: "what was stopped between claim and hand-over goes out", engine: layer(func(b *bug) { b.blind = true })},
	"stale intents are sent":   {about: "a replica that was frozen hands over when it wakes", engine: layer(func(b *bug) { b.patient = true })},
	"booked calls open late":   {about: "booked calls wait for their turn like everything else", engine: layer(func(b *bug) { b.judge, b.late = holdCalls, true })},
}

// bug is a layer that does the wrong thing in places.
type bug struct {
	scheduler.Store
	w           *world
	plan        func(*bug, []models.PlanInput, []models.PlanResult)
	planned     func(*bug)
	beforeClaim func(*bug)
	due         func(*bug, *models.Due)
	judge       func(*bug, models.Due, *models.Decision)
	settle      func(*bug, []models.SendResult)
	settled     func(*bug)
	rescue      func(*bug, time.Time)
	blind       bool // no last look
	patient     bool // no send_by
	late        bool // a booked call's minute is another one, now and then
	race        bool
	unseen      map[int64]bool // what the last look does not look at
}

func layer(with func(*bug)) func(*world, scheduler.Store) scheduler.Store {
	return func(w *world, s scheduler.Store) scheduler.Store {
		b := &bug{Store: s, w: w, unseen: map[int64]bool{}}
		with(b)
		return b
	}
}

func (b *bug) exec(query string, args ...any) int64 {
	res, err := b.w.db.ExecContext(b.w.ctx, query, args...)
	if err != nil {
		b.w.fail(fmt.Errorf("the mutation's own SQL: %w", err))
		return 0
	}
	n, err := res.RowsAffected()
	b.w.fail(err)
	return n
}

func (b *bug) PlanDue(ctx context.Context, now time.Time, limit int, plan models.Planning) (int, error) {
	n, err := b.Store.PlanDue(ctx, now, limit, b.planning(plan))
	if err == nil && n > 0 && b.planned != nil {
		b.planned(b)
	}
	return n, err
}

func (b *bug) OpenBooked(ctx context.Context, now time.Time, limit int) ([]int64, error) {
	if b.late && b.w.chance(0.1) {
		now = now.Add(-time.Minute)
	}
	return b.Store.OpenBooked(ctx, now, limit)
}

// planning is plan with what is wrong in it.
func (b *bug) planning(plan models.Planning) models.Planning {
	if plan == nil || b.plan == nil {
		return plan
	}
	return func(ctx context.Context, in []models.PlanInput) []models.PlanResult {
		out := plan(ctx, in)
		b.plan(b, in, out)
		return out
	}
}

func (b *bug) ClaimDue(ctx context.Context, req models.ClaimRequest, decide func(context.Context, []models.Due) []models.Decision) (models.Claimed, error) {
	if b.race {
		return b.raced(ctx, req, decide)
	}
	if b.beforeClaim != nil {
		b.beforeClaim(b)
	}
	if b.patient {
		req.SendFor = 1000 * time.Hour
	}
	return b.Store.ClaimDue(ctx, req, b.deciding(decide))
}

func (b *bug) deciding(decide func(context.Context, []models.Due) []models.Decision) func(context.Context, []models.Due) []models.Decision {
	return func(ctx context.Context, dues []models.Due) []models.Decision {
		if b.due != nil {
			for i := range dues {
				b.due(b, &dues[i])
			}
		}
		out := decide(ctx, dues)
		if b.judge != nil {
			for i := range dues {
				b.judge(b, dues[i], &out[i])
			}
		}
		return out
	}
}

func (b *bug) Recheck(ctx context.Context, replica string, now time.Time, ids []int64) ([]int64, error) {
	if b.blind {
		return nil, nil
	}
	ids = slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return b.unseen[id] })
	return b.Store.Recheck(ctx, replica, now, ids)
}

func (b *bug) Settle(ctx context.Context, results []models.SendResult, plan models.Planning) error {
	if b.settle != nil {
		results = slices.Clone(results)
		b.settle(b, results)
	}
	err := b.Store.Settle(ctx, results, b.planning(plan))
	if err == nil && b.settled != nil {
		b.settled(b)
	}
	return err
}

func (b *bug) Rescue(ctx context.Context, replica string, inFlight []int64, now time.Time, silent time.Duration) (int, int, error) {
	back, lost, err := b.Store.Rescue(ctx, replica, inFlight, now, silent)
	if err == nil && b.rescue != nil {
		b.rescue(b, now)
	}
	return back, lost, err
}

// pauseless records replies and drops what they do to the enrollments.
type pauseless struct{ *store.Store }

func (s *pauseless) RecordInbound(ctx context.Context, rec models.InboundRecord, engage func(models.Person) models.Effects) (models.Recorded, error) {
	return s.Store.RecordInbound(ctx, rec, func(p models.Person) models.Effects {
		e := engage(p)
		if rec.Verdict.Class == models.ClassHuman {
			e.Pauses, e.Finishes = nil, nil
		}
		return e
	})
}
