package store_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func TestSaveRaw(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		raw := models.Raw{Provider: models.ProviderTwilio, ProviderID: "SM1", Channel: models.ChannelSMS, Content: []byte("{}"), ReceivedAt: w.now}
		first, fresh, err := s.SaveRaw(w.ctx, raw)
		w.ok(err)
		again, repeat, err := s.SaveRaw(w.ctx, raw)
		w.ok(err)
		if !fresh || repeat || first.ID == 0 || again.ID != first.ID || string(again.Content) != "{}" {
			t.Errorf("first = %+v (%v), again = %+v (%v)", first, fresh, again, repeat)
		}
		// Without an id the content stands in.
		raw.ProviderID = ""
		a, _, err := s.SaveRaw(w.ctx, raw)
		w.ok(err)
		b, fresh, err := s.SaveRaw(w.ctx, raw)
		w.ok(err)
		if fresh || a.ID != b.ID || a.ID == first.ID {
			t.Errorf("a = %d, b = %d, fresh %v", a.ID, b.ID, fresh)
		}
	})
}

func TestFailedRawsAreTriedAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		raw, _, err := s.SaveRaw(w.ctx, models.Raw{Provider: models.ProviderSMTP, ProviderID: "1", Channel: models.ChannelEmail, ReceivedAt: w.now})
		w.ok(err)
		for tried := range 5 {
			pending, err := s.PendingRaws(w.ctx, 10)
			w.ok(err)
			if len(pending) != 1 || pending[0].Attempts != tried {
				t.Fatalf("after %d attempts: %+v", tried, pending)
			}
			w.ok(s.FailRaw(w.ctx, raw.ID, "no such charset", w.now))
		}
		pending, err := s.PendingRaws(w.ctx, 10)
		w.ok(err)
		kept := load[models.Raw](w, raw.ID)
		if len(pending) != 0 || kept.State != models.RawFailed || kept.Error != "no such charset" {
			t.Errorf("pending = %v, kept = %+v", pending, kept)
		}
	})
}

func TestFindMatch(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		touch := w.touch(models.Touch{State: models.TouchSent, ContactPointID: &w.email.ID})
		msg := w.sent(touch, "tok1")
		gone := w.prospect("Old Dana", "dana.old@example.com", "")
		w.ok(w.db.Model(&gone).UpdateColumn("merged_into", w.person.ID).Error)

		cases := []struct {
			name    string
			keys    models.MatchKeys
			point   *int64
			message bool
		}{
			{"token", models.MatchKeys{Tokens: []string{"tok1"}, From: "elsewhere@example.net", Kind: models.ContactEmail}, &w.email.ID, true},
			{"thread", models.MatchKeys{MailIDs: []string{"<x@example.net>", "<tok1@followup.example.com>"}}, &w.email.ID, true},
			{"address", models.MatchKeys{From: herPhone, Kind: models.ContactPhone, To: []string{ourEmail}}, &w.phone.ID, false},
			{"failed recipient", models.MatchKeys{From: "mailer-daemon@example.net", Failed: herEmail}, &w.email.ID, true},
			{"merged", models.MatchKeys{From: "dana.old@example.com"}, nil, false},
		}
		for _, c := range cases {
			m, err := s.FindMatch(w.ctx, c.keys)
			w.ok(err)
			if m.ProspectID == nil || *m.ProspectID != w.person.ID || m.Why == "" {
				t.Errorf("%s: match = %+v", c.name, m)
				continue
			}
			if c.point != nil && (m.ContactPointID == nil || *m.ContactPointID != *c.point) {
				t.Errorf("%s: contact point = %v, want %d", c.name, m.ContactPointID, *c.point)
			}
			if got := m.MessageID != nil && *m.MessageID == msg.ID && *m.TouchID == touch.ID; got != c.message {
				t.Errorf("%s: message = %v", c.name, m.MessageID)
			}
		}
		m, err := s.FindMatch(w.ctx, models.MatchKeys{From: "stranger@acme.example.com", To: []string{ourEmail}})
		w.ok(err)
		if m.ProspectID != nil || m.SuggestCompany == nil || *m.SuggestCompany != *w.person.CompanyID || *m.SenderID != w.sender.ID {
			t.Errorf("by domain: %+v", m)
		}
	})
}

func TestReplyPausesEveryEnrollment(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		var es []models.Enrollment
		for _, key := range []string{"a", "b", "c"} {
			e := w.enroll(follow(key, after(0, 5, 0, 0)))
			w.touch(models.Touch{EnrollmentID: &e.ID})
			es = append(es, e)
		}
		raw, _, err := s.SaveRaw(w.ctx, models.Raw{Provider: models.ProviderSMTP, ProviderID: "1", Channel: models.ChannelEmail, ReceivedAt: w.now})
		w.ok(err)
		rec := w.inbound(raw.ID, models.ClassHuman)

		// A failure at the very end leaves nothing of it behind.
		w.failOn("events")
		if _, err := s.RecordInbound(w.ctx, rec, pauseAll); !errors.Is(err, errInjected) {
			t.Fatalf("error = %v", err)
		}
		w.heal()
		if n := count[models.Message](w, "1 = 1") + count[models.Pause](w, "1 = 1") + count[models.Task](w, "1 = 1") +
			count[models.Touch](w, "state = ?", models.TouchCanceled); n != 0 {
			t.Fatalf("%d rows left behind", n)
		}
		if got := load[models.Raw](w, raw.ID); got.State != models.RawReceived {
			t.Fatalf("raw = %s", got.State)
		}

		done, err := s.RecordInbound(w.ctx, rec, pauseAll)
		w.ok(err)
		if len(done.Paused) != 3 || done.Repeat {
			t.Errorf("recorded = %+v", done)
		}
		for _, e := range es {
			got := load[models.Enrollment](w, e.ID)
			if got.State != models.EnrollmentPaused || got.Frozen.Duration != 2*time.Hour || got.ReplanAt != nil {
				t.Errorf("enrollment %s = %+v", got.State, got)
			}
		}
		c := w.conversation()
		if c.WaitingSince == nil || c.UnreadCount != 1 || c.LastChannel != models.ChannelEmail || *c.LastContactID != w.email.ID ||
			*c.LastSenderID != w.sender.ID || *c.LastMessageID != done.MessageID {
			t.Errorf("conversation = %+v", c)
		}
		if got := load[models.Raw](w, raw.ID); got.State != models.RawProcessed || *got.MessageID != done.MessageID {
			t.Errorf("raw = %+v", got)
		}
		var task models.Task
		w.ok(w.db.Where("kind = ?", models.TaskReply).Take(&task).Error)
		if *task.MessageID != done.MessageID || task.UserID != w.rep.ID {
			t.Errorf("task = %+v", task)
		}
		if n := count[models.Pursuit](w, "ended_by = ?", models.PursuitReply); n != 1 {
			t.Errorf("%d pursuits ended", n)
		}

		// Delivered again, it does nothing.
		again, err := s.RecordInbound(w.ctx, rec, func(models.Person) models.Effects {
			t.Error("engage was called for a repeat")
			return models.Effects{}
		})
		w.ok(err)
		if !again.Repeat || again.MessageID != done.MessageID || count[models.Message](w, "1 = 1") != 1 {
			t.Errorf("again = %+v", again)
		}
		// Another message of the waiting customer moves the one task on.
		more := w.reply(pauseAll)
		var tasks []models.Task
		w.ok(w.db.Where("kind = ?", models.TaskReply).Find(&tasks).Error)
		if len(tasks) != 1 || *tasks[0].MessageID != more.MessageID {
			t.Errorf("reply tasks = %+v", tasks)
		}
	})
}

// Only a person's message says where to answer.
func TestMachinesAreNoEngagement(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for i, class := range []models.InboundClass{models.ClassAutomatic, models.ClassBounceHard, models.ClassBounceSoft, models.ClassOther} {
			raw, _, err := s.SaveRaw(w.ctx, models.Raw{Provider: models.ProviderSMTP, ProviderID: string(class), Channel: models.ChannelEmail, ReceivedAt: w.now})
			w.ok(err)
			_, err = s.RecordInbound(w.ctx, w.inbound(raw.ID, class), nothing)
			w.ok(err)
			c := w.conversation()
			if c.LastInboundAt != nil || c.LastChannel != "" || c.WaitingSince != nil || c.UnreadCount != 0 || c.LastMessageID == nil {
				t.Errorf("%d %s: conversation = %+v", i, class, c)
			}
		}
		// An opt-out is a person's word, and nobody waits for an answer to it.
		_, err := s.RecordInbound(w.ctx, w.inbound(0, models.ClassOptOut), nothing)
		w.ok(err)
		if c := w.conversation(); c.LastChannel != models.ChannelEmail || c.WaitingSince != nil {
			t.Errorf("conversation = %+v", c)
		}
	})
}

// What was read late does not displace what the customer used since.
func TestLateInboundKeepsTheLastChannel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		text := w.inbound(0, models.ClassHuman)
		text.Message.Channel, text.Message.FromAddress, text.Match.ContactPointID = models.ChannelSMS, herPhone, &w.phone.ID
		_, err := s.RecordInbound(w.ctx, text, nothing)
		w.ok(err)
		before := w.now.Add(-time.Hour)
		mail := w.inbound(0, models.ClassHuman)
		mail.Message.SentAt = &before
		_, err = s.RecordInbound(w.ctx, mail, nothing)
		w.ok(err)
		if c := w.conversation(); c.LastChannel != models.ChannelSMS || *c.LastContactID != w.phone.ID || c.UnreadCount != 2 {
			t.Errorf("conversation = %+v", c)
		}
	})
}

func TestUnmatchedInboundIsKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for _, id := range []string{"1", "2", "2"} {
			raw, _, err := s.SaveRaw(w.ctx, models.Raw{Provider: models.ProviderSMTP, ProviderID: id, Channel: models.ChannelEmail, SenderID: &w.sender.ID, ReceivedAt: w.now})
			w.ok(err)
			rec := models.InboundRecord{
				RawID: raw.ID, Now: w.now, Verdict: models.Verdict{Class: models.ClassOptOut, OptOutChannels: []models.ChannelKind{""}},
				Message: models.Message{Channel: models.ChannelEmail, FromAddress: "who@example.org", Text: "unsubscribe"},
			}
			_, err = s.RecordInbound(w.ctx, rec, func(models.Person) models.Effects {
				t.Error("engage was called without a person")
				return models.Effects{}
			})
			w.ok(err)
		}
		if n := count[models.Message](w, "prospect_id IS NULL"); n != 2 {
			t.Errorf("%d messages kept", n)
		}
		var task models.Task
		w.ok(w.db.Where("reason = ?", models.AttentionUnmatched).Take(&task).Error)
		if n := count[models.Task](w, "1 = 1"); n != 1 || task.UserID != w.rep.ID {
			t.Errorf("%d tasks, %+v", n, task)
		}
		if n := count[models.Suppression](w, "value = ?", "who@example.org"); n != 1 {
			t.Errorf("%d suppressions of the stranger", n)
		}
	})
}

// A hard bounce fails the message it is about; a soft one, or an answer,
// leaves it sent.
func TestBounceFailsItsMessage(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		for i, c := range []struct {
			class models.InboundClass
			want  models.MessageState
		}{
			{models.ClassBounceSoft, models.MessageSent}, {models.ClassHuman, models.MessageSent}, {models.ClassBounceHard, models.MessageFailed},
		} {
			sent := models.Message{
				ProspectID: &w.person.ID, Direction: models.Outbound, Channel: models.ChannelEmail, State: models.MessageSent,
				Token: fmt.Sprintf("bounce%d", i), ContactPointID: &w.email.ID, CreatedAt: w.now, SentAt: &w.now,
			}
			w.ok(w.db.Create(&sent).Error)
			rec := w.inbound(0, c.class)
			rec.Match.MessageID = &sent.ID
			rec.Verdict.Class = c.class
			rec.Verdict.Bounce = &models.Bounce{Status: "5.1.1", Reason: "user unknown", Hard: true}
			_, err := s.RecordInbound(w.ctx, rec, nothing)
			w.ok(err)
			got := load[models.Message](w, sent.ID)
			if got.State != c.want {
				t.Errorf("after a %s the message is %s, want %s", c.class, got.State, c.want)
			}
			if c.want == models.MessageFailed && (got.ErrorCode != "5.1.1" || got.ErrorDetail != "user unknown") {
				t.Errorf("why it failed: %q %q", got.ErrorCode, got.ErrorDetail)
			}
		}
	})
}
