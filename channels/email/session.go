package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"

	"followup/models"
)

// stage of a conversation; what a failure means depends on it.
type stage string

const (
	atConnect stage = "connecting"
	atMail    stage = "MAIL FROM"
	atRcpt    stage = "RCPT TO"
	atData    stage = "DATA"
	atDot     stage = "the final dot"
)

var (
	errTooLate   = errors.New("its time had passed before it was handed over")
	quitPatience = 2 * time.Second
	chunkSize    = 64 << 10
)

// session is one authenticated connection. One goroutine at a time uses it:
// go-mail's smtp.Client is not for concurrent use.
type session struct {
	options Options
	clock   models.Clock
	client  *smtp.Client
	raw     net.Conn // below TLS; its deadline interrupts everything
	sent    int      // hand-overs begun
	expiry  *time.Timer
}

// dial connects, secures and authenticates. Its error is a *channels.SendError.
func dial(ctx context.Context, options Options, srv server) (*session, error) {
	s := &session{options: options, clock: options.Clock}
	client, err := s.connect(ctx, srv)
	if err != nil {
		// go-mail leaves the connection open when a later step fails.
		s.hangUp()
		if ctx.Err() != nil {
			return nil, stopped(ctx.Err())
		}
		return nil, (&failure{stage: atConnect, err: err, broken: true}).sendError()
	}
	s.client = client
	return s, nil
}

func (s *session) connect(ctx context.Context, srv server) (*smtp.Client, error) {
	tlsConfig := s.options.tlsConfig(srv.host)
	// go-mail heeds the context while dialling only, not while it waits for
	// the greeting or the answers that follow: stop listening to it at the end.
	stop := func() bool { return true }
	defer func() { stop() }()
	options := []gomail.Option{
		gomail.WithPort(srv.port), gomail.WithTimeout(s.options.Timeout), gomail.WithTLSConfig(tlsConfig),
		gomail.WithDialContextFunc(func(dialing context.Context, network, address string) (net.Conn, error) {
			raw, err := s.options.Dial(dialing, network, address)
			if err != nil {
				return nil, err
			}
			s.raw = raw
			stop = context.AfterFunc(ctx, s.interrupt)
			if srv.security != implicitTLS {
				return raw, nil
			}
			conn := tls.Client(raw, tlsConfig)
			return conn, conn.HandshakeContext(dialing)
		}),
	}
	switch srv.security {
	case implicitTLS:
		options = append(options, gomail.WithSSL())
	case startTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case noTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if helo := s.options.helo(); helo != "" {
		options = append(options, gomail.WithHELO(helo))
	}
	if srv.username != "" {
		options = append(options, gomail.WithUsername(srv.username), gomail.WithPassword(srv.password),
			gomail.WithOpportunisticSMTPAuth(mechanisms(srv.security)...))
	}
	client, err := gomail.NewClient(srv.host, options...)
	if err != nil {
		return nil, err
	}
	return client.DialToSMTPClientWithContext(ctx)
}

// mechanisms in order of preference. Over TLS the plain ones come first: some
// servers offer SCRAM or NTLM for accounts that have no such secrets.
func mechanisms(sec security) []gomail.SMTPAuthType {
	if sec == noTLS {
		return []gomail.SMTPAuthType{gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc}
	}
	return []gomail.SMTPAuthType{gomail.SMTPAuthPlain, gomail.SMTPAuthLogin, gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5}
}

// interrupt makes whatever waits on the connection fail. Closing, unlike a
// deadline, is not undone by the next step's own deadline.
func (s *session) interrupt() {
	if s.raw != nil {
		_ = s.raw.Close()
	}
}

// deliver hands one message over and gives the server's words of acceptance.
func (s *session) deliver(ctx context.Context, env envelope, content []byte) (string, *failure) {
	s.sent++
	stop := context.AfterFunc(ctx, s.interrupt)
	defer stop()

	if f := s.announce(ctx, env, len(content)); f != nil {
		return "", f
	}
	var data io.WriteCloser
	if err := s.step(ctx, func() (err error) { data, err = s.client.Data(); return err }); err != nil {
		return "", s.refused(ctx, atData, err)
	}
	for rest := content; len(rest) > 0; {
		n := min(chunkSize, len(rest))
		if err := s.step(ctx, func() error { _, err := data.Write(rest[:n]); return err }); err != nil {
			return "", s.fail(ctx, atData, err)
		}
		rest = rest[n:]
	}
	// The last moment at which it can be withdrawn: without the final dot the
	// server must throw away what it has (RFC 5321 4.1.1.4).
	if !stop() || ctx.Err() != nil {
		return "", s.fail(ctx, atData, context.Cause(ctx))
	}
	if s.tooLate(env) {
		return "", s.fail(ctx, atData, errTooLate)
	}
	return s.finish(ctx, data)
}

// announce says who writes to whom.
func (s *session) announce(ctx context.Context, env envelope, size int) *failure {
	if s.tooLate(env) {
		return &failure{stage: atMail, err: errTooLate}
	}
	if _, limit := s.client.Extension("SIZE"); tooBig(limit, size) {
		return &failure{stage: atMail, err: &textproto.Error{Code: 552, Msg: fmt.Sprintf("5.3.4 the message has %d bytes and the server takes %s", size, limit)}}
	}
	// Our addresses are ASCII: asking for SMTPUTF8 would only exclude relays.
	s.client.SkipSMTPUTF8(true)
	if err := s.step(ctx, func() error { return s.client.Mail("<" + env.from + ">") }); err != nil {
		return s.refused(ctx, atMail, err)
	}
	if err := s.step(ctx, func() error { return s.client.Rcpt("<" + env.to + ">") }); err != nil {
		return s.refused(ctx, atRcpt, err)
	}
	return nil
}

func (s *session) tooLate(env envelope) bool {
	return env.validUntil != nil && s.clock().After(*env.validUntil)
}

// step gives one exchange its time, unless ctx has ended.
func (s *session) step(ctx context.Context, f func() error) error {
	if err := s.client.UpdateDeadline(s.options.Timeout); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return f()
}
