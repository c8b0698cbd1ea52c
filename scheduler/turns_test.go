package scheduler_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/models"
	"followup/scheduler"
	"followup/store"
	"followup/store/storetest"
)

// dropping is a workspace with two numbers of one account, whose reps have
// people with written consent to recorded messages.
func dropping(t *testing.T, s *store.Store, each int) (*world, models.SequenceVersion) {
	w := newWorld(t, s)
	reg := channels.NewRegistry()
	for _, rules := range []models.ChannelRules{channels.EmailRules, channels.SMSRules, channels.VoicemailRules} {
		reg.Add(models.ProviderSandbox, wire{w.line, rules})
		reg.Add(models.ProviderTwilio, wire{w.line, rules})
	}
	w.sched.Channels = reg
	w.Phone.Provider, w.Phone.Settings.AccountSID = models.ProviderTwilio, "AC1"
	_, err := s.SaveSender(w.ctx, w.Phone, models.ActorSystem, w.now())
	w.ok(err)
	v := w.publish(models.Definition{Key: "drops", Name: "Drops", OnReply: models.ReplyPause, Steps: []models.Step{
		{Key: "drop", Channel: models.ChannelVoicemail, Purpose: models.PurposeFollowUp, Body: "Please call me back.", Timing: models.Timing{Kind: models.TimingAfter}},
	}})
	second, err := s.SaveUser(w.ctx, models.User{Email: "second@example.com", Name: "Sandy Second", Role: models.RoleRep, Zone: "America/New_York", Locale: "en-US"}, models.ActorSystem, w.now())
	w.ok(err)
	_, err = s.SaveSender(w.ctx, models.Sender{OwnerID: &second.ID, Kind: models.SenderPhone, Provider: models.ProviderTwilio, Address: "+12125550102",
		State: models.SenderActive, Settings: models.SenderSettings{AccountSID: "AC1"}}, models.ActorSystem, w.now())
	w.ok(err)
	n := 0
	for _, rep := range []models.User{w.Rep, second} {
		for range each {
			n++
			p, err := s.CreateProspect(w.ctx, models.Prospect{OwnerID: rep.ID, FirstName: fmt.Sprint("Dana", n), LastName: "Reyes", Zone: "America/New_York", Country: "US", Region: "NY", Locale: "en-US"},
				nil, []models.ContactPoint{{Kind: models.ContactEmail, Value: fmt.Sprintf("dana%d@example.com", n), Label: models.LabelWork},
					{Kind: models.ContactPhone, Value: fmt.Sprintf("+121255501%02d", 50+n), Label: models.LabelCell, Position: 1}}, storetest.Consents(1, 2), models.ActorSystem, w.now())
			w.ok(err)
			_, err = w.sched.Enroll(w.ctx, scheduler.EnrollRequest{ProspectID: p.ID, SequenceID: v.SequenceID, RepID: rep.ID, By: models.UserActor(rep.ID)})
			w.ok(err)
		}
	}
	return w, v
}

// Several numbers of one account call one after the other, a second apart, with
// none lost and none counted as an attempt: what the provider would queue is
// what would ring after hours.
func TestCallsOfOneAccountTakeTurns(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := dropping(t, s, 4)
		start := w.local("2026-11-24 11:00")
		for i := range 14 {
			w.tickAt(start.Add(time.Duration(i) * time.Second))
		}
		sent := w.line.messages()
		if len(sent) != 8 {
			t.Fatalf("%d of 8 were left", len(sent))
		}
		from := map[string]int{}
		for i, m := range sent {
			from[m.FromAddress]++
			if m.Attempt != 1 {
				t.Errorf("%s took %d attempts", m.ToAddress, m.Attempt)
			}
			if i > 0 && w.line.at[i].Sub(w.line.at[i-1]) < time.Second {
				t.Errorf("two calls of the account within %s", w.line.at[i].Sub(w.line.at[i-1]))
			}
		}
		if len(from) != 2 {
			t.Errorf("sent from %v", from)
		}
	})
}

// What would be on its way when the hours end waits for the next day: nothing
// rings after hours, however long the queue.
func TestNoCallRingsAfterHours(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, v := dropping(t, s, 4)
		closes := w.local("2026-11-24 21:00")
		for i := range 75 {
			w.tickAt(closes.Add(time.Duration(i-48) * time.Second))
		}
		sent := len(w.line.messages())
		for _, at := range w.line.at {
			if at.After(closes.Add(-45 * time.Second)) {
				t.Errorf("a call was handed over at %s", at)
			}
		}
		if sent == 0 || sent == 8 {
			t.Fatalf("%d of 8 went out in the last seconds: the test sees nothing", sent)
		}
		w.runUntil(w.local("2026-11-25 08:30"))
		if n := len(w.line.messages()); n != 8 {
			t.Errorf("%d of 8 by the next morning", n)
		}
		_ = v
	})
}

// A call that a person makes counts: what goes out by itself comes after it.
func TestADialTakesATurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w, _ := dropping(t, s, 1)
		now := w.local("2026-11-24 11:00")
		for range 3 {
			w.ok(s.TakeTurn(w.ctx, models.Turn{Account: "AC1", Every: time.Second}, now))
		}
		w.tickAt(now)
		w.tickAt(now.Add(2 * time.Second))
		if n := len(w.line.messages()); n != 0 {
			t.Errorf("%d calls before the third dial had its second", n)
		}
		in, err := s.PlanOf(w.ctx, 1)
		w.ok(err)
		if x := in.Touches[0]; x.HoldReason != models.HoldGap || !strings.Contains(x.HoldDetail, "one account") {
			t.Errorf("held as %s: %s", x.HoldReason, x.HoldDetail)
		}
		w.tickAt(now.Add(3 * time.Second))
		w.tickAt(now.Add(4 * time.Second))
		if n := len(w.line.messages()); n != 2 {
			t.Errorf("then %d", n)
		}
	})
}
