package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestSettleAccepted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		d := w.sending(models.Touch{EnrollmentID: &e.ID})
		at := w.now.Add(2 * time.Second)
		r := result(d, models.SendAccepted, at)
		r.ProviderID, r.Detail = "250 queued as 7", "queued\x00 as 7"
		w.settle(r)
		w.settle(r) // harmless

		got := w.isTouch(d.Touch.ID, models.TouchSent, models.EndSent)
		if !got.EndedAt.Equal(at) || got.SendBy != nil {
			t.Errorf("the touch is not settled: %+v", got)
		}
		m := w.outbound(d.Touch.ID)[0]
		if m.State != models.MessageSent || !m.SentAt.Equal(at) || m.ProviderID != "250 queued as 7" {
			t.Errorf("the message is not settled: %+v", m)
		}
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
		cp := load[models.ContactPoint](w, w.email.ID)
		if cp.LastResult != "sent" || !cp.LastTriedAt.Equal(at) {
			t.Errorf("the contact point does not know: %+v", cp)
		}
		if p := load[models.Prospect](w, w.person.ID); !p.LastTouchAt.Equal(at) {
			t.Errorf("last touch %v", p.LastTouchAt)
		}
		if c := w.conversation(); c.LastMessageID == nil || *c.LastMessageID != m.ID {
			t.Errorf("the thread's head is %v", c.LastMessageID)
		}
		w.want("events", count[models.Event](w, "kind = ? AND touch_id = ? AND code = 'sent'", models.EventTouchEnded, d.Touch.ID), 1)
	})
}

func TestSettleCountsPursuit(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		pursuit := func() models.Pursuit {
			var p models.Pursuit
			w.ok(w.db.Where("prospect_id = ? AND ended_at IS NULL", w.person.ID).Take(&p).Error)
			return p
		}
		send := func(at time.Time, purpose models.Purpose) {
			w.settle(result(w.sending(models.Touch{Purpose: purpose}), models.SendAccepted, at))
		}
		// 04:30 UTC on the 24th is still the 23rd in New York.
		send(w.now, models.PurposeFollowUp)
		send(time.Date(2026, 11, 24, 4, 30, 0, 0, time.UTC), models.PurposeFollowUp)
		w.want("on one local day", pursuit().FollowUps, 1)
		send(time.Date(2026, 11, 24, 15, 0, 0, 0, time.UTC), models.PurposeFollowUp)
		w.want("on two local days", pursuit().FollowUps, 2)
		for _, p := range []models.Purpose{models.PurposeAnswer, models.PurposeReminder, models.PurposeConfirmation, models.PurposeRecurring, models.PurposePromised} {
			send(time.Date(2026, 11, 26, 15, 0, 0, 0, time.UTC), p)
		}
		w.want("after what does not count", pursuit().FollowUps, 2)
		send(time.Date(2026, 11, 27, 15, 0, 0, 0, time.UTC), models.PurposeGoodbye)
		if p := pursuit(); p.GoodbyeAt == nil || p.FollowUps != 2 {
			t.Errorf("the goodbye: %+v", p)
		}
	})
}

func TestLateResultsChangeNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		first := w.sending(models.Touch{})
		w.settle(result(first, models.SendTransient, w.now))
		req := w.request()
		req.Now, req.Replica = w.now.Add(time.Hour), "there"
		second := w.claimAs(req, sendIt).Dispatches[0]
		w.want("the attempt", second.Touch.Attempt, 2)
		if second.Message.ID != first.Message.ID {
			t.Error("the second attempt has a message of its own")
		}

		for name, late := range map[string]models.SendResult{
			"an older attempt": result(first, models.SendAccepted, w.now),
			"another replica":  {TouchID: first.Touch.ID, Attempt: 2, Replica: "here", Class: models.SendPermanent, At: w.now},
			"an older failure": result(first, models.SendPermanent, w.now),
		} {
			w.settle(late)
			got := w.isTouch(first.Touch.ID, models.TouchSending, "")
			if got.Attempt != 2 || got.Replica != "there" {
				t.Errorf("%s changed the touch: %+v", name, got)
			}
			if m := w.outbound(first.Touch.ID); len(m) != 1 || m[0].State != models.MessageQueued {
				t.Errorf("%s changed the message: %+v", name, m)
			}
		}
		w.settle(result(second, models.SendAccepted, w.now))
		w.isTouch(first.Touch.ID, models.TouchSent, models.EndSent)
		w.settle(result(second, models.SendPermanent, w.now))
		w.isTouch(first.Touch.ID, models.TouchSent, models.EndSent)
	})
}

func TestSettlePermanent(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		d := w.sending(models.Touch{EnrollmentID: &e.ID})
		r := result(d, models.SendPermanent, w.now)
		r.Code, r.Detail, r.InvalidContact = "550 5.1.1", "no such user", true
		w.settle(r)
		if got := w.isTouch(d.Touch.ID, models.TouchFailed, models.FailRefused); got.EndDetail != "550 5.1.1 no such user" {
			t.Errorf("the reason is %q", got.EndDetail)
		}
		if m := w.outbound(d.Touch.ID)[0]; m.State != models.MessageFailed || m.ErrorCode != "550 5.1.1" {
			t.Errorf("the message: %+v", m)
		}
		if cp := load[models.ContactPoint](w, w.email.ID); cp.Usable() || cp.LastResult != "failed" {
			t.Errorf("the contact point: %+v", cp)
		}
		w.want("events of the contact point", count[models.Event](w, "kind = ?", models.EventContactInvalid), 1)
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
		w.want("tasks", count[models.Task](w, "kind = 'resolve'"), 0)

		// What a person wrote goes back to that person.
		own := w.sending(models.Touch{Purpose: models.PurposeAnswer, StepKey: "answer"})
		if own.Message.UserID == nil || *own.Message.UserID != w.rep.ID {
			t.Errorf("the answer's author is %v", own.Message.UserID)
		}
		w.settle(result(own, models.SendPermanent, w.now))
		w.want("tasks", count[models.Task](w, "kind = 'resolve' AND reason = ?", models.AttentionRefused), 1)
	})
}

func TestSettleOptedOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		d := w.sending(models.Touch{EnrollmentID: &e.ID, Channel: models.ChannelSMS, ContactPointID: &w.phone.ID})
		r := result(d, models.SendPermanent, w.now)
		r.Code, r.OptedOut = "21610", true
		w.settle(r)
		w.isTouch(d.Touch.ID, models.TouchFailed, models.FailOptedOut)
		if got := w.isEnrollment(e.ID, models.EnrollmentFinished, false); got.Outcome != models.FinishOptedOut {
			t.Errorf("outcome %s", got.Outcome)
		}
		w.want("orders", count[models.Suppression](w, "scope = 'address' AND value = ? AND lifted_at IS NULL", herPhone), 1)
	})
}

func TestSettleTransient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		d := w.sending(models.Touch{EnrollmentID: &e.ID})
		r := result(d, models.SendTransient, w.now)
		r.Code, r.Detail, r.RetryAt = "451", "greylisted", w.now.Add(7*time.Minute)
		w.settle(r)
		got := w.isTouch(d.Touch.ID, models.TouchPlanned, "")
		if !got.DueAt.Equal(r.RetryAt) || got.HoldReason != models.HoldRetry || !strings.Contains(got.HoldDetail, "greylisted") || got.Replica != "" {
			t.Errorf("the retry: %+v", got)
		}
		w.isEnrollment(e.ID, models.EnrollmentActive, false)

		var waits []time.Duration
		req := w.request()
		for attempt := 2; attempt < 8; attempt++ {
			req.Now = load[models.Touch](w, d.Touch.ID).DueAt
			d = w.claimAs(req, sendIt).Dispatches[0]
			w.settle(result(d, models.SendTransient, req.Now))
			waits = append(waits, w.isTouch(d.Touch.ID, models.TouchPlanned, "").DueAt.Sub(req.Now))
		}
		for i := 1; i < len(waits); i++ {
			if waits[i] <= waits[i-1] {
				t.Errorf("the waits do not grow: %v", waits)
			}
		}
		req.Now = load[models.Touch](w, d.Touch.ID).DueAt
		d = w.claimAs(req, sendIt).Dispatches[0]
		w.want("attempts", d.Touch.Attempt, 8)
		w.settle(result(d, models.SendTransient, req.Now))
		w.isTouch(d.Touch.ID, models.TouchFailed, models.FailRefused)
		w.want("messages of eight attempts", len(w.outbound(d.Touch.ID)), 1)
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
	})
}

// A pause while a message is being handed over: what comes back refused is
// withdrawn, not kept for a resting enrollment.
func TestRefusedWhilePaused(t *testing.T) {
	for _, class := range []models.SendClass{models.SendTransient, models.SendStopped, models.SendConfiguration} {
		t.Run(string(class), func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
				d := w.sending(models.Touch{EnrollmentID: &e.ID})
				w.reply(pauseAll)
				w.isTouch(d.Touch.ID, models.TouchSending, "")
				w.settle(result(d, class, w.now))
				w.isTouch(d.Touch.ID, models.TouchCanceled, models.CancelPaused)
				w.isEnrollment(e.ID, models.EnrollmentPaused, false)
				w.want("messages", len(w.outbound(d.Touch.ID)), 0)
			})
		})
	}
}

func TestSettleStopped(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		d := w.sending(models.Touch{})
		w.settle(result(d, models.SendStopped, w.now))
		if got := w.isTouch(d.Touch.ID, models.TouchPlanned, ""); got.Replica != "" || got.SendBy != nil {
			t.Errorf("%+v", got)
		}
		w.want("messages", len(w.outbound(d.Touch.ID)), 0)
		again := w.claim(sendIt)
		w.want("claimed again", len(again.Dispatches), 1)
		w.want("messages", len(w.outbound(d.Touch.ID)), 1)
	})
}

func TestSettleAmbiguous(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		a := w.sending(models.Touch{EnrollmentID: &e.ID})
		b := w.sending(models.Touch{StepKey: "b"})
		w.settle(result(a, models.SendAmbiguous, w.now), result(b, models.SendAmbiguous, w.now))
		w.isTouch(a.Touch.ID, models.TouchUnconfirmed, "")
		w.isEnrollment(e.ID, models.EnrollmentActive, false)
		open := func() int {
			return count[models.Task](w, "kind = 'resolve' AND state = 'open' AND reason = ? AND sender_id = ?", models.AttentionUnconfirmed, w.sender.ID)
		}
		w.want("tasks a sender", open(), 1)
		w.want("claimed blindly", w.claim(sendIt).Judged, 0)

		// The provider's answer arrives late after all.
		w.settle(result(a, models.SendAccepted, w.now))
		w.isTouch(a.Touch.ID, models.TouchSent, models.EndSent)
		w.want("tasks while one is unknown", open(), 1)
		w.settle(result(b, models.SendAccepted, w.now))
		w.want("tasks when all are known", open(), 0)
	})
}

func TestSettleConfiguration(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a := w.sending(models.Touch{})
		b := w.sending(models.Touch{StepKey: "b"})
		r := result(a, models.SendConfiguration, w.now)
		r.Code, r.Detail = "535", "100% wrong password"
		w.settle(r, result(b, models.SendConfiguration, w.now))
		sender := load[models.Sender](w, w.sender.ID)
		if sender.State != models.SenderStopped || sender.StoppedReason != models.FailConfig || !strings.Contains(sender.StoppedDetail, "535") {
			t.Errorf("the sender: %+v", sender)
		}
		w.isTouch(a.Touch.ID, models.TouchPlanned, "")
		var tasks []models.Task
		w.ok(w.db.Where("reason = ? AND state = 'open'", models.AttentionSender).Find(&tasks).Error)
		if len(tasks) != 1 || tasks[0].UserID != w.rep.ID || !strings.Contains(tasks[0].Detail, "100% wrong password") {
			t.Errorf("the owner's task: %+v", tasks)
		}
		w.want("events", count[models.Event](w, "kind = ?", models.EventSenderStopped), 1)
		w.want("claimed from a stopped sender", w.claim(sendIt).Judged, 0)
	})
}

// The next step is planned where the last one ends, in one transaction.
func TestSettlePlansOn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		d := w.sending(models.Touch{EnrollmentID: &e.ID})
		next := w.now.Add(48 * time.Hour)
		plan := func(_ context.Context, inputs []models.PlanInput) []models.PlanResult {
			if len(inputs) != 1 || len(inputs[0].Touches) != 1 || inputs[0].Touches[0].State != models.TouchSent {
				t.Errorf("the plan was shown %+v", inputs)
			}
			return []models.PlanResult{{EnrollmentID: e.ID, Next: w.nextTouch("s2", next)}}
		}
		r := result(d, models.SendAccepted, w.now)
		w.ok(s.Settle(w.ctx, []models.SendResult{r}, plan))
		w.isTouch(d.Touch.ID, models.TouchSent, models.EndSent)
		w.isEnrollment(e.ID, models.EnrollmentActive, false)
		if live := w.live(e.ID); len(live) != 2 || live[1].StepKey != "s2" || live[1].State != models.TouchPlanned {
			t.Errorf("what comes next: %+v", live)
		}
		p := load[models.Prospect](w, w.person.ID)
		if p.NextTouchAt == nil || !p.NextTouchAt.Equal(next) || p.LastTouchAt == nil || !p.LastTouchAt.Equal(w.now) {
			t.Errorf("the list shows %v after %v", p.NextTouchAt, p.LastTouchAt)
		}

		// A plan that cannot be recorded rests with a task; the result stands.
		e = w.enroll(follow("h", after(0, 0, 0, 0)))
		d = w.sending(models.Touch{EnrollmentID: &e.ID})
		w.failOn("touches")
		w.ok(s.Settle(w.ctx, []models.SendResult{result(d, models.SendAccepted, w.now)}, plan))
		w.heal()
		w.isTouch(d.Touch.ID, models.TouchSent, models.EndSent)
		w.isEnrollment(e.ID, models.EnrollmentPaused, false)

		// What was paused meanwhile is not planned on.
		e2 := w.enroll(follow("g", after(0, 0, 0, 0)))
		d2 := w.sending(models.Touch{EnrollmentID: &e2.ID})
		w.ok(w.db.Model(&models.Enrollment{}).Where("id = ?", e2.ID).UpdateColumns(map[string]any{"state": models.EnrollmentPaused, "replan_at": nil}).Error)
		w.ok(s.Settle(w.ctx, []models.SendResult{result(d2, models.SendAccepted, w.now)}, func(_ context.Context, inputs []models.PlanInput) []models.PlanResult {
			t.Errorf("planned on: %+v", inputs)
			return nil
		}))
		w.isTouch(d2.Touch.ID, models.TouchSent, models.EndSent)
	})
}
