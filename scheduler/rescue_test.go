package scheduler_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
)

// The answer to a COMMIT was lost: what this replica does not hold in memory
// was never handed over, and is sent once.
func TestRescueOfALostCommit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(w.Sequence.ID)
		w.store.loseClaim = true
		if err := w.sched.Tick(w.ctx, w.now()); err == nil {
			t.Fatal("the failure should be reported")
		}
		if got := w.touch(e.ID, "first"); got.State != models.TouchSending {
			t.Fatalf("%+v", got)
		}
		w.wantSent()
		w.tickAt(w.now().Add(11 * time.Second))
		w.tickAt(w.now().Add(11 * time.Second))
		if got := w.touch(e.ID, "first"); got.State != models.TouchSent || len(w.line.messages()) != 1 {
			t.Errorf("%d sent, %+v", len(w.line.messages()), got)
		}
	})
}

// What a replica was sending when it died may have left: it is never sent
// again by itself; only where its absence is proved, and the replica's end.
func TestRescueOfADeadReplica(t *testing.T) {
	for _, c := range []struct {
		fate  channels.Finding
		state models.TouchState
		sends int
	}{
		{channels.Unknown, models.TouchUnconfirmed, 0},
		{channels.Found, models.TouchSent, 0},
		{channels.Absent, models.TouchSent, 1},
	} {
		t.Run(string(c.fate), func(t *testing.T) {
			w := newWorld(t, storetest.SQLite(t))
			e := w.enroll(w.Sequence.ID)
			dead := w.engine("dead")
			dead.Synchronous = true
			_, err := w.store.PlanDue(w.ctx, w.now(), 10, func(_ context.Context, ins []models.PlanInput) []models.PlanResult {
				var all []models.PlanResult
				for _, in := range ins {
					all = append(all, scheduler.Plan(in, w.now(), scheduler.NewCalendar(), dead.Channels))
				}
				return all
			})
			w.ok(err)
			w.ok(w.store.Heartbeat(w.ctx, "dead", w.now(), 0))
			gate := scheduler.Gate{Now: w.now(), Channels: dead.Channels, NewToken: dead.NewToken}
			claimed, err := w.store.Store.ClaimDue(w.ctx, models.ClaimRequest{Now: w.now(), Replica: "dead", Slots: 1, Batch: 10, SendFor: 30 * time.Second},
				func(_ context.Context, dues []models.Due) []models.Decision {
					var all []models.Decision
					for _, d := range dues {
						all = append(all, scheduler.Judge(d, gate))
					}
					return all
				})
			w.ok(err)
			if len(claimed.Dispatches) != 1 {
				t.Fatalf("%+v", claimed)
			}
			w.line.fate = func(models.Message) channels.Finding { return c.fate }
			for range 12 { // five minutes each
				w.tickAt(w.now().Add(5 * time.Minute))
			}
			if got := w.touch(e.ID, "first"); got.State != c.state || len(w.line.messages()) != c.sends {
				t.Errorf("%d sent, %+v", len(w.line.messages()), got)
			}
		})
	}
}

// With the database away there is no use in asking providers about one touch
// after the other: nothing of it could be kept. It goes on once it is back.
func TestReconcileStopsWhileTheDatabaseIsAway(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	asked := 0
	w.line.fail = func(models.Message) error { return &channels.SendError{Class: models.SendAmbiguous} }
	w.line.fate = func(models.Message) channels.Finding { asked++; return channels.Found }
	const people = 12
	var enrolled []models.Enrollment
	for i := range people {
		p, err := w.store.CreateProspect(w.ctx, models.Prospect{OwnerID: w.Rep.ID, FirstName: fmt.Sprint("P", i), LastName: "Example", Zone: "America/New_York", Locale: "en-US"}, nil,
			[]models.ContactPoint{{Kind: models.ContactEmail, Value: fmt.Sprintf("p%d@example.com", i), Label: models.LabelWork}}, nil, models.ActorSystem, w.now())
		w.ok(err)
		enrolled = append(enrolled, w.enroll(w.Sequence.ID, func(r *scheduler.EnrollRequest) { r.ProspectID = p.ID }))
	}
	w.store.away = true
	w.tickAt(w.now())
	at := w.now().Add(time.Minute)
	w.setClock(at)
	_ = w.sched.Tick(w.ctx, at)
	if asked == 0 || asked > 5 || w.store.reconciles > 5 {
		t.Errorf("%d providers were asked and %d findings tried to record, with the database away", asked, w.store.reconciles)
	}
	w.store.away = false
	for range 3 {
		w.tickAt(w.now().Add(2 * time.Minute))
	}
	for _, e := range enrolled {
		if got := w.touch(e.ID, "first"); got.State != models.TouchSent {
			t.Errorf("touch %d is %s after the database came back", got.ID, got.State)
		}
	}
}

// Settling is retried until the database is back: what was handed over is not
// forgotten, and not handed over again.
func TestSettleOutlastsTheDatabase(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	e := w.enroll(w.Sequence.ID)
	w.store.failSettles = 3
	w.tickAt(w.now())
	if got := w.touch(e.ID, "first"); got.State != models.TouchSent || len(w.line.messages()) != 1 {
		t.Errorf("%d sent, %+v", len(w.line.messages()), got)
	}
}

// The times of the rescue are the engine's own: short ones take up soon what
// a silent replica left, and not before.
func TestRescueAtItsOwnPace(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	e := w.enroll(w.Sequence.ID)
	dead, next := w.engine("dead"), w.engine("next")
	dead.Synchronous, dead.SendFor = true, time.Second
	next.Synchronous, next.SilentAfter, next.RescueEvery = true, 5*time.Second, time.Second
	w.store.loseClaim = true
	if err := dead.Tick(w.ctx, w.now()); err == nil {
		t.Fatal("the failure should be reported")
	}
	died := w.now()
	for after, want := range []models.TouchState{4: models.TouchSending, 7: models.TouchUnconfirmed} {
		if want == "" {
			continue
		}
		w.setClock(died.Add(time.Duration(after) * time.Second))
		w.ok(next.Tick(w.ctx, w.now()))
		if got := w.touch(e.ID, "first"); got.State != want {
			t.Errorf("%d s later it is %s, want %s", after, got.State, want)
		}
	}
}

// A touch that nobody began is claimed again by the same replica while the
// settling of its first attempt is on its way out: what is being handed over
// then is known, and the rescue leaves it alone.
func TestRescueKnowsTheSecondAttempt(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	e := w.enroll(w.Sequence.ID)
	engine := w.engine("replica-2")
	ticked, held, settled := make(chan struct{}), make(chan struct{}), make(chan int, 10)
	w.line.fail = func(m models.Message) error {
		if m.Attempt == 1 {
			<-ticked
			return &channels.SendError{Class: models.SendStopped, Detail: "too late for this hand-over"}
		}
		<-held
		return nil
	}
	attempts := 0
	w.store.afterSettle = func() {
		if attempts++; attempts == 1 { // its COMMIT is done, and it is not back yet
			w.ok(engine.Tick(w.ctx, w.now()))
			if got := w.touch(e.ID, "first"); got.State != models.TouchSending || got.Attempt != 2 {
				t.Errorf("it was not claimed again: %+v", got)
			}
		}
		settled <- attempts
	}
	w.ok(engine.Tick(w.ctx, w.now()))
	close(ticked)
	<-settled
	for engine.Settling() {
		runtime.Gosched()
	}
	w.setClock(w.now().Add(11 * time.Second))
	w.ok(engine.Tick(w.ctx, w.now()))
	if got := w.touch(e.ID, "first"); got.State != models.TouchSending || got.Attempt != 2 {
		t.Errorf("what is being handed over was planned again: %+v", got)
	}
	close(held)
	<-settled
	if n := len(w.line.messages()); n != 1 {
		t.Errorf("it was handed over %d times", n)
	}
}
