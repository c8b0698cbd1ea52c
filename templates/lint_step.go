package templates

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"followup/models"
)

// stepRules by channel; every text runs through the word rules as well.
var stepRules = map[models.ChannelKind][]func(*linter, int, models.Step){
	models.ChannelEmail:     {needsSubject, needsBody},
	models.ChannelSMS:       {needsBody, fitsSegments},
	models.ChannelVoicemail: {needsBody, oneRequest, saysNumber},
	models.ChannelCall:      {needsReason},
	models.ChannelLastUsed:  {needsSubject, needsBody},
}

func (l *linter) step(i int, s models.Step) {
	for _, rule := range stepRules[s.Channel] {
		rule(l, i, s)
	}
	for _, f := range textFields(s) {
		if f.text == "" {
			continue
		}
		t := l.lintedText(i, f.name, f.text)
		a := analyse(f.text)
		for _, fault := range a.faults {
			l.reportFault(t, fault)
		}
		l.phrases(t)
		l.questions(t)
		if len(a.faults) == 0 {
			l.fallbacks(t, a)
		}
	}
}

func (l *linter) lintedText(i int, field, text string) *lintedText {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	node, variant := l.nodeOf(i, field)
	return &lintedText{node: node, variant: variant, key: l.definition.Steps[i].Key, field: field, text: text, masked: maskQuotes(maskLiquid(text))}
}

func (l *linter) reportFault(t *lintedText, fault *Error) {
	f := severe("template", fault.Message, "")
	f.Step, f.Field, f.Variant, f.Line, f.Column = t.key, t.field, t.variant, fault.Line, fault.Column
	if l.file != nil {
		f.Line, f.Column = l.file.place(l.file.nodes[t.node], f.Line, f.Column)
	}
	l.findings = append(l.findings, f)
}

func needsSubject(l *linter, i int, s models.Step) {
	if strings.TrimSpace(s.Subject) == "" {
		l.reportStep(i, "subject", severe("subject", "an email without a subject is taken for spam", "Name the gain in the customer's words: “Two days less at the end of the month”."))
	}
}

func needsBody(l *linter, i int, s models.Step) {
	if strings.TrimSpace(s.Body) == "" {
		l.reportStep(i, "body", severe("empty-body", "the step sends a message and has no text", "Write the text in body."))
	}
}

// needsReason: a call without a reason of value is the courtesy call of which
// the literature warns.
func needsReason(l *linter, i int, s models.Step) {
	if strings.TrimSpace(s.TalkingPoint) == "" {
		l.reportStep(i, "talking_point", severe("talking-point", "the call has no reason: nothing completes “The reason I'm calling is …”",
			"Write in talking_point what the customer gains: “you can … by …”."))
		return
	}
	t := l.lintedText(i, "talking_point", s.TalkingPoint)
	if l.rules == nil || l.rules.weStarts == nil {
		return
	}
	if m := l.rules.weStarts.FindStringIndex(t.masked); m != nil {
		l.report(t, mild("you-not-we", "the reason begins with us; the customer listens for you", l.rules.youStart), firstWordAt(t.masked), m[1])
	}
}

// firstWordAt skips blanks and masks.
func firstWordAt(s string) int {
	return len(s) - len(strings.TrimLeft(s, " \t\n*_\"“„«"+string(maskTag)+string(maskValue)))
}

// oneRequest: a listener does one thing after a voicemail, and it must be the call.
func oneRequest(l *linter, i int, s models.Step) {
	if l.rules == nil || strings.TrimSpace(s.Body) == "" || recorded(s.Body) {
		return
	}
	t := l.lintedText(i, "body", s.Body)
	asked := false
	for _, m := range l.rules.callBack.FindAllStringIndex(t.masked, -1) {
		asked = asked || !l.ours(t, m[0])
	}
	if !asked {
		l.reportStep(i, "body", severe("one-request", "the voicemail asks for no call back", "End with one request: “Call me at {{ rep.phone }}.”"))
	}
	seen := 0 // where the last finding ended, so that one request is told once
	for _, m := range l.otherRequests(t) {
		if m[0] >= seen {
			seen = m[1]
			l.report(t, severe("one-request", "the voicemail asks for something beside the call back; whoever hears two requests does neither", "Keep the call back and drop this one."), m[0], m[1])
		}
	}
}

// otherRequests are the places of what is asked beside the call back, in order.
func (l *linter) otherRequests(t *lintedText) (places [][]int) {
	for _, r := range l.rules.requests {
		for _, m := range r.FindAllStringIndex(t.masked, -1) {
			if !l.ours(t, m[0]) {
				places = append(places, m)
			}
		}
	}
	slices.SortFunc(places, func(a, b []int) int { return a[0] - b[0] })
	return places
}

// ours tells whether it is we who will do what the match at this offset names.
func (l *linter) ours(t *lintedText, at int) bool {
	return l.rules.ourCall.MatchString(t.masked[max(0, at-60):at])
}

// recorded tells whether a voicemail plays a recording: its body is one
// address, and what is said there no lint can read.
func recorded(body string) bool {
	body = strings.TrimSpace(body)
	return strings.HasPrefix(body, "https://") && !strings.ContainsAny(body, " \t\n")
}

var spokenDigits = regexp.MustCompile(`(?:\d[\s().,/\-]*){7,}`)

// saysNumber: a voicemail without the number makes the listener search for it.
func saysNumber(l *linter, i int, s models.Step) {
	if strings.TrimSpace(s.Body) == "" || recorded(s.Body) {
		return
	}
	t := l.lintedText(i, "body", s.Body)
	says := spokenDigits.MatchString(t.masked)
	for _, r := range analyse(s.Body).used {
		says = says || slices.Contains([]string{"rep.phone", "sender.address"}, r.String())
	}
	if !says {
		l.reportStep(i, "body", severe("say-the-number", "the voicemail does not say the number to call", "Say it slowly and twice: {{ rep.phone | default: sender.address }}."))
	}
}

// segment sizes of texts: GSM 03.38, and UCS-2 as soon as one letter is outside it.
const (
	gsmSegment, ucsSegment = 153, 67
	mostSegments           = 2
	valueLength            = 12 // what a value takes, about
)

// gsmLetters is the GSM-7 alphabet beyond ASCII; doubled are those that take two places.
const (
	gsmLetters = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmDoubled = "\f^{}\\[~]|€"
)

// fitsSegments warns of texts that are billed and read as several.
func fitsSegments(l *linter, i int, s models.Step) {
	length, gsm := 0, true
	for _, t := range scan(s.Body) {
		if t.kind == outputToken {
			length += valueLength
		}
		if t.kind != textToken {
			continue
		}
		for _, r := range t.source {
			length += max(1, (utf8.RuneLen(r)+1)/3)
			if strings.ContainsRune(gsmDoubled, r) {
				length++
			} else if !strings.ContainsRune(gsmLetters, r) {
				gsm = false
			}
		}
	}
	size := gsmSegment
	if !gsm {
		size = ucsSegment
	}
	if n := (length + size - 1) / size; n > mostSegments {
		l.reportStep(i, "body", mild("long-text", fmt.Sprintf("the text takes about %d segments; people read one or two", n), "Say one thing and ask one question; plain letters instead of typographic ones make it shorter, too."))
	}
}

// oftenMissing are groups that many prospects have nothing in.
var oftenMissing = []string{"prospect", "company", "discovery", "talking_point", customGroup}

// fallbacks warns of variables that would hold the message back for a
// prospect of whom little is known.
func (l *linter) fallbacks(t *lintedText, a *analysis) {
	for i, e := range a.outputs {
		if len(e.references) == 0 || e.fallback {
			continue
		}
		r := e.references[0]
		if !slices.Contains(oftenMissing, r.group) || a.tests[r.String()] || a.tests[r.group] {
			continue
		}
		at := a.tokens[i].at
		l.report(t, mild("fallback", r.String()+" may be empty; the message would wait for a person to fill it in", "Give a fallback: {{ "+r.String()+" | default: \"…\" }}"), at, at+len(a.tokens[i].source))
	}
}

// sequence judges what concerns more than one step.
func (l *linter) sequence() {
	followUps := 0
	reasons := map[string]string{}
	for i, s := range l.definition.Steps {
		if s.Disabled {
			continue
		}
		if s.Purpose.Counts() && l.definition.CountsAsFollowUp {
			followUps++
		}
		if limit := models.DefaultSettings().FollowUpLimit; followUps == limit+1 && s.Purpose.Counts() {
			l.reportStep(i, "key", mild("follow-up-limit", fmt.Sprintf("this is follow-up number %d; past %d the gate holds everything but one goodbye", followUps, limit), "End with purpose: goodbye and leave the door open."))
		}
		reason := strings.Join(strings.Fields(strings.ToLower(s.TalkingPoint)), " ")
		if first, again := reasons[reason]; again && reason != "" {
			l.reportStep(i, "talking_point", mild("same-reason", "the call gives the same reason as step "+first, "Give a fresh reason each time."))
		}
		reasons[reason] = s.Key
	}
}
