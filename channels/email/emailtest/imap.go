package emailtest

import (
	"crypto/tls"
	"io"
	"log"
	"net"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"

	"followup/models"
)

// IMAP is a running server with one mailbox: INBOX, Junk and Sent exist.
type IMAP struct {
	Addr     string // host:port
	Port     int
	security Security
	username string
	password string
	user     *imapmemserver.User

	mutex   sync.Mutex
	folders map[string]imap.MailboxAttr
	conns   map[net.Conn]bool
	wakes   map[*imapSession]chan struct{} // told of each delivery
	broken  map[imap.UID]bool              // true: not even its header can be read
	token   func(string) bool              // XOAUTH2 is demanded where set
	opened  map[string]int                 // how often each folder was opened
}

// StartIMAP runs a server over implicit TLS until the test ends.
func StartIMAP(t testing.TB, username, password string) *IMAP {
	t.Helper()
	return StartIMAPWith(t, username, password, ImplicitTLS)
}

// StartIMAPWith runs a server with the given security.
func StartIMAPWith(t testing.TB, username, password string, security Security) *IMAP {
	t.Helper()
	return startIMAP(t, username, password, security)
}

// StartIMAPListingStatus runs one that tells with one command what is new in
// every folder (RFC 5819).
func StartIMAPListingStatus(t testing.TB, username, password string) *IMAP {
	t.Helper()
	return startIMAP(t, username, password, ImplicitTLS, imap.CapListStatus)
}

func startIMAP(t testing.TB, username, password string, security Security, more ...imap.Cap) *IMAP {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(Host, "0"))
	if err != nil {
		t.Fatalf("listening for IMAP: %v", err)
	}
	s := &IMAP{
		Addr: listener.Addr().String(), Port: portOf(listener), security: security, username: username, password: password,
		user: imapmemserver.NewUser(username, password), folders: map[string]imap.MailboxAttr{}, conns: map[net.Conn]bool{},
		wakes: map[*imapSession]chan struct{}{}, broken: map[imap.UID]bool{}, opened: map[string]int{},
	}
	s.AddFolder(t, "INBOX", "")
	s.AddFolder(t, "Junk", imap.MailboxAttrJunk)
	s.AddFolder(t, "Sent", imap.MailboxAttrSent)

	config := &tls.Config{Certificates: []tls.Certificate{mustAuthority(t).certificate}}
	options := &imapserver.Options{
		NewSession: func(conn *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return s.newSession(), nil, nil
		},
		Caps: imap.CapSet{
			imap.CapIMAP4rev1: {}, imap.CapSpecialUse: {}, imap.CapListExtended: {}, imap.CapUIDPlus: {}, imap.CapESearch: {},
		},
		Logger: log.New(io.Discard, "", 0), InsecureAuth: security == Plain,
	}
	for _, c := range more {
		options.Caps[c] = struct{}{}
	}
	var serving net.Listener = &imapListener{Listener: listener, imap: s}
	switch security {
	case StartTLS:
		options.TLSConfig = config
	case ImplicitTLS:
		serving = tls.NewListener(serving, config)
	}
	server := imapserver.New(options)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(serving)
	}()
	t.Cleanup(func() {
		_ = server.Close()
		s.DropConnections()
		<-done
	})
	return s
}

// AddFolder makes a folder; attr is its special use, "" for none.
func (s *IMAP) AddFolder(t testing.TB, name string, attr imap.MailboxAttr) {
	t.Helper()
	if err := s.user.Create(name, nil); err != nil {
		t.Fatalf("making the folder %s: %v", name, err)
	}
	s.mutex.Lock()
	s.folders[name] = attr
	s.mutex.Unlock()
}

// Renumber empties a folder and makes it again, with another UIDVALIDITY.
func (s *IMAP) Renumber(t testing.TB, name string) {
	t.Helper()
	if err := s.user.Delete(name); err != nil {
		t.Fatalf("deleting the folder %s: %v", name, err)
	}
	if err := s.user.Create(name, nil); err != nil {
		t.Fatalf("making the folder %s: %v", name, err)
	}
}

// Deliver puts a message into a folder; it arrived now.
func (s *IMAP) Deliver(t testing.TB, folder string, raw []byte) {
	t.Helper()
	s.DeliverAt(t, folder, raw, time.Time{})
}

// DeliverAt puts a message into a folder with its time of arrival
// (INTERNALDATE), for tests that play at another time.
func (s *IMAP) DeliverAt(t testing.TB, folder string, raw []byte, at time.Time) {
	t.Helper()
	if _, err := s.user.Append(folder, newLiteral(raw), &imap.AppendOptions{Time: at}); err != nil {
		t.Fatalf("delivering to the folder %s: %v", folder, err)
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, wake := range s.wakes {
		select {
		case wake <- struct{}{}:
		default:
		}
	}
}

// Break makes the server answer NO to whoever reads the body of the message,
// or, with header, anything of it, as servers do whose storage is damaged.
func (s *IMAP) Break(uid imap.UID, header bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.broken[uid] = header
}

// DropConnections closes every connection without a word.
func (s *IMAP) DropConnections() {
	s.mutex.Lock()
	conns := make([]net.Conn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	s.mutex.Unlock()
	for _, c := range conns {
		_ = c.Close()
	}
}

// Opened is how often a folder was opened.
func (s *IMAP) Opened(folder string) int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.opened[folder]
}

// Open is how many connections there are.
func (s *IMAP) Open() int {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return len(s.conns)
}

// DemandToken makes the server take XOAUTH2 alone; accepts judges the token.
func (s *IMAP) DemandToken(accepts func(token string) bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.token = accepts
}

func (s *IMAP) accepts() func(string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.token
}

// Configure points a sender's settings at the server.
func (s *IMAP) Configure(sender *models.Sender) {
	if s.accepts() != nil {
		sender.Settings.OAuth = "google"
	}
	sender.Settings.IMAPHost, sender.Settings.IMAPPort, sender.Settings.IMAPTLS = Host, s.Port, string(s.security)
	sender.Settings.Username, sender.Credentials.Password = s.username, s.password
	sender.Inbound = models.InboundPoll
}

// imapSession is one connection; the memory server does the rest.
type imapSession struct {
	*imapmemserver.UserSession
	imap *IMAP
	wake chan struct{}
}

func (s *IMAP) newSession() *imapSession {
	session := &imapSession{imap: s, wake: make(chan struct{}, 1)}
	s.mutex.Lock()
	s.wakes[session] = session.wake
	s.mutex.Unlock()
	return session
}

// Idle looks first and waits then: the memory server's own loses what arrives
// just before.
func (s *imapSession) Idle(w *imapserver.UpdateWriter, stop <-chan struct{}) error {
	for {
		if err := s.Poll(w, true); err != nil {
			return err
		}
		select {
		case <-s.wake:
		case <-stop:
			return nil
		}
	}
}

func (s *imapSession) Close() error {
	s.imap.mutex.Lock()
	delete(s.imap.wakes, s)
	s.imap.mutex.Unlock()
	if s.UserSession == nil {
		return nil
	}
	return s.UserSession.Close()
}

// AuthenticateMechanisms implements imapserver.SessionSASL.
func (s *imapSession) AuthenticateMechanisms() []string {
	if s.imap.accepts() != nil {
		return []string{"XOAUTH2"}
	}
	return []string{sasl.Plain}
}

// Authenticate implements imapserver.SessionSASL.
func (s *imapSession) Authenticate(string) (sasl.Server, error) {
	if accepts := s.imap.accepts(); accepts != nil {
		return &xoauth2Server{username: s.imap.username, accepts: accepts, refusal: imapserver.ErrAuthFailed, done: func() error {
			s.UserSession = imapmemserver.NewUserSession(s.imap.user)
			return nil
		}}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error { return s.Login(username, password) }), nil
}

func (s *imapSession) Login(username, password string) error {
	if s.imap.accepts() != nil {
		return imapserver.ErrAuthFailed
	}
	if err := s.imap.user.Login(username, password); err != nil {
		return err
	}
	s.UserSession = imapmemserver.NewUserSession(s.imap.user)
	return nil
}

// Select counts.
func (s *imapSession) Select(folder string, options *imap.SelectOptions) (*imap.SelectData, error) {
	s.imap.mutex.Lock()
	s.imap.opened[folder]++
	s.imap.mutex.Unlock()
	return s.UserSession.Select(folder, options)
}

func (s *imapSession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, options *imap.FetchOptions) error {
	body := false
	for _, section := range options.BodySection {
		body = body || section.Specifier == imap.PartSpecifierNone
	}
	s.imap.mutex.Lock()
	uids, _ := set.(imap.UIDSet)
	for uid, header := range s.imap.broken {
		if uids.Contains(uid) && (body || header) {
			s.imap.mutex.Unlock()
			return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeServerBug, Text: "Message cannot be read"}
		}
	}
	s.imap.mutex.Unlock()
	return s.UserSession.Fetch(w, set, options)
}

// List says the folders' special uses, which the memory server cannot be told.
func (s *imapSession) List(w *imapserver.ListWriter, ref string, patterns []string, options *imap.ListOptions) error {
	s.imap.mutex.Lock()
	defer s.imap.mutex.Unlock()
	names := make([]string, 0, len(s.imap.folders))
	for name := range s.imap.folders {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		matches := false
		for _, pattern := range patterns {
			matches = matches || imapserver.MatchList(name, '/', ref, pattern)
		}
		if !matches {
			continue
		}
		data := &imap.ListData{Mailbox: name, Delim: '/'}
		if attr := s.imap.folders[name]; attr != "" {
			data.Attrs = append(data.Attrs, attr)
		}
		if options != nil && options.ReturnStatus != nil {
			var err error
			if data.Status, err = s.UserSession.Status(name, options.ReturnStatus); err != nil {
				return err
			}
		}
		if err := w.WriteList(data); err != nil {
			return err
		}
	}
	return nil
}
