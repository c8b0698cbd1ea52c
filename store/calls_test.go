package store_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) result(taskID int64, o models.CallOutcome) models.CallResult {
	return models.CallResult{TaskID: taskID, UserID: w.rep.ID, Outcome: o, Notes: "spoke", Now: w.now}
}

// What each outcome does to the enrollment whose call it was, to the person's
// other enrollment, to the appointment and to the pursuit.
func TestCallOutcomes(t *testing.T) {
	const active, paused, finished = models.EnrollmentActive, models.EnrollmentPaused, models.EnrollmentFinished
	const held, unheld = models.AppointmentHeld, models.AppointmentUnheld
	cases := []struct {
		outcome     models.CallOutcome
		own         models.EnrollmentState
		result      models.EnrollmentOutcome
		other       models.EnrollmentState
		appointment models.AppointmentState
		pursuitEnds bool
	}{
		{models.OutcomeNoAnswer, active, "", active, unheld, false},
		{models.OutcomeBusy, active, "", active, unheld, false},
		{models.OutcomeLeftVoicemail, active, "", active, unheld, false},
		{models.OutcomeWrongNumber, active, "", active, unheld, false},
		{models.OutcomeConnected, paused, "", paused, held, true},
		{models.OutcomeCallBack, paused, "", paused, held, true},
		{models.OutcomeBooked, finished, models.FinishMeetingBooked, paused, held, true},
		{models.OutcomeMeetingHeld, finished, models.FinishMeetingBooked, paused, held, true},
		{models.OutcomeNotInterested, finished, models.FinishLost, paused, held, true},
		{models.OutcomeDoNotCall, finished, models.FinishOptedOut, paused, held, true},
	}
	if len(cases) != len(models.CallOutcomes) {
		t.Fatalf("%d of %d outcomes", len(cases), len(models.CallOutcomes))
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, c := range cases {
			t.Run(string(c.outcome), func(t *testing.T) {
				w := &world{T: t, ctx: t.Context(), s: s, db: store.RawDB(s), now: storetest.Now}
				w.serial = count[models.User](w, "1 = 1")
				w.rep = w.user("Rita", models.RoleRep)
				w.by = models.UserActor(w.rep.ID)
				w.person = w.prospect("Dana", "", fmt.Sprintf("+1212555%04d", 100+w.serial))
				w.phone = w.points(w.person.ID)[0]

				own := w.enroll(callBack("cb-" + string(c.outcome)))
				b := models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, EnrollmentID: &own.ID, StartsAt: w.now, By: w.by, Now: w.now}
				a, err := s.Book(w.ctx, b)
				w.ok(err)
				other := w.enroll(follow("fu-"+string(c.outcome), after(0, 1, 0, 0))) // after the booking, at which it would rest
				task := w.open(a)
				w.ok(w.db.Model(&models.Enrollment{}).Where("prospect_id = ?", w.person.ID).UpdateColumn("replan_at", nil).Error)

				r := w.result(task.ID, c.outcome)
				if c.outcome == models.OutcomeCallBack {
					next := b
					next.EnrollmentID, next.StartsAt = nil, w.now.Add(24*time.Hour)
					r.Next = &next
				}
				closed, err := s.CloseCall(w.ctx, r)
				w.ok(err)
				if closed.State != models.TaskDone || closed.Outcome != c.outcome || closed.Notes != "spoke" || closed.ClosedBy != w.by {
					t.Errorf("task = %+v", closed)
				}
				if got := load[models.Touch](w, *task.TouchID); got.State != models.TouchDone || got.EndReason != models.EndDone {
					t.Errorf("touch = %s, %s", got.State, got.EndReason)
				}
				if got := load[models.Appointment](w, a.ID).State; got != c.appointment {
					t.Errorf("appointment = %s, want %s", got, c.appointment)
				}
				got := load[models.Enrollment](w, own.ID)
				if got.State != c.own || got.Outcome != c.result || (got.ReplanAt != nil) != (c.own == active) {
					t.Errorf("own = %s, %q, replan %v", got.State, got.Outcome, got.ReplanAt)
				}
				if c.own == paused {
					if want := (models.Frozen{StepKey: "text", Duration: 10 * time.Minute}); got.Frozen != want {
						t.Errorf("frozen = %+v", got.Frozen)
					}
				}
				if got := load[models.Enrollment](w, other.ID); got.State != c.other {
					t.Errorf("other = %s, want %s", got.State, c.other)
				}
				if n := count[models.Pursuit](w, "prospect_id = ? AND ended_by = ?", w.person.ID, models.PursuitCall); (n == 1) != c.pursuitEnds {
					t.Errorf("%d pursuits ended", n)
				}
				cp := w.points(w.person.ID)[0]
				if cp.LastResult != string(c.outcome) || cp.LastTriedAt == nil || cp.Usable() != (c.outcome != models.OutcomeWrongNumber) {
					t.Errorf("contact point = %+v", cp)
				}
				var channels []models.ChannelKind
				w.ok(w.db.Model(&models.Suppression{}).Where("value = ?", w.phone.Value).Order("channel").Pluck("channel", &channels).Error)
				want := []models.ChannelKind{models.ChannelCall, models.ChannelSMS, models.ChannelVoicemail}
				if c.outcome != models.OutcomeDoNotCall {
					want = nil
				}
				if len(channels) != len(want) || len(want) > 0 && !reflect.DeepEqual(channels, want) {
					t.Errorf("suppressed channels = %v", channels)
				}
				if booked := count[models.Appointment](w, "prospect_id = ? AND state = ?", w.person.ID, models.AppointmentBooked); (booked == 1) != (c.outcome == models.OutcomeCallBack) {
					t.Errorf("%d calls booked next", booked)
				}
			})
		}
	})
}

func TestCloseCallTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		task, _ := w.openCall(models.Touch{})
		for range 2 { // a double click
			_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeNoAnswer))
			w.ok(err)
		}
		_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeConnected))
		w.code(err, models.CodeConflict)
		// A colleague's words on the same call are refused, not swallowed.
		other := w.result(task.ID, models.OutcomeNoAnswer)
		other.UserID, other.Notes = w.user("Mia", models.RoleRep).ID, "call the assistant"
		_, err = s.CloseCall(w.ctx, other)
		w.code(err, models.CodeConflict)
		_, err = s.CloseCall(w.ctx, w.result(task.ID, "maybe"))
		w.code(err, models.CodeInvalid)
		_, err = s.CloseCall(w.ctx, w.result(999, models.OutcomeNoAnswer))
		w.code(err, models.CodeNotFound)
	})
}

// Follow-up calls count once per local day; promised ones do not.
func TestCallsCountInThePursuit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		call := func(p models.Purpose) {
			w.Helper()
			task, _ := w.openCall(models.Touch{Purpose: p})
			_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeNoAnswer))
			w.ok(err)
		}
		counted := func() int {
			var p models.Pursuit
			w.ok(w.db.Where("prospect_id = ? AND ended_at IS NULL", w.person.ID).Limit(1).Find(&p).Error)
			return p.FollowUps
		}
		call(models.PurposePromised)
		if n := counted(); n != 0 {
			t.Errorf("a promised call counted: %d", n)
		}
		call(models.PurposeFollowUp)
		call(models.PurposeFollowUp)
		if n := counted(); n != 1 {
			t.Errorf("one day counted as %d", n)
		}
		w.now = w.now.AddDate(0, 0, 1)
		call(models.PurposeFollowUp)
		if n := counted(); n != 2 {
			t.Errorf("two days counted as %d", n)
		}
		call(models.PurposeGoodbye)
		if n := count[models.Pursuit](w, "goodbye_at IS NOT NULL AND follow_ups = 2"); n != 1 {
			t.Error("the goodbye is not noted")
		}
	})
}

func TestSpokenAnswerEndsTheWaiting(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		w.reply(pauseAll)
		task, _ := w.openCall(models.Touch{})
		_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeConnected))
		w.ok(err)
		if c := w.conversation(); c.WaitingSince != nil || c.LastChannel != models.ChannelEmail {
			t.Errorf("conversation = %+v", c)
		}
	})
}

// Somebody who spoke with us while their sequence rested for another reason
// gets nothing automatic when that reason ends by itself.
func TestSpokenAnswerOutlastsAnotherPause(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 2, 0)))
		until := w.now.Add(24 * time.Hour)
		w.ok(s.PauseEnrollment(w.ctx, e.ID, &until, w.by, w.now))
		task, _ := w.openCall(models.Touch{})
		_, err := s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeConnected))
		w.ok(err)
		w.now = until
		_, err = s.LiftElapsed(w.ctx, w.now, 10)
		w.ok(err)
		if got := w.pauses(e.ID); !slices.Equal(got, []models.PauseReason{models.PauseReplied}) {
			t.Errorf("pauses = %v, want replied", got)
		}
		w.isEnrollment(e.ID, models.EnrollmentPaused, false)
	})
}

func TestCloseTask(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0), after(0, 1, 0, 0)))
		task, touch := w.openCall(models.Touch{EnrollmentID: &e.ID, StepKey: "s2"})
		_, err := s.CloseTask(w.ctx, task.ID, models.TaskDone, "", w.by, w.now)
		w.code(err, models.CodeInvalid) // a call needs its outcome
		for range 2 {
			_, err = s.CloseTask(w.ctx, task.ID, models.TaskDismissed, "on holiday", w.by, w.now)
			w.ok(err)
		}
		if got := load[models.Touch](w, touch.ID); got.State != models.TouchDismissed || got.EndReason != models.EndDismissed {
			t.Errorf("touch = %s", got.State)
		}
		if got := load[models.Enrollment](w, e.ID); got.ReplanAt == nil {
			t.Error("the next step does not follow")
		}
		// A reply that needs no answer.
		w.reply(pauseAll)
		var reply models.Task
		w.ok(w.db.Where("kind = ?", models.TaskReply).Take(&reply).Error)
		_, err = s.CloseTask(w.ctx, reply.ID, models.TaskDismissed, "", w.by, w.now)
		w.ok(err)
		if c := w.conversation(); c.WaitingSince != nil {
			t.Errorf("conversation = %+v", c)
		}
		// One task stands for all of a sender's lost answers.
		lost := w.touch(models.Touch{State: models.TouchUnconfirmed, SenderID: &w.sender.ID, StepKey: "x"})
		resolve := models.Task{Kind: models.TaskResolve, State: models.TaskOpen, Reason: models.AttentionUnconfirmed, UserID: w.rep.ID,
			SenderID: &w.sender.ID, DueAt: w.now, CreatedAt: w.now, UpdatedAt: w.now}
		w.ok(w.db.Create(&resolve).Error)
		_, err = s.CloseTask(w.ctx, resolve.ID, models.TaskDone, "", w.by, w.now)
		w.ok(err)
		if got := load[models.Touch](w, lost.ID); got.State != models.TouchDismissed {
			t.Errorf("unconfirmed touch = %s", got.State)
		}
	})
}

// A talking point is told to a prospect once; nobody heard it where nobody answered.
func TestTalkingPointsAreHeardOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		told, err := s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: "new_policy", Text: "the new rule on invoices"}, models.ActorSystem, w.now)
		w.ok(err)
		_, err = s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: "new_you", Text: "your new plant"}, models.ActorSystem, w.now)
		w.ok(err)
		for _, c := range []struct {
			outcome models.CallOutcome
			heard   int
		}{{models.OutcomeNoAnswer, 0}, {models.OutcomeConnected, 1}, {models.OutcomeConnected, 1}} {
			task, _ := w.openCall(models.Touch{})
			task.Prep.TalkingPoint = "The reason I'm calling is the new rule on invoices."
			w.ok(w.db.Save(&task).Error)
			_, err := s.CloseCall(w.ctx, w.result(task.ID, c.outcome))
			w.ok(err)
			if n := count[models.TalkingPointUse](w, "prospect_id = ? AND talking_point_id = ?", w.person.ID, told.ID); n != c.heard {
				t.Errorf("after %s: heard %d times", c.outcome, n)
			}
		}
		if n := count[models.TalkingPointUse](w, "1 = 1"); n != 1 {
			t.Errorf("%d uses", n)
		}
	})
}
