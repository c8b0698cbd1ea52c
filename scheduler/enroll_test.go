package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
)

// Enrolling says why not, where, and what to do.
func TestEnrollRefuses(t *testing.T) {
	for _, c := range []struct {
		name     string
		anchored bool
		mend     func(*world, *scheduler.EnrollRequest)
		code     models.ErrorCode
		says     string
	}{
		{"a call in the past", true, func(w *world, r *scheduler.EnrollRequest) { r.CallAt = ptr(w.now().Add(-time.Hour)) }, models.CodeInvalid, "1 hour ago"},
		{"no call", true, nil, models.CodeInvalid, "give the call's date and time"},
		{"a call that the sequence does not hang on", false, func(w *world, r *scheduler.EnrollRequest) { r.CallAt = ptr(w.now().Add(time.Hour)) }, models.CodeInvalid, "hangs on no booked call"},
		{"another's appointment", true, func(_ *world, r *scheduler.EnrollRequest) { r.AppointmentID = ptr(int64(4711)) }, models.CodeNotFound, "does not exist"},
		{"an impossible length", true, func(w *world, r *scheduler.EnrollRequest) { r.CallAt, r.CallMinutes = ptr(w.now().Add(time.Hour)), -5 }, models.CodeInvalid, "minutes"},
		{"opted out", false, func(w *world, r *scheduler.EnrollRequest) {
			_, err := w.store.Suppress(w.ctx, models.Suppression{Scope: models.SuppressPerson, ProspectID: &w.Prospect.ID, Reason: models.FailOptedOut, Source: "hand", By: models.ActorSystem, CreatedAt: w.now()})
			w.ok(err)
		}, models.CodeRefused, "asked not to be contacted"},
		{"twice", false, func(w *world, r *scheduler.EnrollRequest) { w.enroll(w.Sequence.ID) }, models.CodeConflict, "already"},
		{"nobody there", false, func(_ *world, r *scheduler.EnrollRequest) { r.ProspectID = 4711 }, models.CodeNotFound, "4711"},
		{"no sequence", false, func(_ *world, r *scheduler.EnrollRequest) { r.SequenceID = 4711 }, models.CodeNotFound, "4711"},
		{"nothing to reach them by", false, func(w *world, r *scheduler.EnrollRequest) {
			p, err := w.store.CreateProspect(w.ctx, models.Prospect{OwnerID: w.Rep.ID, FirstName: "Nia", Zone: "America/New_York"}, nil, nil, nil, models.ActorSystem, w.now())
			w.ok(err)
			r.ProspectID = p.ID
		}, models.CodeRefused, "no working contact point"},
		{"a booked call without a phone", true, func(w *world, r *scheduler.EnrollRequest) {
			p, err := w.store.CreateProspect(w.ctx, models.Prospect{OwnerID: w.Rep.ID, FirstName: "Nia", Zone: "America/New_York"}, nil,
				[]models.ContactPoint{{Kind: models.ContactEmail, Value: "nia@example.com", Label: models.LabelWork}}, nil, models.ActorSystem, w.now())
			w.ok(err)
			r.ProspectID, r.CallAt = p.ID, ptr(w.now().Add(time.Hour))
		}, models.CodeRefused, "no phone number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, storetest.SQLite(t))
			req := scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: w.Sequence.ID, RepID: w.Rep.ID, By: models.ActorSystem}
			if c.anchored {
				req.SequenceID = w.publish(bookedCallBack()).SequenceID
			}
			if c.mend != nil {
				c.mend(w, &req)
			}
			_, err := w.sched.Enroll(w.ctx, req)
			if models.CodeOf(err) != c.code || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", models.CodeOf(err), err)
			}
		})
	}
}

// A sequence hangs on the call that is booked already, where none is named.
func TestEnrollHangsOnABookedCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v := w.publish(bookedCallBack())
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.Prospect.ID, RepID: w.Rep.ID, StartsAt: w.local("2026-11-27 15:00"), Minutes: 20, By: models.ActorSystem, Now: w.now()})
		w.ok(err)
		e := w.enroll(v.SequenceID)
		if e.AppointmentID == nil || *e.AppointmentID != a.ID {
			t.Fatalf("%+v", e)
		}
		w.runUntil(w.local("2026-11-27 15:00"))
		w.wantSent("email 2026-11-26 09:00: Our call tomorrow")
		if task := w.openTask(models.TaskCall); *task.AppointmentID != a.ID {
			t.Errorf("%+v", task)
		}
	})
}

// A preview shows every date and text before anything is saved, as the
// engine will do it.
func TestPreview(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	v := w.publish(bookedCallBack())
	call := w.local("2026-11-27 15:00")
	req := scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID, RepID: w.Rep.ID, CallAt: &call}
	steps, refusals, err := w.sched.Preview(w.ctx, req)
	w.ok(err)
	if len(refusals) != 0 || len(steps) != 4 {
		t.Fatalf("%d steps, %v", len(steps), refusals)
	}
	want := []struct {
		key, local, body, condition string
		estimated                   bool
	}{
		{"reminder", "Thu 26 Nov 2026 09:00 EST", "Until tomorrow, Pat.", "", false},
		{"call", "Fri 27 Nov 2026 15:00 EST", "The reason I'm calling is a new rule concerns you", "", false},
		{"voicemail", "Fri 27 Nov 2026 15:00 EST", "Please call me back.", "if the call was not answered", true},
		{"text", "Fri 27 Nov 2026 15:10 EST", "I tried to reach you.", "if the call was not answered", true},
	}
	for i, s := range steps {
		if s.StepKey != want[i].key || s.Local != want[i].local || !strings.Contains(s.Body, want[i].body) || s.Condition != want[i].condition ||
			s.Estimated != want[i].estimated || s.Skipped || s.Why == "" || s.ContactPoint == nil {
			t.Errorf("%+v", s)
		}
	}
	if found, _ := w.store.OpenTasksAfter(w.ctx, 0); len(found) != 0 || len(w.line.messages()) != 0 {
		t.Error("a preview changes nothing")
	}
	if _, again, err := w.sched.Preview(w.ctx, req); err != nil || len(again) != 0 {
		t.Errorf("%v %v", again, err)
	}
}

// What would stop it is named, all of it.
func TestPreviewRefusals(t *testing.T) {
	t.Run("no call", func(t *testing.T) {
		w := newWorld(t, storetest.SQLite(t))
		v := w.publish(bookedCallBack())
		steps, refusals, err := w.sched.Preview(w.ctx, scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID})
		w.ok(err)
		if len(steps) != 0 || len(refusals) != 1 || !strings.Contains(refusals[0], "booked call") {
			t.Errorf("%v", refusals)
		}
	})
	t.Run("a variable without a value, and a zone nobody knows", func(t *testing.T) {
		w := newWorld(t, storetest.SQLite(t))
		p, err := w.store.CreateProspect(w.ctx, models.Prospect{OwnerID: w.Rep.ID, LastName: "Example"}, nil,
			[]models.ContactPoint{{Kind: models.ContactEmail, Value: "x@example.com", Label: models.LabelWork}},
			[]models.Consent{{ContactPointID: 1, Channel: models.ChannelEmail, Basis: models.ConsentInquiry}}, models.ActorSystem, w.now())
		w.ok(err)
		steps, refusals, err := w.sched.Preview(w.ctx, scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: w.Sequence.ID})
		w.ok(err)
		if len(refusals) != 2 || !strings.Contains(refusals[0], "first_name") || !strings.Contains(refusals[1], "time zone") {
			t.Errorf("%q", refusals)
		}
		if len(steps) != 1 || steps[0].Reason != models.AttentionRender {
			t.Errorf("%+v", steps)
		}
	})
	t.Run("a reminder that is too late is shown as left out", func(t *testing.T) {
		w := newWorld(t, storetest.SQLite(t))
		v := w.publish(bookedCallBack())
		steps, refusals, err := w.sched.Preview(w.ctx, scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID, CallAt: ptr(w.now().Add(40 * time.Minute))})
		w.ok(err)
		if len(refusals) != 0 || !steps[0].Skipped || !strings.Contains(steps[0].Why, "the call was 40 minutes away when it was booked") {
			t.Errorf("%v %+v", refusals, steps)
		}
	})
}

// What a running enrollment still has before it.
func TestUpcoming(t *testing.T) {
	w := newWorld(t, storetest.SQLite(t))
	e := w.enroll(w.Sequence.ID)
	w.tickAt(w.now())
	upcoming := func() []models.PlannedStep {
		in, err := w.store.PlanOf(w.ctx, e.ID)
		w.ok(err)
		return w.sched.Upcoming(w.ctx, in)
	}
	steps := upcoming()
	if len(steps) != 2 || steps[0].Local != "Wed 25 Nov 2026 09:00 EST" || steps[1].Local != "Fri 27 Nov 2026 09:00 EST" || steps[1].Channel != models.ChannelSMS {
		t.Fatalf("%+v", steps)
	}
	w.ok(w.store.PauseEnrollment(w.ctx, e.ID, nil, models.ActorSystem, w.now()))
	if steps = upcoming(); len(steps) != 2 || !steps[0].Estimated {
		t.Errorf("paused: %+v", steps)
	}
	w.ok(w.store.FinishEnrollment(w.ctx, e.ID, models.FinishRemoved, models.ActorSystem, w.now()))
	if steps = upcoming(); len(steps) != 0 {
		t.Errorf("finished: %+v", steps)
	}
}
