package replies

import (
	"errors"
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Address is a mailbox with its display name.
type Address struct {
	Name  string
	Email string // lower case; a bare "mailer-daemon" stays one
}

// Attachment is a part that is not text to read.
type Attachment struct {
	Name      string
	MediaType string
	encoded   encoded // decoded only when somebody wants it: it may be large
}

// Mail is an email taken apart: everything that understanding it looks at.
type Mail struct {
	From, Sender Address
	ReplyTo      Address
	To, Cc       []Address
	// Delivered are the addresses it arrived for, as the servers on the way noted.
	Delivered  []Address
	Subject    string
	Date       time.Time // zero where none could be read
	MessageID  string
	InReplyTo  string
	References []string
	Text       string // the readable text; made from HTML where there is no plain part
	HTML       string
	// FromHTML: Text was made from HTML.
	FromHTML    bool
	Attachments []Attachment
	Deliveries  []Delivery // RFC 3464, one for each recipient
	Feedback    *Feedback  // RFC 5965
	Disposition string     // RFC 8098: "displayed", "deleted" …; "" : no such report
	Original    *Original  // what is known of the message that a report is about
	Calendar    string     // method of an iCalendar part: REQUEST, REPLY …
	Defects     []string   // what was wrong or cut, in words

	header         header
	reportType     string
	dispositionFor string // the recipient who sent the disposition notification
}

// Header gives a header field, decoded; "" where it is missing.
func (m Mail) Header(name string) string { return m.header.get(name) }

// ErrNoMessage: the bytes hold no message at all. Parse still answers with
// what text they are.
var ErrNoMessage = errors.New("these bytes have no header and no text")

// Parse takes any bytes apart. It answers with what it could read, whatever
// they are; the error only says that there was nothing to read.
func Parse(raw []byte) (Mail, error) {
	var m Mail
	w := &walker{}
	if len(raw) > maxRaw {
		raw = raw[:maxRaw]
		w.defect("longer than is read")
	}
	h, body := splitHeader(raw)
	m.header = h
	m.readHeader()
	w.walk(h, body, 0, "text/plain")
	m.readParts(w)
	m.Defects = w.defects
	if len(h) == 0 && strings.TrimSpace(m.Text) == "" {
		return m, ErrNoMessage
	}
	return m, nil
}

func (m *Mail) readHeader() {
	h := m.header
	m.From = firstAddress(h.raw("From"))
	m.Sender = firstAddress(h.raw("Sender"))
	m.ReplyTo = firstAddress(h.raw("Reply-To"))
	m.To = addresses(h.all("To"))
	m.Cc = addresses(h.all("Cc"))
	for _, name := range []string{"Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "Resent-To"} {
		m.Delivered = append(m.Delivered, addresses(h.all(name))...)
	}
	m.Subject = strings.TrimSpace(h.get("Subject"))
	if t, err := mail.ParseDate(h.raw("Date")); err == nil && t.Year() > 1980 && t.Year() < 9999 {
		m.Date = t
	}
	if ids := messageIDs(h.raw("Message-ID")); len(ids) > 0 {
		m.MessageID = ids[0]
	}
	if ids := messageIDs(h.raw("In-Reply-To")); len(ids) > 0 {
		m.InReplyTo = ids[0]
	}
	m.References = messageIDs(h.raw("References"))
	if _, params := parameters(h.raw("Content-Type")); params["report-type"] != "" {
		m.reportType = strings.ToLower(params["report-type"])
	}
}

// readParts sorts the leaves: what is read, what a machine reports, and what
// is attached.
func (m *Mail) readParts(w *walker) {
	var plain, html []string
	for i, p := range w.parts {
		attached := p.disposition == "attachment"
		switch {
		case p.mediaType == "message/delivery-status" || p.mediaType == "message/global-delivery-status":
			m.Deliveries = append(m.Deliveries, readDeliveries(p.encoded.head(maxReport))...)
		case p.mediaType == "message/feedback-report":
			m.Feedback = readFeedback(p.encoded.head(maxReport))
		case p.mediaType == "message/disposition-notification":
			m.Disposition, m.dispositionFor = readDisposition(p.encoded.head(maxReport))
		case strings.HasPrefix(p.mediaType, "message/") || p.mediaType == "text/rfc822-headers":
			m.attachMessage(p)
		case p.mediaType == "text/calendar":
			m.Calendar = strings.ToUpper(p.params["method"])
			if m.Calendar == "" {
				m.Calendar = calendarMethod(p.encoded.head(maxReport))
			}
		case p.mediaType == "text/html" && !attached:
			html = append(html, p.text())
		case strings.HasPrefix(p.mediaType, "text/") && !attached && (p.filename == "" || i == 0):
			plain = append(plain, m.readable(p))
		default:
			m.Attachments = append(m.Attachments, Attachment{Name: p.filename, MediaType: p.mediaType, encoded: p.encoded})
		}
	}
	m.HTML = limit(strings.Join(html, "\n"), maxText)
	m.Text = limit(strings.Join(nonEmpty(plain), "\n\n"), maxText)
	if strings.TrimSpace(m.Text) == "" && m.HTML != "" {
		m.Text, m.FromHTML = htmlText(m.HTML, false), true
	}
}

func (m *Mail) readable(p part) string {
	s := p.text()
	switch {
	case p.mediaType == "text/plain" && looksLikeHTML([]byte(s)):
		return htmlText(s, false) // mislabelled by many small mailers
	case strings.EqualFold(p.params["format"], "flowed"):
		return unflow(s, strings.EqualFold(p.params["delsp"], "yes"))
	}
	return s
}

// attachMessage notes an attached message: in a report it is the one the
// report is about, of which only the header is wanted.
func (m *Mail) attachMessage(p part) {
	h, _ := splitHeader(p.encoded.head(maxReport))
	if m.Original == nil && len(h) > 0 {
		m.Original = readOriginal(h)
	}
	m.Attachments = append(m.Attachments, Attachment{Name: p.filename, MediaType: p.mediaType, encoded: p.encoded})
	m.readWrapped(p, h)
}

// readWrapped reads a report that a server wrapped once more, as virus scanners
// and gateways do: its own, or another server's.
func (m *Mail) readWrapped(p part, h header) {
	mediaType, params := parameters(h.raw("Content-Type"))
	if mediaType != "multipart/report" || len(m.Deliveries) > 0 || !m.samePost(firstAddress(h.raw("From")).Email) || p.depth >= maxNesting {
		return
	}
	_, body := splitHeader(p.encoded.head(maxReport))
	w := &walker{}
	if !w.walkMultipart(mediaType, params["boundary"], body, p.depth) {
		return
	}
	for _, inner := range w.parts {
		switch {
		case inner.mediaType == "message/delivery-status":
			m.Deliveries = append(m.Deliveries, readDeliveries(inner.encoded.head(maxReport))...)
		case strings.HasPrefix(inner.mediaType, "message/") || inner.mediaType == "text/rfc822-headers":
			if returned, _ := splitHeader(inner.encoded.head(maxReport)); len(returned) > 0 {
				m.Original = readOriginal(returned) // ours, not the wrapped report
			}
		}
	}
}

// samePost: the wrapped report comes from who sent the wrapper, or both from
// mail servers. What a person forwards is theirs.
func (m *Mail) samePost(wrapped string) bool {
	return wrapped == m.From.Email || ruleset("bounce.sender").any(wrapped) && ruleset("bounce.sender").any(m.From.Email)
}

// unflow joins the soft line breaks of format=flowed (RFC 3676).
func unflow(s string, delSp bool) string {
	var out strings.Builder
	out.Grow(len(s))
	open, openDepth, start := false, 0, 0
	for i, line := range strings.Split(s, "\n") {
		depth := len(line) - len(strings.TrimLeft(line, ">"))
		text := strings.TrimPrefix(line[depth:], " ")
		soft := strings.HasSuffix(text, " ") && text != "-- "
		if soft && delSp {
			text = strings.TrimSuffix(text, " ")
		}
		if !open || depth != openDepth || text == "-- " || out.Len()-start >= maxFieldBytes {
			if i > 0 {
				out.WriteByte('\n')
			}
			start = out.Len()
			if depth > 0 {
				out.WriteString(line[:depth] + " ")
			}
		}
		out.WriteString(text)
		open, openDepth = soft, depth
	}
	return out.String()
}

var (
	looseAddress = regexp.MustCompile(`[^\s<>"'(),;:\[\]]+@[^\s<>"'(),;:\[\]]+`)
	angleID      = regexp.MustCompile(`<[^<>\s]{1,900}>`)
)

// addresses reads address lists, falling back on anything that looks like an
// address where the list does not parse.
func addresses(values []string) []Address {
	var list []Address
	for _, v := range values {
		v = limit(v, maxFieldBytes)
		if parsed, err := mail.ParseAddressList(v); err == nil {
			for _, a := range parsed {
				list = append(list, Address{decodeWords(a.Name), strings.ToLower(cleanText(a.Address))})
			}
		} else {
			for _, a := range looseAddress.FindAllString(decodeWords(v), maxAddresses) {
				list = append(list, Address{Email: strings.ToLower(strings.Trim(a, "."))})
			}
		}
		if len(list) > maxAddresses {
			return list[:maxAddresses]
		}
	}
	return list
}

// firstAddress is the author's; a bare "MAILER-DAEMON (Mail Delivery System)"
// is kept, because it says who writes.
func firstAddress(v string) Address {
	if v == "" {
		return Address{}
	}
	if list := addresses([]string{v}); len(list) > 0 {
		a := list[0]
		if a.Name == "" {
			if name, _, ok := strings.Cut(decodeWords(v), "<"); ok {
				a.Name = strings.Trim(strings.TrimSpace(name), `"`)
			} else if _, comment, ok := strings.Cut(decodeWords(v), "("); ok {
				a.Name = strings.Trim(comment, ") ")
			}
		}
		return a
	}
	v = decodeWords(v)
	word, comment, _ := strings.Cut(v, "(")
	word = strings.TrimSpace(strings.ToLower(strings.Trim(strings.TrimSpace(word), `"<>`)))
	return Address{Name: strings.Trim(comment, ") "), Email: limit(word, 320)}
}

// messageIDs finds message ids with their angle brackets; an unbracketed one
// is taken where nothing else stands in the field.
func messageIDs(v string) []string {
	ids := angleID.FindAllString(v, maxIDs)
	if len(ids) == 0 && strings.Contains(v, "@") && !strings.ContainsAny(strings.TrimSpace(v), " \t") {
		ids = []string{"<" + limit(strings.Trim(strings.TrimSpace(v), "<>"), 900) + ">"}
	}
	return slices.Compact(ids)
}

// limit cuts s after at most n bytes, not inside a character.
func limit(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}

func nonEmpty(list []string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return strings.TrimSpace(s) == "" })
}

func calendarMethod(b []byte) string {
	for i := 0; i < 60 && len(b) > 0; i++ {
		var line []byte
		line, b = cutLine(b)
		if name, value, ok := strings.Cut(string(line), ":"); ok && strings.EqualFold(name, "METHOD") {
			return strings.ToUpper(cleanText(strings.TrimSpace(value)))
		}
	}
	return "PUBLISH"
}
