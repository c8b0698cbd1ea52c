package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestClaimSends(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, err := s.SaveSender(w.ctx, models.Sender{
			OwnerID: &w.rep.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: ourEmail,
			Credentials: models.SenderCredentials{Password: "opened"},
		}, w.by, w.now)
		w.ok(err)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))
		touch := w.queue(models.Touch{EnrollmentID: &e.ID, HoldReason: models.HoldQuietHours})
		later := w.touch(models.Touch{StepKey: "later", SenderID: &w.sender.ID})

		var saw models.Due
		c := w.claim(func(d models.Due) models.Decision { saw = d; return sendIt(d) })

		w.want("judged", c.Judged, 1)
		w.want("dispatches", len(c.Dispatches), 1)
		if saw.Prospect.ID != w.person.ID || saw.Company == nil || saw.Rep.ID != w.rep.ID || saw.Enrollment == nil || saw.Version == nil ||
			len(saw.ContactPoints) != 2 || saw.Settings.FollowUpLimit == 0 || saw.Sender == nil || saw.Sender.Credentials.Password != "opened" {
			t.Errorf("the gate saw an incomplete due touch: %+v", saw)
		}
		got := w.isTouch(touch.ID, models.TouchSending, "")
		if got.Attempt != 1 || got.Replica != "here" || got.SendBy == nil || !got.SendBy.Equal(w.now.Add(30*time.Second)) || got.HoldReason != "" {
			t.Errorf("the intent is incomplete: %+v", got)
		}
		ms := w.outbound(touch.ID)
		if len(ms) != 1 || ms[0].State != models.MessageQueued || ms[0].Attempt != 1 || *ms[0].SenderID != w.sender.ID || ms[0].Provider != models.ProviderSandbox {
			t.Errorf("the queued message is wrong: %+v", ms)
		}
		d := c.Dispatches[0]
		if d.Message.ID != ms[0].ID || d.Message.Sender == nil || d.Message.Unsubscribe == "" || d.Touch.Attempt != 1 {
			t.Errorf("the dispatch is incomplete: %+v", d)
		}
		w.isTouch(later.ID, models.TouchPlanned, "")
		w.want("a second claim", w.claim(sendIt).Judged, 0)
	})
}

func TestClaimDecisions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0), after(0, 0, 2, 0)))

		t.Run("hold", func(t *testing.T) {
			touch := w.queue(models.Touch{EnrollmentID: &e.ID})
			until := w.now.Add(3 * time.Hour)
			hold := func(d models.Due) models.Decision {
				return models.Decision{TouchID: d.Touch.ID, Action: models.DecideHold, Reason: models.HoldQuietHours, Detail: "until 8:00", Until: until}
			}
			w.want("held", w.claim(hold).Held, 1)
			got := w.isTouch(touch.ID, models.TouchPlanned, "")
			if !got.DueAt.Equal(until) || !got.PromisedAt.Equal(touch.PromisedAt) || got.HoldReason != models.HoldQuietHours || got.Attempt != 0 {
				t.Errorf("a hold moves the due time only: %+v", got)
			}
			p := load[models.Prospect](w, w.person.ID)
			if p.NextTouchAt == nil || !p.NextTouchAt.Equal(until) {
				t.Errorf("next touch is %v, want %v", p.NextTouchAt, until)
			}
			req := w.request()
			req.Now = until.Add(time.Minute)
			w.want("judged again", w.claimAs(req, doIt(models.DecideHold, models.HoldQuietHours)).Judged, 1)
			w.want("events of the hold", count[models.Event](w, "kind = ? AND touch_id = ?", models.EventTouchHeld, touch.ID), 1)
			// A hold without a time must not be met again by the same claim.
			if got := load[models.Touch](w, touch.ID); !got.DueAt.After(req.Now) {
				t.Errorf("due at %v, want later than %v", got.DueAt, req.Now)
			}
			w.ok(w.db.Model(&models.Touch{}).Where("id = ?", touch.ID).Update("state", models.TouchCanceled).Error)
		})
		t.Run("skip", func(t *testing.T) {
			touch := w.queue(models.Touch{EnrollmentID: &e.ID})
			w.want("skipped", w.claim(doIt(models.DecideSkip, models.SkipNoConsent)).Skipped, 1)
			if got := w.isTouch(touch.ID, models.TouchSkipped, models.SkipNoConsent); got.EndDetail != "because" || got.EndedAt == nil {
				t.Errorf("the skip says too little: %+v", got)
			}
			w.isEnrollment(e.ID, models.EnrollmentActive, true)
		})
		t.Run("cancel", func(t *testing.T) {
			touch := w.queue(models.Touch{EnrollmentID: &e.ID, StepKey: "s2"})
			w.claim(doIt(models.DecideCancel, models.CancelReplanned))
			w.isTouch(touch.ID, models.TouchCanceled, models.CancelReplanned)
			if got := w.isEnrollment(e.ID, models.EnrollmentActive, true); !got.ReplanAt.After(w.now) {
				t.Errorf("planned again at %v: plan and claim would chase each other", got.ReplanAt)
			}
		})
		t.Run("open", func(t *testing.T) {
			touch := w.queue(models.Touch{EnrollmentID: &e.ID, StepKey: "s2", Kind: models.TouchTask, Channel: models.ChannelCall})
			c := w.claim(func(d models.Due) models.Decision {
				return models.Decision{TouchID: d.Touch.ID, Action: models.DecideOpen, Task: &models.Task{Title: "Call Dana", Prep: models.CallPrep{Why: "news"}}}
			})
			w.want("opened", c.Opened, 1)
			w.isTouch(touch.ID, models.TouchOpen, "")
			var task models.Task
			w.ok(w.db.Where("touch_id = ?", touch.ID).Take(&task).Error)
			if task.Kind != models.TaskCall || task.UserID != w.rep.ID || !task.DueAt.Equal(touch.PromisedAt) || task.Prep.Why != "news" ||
				*task.ProspectID != w.person.ID || *task.EnrollmentID != e.ID {
				t.Errorf("the task is wrong: %+v", task)
			}
			w.ok(w.db.Model(&models.Touch{}).Where("id = ?", touch.ID).Update("state", models.TouchCanceled).Error)
		})
		t.Run("another channel and contact point", func(t *testing.T) {
			touch := w.queue(models.Touch{EnrollmentID: &e.ID, StepKey: "s2", Channel: models.ChannelVoicemail})
			w.claim(func(d models.Due) models.Decision {
				return models.Decision{TouchID: d.Touch.ID, Action: models.DecideOpen, Kind: models.TouchTask, Channel: models.ChannelCall, ContactPointID: &w.phone.ID}
			})
			got := w.isTouch(touch.ID, models.TouchOpen, "")
			if got.Kind != models.TouchTask || got.Channel != models.ChannelCall || *got.ContactPointID != w.phone.ID {
				t.Errorf("the decision's choice is not on the touch: %+v", got)
			}
			w.ok(w.db.Model(&models.Touch{}).Where("id = ?", touch.ID).Update("state", models.TouchCanceled).Error)
		})
		t.Run("finish", func(t *testing.T) {
			touch := w.queue(models.Touch{EnrollmentID: &e.ID, StepKey: "s2"})
			w.claim(func(d models.Due) models.Decision {
				return models.Decision{TouchID: d.Touch.ID, Action: models.DecideFinish, Reason: models.SkipFollowUpLimit, Outcome: models.FinishUnreachable}
			})
			w.isTouch(touch.ID, models.TouchSkipped, models.SkipFollowUpLimit)
			if got := w.isEnrollment(e.ID, models.EnrollmentFinished, false); got.Outcome != models.FinishUnreachable {
				t.Errorf("outcome %s", got.Outcome)
			}
		})
	})
}

func TestClaimAsks(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		ask := func(d models.Due) models.Decision {
			return models.Decision{TouchID: d.Touch.ID, Action: models.DecideAsk,
				Attention: &models.Attention{Reason: models.AttentionRender, Title: "Cannot be rendered", Detail: "company.name has no value"}}
		}
		e := w.enroll(follow("f", after(0, 0, 0, 0)))
		touch := w.queue(models.Touch{EnrollmentID: &e.ID})
		w.claim(ask)
		w.isTouch(touch.ID, models.TouchCanceled, models.AttentionRender)
		w.isEnrollment(e.ID, models.EnrollmentPaused, false)
		var p models.Pause
		w.ok(w.db.Where("enrollment_id = ?", e.ID).Take(&p).Error)
		if p.Reason != models.PauseNeedsAttention || p.TaskID == nil {
			t.Fatalf("the pause hangs on no task: %+v", p)
		}
		task := load[models.Task](w, *p.TaskID)
		if task.Kind != models.TaskResolve || task.Reason != models.AttentionRender || task.UserID != w.rep.ID || task.Detail == "" {
			t.Errorf("the task is wrong: %+v", task)
		}

		// Closing it goes on where it rested.
		_, err := s.CloseTask(w.ctx, task.ID, models.TaskDone, "", w.by, w.now)
		w.ok(err)
		w.isEnrollment(e.ID, models.EnrollmentActive, true)

		// Without an enrollment the touch is skipped, and somebody knows.
		alone := w.queue(models.Touch{StepKey: "alone", Purpose: models.PurposeConfirmation})
		w.claim(ask)
		w.isTouch(alone.ID, models.TouchSkipped, models.AttentionRender)
		w.want("tasks for the lone touch", count[models.Task](w, "touch_id = ? AND state = 'open'", alone.ID), 1)

		// A booked call is a promise: it opens all the same.
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now.Add(-time.Second), By: w.by, Now: w.now})
		w.ok(err)
		w.claim(ask)
		w.isTouch(w.bookedCall(a.ID).ID, models.TouchOpen, "")
	})
}

func TestOneBadDecisionStopsNoOther(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var touches []models.Touch
		for i := range 4 {
			touches = append(touches, w.queue(models.Touch{StepKey: fmt.Sprint("m", i)}))
		}
		taken := "" // the first one's token
		c := w.claim(func(d models.Due) models.Decision {
			dec := sendIt(d)
			switch d.Touch.ID {
			case touches[0].ID:
				taken = dec.Message.Token
			case touches[1].ID:
				dec.Message = nil // incomplete
			case touches[2].ID:
				dec.Message.Token = taken
			}
			return dec
		})
		w.want("sent", len(c.Dispatches), 2)
		w.want("set aside", c.Held, 2)
		w.isTouch(touches[0].ID, models.TouchSending, "")
		w.isTouch(touches[3].ID, models.TouchSending, "")
		for _, bad := range touches[1:3] {
			got := w.isTouch(bad.ID, models.TouchPlanned, "")
			if !got.DueAt.After(w.now) || got.HoldReason == "" || got.Attempt != 0 {
				t.Errorf("the bad one must wait with its reason: %+v", got)
			}
		}
		if count[models.Task](w, "kind = 'resolve' AND state = 'open' AND reason = ?", models.AttentionRefused) == 0 {
			t.Error("nobody was asked to look at it")
		}
		w.want("messages", count[models.Message](w, "direction = 'outbound'"), 2)
	})
}

func TestUndecidedWaits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		touch := w.queue(models.Touch{})
		c, err := s.ClaimDue(w.ctx, w.request(), func(context.Context, []models.Due) []models.Decision { return nil })
		w.ok(err)
		w.want("held", c.Held, 1)
		if got := w.isTouch(touch.ID, models.TouchPlanned, ""); !got.DueAt.After(w.now) {
			t.Error("an undecided touch would be claimed for ever")
		}
	})
}

func TestClaimQueue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other, err := s.SaveSender(w.ctx, models.Sender{Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "two@followup.example.com"}, w.by, w.now)
		w.ok(err)
		for i := range 6 {
			w.queue(models.Touch{StepKey: fmt.Sprint("a", i), DueAt: w.now.Add(-time.Hour)})
		}
		b := w.queue(models.Touch{StepKey: "b", SenderID: &other.ID})
		urgent := w.queue(models.Touch{StepKey: "u", Urgent: true})
		call := w.touch(models.Touch{StepKey: "call", Kind: models.TouchTask, Channel: models.ChannelCall, DueAt: w.now})

		var order []int64
		see := func(d models.Due) models.Decision { order = append(order, d.Touch.ID); return sendIt(d) }
		req := w.request()
		req.Slots, req.Batch = 0, 10
		c := w.claimAs(req, func(d models.Due) models.Decision {
			order = append(order, d.Touch.ID)
			return models.Decision{TouchID: d.Touch.ID, Action: models.DecideOpen}
		})
		if c.Opened != 1 || order[0] != call.ID {
			t.Fatalf("without a free slot only tasks open, got %v", order)
		}
		order, req.Slots, req.Batch = nil, 3, 10
		w.claimAs(req, see)
		if len(order) != 3 || order[0] != urgent.ID {
			t.Fatalf("promises first, as many as there are slots: %v", order)
		}
		if order[1] != b.ID && order[2] != b.ID {
			t.Errorf("the sender with one message waits behind the one with six: %v", order)
		}
	})
}

func TestClaimObeysSenders(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for i := range 5 {
			w.queue(models.Touch{StepKey: fmt.Sprint("m", i), Urgent: i == 4})
		}
		set := func(columns map[string]any) {
			w.ok(w.db.Model(&models.Sender{}).Where("id = ?", w.sender.ID).UpdateColumns(columns).Error)
		}
		claimAt := func(at time.Time) int {
			req := w.request()
			req.Now = at
			return len(w.claimAs(req, sendIt).Dispatches)
		}

		set(map[string]any{"state": models.SenderStopped})
		w.want("from a stopped sender", claimAt(w.now), 0)
		h, err := s.Health(w.ctx, w.now)
		w.ok(err)
		w.want("due", h.Due, 0)
		w.want("held by the stopped sender", h.Held[models.HoldSenderStopped], 5)
		if h.Lag != 0 {
			t.Errorf("what a stopped sender keeps is not late: %v", h.Lag)
		}

		pause := w.now.Add(time.Minute)
		set(map[string]any{"state": models.SenderActive, "paused_till": pause})
		w.want("while the provider asked for a pause", claimAt(w.now), 0)

		// 60 a minute is one a second.
		set(map[string]any{"paused_till": nil, "rate_per_minute": 60, "next_free_at": w.now.Add(-time.Hour)})
		w.want("in the first second", claimAt(w.now), 1)
		w.want("in the same second", claimAt(w.now), 0)
		w.want("a second later", claimAt(w.now.Add(time.Second)), 1)

		// 120 a minute is two a second.
		set(map[string]any{"rate_per_minute": 120})
		w.want("two a second", claimAt(w.now.Add(time.Minute)), 2)
		set(map[string]any{"rate_per_minute": 0, "next_free_at": w.now})
		w.want("without a rate", claimAt(w.now.Add(2*time.Minute)), 1)
	})
}

func TestDueCarriesLastCallAndMail(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now, By: w.by, Now: w.now})
		w.ok(err)
		e := w.enroll(callBack("cb"))
		w.ok(w.db.Model(&models.Enrollment{}).Where("id = ?", e.ID).UpdateColumn("appointment_id", a.ID).Error)
		_, err = s.CloseCall(w.ctx, models.CallResult{TaskID: w.open(a).ID, UserID: w.rep.ID, Outcome: models.OutcomeNoAnswer, Now: w.now})
		w.ok(err)
		mail := w.sent(w.touch(models.Touch{StepKey: "old", State: models.TouchSent}), "old-mail")
		tp, err := s.SaveTalkingPoint(w.ctx, models.TalkingPoint{Kind: "industry_news", Text: "prices fall"}, models.ActorSystem, w.now)
		w.ok(err)
		w.queue(models.Touch{EnrollmentID: &e.ID, StepKey: "text", Occurrence: "1"})
		var saw models.Due
		w.claim(func(d models.Due) models.Decision { saw = d; return doIt(models.DecideSkip, models.SkipCondition)(d) })
		if saw.LastCall != models.OutcomeNoAnswer {
			t.Errorf("last call %q", saw.LastCall)
		}
		if saw.LastMail == nil || saw.LastMail.ID != mail.ID {
			t.Errorf("last mail %+v", saw.LastMail)
		}
		if saw.TalkingPoint == nil || saw.TalkingPoint.ID != tp.ID {
			t.Errorf("talking point %+v", saw.TalkingPoint)
		}
		if saw.Appointment == nil || saw.Appointment.ID != a.ID {
			t.Errorf("appointment %+v", saw.Appointment)
		}

		// A newer revision has had no call yet.
		w.ok(w.db.Model(&models.Appointment{}).Where("id = ?", a.ID).UpdateColumn("revision", 2).Error)
		w.queue(models.Touch{EnrollmentID: &e.ID, StepKey: "text", Occurrence: "2"})
		w.claim(func(d models.Due) models.Decision { saw = d; return doIt(models.DecideSkip, models.SkipCondition)(d) })
		if saw.LastCall != "" {
			t.Errorf("the call of an older revision counts: %q", saw.LastCall)
		}
	})
}

// What is left out with a word to somebody opens a task for them.
func TestClaimSkipTells(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0)))
		touch := w.queue(models.Touch{EnrollmentID: &e.ID})
		w.claim(func(d models.Due) models.Decision {
			return models.Decision{TouchID: d.Touch.ID, Action: models.DecideSkip, Reason: models.SkipNotAllowed, Detail: "not on the allow-list",
				Attention: &models.Attention{Reason: models.AttentionRefused, Title: "The text was not made", Detail: "not on the allow-list"}}
		})
		w.isTouch(touch.ID, models.TouchSkipped, models.SkipNotAllowed)
		w.isEnrollment(e.ID, models.EnrollmentActive, true)
		w.want("tasks", count[models.Task](w, "touch_id = ? AND state = 'open' AND reason = ?", touch.ID, models.AttentionRefused), 1)
	})
}

// A preview knows of an enrollment in the same sequence that has not finished.
func TestPlanContextKnowsWhoIsInside(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("f", after(0, 0, 0, 0)))
		in, err := s.PlanContext(w.ctx, e.ProspectID, e.SequenceID, w.rep.ID)
		w.ok(err)
		if in.Enrollment.ID != e.ID {
			t.Errorf("the live enrollment is %d, the context says %d", e.ID, in.Enrollment.ID)
		}
		w.ok(s.FinishEnrollment(w.ctx, e.ID, models.FinishRemoved, w.by, w.now))
		in, err = s.PlanContext(w.ctx, e.ProspectID, e.SequenceID, w.rep.ID)
		w.ok(err)
		if in.Enrollment.ID != 0 {
			t.Errorf("a finished enrollment counts as inside: %d", in.Enrollment.ID)
		}
	})
}
