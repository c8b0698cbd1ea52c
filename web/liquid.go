package web

import (
	"regexp"
	"strings"
)

// liquidPart is a piece of a template's text as people read it: words, what
// is filled in, or what decides.
type liquidPart struct {
	Kind   string // "", "fill" or "logic"
	Text   string
	Source string
}

var liquidTag = regexp.MustCompile(`\{\{.*?\}\}|\{%.*?%\}`)

// liquidParts takes a template's text apart, so that a sequence reads as a
// text and not as a program.
func liquidParts(source string) []liquidPart {
	var parts []liquidPart
	at := 0
	for _, m := range liquidTag.FindAllStringIndex(source, -1) {
		if m[0] > at {
			parts = append(parts, liquidPart{Text: source[at:m[0]]})
		}
		tag := source[m[0]:m[1]]
		inner := strings.Trim(tag[2:len(tag)-2], "- \t\n")
		p := liquidPart{Kind: "logic", Text: logicWords(inner), Source: tag}
		if tag[1] == '{' {
			p.Kind, p.Text = "fill", fillWords(inner)
		}
		parts = append(parts, p)
		at = m[1]
	}
	if at < len(source) {
		parts = append(parts, liquidPart{Text: source[at:]})
	}
	return parts
}

// fillWords: "prospect.first_name | default: 'there'" → "prospect first name".
func fillWords(inner string) string {
	name, _, _ := strings.Cut(inner, "|")
	return strings.TrimSpace(plain(name))
}

func logicWords(inner string) string {
	if strings.HasPrefix(inner, "end") {
		return "end"
	}
	return plain(inner)
}
