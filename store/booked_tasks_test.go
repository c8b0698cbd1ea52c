package store_test

import (
	"context"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// ready makes what is near ready, as the scheduler does.
func (w *world) ready(now time.Time) {
	w.Helper()
	_, err := w.s.ReadyCalls(w.ctx, now, 0, 10, func(dues []models.Due) []models.Decision {
		var decisions []models.Decision
		for _, d := range dues {
			decisions = append(decisions, models.Decision{TouchID: d.Touch.ID, Action: models.DecideOpen, Task: &models.Task{
				Title: "Call as agreed", Prep: models.CallPrep{TalkingPoint: "The reason I'm calling is that you asked for this time"},
			}})
		}
		return decisions
	})
	w.ok(err)
}

func (w *world) callTask(appointmentID int64) models.Task {
	w.Helper()
	var t models.Task
	w.ok(w.db.Where("appointment_id = ? AND kind = 'call'", appointmentID).Order("id DESC").Take(&t).Error)
	return t
}

func (w *world) opensAt(now time.Time, want int) {
	w.Helper()
	opened, err := w.s.OpenBooked(w.ctx, now, 10)
	w.ok(err)
	w.want("opened at "+now.Format(time.TimeOnly), len(opened), want)
	w.ok(w.s.RenewNext(w.ctx, opened))
	if person := load[models.Prospect](w, w.person.ID); want > 0 && person.NextTouchAt != nil {
		w.Errorf("after the opening lists say that the next touch is at %v", person.NextTouchAt)
	}
}

func TestBookedCallOpensAtItsMinute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minute := w.now.Add(20 * time.Minute)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: minute, By: w.by, Now: w.now})
		w.ok(err)
		task := w.callTask(a.ID)
		if task.State != models.TaskUpcoming || !task.DueAt.Equal(minute) || task.UserID != w.rep.ID {
			t.Fatalf("at its booking: %+v", task)
		}
		w.ready(w.now)
		if got := load[models.Task](w, task.ID); got.ReadyAt != nil {
			t.Errorf("made ready twenty minutes ahead, at %v", got.ReadyAt)
		}
		w.ready(minute.Add(-models.ReadyAhead))
		if got := load[models.Task](w, task.ID); got.ReadyAt == nil || got.Prep.TalkingPoint == "" || got.State != models.TaskUpcoming {
			t.Errorf("ten minutes ahead: %+v", got)
		}
		w.opensAt(minute.Add(-time.Second), 0)
		w.opensAt(minute, 1)
		if got := load[models.Task](w, task.ID); got.State != models.TaskOpen {
			t.Errorf("at its minute the task is %s", got.State)
		}
		w.isTouch(w.bookedCall(a.ID).ID, models.TouchOpen, "")
		w.want("opening events", count[models.Event](w, "kind = ? AND task_id = ?", models.EventTaskOpened, task.ID), 1)
		w.opensAt(minute.Add(time.Second), 0)
	})
}

// An opt-out between the readiness and the minute withdraws the call, and a
// move gives it another minute.
func TestReadyCallThatIsWithdrawnStaysShut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minute := w.now.Add(5 * time.Minute)
		book := models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: minute, By: w.by, Now: w.now}
		a, err := s.Book(w.ctx, book)
		w.ok(err)
		first := w.callTask(a.ID)
		w.ready(w.now)
		later := book
		later.StartsAt = minute.Add(time.Minute)
		_, err = s.MoveAppointment(w.ctx, a.ID, later)
		w.ok(err)
		w.opensAt(minute, 0)
		if got := load[models.Task](w, first.ID); got.State != models.TaskCanceled {
			t.Errorf("the task of the old minute is %s", got.State)
		}
		second := w.callTask(a.ID)
		if second.State != models.TaskUpcoming || !second.DueAt.Equal(later.StartsAt) {
			t.Fatalf("the task of the new minute: %+v", second)
		}
		w.ready(minute)
		w.ok(s.CancelAppointment(w.ctx, a.ID, nil, w.by, minute))
		w.opensAt(later.StartsAt, 0)
		if got := load[models.Task](w, second.ID); got.State != models.TaskCanceled {
			t.Errorf("the canceled call's task is %s", got.State)
		}
	})
}

// One that was booked for the next minute was never made ready: the claim
// opens the same task.
func TestUnreadyCallOpensByTheClaim(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minute := w.now.Add(time.Minute)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: minute, By: w.by, Now: w.now})
		w.ok(err)
		w.opensAt(minute, 0)
		_, err = s.ClaimDue(w.ctx, models.ClaimRequest{Now: minute, Replica: "a", Slots: 1, Batch: 10, SendFor: time.Minute}, func(_ context.Context, dues []models.Due) []models.Decision {
			return []models.Decision{{TouchID: dues[0].Touch.ID, Action: models.DecideOpen, Task: &models.Task{Kind: models.TaskCall}}}
		})
		w.ok(err)
		w.want("call tasks", count[models.Task](w, "appointment_id = ?", a.ID), 1)
		if got := w.callTask(a.ID); got.State != models.TaskOpen {
			t.Errorf("the task is %s", got.State)
		}
	})
}

func TestOpenEarly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		minute := w.now.Add(time.Hour)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: minute, By: w.by, Now: w.now})
		w.ok(err)
		task := w.callTask(a.ID)
		if _, err := s.Dialed(w.ctx, task.ID, w.by, w.now); models.CodeOf(err) != models.CodeConflict {
			t.Errorf("dialling before the minute: %v", err)
		}
		for range 2 { // a double click
			_, err = s.OpenEarly(w.ctx, task.ID, w.by, w.now)
			w.ok(err)
		}
		_, err = s.Dialed(w.ctx, task.ID, w.by, w.now)
		w.ok(err)
		w.want("opening events", count[models.Event](w, "kind = ? AND task_id = ?", models.EventTaskOpened, task.ID), 1)
		w.opensAt(minute, 0)
		n, err := s.MissBookedCalls(w.ctx, minute.Add(time.Hour), 10)
		w.ok(err)
		w.want("missed", n, 0)
	})
}
