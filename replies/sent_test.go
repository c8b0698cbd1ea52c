package replies_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"followup/models"
)

// elsewhere is a message that the rep wrote on their phone.
func (d *desk) elsewhere(id, to string, headers string) models.Raw {
	return models.Raw{Provider: models.ProviderSMTP, ProviderID: id, Channel: models.ChannelEmail, SenderID: &d.w.Mailbox.ID, Folder: "Sent", Sent: true, ReceivedAt: d.now,
		Content: []byte("From: Robin <robin@example.com>\r\nTo: " + to + "\r\nSubject: Re: Your question\r\nMessage-ID: <" + id + "@phone.example.com>\r\n" + headers + "\r\nYes, Tuesday suits me.\r\n")}
}

func (d *desk) openReplies() int {
	n := 0
	for _, task := range d.tasks() {
		if task.Kind == models.TaskReply && task.State == models.TaskOpen {
			n++
		}
	}
	return n
}

// The rep answers from their phone: it joins the conversation, the reply task
// closes, the sequence stays paused, and nothing automatic follows at once.
func TestAnAnswerFromElsewhere(t *testing.T) {
	on(t, func(d *desk) {
		d.enroll()
		d.receive(d.mail("m1", "Does Tuesday suit you?"))
		if d.openReplies() != 1 {
			d.Fatalf("tasks: %+v", d.tasks())
		}
		d.now = d.now.Add(time.Hour)
		raw := d.elsewhere("s1", "Pat <PAT@works.example.com>", "In-Reply-To: <m1@works.example.com>\r\n")
		first := d.receive(raw)
		again := d.receive(raw)
		if first.MessageID == 0 || again.MessageID != first.MessageID || !again.Repeat {
			d.Fatalf("first %+v, again %+v", first, again)
		}
		th := d.thread()
		last := th.Messages[len(th.Messages)-1]
		if len(th.Messages) != 2 || last.Direction != models.Outbound || last.State != models.MessageSent || last.TouchID != nil ||
			last.Visible != "Yes, Tuesday suits me." || last.ContactPointID == nil || last.InReplyTo != "<m1@works.example.com>" {
			d.Fatalf("thread: %+v", th.Messages)
		}
		c := th.Person.Conversation
		if d.openReplies() != 0 || c.WaitingSince != nil || c.WrittenAt == nil || !c.WrittenAt.Equal(d.now) {
			d.Fatalf("conversation %+v, tasks %+v", c, d.tasks())
		}
		if !th.Person.Enrollments[0].Enrollment.PausedFor(models.PauseReplied) {
			d.Fatal("the sequence went on by itself")
		}
	})
}

// What was written before the customer wrote is no answer to them.
func TestAnOlderSentMessageIsNoAnswer(t *testing.T) {
	on(t, func(d *desk) {
		raw := d.elsewhere("s1", "pat@works.example.com", "")
		d.now = d.now.Add(time.Hour)
		d.receive(d.mail("m1", "Does Tuesday suit you?"))
		d.now = d.now.Add(time.Minute)
		d.receive(raw)
		if c := d.thread().Person.Conversation; d.openReplies() != 1 || c.WaitingSince == nil {
			d.Fatalf("conversation %+v, tasks %+v", c, d.tasks())
		}
	})
}

// Only what went to a prospect is kept: neither private mail, nor a forward
// to a colleague, nor what a machine answered in the owner's name.
func TestOnlyContactsWithProspectsAreKept(t *testing.T) {
	on(t, func(d *desk) {
		d.receive(d.mail("m1", "Does Tuesday suit you?"))
		for _, raw := range []models.Raw{
			d.elsewhere("s1", "family@home.example.org", ""),
			d.elsewhere("s2", "colleague@example.com", "In-Reply-To: <m1@works.example.com>\r\n"),
			d.elsewhere("s3", "pat@works.example.com", "Auto-Submitted: auto-replied\r\n"),
			{Provider: models.ProviderSMTP, ProviderID: "s4", Channel: models.ChannelEmail, SenderID: &d.w.Mailbox.ID, Sent: true, Content: []byte("\x00\xff")},
		} {
			if rec := d.receive(raw); rec.MessageID != 0 {
				d.Errorf("%s was kept", raw.ProviderID)
			}
		}
		if n := len(d.thread().Messages); n != 1 || d.openReplies() != 1 {
			d.Fatalf("%d messages, tasks %+v", n, d.tasks())
		}
	})
}

// They wrote from an address that is none of theirs; the answer goes there.
func TestAnAnswerToAnUnknownAddressOfTheThread(t *testing.T) {
	on(t, func(d *desk) {
		m := d.sent(models.ChannelEmail, d.w.Mailbox, d.w.Email, "Your question")
		in := d.mail("m1", "Does Tuesday suit you?", "In-Reply-To: "+m.MailID+"\r\n")
		in.Content = []byte("From: Pat <pat@home.example.org>\r\n" + string(in.Content[len("From: Pat Prospect <pat@works.example.com>\r\n"):]))
		d.receive(in)
		d.now = d.now.Add(time.Hour)
		rec := d.receive(d.elsewhere("s1", "pat@home.example.org", "In-Reply-To: <m1@works.example.com>\r\n"))
		if rec.MessageID == 0 || d.openReplies() != 0 {
			d.Fatalf("%+v, tasks %+v", rec, d.tasks())
		}
	})
}

// Our own message in Sent shows that the server files copies; what a user
// wrote shows nothing.
func TestSentCopiesAreLearned(t *testing.T) {
	on(t, func(d *desk) {
		files := func() bool {
			d.Helper()
			all, err := d.s.SendersWithCredentials(d.ctx)
			d.must(err)
			return all[slices.IndexFunc(all, func(s models.Sender) bool { return s.ID == d.w.Mailbox.ID })].Settings.FilesSentCopies
		}
		d.receive(d.elsewhere("s1", "pat@works.example.com", ""))
		known, err := d.s.SentCopies(d.ctx, d.w.Mailbox, []string{"<s1@phone.example.com>", "<nobody@example.org>"}, d.now)
		d.must(err)
		if !known["<s1@phone.example.com>"] || known["<nobody@example.org>"] || files() {
			d.Fatalf("known %v, files copies %v", known, files())
		}
		m := d.sent(models.ChannelEmail, d.w.Mailbox, d.w.Email, "Your question")
		if known, err = d.s.SentCopies(d.ctx, d.w.Mailbox, []string{m.MailID}, d.now); err != nil || !known[m.MailID] || !files() {
			d.Fatalf("known %v, %v, files copies %v", known, err, files())
		}
		// The configuration is read again at each start; what was learned stays.
		box := d.w.Mailbox
		box.Settings.FilesSentCopies = false
		_, err = d.s.SaveSender(d.ctx, box, models.ActorSystem, d.now)
		d.must(err)
		if !files() {
			d.Fatal("forgotten at the next start")
		}
	})
}

// A message whose hand-over nobody confirmed lies in Sent: it was sent, and
// nobody is asked about it any more.
func TestASentCopyProvesTheSending(t *testing.T) {
	on(t, func(d *desk) {
		m := d.unconfirmed()
		known, err := d.s.SentCopies(d.ctx, d.w.Mailbox, []string{m.MailID}, d.now)
		d.must(err)
		th := d.thread()
		if last := th.Messages[len(th.Messages)-1]; !known[m.MailID] || last.State != models.MessageSent {
			d.Fatalf("known %v, message %+v", known, last)
		}
		left, err := d.s.Unconfirmed(d.ctx, d.now, 10)
		d.must(err)
		if len(left) != 0 {
			d.Fatalf("still unconfirmed: %+v", left)
		}
	})
}

// A copy of the rep's own answer in the inbox is no word of the customer's,
// though it lies in their thread; nor is what we write to each other about it.
func TestACopyToOurselvesIsNoReply(t *testing.T) {
	on(t, func(d *desk) {
		e := d.enroll()
		m := d.sent(models.ChannelEmail, d.w.Mailbox, d.w.Email, "Your question")
		ours := func(id, to string) models.Raw {
			raw := d.elsewhere(id, to, "In-Reply-To: "+m.MailID+"\r\n")
			raw.Sent, raw.Folder = false, "INBOX"
			raw.Content = []byte(strings.Replace(string(raw.Content), "robin@example.com", d.w.Mailbox.Address, 1))
			return raw
		}
		d.now = d.now.Add(time.Minute)
		copied := ours("s1", "pat@works.example.com, "+d.w.Mailbox.Address)
		rec := d.receive(copied)
		internal := d.receive(ours("s2", d.w.Mailbox.Address))
		again := d.receive(copied)
		if rec.MessageID == 0 || again.MessageID != rec.MessageID || !again.Repeat || internal.MessageID == 0 {
			d.Fatalf("%+v, %+v, %+v", rec, internal, again)
		}
		th := d.thread()
		if th.LastIn != nil || d.openReplies() != 0 || len(d.tasks()) != 0 || len(th.Messages) != 2 || th.Messages[1].Direction != models.Outbound {
			d.Fatalf("last in %+v, tasks %+v, messages %+v", th.LastIn, d.tasks(), th.Messages)
		}
		if en := th.Person.Enrollments[0].Enrollment; en.ID != e.ID || !en.Active() {
			d.Fatalf("the sequence: %+v", en)
		}
	})
}
