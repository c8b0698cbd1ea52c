package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
)

// The whole story of a booked call-back: confirmation at once, reminder the
// day before at nine, call task at the booked minute, nobody answers,
// voicemail, ten minutes later a text.
func TestStoryBookedCallBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v := w.publish(bookedCallBack())
		call := w.local("2026-11-27 15:00")
		e := w.enroll(v.SequenceID, func(r *scheduler.EnrollRequest) { r.CallAt = &call })
		w.tickAt(w.now())
		confirmation := w.line.messages()
		if len(confirmation) != 1 || confirmation[0].Channel != models.ChannelEmail || !strings.Contains(confirmation[0].Text, "27") {
			t.Fatalf("confirmation: %+v", confirmation)
		}
		booked := fmt.Sprintf("email 2026-11-23 10:00: %s", confirmation[0].Subject)

		w.runUntil(w.local("2026-11-26 08:59"))
		w.wantSent(booked)
		w.runUntil(w.local("2026-11-27 14:59"))
		w.wantSent(booked, "email 2026-11-26 09:00: Our call tomorrow")
		if tasks, _ := s.OpenTasksAfter(w.ctx, 0); len(tasks) != 0 {
			t.Fatalf("a minute early: %+v", tasks)
		}

		w.tickAt(call)
		task := w.openTask(models.TaskCall)
		if !task.DueAt.Equal(call) || task.Prep.TalkingPoint != "The reason I'm calling is a new rule concerns you" || task.Prep.Number != w.Cell.Value {
			t.Fatalf("%+v", task)
		}
		_, err := s.CloseCall(w.ctx, models.CallResult{TaskID: task.ID, UserID: w.Rep.ID, Outcome: models.OutcomeNoAnswer, Now: call.Add(2 * time.Minute)})
		w.ok(err)
		w.tickAt(call.Add(2 * time.Minute))
		w.runUntil(call.Add(24 * time.Hour))
		w.wantSent(booked, "email 2026-11-26 09:00: Our call tomorrow",
			"voicemail 2026-11-27 15:02: Please call me back.", "sms 2026-11-27 15:12: I tried to reach you.")
		if got := w.enrollment(e.ID); got.State != models.EnrollmentFinished || got.Outcome != models.FinishCompleted {
			t.Errorf("%s %s", got.State, got.Outcome)
		}
	})
}

// A paused enrollment sends nothing; what was left of its delay goes on after.
func TestPauseStopsSends(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(w.Sequence.ID)
		w.tickAt(w.now())
		w.wantSent("email 2026-11-23 10:00: Your question")
		// The second email is due on Wednesday at nine; a day of it is left.
		paused := w.local("2026-11-24 12:00")
		w.tickAt(paused)
		w.ok(s.PauseEnrollment(w.ctx, e.ID, nil, models.UserActor(w.Rep.ID), paused))
		w.runUntil(w.local("2026-12-01 12:00"))
		w.wantSent("email 2026-11-23 10:00: Your question")
		w.ok(s.ResumeEnrollment(w.ctx, e.ID, models.UserActor(w.Rep.ID), w.now()))
		w.runUntil(w.local("2026-12-02 23:00"))
		w.wantSent("email 2026-11-23 10:00: Your question", "email 2026-12-02 09:00: Your question")
	})
}

// What is stopped between the claim and the hand-over does not leave.
func TestStoppedJustBeforeTheHandOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(w.Sequence.ID)
		w.store.beforeRecheck = func() {
			w.ok(s.PauseEnrollment(w.ctx, e.ID, nil, models.UserActor(w.Rep.ID), w.now()))
		}
		w.tickAt(w.now())
		w.wantSent()
		w.store.beforeRecheck = nil
		w.ok(s.ResumeEnrollment(w.ctx, e.ID, models.UserActor(w.Rep.ID), w.now()))
		w.tickAt(w.now().Add(time.Minute))
		w.wantSent("email 2026-11-23 10:01: Your question")
	})
}

// A replica that was frozen between claim and hand-over sends nothing when it
// wakes up; the touch is sent once, later.
func TestSendByExpired(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.enroll(w.Sequence.ID)
		began := w.now()
		w.store.beforeRecheck = func() { w.setClock(began.Add(31 * time.Second)) }
		w.tickAt(began)
		w.wantSent()
		w.store.beforeRecheck = nil
		w.tickAt(began.Add(time.Minute))
		w.tickAt(began.Add(2 * time.Minute))
		w.wantSent("email 2026-11-23 10:01: Your question")
	})
}

// Refused for now: tried again later, as a new attempt, and sent once.
func TestRetry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(w.Sequence.ID)
		w.line.fail = func(m models.Message) error {
			if m.Attempt == 1 {
				return &channels.SendError{Class: models.SendTransient, Code: "451", Detail: "come back", RetryAfter: 5 * time.Minute}
			}
			return nil
		}
		w.tickAt(w.now())
		held := w.touch(e.ID, "first")
		if held.State != models.TouchPlanned || held.HoldReason != models.HoldRetry || held.DueAt.Before(w.now().Add(5*time.Minute)) || !held.PromisedAt.Equal(w.now()) {
			t.Fatalf("%+v", held)
		}
		w.tickAt(held.DueAt.Add(-time.Second))
		w.wantSent()
		w.tickAt(held.DueAt)
		if sent := w.line.messages(); len(sent) != 1 || sent[0].Attempt != 2 {
			t.Fatalf("%+v", sent)
		}
		if got := w.touch(e.ID, "first"); got.State != models.TouchSent || got.EndReason != models.EndSent {
			t.Errorf("%+v", got)
		}
	})
}

// Refused for good: the next step follows.
func TestRefusedForGood(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(w.Sequence.ID)
		w.line.fail = func(m models.Message) error { return channels.Refuse("554", "not here") }
		w.tickAt(w.now())
		if got := w.touch(e.ID, "first"); got.State != models.TouchFailed {
			t.Fatalf("%+v", got)
		}
		if got := w.touch(e.ID, "second"); got.State != models.TouchPlanned {
			t.Fatalf("%+v", got)
		}
	})
}

// Handed over, perhaps: never sent again by itself, however long it takes,
// whether the channel lost the answer or failed altogether.
func TestAmbiguousIsNeverResent(t *testing.T) {
	for name, fail := range map[string]func(models.Message) error{
		"answer lost":   func(models.Message) error { return errors.New("connection reset") },
		"channel fails": func(models.Message) error { panic("boom") },
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				e := w.enroll(w.Sequence.ID)
				calls := 0
				w.line.fail = func(m models.Message) error { calls++; return fail(m) }
				w.tickAt(w.now())
				if got := w.touch(e.ID, "first"); got.State != models.TouchUnconfirmed {
					t.Fatalf("%+v", got)
				}
				for range 50 {
					w.tickAt(w.now().Add(time.Hour))
				}
				if calls != 1 {
					t.Errorf("handed over %d times", calls)
				}
				if got := w.touch(e.ID, "first"); got.State != models.TouchUnconfirmed {
					t.Errorf("%+v", got)
				}
				if task := w.openTask(models.TaskResolve); task.Reason != models.AttentionUnconfirmed {
					t.Errorf("%+v", task)
				}
			})
		})
	}
}

// A reconciler that finds it settles it; one that proves its absence has it
// sent again.
func TestReconcile(t *testing.T) {
	for _, c := range []struct {
		fate  channels.Finding
		sends int
	}{{channels.Found, 1}, {channels.Absent, 2}} {
		t.Run(string(c.fate), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				e := w.enroll(w.Sequence.ID)
				calls := 0
				w.line.fail = func(models.Message) error {
					if calls++; calls == 1 {
						return errors.New("connection reset")
					}
					return nil
				}
				w.line.fate = func(models.Message) channels.Finding { return c.fate }
				w.tickAt(w.now())
				w.tickAt(w.now().Add(time.Minute))
				w.tickAt(w.now().Add(time.Minute))
				if got := w.touch(e.ID, "first"); got.State != models.TouchSent {
					t.Errorf("%+v", got)
				}
				if calls != c.sends {
					t.Errorf("handed over %d times, want %d", calls, c.sends)
				}
			})
		})
	}
}

// One person's unknown zone or unfillable text is asked about; everybody
// else's goes out.
func TestOnePersonsTroubleStopsNobodyElse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v := w.publish(models.Definition{Key: "news", Name: "News", CountsAsFollowUp: true, Steps: []models.Step{
			{Key: "one", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "For {{ prospect.first_name }}", Body: "Hello",
				Timing: models.Timing{Kind: models.TimingAfter, Days: 1, At: tod("09:00")}},
		}})
		add := func(first, zone string) models.Enrollment {
			p, err := s.CreateProspect(w.ctx, models.Prospect{OwnerID: w.Rep.ID, FirstName: first, LastName: "Example", Zone: zone, Locale: "en-US"}, nil,
				[]models.ContactPoint{{Kind: models.ContactEmail, Value: fmt.Sprintf("%s.%d@example.com", strings.ToLower(first), len(zone)), Label: models.LabelWork}},
				[]models.Consent{{ContactPointID: 1, Channel: models.ChannelEmail, Basis: models.ConsentInquiry}}, models.ActorSystem, w.now())
			w.ok(err)
			return w.enroll(v.SequenceID, func(r *scheduler.EnrollRequest) { r.ProspectID = p.ID })
		}
		good := add("Ann", "America/New_York")
		lost := add("Bob", "Mars/Olympus_Mons")
		nameless := add("", "America/New_York")
		also := add("Cid", "America/New_York")
		w.runUntil(w.local("2026-11-24 12:00"))
		w.wantSent("email 2026-11-24 09:00: For Ann", "email 2026-11-24 09:00: For Cid")
		for _, e := range []models.Enrollment{good, also} {
			if got := w.enrollment(e.ID); got.State != models.EnrollmentFinished {
				t.Errorf("%+v", got)
			}
		}
		for _, e := range []models.Enrollment{lost, nameless} {
			if got := w.enrollment(e.ID); !got.PausedFor(models.PauseNeedsAttention) {
				t.Errorf("%+v", got)
			}
		}
		tasks, err := s.OpenTasksAfter(w.ctx, 0)
		w.ok(err)
		reasons := map[models.Reason]bool{}
		for _, task := range tasks {
			reasons[task.Reason] = true
			if task.Title == "" || task.Detail == "" {
				t.Errorf("a task that explains nothing: %+v", task)
			}
		}
		if len(tasks) != 2 || !reasons[models.AttentionZone] || !reasons[models.AttentionRender] {
			t.Errorf("%+v", tasks)
		}
	})
}

// In Synchronous mode the same story gives the same messages in the same
// order, token for token.
func TestSynchronousIsDeterministic(t *testing.T) {
	play := func() []string {
		w := newWorld(t, storetest.SQLite(t))
		for i := range 30 {
			p, err := w.store.CreateProspect(w.ctx, models.Prospect{OwnerID: w.Rep.ID, FirstName: fmt.Sprint("P", i), LastName: "Example", Zone: "America/New_York", Locale: "en-US"}, nil,
				[]models.ContactPoint{{Kind: models.ContactEmail, Value: fmt.Sprintf("p%d@example.com", i), Label: models.LabelWork}}, nil, models.ActorSystem, w.now())
			w.ok(err)
			w.enroll(w.Sequence.ID, func(r *scheduler.EnrollRequest) { r.ProspectID = p.ID })
		}
		w.runUntil(w.local("2026-12-05 12:00"))
		var all []string
		for i, m := range w.line.sent {
			all = append(all, fmt.Sprint(w.line.at[i].Unix(), m.Token, m.ToAddress, m.Subject, m.Text))
		}
		return all
	}
	first, second := play(), play()
	if len(first) != 60 || !reflect.DeepEqual(first, second) {
		t.Errorf("%d and %d messages, equal: %v", len(first), len(second), reflect.DeepEqual(first, second))
	}
}

// Two replicas on one database, sending at once: nobody gets anything twice.
func TestTwoReplicasNeverSendTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		const people = 80
		for i := range people {
			p, err := s.CreateProspect(w.ctx, models.Prospect{OwnerID: w.Rep.ID, FirstName: fmt.Sprint("P", i), LastName: "Example", Zone: "America/New_York", Locale: "en-US"}, nil,
				[]models.ContactPoint{{Kind: models.ContactEmail, Value: fmt.Sprintf("p%d@example.com", i), Label: models.LabelWork}}, nil, models.ActorSystem, w.now())
			w.ok(err)
			w.enroll(w.Sequence.ID, func(r *scheduler.EnrollRequest) { r.ProspectID = p.ID })
		}
		ctx, cancel := context.WithTimeout(w.ctx, time.Minute)
		defer cancel()
		engines := []*scheduler.Scheduler{w.engine("a"), w.engine("b")}
		done := make(chan error, len(engines))
		for _, e := range engines {
			e.Slots = 5
			go func() {
				for ctx.Err() == nil && len(w.line.messages()) < people {
					if err := e.Tick(ctx, w.now()); err != nil {
						done <- err
						return
					}
					e.Drain()
				}
				done <- nil
			}()
		}
		for range engines {
			w.ok(<-done)
		}
		w.ok(engines[0].Tick(w.ctx, w.now()))
		engines[0].Drain()
		got := map[string]int{}
		for _, m := range w.line.messages() {
			got[m.ToAddress]++
		}
		if len(got) != people {
			t.Errorf("%d people got something, want %d", len(got), people)
		}
		for to, n := range got {
			if n != 1 {
				t.Errorf("%s got it %d times", to, n)
			}
		}
	})
}

// Run ticks by itself, at once when it is woken, and ends when told to with
// everything settled.
func TestRunSendsAndDrains(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	w.sched.Synchronous = false
	w.line.taken = make(chan models.Message, 1)
	before := goleak.IgnoreCurrent()
	ctx, cancel := context.WithCancel(w.ctx)
	ended := make(chan error, 1)
	go func() { ended <- w.sched.Run(ctx) }()
	e := w.enroll(w.Sequence.ID)
	select {
	case <-w.line.taken:
	case <-time.After(30 * time.Second):
		t.Fatal("nothing was sent")
	}
	cancel()
	w.ok(<-ended)
	if got := w.touch(e.ID, "first"); got.State != models.TouchSent {
		t.Errorf("not settled: %+v", got)
	}
	goleak.VerifyNone(t, before)
}

// A year of Mondays at nine, over both clock changes, and never a follow-up
// past the limit.
func TestYear(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	weekly := w.publish(models.Definition{Key: "weekly", Name: "Weekly", Steps: []models.Step{
		{Key: "news", Channel: models.ChannelEmail, Purpose: models.PurposeRecurring, Subject: "News", Body: "Hello", Timing: models.Timing{Kind: models.TimingRecurring, Cron: "0 9 * * 1"}},
	}})
	steps := make([]models.Step, 12)
	for i := range steps {
		steps[i] = models.Step{Key: fmt.Sprint("s", i), Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "Follow-up", Body: "Hello",
			Timing: models.Timing{Kind: models.TimingAfter, BusinessDays: 3, At: tod("11:00")}}
	}
	steps[11].Purpose, steps[11].Subject = models.PurposeGoodbye, "Goodbye"
	chase := w.publish(models.Definition{Key: "chase", Name: "Chase", CountsAsFollowUp: true, Steps: steps})
	regular := w.enroll(weekly.SequenceID)
	chased := w.enroll(chase.SequenceID)
	w.runUntil(w.now().AddDate(1, 0, 0))

	loc, err := models.LoadZone("America/New_York")
	w.ok(err)
	count := map[string]int{}
	for i, m := range w.line.sent {
		count[m.Subject]++
		at := w.line.at[i].In(loc)
		if m.Subject == "News" && (at.Weekday() != time.Monday || at.Format("15:04") != "09:00") {
			t.Errorf("news at %s", at)
		}
	}
	if count["News"] != 52 || count["Follow-up"] != 7 || count["Goodbye"] != 1 {
		t.Errorf("%v", count)
	}
	if got := w.enrollment(regular.ID); !got.Active() {
		t.Errorf("regular customers stay: %+v", got)
	}
	if got := w.enrollment(chased.ID); got.Outcome != models.FinishCompleted {
		t.Errorf("%+v", got)
	}
}
