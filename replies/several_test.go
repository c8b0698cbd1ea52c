package replies_test

import (
	"fmt"
	"strings"
	"testing"

	"followup/models"
)

// report is a server's report (RFC 3464) on a message of the rep's own mail
// program, with a group for each recipient: "address action status".
func (d *desk) report(id, about string, recipients ...string) models.Raw {
	var groups strings.Builder
	for _, r := range recipients {
		f := strings.Fields(r)
		fmt.Fprintf(&groups, "\r\nFinal-Recipient: rfc822; %s\r\nAction: %s\r\nStatus: %s\r\nDiagnostic-Code: smtp; 550 %s it ended there\r\n", f[0], f[1], f[2], f[2])
	}
	return models.Raw{Provider: models.ProviderSMTP, ProviderID: id, Channel: models.ChannelEmail, SenderID: &d.w.Mailbox.ID, ReceivedAt: d.now,
		Content: []byte("From: MAILER-DAEMON@mx.example.com\r\nTo: robin@example.com\r\nSubject: Undelivered Mail Returned to Sender\r\nMessage-ID: <" + id + "@mx.example.com>\r\n" +
			"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nSome of your message could not be delivered.\r\n" +
			"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.com\r\n" + groups.String() +
			"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: robin@example.com\r\nMessage-ID: " + about + "\r\nSubject: The figures\r\n\r\n--b--\r\n")}
}

// another makes a second prospect with an address.
func (d *desk) another(name, address string) models.Person {
	d.Helper()
	p, err := d.s.CreateProspect(d.ctx, models.Prospect{FirstName: name, LastName: "Other", OwnerID: d.w.Rep.ID, Zone: "America/New_York"}, nil,
		[]models.ContactPoint{{Kind: models.ContactEmail, Value: address, Label: models.LabelWork}}, nil, models.ActorSystem, d.now)
	d.must(err)
	return d.of(p.ID)
}

func (d *desk) of(id int64) models.Person {
	d.Helper()
	p, err := d.s.Person(d.ctx, id)
	d.must(err)
	return p
}

func (d *desk) messagesOf(id int64, class models.InboundClass) (found []models.Message) {
	d.Helper()
	th, err := d.s.Thread(d.ctx, id, 50)
	d.must(err)
	for _, m := range th.Messages {
		if m.Class == class {
			found = append(found, m)
		}
	}
	return found
}

// One report speaks of several people: each of their addresses is judged by
// what is said of it, and stands in their own conversation, once.
func TestOneReportOnSeveralRecipients(t *testing.T) {
	on(t, func(d *desk) {
		joe, lee, kim := d.another("Joe", "joe@example.org"), d.another("Lee", "lee@example.org"), d.another("Kim", "kim@example.org")
		d.receive(d.elsewhere("s1", "pat@works.example.com, joe@example.org, lee@example.org, kim@example.org", ""))
		raw := d.report("r1", "<s1@phone.example.com>",
			"lee@example.org delivered 2.0.0", "kim@example.org delayed 4.4.1", "joe@example.org failed 5.1.1", "pat@works.example.com failed 5.1.1")
		for range 2 { // it comes twice
			d.receive(raw)
		}
		for _, c := range []struct {
			who      models.Person
			usable   bool
			class    models.InboundClass
			messages int
		}{
			{d.person(), false, models.ClassBounceHard, 1}, {d.of(joe.Prospect.ID), false, models.ClassBounceHard, 1},
			{d.of(kim.Prospect.ID), true, models.ClassBounceSoft, 1}, {d.of(lee.Prospect.ID), true, models.ClassBounceHard, 0},
		} {
			name := c.who.Prospect.FirstName
			if got := c.who.ContactPoints[0].Usable(); got != c.usable {
				t.Errorf("%s's address is usable: %v", name, got)
			}
			said := d.messagesOf(c.who.Prospect.ID, c.class)
			if len(said) != c.messages || len(said) > 0 && !strings.Contains(said[0].ErrorDetail, "it ended there") {
				t.Errorf("%s's conversation: %+v", name, said)
			}
		}
	})
}

// Both addresses of one person fail in one report.
func TestOneReportOnBothAddresses(t *testing.T) {
	on(t, func(d *desk) {
		p, err := d.s.CreateProspect(d.ctx, models.Prospect{FirstName: "Ann", LastName: "Two", OwnerID: d.w.Rep.ID, Zone: "America/New_York"}, nil,
			[]models.ContactPoint{{Kind: models.ContactEmail, Value: "ann@work.example.org"}, {Kind: models.ContactEmail, Value: "ann@home.example.org", Position: 1}}, nil, models.ActorSystem, d.now)
		d.must(err)
		d.receive(d.elsewhere("s1", "ann@work.example.org, ann@home.example.org", ""))
		d.receive(d.report("r1", "<s1@phone.example.com>", "ann@work.example.org failed 5.1.1", "ann@home.example.org failed 5.1.1"))
		for _, cp := range d.of(p.ID).ContactPoints {
			if cp.Usable() {
				t.Errorf("%s is usable", cp.Value)
			}
		}
		if got := d.messagesOf(p.ID, models.ClassBounceHard); len(got) != 1 {
			t.Errorf("%d messages", len(got))
		}
	})
}

// A report on somebody else who got a copy says nothing of the prospect: not
// where the copy was the rep's own, nor where the thread was forwarded.
func TestAReportOnAStrangerInCopy(t *testing.T) {
	on(t, func(d *desk) {
		e := d.enroll()
		d.receive(d.mail("m1", "Please send the figures."))
		d.receive(d.elsewhere("s1", "pat@works.example.com, lawyer@example.org", "In-Reply-To: <m1@works.example.com>\r\n"))
		d.receive(d.report("r1", "<s1@phone.example.com>", "lawyer@example.org failed 5.1.1"))
		forwarded := d.report("r2", "<unknown@phone.example.com>", "boss@example.org failed 5.1.1")
		forwarded.Content = []byte(strings.Replace(string(forwarded.Content), "Subject: The figures", "References: <m1@works.example.com> <s1@phone.example.com>\r\nSubject: Fwd: The figures", 1))
		d.receive(forwarded)
		p := d.person()
		if !p.ContactPoints[0].Usable() || p.Enrollments[0].Enrollment.ID != e.ID {
			t.Errorf("the prospect: %+v", p.ContactPoints[0])
		}
		for _, m := range d.thread().Messages {
			if m.Direction == models.Outbound && m.State == models.MessageFailed || m.Class == models.ClassBounceHard {
				t.Errorf("the conversation has %s %s %s", m.Direction, m.State, m.Class)
			}
		}
		for _, task := range d.tasks() {
			if task.Kind == models.TaskResolve {
				t.Errorf("somebody is asked: %+v", task)
			}
		}
	})
}

// Servers that report in words name several recipients, too.
func TestSeveralRecipientsInWords(t *testing.T) {
	on(t, func(d *desk) {
		joe := d.another("Joe", "joe@example.org")
		for id, words := range map[string]string{
			"qmail": "Hi. This is the qmail-send program at mx.example.com.\r\nI'm afraid I wasn't able to deliver your message to the following addresses.\r\nThis is a permanent error; I've given up. Sorry it didn't work out.\r\n\r\n" +
				"<pat@works.example.com>:\r\n192.0.2.7 does not like recipient.\r\nRemote host said: 550 5.1.1 No such user\r\nGiving up on 192.0.2.7.\r\n\r\n" +
				"<joe@example.org>:\r\n192.0.2.8 does not like recipient.\r\nRemote host said: 552 5.2.2 mailbox is full\r\nGiving up on 192.0.2.8.\r\n\r\n--- Below this line is a copy of the message.\r\n\r\nReturn-Path: <robin@example.com>\r\n",
		} {
			d.receive(models.Raw{Provider: models.ProviderSMTP, ProviderID: id, Channel: models.ChannelEmail, SenderID: &d.w.Mailbox.ID, ReceivedAt: d.now,
				Content: []byte("From: MAILER-DAEMON@mx.example.com\r\nTo: robin@example.com\r\nSubject: failure notice\r\nMessage-ID: <" + id + "@mx.example.com>\r\n\r\n" + words)})
		}
		if p := d.person(); p.ContactPoints[0].Usable() {
			t.Error("the first recipient's address is usable")
		}
		if p := d.of(joe.Prospect.ID); !p.ContactPoints[0].Usable() || len(d.messagesOf(joe.Prospect.ID, models.ClassBounceSoft)) != 1 {
			t.Error("a full mailbox is no dead address, and stands in its conversation")
		}
	})
}
