package store_test

import (
	"testing"
	"time"

	"followup/models"
	"followup/store"
	"followup/store/storetest"
)

func (w *world) answer(form string) models.NewAnswer {
	return models.NewAnswer{
		ProspectID: w.person.ID, UserID: w.rep.ID, Channel: models.ChannelEmail, ContactPointID: w.email.ID, SenderID: &w.sender.ID,
		Purpose: models.PurposeAnswer, Subject: "Re: hello", Body: "Gladly.", Why: "She wrote an email.", FormToken: form, Now: w.now,
	}
}

func TestAnswer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		e := w.enroll(follow("seq", after(0, 1, 0, 0)))
		in := w.reply(pauseAll)
		a := w.answer("form-1")
		a.ReplyTo = &in.MessageID
		touch, repeat, err := s.Answer(w.ctx, a)
		w.ok(err)
		if repeat || touch.ID == 0 || touch.State != models.TouchPlanned || !touch.Urgent || touch.Purpose != models.PurposeAnswer ||
			touch.Draft.Body != "Gladly." || touch.Draft.Template || !touch.DueAt.Equal(w.now) || touch.EnrollmentID != nil {
			t.Errorf("touch = %+v", touch)
		}
		if n := count[models.Task](w, "kind = ? AND state = ?", models.TaskReply, models.TaskOpen); n != 0 {
			t.Errorf("%d reply tasks open", n)
		}
		if c := w.conversation(); c.WaitingSince != nil || c.UnreadCount != 0 || c.LastChannel != models.ChannelEmail {
			t.Errorf("conversation = %+v", c)
		}
		if m := load[models.Message](w, in.MessageID); m.ReadAt == nil {
			t.Error("the answered message is unread")
		}
		if got := load[models.Enrollment](w, e.ID); got.State != models.EnrollmentPaused {
			t.Errorf("answering resumed the enrollment: %s", got.State)
		}

		// A double click finds the first.
		a.Body = "Gladly!"
		again, repeat, err := s.Answer(w.ctx, a)
		w.ok(err)
		if !repeat || again.ID != touch.ID || count[models.Touch](w, "purpose = ?", models.PurposeAnswer) != 1 {
			t.Errorf("again = %+v, repeat %v", again, repeat)
		}
		if n := count[models.Event](w, "kind = ?", models.EventAnswered); n != 1 {
			t.Errorf("%d answered events", n)
		}
	})
}

func TestAnswerRefusesForeignThings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		other := w.prospect("Otto", "otto@example.com", "")
		a := w.answer("form")
		a.ContactPointID = w.points(other.ID)[0].ID
		_, _, err := s.Answer(w.ctx, a)
		w.code(err, models.CodeInvalid)
		_, _, err = s.Answer(w.ctx, w.answer("form"))
		w.ok(err)
		a.ProspectID = other.ID
		_, _, err = s.Answer(w.ctx, a)
		w.code(err, models.CodeConflict)
		a.ProspectID = 999
		_, _, err = s.Answer(w.ctx, a)
		w.code(err, models.CodeNotFound)
	})
}

func TestAnswerAsCall(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		a := w.answer("")
		a.AsCall, a.ContactPointID = true, w.phone.ID
		touch, _, err := s.Answer(w.ctx, a)
		w.ok(err)
		if touch.Kind != models.TouchTask || touch.Channel != models.ChannelCall || touch.SenderID != nil || touch.FormToken != nil {
			t.Errorf("touch = %+v", touch)
		}
	})
}

func TestThread(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		shared, err := s.SaveSender(w.ctx, models.Sender{Kind: models.SenderPhone, Provider: models.ProviderSandbox, Address: "+12125550100",
			Credentials: models.SenderCredentials{AuthToken: "t"}}, models.ActorSystem, w.now)
		w.ok(err)
		others := w.user("Olga", models.RoleRep)
		_, err = s.SaveSender(w.ctx, models.Sender{OwnerID: &others.ID, Kind: models.SenderMailbox, Provider: models.ProviderSandbox, Address: "olga@followup.example.com"}, models.ActorSystem, w.now)
		w.ok(err)
		var human models.Recorded
		for i, class := range []models.InboundClass{models.ClassHuman, models.ClassAutomatic, models.ClassOther} {
			rec := w.inbound(0, class)
			rec.Now = w.now.Add(time.Duration(i) * time.Minute)
			got, err := s.RecordInbound(w.ctx, rec, nothing)
			w.ok(err)
			if class == models.ClassHuman {
				human = got
			}
		}
		th, err := s.Thread(w.ctx, w.person.ID, 2)
		w.ok(err)
		if len(th.Messages) != 2 || th.Messages[1].Class != models.ClassOther || th.Messages[0].Class != models.ClassAutomatic {
			t.Errorf("messages = %+v", th.Messages)
		}
		if th.LastIn == nil || th.LastIn.ID != human.MessageID || th.Owner.ID != w.rep.ID {
			t.Errorf("last in = %+v, owner = %d", th.LastIn, th.Owner.ID)
		}
		if len(th.Senders) != 2 || th.Senders[0].ID != w.sender.ID || th.Senders[1].ID != shared.ID || len(th.Senders[1].Secrets) != 0 {
			t.Errorf("senders = %+v", th.Senders)
		}
	})
}

// An answer beside one that its writer did not know of is refused.
func TestAnswerKnowsTheOthers(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s)
		answer := func(form string, known int64) (models.Touch, error) {
			a := w.answer(form)
			a.Known = &known
			touch, _, err := s.Answer(w.ctx, a)
			return touch, err
		}
		one, err := answer("one", 0)
		w.ok(err)
		_, err = answer("one", 0) // a double click
		w.ok(err)
		_, err = answer("two", 0)
		w.code(err, models.CodeConflict)
		last, err := s.LastAnswer(w.ctx, w.person.ID)
		w.ok(err)
		if last != one.ID {
			t.Errorf("the last answer is %d, want %d", last, one.ID)
		}
		_, err = answer("two", last)
		w.ok(err)
	})
}
