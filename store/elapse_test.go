package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestLiftElapsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		until := w.now.Add(24 * time.Hour)
		one, two := w.enroll(follow("a", after(0, 0, 0, 0))), w.enroll(follow("b", after(0, 0, 0, 0)))
		w.ok(s.PauseEnrollment(w.ctx, one.ID, &until, w.by, w.now))
		w.ok(s.PauseEnrollment(w.ctx, two.ID, &until, w.by, w.now))
		w.ok(w.db.Create(&models.Pause{EnrollmentID: two.ID, Reason: models.PauseReplied, CreatedAt: w.now}).Error)

		n, err := s.LiftElapsed(w.ctx, until.Add(-time.Second), 10)
		w.ok(err)
		w.want("before the time", n, 0)
		n, err = s.LiftElapsed(w.ctx, until, 10)
		w.ok(err)
		w.want("at the time", n, 2)
		w.isEnrollment(one.ID, models.EnrollmentActive, true)
		w.isEnrollment(two.ID, models.EnrollmentPaused, false)
		if got := w.pauses(two.ID); len(got) != 1 || got[0] != models.PauseReplied {
			t.Errorf("what remains: %v", got)
		}
		n, err = s.LiftElapsed(w.ctx, until, 10)
		w.ok(err)
		w.want("again", n, 0)
	})
}

func TestMissBookedCalls(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v, err := s.PublishSequence(w.ctx, callBack("cb"), "", "", false, nil, w.now)
		w.ok(err)
		e, err := s.Enroll(w.ctx, models.NewEnrollment{ProspectID: w.person.ID, SequenceID: v.SequenceID, By: w.by, Now: w.now,
			Booking: &models.Booking{StartsAt: w.now.Add(time.Hour)}})
		w.ok(err)
		starts := w.now.Add(time.Hour)
		open := w.open(load[models.Appointment](w, *e.AppointmentID))

		miss := func(at time.Time) int {
			t.Helper()
			n, err := s.MissBookedCalls(w.ctx, at, 10)
			w.ok(err)
			return n
		}
		w.want("within the time", miss(starts.Add(models.MissedAfter-time.Second)), 0)
		w.want("past it", miss(starts.Add(models.MissedAfter)), 1)
		w.want("again", miss(starts.Add(time.Hour)), 0)
		w.isTouch(*open.TouchID, models.TouchMissed, models.EndMissed)
		if got := load[models.Task](w, open.ID); got.State != models.TaskMissed {
			t.Errorf("the task is %s", got.State)
		}
		if a := load[models.Appointment](w, *e.AppointmentID); a.State != models.AppointmentMissed {
			t.Errorf("the appointment is %s", a.State)
		}
		w.isEnrollment(e.ID, models.EnrollmentPaused, false)
		var task models.Task
		w.ok(w.db.Where("reason = ? AND state = 'open'", models.AttentionMissedCall).Take(&task).Error)
		if task.UserID != w.rep.ID || !task.Urgent {
			t.Errorf("the rep's task: %+v", task)
		}
		_, err = s.CloseTask(w.ctx, task.ID, models.TaskDone, "", w.by, w.now)
		w.ok(err)
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
		in, err := s.PlanOf(w.ctx, e.ID)
		w.ok(err)
		if in.LastCall != "" {
			t.Errorf("a missed call counts as %q", in.LastCall)
		}
	})
}

func TestMissedWithoutScheduler(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now.Add(-time.Hour), By: w.by, Now: w.now})
		w.ok(err)
		n, err := s.MissBookedCalls(w.ctx, w.now, 10)
		w.ok(err)
		w.want("missed", n, 1)
		w.isTouch(w.bookedCall(a.ID).ID, models.TouchMissed, models.EndMissed)
	})
}

func TestDialedCallIsNotMissed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now, By: w.by, Now: w.now})
		w.ok(err)
		task := w.open(a)
		for _, at := range []time.Time{w.now.Add(time.Minute), w.now.Add(5 * time.Minute)} {
			got, err := s.Dialed(w.ctx, task.ID, w.by, at)
			w.ok(err)
			if got.DialedAt == nil || !got.DialedAt.Equal(w.now.Add(time.Minute)) {
				t.Errorf("dialed at %v", got.DialedAt)
			}
		}
		n, err := s.MissBookedCalls(w.ctx, w.now.Add(time.Hour), 10)
		w.ok(err)
		w.want("missed", n, 0)
		_, err = s.CloseCall(w.ctx, models.CallResult{TaskID: task.ID, UserID: w.rep.ID, Outcome: models.OutcomeMeetingHeld, Now: w.now.Add(time.Hour)})
		w.ok(err)
		w.isTouch(*task.TouchID, models.TouchDone, models.EndDone)
	})
}

func TestHealth(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		h, err := s.Health(w.ctx, w.now)
		w.ok(err)
		if h.Due != 0 || h.Lag != 0 || !h.LastTick.IsZero() {
			t.Errorf("an empty workspace: %+v", h)
		}
		w.queue(models.Touch{StepKey: "late", DueAt: w.now.Add(-7 * time.Minute)})
		w.queue(models.Touch{StepKey: "urgent", Urgent: true})
		w.touch(models.Touch{StepKey: "task", Kind: models.TouchTask, Channel: models.ChannelCall, DueAt: w.now})
		w.touch(models.Touch{StepKey: "held", HoldReason: models.HoldQuietHours})
		w.touch(models.Touch{StepKey: "sending", State: models.TouchSending})
		w.touch(models.Touch{StepKey: "lost", State: models.TouchUnconfirmed})
		e := w.enroll(follow("f", after(0, 0, 0, 0)))
		w.ok(s.PauseEnrollment(w.ctx, e.ID, nil, w.by, w.now))
		h, err = s.Health(w.ctx, w.now)
		w.ok(err)
		w.want("due", h.Due, 3)
		w.want("held", h.Held[models.HoldQuietHours], 1)
		w.want("sending", h.Sending, 1)
		w.want("unconfirmed", h.Unconfirmed, 1)
		w.want("paused", h.Paused, 1)
		if h.Lag != 7*time.Minute {
			t.Errorf("lag %v", h.Lag)
		}
	})
}
