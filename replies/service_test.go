package replies_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/sandbox"
	"followup/models"
	"followup/replies"
	"followup/store"
	"followup/store/storetest"
)

// desk is a real store with one enrolled prospect and the service over it.
type desk struct {
	*testing.T
	ctx    context.Context
	s      *store.Store
	w      storetest.World
	svc    *replies.Service
	now    time.Time
	serial int
	woken  int
}

func newDesk(t *testing.T, s *store.Store) *desk {
	d := &desk{T: t, ctx: t.Context(), s: s, w: storetest.Seed(t, s), now: storetest.Now}
	reg := channels.NewRegistry()
	for _, k := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelVoicemail} {
		reg.Add(models.ProviderSandbox, sandbox.New(k, sandbox.Options{}))
	}
	d.svc = &replies.Service{Store: s, Channels: reg, Clock: func() time.Time { return d.now }, Wake: func() { d.woken++ }}
	return d
}

func (d *desk) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *desk) enroll() models.Enrollment {
	d.Helper()
	e, err := d.s.Enroll(d.ctx, models.NewEnrollment{
		ProspectID: d.w.Prospect.ID, SequenceID: d.w.Sequence.ID, VersionID: d.w.Version.ID, RepID: d.w.Rep.ID, By: models.ActorSystem, Now: d.now,
	})
	d.must(err)
	return e
}

// sent makes one message that left to the prospect, by the store's own means.
func (d *desk) sent(ch models.ChannelKind, sender models.Sender, to models.ContactPoint, subject string) models.Message {
	d.Helper()
	return d.handedOver(ch, sender, to, subject, models.SendAccepted)
}

// unconfirmed makes one whose hand-over nobody confirmed.
func (d *desk) unconfirmed() models.Message {
	d.Helper()
	return d.handedOver(models.ChannelEmail, d.w.Mailbox, d.w.Email, "Your question", models.SendAmbiguous)
}

func (d *desk) handedOver(ch models.ChannelKind, sender models.Sender, to models.ContactPoint, subject string, class models.SendClass) models.Message {
	d.Helper()
	d.serial++
	token := strings.Repeat("a", 25) + string(rune('a'+d.serial))
	_, _, err := d.s.Answer(d.ctx, models.NewAnswer{
		ProspectID: d.w.Prospect.ID, UserID: d.w.Rep.ID, Channel: ch, ContactPointID: to.ID, SenderID: &sender.ID,
		Purpose: models.PurposeManual, Subject: subject, Body: "Hello Pat", FormToken: "form-" + token, Now: d.now,
	})
	d.must(err)
	claimed, err := d.s.ClaimDue(d.ctx, models.ClaimRequest{Now: d.now, Replica: "r1", Slots: 5, Batch: 10, SendFor: time.Minute},
		func(_ context.Context, dues []models.Due) (out []models.Decision) {
			for _, due := range dues {
				m := models.Message{
					ProspectID: &due.Prospect.ID, TouchID: &due.Touch.ID, Direction: models.Outbound, Channel: ch, State: models.MessageQueued, Attempt: due.Touch.Attempt + 1,
					ContactPointID: &to.ID, SenderID: &sender.ID, FromAddress: sender.Address, ToAddress: to.Value, ToName: "Pat Prospect", Subject: subject, Text: "Hello Pat",
					Token: token, MailID: "<" + token + "@example.com>", Provider: sender.Provider, CreatedAt: d.now, UserID: &d.w.Rep.ID,
				}
				out = append(out, models.Decision{TouchID: due.Touch.ID, Action: models.DecideSend, Message: &m})
			}
			return out
		})
	d.must(err)
	if len(claimed.Dispatches) != 1 {
		d.Fatalf("dispatches: %+v", claimed)
	}
	m := claimed.Dispatches[0].Message
	result := models.SendResult{
		TouchID: claimed.Dispatches[0].Touch.ID, MessageID: m.ID, Attempt: claimed.Dispatches[0].Touch.Attempt, Replica: "r1", Class: class, At: d.now,
	}
	if class == models.SendAccepted {
		result.ProviderID = "p-" + token
	}
	d.must(d.s.Settle(d.ctx, []models.SendResult{result}, nil))
	m.ProviderID = result.ProviderID
	return m
}

func (d *desk) receive(raw models.Raw) models.Recorded {
	d.Helper()
	rec, err := d.svc.Receive(d.ctx, raw)
	d.must(err)
	return rec
}

func (d *desk) mail(id, body string, headers ...string) models.Raw {
	head := "From: Pat Prospect <pat@works.example.com>\r\nTo: robin@example.com\r\nMessage-ID: <" + id + "@works.example.com>\r\nDate: Mon, 23 Nov 2026 15:00:00 +0000\r\n"
	if !strings.Contains(strings.Join(headers, ""), "Subject:") {
		head += "Subject: Re: Your question\r\n"
	}
	return models.Raw{Provider: models.ProviderSandbox, ProviderID: id, Channel: models.ChannelEmail, SenderID: &d.w.Mailbox.ID,
		Content: []byte(head + strings.Join(headers, "") + "\r\n" + body + "\r\n"), ReceivedAt: d.now}
}

func (d *desk) text(id, from, body string) models.Raw {
	content, err := json.Marshal(models.InboundText{From: from, To: d.w.Phone.Address, Body: body, Kind: models.ChannelSMS})
	d.must(err)
	return models.Raw{Provider: models.ProviderSandbox, ProviderID: id, Channel: models.ChannelSMS, SenderID: &d.w.Phone.ID, Content: content, ReceivedAt: d.now}
}

func (d *desk) person() models.Person {
	d.Helper()
	p, err := d.s.Person(d.ctx, d.w.Prospect.ID)
	d.must(err)
	return p
}

func (d *desk) tasks() []models.Task {
	d.Helper()
	ts, err := d.s.OpenTasksAfter(d.ctx, 0)
	d.must(err)
	return ts
}

func (d *desk) thread() models.Thread {
	d.Helper()
	th, err := d.s.Thread(d.ctx, d.w.Prospect.ID, 50)
	d.must(err)
	return th
}

func on(t *testing.T, fn func(d *desk)) {
	storetest.Each(t, func(t *testing.T, s *store.Store) { fn(newDesk(t, s)) })
}

// A human reply pauses every sequence, opens one task, and a repeat does nothing.
func TestReplyPausesAll(t *testing.T) {
	on(t, func(d *desk) {
		e := d.enroll()
		rec := d.receive(d.mail("m1", "Thursday is fine.\r\n\r\n> Hello Pat\r\n> unsubscribe"))
		if len(rec.Paused) != 1 || rec.Paused[0] != e.ID || rec.Repeat {
			d.Fatalf("recorded: %+v", rec)
		}
		again := d.receive(d.mail("m1", "Thursday is fine."))
		if !again.Repeat || again.MessageID != rec.MessageID {
			d.Fatalf("the repeat: %+v", again)
		}
		p := d.person()
		if !p.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) || p.ContactPoints[0].Validity != models.ValidityValid {
			d.Fatalf("the person: %+v", p)
		}
		if ts := d.tasks(); len(ts) != 1 || ts[0].Kind != models.TaskReply || ts[0].Title != "Answer Pat Prospect" || ts[0].MessageID == nil || *ts[0].MessageID != rec.MessageID {
			d.Fatalf("tasks: %+v", ts)
		}
		if in := d.thread().LastIn; in == nil || in.Visible != "Thursday is fine." || in.ClassWhy == "" {
			d.Fatalf("the message: %+v", in)
		}
	})
}

// An absence rests the sequence until the morning after the return; it is no engagement.
func TestAbsenceIsNoEngagement(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		d.receive(d.mail("m1", "I am away and will be back on 7 December.", "Subject: Automatic reply: Your question\r\n", "Auto-Submitted: auto-replied\r\n"))
		p := d.person()
		e := p.Enrollments[0].Enrollment
		if !e.PausedFor(models.PauseOutOfOffice) || e.PausedFor(models.PauseReplied) || len(d.tasks()) != 0 || p.Conversation.LastInboundAt != nil {
			d.Fatalf("enrollment %+v, tasks %+v", e, d.tasks())
		}
		// 09:00 in New York on the 8th.
		if want := time.Date(2026, time.December, 8, 14, 0, 0, 0, time.UTC); !e.Pauses[0].Until.Equal(want) {
			d.Fatalf("until %v, want %v", e.Pauses[0].Until, want)
		}
		d.receive(d.mail("m2", "Thank you, we have received your request #4711 and will answer soon.", "Subject: [Ticket #4711] received\r\n", "Auto-Submitted: auto-generated\r\n"))
		// A human reply takes the absence's place.
		d.receive(d.mail("m3", "I am back early. Call me!"))
		e = d.person().Enrollments[0].Enrollment
		if !e.PausedFor(models.PauseReplied) || e.PausedFor(models.PauseOutOfOffice) {
			d.Fatalf("pauses: %+v", e.Pauses)
		}
	})
}

// A bounce is matched by the message it returns and ends the address, not the person.
func TestBounceInvalidatesTheAddress(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		m := d.sent(models.ChannelEmail, d.w.Mailbox, d.w.Email, "Your question")
		d.receive(sandbox.Bounce(m, "4.4.1", "connection timed out", d.now))
		if cp := d.person().ContactPoints[0]; !cp.Usable() {
			d.Fatalf("a soft bounce: %+v", cp)
		}
		raw := sandbox.Bounce(m, "5.1.1", "user unknown", d.now.Add(time.Minute))
		d.receive(raw)
		p := d.person()
		if cp := p.ContactPoints[0]; cp.Usable() || cp.InvalidReason != models.FailBounced {
			d.Fatalf("the address: %+v", cp)
		}
		if e := p.Enrollments[0].Enrollment; !e.Active() || e.ReplanAt == nil {
			d.Fatalf("the enrollment: %+v", e)
		}
		if p.Conversation.LastInboundAt != nil {
			d.Fatal("a bounce counted as engagement")
		}
	})
}

// A refusal of our server says nothing of the address: a person is told, the
// address and the sequence stay, and the sender's message counts as failed.
func TestBlockedKeepsTheAddress(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		m := d.sent(models.ChannelEmail, d.w.Mailbox, d.w.Email, "Your question")
		d.receive(sandbox.Bounce(m, "5.7.1", "client host [192.0.2.9] blocked using a block list", d.now))
		p := d.person()
		if cp := p.ContactPoints[0]; !cp.Usable() {
			d.Fatalf("the address: %+v", cp)
		}
		if e := p.Enrollments[0].Enrollment; !e.Active() {
			d.Fatalf("the enrollment: %+v", e)
		}
		ts := d.tasks()
		if len(ts) != 1 || ts[0].Reason != models.AttentionRefused || !strings.Contains(ts[0].Detail, "block list") {
			d.Fatalf("tasks: %+v", ts)
		}
		for _, got := range d.thread().Messages {
			if got.ID == m.ID && (got.State != models.MessageFailed || got.ErrorCode != "5.7.1") {
				d.Fatalf("the message: %s %s", got.State, got.ErrorCode)
			}
		}
	})
}

// STOP ends everything on every channel; START reopens and starts nothing.
func TestStopAndStart(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		rec := d.receive(d.text("t1", d.w.Cell.Value, "STOP"))
		p := d.person()
		if len(rec.Finished) != 1 || len(p.Enrollments) != 0 {
			d.Fatalf("finished %+v", rec)
		}
		for _, cp := range p.ContactPoints {
			for _, ch := range []models.ChannelKind{models.ChannelEmail, models.ChannelSMS, models.ChannelCall} {
				if _, ok := models.Suppressed(p.Suppressions, p.Prospect, cp, ch); !ok {
					d.Errorf("%s by %s is not suppressed", cp.Value, ch)
				}
			}
		}
		if _, err := d.svc.Route(d.ctx, d.w.Prospect.ID); models.CodeOf(err) != models.CodeRefused || !strings.Contains(err.Error(), "asked us to stop") {
			d.Fatalf("route after STOP: %v", err)
		}
		d.receive(d.text("t2", d.w.Cell.Value, "YES"))
		if p = d.person(); len(p.Suppressions) != 0 || len(p.Enrollments) != 0 {
			d.Fatalf("after YES: %+v %+v", p.Suppressions, p.Enrollments)
		}
	})
}

// Nobody we know: kept, shown, and one task asks whose it is.
func TestUnmatchedIsKept(t *testing.T) {
	on(t, func(d *desk) {
		raw := d.text("t1", "+12125550177", "Who is this?")
		rec := d.receive(raw)
		if rec.MessageID == 0 {
			d.Fatalf("recorded: %+v", rec)
		}
		if ts := d.tasks(); len(ts) != 1 || ts[0].Reason != models.AttentionUnmatched {
			d.Fatalf("tasks: %+v", ts)
		}
	})
}

// Bytes that are nothing are kept, too, and never an error to the deliverer.
func TestAnythingIsKept(t *testing.T) {
	on(t, func(d *desk) {
		for i, content := range [][]byte{nil, {0, 0, 0}, []byte("\xff\xfe\x00From: x"), []byte(strings.Repeat("a", 1<<16))} {
			raw := d.mail(string(rune('a'+i)), "")
			raw.Content = content
			d.receive(raw)
		}
		raw := d.text("broken", d.w.Cell.Value, "x")
		raw.Content = []byte("{")
		if rec := d.receive(raw); rec.MessageID != 0 {
			d.Fatalf("a broken text became a message: %+v", rec)
		}
		n, err := d.svc.Retry(d.ctx)
		d.must(err)
		if n != 0 {
			d.Fatalf("retry finished %d", n)
		}
		pending, err := d.s.PendingRaws(d.ctx, 10)
		d.must(err)
		if len(pending) != 1 || pending[0].Attempts != 2 || !strings.Contains(pending[0].Error, "no text message") {
			d.Fatalf("pending: %+v", pending)
		}
	})
}

// What was stored before a crash is worked through later, once.
func TestRetryFinishesWhatACrashLeft(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		_, _, err := d.s.SaveRaw(d.ctx, d.mail("m1", "Call me at four."))
		d.must(err)
		for _, want := range []int{1, 0} {
			n, err := d.svc.Retry(d.ctx)
			d.must(err)
			if n != want {
				d.Fatalf("retry finished %d, want %d", n, want)
			}
		}
		if !d.person().Enrollments[0].Enrollment.PausedFor(models.PauseReplied) {
			d.Fatal("the sequence runs on")
		}
	})
}

// A process died after storing an answer: when the provider delivers it again
// and is told that it arrived, it has paused the sequence.
func TestRepeatFinishesWhatACrashLeft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		e := d.enroll()
		raw := d.text("in-1", d.w.Cell.Value, "Call me on Thursday")
		_, _, err := s.SaveRaw(d.ctx, raw)
		d.must(err)
		if rec := d.receive(raw); rec.Repeat || len(rec.Paused) != 1 || rec.Paused[0] != e.ID {
			t.Errorf("the repeat of what was only stored: %+v", rec)
		}
		if rec := d.receive(raw); !rec.Repeat || rec.MessageID == 0 {
			t.Errorf("the repeat of what was worked through: %+v", rec)
		}
	})
}

// awayStore loses the database while an inbound is being recorded.
type awayStore struct {
	replies.Store
	away int
}

func (s *awayStore) RecordInbound(ctx context.Context, rec models.InboundRecord, engage func(models.Person) models.Effects) (models.Recorded, error) {
	if s.away--; s.away >= 0 {
		return models.Recorded{}, errors.New("the database does not answer")
	}
	return s.Store.RecordInbound(ctx, rec, engage)
}

// What is stored and took no effect is asked for again; what never can is not
// asked for forever.
func TestUnrecordedIsAskedForAgain(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		d := newDesk(t, s)
		e := d.enroll()
		d.svc.Store = &awayStore{Store: s, away: 1}
		raw := d.text("in-1", d.w.Cell.Value, "Call me on Thursday")
		if _, err := d.svc.Receive(d.ctx, raw); err == nil {
			t.Fatal("the provider was told that it arrived, and nothing was paused")
		}
		if rec := d.receive(raw); len(rec.Paused) != 1 || rec.Paused[0] != e.ID {
			t.Errorf("delivered again: %+v", rec)
		}

		d.svc.Store = &awayStore{Store: s, away: 1000}
		never := d.text("in-2", d.w.Cell.Value, "And another thing")
		for range 4 {
			if _, err := d.svc.Receive(d.ctx, never); err == nil {
				t.Fatal("it was given up too early")
			}
		}
		d.receive(never)
		d.receive(never)
	})
}

// The provider's own opt-out list counts as the customer's word.
func TestReceiptOptOut(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		m := d.sent(models.ChannelSMS, d.w.Phone, d.w.Cell, "")
		d.must(d.svc.Receipt(d.ctx, models.Receipt{Provider: m.Provider, ProviderID: m.ProviderID, Status: models.MessageFailed, Code: "21610", At: d.now}))
		p := d.person()
		if _, ok := models.Suppressed(p.Suppressions, p.Prospect, d.w.Cell, models.ChannelSMS); !ok || len(p.Enrollments) != 0 {
			d.Fatalf("%+v", p)
		}
	})
}

// What may be an opt-out holds everything and asks the rep.
func TestDoubtHoldsAndAsks(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		d.receive(d.mail("m1", "Where did you get my address? This is spam."))
		p := d.person()
		ts := d.tasks()
		if !p.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) || len(p.Suppressions) != 0 || len(ts) != 1 || ts[0].Reason != models.AttentionOptOut {
			d.Fatalf("%+v, tasks %+v", p.Enrollments, ts)
		}
	})
}
