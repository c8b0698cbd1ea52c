package replies

import (
	"regexp"
	"strings"
	"time"
	"unicode"

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
		asComplaint, asDisposition, asDeliveryReport, asServiceNotice, asUnsubscribeMail, asAutomaticByHeader, asTextBounce, asCalendar, asAutomaticByText, asRobot, asUnreadable, asOptOut, asWrongPerson,
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
		// Sieve's reject answers in this form: nobody got it.
		if rejectedByRule.MatchString(r.whole) && (r.m.Disposition == "deleted" || r.m.Disposition == "denied" || r.m.Disposition == "failed") {
			v := r.textBounce(r.m.dispositionFor)
			v.Why = "a disposition notification (RFC 8098) that says it was rejected"
			return v, true
		}
		return verdict(models.ClassReceipt, "a disposition notification (RFC 8098)")
	}
	if readSubject.MatchString(r.subject) && (strings.TrimSpace(r.visible) == "" || readReceiptText.MatchString(r.whole)) {
		return verdict(models.ClassReceipt, "the subject and text of a read or delivery receipt")
	}
	return none()
}

var rejectedByRule = regexp.MustCompile(`(was|has been) (automatically )?(rejected|refused)`)

var readReceiptText = regexp.MustCompile(`(was (read|displayed|opened|deleted without being read) on|wurde (am|um) .{0,40}gelesen|a ete lu|fue leido|e stato letto|werd gelezen|foi lida?|return receipt|this is (a|only a) receipt|lesebestatigung|accuse de reception pour|there is no guarantee that the message (was|has been) read|your message (was|has been) (read|displayed|delivered|successfully))`)

var calendarAnswer = regexp.MustCompile(`^\W*(accepted|declined|tentative|tentatively accepted|new time proposed|zugesagt|angenommen|abgelehnt|abgesagt|mit vorbehalt|vorlaufig zugesagt|accepte|refuse|provisoire|aceptad[ao]|rechazad[ao]|provisional|accettat[oa]|rifiutat[oa]|provvisorio|geaccepteerd|geweigerd|afgewezen|voorlopig|aceite|recusad[ao]|provisorio)\s?: `)

// asCalendar: an invitation, or the answer to one that says nothing in words.
func asCalendar(r reading) (models.Verdict, bool) {
	if r.m.Calendar == "" {
		// Some calendars answer in words only.
		if calendarAnswer.MatchString(r.subject) && (strings.TrimSpace(r.visible) == "" || len(r.body) < 300 && ruleset("calendar.words").any(r.body)) {
			return verdict(models.ClassOther, "an answer to a calendar invitation, without words of their own")
		}
		return none()
	}
	if r.m.Calendar == "REPLY" && (strings.TrimSpace(r.visible) == "" || ruleset("calendar.words").any(r.body)) {
		return verdict(models.ClassOther, "an answer to a calendar invitation, without words of their own")
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

// asUnreadable: broken or empty, so that nobody can tell what it is. It is kept
// and shown, and moves nothing.
func asUnreadable(r reading) (models.Verdict, bool) {
	if r.m.From.Email == "" {
		return none()
	}
	switch text := strings.TrimSpace(r.m.Text); {
	case text == "" && len(r.m.Attachments) == 0 && r.m.Calendar == "" && (r.bare == "" || len(r.m.Defects) > 0 || !r.answers()):
		return verdict(models.ClassOther, "there is nothing in it to read")
	case text != "" && !readable(text):
		return verdict(models.ClassOther, "its text cannot be read: broken, or no text at all")
	}
	return none()
}

// readable tells text from bytes: most of it letters, few broken characters,
// and words of a length that words have.
func readable(s string) bool {
	letters, broken, spaces, wide, n := 0, 0, 0, 0, 0
	for _, c := range link.ReplaceAllString(limit(s, 8<<10), "link") {
		n++
		if c > 0x2E80 { // scripts without spaces, and emoji
			wide++
		}
		switch {
		case c == unicode.ReplacementChar:
			broken++
		case unicode.IsSpace(c):
			spaces++
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.So, c):
			letters++
		}
	}
	switch {
	case n < 12:
		return broken*2 < n
	case broken*8 > n:
		return false
	case letters*3 < n-spaces && n > 40:
		return false
	}
	return n-wide < 300 || spaces*45 > n-wide
}

var link = regexp.MustCompile(`(https?://|www\.)\S+`)

// asOptOut looks for the wish to hear no more, or to hear again, in what they wrote.
func asOptOut(r reading) (models.Verdict, bool) { return judgeWish(r.body, false) }

// asRobot: bulk mail and notices from senders behind which nobody reads.
func asRobot(r reading) (models.Verdict, bool) {
	if ruleset("sender.robot").any(r.m.From.Email) && !r.ownPost() {
		if r.answers() {
			return verdict(models.ClassAutomatic, "an answer from an address behind which nobody reads: "+r.m.From.Email)
		}
		return verdict(models.ClassOther, "a notice from an address behind which nobody reads: "+r.m.From.Email)
	}
	if r.bulk() {
		return verdict(models.ClassOther, "bulk mail: it can be unsubscribed from and answers nothing")
	}
	if r.answers() || r.fwd || r.discussion() {
		return none()
	}
	if words, ok := ruleset("subject.notice").match(r.bare); ok {
		return verdict(models.ClassOther, "the subject of a notice: "+words)
	}
	mailer := fold(limit(r.m.Header("X-Mailer")+" "+r.m.Header("User-Agent"), 200))
	if words, ok := ruleset("mailer.bulk").match(mailer); ok {
		return verdict(models.ClassOther, "sent by a program for mailings, and answers nothing: "+words)
	}
	edges := r.whole
	if len(edges) > 3000 {
		edges = limit(edges, 1000) + " \n " + flat(fold(tailOf(r.m.Text, 2000)))
	}
	if words, ok := ruleset("body.bulk").match(edges); ok && (len(r.whole) > 300 || r.m.header.has("Precedence")) {
		return verdict(models.ClassOther, "a mailing that answers nothing: "+words)
	}
	return none()
}

// ownPost: where one person is the whole company, postmaster@ may be theirs. A
// name, an answer and what it answers tell.
func (r reading) ownPost() bool {
	return strings.HasPrefix(r.m.From.Email, "postmaster@") && r.m.From.Name != "" && r.answers() && r.quotesUs() && !ruleset("bounce.name").any(fold(r.m.From.Name))
}

// answers: it stands in a thread, or says so.
func (r reading) answers() bool {
	return r.m.InReplyTo != "" || len(r.m.References) > 0 || r.re
}

// bulk mail has the headers of mailings and answers nothing. People's answers
// through a group have them, too, and so has what people post to a discussion
// list, which can be posted to (RFC 2369).
func (r reading) bulk() bool {
	h := r.m.header
	if r.answers() || r.discussion() {
		return false
	}
	return h.has("List-Unsubscribe") || h.has("List-Id") || h.has("Feedback-ID") || h.has("X-CSA-Complaints") || h.has("X-Campaign") ||
		h.has("X-CampaignID") || h.has("X-Mailchimp-Campaign-Id") || h.has("X-MC-User")
}

func (r reading) discussion() bool {
	h := r.m.header
	post := strings.ToLower(strings.TrimSpace(h.raw("List-Post")))
	open := post != "" && !strings.HasPrefix(post, "no") || h.has("X-BeenThere") || h.has("X-Mailing-List") || h.has("Mailing-List") || h.has("X-Mailman-Version")
	return open && !h.has("Feedback-ID") && !h.has("X-Campaign") && !ruleset("sender.robot").any(r.m.From.Email)
}
