package replies

import (
	"regexp"
	"strings"

	"followup/models"
)

// asDeliveryReport reads the structured report of RFC 3464. Of several
// recipients the failed one counts first, then the delayed.
func asDeliveryReport(r reading) (models.Verdict, bool) {
	if len(r.m.Deliveries) == 0 {
		return none()
	}
	// A person who forwards a report with its parts is a person.
	if r.m.reportType == "" && (r.re || r.fwd) && r.visible != "" && !r.fromDaemon() && !r.nullSender() {
		return none()
	}
	best, rank := Delivery{}, 0
	for _, d := range r.m.Deliveries {
		n := 1
		switch {
		case d.Action == "failed":
			n = 3
		case d.Action == "delayed":
			n = 2
		case d.Action == "" && strings.HasPrefix(d.Status, "5"):
			n = 3
		case d.Action == "" && strings.HasPrefix(d.Status, "4"):
			n = 2
		}
		if n > rank {
			best, rank = d, n
		}
	}
	b := models.Bounce{Recipient: r.failedRecipient(best.Recipient), Status: best.Status, Reason: limit(strings.Join(strings.Fields(best.Diagnostic), " "), 500)}
	if b.Reason == "" {
		b.Reason = r.reasonText()
	}
	switch rank {
	case 1:
		return verdict(models.ClassReceipt, "a delivery report (RFC 3464): "+best.Action)
	case 2:
		b.Delayed = true
		return models.Verdict{Class: models.ClassBounceSoft, Why: "a delivery report (RFC 3464): delayed, still trying " + best.Status, Bounce: &b}, true
	}
	b.Hard = hardStatus(best.Status, fold(best.Diagnostic))
	class := models.ClassBounceSoft
	if b.Hard {
		class = models.ClassBounceHard
	}
	return models.Verdict{Class: class, Why: strings.TrimSpace("a delivery report (RFC 3464): failed " + best.Status), Bounce: &b}, true
}

// hardStatus: 5.x.x is permanent, 4.x.x transient even when the server gave
// up; a full mailbox (x.2.2) may have room tomorrow, whatever its class.
func hardStatus(status, diagnostic string) bool {
	class, detail, _ := strings.Cut(status, ".")
	switch {
	case detail == "2.2":
		return false
	case class == "4":
		return false
	case class == "5" && (detail == "0.0" || detail == "1.0" || detail == "2.0" || detail == "4.0"):
		return !fullMailbox.MatchString(diagnostic) // nothing is said by the code
	case class == "5":
		return true
	}
	if reply := replyCode.FindStringSubmatch(diagnostic); reply != nil {
		return reply[1][0] == '5' && !fullMailbox.MatchString(diagnostic)
	}
	return !ruleset("reason.soft").any(diagnostic)
}

var fullMailbox = regexp.MustCompile(`over ?-?quota|quota exceeded|exceeded .{0,30}quota|mailbox (is )?(full|over)|mail ?box full|out of storage|insufficient storage|storage (allocation|limit)|quota`)

// asTextBounce reads the failures of servers that report in words only:
// qmail, Exim, older Exchange and Domino, and home-made gateways.
func asTextBounce(r reading) (models.Verdict, bool) {
	failed := r.m.Header("X-Failed-Recipients")
	daemon := r.fromDaemon()
	subject, inSubject := ruleset("bounce.subject").match(r.bare)
	text, at := r.bounceWords()
	report := r.m.reportType == "delivery-status"
	switch {
	case failed != "" && !r.re:
	case report:
	case daemon && (inSubject || text != "") && !r.awayFromDaemon(inSubject, text):
	case r.nullSender() && (inSubject && text != "" || ruleset("bounce.body").count(r.whole) >= 2):
	case strings.HasPrefix(r.m.From.Email, "mailer-daemon") && (statusIn(r.whole) != "" || replyCode.MatchString(r.whole)) && !r.awayFromDaemon(true, text):
	case inSubject && text != "" && at < 400 && !r.re && !r.fwd && !r.asks():
	default:
		return none()
	}
	if subject == "" {
		subject = text
	}
	v := r.textBounce(failed)
	v.Why = "a delivery failure in words: " + subject
	return v, true
}

// awayFromDaemon: Microsoft 365 sends out-of-office replies from senders that
// look like postmaster@; only the words tell.
func (r reading) awayFromDaemon(inSubject bool, text string) bool {
	return text == "" && !inSubject || ruleset("subject.start").any(r.bare) || text == "" && r.looksAway()
}

func (r reading) fromDaemon() bool {
	name := fold(r.m.From.Name)
	return ruleset("bounce.sender").any(r.m.From.Email) || ruleset("bounce.name").any(name) ||
		ruleset("bounce.sender").any(r.m.Sender.Email)
}

// nullSender: the envelope of reports and automatic answers is empty (RFC 5321 4.5.5).
func (r reading) nullSender() bool {
	for _, v := range r.m.header.all("Return-Path") {
		if strings.TrimSpace(v) == "<>" {
			return true
		}
	}
	return false
}

// bounceWords finds a mail server's sentence and how far from the top it stands.
func (r reading) bounceWords() (words string, at int) {
	for _, rule := range ruleset("bounce.body") {
		if m := rule.find(r.whole); m != nil && (words == "" || m[0] < at) {
			words, at = limit(r.whole[m[0]:m[1]], 80), m[0]
		}
	}
	return words, at
}

func (r reading) textBounce(failed string) models.Verdict {
	text := r.reportText()
	b := models.Bounce{Recipient: r.failedRecipient(failed), Status: statusIn(text), Reason: r.reasonText()}
	folded := flat(fold(limit(text, wholeLooked)))
	// A delay: the subject warns, or the text says that trying goes on.
	if (ruleset("delay.subject").any(r.bare) || ruleset("reason.delay").any(folded)) && !gaveUp.MatchString(folded) && !strings.HasPrefix(b.Status, "5") {
		b.Delayed = true
		return models.Verdict{Class: models.ClassBounceSoft, Bounce: &b}
	}
	switch {
	case fullMailbox.MatchString(folded) && (b.Status == "" || strings.HasSuffix(b.Status, ".2.2") || strings.HasSuffix(b.Status, ".0.0")):
		b.Hard = false
	case b.Status != "":
		b.Hard = hardStatus(b.Status, folded)
	default:
		b.Hard = hardWords(folded)
	}
	if b.Hard {
		return models.Verdict{Class: models.ClassBounceHard, Bounce: &b}
	}
	return models.Verdict{Class: models.ClassBounceSoft, Bounce: &b}
}

var gaveUp = regexp.MustCompile(`permanent (fatal )?(error|failure)|given up|giving up|retry timeout exceeded|has failed permanently|failed permanently|will not be retried|undeliverable|delivery has failed|could not be delivered to`)

// hardWords judges by a three-digit reply code, then by the reason in words.
func hardWords(folded string) bool {
	if ruleset("reason.soft").any(folded) && !replyHard(folded) {
		return false
	}
	if reply := replyCode.FindStringSubmatch(folded); reply != nil {
		return reply[1][0] == '5'
	}
	return true
}

func replyHard(folded string) bool {
	reply := replyCode.FindStringSubmatch(folded)
	return reply != nil && reply[1][0] == '5' && ruleset("reason.hard").any(folded)
}

// returnedHeader is where a bounce in words begins to show the returned message.
var returnedHeader = regexp.MustCompile(`(?im)^[\s>]*(-{2,}.{0,20}(copy of|original|returned|below this line|enclosed|begin|headers|forwarded|unsent|undelivered).{0,80}|received:\s|return-path:\s|message-id:\s*<|mime-version:|dkim-signature:|begin message header|original message (headers|follows).{0,10}|the headers of the message.{0,20})`)

// reportText is what the server says, without the message it returns.
func (r reading) reportText() string {
	text := limit(r.m.Text, wholeLooked)
	if at := returnedHeader.FindStringIndex(text); at != nil && at[0] > 40 {
		return text[:at[0]]
	}
	return text
}

var (
	angleAddress  = regexp.MustCompile(`<([^<>@\s:;,"()]{1,80}@[a-zA-Z0-9._-]+\.[a-zA-Z]{2,})>`)
	plainAddress  = regexp.MustCompile(`[a-zA-Z0-9!#$%&'*+/=?^_{|}~.-]{1,80}@[a-zA-Z0-9][a-zA-Z0-9.-]*\.[a-zA-Z]{2,}`)
	textMessageID = regexp.MustCompile(`(?im)^[\s>]*message-id:\s*(<[^<>\s]+>)`)
	textTo        = regexp.MustCompile(`(?im)^[\s>]*to:\s*(.{1,300})$`)
)

// failedRecipient is the address that did not get it: the one named, else the
// one the returned message was for, else the first in the server's words that
// is neither ours nor the server's.
func (r reading) failedRecipient(named string) string {
	if a := firstAddress(named); strings.Contains(a.Email, "@") {
		return a.Email
	}
	ours := map[string]bool{}
	for _, a := range append(append([]Address{}, r.m.To...), r.m.Delivered...) {
		ours[a.Email] = true
	}
	if o := r.m.Original; o != nil {
		ours[o.From.Email] = true
	}
	text := r.reportText()
	for _, re := range []*regexp.Regexp{angleAddress, plainAddress} {
		for _, a := range re.FindAllString(text, 20) {
			a = strings.ToLower(strings.Trim(a, "<>.'\"*"))
			a = strings.TrimPrefix(strings.TrimPrefix(a, "mailto:"), "rfc822;")
			if !ours[a] && !ruleset("bounce.sender").any(a) && a != r.m.From.Email {
				return a
			}
		}
	}
	if o := r.m.Original; o != nil && len(o.To) > 0 {
		return o.To[0].Email
	}
	if to := textTo.FindStringSubmatch(r.m.Text); to != nil {
		if a := firstAddress(to[1]); strings.Contains(a.Email, "@") && !ours[a.Email] {
			return a.Email
		}
	}
	return ""
}

// reasonText is the sentence of the report that says why.
func (r reading) reasonText() string {
	best := ""
	for _, line := range strings.Split(r.reportText(), "\n") {
		line = strings.Join(strings.Fields(line), " ")
		f := fold(line)
		if line == "" || len(line) > 600 {
			continue
		}
		if statusIn(line) != "" || replyCode.MatchString(line) {
			return limit(line, 500)
		}
		if best == "" && (ruleset("reason.hard").any(f) || ruleset("reason.soft").any(f)) {
			best = line
		}
	}
	return limit(best, 500)
}
