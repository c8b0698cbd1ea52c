// Package email sends over SMTP and reads answers over IMAP. go-mail dials,
// secures, authenticates, composes and signs; the transport here keeps the
// connections and knows, at every moment, whether a message may have left.
package email

import (
	"context"
	"crypto/x509"
	"net"
	"net/mail"
	"strings"
	"time"

	"followup/channels"
	"followup/models"
)

// Options of the channel. Everything but Clock has a default.
type Options struct {
	Clock models.Clock
	// PublicURL is where this installation is reached; it completes a relative
	// unsubscribe address and gives the name in EHLO.
	PublicURL string
	UserAgent string // header of the same name; "": none is written
	Hostname  string // in EHLO; "": the host of PublicURL, else the machine's name

	Timeout time.Duration // one step of a conversation; 1 minute
	// FinalWait is how long the answer to the final dot may take. Giving up
	// earlier than RFC 5321 4.5.3.2.6 says makes duplicates. 10 minutes.
	FinalWait time.Duration
	// Grace is how long an answer to the final dot is still awaited once the
	// context has ended. 30 seconds.
	Grace       time.Duration
	IdleTimeout time.Duration // an unused connection is closed after it; 30 seconds
	Connections int           // the most at once for one sender; 4
	PerConn     int           // messages over one connection; 100
	MaxBytes    int           // of one composed message; 20 MiB

	// PollEvery is how often folders without a push are read. 55 seconds, so
	// that the currency of a mailbox is proved once a minute.
	PollEvery time.Duration
	// SentGrace is how long a message must have been missing in Sent before its
	// absence is believed. 2 minutes.
	SentGrace time.Duration

	// Sender finds whose secret a posted mail must prove; nil: none is taken.
	Sender SenderByAddress
	// Token gives the access token of a sender that signs in by OAuth2.
	Token Token

	// SentCopies recognises our own messages in the Sent folder; nil: none is.
	SentCopies SentCopies

	// LookupTXT reads the DNS of sending domains; nil: it is not looked at.
	LookupTXT LookupTXT

	RootCAs *x509.CertPool // nil: the system's
	Dial    func(ctx context.Context, network, address string) (net.Conn, error)

	shown *certificates // notes what servers show; nil: nobody looks
}

func (o Options) withDefaults() Options {
	if o.Clock == nil {
		panic("email: Options.Clock is missing")
	}
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&o.Timeout, time.Minute}, {&o.FinalWait, 10 * time.Minute}, {&o.Grace, 30 * time.Second},
		{&o.IdleTimeout, 30 * time.Second}, {&o.PollEvery, 55 * time.Second}, {&o.SentGrace, 2 * time.Minute},
	} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	for _, n := range []struct {
		field *int
		value int
	}{{&o.Connections, 4}, {&o.PerConn, 100}, {&o.MaxBytes, 20 << 20}} {
		if *n.field <= 0 {
			*n.field = n.value
		}
	}
	if o.Dial == nil {
		o.Dial = (&net.Dialer{Timeout: o.Timeout}).DialContext
	}
	return o
}

// Channel is email over SMTP and IMAP.
type Channel struct {
	options   Options
	composer  *composer
	transport *transport
	absences  absences
	hooks     chan struct{} // one for each request that is being read
}

var (
	_ channels.Channel    = (*Channel)(nil)
	_ channels.Listener   = (*Channel)(nil)
	_ channels.Reconciler = (*Channel)(nil)
	_ channels.Prober     = (*Channel)(nil)
)

// New makes the channel; Close it to end its idle connections.
func New(options Options) *Channel {
	options = options.withDefaults()
	return &Channel{options: options, composer: newComposer(options), transport: newTransport(options), hooks: make(chan struct{}, hooksAtOnce)}
}

// Close ends the idle connections; those in use end with what is queued.
func (c *Channel) Close() error {
	c.transport.close()
	return nil
}

// Kind is email.
func (c *Channel) Kind() models.ChannelKind { return models.ChannelEmail }

// Rules of email.
func (c *Channel) Rules() models.ChannelRules { return channels.EmailRules }

// Check refuses what could never be sent.
func (c *Channel) Check(m models.Message) error {
	if _, err := asciiAddress(m.ToAddress); err != nil {
		refusal := channels.Refuse("address", "%q is not an email address that can be written to: %v", m.ToAddress, err)
		refusal.InvalidContact = true
		return refusal
	}
	if channels.Reserved(m.ToAddress) {
		return channels.Refuse("reserved", "%s is a demonstration address that nobody can have; real email is not sent to it", m.ToAddress)
	}
	if strings.TrimSpace(m.Text) == "" && strings.TrimSpace(m.HTML) == "" {
		return channels.Refuse("empty", "the email has no text")
	}
	// Quoted-printable may grow a text; what is far too long is refused before
	// anything is promised, the rest by the composed size.
	if size := len(m.Text) + len(m.HTML); size > c.options.MaxBytes {
		return channels.Refuse("too_long", "the email is %d bytes long; at most %d can be sent", size, c.options.MaxBytes)
	}
	return nil
}

// Send composes the message and hands it to the sender's SMTP server.
func (c *Channel) Send(ctx context.Context, m models.Message) (channels.Outcome, error) {
	if err := c.Check(m); err != nil {
		return channels.Outcome{}, err
	}
	if m.Sender == nil {
		return channels.Outcome{}, &channels.SendError{Class: models.SendConfiguration, Code: "sender", Detail: "the message names no mailbox to send from"}
	}
	envelope, content, err := c.composer.compose(m)
	if err != nil {
		return channels.Outcome{}, err
	}
	reply, err := c.transport.send(ctx, *m.Sender, envelope, content)
	if err != nil {
		return channels.Outcome{}, err
	}
	return channels.Outcome{ProviderID: envelope.mailID, Detail: reply}, nil
}

// envelope is what the SMTP server is told beside the content.
type envelope struct {
	from, to   string
	mailID     string
	validUntil *time.Time // nothing is handed over after it
}

// parseAddress reads a bare address; display names and groups are refused.
func parseAddress(address string) (local, domain string, err error) {
	parsed, err := mail.ParseAddress(address)
	if err != nil {
		return "", "", errAddress
	}
	if parsed.Name != "" || strings.ContainsAny(address, "<>\r\n") {
		return "", "", errAddress
	}
	at := strings.LastIndexByte(parsed.Address, '@')
	return parsed.Address[:at], parsed.Address[at+1:], nil
}
