package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-sasl"

	"followup/models"
)

// inbox is one signed-in IMAP connection, used by one goroutine.
type inbox struct {
	client  *imapclient.Client
	timeout time.Duration
	pushed  chan struct{} // the server has announced a change in the selected folder
	asked   bool          // for what belongs to others
	others  []string      // the beginnings of those folders' names
}

// signIn connects, secures and authenticates.
func signIn(ctx context.Context, options Options, sender models.Sender) (*inbox, error) {
	srv, err := imapServer(sender)
	if err != nil {
		return nil, err
	}
	secret, err := options.secret(ctx, srv, "")
	if err != nil {
		return nil, err
	}
	box, err := signInWith(ctx, options, srv, secret)
	if err == nil || !srv.oauth || !tokenRefused(err) {
		return box, err
	}
	if secret, err = options.secret(ctx, srv, secret); err != nil {
		return nil, err
	}
	return signInWith(ctx, options, srv, secret)
}

func signInWith(ctx context.Context, options Options, srv server, secret string) (*inbox, error) {
	box := &inbox{timeout: options.Timeout, pushed: make(chan struct{}, 1)}
	if err := box.connect(ctx, options, srv); err != nil {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, imapTrouble(srv, err)
	}
	if err := box.within(ctx, func() error { return box.login(srv, secret) }); err != nil {
		box.close()
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		return nil, imapTrouble(srv, err)
	}
	return box, nil
}

func (b *inbox) connect(ctx context.Context, options Options, srv server) error {
	raw, err := options.Dial(ctx, "tcp", srv.address())
	if err != nil {
		return err
	}
	tlsConfig := options.tlsConfig(srv.host)
	clientOptions := &imapclient.Options{
		TLSConfig:             tlsConfig,
		UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: b.announce},
	}
	// The client knows no context: until it is ours, an end of ctx or of
	// patience closes the connection below it.
	ctx, cancel := context.WithTimeout(ctx, options.Timeout)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = raw.Close() })
	defer stop()
	var client *imapclient.Client
	switch srv.security {
	case startTLS:
		client, err = imapclient.NewStartTLS(raw, clientOptions)
	case implicitTLS:
		var conn *tls.Conn
		if conn, err = handshake(ctx, raw, tlsConfig); err == nil {
			client = imapclient.New(conn, clientOptions)
		}
	default:
		client = imapclient.New(raw, clientOptions)
	}
	if err != nil {
		_ = raw.Close()
		return err
	}
	if err := client.WaitGreeting(); err != nil {
		_ = client.Close()
		return err
	}
	b.client = client
	return nil
}

func handshake(ctx context.Context, raw net.Conn, config *tls.Config) (*tls.Conn, error) {
	conn := tls.Client(raw, config)
	return conn, conn.HandshakeContext(ctx)
}

func (b *inbox) login(srv server, secret string) error {
	if srv.oauth {
		return b.client.Authenticate(xoauth2{srv.username, secret})
	}
	caps := b.client.Caps()
	if caps.Has(imap.AuthCap(sasl.Plain)) {
		return b.client.Authenticate(sasl.NewPlainClient("", srv.username, secret))
	}
	return b.client.Login(srv.username, secret).Wait()
}

// announce is called by the reading goroutine; it must not wait.
func (b *inbox) announce(data *imapclient.UnilateralDataMailbox) {
	if data.NumMessages == nil {
		return
	}
	select {
	case b.pushed <- struct{}{}:
	default:
	}
}

var errSilent = errors.New("the server did not answer in time")

// within runs one command; the end of ctx or too long a silence closes the
// connection, which is the only way to end a command early.
func (b *inbox) within(ctx context.Context, command func() error) error {
	return b.withinTime(ctx, b.timeout, command)
}

func (b *inbox) withinTime(ctx context.Context, limit time.Duration, command func() error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var silent atomic.Bool
	timer := time.AfterFunc(limit, func() { silent.Store(true); b.close() })
	defer timer.Stop()
	stop := context.AfterFunc(ctx, b.close)
	defer stop()
	err := command()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case silent.Load():
		return errSilent
	}
	return err
}

// close ends the connection and waits for its reading goroutine.
func (b *inbox) close() { _ = b.client.Close() }

// folder is one that exists on the server.
type folder struct {
	name  string
	attrs []imap.MailboxAttr
	filed bool // mail is moved into it, old mail and our own included
	sent  bool // it holds what the mailbox's owner wrote
	extra bool // found, not asked for: where it cannot be opened the others are read all the same
	// next and validity are what the server said while listing; 0: nothing.
	next, validity uint32
}

func (f folder) has(attr imap.MailboxAttr) bool {
	for _, a := range f.attrs {
		if strings.EqualFold(string(a), string(attr)) {
			return true
		}
	}
	return false
}

// called tells whether the folder's own name is one of names; servers without
// special-use attributes are recognised by what they call things.
func (f folder) called(names ...string) bool {
	own := f.name
	if i := strings.LastIndexAny(own, "/."); i >= 0 {
		own = own[i+1:]
	}
	for _, n := range names {
		if strings.EqualFold(own, n) {
			return true
		}
	}
	return false
}

func (b *inbox) listsStatus() bool { return b.client.Caps().Has(imap.CapListStatus) }

// folders lists those that can be opened.
func (b *inbox) folders(ctx context.Context) ([]folder, error) {
	var list []*imap.ListData
	err := b.within(ctx, func() (err error) {
		var options *imap.ListOptions
		caps := b.client.Caps()
		if caps.Has(imap.CapSpecialUse) && caps.Has(imap.CapListExtended) {
			options = &imap.ListOptions{ReturnSpecialUse: true}
		}
		if b.listsStatus() { // one command says which folders have anything new
			if options == nil {
				options = &imap.ListOptions{}
			}
			options.ReturnStatus = &imap.StatusOptions{UIDNext: true, UIDValidity: true}
		}
		list, err = b.client.List("", "*", options).Collect()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing the folders: %w", err)
	}
	var folders []folder
	for _, data := range list {
		f := folder{name: data.Mailbox, attrs: data.Attrs}
		if data.Status != nil {
			f.next, f.validity = uint32(data.Status.UIDNext), data.Status.UIDValidity
		}
		if !f.has(imap.MailboxAttrNoSelect) && !f.has(imap.MailboxAttrNonExistent) {
			folders = append(folders, f)
		}
	}
	return folders, nil
}

// open selects a folder for reading only, so that nothing is marked as seen.
func (b *inbox) open(ctx context.Context, name string) (data *imap.SelectData, err error) {
	err = b.within(ctx, func() (err error) {
		data, err = b.client.Select(name, &imap.SelectOptions{ReadOnly: true}).Wait()
		return err
	})
	return data, err
}

// imapTrouble words a failed connection for the person who set the mailbox up.
func imapTrouble(srv server, err error) error {
	var refused *imap.Error
	switch {
	case errors.As(err, &refused):
		return &models.Error{Code: models.CodeInvalid, Field: "username", Err: err,
			Message: fmt.Sprintf("the IMAP server %s refused to sign in %s (%s); %s", srv.address(), srv.username, cut(refused.Text), srv.adviceOr(refused.Text))}
	case tlsRefused(err):
		return &models.Error{Code: models.CodeInvalid, Field: "imap_tls", Err: err,
			Message: fmt.Sprintf("no secure connection to the IMAP server %s: %s; check the host name, the port and the kind of security", srv.address(), cut(err.Error()))}
	}
	return &models.Error{Code: models.CodeUnavailable, Field: "imap_host", Err: err,
		Message: fmt.Sprintf("the IMAP server %s cannot be reached: %s", srv.address(), cut(err.Error()))}
}
