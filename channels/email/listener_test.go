package email_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

// listener runs Listen and collects what it yields, as the store would: it
// knows repeats by their provider id.
type listener struct {
	t      *testing.T
	sender models.Sender
	cancel context.CancelFunc
	done   chan error

	mutex    sync.Mutex
	raws     []models.Raw
	refuse   error // deliver's answer
	currents int
	cursor   string
}

func listen(t *testing.T, sender models.Sender, change func(*email.Options)) *listener {
	t.Helper()
	l := &listener{t: t, sender: sender}
	l.start(change)
	t.Cleanup(func() { l.stop() })
	return l
}

func (l *listener) start(change func(*email.Options)) {
	l.t.Helper()
	channel := newChannel(l.t, change)
	ctx, cancel := context.WithCancel(context.Background())
	l.cancel, l.done = cancel, make(chan error, 1)
	l.sender.InboundCursor = l.cursor
	go func(sender models.Sender, done chan error) { done <- channel.Listen(ctx, sender, l.deliver, l.current) }(l.sender, l.done)
}

// stop ends it and gives its error.
func (l *listener) stop() error {
	l.t.Helper()
	if l.cancel == nil {
		return nil
	}
	l.cancel()
	return l.end()
}

// end waits for it to end by itself.
func (l *listener) end() error {
	l.t.Helper()
	select {
	case err := <-l.done:
		l.cancel()
		l.cancel = nil
		return err
	case <-time.After(5 * time.Second):
		l.t.Fatal("Listen did not end")
		return nil
	}
}

func (l *listener) deliver(_ context.Context, raw models.Raw) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.refuse != nil {
		return l.refuse
	}
	l.raws = append(l.raws, raw)
	return nil
}

func (l *listener) current(_ context.Context, cursor string) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.currents++
	l.cursor = cursor
	return nil
}

func (l *listener) setRefuse(err error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.refuse = err
}

func (l *listener) caughtUp() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.currents
}

// subjects of what was delivered, in order.
func (l *listener) subjects() []string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	var subjects []string
	for _, raw := range l.raws {
		subjects = append(subjects, headerOf(raw.Content, "Subject"))
	}
	return subjects
}

func (l *listener) wait(subjects ...string) {
	l.t.Helper()
	waitFor(l.t, fmt.Sprint(subjects), func() bool { return len(l.subjects()) >= len(subjects) })
	if got := fmt.Sprint(l.subjects()); got != fmt.Sprint(subjects) {
		l.t.Fatalf("delivered %v, want %v", got, subjects)
	}
}

func (l *listener) waitCurrent(n int) {
	l.t.Helper()
	waitFor(l.t, "the mailbox to be current", func() bool { return l.caughtUp() >= n })
}

// answer is a customer's mail.
func answer(subject string) []byte {
	return fmt.Appendf(nil, "From: Dana Whitfield <dana@customer.test>\r\nTo: riley@sales.test\r\nSubject: %s\r\nDate: Mon, 23 Nov 2026 11:00:00 +0000\r\nMessage-ID: <%s@customer.test>\r\n\r\nYes, call me.\r\n", subject, subject)
}

func TestListenHearsThePush(t *testing.T) {
	for _, security := range []emailtest.Security{emailtest.ImplicitTLS, emailtest.StartTLS, emailtest.Plain} {
		t.Run(string(security), func(t *testing.T) {
			server := emailtest.StartIMAPWith(t, "riley", "pw", security)
			l := listen(t, mailbox(server), nil)
			l.waitCurrent(1)
			before := time.Now()
			server.DeliverAt(t, "INBOX", answer("one"), noon.Add(-time.Minute))
			l.wait("one")
			if took := time.Since(before); took > time.Second {
				t.Errorf("the push was noticed after %s", took)
			}
			server.Deliver(t, "INBOX", answer("two"))
			l.wait("one", "two")
			l.waitCurrent(3)
			raw := l.raws[0]
			if raw.Provider != models.ProviderSMTP || raw.Channel != models.ChannelEmail || *raw.SenderID != 7 || raw.Folder != "INBOX" ||
				!raw.ReceivedAt.Equal(noon.Add(-time.Minute)) || raw.State != models.RawReceived ||
				!strings.HasPrefix(raw.ProviderID, "riley@sales.test <one@customer.test>") {
				t.Errorf("raw = %+v", raw)
			}
			if err := l.stop(); !errors.Is(err, context.Canceled) {
				t.Errorf("Listen ended with %v", err)
			}
			waitFor(t, "the connection to be closed", func() bool { return server.Open() == 0 })
		})
	}
}

// The first reading takes what came since the mailbox was set up, not its past.
func TestListenLeavesHistoryAlone(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	server.AddFolder(t, "Archive", "\\Archive")
	sender := mailbox(server)
	server.DeliverAt(t, "INBOX", answer("years-ago"), sender.CreatedAt.Add(-1000*time.Hour))
	server.DeliverAt(t, "INBOX", answer("same-day"), sender.CreatedAt.Add(-time.Hour))
	server.DeliverAt(t, "INBOX", answer("since"), sender.CreatedAt.Add(time.Hour))
	l := listen(t, sender, func(o *email.Options) { o.PollEvery = 10 * time.Millisecond })
	l.wait("since")
	// Old mail that is filed away later is history too; old mail that reaches the inbox is new.
	n := l.caughtUp()
	server.DeliverAt(t, "Archive", answer("tidied"), sender.CreatedAt.Add(-1000*time.Hour))
	server.DeliverAt(t, "Archive", answer("filed-by-a-rule"), noon)
	server.DeliverAt(t, "INBOX", answer("late"), sender.CreatedAt.Add(-1000*time.Hour))
	l.waitCurrent(n + 2)
	waitFor(t, "three messages", func() bool { return len(l.subjects()) == 3 })
	if got := fmt.Sprint(l.subjects()); !strings.Contains(got, "filed-by-a-rule") || !strings.Contains(got, "late") {
		t.Errorf("delivered %v", got)
	}
}

func TestListenReadsEveryFolderThatRepliesReach(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	server.AddFolder(t, "All", "\\All")
	server.AddFolder(t, "Private", "")
	l := listen(t, mailbox(server), func(o *email.Options) { o.PollEvery = 10 * time.Millisecond })
	l.waitCurrent(1)
	server.DeliverAt(t, "Junk", answer("mistaken-for-spam"), noon)
	l.wait("mistaken-for-spam")
	// One message in two folders is one; what we sent ourselves is no answer.
	server.DeliverAt(t, "INBOX", answer("both"), noon)
	server.DeliverAt(t, "All", answer("both"), noon)
	server.DeliverAt(t, "All", []byte("From: Riley <Riley@sales.test>\r\nSubject: ours\r\nMessage-ID: <ours@sales.test>\r\n\r\nHello\r\n"), noon)
	server.DeliverAt(t, "Private", answer("private"), noon)
	l.wait("mistaken-for-spam", "both")
	n := l.caughtUp()
	l.waitCurrent(n + 3)
	l.wait("mistaken-for-spam", "both")
}

func TestListenReadsTheChosenFolders(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	server.AddFolder(t, "Replies", "")
	sender := mailbox(server)
	sender.Settings.Folders = []string{"Replies"}
	l := listen(t, sender, nil)
	l.waitCurrent(1)
	server.DeliverAt(t, "INBOX", answer("not-chosen"), noon)
	server.DeliverAt(t, "Replies", answer("chosen"), noon)
	l.wait("chosen")
	if err := l.stop(); !errors.Is(err, context.Canceled) {
		t.Errorf("Listen ended with %v", err)
	}
	// A folder that does not exist would silently lose answers.
	sender.Settings.Folders = []string{"INBOX", "Repleis"}
	err := newChannel(t, nil).Listen(context.Background(), sender, l.deliver, l.current)
	if models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), "Repleis") {
		t.Errorf("Listen = %v", err)
	}
}

func TestListenResumesWithoutLossOrRepeats(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	l := listen(t, mailbox(server), nil)
	l.waitCurrent(1)
	server.DeliverAt(t, "INBOX", answer("one"), noon)
	l.wait("one")
	l.waitCurrent(2)

	server.DropConnections()
	if err := l.end(); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Listen ended with %v, want it to say that the connection was lost", err)
	}
	server.DeliverAt(t, "INBOX", answer("while-away"), noon)
	server.DeliverAt(t, "Junk", answer("in-junk"), noon)
	l.start(nil)
	l.wait("one", "in-junk", "while-away")

	// The database is down: the message is delivered again afterwards.
	n := l.caughtUp()
	l.waitCurrent(n)
	l.setRefuse(errors.New("database is down"))
	server.DeliverAt(t, "INBOX", answer("again"), noon)
	if err := l.end(); err == nil || !strings.Contains(err.Error(), "database is down") {
		t.Errorf("Listen ended with %v", err)
	}
	l.setRefuse(nil)
	l.start(nil)
	l.wait("one", "in-junk", "while-away", "again")
}

func TestListenReadsRenumberedFoldersAgain(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	sender := mailbox(server)
	read := noon.Add(-time.Hour)
	sender.InboundReadAt = &read
	l := listen(t, sender, nil)
	l.waitCurrent(1)
	server.DeliverAt(t, "INBOX", answer("one"), noon)
	l.wait("one")
	l.waitCurrent(2)
	if err := l.stop(); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	first := l.raws[0].ProviderID

	// The server gives out new UIDs, beginning with 1.
	server.Renumber(t, "INBOX")
	server.DeliverAt(t, "INBOX", answer("long-ago"), noon.Add(-1000*time.Hour))
	server.DeliverAt(t, "INBOX", answer("one"), noon)
	server.DeliverAt(t, "INBOX", answer("new"), noon)
	l.start(nil)
	l.wait("one", "one", "new")
	if l.raws[1].ProviderID != first {
		t.Errorf("the repeat has the id %q, the first had %q", l.raws[1].ProviderID, first)
	}
}

func TestListenReadsManyAndHugeMessages(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	huge := append(answer("huge"), []byte(strings.Repeat("An attachment that never ends.\r\n", 26<<20/32))...)
	server.DeliverAt(t, "INBOX", huge, noon)
	var want []string
	want = append(want, "huge")
	for i := range 120 { // more than one batch
		subject := fmt.Sprintf("m%d", i)
		server.DeliverAt(t, "INBOX", answer(subject), noon)
		want = append(want, subject)
	}
	l := listen(t, mailbox(server), nil)
	l.wait(want...)
	if n := len(l.raws[0].Content); n < 200<<10 || n > 300<<10 {
		t.Errorf("%d bytes of the huge message were read", n)
	}
	if !strings.Contains(string(l.raws[0].Content), "Yes, call me.") {
		t.Error("the beginning of the huge message is missing")
	}
}

// Two answers under one Message-ID are two; mail without one is recognised by
// its content.
func TestProviderIDs(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	same := func(subject string) []byte {
		return []byte("From: dana@customer.test\r\nSubject: " + subject + "\r\nMessage-ID: <same@customer.test>\r\n\r\nHello\r\n")
	}
	bare := []byte("From: dana@customer.test\r\nSubject: bare\r\n\r\nHello\r\n")
	server.DeliverAt(t, "INBOX", same("a"), noon)
	server.DeliverAt(t, "INBOX", same("b"), noon)
	server.DeliverAt(t, "INBOX", append([]byte("Received: from elsewhere\r\n"), same("b")...), noon)
	server.DeliverAt(t, "INBOX", bare, noon)
	server.DeliverAt(t, "INBOX", []byte("Subject: from nobody\r\n\r\nHello\r\n"), noon)
	l := listen(t, mailbox(server), nil)
	l.waitCurrent(1)
	ids := map[string]bool{}
	for _, raw := range l.raws {
		ids[raw.ProviderID] = true
	}
	if len(l.raws) != 4 || len(ids) != 4 {
		t.Errorf("%d messages with %d ids: %v", len(l.raws), len(ids), ids)
	}
}
