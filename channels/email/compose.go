package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/mail"
	"net/url"
	"strings"
	"unicode"

	"github.com/k3a/html2text"
	gomail "github.com/wneessen/go-mail"
	"golang.org/x/net/idna"

	"followup/channels"
	"followup/models"
)

var (
	errAddress  = errors.New("write it as name@domain")
	errNonASCII = errors.New("the part before the @ has letters that mail servers do not agree on")
)

// composer turns a message into the bytes of an RFC 5322 mail.
type composer struct {
	options Options
	keys    keyring
}

func newComposer(options Options) *composer { return &composer{options: options} }

// compose gives the envelope and the content. The same message composes to the
// same bytes, so that a second attempt repeats the first. Its error is a
// *channels.SendError.
func (c *composer) compose(m models.Message) (envelope, []byte, error) {
	from, to, env, err := addresses(m)
	if err != nil {
		return envelope{}, nil, err
	}
	options := []gomail.MsgOption{
		gomail.WithCharset(gomail.CharsetUTF8), gomail.WithEncoding(gomail.EncodingQP),
		gomail.WithNoDefaultUserAgent(),
	}
	// With files there are several parts, and each needs a boundary of its own.
	if (strings.TrimSpace(m.HTML) != "" || m.Calendar != "") && len(m.Files) == 0 {
		options = append(options, gomail.WithBoundary(boundary(env.mailID)))
	}
	signer, err := c.keys.signer(m, from.Address, c.options.Clock)
	if err != nil {
		return envelope{}, nil, err
	}
	if signer != nil {
		options = append(options, gomail.WithDKIM(signer))
	}
	msg := gomail.NewMsg(options...)
	msg.SetAddrHeaderFromMailAddress(gomail.HeaderFrom, from)
	msg.SetAddrHeaderFromMailAddress(gomail.HeaderTo, to)
	msg.SetDateWithValue(c.options.Clock().UTC())
	msg.SetGenHeader(gomail.HeaderMessageID, env.mailID)
	if subject := oneLine(m.Subject); subject != "" {
		msg.Subject(subject)
	}
	if c.options.UserAgent != "" {
		msg.SetGenHeader(gomail.HeaderUserAgent, oneLine(c.options.UserAgent))
	}
	c.thread(msg, m)
	c.unsubscribe(msg, m.Unsubscribe)
	body(msg, m)

	var content bytes.Buffer
	content.Grow(headRoom + len(m.Text) + len(m.Text)/16 + len(m.HTML) + len(m.HTML)/16)
	if _, err := msg.WriteTo(&content); err != nil {
		return envelope{}, nil, &channels.SendError{Class: models.SendPermanent, Code: "compose", Detail: "the email could not be composed: " + err.Error(), Err: err}
	}
	if content.Len() > c.options.MaxBytes {
		return envelope{}, nil, channels.Refuse("too_long", "the composed email is %d bytes long; at most %d can be sent", content.Len(), c.options.MaxBytes)
	}
	if signer != nil {
		return env, refoldSignature(content.Bytes()), nil
	}
	return env, content.Bytes(), nil
}

// headRoom is about what headers and parts need beside the texts; growing a
// buffer costs more than writing into it.
const headRoom = 1 << 10

// addresses reads who writes to whom. The envelope's sender is the mailbox
// itself: bounces go where the listener reads.
func addresses(m models.Message) (from, to *mail.Address, env envelope, err error) {
	mailbox := m.Sender.Address
	if mailbox == "" {
		mailbox = m.FromAddress
	}
	if env.from, err = asciiAddress(mailbox); err != nil {
		return nil, nil, env, &channels.SendError{Class: models.SendConfiguration, Code: "sender", Err: err,
			Detail: "the mailbox's own address " + quoted(mailbox) + " is not an email address"}
	}
	header, name := env.from, m.FromName
	if m.FromAddress != "" {
		if header, err = asciiAddress(m.FromAddress); err != nil {
			return nil, nil, env, &channels.SendError{Class: models.SendConfiguration, Code: "sender", Err: err,
				Detail: "the From address " + quoted(m.FromAddress) + " is not an email address"}
		}
	}
	if name == "" {
		name = m.Sender.Name
	}
	if env.to, err = asciiAddress(m.ToAddress); err != nil {
		return nil, nil, env, channels.Refuse("address", "%q is not an email address: %v", m.ToAddress, err)
	}
	env.validUntil = m.ValidUntil
	env.mailID = mailID(m, header)
	return &mail.Address{Name: oneLine(name), Address: header}, &mail.Address{Name: oneLine(m.ToName), Address: env.to}, env, nil
}

// mailID is the message's own; where the renderer gave none it is made from the token.
func mailID(m models.Message, from string) string {
	if id, ok := cleanMailID(m.MailID); ok {
		return id
	}
	return "<" + m.Token + from[strings.LastIndexByte(from, '@'):] + ">"
}

// maxReferences keeps the header short; RFC 5322 wants the first and the last.
const maxReferences = 20

func (c *composer) thread(msg *gomail.Msg, m models.Message) {
	var references []string
	for _, raw := range append(append([]string{}, m.References...), m.InReplyTo) {
		if id, ok := cleanMailID(raw); ok && (len(references) == 0 || references[len(references)-1] != id) {
			references = append(references, id)
		}
	}
	if id, ok := cleanMailID(m.InReplyTo); ok {
		msg.SetGenHeader(gomail.HeaderInReplyTo, id)
	}
	if n := len(references); n > maxReferences {
		references = append(references[:1], references[n-maxReferences+1:]...)
	}
	if len(references) > 0 {
		msg.SetGenHeader(gomail.HeaderReferences, strings.Join(references, " "))
	}
}

// unsubscribe writes RFC 2369 and, where the address is https, RFC 8058. The
// values go in as ordinary headers: go-mail's preformatted ones come out in
// random order.
func (c *composer) unsubscribe(msg *gomail.Msg, address string) {
	if address == "" {
		return
	}
	if strings.HasPrefix(address, "/") {
		address = strings.TrimRight(c.options.PublicURL, "/") + address
	}
	u, err := url.Parse(oneLine(address))
	if err != nil || u.Host == "" {
		return
	}
	msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+u.String()+">")
	if u.Scheme == "https" {
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
}

func body(msg *gomail.Msg, m models.Message) {
	text := m.Text
	if strings.TrimSpace(text) == "" {
		text = html2text.HTML2Text(m.HTML)
	}
	msg.SetBodyString(gomail.TypeTextPlain, text)
	if strings.TrimSpace(m.HTML) != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if m.Calendar != "" {
		// An alternative, not a file: so it is taken for an invitation (RFC 6047 2.4).
		msg.AddAlternativeString(gomail.ContentType("text/calendar; method="+m.CalendarMethod), m.Calendar)
	}
	for _, f := range m.Files {
		kind := gomail.ContentType(f.Type)
		if f.Type == "" {
			kind = gomail.TypeAppOctetStream
		}
		// The reader is in memory and cannot fail.
		_ = msg.AttachReader(oneLine(f.Name), bytes.NewReader(f.Content), gomail.WithFileContentType(kind))
	}
}

// boundary depends on the message alone, and nobody who writes the text can
// guess it.
func boundary(mailID string) string {
	sum := sha256.Sum256([]byte("boundary of " + mailID))
	return hex.EncodeToString(sum[:20]) // go-mail does not quote it: letters and digits only
}

// asciiAddress checks a bare address and writes its domain as DNS does.
func asciiAddress(address string) (string, error) {
	if plainAddress(address) {
		return address, nil
	}
	local, domain, err := parseAddress(address)
	if err != nil {
		return "", err
	}
	for _, r := range local {
		if r > unicode.MaxASCII {
			return "", errNonASCII
		}
	}
	// Lookup checks for what DNS allows; an address literal is not a name.
	if !strings.HasPrefix(domain, "[") {
		if domain, err = idna.Lookup.ToASCII(domain); err != nil || domain == "" {
			return "", errAddress
		}
	}
	whole := (&mail.Address{Address: local + "@" + domain}).String()
	return strings.Trim(whole, "<>"), nil
}

// plainAddress knows the addresses that nearly everybody has and that stay as
// they are: it spares reading them by every rule, several times a message.
func plainAddress(address string) bool {
	at := strings.IndexByte(address, '@')
	if at < 1 || at > 64 || len(address)-at-1 < 1 || len(address) > 254 {
		return false
	}
	for i := range len(address) {
		c := address[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case i < at && ('A' <= c && c <= 'Z' || c == '_' || c == '+' || c == '-'):
		case i == at:
		// A dot or hyphen stands between two others, and "--" is for IDNA to judge.
		case c == '.' || c == '-':
			if i == 0 || i == len(address)-1 || !alphanumeric(address[i-1]) || !alphanumeric(address[i+1]) {
				return false
			}
		default:
			return false
		}
	}
	// An all-numeric or overlong label is rare enough to be read by the rules.
	for label := range strings.SplitSeq(address[at+1:], ".") {
		if len(label) > 63 || label[0] <= '9' {
			return false
		}
	}
	return true
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z'
}

// cleanMailID gives a Message-ID with its brackets; anything that could end
// the header or the identifier is refused.
func cleanMailID(id string) (string, bool) {
	id = strings.TrimSpace(id)
	if id == "" || len(id) > 250 {
		return "", false
	}
	if !strings.HasPrefix(id, "<") {
		id = "<" + id
	}
	if !strings.HasSuffix(id, ">") {
		id += ">"
	}
	inner := id[1 : len(id)-1]
	for i := 0; i < len(inner); i++ {
		if c := inner[i]; c <= ' ' || c >= 0x7f || c == '<' || c == '>' {
			return "", false
		}
	}
	return id, inner != ""
}

// oneLine takes everything out of s that could begin another header.
func oneLine(s string) string {
	if tidy(s) {
		return s
	}
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(clean), " ")
}

// tidy: nothing in s would be changed. Most of what is written is.
func tidy(s string) bool {
	space := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f || space && s[i] == ' ' {
			return false
		}
		space = s[i] == ' '
	}
	return !space || s == ""
}

func quoted(s string) string { return `"` + oneLine(s) + `"` }
