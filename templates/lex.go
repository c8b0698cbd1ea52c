package templates

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type lexKind uint8

const (
	lexName     lexKind = iota // a variable, a filter, a word like and
	lexProperty                // .name
	lexKeyword                 // name: before a filter's arguments
	lexString
	lexNumber
	lexPipe
	lexComma
	lexCompare
	lexOpen  // (
	lexClose // )
	lexIndex // [
	lexIndexEnd
	lexOther
)

type lexeme struct {
	kind lexKind
	text string // a string without its quotes, a property without its dot
	at   int
}

// lex cuts what stands between the braces. The Liquid library judges the
// grammar; this only finds the names in it.
func lex(s string) []lexeme {
	var out []lexeme
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRuneInString(s[i:])
		start := i
		switch {
		case unicode.IsSpace(r):
			i += width
			continue
		case r == '"' || r == '\'':
			end := strings.IndexRune(s[i+1:], r)
			if end < 0 {
				out = append(out, lexeme{lexOther, s[i:], start})
				return out
			}
			out = append(out, lexeme{lexString, s[i+1 : i+1+end], start})
			i += end + 2
			continue
		case nameStart(r):
			i = nameEnd(s, i)
			if i < len(s) && s[i] == ':' {
				out = append(out, lexeme{lexKeyword, s[start:i], start})
				i++
				continue
			}
			out = append(out, lexeme{lexName, s[start:i], start})
			continue
		case r == '.' && i+1 < len(s) && nameStart(firstRune(s[i+1:])):
			i = nameEnd(s, i+1)
			out = append(out, lexeme{lexProperty, s[start+1 : i], start})
			continue
		case unicode.IsDigit(r) || r == '-' && i+1 < len(s) && s[i+1] >= '0' && s[i+1] <= '9':
			for i++; i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' && !strings.HasPrefix(s[i:], "..")); i++ {
			}
			out = append(out, lexeme{lexNumber, s[start:i], start})
			continue
		}
		kind, n := punctuation(s[i:])
		out = append(out, lexeme{kind, s[i : i+max(n, width)], start})
		i += max(n, width)
	}
	return out
}

func punctuation(s string) (lexKind, int) {
	for _, op := range []string{"==", "!=", ">=", "<=", "<", ">"} {
		if strings.HasPrefix(s, op) {
			return lexCompare, len(op)
		}
	}
	switch s[0] {
	case '|':
		return lexPipe, 1
	case ',':
		return lexComma, 1
	case '(':
		return lexOpen, 1
	case ')':
		return lexClose, 1
	case '[':
		return lexIndex, 1
	case ']':
		return lexIndexEnd, 1
	}
	if strings.HasPrefix(s, "..") {
		return lexOther, 2
	}
	return lexOther, 1
}

func nameStart(r rune) bool { return r == '_' || unicode.IsLetter(r) }

func nameEnd(s string, i int) int {
	for i < len(s) {
		r, width := utf8.DecodeRuneInString(s[i:])
		if !nameStart(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '-' {
			break
		}
		i += width
	}
	return i
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}
