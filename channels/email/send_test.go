package email_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

func TestSendOverEachKindOfConnection(t *testing.T) {
	for _, security := range []emailtest.Security{emailtest.StartTLS, emailtest.ImplicitTLS, emailtest.Plain} {
		t.Run(string(security), func(t *testing.T) {
			server := emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: security, Username: "riley", Password: "correct horse"})
			sender := mailbox(server)
			outcome, err := newChannel(t, nil).Send(context.Background(), letter(sender))
			if err != nil {
				t.Fatal(err)
			}
			if outcome.ProviderID != "<k3Jw9xQpTz@sales.test>" || outcome.Detail == "" {
				t.Errorf("outcome = %+v", outcome)
			}
			got := server.Accepted()
			if len(got) != 1 || got[0].From != "riley@sales.test" || got[0].To != "dana@customer.test" || got[0].Username != "riley" {
				t.Fatalf("accepted = %+v", got)
			}
		})
	}
}

// refusals at each stage, and what each means for message, address and sender.
func TestRefusals(t *testing.T) {
	refuse := func(code int, a, b, c int, text string) emailtest.Answer {
		return emailtest.Answer{Code: code, Enhanced: [3]int{a, b, c}, Text: text}
	}
	for _, tt := range []struct {
		name    string
		at      emailtest.Stage
		answer  emailtest.Answer
		class   models.SendClass
		code    string
		invalid bool
		waits   bool
	}{
		// Before MAIL nothing but ourselves is judged.
		{"busy", emailtest.AtConnect, refuse(421, 4, 3, 2, "too many connections"), models.SendTransient, "421 4.3.2", false, false},
		{"blocked", emailtest.AtConnect, refuse(554, 5, 7, 1, "your network is blocked"), models.SendConfiguration, "554 5.7.1", false, false},
		{"login suspended for now", emailtest.AtAuth, refuse(454, 4, 7, 0, "try later"), models.SendTransient, "454 4.7.0", false, false},
		{"login refused", emailtest.AtAuth, refuse(535, 5, 7, 8, "bad credentials"), models.SendConfiguration, "535 5.7.8", false, false},
		// MAIL FROM: it is the sender whom they do not want.
		{"sender refused", emailtest.AtMail, refuse(550, 5, 7, 1, "not yours"), models.SendConfiguration, "550 5.7.1", false, false},
		{"sender for now", emailtest.AtMail, refuse(451, 4, 7, 1, "slow down"), models.SendTransient, "451 4.7.1", false, false},
		{"daily quota", emailtest.AtMail, refuse(550, 5, 4, 5, "daily sending limit"), models.SendTransient, "550 5.4.5", false, true},
		// RCPT TO: the address, policy, or a mailbox that is full.
		{"no such user", emailtest.AtRcpt, refuse(550, 5, 1, 1, "no such user"), models.SendPermanent, "550 5.1.1", true, false},
		{"null MX", emailtest.AtRcpt, refuse(556, 5, 1, 10, "takes no mail"), models.SendPermanent, "556 5.1.10", true, false},
		{"disabled", emailtest.AtRcpt, refuse(550, 5, 2, 1, "mailbox disabled"), models.SendPermanent, "550 5.2.1", true, false},
		{"no enhanced code", emailtest.AtRcpt, refuse(550, 0, 0, 0, "user unknown"), models.SendPermanent, "550 5.0.0", true, false},
		{"unclear", emailtest.AtRcpt, refuse(550, 0, 0, 0, "go away"), models.SendPermanent, "550 5.0.0", false, false},
		{"policy", emailtest.AtRcpt, refuse(550, 5, 7, 1, "blocked by policy"), models.SendPermanent, "550 5.7.1", false, false},
		{"relay", emailtest.AtRcpt, refuse(554, 5, 7, 1, "Relay access denied"), models.SendConfiguration, "554 5.7.1", false, false},
		{"full", emailtest.AtRcpt, refuse(552, 5, 2, 2, "mailbox full"), models.SendTransient, "552 5.2.2", false, true},
		{"greylisted", emailtest.AtRcpt, refuse(450, 4, 2, 0, "greylisted"), models.SendTransient, "450 4.2.0", false, false},
		{"drop at RCPT", emailtest.AtRcpt, emailtest.Answer{Drop: true}, models.SendTransient, "connection", false, false},
		// After the final dot: a refusal is definite, silence is not.
		{"spam", emailtest.AtDot, refuse(554, 5, 7, 1, "looks like spam"), models.SendPermanent, "554 5.7.1", false, false},
		{"send as", emailtest.AtDot, refuse(554, 5, 2, 252, "SendAsDenied"), models.SendConfiguration, "554 5.2.252", false, false},
		{"too large", emailtest.AtDot, refuse(552, 5, 3, 4, "too big"), models.SendPermanent, "552 5.3.4", false, false},
		{"full at the end", emailtest.AtDot, refuse(452, 4, 2, 2, "over quota"), models.SendTransient, "452 4.2.2", false, false},
		{"drop after the dot", emailtest.AtDot, emailtest.Answer{Drop: true, Take: true}, models.SendAmbiguous, "no_answer", false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var scripted atomic.Bool
			scripted.Store(true)
			server := emailtest.StartSMTP(t, emailtest.SMTPOptions{
				Security: emailtest.StartTLS, Username: "riley", Password: "pw",
				Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
					if at == tt.at && scripted.Load() {
						return tt.answer
					}
					return emailtest.Answer{}
				},
			})
			channel, sender := newChannel(t, nil), mailbox(server)
			_, err := channel.Send(context.Background(), letter(sender))
			var se *channels.SendError
			if !errors.As(err, &se) {
				t.Fatalf("Send = %v, want a *SendError", err)
			}
			if se.Class != tt.class || se.Code != tt.code || se.InvalidContact != tt.invalid || (se.RetryAfter > 0) != tt.waits {
				t.Errorf("got class %s, code %q, invalid %v, retry after %v; want %s, %q, %v, %v\n%v",
					se.Class, se.Code, se.InvalidContact, se.RetryAfter, tt.class, tt.code, tt.invalid, tt.waits, se)
			}
			if tt.answer.Text != "" && !strings.Contains(se.Detail, tt.answer.Text) {
				t.Errorf("the detail %q leaves out the server's words %q", se.Detail, tt.answer.Text)
			}
			// What was refused was that message, not those that follow.
			scripted.Store(false)
			if _, err := channel.Send(context.Background(), letter(sender)); err != nil {
				t.Errorf("the next message: %v", err)
			}
		})
	}
}

func TestDropAfter250IsAccepted(t *testing.T) {
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{
		Security: emailtest.StartTLS,
		Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
			return emailtest.Answer{Drop: at == emailtest.AfterReply}
		},
	})
	channel, sender := newChannel(t, nil), mailbox(server)
	for i := range 3 { // each finds the connection of the one before gone
		if _, err := channel.Send(context.Background(), letter(sender)); err != nil {
			t.Fatalf("message %d: %v", i, err)
		}
	}
	if got := len(server.Accepted()); got != 3 {
		t.Errorf("the server took %d messages, want 3", got)
	}
}

func TestDetailIsCutAndOneLine(t *testing.T) {
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		if at != emailtest.AtRcpt {
			return emailtest.Answer{}
		}
		return emailtest.Answer{Code: 550, Enhanced: [3]int{5, 7, 1}, Text: "first line\n" + strings.Repeat("wörter ", 100)}
	}})
	_, err := newChannel(t, nil).Send(context.Background(), letter(mailbox(server)))
	se := channels.AsSendError(err)
	if n := len([]rune(se.Detail)); n != 300 || strings.Contains(se.Detail, "\n") || !strings.HasPrefix(se.Detail, "first line wörter") {
		t.Errorf("detail of %d characters: %q", n, se.Detail)
	}
}

func TestConnectionTroubleBeforeAnything(t *testing.T) {
	secured := emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.StartTLS, Username: "riley", Password: "pw"})
	plain := emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.Plain})
	for _, tt := range []struct {
		name  string
		spoil func(*models.Sender, *email.Options)
		class models.SendClass
	}{
		{"wrong password", func(s *models.Sender, _ *email.Options) { s.Credentials.Password = "wrong" }, models.SendConfiguration},
		{"unknown authority", func(_ *models.Sender, o *email.Options) { o.RootCAs = nil }, models.SendConfiguration},
		{"nobody listens", func(s *models.Sender, _ *email.Options) { s.Settings.SMTPPort = 1 }, models.SendTransient},
		{"no host", func(s *models.Sender, _ *email.Options) { s.Settings.SMTPHost = "" }, models.SendConfiguration},
		{"no TLS to another machine", func(s *models.Sender, _ *email.Options) {
			s.Settings.SMTPHost, s.Settings.SMTPTLS = "mail.sales.test", "none"
		}, models.SendConfiguration},
		{"no STARTTLS offered", func(s *models.Sender, _ *email.Options) { s.Settings.SMTPPort = plain.Port }, models.SendConfiguration},
		{"no AUTH offered", func(s *models.Sender, _ *email.Options) {
			s.Settings.SMTPPort, s.Settings.SMTPTLS = plain.Port, "none"
		}, models.SendConfiguration},
		{"implicit TLS at a plain port", func(s *models.Sender, _ *email.Options) {
			s.Settings.SMTPPort, s.Settings.SMTPTLS = plain.Port, "implicit"
		}, models.SendConfiguration},
		{"a DKIM key that is none", func(s *models.Sender, _ *email.Options) {
			s.Credentials.DKIMKey, s.Credentials.DKIMName = "no key", "s1"
		}, models.SendConfiguration},
	} {
		t.Run(tt.name, func(t *testing.T) {
			sender := mailbox(secured)
			channel := newChannel(t, func(o *email.Options) { tt.spoil(&sender, o) })
			_, err := channel.Send(context.Background(), letter(sender))
			if se := channels.AsSendError(err); err == nil || se.Class != tt.class {
				t.Errorf("Send = %v, want class %s", err, tt.class)
			}
		})
	}
	if got := len(secured.Accepted()) + len(plain.Accepted()); got != 0 {
		t.Errorf("%d messages were taken", got)
	}
}

// What was handed over may finish, but an end of the context does not wait for
// a silent server; before the final dot it withdraws the message.
func TestContextEnds(t *testing.T) {
	for _, tt := range []struct {
		at    emailtest.Stage
		class models.SendClass
	}{
		{emailtest.AtConnect, models.SendStopped},
		{emailtest.AtRcpt, models.SendStopped},
		{emailtest.AtDot, models.SendAmbiguous},
	} {
		t.Run(string(tt.at), func(t *testing.T) {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			hold := make(chan struct{})
			server := emailtest.StartSMTP(t, emailtest.SMTPOptions{Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
				if at != tt.at {
					return emailtest.Answer{}
				}
				cancel()
				return emailtest.Answer{Wait: hold}
			}})
			defer close(hold)
			channel := newChannel(t, func(o *email.Options) { o.Grace = 10 * time.Millisecond })
			_, err := channel.Send(ctx, letter(mailbox(server)))
			if se := channels.AsSendError(err); err == nil || se.Class != tt.class {
				t.Errorf("Send = %v, want class %s", err, tt.class)
			}
		})
	}
}

func TestAnswerWithinTheGraceCounts(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		if at == emailtest.AtDot {
			cancel()
		}
		return emailtest.Answer{}
	}})
	defer cancel()
	if _, err := newChannel(t, nil).Send(ctx, letter(mailbox(server))); err != nil {
		t.Errorf("Send = %v, want the server's acceptance to count", err)
	}
}

func TestNothingIsHandedOverAfterItsTime(t *testing.T) {
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{})
	m := letter(mailbox(server))
	passed := noon.Add(-time.Second)
	m.ValidUntil = &passed
	_, err := newChannel(t, nil).Send(context.Background(), m)
	if se := channels.AsSendError(err); err == nil || se.Class != models.SendStopped {
		t.Errorf("Send = %v, want it stopped", err)
	}
	// It passes while the content is on its way: the final dot is not written.
	var late atomic.Bool
	server = emailtest.StartSMTP(t, emailtest.SMTPOptions{Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
		late.Store(late.Load() || at == emailtest.AtRcpt)
		return emailtest.Answer{}
	}})
	m = letter(mailbox(server))
	m.ValidUntil = &noon
	channel := newChannel(t, func(o *email.Options) {
		o.Clock = func() time.Time {
			if late.Load() {
				return noon.Add(time.Second)
			}
			return noon
		}
	})
	_, err = channel.Send(context.Background(), m)
	if se := channels.AsSendError(err); err == nil || se.Class != models.SendStopped || len(server.Accepted()) != 0 {
		t.Errorf("Send = %v, %d taken; want it stopped", err, len(server.Accepted()))
	}
}

func TestServersSizeLimitIsHeeded(t *testing.T) {
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{MaxBytes: 2000})
	m := letter(mailbox(server))
	m.Text = strings.Repeat("long ", 1000)
	// One connection: with more, a second may be made while the first is becoming idle.
	channel := newChannel(t, func(o *email.Options) { o.Connections = 1 })
	_, err := channel.Send(context.Background(), m)
	if se := channels.AsSendError(err); err == nil || se.Class != models.SendPermanent || se.Code != "552 5.3.4" {
		t.Errorf("Send = %v, want it refused for good", err)
	}
	if _, err := channel.Send(context.Background(), letter(*m.Sender)); err != nil || server.Dialled() != 1 {
		t.Errorf("the next message: %v over %d connections, want the same one", err, server.Dialled())
	}
}

func TestCheck(t *testing.T) {
	channel := newChannel(t, func(o *email.Options) { o.MaxBytes = 1000 })
	for name, tt := range map[string]struct {
		change  func(*models.Message)
		code    string
		invalid bool
	}{
		"good":            {func(m *models.Message) {}, "", false},
		"IDN domain":      {func(m *models.Message) { m.ToAddress = "dana@kühn.test" }, "", false},
		"display name":    {func(m *models.Message) { m.ToAddress = "Dana <dana@customer.test>" }, "address", true},
		"no domain":       {func(m *models.Message) { m.ToAddress = "dana" }, "address", true},
		"two addresses":   {func(m *models.Message) { m.ToAddress = "a@customer.test, b@customer.test" }, "address", true},
		"non-ASCII name":  {func(m *models.Message) { m.ToAddress = "jürgen@customer.test" }, "address", true},
		"a demonstration": {func(m *models.Message) { m.ToAddress = "dana@example.com" }, "reserved", false},
		"nothing to say":  {func(m *models.Message) { m.Text, m.HTML = " \n", "" }, "empty", false},
		"HTML alone":      {func(m *models.Message) { m.Text, m.HTML = "", "<p>Hello</p>" }, "", false},
		"far too long":    {func(m *models.Message) { m.Text = strings.Repeat("a", 1001) }, "too_long", false},
	} {
		t.Run(name, func(t *testing.T) {
			m := letter(mailbox())
			tt.change(&m)
			err := channel.Check(m)
			if tt.code == "" {
				if err != nil {
					t.Errorf("Check = %v", err)
				}
				return
			}
			se := channels.AsSendError(err)
			if err == nil || se.Class != models.SendPermanent || se.Code != tt.code || se.InvalidContact != tt.invalid {
				t.Errorf("Check = %+v, want %s", se, tt.code)
			}
		})
	}
}

// waitFor polls without a fixed pause; what it waits for is a real server.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	patience := time.NewTimer(10 * time.Second)
	defer patience.Stop()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-patience.C:
			t.Fatalf("waited in vain for %s", what)
		case <-tick.C:
		}
	}
}
