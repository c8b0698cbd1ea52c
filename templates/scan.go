package templates

import (
	"strings"
	"unicode/utf8"

	"github.com/osteele/liquid/parser"
)

type tokenKind uint8

const (
	textToken   tokenKind = iota
	outputToken           // {{ … }}
	tagToken              // {% … %}
)

// token is a piece of a template with its place in the source.
type token struct {
	kind       tokenKind
	source     string // braces included
	name, args string // a tag's name; what stands between the braces
	at         int    // byte offset of the token
	argsAt     int    // byte offset of args
}

// scan cuts a template exactly as the Liquid library does, because it is its
// scanner; what this adds is the offset, which the library does not keep.
func scan(source string) []token {
	raw := parser.Scan(source, parser.SourceLoc{}, nil)
	tokens := make([]token, 0, len(raw))
	at := 0
	for _, t := range raw {
		switch t.Type {
		case parser.TextTokenType:
			tokens = append(tokens, token{kind: textToken, source: t.Source, at: at, argsAt: at})
		case parser.ObjTokenType:
			tokens = append(tokens, token{kind: outputToken, source: t.Source, args: t.Args, at: at, argsAt: at + strings.Index(t.Source, t.Args)})
		case parser.TagTokenType:
			argsAt := at
			if t.Args != "" {
				argsAt += strings.LastIndex(t.Source, t.Args)
			}
			tokens = append(tokens, token{kind: tagToken, source: t.Source, name: t.Name, args: t.Args, at: at, argsAt: argsAt})
		}
		at += len(t.Source) // trim marks have no source of their own
	}
	return tokens
}

// trims tells which sides of the token have a dash, which eats white space.
func (t token) trims() (left, right bool) {
	return len(t.source) > 4 && t.source[2] == '-', len(t.source) > 4 && t.source[len(t.source)-3] == '-'
}

// position is the 1-based line and column, in characters, of a byte offset.
func position(source string, offset int) (line, column int) {
	offset = min(max(offset, 0), len(source))
	before := source[:offset]
	line = strings.Count(before, "\n") + 1
	return line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}
