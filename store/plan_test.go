package store_test

import (
	"context"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// plan answers each due enrollment alone and gives what the plan saw last.
func (w *world) plan(answer func(models.PlanInput) models.PlanResult) (saw models.PlanInput, n int) {
	w.Helper()
	n, err := w.s.PlanDue(w.ctx, w.now, 50, func(_ context.Context, ins []models.PlanInput) []models.PlanResult {
		var out []models.PlanResult
		for _, in := range ins {
			saw = in
			r := answer(in)
			r.EnrollmentID = in.Enrollment.ID
			out = append(out, r)
		}
		return out
	})
	w.ok(err)
	return saw, n
}

func (w *world) replan(id int64) {
	w.Helper()
	w.ok(w.db.Model(&models.Enrollment{}).Where("id = ?", id).UpdateColumn("replan_at", w.now).Error)
}

func (w *world) nextTouch(key string, at time.Time) *models.Touch {
	return &models.Touch{StepKey: key, Kind: models.TouchMessage, Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp,
		ContactPointID: &w.email.ID, SenderID: &w.sender.ID, DueAt: at, PromisedAt: at, Why: "two days later"}
}

func (w *world) live(enrollmentID int64) []models.Touch {
	w.Helper()
	var ts []models.Touch
	w.ok(w.db.Where("enrollment_id = ? AND state <> 'canceled'", enrollmentID).Order("id").Find(&ts).Error)
	return ts
}

func TestPlanDue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		w.replan(e.ID)
		at := w.now.Add(time.Hour).Add(123 * time.Nanosecond) // finer than PostgreSQL keeps
		saw, n := w.plan(func(models.PlanInput) models.PlanResult {
			return models.PlanResult{
				Skipped: []models.Touch{{StepKey: "s0", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, EndReason: models.SkipDisabled}},
				Next:    w.nextTouch("s1", at),
			}
		})
		w.want("planned", n, 1)
		if saw.Prospect.ID != w.person.ID || saw.Version.ID != e.VersionID || saw.Sequence.ID != e.SequenceID || saw.Rep.ID != w.rep.ID ||
			len(saw.ContactPoints) != 2 || len(saw.Senders) != 1 || saw.Settings.FollowUpLimit == 0 || saw.Company == nil {
			t.Errorf("the plan saw too little: %+v", saw)
		}
		ts := w.live(e.ID)
		if len(ts) != 2 || ts[0].State != models.TouchSkipped || ts[0].EndReason != models.SkipDisabled || ts[0].EndedAt == nil ||
			ts[1].State != models.TouchPlanned || ts[1].RepID != w.rep.ID || ts[1].Occurrence != "0" || ts[1].Why == "" {
			t.Fatalf("touches: %+v", ts)
		}
		w.isEnrollment(e.ID, models.EnrollmentActive, false)
		if p := load[models.Prospect](w, w.person.ID); p.NextTouchAt == nil {
			t.Error("the lists do not know what comes next")
		}
		_, n = w.plan(func(models.PlanInput) models.PlanResult { return models.PlanResult{} })
		w.want("planned without need", n, 0)

		// The same plan again keeps the touch, and the hold that it has.
		w.ok(w.db.Model(&models.Touch{}).Where("id = ?", ts[1].ID).
			UpdateColumns(map[string]any{"due_at": at.Add(time.Hour), "hold_reason": models.HoldQuietHours}).Error)
		w.replan(e.ID)
		saw, _ = w.plan(func(models.PlanInput) models.PlanResult { return models.PlanResult{Next: w.nextTouch("s1", at)} })
		if len(saw.Touches) != 2 {
			t.Errorf("the plan saw %d touches of its history", len(saw.Touches))
		}
		if got := w.live(e.ID); len(got) != 2 || got[1].ID != ts[1].ID || got[1].HoldReason != models.HoldQuietHours {
			t.Errorf("the same plan replaced the touch: %+v", got)
		}

		// Another time replaces it.
		w.replan(e.ID)
		w.plan(func(models.PlanInput) models.PlanResult {
			return models.PlanResult{Next: w.nextTouch("s1", at.Add(time.Minute))}
		})
		w.isTouch(ts[1].ID, models.TouchCanceled, models.CancelReplanned)
		if got := w.live(e.ID); len(got) != 2 || got[1].ID == ts[1].ID {
			t.Errorf("the touch was not replaced: %+v", got)
		}

		// An answer that says nothing leaves it alone.
		w.replan(e.ID)
		w.plan(func(models.PlanInput) models.PlanResult { return models.PlanResult{} })
		w.want("live touches", len(w.live(e.ID)), 2)
	})
}

func TestPlanLeavesBusyTouchesAlone(t *testing.T) {
	for _, state := range []models.TouchState{models.TouchSending, models.TouchUnconfirmed, models.TouchOpen} {
		t.Run(string(state), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
				busy := w.touch(models.Touch{EnrollmentID: &e.ID, State: state})
				w.replan(e.ID)
				w.plan(func(models.PlanInput) models.PlanResult { return models.PlanResult{Next: w.nextTouch("s2", w.now)} })
				w.isTouch(busy.ID, state, "")
				w.want("touches", len(w.live(e.ID)), 1)
				w.isEnrollment(e.ID, models.EnrollmentActive, false)
			})
		})
	}
}

func TestPlanEnds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0)))
		planned := w.touch(models.Touch{EnrollmentID: &e.ID})
		w.replan(e.ID)
		w.plan(func(models.PlanInput) models.PlanResult {
			return models.PlanResult{Attention: &models.Attention{Reason: models.AttentionZone, Title: "Unknown zone", Detail: "Set a zone"}}
		})
		w.isTouch(planned.ID, models.TouchCanceled, models.CancelPaused)
		w.isEnrollment(e.ID, models.EnrollmentPaused, false)
		var task models.Task
		w.ok(w.db.Where("reason = ? AND state = 'open'", models.AttentionZone).Take(&task).Error)
		_, err := s.CloseTask(w.ctx, task.ID, models.TaskDone, "", w.by, w.now)
		w.ok(err)
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
		w.plan(func(models.PlanInput) models.PlanResult {
			return models.PlanResult{Finish: models.FinishCompleted,
				Skipped: []models.Touch{{StepKey: "s1", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, EndReason: models.SkipMomentPassed}}}
		})
		if got := w.isEnrollment(e.ID, models.EnrollmentFinished, false); got.Outcome != models.FinishCompleted {
			t.Errorf("outcome %s", got.Outcome)
		}
		w.want("skipped", count[models.Touch](w, "enrollment_id = ? AND state = 'skipped'", e.ID), 1)
	})
}

func TestPlanAdoptsVersion(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0)))
		v2, err := s.PublishSequence(w.ctx, follow("f", after(0, 0, 0, 0), after(0, 0, 9, 0)), "", "", false, nil, w.now)
		w.ok(err)
		w.ok(w.db.Model(&models.Enrollment{}).Where("id = ?", e.ID).UpdateColumns(map[string]any{"pending_version_id": v2.ID, "replan_at": w.now}).Error)
		saw, _ := w.plan(func(in models.PlanInput) models.PlanResult {
			return models.PlanResult{AdoptVersion: &in.Pending.ID, WaitsFor: "nothing"}
		})
		if saw.Pending == nil || saw.Pending.ID != v2.ID {
			t.Fatalf("pending version %+v", saw.Pending)
		}
		if got := load[models.Enrollment](w, e.ID); got.VersionID != v2.ID || got.PendingVersionID != nil {
			t.Errorf("version %d, pending %v", got.VersionID, got.PendingVersionID)
		}
	})
}

func TestOneBadPlanStopsNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		good, bad, mute := w.enroll(follow("a", after(0, 0, 0, 0))), w.enroll(follow("b", after(0, 0, 0, 0))), w.enroll(follow("c", after(0, 0, 0, 0)))
		for _, e := range []models.Enrollment{good, bad, mute} {
			w.replan(e.ID)
		}
		w.queue(models.Touch{StepKey: "other", FormToken: storetest.Ptr("used")})
		_, err := s.PlanDue(w.ctx, w.now, 10, func(context.Context, []models.PlanInput) []models.PlanResult {
			broken := w.nextTouch("s1", w.now)
			broken.FormToken = storetest.Ptr("used")
			return []models.PlanResult{{EnrollmentID: bad.ID, Next: broken}, {EnrollmentID: good.ID, Next: w.nextTouch("s1", w.now)}}
		})
		w.ok(err)
		w.want("the good one's touches", len(w.live(good.ID)), 1)
		w.isEnrollment(good.ID, models.EnrollmentActive, false)
		w.isEnrollment(bad.ID, models.EnrollmentPaused, false)
		w.want("tasks", count[models.Task](w, "enrollment_id = ? AND reason = ? AND state = 'open'", bad.ID, models.AttentionPlan), 1)
		if got := w.isEnrollment(mute.ID, models.EnrollmentActive, true); !got.ReplanAt.After(w.now) {
			t.Error("what was not answered would be planned for ever")
		}
	})
}

func TestPlanSeesBookedCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		v, err := s.PublishSequence(w.ctx, callBack("cb"), "", "", false, nil, w.now)
		w.ok(err)
		e, err := s.Enroll(w.ctx, models.NewEnrollment{ProspectID: w.person.ID, SequenceID: v.SequenceID, By: w.by, Now: w.now,
			Booking: &models.Booking{StartsAt: w.now.Add(48 * time.Hour)}})
		w.ok(err)
		call := w.bookedCall(*e.AppointmentID)
		w.ok(w.db.Model(&models.Touch{}).Where("id = ?", call.ID).UpdateColumn("state", models.TouchOpen).Error)
		_, err = s.CloseCall(w.ctx, models.CallResult{TaskID: w.openTaskFor(call).ID, UserID: w.rep.ID, Outcome: models.OutcomeBusy, Now: w.now})
		w.ok(err)
		saw, n := w.plan(func(models.PlanInput) models.PlanResult { return models.PlanResult{WaitsFor: "nothing"} })
		w.want("planned", n, 1)
		if saw.Appointment == nil || saw.LastCall != models.OutcomeBusy || saw.LastCallTask == nil {
			t.Errorf("appointment %v, last call %q", saw.Appointment, saw.LastCall)
		}
		if len(saw.Touches) != 1 || saw.Touches[0].ID != call.ID || saw.Touches[0].StepKey != "the-call" || saw.Touches[0].State != models.TouchDone {
			t.Errorf("the booked call is not in the history: %+v", saw.Touches)
		}
	})
}
