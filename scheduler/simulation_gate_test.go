package scheduler_test

import (
	"strings"
	"testing"
	"time"

	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
)

// A preview moves what the limits of a person move, says what did it, and the
// engine then does as previewed: four touches on a day, three calls and texts in
// 24 hours in Florida, and the window of the sender.
func TestPreviewKnowsTheLimits(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		_, err := s.UpdateProspect(w.ctx, func() models.Prospect {
			p := w.Prospect
			p.Region = "FL"
			return p
		}(), nil, []models.ContactPoint{w.Email, w.Cell}, models.ActorSystem, w.now())
		w.ok(err)
		hourly := func(key string, ch models.ChannelKind) models.Step {
			return models.Step{Key: key, Name: key, Channel: ch, Purpose: models.PurposeFollowUp, Subject: key, Body: key, Timing: models.Timing{Kind: models.TimingAfter, Minutes: 20}}
		}
		v := w.publish(models.Definition{Key: "many", Name: "Many", OnReply: models.ReplyPause, Steps: []models.Step{
			hourly("t1", models.ChannelSMS), hourly("t2", models.ChannelSMS), hourly("t3", models.ChannelSMS), hourly("t4", models.ChannelSMS),
			hourly("m1", models.ChannelEmail), hourly("m2", models.ChannelEmail),
		}})
		w.setClock(w.local("2026-11-24 10:00"))
		steps, refusals, err := w.sched.Preview(w.ctx, scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID, RepID: w.Rep.ID})
		w.ok(err)
		if len(refusals) != 0 || len(steps) != 6 {
			t.Fatalf("%v %+v", refusals, steps)
		}
		t4 := steps[3]
		if got := t4.At.Sub(steps[0].At); got != 24*time.Hour || !strings.Contains(t4.Why, "caps/US-FL") {
			t.Errorf("the fourth text comes %s after the first: %s", got, t4.Why)
		}
		w.enroll(v.SequenceID)
		w.runUntil(w.local("2026-11-27 12:00"))
		sent := w.line.messages()
		if len(sent) != len(steps) {
			t.Fatalf("%d of %d went out", len(sent), len(steps))
		}
		for i, at := range w.line.at {
			if late := at.Sub(steps[i].At); late < 0 || late > time.Minute {
				t.Errorf("%s was previewed for %s (%s) and left at %s", steps[i].Name, steps[i].Local, steps[i].Why, at)
			}
		}
	})
}

// What they had today already counts in a preview, by whatever sequence it came.
func TestPreviewCountsWhatWasMade(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		set, err := s.Settings(w.ctx)
		w.ok(err)
		set.Caps.PersonDay = 1
		w.ok(s.SaveSettings(w.ctx, set, models.ActorSystem, w.now()))
		w.setClock(w.local("2026-11-24 10:00"))
		w.enroll(w.Version.SequenceID)
		w.tickAt(w.now())
		if n := len(w.line.messages()); n != 1 {
			t.Fatalf("%d went out", n)
		}
		v := w.publish(models.Definition{Key: "other", Name: "Other", OnReply: models.ReplyPause, Steps: []models.Step{
			{Key: "m", Channel: models.ChannelEmail, Purpose: models.PurposeFollowUp, Subject: "s", Body: "b", Timing: models.Timing{Kind: models.TimingAfter}},
		}})
		w.setClock(w.local("2026-11-24 15:00"))
		steps, _, err := w.sched.Preview(w.ctx, scheduler.EnrollRequest{ProspectID: w.Prospect.ID, SequenceID: v.SequenceID, RepID: w.Rep.ID})
		w.ok(err)
		if len(steps) != 1 || !steps[0].At.After(w.local("2026-11-25 00:00")) || !strings.Contains(steps[0].Why, "the limit is 1") {
			t.Errorf("%+v", steps)
		}
	})
}
