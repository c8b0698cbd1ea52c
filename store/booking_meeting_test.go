package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A call booked by hand is a booked meeting: each sequence does what it says
// of one, and those that hang on a call are left to it.
func TestACallBookedByHandIsAMeeting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		about := func(key string, on models.ReplyAction) models.Enrollment {
			d := follow(key, after(0, 5, 0, 0))
			d.OnMeeting = on
			e := w.enroll(d)
			w.touch(models.Touch{EnrollmentID: &e.ID})
			return e
		}
		finish, pause, on := about("finish", models.ReplyFinish), about("pause", models.ReplyPause), about("on", models.ReplyContinue)
		a, err := s.Book(w.ctx, w.booking(w.now.Add(48*time.Hour)))
		w.ok(err)
		if got := load[models.Enrollment](w, finish.ID); got.Outcome != models.FinishMeetingBooked {
			t.Errorf("finish: %s %s", got.State, got.Outcome)
		}
		w.isEnrollment(pause.ID, models.EnrollmentPaused, false)
		w.isEnrollment(on.ID, models.EnrollmentActive, false)
		if n := count[models.Touch](w, "state = 'planned' AND enrollment_id IN ?", []int64{finish.ID, pause.ID}); n != 0 {
			t.Errorf("%d of their touches are still planned", n)
		}
		if a.EnrollmentID != nil {
			t.Errorf("the call belongs to %d", *a.EnrollmentID)
		}
	})
}

// A sequence that hangs on a call whose call was canceled goes on with the
// next one that is booked; one whose call is still to come keeps it.
func TestTheSequenceWithoutItsCallGetsTheNext(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(callBack("cb"))
		first, err := s.Book(w.ctx, w.booking(w.now.Add(48*time.Hour)))
		w.ok(err)
		if got := load[models.Enrollment](w, e.ID); got.AppointmentID == nil || *got.AppointmentID != first.ID || got.Outcome != "" {
			t.Fatalf("it hangs on %v", got.AppointmentID)
		}
		other, err := s.Book(w.ctx, w.booking(w.now.Add(72*time.Hour)))
		w.ok(err)
		if got := load[models.Enrollment](w, e.ID); *got.AppointmentID != first.ID || other.EnrollmentID != nil {
			t.Errorf("its call is still to come, and it hangs on %d", *got.AppointmentID)
		}
		w.ok(s.CancelAppointment(w.ctx, first.ID, nil, w.by, w.now))
		next, err := s.Book(w.ctx, w.booking(w.now.Add(96*time.Hour)))
		w.ok(err)
		if got := load[models.Enrollment](w, e.ID); *got.AppointmentID != next.ID || next.Revision != 2 || !got.Live() {
			t.Errorf("it hangs on %d, revision %d", *got.AppointmentID, next.Revision)
		}
	})
}
