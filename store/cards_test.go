package store_test

import (
	"fmt"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// A card is a draft with a revision; a closed call's is history.
func TestCallCard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		task, _ := w.openCall(models.Touch{})
		card, err := s.SaveCallCard(w.ctx, models.CallCard{TaskID: task.ID, ReasonFrom: models.ReasonFresh, Reason: "the new dock", Summary: "we spoke"}, w.now)
		w.ok(err)
		if card.Revision != 1 || card.ProspectID != w.person.ID {
			t.Errorf("card = %+v", card)
		}
		_, err = s.SaveCallCard(w.ctx, models.CallCard{TaskID: task.ID, Summary: "another tab"}, w.now)
		w.code(err, models.CodeConflict)
		card.Summary = "we spoke twice"
		_, err = s.SaveCallCard(w.ctx, card, w.now)
		w.ok(err)
		kept, err := s.CallCard(w.ctx, task.ID)
		w.ok(err)
		if kept.Summary != "we spoke twice" || kept.Revision != 2 {
			t.Errorf("kept = %+v", kept)
		}
		_, err = s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeNoAnswer))
		w.ok(err)
		_, err = s.SaveCallCard(w.ctx, kept, w.now)
		w.code(err, models.CodeConflict)
	})
}

// A reason was heard when it was spoken or left, not when it was prepared.
func TestReasonCountsWhenHeard(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for _, c := range []struct {
			outcome models.CallOutcome
			untold  bool
			heard   bool
		}{
			{models.OutcomeNoAnswer, false, false}, {models.OutcomeBusy, false, false}, {models.OutcomeWrongNumber, false, false},
			{models.OutcomeConnected, true, false}, {models.OutcomeConnected, false, true},
			{models.OutcomeLeftVoicemail, false, true}, {models.OutcomeNotInterested, false, true},
		} {
			w := &world{T: t, ctx: t.Context(), s: s, now: storetest.Now}
			w.db = store.RawDB(s)
			w.serial = count[models.User](w, "1 = 1")
			w.rep = w.user("Rita", models.RoleRep)
			w.by = models.UserActor(w.rep.ID)
			w.person = w.prospect("Dana", "", fmt.Sprintf("+1212555%04d", 100+w.serial))
			w.phone = w.points(w.person.ID)[0]
			task, _ := w.openCall(models.Touch{})
			_, err := s.SaveCallCard(w.ctx, models.CallCard{TaskID: task.ID, ReasonFrom: models.ReasonFresh, Reason: "Your new dock opens in May."}, w.now)
			w.ok(err)
			r := w.result(task.ID, c.outcome)
			r.Untold = c.untold
			_, err = s.CloseCall(w.ctx, r)
			w.ok(err)
			heard, err := s.HeardReasons(w.ctx, w.person.ID)
			w.ok(err)
			_, yes := models.HeardBefore(heard, "the reason I'm calling is that your NEW dock opens in May")
			if yes != c.heard {
				t.Errorf("%s, untold %v: heard %v, want %v", c.outcome, c.untold, yes, c.heard)
			}
		}
	})
}

// What the library offers and somebody has heard is used once.
func TestChosenPointIsUsed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var point models.TalkingPoint
		w.ok(w.db.Create(&models.TalkingPoint{Kind: "new_policy", Text: "the new rule on invoices", State: models.LibraryPublished, CreatedAt: w.now, UpdatedAt: w.now}).Error)
		w.ok(w.db.Take(&point).Error)
		for range 2 {
			task, touch := w.openCall(models.Touch{})
			_, err := s.SaveCallCard(w.ctx, models.CallCard{TaskID: task.ID, ReasonFrom: models.ReasonPoint, TalkingPointID: &point.ID, Reason: point.Text}, w.now)
			w.ok(err)
			_, err = s.CloseCall(w.ctx, w.result(task.ID, models.OutcomeLeftVoicemail))
			w.ok(err)
			_ = touch
		}
		if n := count[models.TalkingPointUse](w, "prospect_id = ? AND talking_point_id = ?", w.person.ID, point.ID); n != 1 {
			t.Errorf("%d uses", n)
		}
	})
}

// A press of Dial counts once, and keeps how far from the minute it was.
func TestDials(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a, err := s.Book(w.ctx, models.Booking{ProspectID: w.person.ID, RepID: w.rep.ID, StartsAt: w.now.Add(time.Hour), By: w.by, Now: w.now})
		w.ok(err)
		task := w.open(a)
		w.ok(w.db.Model(&models.Task{}).Where("id = ?", task.ID).UpdateColumn("due_at", a.StartsAt).Error)
		press := models.Dial{TaskID: task.ID, UserID: w.rep.ID, Number: herPhone, FormToken: "press", Token: "tok", State: models.DialAsked, CreatedAt: a.StartsAt.Add(-12 * time.Second)}
		d, repeat, err := s.BeginDial(w.ctx, press)
		w.ok(err)
		if repeat || d.Late != -12 {
			t.Errorf("dial = %+v, repeat %v", d, repeat)
		}
		again, repeat, err := s.BeginDial(w.ctx, press)
		w.ok(err)
		if !repeat || again.ID != d.ID {
			t.Errorf("pressed again: %+v, repeat %v", again, repeat)
		}
		if got := load[models.Task](w, task.ID); got.DialedAt == nil || !got.DialedAt.Equal(press.CreatedAt) {
			t.Errorf("dialled at %v", got.DialedAt)
		}
		if n := count[models.Event](w, "kind = ? AND code = 'early'", models.EventDialed); n != 1 {
			t.Errorf("%d events", n)
		}
		// The provider tells that it is over before its answer to our request is kept.
		w.ok(s.DialProgress(w.ctx, "tok", models.DialEnded, "CA1", "", 190, w.now))
		w.ok(s.DialPlaced(w.ctx, d.ID, models.DialRinging, "CA1", "", w.now))
		w.ok(s.DialProgress(w.ctx, "tok", models.DialTalking, "CA1", "", 0, w.now))
		w.ok(s.DialProgress(w.ctx, "nobody's", models.DialEnded, "", "", 0, w.now))
		if got := load[models.Dial](w, d.ID); got.State != models.DialEnded || got.Seconds != 190 || got.ProviderID != "CA1" || got.EndedAt == nil {
			t.Errorf("dial = %+v", got)
		}
	})
}

// A message tells its reason when it arrives; what came back told nothing.
func TestMessageTellsItsReason(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		point := models.TalkingPoint{Kind: "new_policy", Text: "the new rule on invoices", State: models.LibraryPublished, CreatedAt: w.now, UpdatedAt: w.now}
		w.ok(w.db.Create(&point).Error)
		m := w.sent(w.touch(models.Touch{State: models.TouchSent}), "tells")
		w.ok(w.db.Model(&m).UpdateColumn("talking_point_id", point.ID).Error)
		for _, c := range []struct {
			status models.MessageState
			heard  int
		}{{models.MessageDelivered, 1}, {models.MessageFailed, 0}} {
			w.ok(s.RecordReceipt(w.ctx, w.receipt("tells", c.status), nil))
			if n := count[models.TalkingPointUse](w, "prospect_id = ? AND talking_point_id = ?", w.person.ID, point.ID); n != c.heard {
				t.Errorf("%s: heard by %d", c.status, n)
			}
		}
	})
}

// leftVoicemail is a call closed with a voicemail that we leave for the rep,
// and its touch.
func (w *world) leftVoicemail() models.Touch {
	w.Helper()
	task, _ := w.openCall(models.Touch{})
	_, err := w.s.SaveCallCard(w.ctx, models.CallCard{TaskID: task.ID, ReasonFrom: models.ReasonFresh, Reason: "the new dock"}, w.now)
	w.ok(err)
	r := w.result(task.ID, models.OutcomeLeftVoicemail)
	r.Voicemail = &models.NewAnswer{ProspectID: w.person.ID, UserID: w.rep.ID, Channel: models.ChannelVoicemail, ContactPointID: w.phone.ID, Purpose: models.PurposeManual, Body: "This is Rita.", FormToken: "vm", Now: w.now.Add(time.Second)}
	_, err = w.s.CloseCall(w.ctx, r)
	w.ok(err)
	var left models.Touch
	w.ok(w.db.Where("step_key = 'voicemail'").Take(&left).Error)
	return left
}

// A voicemail that we leave in the rep's place tells its reason; one that
// never arrived has told nothing.
func TestVoicemailThatFailedToldNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		left := w.leftVoicemail()
		w.ok(w.db.Model(&left).UpdateColumn("state", models.TouchSent).Error)
		w.sent(left, "vm")
		heard := func() int {
			t.Helper()
			all, err := s.HeardReasons(w.ctx, w.person.ID)
			w.ok(err)
			return len(all)
		}
		w.ok(s.RecordReceipt(w.ctx, w.receipt("vm", models.MessageDelivered), nil))
		if n := heard(); n != 1 {
			t.Errorf("left: %d reasons heard", n)
		}
		w.ok(s.RecordReceipt(w.ctx, w.receipt("vm", models.MessageFailed), nil))
		if n := heard(); n != 0 {
			t.Errorf("never arrived: %d reasons heard", n)
		}
	})
}

// One that the provider refuses at once, or that may not go out any more,
// told nothing either: no receipt comes for it.
func TestVoicemailThatNeverLeftToldNothing(t *testing.T) {
	for name, end := range map[string]func(w *world, left models.Touch){
		"refused at the hand-over": func(w *world, left models.Touch) {
			set := map[string]any{"state": models.TouchSending, "attempt": 1, "replica": "here", "send_by": w.now.Add(time.Minute)}
			w.ok(w.db.Model(&left).UpdateColumns(set).Error)
			w.settle(models.SendResult{TouchID: left.ID, Attempt: 1, Replica: "here", Class: models.SendPermanent, Code: "21211", At: w.now})
			w.isTouch(left.ID, models.TouchFailed, models.FailRefused)
		},
		"left out by the gate": func(w *world, left models.Touch) {
			w.ok(w.db.Model(&left).UpdateColumn("sender_id", w.sender.ID).Error)
			w.want("skipped", w.claim(doIt(models.DecideSkip, models.SkipSuppressed)).Skipped, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				w := newWorld(t, s)
				left := w.leftVoicemail()
				heard := func() int {
					t.Helper()
					all, err := s.HeardReasons(w.ctx, w.person.ID)
					w.ok(err)
					return len(all)
				}
				w.want("heard as it is left", heard(), 1)
				end(w, left)
				w.want("heard of what never left", heard(), 0)
			})
		})
	}
}
