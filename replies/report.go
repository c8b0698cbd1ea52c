package replies

import (
	"bytes"
	"regexp"
	"strings"
)

// Delivery is what a delivery status notification (RFC 3464) says of one recipient.
type Delivery struct {
	Recipient  string
	Action     string // failed, delayed, delivered, relayed, expanded
	Status     string // enhanced status code, e.g. 5.1.1
	Diagnostic string
}

// Feedback is what an abuse report (RFC 5965) says.
type Feedback struct {
	Type      string // abuse, fraud, virus, not-spam, opt-out …
	Recipient string
}

// Original is what a report tells of the message it is about.
type Original struct {
	MessageID  string
	References []string
	To         []Address
	From       Address
	Subject    string
}

func readOriginal(h header) *Original {
	o := &Original{To: addresses(h.all("To")), From: firstAddress(h.raw("From")), Subject: h.get("Subject")}
	if ids := messageIDs(h.raw("Message-ID")); len(ids) > 0 {
		o.MessageID = ids[0]
	}
	o.References = messageIDs(h.raw("References"))
	return o
}

// readDeliveries reads the groups of a delivery-status part: the first is
// about the message, each following one about a recipient. Some servers put
// everything into one group.
func readDeliveries(b []byte) []Delivery {
	var list []Delivery
	for _, h := range headerGroups(b) {
		d := Delivery{
			Recipient:  addressType(h.raw("Final-Recipient")),
			Action:     deliveryAction(h.raw("Action")),
			Status:     statusCode.FindString(h.raw("Status")),
			Diagnostic: addressType(h.get("Diagnostic-Code")),
		}
		// The address we wrote to is in Original-Recipient where an alias leads elsewhere.
		if o := addressType(h.raw("Original-Recipient")); strings.Contains(o, "@") {
			d.Recipient = o
		}
		if d.Recipient == "" {
			d.Recipient = addressType(h.raw("X-Actual-Recipient"))
		}
		d.Recipient = strings.ToLower(strings.Trim(d.Recipient, "<> "))
		if d.Action == "" && d.Recipient == "" {
			continue
		}
		// "5.0.0" says less than the code in the server's own answer.
		if code := statusIn(d.Diagnostic); code != "" && (d.Status == "" || strings.HasSuffix(d.Status, ".0.0")) {
			d.Status = code
		}
		if d.Status == "" { // "Status: 550 …"
			if reply := replyCode.FindStringSubmatch(h.raw("Status")); reply != nil {
				d.Status = reply[1][:1] + ".0.0"
			}
		}
		if d.Status == "" {
			if reply := replyCode.FindStringSubmatch(d.Diagnostic); reply != nil {
				d.Status = reply[1][:1] + ".0.0"
			}
		}
		list = append(list, d)
		if len(list) >= maxParts {
			break
		}
	}
	return list
}

// deliveryAction reads the field as loosely as servers write it.
func deliveryAction(v string) string {
	word := firstLowerWord(v)
	switch word {
	case "failure", "fail", "error", "undeliverable", "undelivered", "rejected", "bounced", "expired":
		return "failed"
	case "delay", "deferred", "warning", "transient-failure":
		return "delayed"
	}
	return word
}

var (
	statusCode = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
	// "550 …" and "550-5.1.1 …", but no telephone number ("480-555-0100").
	replyCode = regexp.MustCompile(`(?:^|[\s:<>(])([45]\d\d)(?:[\s,;:]|-(?:\D|\d\.\d)|-?$)`)
)

// statusIn finds an enhanced status code in free text. An IPv4 address or a
// version number is none: RFC 3463 codes are not followed by another ".digit".
func statusIn(s string) string {
	for _, m := range statusCode.FindAllStringIndex(s, 20) {
		if m[1]+1 < len(s) && s[m[1]] == '.' && s[m[1]+1] >= '0' && s[m[1]+1] <= '9' {
			continue
		}
		if m[0] > 0 && s[m[0]-1] == '.' {
			continue
		}
		return s[m[0]:m[1]]
	}
	return ""
}

func readFeedback(b []byte) *Feedback {
	f := &Feedback{Type: "abuse"}
	for _, h := range headerGroups(b) {
		if t := firstLowerWord(h.raw("Feedback-Type")); t != "" {
			f.Type = t
		}
		for _, name := range []string{"Original-Rcpt-To", "Removal-Recipient", "X-HmXmrOriginalRecipient"} {
			if a := firstAddress(h.raw(name)); f.Recipient == "" && strings.Contains(a.Email, "@") {
				f.Recipient = a.Email
			}
		}
	}
	return f
}

// readDisposition gives the disposition type of RFC 8098 and whose it is.
func readDisposition(b []byte) (what, recipient string) {
	for _, h := range headerGroups(b) {
		if recipient == "" {
			recipient = addressType(h.raw("Final-Recipient"))
		}
		if v := h.raw("Disposition"); v != "" {
			_, kind, ok := strings.Cut(v, ";")
			if !ok {
				kind = v
			}
			kind, _, _ = strings.Cut(kind, "/")
			return firstLowerWord(kind), recipient
		}
	}
	return "displayed", recipient
}

// headerGroups splits "field: value" groups separated by empty lines.
func headerGroups(b []byte) []header {
	var groups []header
	if len(b) > maxHeaderBytes {
		b = b[:maxHeaderBytes]
	}
	for len(b) > 0 && len(groups) < maxParts {
		if line, rest := cutLine(b); len(bytes.TrimSpace(line)) == 0 {
			b = rest
			continue
		}
		h, rest := splitHeader(b)
		if len(rest) == len(b) { // no field here: skip the line
			_, rest = cutLine(b)
		}
		if len(h) > 0 {
			groups = append(groups, h)
		}
		b = rest
	}
	return groups
}

// addressType drops the type of "rfc822; a@example.com" and "smtp; 550 …".
func addressType(v string) string {
	if t, rest, ok := strings.Cut(v, ";"); ok && !strings.ContainsAny(strings.TrimSpace(t), " @") {
		v = rest
	}
	return strings.TrimSpace(v)
}

func firstLowerWord(v string) string {
	f := strings.Fields(strings.ToLower(v))
	if len(f) == 0 {
		return ""
	}
	return strings.Trim(f[0], ";,.\"")
}
