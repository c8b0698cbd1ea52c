package sandbox

import (
	"bytes"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"time"

	"followup/models"
)

// EmailOption changes what a customer writes.
type EmailOption func(*letter)

type letter struct {
	name    string
	subject string
	headers [][2]string
	thread  bool
	quote   bool
}

// Named gives the customer's display name.
func Named(name string) EmailOption { return func(l *letter) { l.name = name } }

// Subject replaces "Re: " and the original's.
func Subject(s string) EmailOption { return func(l *letter) { l.subject = s } }

// Header adds a header line.
func Header(key, value string) EmailOption {
	return func(l *letter) { l.headers = append(l.headers, [2]string{oneLine(key), oneLine(value)}) }
}

// NoThread leaves out In-Reply-To and References, as a new letter does.
func NoThread() EmailOption { return func(l *letter) { l.thread = false } }

// NoQuote leaves out the quoted original.
func NoQuote() EmailOption { return func(l *letter) { l.quote = false } }

// OutOfOffice makes it an automatic answer (RFC 3834). Those carry
// In-Reply-To too, so the thread stays.
func OutOfOffice() EmailOption {
	return func(l *letter) {
		l.quote = false
		l.subject = "Automatic reply: " + bareSubject(l.subject)
		l.headers = append(l.headers, [2]string{"Auto-Submitted", "auto-replied"}, [2]string{"X-Auto-Response-Suppress", "All"})
	}
}

// EmailReply is the customer's email in answer to sent, as RFC 5322 bytes:
// threaded, with the original quoted below. It comes from the address that
// was written to or, where from is given, from that one. A sent message
// without a MailID (the customer writes first) gives a letter of its own.
func EmailReply(sent models.Message, from, body string, at time.Time, opts ...EmailOption) models.Raw {
	if from == "" {
		from = sent.ToAddress
	}
	l := letter{name: sent.ToName, subject: "Re: " + bareSubject(sent.Subject), thread: true, quote: true}
	for _, o := range opts {
		o(&l)
	}
	if l.quote && sent.Text != "" {
		body = strings.TrimRight(body, "\n") + "\n\n" + quoted(sent)
	}
	var b bytes.Buffer
	header(&b, "From", address(l.name, from))
	header(&b, "To", address(sent.FromName, sent.FromAddress))
	header(&b, "Subject", mime.QEncoding.Encode("utf-8", l.subject))
	header(&b, "Date", at.UTC().Format(time.RFC1123Z))
	header(&b, "Message-ID", "<in-"+digest(from+"\x00"+sent.MailID+"\x00"+body, at)+"@"+domain(from)+">")
	if l.thread && sent.MailID != "" {
		header(&b, "In-Reply-To", sent.MailID)
		// One id a line: a long thread's line would pass the limit of 998 octets.
		header(&b, "References", strings.Join(append(append([]string{}, sent.References...), sent.MailID), "\r\n "))
	}
	for _, h := range l.headers {
		header(&b, h[0], h[1])
	}
	header(&b, "MIME-Version", "1.0")
	textPart(&b, body)
	return raw(sent, models.ChannelEmail, b.Bytes(), at)
}

func header(b *bytes.Buffer, key, value string) { fmt.Fprintf(b, "%s: %s\r\n", key, value) }

// textPart writes the headers and the content of a plain text.
func textPart(b *bytes.Buffer, body string) {
	header(b, "Content-Type", "text/plain; charset=utf-8")
	header(b, "Content-Transfer-Encoding", "quoted-printable")
	b.WriteString("\r\n")
	w := quotedprintable.NewWriter(b) // a bytes.Buffer takes everything
	_, _ = w.Write([]byte(strings.ReplaceAll(strings.ReplaceAll(body, "\r\n", "\n"), "\n", "\r\n")))
	_ = w.Close()
	b.WriteString("\r\n")
}

// quoted is the original as mail programs put it below an answer.
func quoted(sent models.Message) string {
	when := sent.CreatedAt
	if sent.SentAt != nil {
		when = *sent.SentAt
	}
	var b strings.Builder
	fmt.Fprintf(&b, "On %s, %s wrote:\n", when.UTC().Format("Mon, Jan 2, 2006 at 3:04 PM"), address(sent.FromName, sent.FromAddress))
	for line := range strings.SplitSeq(strings.TrimRight(sent.Text, "\r\n"), "\n") {
		b.WriteString(strings.TrimRight("> "+line, " \r") + "\n")
	}
	return b.String()
}

func address(name, addr string) string { return (&mail.Address{Name: name, Address: addr}).String() }

func domain(addr string) string { return addr[strings.LastIndexByte(addr, '@')+1:] }

// bareSubject takes off the answers' prefix.
func bareSubject(s string) string {
	for len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		s = strings.TrimSpace(s[3:])
	}
	return s
}
