package email_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

func TestConnectionsAreKeptBoundedAndReplaced(t *testing.T) {
	var now, most atomic.Int32
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.StartTLS, Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		switch at {
		case emailtest.AtMail:
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
		case emailtest.AtDot:
			now.Add(-1)
		}
		return emailtest.Answer{}
	}})
	channel := newChannel(t, func(o *email.Options) { o.Connections = 3 })
	sender := mailbox(server)
	send := func(n int) {
		t.Helper()
		var wg sync.WaitGroup
		for i := range n {
			wg.Go(func() {
				m := letter(sender)
				m.MailID = fmt.Sprintf("<%d@sales.test>", i)
				if _, err := channel.Send(context.Background(), m); err != nil {
					t.Errorf("message %d: %v", i, err)
				}
			})
		}
		wg.Wait()
	}
	send(30)
	if server.Dialled() > 3 || most.Load() > 3 {
		t.Errorf("%d connections were made, %d in use at once; want at most 3", server.Dialled(), most.Load())
	}
	// The server restarts: what it cut is replaced, and nothing is lost or doubled.
	server.DropConnections()
	send(30)
	if got := len(server.Accepted()); got != 60 {
		t.Errorf("the server took %d messages, want 60", got)
	}
	if server.Dialled() > 6 {
		t.Errorf("%d connections were made, want at most 6", server.Dialled())
	}
}

func TestIdleConnectionsEnd(t *testing.T) {
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{})
	channel := newChannel(t, func(o *email.Options) { o.IdleTimeout = 20 * time.Millisecond })
	if _, err := channel.Send(context.Background(), letter(mailbox(server))); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the idle connection to be closed", func() bool { return server.Open() == 0 })
}

func TestConnectionsWearOut(t *testing.T) {
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{})
	channel, sender := newChannel(t, func(o *email.Options) { o.PerConn, o.Connections = 2, 1 }), mailbox(server)
	for range 6 {
		if _, err := channel.Send(context.Background(), letter(sender)); err != nil {
			t.Fatal(err)
		}
	}
	if server.Dialled() != 3 {
		t.Errorf("%d connections for 6 messages, want 3", server.Dialled())
	}
}

// Only an idle connection's loss says nothing about the server.
func TestFreshConnectionsAreNotReplaced(t *testing.T) {
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		return emailtest.Answer{Drop: at == emailtest.AtRcpt}
	}})
	_, err := newChannel(t, nil).Send(context.Background(), letter(mailbox(server)))
	if se := channels.AsSendError(err); err == nil || se.Class != models.SendTransient || server.Dialled() != 1 {
		t.Errorf("Send = %v over %d connections, want it refused for now over one", err, server.Dialled())
	}
}
