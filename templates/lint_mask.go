package templates

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Masks stand for what the word rules must not read. A tag separates words as
// a space does; a value is a word of its own.
const (
	maskTag   = '\x1a'
	maskValue = '\x1b'
)

// maskLiquid blanks tags and values and leaves the words that they may print:
// {{ x | default: "just checking in" }} says it too.
func maskLiquid(text string) string {
	if !strings.Contains(text, "{{") && !strings.Contains(text, "{%") {
		return text
	}
	b := []byte(text)
	comment := false
	for _, t := range scan(text) {
		fill := byte(maskTag)
		switch {
		case t.kind == tagToken:
			comment = t.name == "comment" || comment && t.name != "endcomment"
		case comment:
		case t.kind == outputToken:
			fill = maskValue
		default:
			continue
		}
		for i := range t.source {
			if b[t.at+i] != '\n' {
				b[t.at+i] = fill
			}
		}
		// Multi-byte runes: every byte is masked, lengths stay.
		for i := t.at; i < t.at+len(t.source); i++ {
			if b[i] >= utf8.RuneSelf {
				b[i] = fill
			}
		}
		if t.kind != outputToken || comment {
			continue
		}
		for _, w := range lex(t.args) {
			if w.kind == lexString {
				copy(b[t.argsAt+w.at+1:], w.text)
			}
		}
	}
	return string(b)
}

var quotedLine = regexp.MustCompile(`(?m)^[ \t]*>.*$`)

// closing quotes by their opening ones.
var quotePairs = map[rune][]rune{'“': {'”', '“'}, '„': {'“', '”'}, '«': {'»'}, '»': {'«'}, '‹': {'›'}, '‘': {'’'}, '‚': {'‘', '’'}, '"': {'"'}}

// maskQuotes blanks quoted text: lines that begin with > and what stands
// between quotation marks within one paragraph. What somebody else said is
// theirs.
func maskQuotes(text string) string {
	b := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if b[i] != '\n' {
				b[i] = maskValue
			}
		}
	}
	for _, m := range quotedLine.FindAllStringIndex(text, -1) {
		blank(m[0], m[1])
	}
	for i := 0; i < len(text); {
		r, width := utf8.DecodeRuneInString(text[i:])
		closers, opens := quotePairs[r]
		if !opens || !atWordStart(text, i) || b[i] == maskValue {
			i += width
			continue
		}
		end := closingQuote(text, i+width, closers)
		if end < 0 {
			i += width
			continue
		}
		blank(i, end)
		i = end
	}
	return string(b)
}

// atWordStart: an opening quote follows a space, a bracket or nothing. What
// follows a letter is an apostrophe, what follows a digit means inches.
func atWordStart(text string, at int) bool {
	r, _ := utf8.DecodeLastRuneInString(text[:at])
	return at == 0 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '.' && r != '!' && r != '?'
}

// longestQuote bounds the search for a closing quote, in bytes.
const longestQuote = 2000

// closingQuote is the offset after the closing quote in the same paragraph; -1: none.
func closingQuote(text string, from int, closers []rune) int {
	for i, r := range text[from:min(len(text), from+longestQuote)] {
		if r == '\n' && strings.HasPrefix(strings.TrimLeft(text[from+i+1:], " \t"), "\n") {
			return -1
		}
		for _, c := range closers {
			if r == c && !apostrophe(text, from+i, c) {
				return from + i + utf8.RuneLen(r)
			}
		}
	}
	return -1
}

// apostrophe tells ’ within a word from ’ at its end.
func apostrophe(text string, at int, c rune) bool {
	if c != '’' {
		return false
	}
	next, _ := utf8.DecodeRuneInString(text[at+utf8.RuneLen(c):])
	return unicode.IsLetter(next)
}
