package replies

import (
	"regexp"
	"strings"
	"time"

	"followup/models"
)

// reading is a mail with what the rules compare: folded once, used by all.
type reading struct {
	m       Mail
	now     time.Time
	visible string // what they wrote
	subject string // folded, without tags such as "[EXTERNAL]"
	bare    string // folded subject without "Re:", "Fwd:" …
	re      bool   // the subject began with "Re:" or its like
	fwd     bool
	body    string // folded visible text on one line, its beginning
	whole   string // folded whole text on one line, its beginning
}

// How much of a text the rules look at: what a machine says of itself stands
// at the beginning, and so does what a person wants.
const (
	bodyLooked  = 6 << 10
	wholeLooked = 16 << 10
)

func read(m Mail, now time.Time) reading {
	r := reading{m: m, now: now, visible: Visible(m)}
	r.subject = subjectTags.ReplaceAllString(flat(fold(limit(m.Subject, 1000))), "")
	r.bare, r.re, r.fwd = stripPrefixes(r.subject)
	r.body = flat(fold(limit(r.visible, bodyLooked)))
	r.whole = flat(fold(limit(m.Text, wholeLooked)))
	return r
}

// Classify tells what an email is. Structure counts before headers, headers
// before words; a match with one of our threads proves nothing, because
// machines answer in the thread, too (RFC 3834).
func Classify(m Mail, now time.Time) models.Verdict { return read(m, now).verdict() }

func (r reading) verdict() models.Verdict {
	for _, judge := range []func(reading) (models.Verdict, bool){
		asComplaint, asDisposition, asDeliveryReport, asUnsubscribeMail, asAutomaticByHeader, asTextBounce, asCalendar, asAutomaticByText, asRobot, asOptOut,
	} {
		if v, ok := judge(r); ok {
			return v
		}
	}
	if r.m.From.Email == "" {
		return models.Verdict{Class: models.ClassOther, Why: "it names no sender"}
	}
	return models.Verdict{Class: models.ClassHuman, Why: "nothing in its headers, structure or words is a machine's"}
}

func verdict(class models.InboundClass, why string) (models.Verdict, bool) {
	return models.Verdict{Class: class, Why: why}, true
}

func none() (models.Verdict, bool) { return models.Verdict{}, false }

var (
	// subjectTags are put in front by servers: "[EXTERNAL]", "*** SPAM ***", "(Ext)".
	subjectTags = regexp.MustCompile(`^(\s*(\[(external|ext|extern|suspected spam|spam|bulk|caution|warning|possible spam|externe)[^\]]{0,20}\]|\*{2,}\s?(spam|external|junk)\s?\*{2,}|\(?external\)?:|\{(spam|disarmed)[^}]{0,10}\}):?\s*)+`)
	replyPrefix = regexp.MustCompile(`^\s*(re|aw|antw|antwort|sv|vs|odp|rif|r|res|resp|ynt|回复|答复|回覆|ответ|на)\s?(\[\d+\]|\(\d+\))?\s?[:：]\s*`)
	fwdPrefix   = regexp.MustCompile(`^\s*(fwd?|wg|tr|rv|i|enc|doorst|vb|vl|ilt|fs|转发)\s?(\[\d+\])?\s?[:：]\s*`)
)

// stripPrefixes takes "Re: Fwd: AW:" off a folded subject.
func stripPrefixes(s string) (bare string, re, fwd bool) {
	for i := 0; i < 10; i++ {
		if at := replyPrefix.FindStringIndex(s); at != nil {
			s, re = s[at[1]:], true
			continue
		}
		if at := fwdPrefix.FindStringIndex(s); at != nil {
			s, fwd = s[at[1]:], true
			continue
		}
		break
	}
	return strings.TrimSpace(s), re, fwd
}

// asComplaint: a mailbox provider passes on that someone called it spam.
func asComplaint(r reading) (models.Verdict, bool) {
	if f := r.m.Feedback; f != nil {
		switch f.Type {
		case "not-spam":
			return verdict(models.ClassOther, "a feedback report that takes a complaint back (RFC 5965 not-spam)")
		case "auth-failure", "dmarc", "dkim":
			return verdict(models.ClassOther, "a report about authentication (RFC 6591), not about spam")
		}
		v, _ := verdict(models.ClassComplaint, "a feedback report (RFC 5965), type "+f.Type)
		if to := r.failedRecipient(f.Recipient); to != "" {
			v.Bounce = &models.Bounce{Recipient: to, Reason: "complaint: " + f.Type}
		}
		return v, true
	}
	if words, ok := ruleset("complaint.subject").match(r.bare); ok && !r.re && (r.m.Original != nil || ruleset("complaint.body").any(r.whole)) {
		v, _ := verdict(models.ClassComplaint, "the subject of an abuse report: "+words)
		if to := r.failedRecipient(""); to != "" {
			v.Bounce = &models.Bounce{Recipient: to, Reason: "complaint"}
		}
		return v, true
	}
	return none()
}

var readSubject = regexp.MustCompile(`^\W*(read|gelesen|lu|leido|letto|gelezen|lido|lida|last|laest|not read|ungelesen geloscht|nicht gelesen|read receipt|return receipt|lesebestatigung|accuse de lecture|confirmacion de lectura|conferma di lettura|leesbevestiging|confirmacao de leitura|delivered|zugestellt|ubermittelt|relayed|remis|entregado|recapitato|bezorgd|entregue|recall|message recall success|message recall failure)\s?(\(displayed\)|:| report| -)`)

// asDisposition: a machine says that the message was displayed (RFC 8098).
func asDisposition(r reading) (models.Verdict, bool) {
	if r.m.Disposition != "" || r.m.reportType == "disposition-notification" {
		return verdict(models.ClassReceipt, "a disposition notification (RFC 8098)")
	}
	if readSubject.MatchString(r.subject) && (strings.TrimSpace(r.visible) == "" || readReceiptText.MatchString(r.whole)) {
		return verdict(models.ClassReceipt, "the subject and text of a read or delivery receipt")
	}
	return none()
}

var readReceiptText = regexp.MustCompile(`(was (read|displayed|opened|deleted without being read) on|wurde (am|um) .{0,40}gelesen|a ete lu|fue leido|e stato letto|werd gelezen|foi lida?|return receipt|this is (a|only a) receipt|lesebestatigung|accuse de reception pour|there is no guarantee that the message (was|has been) read|your message (was|has been) (read|displayed|delivered|successfully))`)

// asCalendar: an invitation, or the answer to one that says nothing in words.
func asCalendar(r reading) (models.Verdict, bool) {
	if r.m.Calendar == "" {
		return none()
	}
	if r.m.Calendar == "REPLY" && strings.TrimSpace(r.visible) == "" {
		return verdict(models.ClassOther, "an answer to a calendar invitation, without words")
	}
	if r.m.Calendar == "CANCEL" || r.m.Calendar == "PUBLISH" {
		return verdict(models.ClassOther, "a calendar notice")
	}
	return none()
}

var unsubscribeSubject = regexp.MustCompile(`^\W*(unsubscribe|unsubscribed|opt[- ]?out|remove|remove me|please remove( me)?|stop|abmelden|abmeldung|desinscription|desabonnement|baja|cancellazione|disiscrizione|uitschrijven|afmelden|descadastrar)( request| please| me|:.{0,80}| from .{0,60})?\W*$`)

// asUnsubscribeMail is what the button of a mail program sends to an
// unsubscribe address (RFC 2369), with or without words of its own.
func asUnsubscribeMail(r reading) (models.Verdict, bool) {
	if unsubscribeSubject.MatchString(r.bare) && len(r.body) < 400 {
		return optOut("the subject asks for it: " + r.bare)
	}
	return none()
}

// asOptOut looks for the wish to hear no more, or to hear again, in what they wrote.
func asOptOut(r reading) (models.Verdict, bool) { return judgeWish(r.body, false) }

// asRobot: bulk mail and notices from senders behind which nobody reads.
func asRobot(r reading) (models.Verdict, bool) {
	if ruleset("sender.robot").any(r.m.From.Email) {
		if r.answers() {
			return verdict(models.ClassAutomatic, "an answer from an address behind which nobody reads: "+r.m.From.Email)
		}
		return verdict(models.ClassOther, "a notice from an address behind which nobody reads: "+r.m.From.Email)
	}
	if r.bulk() {
		return verdict(models.ClassOther, "bulk mail: it can be unsubscribed from and answers nothing")
	}
	return none()
}

// answers: it stands in a thread, or says so.
func (r reading) answers() bool {
	return r.m.InReplyTo != "" || len(r.m.References) > 0 || r.re
}

// bulk mail has the headers of mailings and answers nothing. People's answers
// through a group have them, too.
func (r reading) bulk() bool {
	h := r.m.header
	return !r.answers() && (h.has("List-Unsubscribe") || h.has("List-Id") || h.has("Feedback-ID") || h.has("X-CSA-Complaints"))
}
