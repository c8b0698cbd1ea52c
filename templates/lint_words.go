package templates

import (
	"regexp"
	"strings"
)

// ruleSet is a language's word rules.
type ruleSet struct {
	phrases   []phrase
	openers   *regexp.Regexp // how a question begins that asks for more than yes or no
	questions []question
	weStarts  *regexp.Regexp // a talking point that begins with us
	youStart  string         // what to write instead
	callBack  *regexp.Regexp // the one request of a voicemail
	ourCall   *regexp.Regexp // before callBack: it is we who call
	requests  []*regexp.Regexp
}

// phrase is a form of words that gives the customer nothing. Go's regular
// expressions cannot look around, so what must not stand before or after a
// match is said apart: before ends with $, after and still begin with ^.
type phrase struct {
	rule       string
	severity   Severity
	match      *regexp.Regexp
	before     *regexp.Regexp // no finding where the text before the match ends so
	after      *regexp.Regexp // no finding where the text after it begins so,
	still      *regexp.Regexp // unless it begins so
	message    string
	suggestion string
}

// question is a closed question with an open one to ask instead.
type question struct {
	match      *regexp.Regexp // against the clause; begins with ^
	unless     *regexp.Regexp
	suggestion string
}

// words compiles a pattern in which a space stands for anything between two
// words: spaces, hyphens, emphasis, Liquid tags. Letters match both cases;
// an apostrophe matches every kind.
func words(pattern string) *regexp.Regexp {
	pattern = strings.ReplaceAll(pattern, " ", `(?:[\s\x{00A0}\x{202F}*_~\x1a\-\x{2010}-\x{2015}]+)`)
	pattern = strings.ReplaceAll(pattern, "'", `['’‘ʼ]?`)
	return regexp.MustCompile(`(?i)` + pattern)
}

func (l *linter) phrases(t *lintedText) {
	if l.rules == nil {
		return
	}
	taken := make([]bool, len(t.masked)+1)
	for _, p := range l.rules.phrases {
		for _, m := range p.match.FindAllStringIndex(t.masked, -1) {
			if taken[m[0]] || taken[m[1]-1] || p.excused(t.masked, m[0], m[1]) {
				continue
			}
			for i := m[0]; i < m[1]; i++ {
				taken[i] = true
			}
			l.report(t, Finding{Rule: p.rule, Severity: p.severity, Message: p.message, Suggestion: p.suggestion}, m[0], m[1])
		}
	}
}

func (p phrase) excused(text string, from, to int) bool {
	if p.after != nil {
		if p.after.MatchString(text[to:]) && (p.still == nil || !p.still.MatchString(text[to:])) {
			return true
		}
	}
	return p.before != nil && p.before.MatchString(text[max(0, from-80):from])
}

// sentenceEnd is what ends a sentence, for finding where a question begins.
var sentenceEnd = regexp.MustCompile(`[.!?:;…\n]+["”’)\]*_]*\s+|\n+|\s[–—-]+\s`)

// questions warns of questions that yes or no would answer.
func (l *linter) questions(t *lintedText) {
	if l.rules == nil {
		return
	}
	for at := 0; at < len(t.masked); {
		i := strings.IndexByte(t.masked[at:], '?')
		if i < 0 {
			return
		}
		end := at + i + 1
		from := at
		for _, m := range sentenceEnd.FindAllStringIndex(t.masked[at:end-1], -1) {
			from = at + m[1]
		}
		l.question(t, from, end)
		at = end
	}
}

// No question has longer clauses, in bytes, or more of them; a text made of
// commas must not take seconds.
const (
	longestClause = 240
	mostClauses   = 12
)

// question judges the sentence [from, to) clause by clause: "If I sent it,
// would you read it?" A clause that begins openly makes the rest open.
func (l *linter) question(t *lintedText, from, to int) {
	for start, n := from, 0; start < to && n < mostClauses; n++ {
		clause := t.masked[start:min(to, start+longestClause)]
		if l.rules.openers.MatchString(clause) {
			return
		}
		for _, q := range l.rules.questions {
			if !q.match.MatchString(clause) || q.unless != nil && q.unless.MatchString(clause) {
				continue
			}
			lead := len(clause) - len(strings.TrimLeft(clause, " \t\n"))
			l.report(t, mild("closed-question", "a question that yes or no answers ends the talk; ask one that begins with what, how, which or when", q.suggestion), start+lead, to)
			return
		}
		comma := strings.IndexByte(t.masked[start:to], ',')
		if comma < 0 {
			return
		}
		start += comma + 1
	}
}
