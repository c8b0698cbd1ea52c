package emailtest

import (
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"followup/models"
)

// Security of a server's connections; the values are those of
// models.SenderSettings.SMTPTLS.
type Security string

const (
	Plain       Security = "none"
	StartTLS    Security = "starttls"
	ImplicitTLS Security = "implicit"
)

// Stage of an SMTP conversation at which a fault can be scripted.
type Stage string

const (
	AtConnect  Stage = "connect"   // before the greeting
	AtAuth     Stage = "auth"      // the password was right
	AtMail     Stage = "mail"      // MAIL FROM
	AtRcpt     Stage = "rcpt"      // RCPT TO
	AtDot      Stage = "dot"       // the whole content has arrived and nothing was answered yet
	AfterReply Stage = "after-250" // the message was taken and 250 has been written
)

// Answer is what a scripted server does instead of accepting. The zero Answer accepts.
type Answer struct {
	Code     int    // refuses, e.g. 550
	Enhanced [3]int // e.g. {5, 1, 1}
	Text     string
	// Drop closes the connection: without an answer, or, AfterReply, once 250
	// has been written.
	Drop bool
	// Take keeps the message as accepted although AtDot nothing is answered.
	Take bool
	// Wait is waited for before anything else happens.
	Wait <-chan struct{}
}

// Received is one message as the server got it.
type Received struct {
	From, To string
	Content  []byte
	Username string // who was signed in
}

// SMTPOptions of a server. The zero value accepts everything without TLS.
type SMTPOptions struct {
	Security Security // "": Plain
	// Username and Password are demanded where set.
	Username, Password string
	// Token tells whether an access token is good: XOAUTH2 is demanded.
	Token    func(string) bool
	MaxBytes int64
	// Answer is asked at each stage; Received holds what is known by then. It is
	// called by several connections at once. nil accepts everything.
	Answer func(Stage, Received) Answer
	// OnMail is told of each accepted message.
	OnMail func(Received)
}

// SMTP is a running server.
type SMTP struct {
	Addr     string // host:port
	Port     int
	options  SMTPOptions
	server   *smtp.Server
	mutex    sync.Mutex
	accepted []Received
	conns    map[*trackedConn]bool
	dialled  int
}

// StartSMTP runs a server until the test ends.
func StartSMTP(t testing.TB, options SMTPOptions) *SMTP {
	t.Helper()
	if options.Security == "" {
		options.Security = Plain
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(Host, "0"))
	if err != nil {
		t.Fatalf("listening for SMTP: %v", err)
	}
	s := &SMTP{Addr: listener.Addr().String(), Port: portOf(listener), options: options, conns: map[*trackedConn]bool{}}
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain = "localhost"
	s.server.AllowInsecureAuth = true
	s.server.MaxMessageBytes = options.MaxBytes
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	config := &tls.Config{Certificates: []tls.Certificate{mustAuthority(t).certificate}}
	var serving net.Listener = &trackingListener{Listener: listener, smtp: s}
	switch options.Security {
	case StartTLS:
		s.server.TLSConfig = config
	case ImplicitTLS:
		serving = tls.NewListener(serving, config)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.server.Serve(serving)
	}()
	t.Cleanup(func() {
		_ = s.server.Close()
		s.DropConnections()
		<-done
	})
	return s
}

// Accepted are the messages taken so far, in order.
func (s *SMTP) Accepted() []Received {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Received(nil), s.accepted...)
}

// Dialled is how many connections were made so far.
func (s *SMTP) Dialled() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.dialled
}

// Open is how many connections there are.
func (s *SMTP) Open() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.conns)
}

// DropConnections closes every connection without a word, as a server does
// that restarts.
func (s *SMTP) DropConnections() {
	s.mutex.Lock()
	conns := make([]*trackedConn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mutex.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

// Configure points a sender's settings at the server.
func (s *SMTP) Configure(sender *models.Sender) {
	sender.Settings.SMTPHost, sender.Settings.SMTPPort, sender.Settings.SMTPTLS = Host, s.Port, string(s.options.Security)
	if s.options.Username != "" {
		sender.Settings.Username, sender.Credentials.Password = s.options.Username, s.options.Password
	}
	if s.options.Token != nil {
		sender.Settings.OAuth = "google"
	}
}

func (s *SMTP) session(conn *smtp.Conn) (smtp.Session, error) {
	session := &session{smtp: s, conn: conn}
	return session, session.ask(AtConnect)
}

// session is one connection's conversation.
type session struct {
	smtp *SMTP
	conn *smtp.Conn
	mail Received
}

var errDropped = errors.New("dropped by script")

// ask plays the script; its error is what the client is told.
func (s *session) ask(at Stage) error {
	_, err := s.play(at)
	return err
}

func (s *session) play(at Stage) (Answer, error) {
	if s.smtp.options.Answer == nil {
		return Answer{}, nil
	}
	answer := s.smtp.options.Answer(at, s.mail)
	if answer.Wait != nil {
		<-answer.Wait
	}
	if answer.Take { // before the client can see that the connection is gone
		s.smtp.accept(s.mail)
	}
	switch {
	case answer.Drop && at != AfterReply:
		_ = s.conn.Conn().Close()
		return answer, errDropped
	case answer.Code != 0:
		return answer, &smtp.SMTPError{Code: answer.Code, EnhancedCode: answer.Enhanced, Message: answer.Text}
	}
	return answer, nil
}

func (s *session) AuthMechanisms() []string {
	if s.smtp.options.Username == "" {
		return nil
	}
	if s.smtp.options.Token != nil {
		return []string{"XOAUTH2"}
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	if s.smtp.options.Token != nil {
		return &xoauth2Server{username: s.smtp.options.Username, accepts: s.smtp.options.Token, refusal: smtp.ErrAuthFailed, done: func() error {
			s.mail.Username = s.smtp.options.Username
			return s.ask(AtAuth)
		}}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != s.smtp.options.Username || password != s.smtp.options.Password {
			return smtp.ErrAuthFailed
		}
		s.mail.Username = username
		return s.ask(AtAuth)
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if s.smtp.options.Username != "" && s.mail.Username == "" {
		return &smtp.SMTPError{Code: 530, EnhancedCode: smtp.EnhancedCode{5, 7, 0}, Message: "Authentication required"}
	}
	s.mail.From = from
	return s.ask(AtMail)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.mail.To = to
	return s.ask(AtRcpt)
}

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.mail.Content = content
	answer, err := s.play(AtDot)
	if err != nil {
		return err
	}
	if !answer.Take {
		s.smtp.accept(s.mail)
	}
	if after, _ := s.play(AfterReply); after.Drop {
		dropAfterWrite(s.conn.Conn())
	}
	return nil
}

func (s *session) Reset() {
	s.mail = Received{Username: s.mail.Username}
}

func (s *session) Logout() error { return nil }

func (s *SMTP) accept(m Received) {
	s.mutex.Lock()
	s.accepted = append(s.accepted, m)
	s.mutex.Unlock()
	if s.options.OnMail != nil {
		s.options.OnMail(m)
	}
}

func portOf(l net.Listener) int {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	n, _ := strconv.Atoi(strings.TrimSpace(port))
	return n
}
