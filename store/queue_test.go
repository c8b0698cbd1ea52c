package store_test

import (
	"slices"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) task(t models.Task) models.Task {
	w.Helper()
	if t.State == "" {
		t.State = models.TaskOpen
	}
	if t.UserID == 0 {
		t.UserID = w.rep.ID
	}
	if t.DueAt.IsZero() {
		t.DueAt = w.now
	}
	t.CreatedAt, t.UpdatedAt = w.now, w.now
	w.ok(w.db.Create(&t).Error)
	return t
}

func (w *world) today(users ...int64) store.TodayView {
	w.Helper()
	if len(users) == 0 {
		users = []int64{w.rep.ID}
	}
	v, err := w.s.ViewToday(w.ctx, store.TodayFilter{UserIDs: users, Now: w.now, DayStart: w.now.Add(-10 * time.Hour), Until: w.now.Add(24 * time.Hour)})
	w.ok(err)
	return v
}

// The queue stands in the order in which to work, whatever came first, and
// what comes after a task is what stands on top of it.
func TestQueueOrder(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		person := &w.person.ID
		review := w.task(models.Task{Kind: models.TaskReview, ProspectID: person, DueAt: w.now.Add(-50 * time.Minute)})
		repair := w.task(models.Task{Kind: models.TaskResolve, Reason: models.AttentionPlan, DueAt: w.now.Add(-time.Hour)})
		due, _ := w.openCall(models.Touch{StepKey: "s2"})
		waits := w.task(models.Task{Kind: models.TaskReply, ProspectID: person, DueAt: w.now.Add(-2 * time.Minute)})
		missed := w.task(models.Task{Kind: models.TaskResolve, Reason: models.AttentionMissedCall, ProspectID: person, DueAt: w.now.Add(-time.Minute)})
		back, _ := w.openCall(models.Touch{StepKey: "answer", Purpose: models.PurposeAnswer})
		a, err := s.Book(w.ctx, models.Booking{ProspectID: *person, RepID: w.rep.ID, StartsAt: w.now.Add(time.Minute), By: w.by, Now: w.now})
		w.ok(err)
		booked := w.open(a)

		want := []int64{booked.ID, back.ID, waits.ID, missed.ID, due.ID, repair.ID, review.ID}
		v := w.today()
		var got []int64
		places := make([]int, 0, len(v.Tasks))
		for _, row := range v.Tasks {
			got = append(got, row.Task.ID)
			places = append(places, slices.Index(store.QueueParts, row.Part))
		}
		if !slices.Equal(got, want) {
			t.Errorf("queue %v, want %v", got, want)
		}
		if !slices.IsSorted(places) || slices.Contains(places, -1) {
			t.Errorf("the parts %v do not follow the order of the rows", places)
		}
		for i, part := range store.QueueParts {
			one, err := s.ViewToday(w.ctx, store.TodayFilter{UserIDs: []int64{w.rep.ID}, Part: part, Now: w.now, DayStart: w.now, Until: w.now})
			w.ok(err)
			for _, row := range one.Tasks {
				if row.Part != part {
					t.Errorf("the filter %s shows a row of %s", part, row.Part)
				}
			}
			if n := len(one.Tasks); n == 0 || n == len(want) {
				t.Errorf("part %d (%s) has %d of %d rows", i, part, n, len(want))
			}
		}
		for i, id := range want[:len(want)-1] {
			next, err := s.NextTask(w.ctx, w.rep.ID, id, w.now)
			w.ok(err)
			w.db.Model(&models.Task{}).Where("id = ?", id).Update("state", models.TaskDone)
			if next.ID != want[0] && next.ID != want[i+1] {
				t.Errorf("after %d comes %d, want %d", id, next.ID, want[i+1])
			}
		}
	})
}

// A snoozed task leaves the queue and comes back, with an event for open
// pages; a booked call is never put off past its minute.
func TestSnooze(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		review := w.task(models.Task{Kind: models.TaskReview, ProspectID: &w.person.ID})
		reply := w.task(models.Task{Kind: models.TaskReply, ProspectID: &w.person.ID})
		until := w.now.Add(time.Hour)
		_, err := s.SnoozeTask(w.ctx, review.ID, &until, w.by, w.now)
		w.ok(err)
		if v := w.today(); len(v.Tasks) != 1 || v.Open.N != 1 || v.Snoozed.N != 1 {
			t.Errorf("%d rows, %d left, %d snoozed", len(v.Tasks), v.Open.N, v.Snoozed.N)
		}
		if next, err := s.NextTask(w.ctx, w.rep.ID, reply.ID, w.now); err != nil || next.ID != 0 {
			t.Errorf("a snoozed task comes next: %d %v", next.ID, err)
		}
		if n, err := s.ReturnSnoozed(w.ctx, until.Add(-time.Second), 10); err != nil || n != 0 {
			t.Errorf("%d came back early, %v", n, err)
		}
		w.now = until
		if v := w.today(); len(v.Tasks) != 2 {
			t.Errorf("at its time %d rows", len(v.Tasks))
		}
		for i, want := range []int{1, 0} {
			if n, err := s.ReturnSnoozed(w.ctx, w.now, 10); err != nil || n != want {
				t.Errorf("look %d: %d came back, want %d; %v", i, n, want, err)
			}
		}
		if n := count[models.Event](w, "kind = ? AND task_id = ?", models.EventTaskReturned, review.ID); n != 1 {
			t.Errorf("%d events of its return", n)
		}
		past, far := w.now.Add(-time.Minute), w.now.Add(models.SnoozeMax+time.Hour)
		for _, at := range []time.Time{past, far} {
			_, err := s.SnoozeTask(w.ctx, review.ID, &at, w.by, w.now)
			w.code(err, models.CodeInvalid)
		}

		starts := w.now.Add(2 * time.Hour)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: starts, By: w.by, Now: w.now})
		w.ok(err)
		call := w.taskOf(a)
		_, err = s.SnoozeTask(w.ctx, call.ID, ptr(starts.Add(time.Minute)), w.by, w.now)
		w.code(err, models.CodeInvalid)

		// They write again: whatever was put off stands in the queue at once.
		_, err = s.CloseTask(w.ctx, reply.ID, models.TaskDone, "", w.by, w.now)
		w.ok(err)
		w.reply(pauseAll)
		asked := w.replyTask()
		_, err = s.SnoozeTask(w.ctx, asked.ID, ptr(w.now.Add(time.Hour)), w.by, w.now)
		w.ok(err)
		w.reply(pauseAll)
		if again := w.replyTask(); again.ID != asked.ID || again.SnoozedUntil != nil {
			t.Errorf("after a second message: task %d, put off until %v", again.ID, again.SnoozedUntil)
		}
	})
}

// Who has the task makes the call: its touch and appointment follow.
func TestHandOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := w.user("Omar Other", models.RoleRep)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now.Add(time.Hour), By: w.by, Now: w.now})
		w.ok(err)
		task := w.taskOf(a)
		for range 2 { // a double click
			_, err := s.HandOver(w.ctx, task.ID, other.ID, "I am on a plane", w.by, w.rep.ID, w.now)
			w.ok(err)
		}
		got := load[models.Task](w, task.ID)
		if got.UserID != other.ID || got.HandedBy == nil || *got.HandedBy != w.rep.ID || got.HandOverNote != "I am on a plane" {
			t.Errorf("task %+v", got)
		}
		if b := load[models.Appointment](w, a.ID); b.RepID != other.ID {
			t.Errorf("the appointment is still of %d", b.RepID)
		}
		if touch := w.bookedCall(a.ID); touch.RepID != other.ID {
			t.Errorf("the touch is still of %d", touch.RepID)
		}
		if n := count[models.Event](w, "kind = ?", models.EventTaskHanded); n != 1 {
			t.Errorf("%d events", n)
		}
		if n := count[models.Notification](w, "user_id = ? AND kind = ?", other.ID, models.NotifyHandOver); n != 1 {
			t.Errorf("%d notifications for the new owner", n)
		}
		if v := w.today(other.ID); len(v.Upcoming) != 1 || v.Upcoming[0].HandedBy != w.rep.Name {
			t.Errorf("their queue: %+v", v.Upcoming)
		}
		w.ok(w.db.Model(&models.User{}).Where("id = ?", w.rep.ID).Update("disabled_at", w.now).Error)
		_, err = s.HandOver(w.ctx, task.ID, w.rep.ID, "", w.by, other.ID, w.now)
		w.code(err, models.CodeInvalid)
	})
}

func (w *world) taskOf(a models.Appointment) models.Task {
	w.Helper()
	var t models.Task
	w.ok(w.db.Where("appointment_id = ? AND kind = 'call'", a.ID).Order("id DESC").Take(&t).Error)
	return t
}

func (w *world) replyTask() models.Task {
	w.Helper()
	var t models.Task
	w.ok(w.db.Where("prospect_id = ? AND kind = 'reply' AND state = 'open'", w.person.ID).Take(&t).Error)
	return t
}

func ptr[T any](v T) *T { return &v }
