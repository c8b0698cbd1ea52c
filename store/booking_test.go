package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) booking(at time.Time) models.Booking {
	return models.Booking{
		ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: at, Minutes: 30, By: w.by, Now: w.now,
		Confirmation: &models.Draft{Body: "Agreed.", Template: true}, ConfirmChannel: models.ChannelEmail, ConfirmContactID: &w.email.ID,
	}
}

func TestBook(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		at := w.now.Add(26 * time.Hour)
		a, err := s.Book(w.ctx, w.booking(at))
		w.ok(err)
		if a.Revision != 1 || a.State != models.AppointmentBooked || a.Zone != "America/New_York" || *a.ContactPointID != w.phone.ID {
			t.Errorf("appointment = %+v", a)
		}
		call := w.bookedCall(a.ID)
		if call.State != models.TouchPlanned || !call.Urgent || call.Purpose != models.PurposePromised || call.Channel != models.ChannelCall ||
			!call.DueAt.Equal(at) || !call.PromisedAt.Equal(at) || call.StepKey != "call" || call.Occurrence != "1" || call.AppointmentRevision != 1 {
			t.Errorf("booked call = %+v", call)
		}
		var told models.Touch
		w.ok(w.db.Where("purpose = ?", models.PurposeConfirmation).Take(&told).Error)
		if !told.DueAt.Equal(w.now) || !told.Urgent || told.EnrollmentID != nil || *told.AppointmentID != a.ID || told.Draft.Body != "Agreed." {
			t.Errorf("confirmation = %+v", told)
		}
		if n := count[models.Event](w, "kind = ? AND appointment_id = ?", models.EventBooked, a.ID); n != 1 {
			t.Errorf("%d booked events", n)
		}
		if p := load[models.Prospect](w, w.person.ID); p.NextTouchAt == nil || !p.NextTouchAt.Equal(w.now) {
			t.Errorf("next touch = %v", p.NextTouchAt)
		}
	})
}

// A form sent twice books one call and sends one confirmation.
func TestBookTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		at := w.now.Add(26 * time.Hour)
		a, err := s.Book(w.ctx, w.booking(at))
		w.ok(err)
		_, err = s.Book(w.ctx, w.booking(at))
		w.code(err, models.CodeConflict)
		if n := count[models.Touch](w, "purpose = ?", models.PurposeConfirmation); n != 1 {
			t.Errorf("%d confirmations", n)
		}
		w.ok(s.CancelAppointment(w.ctx, a.ID, nil, w.by, w.now))
		_, err = s.Book(w.ctx, w.booking(at))
		w.ok(err)
	})
}

func TestBookNeedsAPhone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.booking(w.now.Add(time.Hour))
		b.ProspectID = w.prospect("Nora", "nora@example.com", "").ID
		_, err := s.Book(w.ctx, b)
		w.code(err, models.CodeInvalid)
		b = w.booking(w.now.Add(time.Hour))
		b.ContactPointID = &w.email.ID
		_, err = s.Book(w.ctx, b)
		w.code(err, models.CodeInvalid)
		_, err = s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressAddress, Value: herPhone, Channel: models.ChannelCall,
			Reason: models.FailOptedOut, Source: "phone", By: w.by, CreatedAt: w.now})
		w.ok(err)
		_, err = s.Book(w.ctx, w.booking(w.now.Add(time.Hour)))
		w.code(err, models.CodeRefused)
		if n := count[models.Appointment](w, "1 = 1"); n != 0 {
			t.Errorf("%d appointments left behind", n)
		}
	})
}

func TestBookAnchorsTheEnrollment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(callBack("cb"))
		b := w.booking(w.now.Add(48 * time.Hour))
		b.EnrollmentID = &e.ID
		a, err := s.Book(w.ctx, b)
		w.ok(err)
		call := w.bookedCall(a.ID)
		if call.StepKey != "the-call" || call.EnrollmentID == nil || *call.EnrollmentID != e.ID {
			t.Errorf("booked call = %+v", call)
		}
		if e = load[models.Enrollment](w, e.ID); *e.AppointmentID != a.ID || e.ReplanAt == nil {
			t.Errorf("enrollment = %+v", e)
		}
		_, err = s.Book(w.ctx, b)
		w.code(err, models.CodeConflict) // one call at a time

		// Once it ended, the next one is a new occurrence of the same steps.
		w.ok(s.CancelAppointment(w.ctx, a.ID, nil, w.by, w.now))
		again, err := s.Book(w.ctx, b)
		w.ok(err)
		if again.Revision != 2 || w.bookedCall(again.ID).Occurrence != "2" {
			t.Errorf("booked again = %+v", again)
		}
		// A sequence that hangs on nothing keeps its own history.
		free := w.enroll(follow("free", after(0, 0, 1, 0)))
		b.EnrollmentID, b.StartsAt = &free.ID, b.StartsAt.Add(time.Hour)
		other, err := s.Book(w.ctx, b)
		w.ok(err)
		if call := w.bookedCall(other.ID); call.EnrollmentID != nil || call.StepKey != "call" {
			t.Errorf("booked call = %+v", call)
		}
	})
}

func TestMoveAppointment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(callBack("cb"))
		b := w.booking(w.now.Add(48 * time.Hour))
		b.EnrollmentID = &e.ID
		a, err := s.Book(w.ctx, b)
		w.ok(err)
		old := w.bookedCall(a.ID)
		task := w.open(a) // the rep had it open already
		reminder := w.touch(models.Touch{EnrollmentID: &e.ID, StepKey: "reminder", Occurrence: "1", Purpose: models.PurposeReminder})
		w.ok(w.db.Model(&e).UpdateColumn("replan_at", nil).Error)

		b.StartsAt, b.Now = w.now.Add(72*time.Hour), w.now.Add(time.Minute)
		moved, err := s.MoveAppointment(w.ctx, a.ID, b)
		w.ok(err)
		if moved.Revision != 2 || !moved.StartsAt.Equal(b.StartsAt) {
			t.Errorf("moved = %+v", moved)
		}
		if got := load[models.Touch](w, old.ID); got.State != models.TouchCanceled || got.EndReason != models.CancelMoved || got.EndedAt == nil {
			t.Errorf("old call = %s, %s", got.State, got.EndReason)
		}
		if got := load[models.Task](w, task.ID); got.State != models.TaskCanceled {
			t.Errorf("old task = %s", got.State)
		}
		if got := load[models.Touch](w, reminder.ID); got.State != models.TouchCanceled || got.EndReason != models.CancelMoved {
			t.Errorf("reminder = %s, %s", got.State, got.EndReason)
		}
		next := w.bookedCall(a.ID)
		if next.ID == old.ID || next.State != models.TouchPlanned || next.AppointmentRevision != 2 || next.StepKey != "the-call" ||
			*next.EnrollmentID != e.ID || !next.DueAt.Equal(b.StartsAt) {
			t.Errorf("new call = %+v", next)
		}
		if got := load[models.Enrollment](w, e.ID); got.ReplanAt == nil {
			t.Error("the enrollment is not planned anew")
		}
		if n := count[models.Touch](w, "purpose = ? AND state = ?", models.PurposeConfirmation, models.TouchPlanned); n != 1 {
			t.Errorf("%d notices wait, want the correction alone", n)
		}

		// A double click moves nothing.
		again, err := s.MoveAppointment(w.ctx, a.ID, b)
		w.ok(err)
		if again.Revision != 2 || count[models.Touch](w, "kind = ?", models.TouchBookedCall) != 2 {
			t.Errorf("moved twice: %+v", again)
		}
	})
}

func TestCancelAppointment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		b := w.booking(w.now.Add(48 * time.Hour))
		a, err := s.Book(w.ctx, b)
		w.ok(err)
		notice := b
		notice.Confirmation = &models.Draft{Body: "Called off."}
		for range 2 { // the second changes nothing
			w.ok(s.CancelAppointment(w.ctx, a.ID, &notice, w.by, w.now))
		}
		if got := load[models.Appointment](w, a.ID); got.State != models.AppointmentCanceled || got.EndedAt == nil {
			t.Errorf("appointment = %+v", got)
		}
		if got := w.bookedCall(a.ID); got.State != models.TouchCanceled || got.EndReason != models.CancelAppointment {
			t.Errorf("call = %s, %s", got.State, got.EndReason)
		}
		var planned []models.Touch
		w.ok(w.db.Where("state = ?", models.TouchPlanned).Find(&planned).Error)
		if len(planned) != 1 || planned[0].Draft.Body != "Called off." {
			t.Errorf("planned = %+v", planned)
		}
		_, err = s.MoveAppointment(w.ctx, a.ID, w.booking(w.now.Add(time.Hour)))
		w.code(err, models.CodeConflict)
		w.code(s.CancelAppointment(w.ctx, 999, nil, w.by, w.now), models.CodeNotFound)
	})
}
