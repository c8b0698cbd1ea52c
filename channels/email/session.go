package email

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"sync"
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
)

// session is one authenticated connection. One goroutine uses it; others may
// only interrupt it.
type session struct {
	options    Options
	clock      models.Clock
	client     *smtp.Client
	raw        net.Conn // below TLS; closing it interrupts everything
	pipelining bool     // the server takes groups of commands (RFC 2920)
	maxBytes   int      // what the server says that it takes (RFC 1870); 0: anything

	sent    int    // messages announced
	unclean bool   // a refused transaction stands open: RSET comes first
	out     []byte // written next; kept for its capacity

	mutex    sync.Mutex
	carrying *job // announced, its final dot unwritten
	awaiting *job // its final dot is written, or just being written, and unanswered
}

// dial connects, secures and authenticates. Its error is a *channels.SendError.
func dial(ctx context.Context, options Options, srv server) (*session, error) {
	secret, err := options.secret(ctx, srv, "")
	if err != nil {
		return nil, (&failure{stage: atConnect, err: err}).sendError()
	}
	s, err := dialWith(ctx, options, srv, secret)
	if err == nil || !srv.oauth || !tokenRefused(err) {
		return s, err
	}
	if secret, err = options.secret(ctx, srv, secret); err != nil {
		return nil, (&failure{stage: atConnect, err: err}).sendError()
	}
	return dialWith(ctx, options, srv, secret)
}

func dialWith(ctx context.Context, options Options, srv server, secret string) (*session, error) {
	s := &session{options: options, clock: options.Clock}
	client, err := s.connect(ctx, srv, secret)
	if err != nil {
		// go-mail leaves the connection open when a later step fails.
		s.hangUp()
		if ctx.Err() != nil {
			return nil, stopped(ctx.Err())
		}
		return nil, (&failure{stage: atConnect, err: err, broken: true}).sendError()
	}
	s.client = client
	s.pipelining, _ = client.Extension("PIPELINING")
	if _, limit := client.Extension("SIZE"); limit != "" {
		s.maxBytes, _ = strconv.Atoi(limit) // what is no number is no limit
	}
	return s, nil
}

func (s *session) connect(ctx context.Context, srv server, secret string) (*smtp.Client, error) {
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
	switch {
	case srv.oauth:
		options = append(options, gomail.WithUsername(srv.username), gomail.WithPassword(secret), gomail.WithSMTPAuth(gomail.SMTPAuthXOAUTH2))
	case srv.username != "":
		options = append(options, gomail.WithUsername(srv.username), gomail.WithPassword(secret),
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

// carry notes which job the connection is busy with; j may be nil.
func (s *session) carry(j *job) {
	if j != nil {
		j.carrier.Store(s)
	}
	s.mutex.Lock()
	s.carrying = j
	s.mutex.Unlock()
}

// await notes that j's final dot is about to be written.
func (s *session) await(j *job) {
	s.mutex.Lock()
	s.carrying, s.awaiting = nil, j
	s.mutex.Unlock()
}

func (s *session) answered() {
	s.mutex.Lock()
	s.awaiting = nil
	s.mutex.Unlock()
}

// release ends the connection if it does nothing but wait for what was
// withdrawn. Where it waits for the answer to another's final dot its courier
// notices the withdrawal afterwards.
func (s *session) release(j *job) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.carrying == j && s.awaiting == nil {
		s.interrupt()
	}
}

// stopAwaiting gives up the wait for the answer to j's final dot.
func (s *session) stopAwaiting(j *job) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.awaiting == j {
		s.interrupt()
	}
}

// used: the connection has carried a message before the present one.
func (s *session) used() bool { return s.sent > 1 }

// worn: the connection has carried as many messages as it should.
func (s *session) worn() bool { return s.sent >= s.options.PerConn }

// quit ends the connection politely, but does not wait long.
func (s *session) quit() {
	if s.client != nil && s.client.UpdateDeadline(quitPatience) == nil {
		_ = s.client.Quit()
	}
	s.hangUp()
}

// hangUp ends the connection at once.
func (s *session) hangUp() { s.interrupt() }
