package replies

import (
	"maps"
	"regexp"
	"slices"
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
	// Some gatekeepers put "prove who you are" into a report without a status.
	if !r.fromDaemon() && ruleset("challenge").count(r.whole) >= 2 {
		return verdict(models.ClassAutomatic, "a challenge to prove who sent, in the form of a delivery report")
	}
	best := gravest(r.m.Deliveries)
	if best.gravity() == arrivedWell {
		return verdict(models.ClassReceipt, "a delivery report (RFC 3464): "+best.Action)
	}
	b := r.undelivered(best, r.failedRecipient(best.Recipient))
	v := models.Verdict{Class: b.Class(), Bounce: &b, Others: r.othersUndelivered(b.Recipient)}
	if b.Delayed {
		v.Why = "a delivery report (RFC 3464): delayed, still trying " + best.Status
	} else {
		v.Why = strings.TrimSpace("a delivery report (RFC 3464): failed " + best.Status)
	}
	return v, true
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
		// Many servers report a full mailbox under any code but "no such user".
		return strings.HasPrefix(detail, "1.") || !surelyFull.MatchString(diagnostic)
	}
	if reply := replyCode.FindStringSubmatch(diagnostic); reply != nil {
		return reply[1][0] == '5' && !fullMailbox.MatchString(diagnostic)
	}
	return !ruleset("reason.soft").any(diagnostic)
}

var (
	fullMailbox = regexp.MustCompile(`over ?-?quota|quota exceeded|exceeded .{0,30}quota|mail ?(box|folder) (is )?(full|over)|mail ?box full|out of storage|insufficient storage|storage (allocation|limit)|quota|has too many (messages|mails)|zu ?viele (e-?)?mails|account is full|inbox (is )?full`)
	surelyFull  = regexp.MustCompile(`(mailbox|mail box|inbox|account|recipient|user|postfach)('s)? .{0,40}(is full|over ?quota|exceeded (its|the|his|their) (disk|storage|mailbox|mail|quota|space|size)|exceeds allowed size|out of (storage|space)|quota exceeded)|(mailbox|mail box|inbox) (is )?full|mailbox quota|over ?quota|quota (has been )?exceeded`)
)

// asTextBounce reads the failures of servers that report in words only:
// qmail, Exim, older Exchange and Domino, and home-made gateways.
func asTextBounce(r reading) (models.Verdict, bool) {
	failed := r.m.Header("X-Failed-Recipients")
	daemon := r.fromDaemon()
	subject, inSubject := ruleset("bounce.subject").match(r.bare)
	report := r.m.reportType == "delivery-status"
	fromServer := daemon || report || failed != "" || r.nullSender()
	// Looking for servers' sentences costs most: not in people's longer mail.
	if !fromServer && !inSubject && (len(r.whole) >= 1500 || r.quotesUs()) {
		return none()
	}
	text, at := r.bounceWords(fromServer || r.returnsMail())
	switch {
	case failed != "" && !r.re:
	case r.returnsMail() && text != "" && at < 600 && !r.re && !r.fwd && !r.asks():
	case report:
	case daemon && (inSubject || text != "") && !r.awayFromDaemon(inSubject, text):
	case r.nullSender() && (inSubject && text != "" || ruleset("bounce.body").count(r.whole) >= 2):
	case daemon && (statusIn(r.whole) != "" || replyCode.MatchString(r.whole)) && !r.awayFromDaemon(strings.HasPrefix(r.m.From.Email, "mailer-daemon"), text):
	case inSubject && text != "" && at < 400 && !r.re && !r.fwd && !r.asks() && !speaks.MatchString(r.body):
	case text != "" && at < 150 && !r.fwd && len(r.whole) < 1500 && !r.quotesUs() && ruleset("bounce.body").count(r.whole) >= 3 && !r.asks() && !speaks.MatchString(r.body):
	default:
		return none()
	}
	if arrived.MatchString(r.whole) && !notArrived.MatchString(r.whole) {
		return verdict(models.ClassReceipt, "a delivery receipt in words")
	}
	if subject == "" {
		subject = text
	}
	v := r.textBounce(failed)
	v.Why = "a delivery failure in words: " + subject
	return v, true
}

// speaks: words of people who tell of a failure. Servers say "your message".
var speaks = regexp.MustCompile(`\b((my|our) (e-?mails?|mails?|messages?|reply|answer) (to|came|bounced|was|were|got)|i (wrote|write|tried|got|received|cannot reach|can't reach|could not reach|have passed|was told)|(came|come|bounced) back (with|as|to me)|(your|the) (e-?mails?|mails?|messages?) bounced|(please|could you|can you|kindly) (pass|tell|call|let me|use|write to|send me)|my (new|other|correct|right) (e-?mail )?address|can we (talk|speak|meet)|meine (mail|nachricht|antwort)|ma reponse|mon (mail|message)|mi (correo|mensaje)|la mia (mail|risposta)|mijn (mail|bericht)|minha (mensagem|resposta))\b`)

// arrived: the receipt that a server gives where somebody asked for one.
var (
	arrived    = regexp.MustCompile(`successful delivery notifications?|(was|were|has been|have been) successfully (delivered|relayed)|expect no further notifications|(successful|confirmed) delivery|delivery to (these|the following) recipients?( or groups?)? (is complete|was successful)`)
	notArrived = regexp.MustCompile(`fatal|fail|permanent|undeliver|not (be |been )?deliver|reject|delay`)
)

// awayFromDaemon: Microsoft 365 sends out-of-office replies from senders that
// look like postmaster@; only the words tell.
func (r reading) awayFromDaemon(inSubject bool, text string) bool {
	return text == "" && !inSubject || ruleset("subject.start").any(r.bare) || text == "" && r.looksAway()
}

// returnsMail: it brings a message back to whoever sent that, and names whom it
// was for, or it comes from an address behind which nobody reads.
func (r reading) returnsMail() bool {
	o := r.m.Original
	if o == nil || o.From.Email == "" {
		return false
	}
	if ruleset("sender.robot").any(r.m.From.Email) {
		return true
	}
	return slices.ContainsFunc(r.m.To, func(a Address) bool { return a.Email == o.From.Email }) &&
		slices.ContainsFunc(o.To, func(a Address) bool { return a.Email != "" && strings.Contains(r.whole, a.Email) })
}

func (r reading) fromDaemon() bool {
	if r.m.From.Email == "" {
		return r.nullSender()
	}
	name := fold(r.m.From.Name)
	return ruleset("bounce.sender").any(r.m.From.Email) || ruleset("bounce.name").any(name) ||
		ruleset("bounce.sender").any(r.m.Sender.Email)
}

// nullSender: the envelope of reports and automatic answers is empty (RFC 5321 4.5.5).
func (r reading) nullSender() bool {
	for _, v := range r.m.header.all("Return-Path") {
		// Sendmail writes <MAILER-DAEMON> for the empty one.
		if v = strings.TrimSpace(v); v == "<>" || daemonPath.MatchString(v) {
			return true
		}
	}
	return false
}

var daemonPath = regexp.MustCompile(`(?i)^<?mailer-daemon(@[^\s>]*)?>?$`)

// bounceWords finds a mail server's sentence and how far from the top it stands.
// Other senders' mail is only looked at where such a sentence would count.
func (r reading) bounceWords(fromServer bool) (words string, at int) {
	whole := r.whole
	if !fromServer {
		whole = limit(whole, 600)
	}
	for _, rule := range ruleset("bounce.body") {
		if m := rule.find(whole); m != nil && (words == "" || m[0] < at) {
			words, at = limit(whole[m[0]:m[1]], 80), m[0]
		}
	}
	return words, at
}

// textBounce judges a report in words: each recipient by what is said of it.
func (r reading) textBounce(failed string) models.Verdict {
	recipient := r.failedRecipient(failed)
	said := r.saidOfEach(failed)
	own, apart := said[recipient]
	if !apart {
		own = r.reportText()
	}
	b := r.undeliveredInWords(recipient, own)
	v := models.Verdict{Class: b.Class(), Bounce: &b}
	for _, other := range slices.Sorted(maps.Keys(said)) {
		if other != recipient && apart {
			v.Others = append(v.Others, r.undeliveredInWords(other, said[other]))
		}
	}
	return v
}

// undeliveredInWords judges what a report says of one recipient.
func (r reading) undeliveredInWords(recipient, text string) models.Bounce {
	b := models.Bounce{Recipient: recipient, Status: statusIn(text), Reason: reasonIn(text)}
	folded := flat(fold(limit(text, wholeLooked)))
	// A delay: the subject warns, or the text says that trying goes on.
	stillTrying := ruleset("reason.delay").any(folded)
	if (stillTrying || ruleset("delay.subject").any(r.bare) && !ruleset("reason.hard").any(folded)) && !gaveUp.MatchString(folded) && !strings.HasPrefix(b.Status, "5") {
		b.Delayed = true
		return b
	}
	switch {
	case fullMailbox.MatchString(folded) && (b.Status == "" || strings.HasSuffix(b.Status, ".2.2") || strings.HasSuffix(b.Status, ".0.0")):
		b.Hard = false
	case b.Status != "":
		b.Hard = hardStatus(b.Status, folded)
	default:
		b.Hard = hardWords(folded)
	}
	b.Blocked = b.Hard && blocked(b.Status, folded)
	return b
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

// laterReport: some servers name our message's header fields first, and say
// what became of it below them.
var laterReport = regexp.MustCompile(`(?i)(to the following recipients?|recipient address|diagnostic code) ?:`)

// reportText is what the server says, without the message it returns.
func (r reading) reportText() string {
	text := limit(r.m.Text, wholeLooked)
	for _, at := range returnedHeader.FindAllStringIndex(text, 20) {
		if at[0] > 40 && !laterReport.MatchString(limit(text[at[0]:], 1500)) {
			return text[:at[0]]
		}
	}
	return text
}

// reasonIn is the sentence of a report that says why; one that breaks off at a
// colon goes on in the next line.
func reasonIn(report string) string {
	best, open := "", false
	for _, line := range strings.Split(report, "\n") {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" || len(line) > 600 {
			continue
		}
		if open {
			return limit(best+" "+line, 500)
		}
		f := fold(line)
		switch {
		case statusIn(line) != "" || replyCode.MatchString(line):
			best = line
			if open = strings.HasSuffix(line, ":"); !open {
				return limit(best, 500)
			}
		case best == "" && (ruleset("reason.hard").any(f) || ruleset("reason.soft").any(f) || ruleset("reason.us").any(f)):
			best = line
		}
	}
	return limit(best, 500)
}
