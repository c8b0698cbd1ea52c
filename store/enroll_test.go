package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestEnroll(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v, err := s.PublishSequence(w.ctx, callBack("cb"), "", "", false, nil, w.now)
		w.ok(err)
		in, err := s.PlanContext(w.ctx, w.person.ID, v.SequenceID, 0)
		w.ok(err)
		if in.Enrollment.ID != 0 || in.Version.ID != v.ID || in.Rep.ID != w.rep.ID || len(in.ContactPoints) != 2 {
			t.Errorf("plan context: %+v", in)
		}
		w.want("saved by a preview", count[models.Enrollment](w, "1 = 1"), 0)

		starts := w.now.Add(48 * time.Hour)
		n := models.NewEnrollment{
			ProspectID: w.person.ID, SequenceID: v.SequenceID, By: w.by, Variables: map[string]string{"plan": "gold"}, Now: w.now,
			Booking: &models.Booking{StartsAt: starts, Minutes: 30, Confirmation: &models.Draft{Body: "Until then", Template: true},
				ConfirmChannel: models.ChannelEmail, ConfirmContactID: &w.email.ID, ConfirmSenderID: &w.sender.ID},
		}
		e, err := s.Enroll(w.ctx, n)
		w.ok(err)
		got := w.isEnrollment(e.ID, models.EnrollmentActive, true)
		if got.AppointmentID == nil || got.Variables["plan"] != "gold" || got.RepID != w.rep.ID || got.VersionID != v.ID {
			t.Fatalf("enrollment %+v", got)
		}
		a := load[models.Appointment](w, *got.AppointmentID)
		if a.Revision != 1 || !a.StartsAt.Equal(starts) || *a.EnrollmentID != e.ID {
			t.Errorf("appointment %+v", a)
		}
		call := w.bookedCall(a.ID)
		if call.EnrollmentID == nil || *call.EnrollmentID != e.ID || call.StepKey != "the-call" || !call.Urgent || !call.DueAt.Equal(starts) {
			t.Errorf("booked call %+v", call)
		}
		w.want("confirmations", count[models.Touch](w, "purpose = ? AND appointment_id = ? AND enrollment_id IS NULL", models.PurposeConfirmation, a.ID), 1)
		w.want("open pursuits", count[models.Pursuit](w, "prospect_id = ? AND ended_at IS NULL", w.person.ID), 1)
		w.want("events", count[models.Event](w, "kind = ? AND enrollment_id = ?", models.EventEnrolled, e.ID), 1)

		_, err = s.Enroll(w.ctx, n)
		w.code(err, models.CodeConflict)
		w.want("appointments after a refusal", count[models.Appointment](w, "1 = 1"), 1)

		running, err := s.PlanOf(w.ctx, e.ID)
		w.ok(err)
		if running.Enrollment.ID != e.ID || running.Appointment == nil || len(running.Touches) != 1 {
			t.Errorf("plan of a running enrollment: %+v", running)
		}
	})
}

func TestEnrollOnStandingAppointment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v, err := s.PublishSequence(w.ctx, callBack("cb"), "", "", false, nil, w.now)
		w.ok(err)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now.Add(time.Hour), By: w.by, Now: w.now})
		w.ok(err)
		in, err := s.PlanContext(w.ctx, w.person.ID, v.SequenceID, w.rep.ID)
		w.ok(err)
		if in.Appointment == nil || in.Appointment.ID != a.ID {
			t.Errorf("the preview does not see the booked call: %+v", in.Appointment)
		}
		e, err := s.Enroll(w.ctx, models.NewEnrollment{ProspectID: w.person.ID, SequenceID: v.SequenceID, By: w.by, AppointmentID: &a.ID, Now: w.now})
		w.ok(err)
		if call := w.bookedCall(a.ID); call.EnrollmentID == nil || *call.EnrollmentID != e.ID || call.StepKey != "the-call" {
			t.Errorf("booked call %+v", call)
		}
	})
}

func TestEnrollRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v, err := s.PublishSequence(w.ctx, follow("f", after(0, 0, 0, 0)), "", "", false, nil, w.now)
		w.ok(err)
		draft, err := s.SaveSequenceDraft(w.ctx, "draft", "Draft", "name: x", 0, &w.rep.ID, w.now)
		w.ok(err)
		gone := w.user("Gone Rep", models.RoleRep)
		gone.DisabledAt = &w.now
		_, err = s.SaveUser(w.ctx, gone, w.by, w.now)
		w.ok(err)
		person := func(name string, set map[string]any) int64 {
			p := w.prospect(name, name+"@acme.example.com", "")
			if set != nil {
				w.ok(w.db.Model(&models.Prospect{}).Where("id = ?", p.ID).UpdateColumns(set).Error)
			}
			return p.ID
		}
		suppressed := person("suppressed", nil)
		_, err = s.Suppress(w.ctx, models.Suppression{Scope: models.SuppressPerson, ProspectID: &suppressed, Reason: models.FailOptedOut, By: w.by, CreatedAt: w.now})
		w.ok(err)
		held := person("held", map[string]any{"company_id": w.hold()})

		for name, tc := range map[string]struct {
			n    models.NewEnrollment
			want models.ErrorCode
		}{
			"unknown prospect": {models.NewEnrollment{ProspectID: 9999, SequenceID: v.SequenceID}, models.CodeNotFound},
			"unknown sequence": {models.NewEnrollment{ProspectID: w.person.ID, SequenceID: 9999}, models.CodeNotFound},
			"draft":            {models.NewEnrollment{ProspectID: w.person.ID, SequenceID: draft.ID}, models.CodeRefused},
			"suppressed":       {models.NewEnrollment{ProspectID: suppressed, SequenceID: v.SequenceID}, models.CodeRefused},
			"company hold":     {models.NewEnrollment{ProspectID: held, SequenceID: v.SequenceID}, models.CodeRefused},
			"erased":           {models.NewEnrollment{ProspectID: person("erased", map[string]any{"erased_at": w.now}), SequenceID: v.SequenceID}, models.CodeRefused},
			"merged":           {models.NewEnrollment{ProspectID: person("merged", map[string]any{"merged_into": w.person.ID}), SequenceID: v.SequenceID}, models.CodeRefused},
			"disabled rep":     {models.NewEnrollment{ProspectID: w.person.ID, SequenceID: v.SequenceID, RepID: gone.ID}, models.CodeRefused},
			"unknown rep":      {models.NewEnrollment{ProspectID: w.person.ID, SequenceID: v.SequenceID, RepID: 9999}, models.CodeNotFound},
			"foreign version":  {models.NewEnrollment{ProspectID: w.person.ID, SequenceID: v.SequenceID, VersionID: 9999}, models.CodeNotFound},
		} {
			t.Run(name, func(t *testing.T) {
				tc.n.By, tc.n.Now = w.by, w.now
				_, err := s.Enroll(w.ctx, tc.n)
				if models.CodeOf(err) != tc.want {
					t.Errorf("error %v (code %q), want code %q", err, models.CodeOf(err), tc.want)
				}
			})
		}
		w.want("enrollments", count[models.Enrollment](w, "1 = 1"), 0)
	})
}

// hold arranges a company that stands on hold.
func (w *world) hold() int64 {
	w.Helper()
	c := models.Company{Name: "Held", CreatedAt: w.now, UpdatedAt: w.now}
	w.ok(w.db.Create(&c).Error)
	w.ok(w.db.Create(&models.CompanyHold{CompanyID: c.ID, Reason: models.PauseColleagueReplied, CreatedAt: w.now}).Error)
	return c.ID
}
