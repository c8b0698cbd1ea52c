package sandbox

import (
	"bytes"
	"fmt"
	"mime"
	"strings"
	"time"

	"followup/models"
)

// Bounce is the report (RFC 3464) of the customer's mail server that sent was
// not delivered, as RFC 5322 bytes. status is an enhanced status code such as
// 5.1.1 (RFC 3463); with 4.x.x the report says that the server goes on trying.
func Bounce(sent models.Message, status, reason string, at time.Time) models.Raw {
	action, subject, outcome := "failed", "Undelivered Mail Returned to Sender", "could not be delivered"
	if strings.HasPrefix(status, "4") {
		action, subject, outcome = "delayed", "Delayed Mail (still being retried)", "could not be delivered yet; delivery goes on being tried"
	}
	host := "mx." + domain(sent.ToAddress)
	id := digest(sent.MailID+"\x00"+status+"\x00"+reason, at)
	boundary := "report-" + id

	var b bytes.Buffer
	header(&b, "Return-Path", "<>")
	header(&b, "From", address("Mail Delivery System", "MAILER-DAEMON@"+domain(sent.ToAddress)))
	header(&b, "To", address("", sent.FromAddress))
	header(&b, "Subject", subject)
	header(&b, "Date", at.UTC().Format(time.RFC1123Z))
	header(&b, "Message-ID", "<dsn-"+id+"@"+host+">")
	header(&b, "Auto-Submitted", "auto-replied")
	header(&b, "MIME-Version", "1.0")
	header(&b, "Content-Type", `multipart/report; report-type=delivery-status; boundary="`+boundary+`"`)
	b.WriteString("\r\n")

	part(&b, boundary)
	textPart(&b, fmt.Sprintf("This is the mail system at %s.\n\nYour message to <%s> %s:\n\n%s", host, sent.ToAddress, outcome, reason))

	part(&b, boundary)
	header(&b, "Content-Type", "message/delivery-status")
	b.WriteString("\r\n")
	header(&b, "Reporting-MTA", "dns; "+host)
	header(&b, "Arrival-Date", at.UTC().Format(time.RFC1123Z))
	b.WriteString("\r\n")
	header(&b, "Final-Recipient", "rfc822; "+sent.ToAddress)
	header(&b, "Action", action)
	header(&b, "Status", status)
	header(&b, "Diagnostic-Code", "smtp; "+smtpCode(status)+" "+status+" "+oneLine(reason))
	b.WriteString("\r\n")

	part(&b, boundary)
	header(&b, "Content-Type", "text/rfc822-headers")
	b.WriteString("\r\n")
	header(&b, "From", address(sent.FromName, sent.FromAddress))
	header(&b, "To", address(sent.ToName, sent.ToAddress))
	header(&b, "Subject", mime.QEncoding.Encode("utf-8", sent.Subject))
	header(&b, "Message-ID", sent.MailID)
	fmt.Fprintf(&b, "\r\n--%s--\r\n", boundary)
	return raw(sent, models.ChannelEmail, b.Bytes(), at)
}

func part(b *bytes.Buffer, boundary string) { fmt.Fprintf(b, "\r\n--%s\r\n", boundary) }

func smtpCode(status string) string {
	if strings.HasPrefix(status, "4") {
		return "450"
	}
	return "550"
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
