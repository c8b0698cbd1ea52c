package email_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

// sentMail is what the mailbox's owner wrote.
func sentMail(id string, headers ...string) []byte {
	more := ""
	for _, h := range headers {
		more += h + "\r\n"
	}
	return fmt.Appendf(nil, "From: Riley <riley@sales.test>\r\nTo: dana@customer.test\r\nSubject: %s\r\nDate: Mon, 23 Nov 2026 11:00:00 +0000\r\nMessage-ID: <%s@sales.test>\r\n%s\r\nAs we said.\r\n", id, id, more)
}

// register stands for the store: what left through us.
type register struct {
	mutex sync.Mutex
	ours  map[string]bool
	asked []string
	err   error
}

func (r *register) copies(_ context.Context, _ models.Sender, ids []string) (map[string]bool, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.asked = append(r.asked, ids...)
	return r.ours, r.err
}

// The owner's own messages are handed on as sent, ours are not, wherever they lie.
func TestListenReadsWhatTheOwnerSent(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	server.AddFolder(t, "All", "\\All")
	reg := &register{ours: map[string]bool{"<ours@sales.test>": true}}
	sender := mailbox(server)
	for _, f := range []string{"Sent", "All"} {
		server.DeliverAt(t, f, sentMail("before-we-knew-each-other"), sender.CreatedAt.Add(-time.Hour))
		server.DeliverAt(t, f, sentMail("ours"), noon)
		server.DeliverAt(t, f, sentMail("renamed", "X-Microsoft-Original-Message-ID: <ours@sales.test>"), noon)
		server.DeliverAt(t, f, sentMail("from-the-phone"), noon)
	}
	l := listen(t, sender, func(o *email.Options) { o.PollEvery, o.SentCopies = 10*time.Millisecond, reg.copies })
	l.wait("from-the-phone")
	l.waitCurrent(3)
	l.wait("from-the-phone")
	if raw := l.raws[0]; !raw.Sent || raw.Folder != "Sent" {
		t.Errorf("raw = %+v", raw)
	}
}

// While the store cannot say whose they are, the position stays before them.
func TestListenAsksAgainWhoseASentMessageIs(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	reg := &register{err: errors.New("the database is away")}
	server.DeliverAt(t, "Sent", sentMail("from-the-phone"), noon)
	l := listen(t, mailbox(server), func(o *email.Options) { o.SentCopies = reg.copies })
	if err := l.end(); err == nil || len(l.subjects()) > 0 {
		t.Fatalf("ended with %v, delivered %v", err, l.subjects())
	}
	reg.err = nil
	l.start(func(o *email.Options) { o.SentCopies = reg.copies })
	l.wait("from-the-phone")
}

// What a rule of the owner's files away is read, also in a folder that is made
// later; drafts, the bin and what a rule cannot fill are not.
func TestListenFollowsTheOwnersRules(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	for name, attr := range map[string]string{"Bin": "\\Trash", "Entwürfe": "", "Deleted Items": "", "Customers": "", "Customers/North": ""} {
		server.AddFolder(t, name, imap.MailboxAttr(attr))
	}
	for _, f := range []string{"Bin", "Entwürfe", "Deleted Items"} {
		server.DeliverAt(t, f, answer("not-in-"+f[:3]), noon)
	}
	server.DeliverAt(t, "Customers", answer("a-rule"), noon)
	server.DeliverAt(t, "Customers/North", answer("another-rule"), noon)
	l := listen(t, mailbox(server), func(o *email.Options) { o.PollEvery = 10 * time.Millisecond })
	l.wait("a-rule", "another-rule")
	server.AddFolder(t, "Later", "")
	server.DeliverAt(t, "Later", answer("a-new-rule"), noon)
	l.wait("a-rule", "another-rule", "a-new-rule")
	// Moved by hand afterwards: it is the same message.
	server.DeliverAt(t, "Customers", answer("a-new-rule"), noon)
	n := l.caughtUp()
	l.waitCurrent(n + 3)
	l.wait("a-rule", "another-rule", "a-new-rule")
}

// Where the server tells of all folders at once, only those with news are opened.
func TestListenOpensWhatHasChanged(t *testing.T) {
	server := emailtest.StartIMAPListingStatus(t, "riley", "pw")
	server.AddFolder(t, "Customers", "")
	l := listen(t, mailbox(server), func(o *email.Options) { o.PollEvery = 25 * time.Millisecond })
	l.waitCurrent(5)
	before := server.Opened("Customers")
	l.waitCurrent(10)
	if n := server.Opened("Customers"); n != before || n > 1 {
		t.Errorf("an unchanged folder was opened %d times", n)
	}
	server.DeliverAt(t, "Customers", answer("a-rule"), noon)
	l.wait("a-rule")
	server.Renumber(t, "Customers")
	server.DeliverAt(t, "Customers", answer("after-renumbering"), noon)
	l.wait("a-rule", "after-renumbering")
}

// A Sent copy under the server's own Message-ID proves that ours was sent.
func TestReconcileKnowsARenamedCopy(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	sender := mailbox(server)
	sender.Settings.FilesSentCopies = true
	server.DeliverAt(t, "Sent", sentMail("renamed", "X-Microsoft-Original-Message-ID: <k3Jw9xQpTz@sales.test>"), noon)
	finding, _, err := newChannel(t, nil).Reconcile(t.Context(), letter(sender))
	if err != nil || finding != channels.Found {
		t.Fatalf("finding %s, %v", finding, err)
	}
}
