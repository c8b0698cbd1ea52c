package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

// texting is a workspace with a price of USD 0.40 a segment and a budget of one
// dollar a month; its phone is a real provider's, for the sandbox costs nothing.
func texting(t *testing.T, s *store.Store) (*world, *models.TextRates) {
	w := newWorld(t, s)
	rates := &models.TextRates{Currency: "USD", Countries: map[string]models.Money{"US": 4000}, CountryOf: func(string) string { return "US" }}
	s.UseRates(rates)
	w.sched.Rates = rates
	reg := channels.NewRegistry()
	for _, rules := range []models.ChannelRules{channels.EmailRules, channels.SMSRules, channels.VoicemailRules} {
		reg.Add(models.ProviderSandbox, wire{w.line, rules})
		reg.Add(models.ProviderTwilio, wire{w.line, rules})
	}
	w.sched.Channels = reg
	w.Phone.Provider = models.ProviderTwilio
	_, err := s.SaveSender(w.ctx, w.Phone, models.ActorSystem, w.now())
	w.ok(err)
	set, err := s.Settings(w.ctx)
	w.ok(err)
	set.Workspace, set.Caps.TextBudget = "Example Works", 1
	w.ok(s.SaveSettings(w.ctx, set, models.ActorSystem, w.now()))
	return w, rates
}

func texts(n int) models.Definition {
	d := models.Definition{Key: "texts", Name: "Texts", OnReply: models.ReplyPause}
	for i := range n {
		d.Steps = append(d.Steps, models.Step{Key: fmt.Sprint("t", i), Channel: models.ChannelSMS, Purpose: models.PurposeFollowUp,
			Body: fmt.Sprint("Number ", i), Timing: models.Timing{Kind: models.TimingAfter, Days: 1}})
	}
	return d
}

// A dollar buys two texts of 40 cents. The third waits for the next month and
// says so; raising the budget lets it go at once.
func TestTheTextsBudget(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, rates := texting(t, s)
		v := w.publish(texts(4))
		e := w.enroll(v.SequenceID)
		steps := w.sched.Upcoming(w.ctx, mustPlan(w, e.ID))
		var total models.Money
		for _, line := range steps {
			if line.Segments != 1 {
				t.Errorf("%s has %d segments", line.StepKey, line.Segments)
			}
			total += line.Cost
		}
		if got := rates.Show(total); got != "USD 1.60" {
			t.Errorf("the preview says %s", got)
		}
		w.runUntil(w.local("2026-11-30 18:00"))
		if n := len(w.line.messages()); n != 2 {
			t.Fatalf("%d texts went out", n)
		}
		third := w.touch(e.ID, "t2")
		if third.State != models.TouchPlanned || third.HoldReason != models.HoldBudget || !third.DueAt.Equal(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)) || !strings.Contains(third.HoldDetail, "budget") {
			t.Fatalf("the third: %+v", third)
		}
		spent, err := s.TextsCost(w.ctx, w.now())
		w.ok(err)
		if spent != 8000 {
			t.Errorf("spent %s", spent)
		}
		set, err := s.Settings(w.ctx)
		w.ok(err)
		set.Caps.TextBudget = 2
		w.ok(s.SaveSettings(w.ctx, set, models.ActorSystem, w.now()))
		w.ok(s.ReleaseHeld(w.ctx, models.HoldBudget, w.now()))
		w.tickAt(w.now().Add(time.Second))
		if n := len(w.line.messages()); n != 3 {
			t.Errorf("after raising it %d texts went out", n)
		}
	})
}

// What the provider refused for now was not sent: it gives its price back.
func TestARefusedTextGivesItsPriceBack(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := texting(t, s)
		w.line.fail = func(m models.Message) error {
			if m.Attempt < 4 {
				return &channels.SendError{Class: models.SendTransient, Code: "20429", RetryAfter: time.Minute}
			}
			return nil
		}
		w.enroll(w.publish(texts(1)).SequenceID)
		w.runUntil(w.local("2026-11-28 20:00"))
		if n := len(w.line.messages()); n != 1 {
			t.Fatalf("%d texts went out", n)
		}
		spent, err := s.TextsCost(w.ctx, w.now())
		w.ok(err)
		if spent != 4000 {
			t.Errorf("one text cost %s", spent)
		}
	})
}

// What a person writes goes out and counts, whatever the budget.
func TestByHandIsCountedAndNotHeld(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := texting(t, s)
		var phone models.ContactPoint
		for _, cp := range mustContext(w, w.publish(texts(1)).SequenceID).ContactPoints {
			if cp.Kind == models.ContactPhone {
				phone = cp
			}
		}
		for i := range 4 {
			_, _, err := s.Answer(w.ctx, models.NewAnswer{ProspectID: w.Prospect.ID, UserID: w.Rep.ID, Channel: models.ChannelSMS, ContactPointID: phone.ID,
				SenderID: &w.Phone.ID, Purpose: models.PurposeManual, Body: "Hello", FormToken: fmt.Sprint("f", i), Now: w.now()})
			w.ok(err)
			w.tickAt(w.now().Add(2 * time.Minute))
		}
		if n := len(w.line.messages()); n != 4 {
			t.Fatalf("%d texts went out", n)
		}
		spent, err := s.TextsCost(w.ctx, w.now())
		w.ok(err)
		if spent != 16000 {
			t.Errorf("four texts cost %s", spent)
		}
	})
}

func mustPlan(w *world, enrollment int64) models.PlanInput {
	w.Helper()
	in, err := w.store.PlanOf(w.ctx, enrollment)
	w.ok(err)
	return in
}

func mustContext(w *world, sequence int64) models.PlanInput {
	w.Helper()
	in, err := w.store.PlanContext(w.ctx, w.Prospect.ID, sequence, w.Rep.ID)
	w.ok(err)
	return in
}
