package store_test

import (
	"reflect"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// What a pause keeps is what the rule counts.
func TestPauseFreezes(t *testing.T) {
	nine := models.TimeOfDay(9 * 60)
	// storetest.Now is Monday 23 November 2026, 10:00 in New York.
	cases := []struct {
		name   string
		timing models.Timing
		due    time.Duration // from now
		want   models.Frozen
	}{
		{"minutes", after(30, 0, 0, 0), 20 * time.Minute, models.Frozen{StepKey: "s1", Duration: 20 * time.Minute}},
		{"hours", after(0, 5, 0, 0), 3 * time.Hour, models.Frozen{StepKey: "s1", Duration: 3 * time.Hour}},
		{"overdue", after(0, 5, 0, 0), -time.Hour, models.Frozen{StepKey: "s1"}},
		{"days", after(0, 0, 4, 0), 72 * time.Hour, models.Frozen{StepKey: "s1", Days: 3}},
		{"the same local day", after(0, 0, 2, 0), 3 * time.Hour, models.Frozen{StepKey: "s1"}},
		{"days at a time", models.Timing{Kind: models.TimingAfter, Days: 2, At: &nine}, 23 * time.Hour, models.Frozen{StepKey: "s1", Days: 1}},
		// To Tuesday of next week: the weekend does not count.
		{"business days", after(0, 0, 0, 6), 8 * 24 * time.Hour, models.Frozen{StepKey: "s1", Days: 6, Business: true}},
		{"business days over a holiday", after(0, 0, 0, 5), 8 * 24 * time.Hour, models.Frozen{StepKey: "s1", Days: 5, Business: true}},
		{"appointment", models.Timing{Kind: models.TimingAppointment, Days: -1}, time.Hour, models.Frozen{}},
		{"date", models.Timing{Kind: models.TimingDate, On: "2026-12-01"}, time.Hour, models.Frozen{}},
		{"recurring", models.Timing{Kind: models.TimingRecurring, Cron: "0 9 * * 1"}, time.Hour, models.Frozen{}},
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, c := range cases {
			e := w.enroll(follow("seq "+c.name, c.timing))
			touch := w.touch(models.Touch{EnrollmentID: &e.ID, DueAt: w.now.Add(c.due)})
			w.ok(s.PauseEnrollment(w.ctx, e.ID, nil, w.by, w.now))
			got := load[models.Enrollment](w, e.ID)
			if got.State != models.EnrollmentPaused || got.Frozen != c.want {
				t.Errorf("%s: %s with %+v, want %+v", c.name, got.State, got.Frozen, c.want)
			}
			if tt := load[models.Touch](w, touch.ID); tt.State != models.TouchCanceled || tt.EndReason != models.CancelPaused {
				t.Errorf("%s: touch %s, %s", c.name, tt.State, tt.EndReason)
			}

			// A second reason does not forget what the first kept.
			later := w.now.Add(time.Hour)
			w.reply(func(models.Person) models.Effects {
				return models.Effects{Pauses: []models.Pause{{EnrollmentID: e.ID, Reason: models.PauseReplied}}}
			})
			w.ok(s.ResumeEnrollment(w.ctx, e.ID, w.by, later))
			got = load[models.Enrollment](w, e.ID)
			if got.State != models.EnrollmentActive || got.Frozen != c.want || !got.ResumedAt.Equal(later) || !got.ReplanAt.Equal(later) {
				t.Errorf("%s: resumed = %+v", c.name, got)
			}
			if p := w.pauses(e.ID); len(p) != 0 {
				t.Errorf("%s: pauses left: %v", c.name, p)
			}
			w.ok(s.FinishEnrollment(w.ctx, e.ID, models.FinishRemoved, w.by, later))
		}
	})
}

// Between a step's end and the next plan nothing is planned, and yet a delay runs.
func TestPauseFreezesTheDelayThatJustBegan(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 0, 0, 0), after(0, 4, 0, 0), after(0, 0, 3, 0)))
		ended := w.now.Add(-time.Hour)
		w.touch(models.Touch{EnrollmentID: &e.ID, State: models.TouchSent})
		w.ok(w.db.Model(&models.Touch{}).Where("enrollment_id = ?", e.ID).UpdateColumn("ended_at", ended).Error)
		w.ok(s.PauseEnrollment(w.ctx, e.ID, nil, w.by, w.now))
		if got := load[models.Enrollment](w, e.ID).Frozen; got != (models.Frozen{StepKey: "s2", Duration: 3 * time.Hour}) {
			t.Errorf("frozen = %+v", got)
		}
	})
}

func TestPauseLeavesWhatHasBegun(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		sending := w.enroll(follow("sending", after(0, 1, 0, 0)))
		begun := w.touch(models.Touch{EnrollmentID: &sending.ID, State: models.TouchSending})
		lost := w.enroll(follow("lost", after(0, 1, 0, 0)))
		unsure := w.touch(models.Touch{EnrollmentID: &lost.ID, State: models.TouchUnconfirmed})
		calling := w.enroll(follow("calling", after(0, 1, 0, 0)))
		task, open := w.openCall(models.Touch{EnrollmentID: &calling.ID})
		booked := w.enroll(callBack("cb"))
		b := w.booking(w.now.Add(48 * time.Hour))
		b.EnrollmentID = &booked.ID
		a, err := s.Book(w.ctx, b)
		w.ok(err)

		w.reply(pauseAll)
		for name, c := range map[string]struct {
			id   int64
			want models.TouchState
		}{
			"sending":     {begun.ID, models.TouchSending},
			"unconfirmed": {unsure.ID, models.TouchUnconfirmed},
			"open call":   {open.ID, models.TouchCanceled},
			"booked call": {w.bookedCall(a.ID).ID, models.TouchPlanned},
		} {
			if got := load[models.Touch](w, c.id).State; got != c.want {
				t.Errorf("%s: %s, want %s", name, got, c.want)
			}
		}
		if got := load[models.Task](w, task.ID).State; got != models.TaskCanceled {
			t.Errorf("call task = %s", got)
		}
		if got := load[models.Appointment](w, a.ID).State; got != models.AppointmentBooked {
			t.Errorf("appointment = %s", got)
		}
	})
}

// An opt-out withdraws the booked calls; a reply does not.
func TestOptOutWithdrawsBookedCalls(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		a, err := s.Book(w.ctx, w.booking(w.now.Add(48*time.Hour)))
		w.ok(err)
		stop := func(p models.Person) models.Effects {
			return models.Effects{
				Finishes:            []models.FinishOrder{{EnrollmentID: e.ID, Outcome: models.FinishOptedOut, Reason: models.FailOptedOut}},
				Suppress:            []models.Suppression{{Scope: models.SuppressAddress, Value: herPhone, Reason: models.FailOptedOut, Source: "reply"}},
				WithdrawBookedCalls: true,
			}
		}
		rec := w.reply(stop)
		if !reflect.DeepEqual(rec.Finished, []int64{e.ID}) {
			t.Errorf("finished = %v", rec.Finished)
		}
		if got := load[models.Enrollment](w, e.ID); got.Outcome != models.FinishOptedOut || got.FinishedAt == nil {
			t.Errorf("enrollment = %+v", got)
		}
		if got := load[models.Appointment](w, a.ID).State; got != models.AppointmentCanceled {
			t.Errorf("appointment = %s", got)
		}
		if got := w.bookedCall(a.ID).State; got != models.TouchCanceled {
			t.Errorf("booked call = %s", got)
		}
		w.reply(stop) // the same word again adds no second order
		if n := count[models.Suppression](w, "value = ? AND message_id IS NOT NULL", herPhone); n != 1 {
			t.Errorf("%d suppressions", n)
		}
		// START takes it back.
		w.reply(func(models.Person) models.Effects {
			return models.Effects{LiftSuppressions: []models.Suppression{{Scope: models.SuppressAddress, Value: herPhone}}}
		})
		if n := count[models.Suppression](w, "lifted_at IS NULL"); n != 0 {
			t.Errorf("%d suppressions stand", n)
		}
	})
}

func TestEffectsTasksAndContactPoints(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		w.touch(models.Touch{EnrollmentID: &e.ID})
		w.reply(func(models.Person) models.Effects {
			return models.Effects{
				Confirm: []int64{w.phone.ID}, Invalidate: []models.Invalidation{{ContactPointID: w.email.ID, Reason: models.FailBounced}},
				Tasks:  []models.Task{{Kind: models.TaskResolve, Reason: models.AttentionInvalid, EnrollmentID: &e.ID, Title: "Mend"}},
				Pauses: []models.Pause{{EnrollmentID: e.ID, Reason: models.PauseNeedsAttention}},
			}
		})
		points := w.points(w.person.ID)
		if points[0].Validity != models.ValidityInvalid || points[0].InvalidReason != models.FailBounced || points[1].Validity != models.ValidityValid {
			t.Errorf("points = %+v", points)
		}
		var task models.Task
		w.ok(w.db.Where("reason = ?", models.AttentionInvalid).Take(&task).Error)
		if task.UserID != w.rep.ID || task.MessageID == nil || *task.ProspectID != w.person.ID {
			t.Errorf("task = %+v", task)
		}
		// Closing the task lifts the pause that hangs on it, and only that.
		_, err := s.CloseTask(w.ctx, task.ID, models.TaskDone, "", w.by, w.now)
		w.ok(err)
		if got := load[models.Enrollment](w, e.ID); got.State != models.EnrollmentActive || got.ReplanAt == nil {
			t.Errorf("enrollment = %+v", got)
		}
		if n := count[models.Event](w, "kind = ? AND enrollment_id = ?", models.EventResumed, e.ID); n != 1 {
			t.Errorf("%d resumed events", n)
		}
	})
}

func TestOutOfOfficeGivesWayToAReply(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		until := w.now.AddDate(0, 0, 7)
		w.reply(func(models.Person) models.Effects {
			return models.Effects{Pauses: []models.Pause{{EnrollmentID: e.ID, Reason: models.PauseOutOfOffice, Until: &until}}}
		})
		w.reply(pauseAll)
		if got := w.pauses(e.ID); !reflect.DeepEqual(got, []models.PauseReason{models.PauseReplied}) {
			t.Errorf("pauses = %v", got)
		}
	})
}

func TestColleagueRests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		colleague := w.prospect("Cole", "cole@acme.example.com", "")
		e := w.enrollIn(follow("seq", after(0, 5, 0, 0)), colleague.ID)
		w.touch(models.Touch{ProspectID: colleague.ID, EnrollmentID: &e.ID})
		hold := models.CompanyHold{CompanyID: *colleague.CompanyID, Reason: models.PauseColleagueReplied}
		for range 2 {
			w.reply(func(p models.Person) models.Effects {
				if len(p.Colleagues) != 1 || p.Colleagues[0].Enrollment.ID != e.ID || p.Colleagues[0].Version.Definition.Key != "seq" {
					t.Errorf("colleagues = %+v", p.Colleagues)
				}
				return models.Effects{
					Pauses:      []models.Pause{{EnrollmentID: e.ID, Reason: models.PauseColleagueReplied}},
					CompanyHold: &hold,
				}
			})
		}
		got := load[models.Enrollment](w, e.ID)
		if got.State != models.EnrollmentPaused || got.Frozen.Duration != 2*time.Hour {
			t.Errorf("colleague's enrollment = %+v", got)
		}
		if n := count[models.CompanyHold](w, "lifted_at IS NULL"); n != 1 {
			t.Errorf("%d company holds", n)
		}
	})
}
