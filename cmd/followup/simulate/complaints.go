package simulate

import (
	"fmt"
	"strings"
	"time"

	"followup/channels/sandbox"
	"followup/models"
)

// complaint is the report (RFC 5965) of a mailbox provider that somebody
// called a message spam.
func complaint(sent models.Message, at time.Time) models.Raw {
	raw := sandbox.Bounce(sent, "5.7.1", "called spam", at)
	lines := []string{
		"Return-Path: <>",
		"From: Feedback Loop <feedback@example.net>",
		"To: <" + sent.FromAddress + ">",
		"Subject: Abuse report",
		"Date: " + at.UTC().Format(time.RFC1123Z),
		fmt.Sprintf("Message-ID: <complaint-%s@example.net>", raw.ProviderID),
		"MIME-Version: 1.0",
		`Content-Type: multipart/report; report-type=feedback-report; boundary="report"`,
		"",
		"--report",
		"Content-Type: text/plain; charset=utf-8",
		"",
		"This is an abuse report for a message received from you.",
		"",
		"--report",
		"Content-Type: message/feedback-report",
		"",
		"Feedback-Type: abuse",
		"User-Agent: Loop/1.0",
		"Version: 1",
		"Original-Rcpt-To: <" + sent.ToAddress + ">",
		"",
		"--report",
		"Content-Type: text/rfc822-headers",
		"",
		"From: <" + sent.FromAddress + ">",
		"To: <" + sent.ToAddress + ">",
		"Subject: A message",
		"Message-ID: " + sent.MailID,
		"",
		"--report--",
		"",
	}
	raw.Content = []byte(strings.Join(lines, "\r\n"))
	raw.ProviderID += "-complaint"
	return raw
}

// complained: nothing more by that channel, and every sequence ends.
func (m *model) complained(p *person, ch models.ChannelKind) {
	m.orders[p.id] = append(m.orders[p.id], &order{p: p, scope: models.SuppressPerson, channel: ch, source: "complaint"})
	m.end(p, "they called it spam")
}
