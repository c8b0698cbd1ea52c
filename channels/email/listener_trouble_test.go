package email_test

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

func TestListenTrouble(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	for name, tt := range map[string]struct {
		spoil func(*models.Sender)
		code  models.ErrorCode
		says  string
	}{
		"wrong password": {func(s *models.Sender) { s.Credentials.Password = "wrong" }, models.CodeInvalid, "check the user name, the password"},
		"nobody listens": {func(s *models.Sender) { s.Settings.IMAPPort = 1 }, models.CodeUnavailable, "cannot be reached"},
		"no host":        {func(s *models.Sender) { s.Settings.IMAPHost = "" }, models.CodeInvalid, "enter its host name"},
		"no TLS abroad":  {func(s *models.Sender) { s.Settings.IMAPHost, s.Settings.IMAPTLS = "mail.sales.test", "none" }, models.CodeInvalid, "choose starttls or implicit"},
		"wrong TLS":      {func(s *models.Sender) { s.Settings.IMAPHost = "localhost"; s.Settings.IMAPTLS = "sometimes" }, models.CodeInvalid, "choose starttls, implicit or none"},
	} {
		t.Run(name, func(t *testing.T) {
			sender := mailbox(server)
			tt.spoil(&sender)
			err := newChannel(t, nil).Listen(context.Background(), sender, nil, nil)
			if models.CodeOf(err) != tt.code || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "wrong\"") {
				t.Errorf("Listen = %v", err)
			}
		})
	}
	t.Run("spoilt cursor", func(t *testing.T) {
		sender := mailbox(server)
		sender.InboundCursor = "UID 4"
		if err := newChannel(t, nil).Listen(context.Background(), sender, nil, nil); err == nil {
			t.Error("Listen took a reading position it cannot read")
		}
	})
	t.Run("unknown authority", func(t *testing.T) {
		err := newChannel(t, func(o *email.Options) { o.RootCAs = nil }).Listen(context.Background(), mailbox(server), nil, nil)
		var told *models.Error
		if !errors.As(err, &told) || told.Field != "imap_tls" {
			t.Errorf("Listen = %v", err)
		}
	})
}

// alteredConn changes what the client reads, below a connection without TLS.
type alteredConn struct {
	net.Conn
	muted  *atomic.Bool // nothing arrives any more, and nothing ends
	noIdle bool         // the server cannot push
	closed chan struct{}
	once   sync.Once
}

func (c *alteredConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.muted.Load() {
		<-c.closed
		return 0, net.ErrClosed
	}
	if c.noIdle {
		copy(p, bytes.ReplaceAll(p[:n], []byte(" IDLE"), []byte(" XDLE")))
	}
	return n, err
}

func (c *alteredConn) Close() error {
	c.once.Do(func() { close(c.closed) })
	return c.Conn.Close()
}

func altered(muted *atomic.Bool, noIdle bool) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &alteredConn{Conn: conn, muted: muted, noIdle: noIdle, closed: make(chan struct{})}, nil
	}
}

// A server that falls silent without closing must not look like an inbox
// without mail.
func TestListenNoticesSilence(t *testing.T) {
	server := emailtest.StartIMAPWith(t, "riley", "pw", emailtest.Plain)
	var muted atomic.Bool
	l := listen(t, mailbox(server), func(o *email.Options) {
		o.PollEvery, o.Timeout, o.Dial = 10*time.Millisecond, 50*time.Millisecond, altered(&muted, false)
	})
	l.waitCurrent(1)
	muted.Store(true)
	if err := l.end(); err == nil || !strings.Contains(err.Error(), "did not answer in time") {
		t.Errorf("Listen ended with %v", err)
	}
}

func TestListenWithoutIdle(t *testing.T) {
	server := emailtest.StartIMAPWith(t, "riley", "pw", emailtest.Plain)
	l := listen(t, mailbox(server), func(o *email.Options) {
		o.PollEvery, o.Dial = 10*time.Millisecond, altered(new(atomic.Bool), true)
	})
	l.waitCurrent(1)
	server.DeliverAt(t, "INBOX", answer("one"), noon)
	l.wait("one")
}

func TestSilentServers(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // accepts in the kernel, never greets
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	port := silent.Addr().(*net.TCPAddr).Port
	for _, security := range []string{"implicit", "starttls", "none"} {
		t.Run(security, func(t *testing.T) {
			sender := mailbox()
			sender.Settings = models.SenderSettings{SMTPHost: "127.0.0.1", SMTPPort: port, SMTPTLS: security, IMAPHost: "127.0.0.1", IMAPPort: port, IMAPTLS: security, Username: "riley"}
			channel := newChannel(t, func(o *email.Options) { o.Timeout = 50 * time.Millisecond })
			if err := channel.Listen(context.Background(), sender, nil, nil); models.CodeOf(err) != models.CodeUnavailable {
				t.Errorf("Listen = %v", err)
			}
			if err := channel.Probe(context.Background(), sender); models.CodeOf(err) != models.CodeUnavailable {
				t.Errorf("Probe = %v", err)
			}
			// An end of the context does not wait for the time-out.
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			patient := newChannel(t, nil)
			if err := patient.Listen(ctx, sender, nil, nil); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Listen = %v", err)
			}
			if err := patient.Probe(ctx, sender); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Probe = %v", err)
			}
		})
	}
}

// A message that the server itself cannot read stops none of the others.
func TestListenPassesDamagedMessages(t *testing.T) {
	server := emailtest.StartIMAP(t, "riley", "pw")
	for _, subject := range []string{"one", "body-lost", "two", "all-lost", "three"} {
		server.DeliverAt(t, "INBOX", answer(subject), noon)
	}
	server.Break(2, false)
	server.Break(4, true)
	l := listen(t, mailbox(server), nil)
	l.wait("one", "body-lost", "two", "A message that the mail server cannot read (folder INBOX, UID 4)", "three")
	if from := headerOf(l.raws[1].Content, "From"); !strings.Contains(from, "dana@customer.test") {
		t.Errorf("From of the damaged message = %q", from)
	}
}
