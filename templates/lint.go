package templates

import (
	"sort"
	"strings"

	"followup/models"
)

// Lint judges a sequence before publishing. source may be nil; with it findings have lines.
func Lint(d models.Definition, source []byte) []Finding {
	l := &linter{definition: d, rules: rulesOf(or(d.Locale, "en"))}
	if len(source) > 0 {
		l.file = readFile(source)
	}
	for i, s := range d.Steps {
		if !s.Disabled {
			l.variants(i, s)
		}
	}
	l.sequence()
	sort.SliceStable(l.findings, func(i, j int) bool {
		a, b := l.findings[i], l.findings[j]
		return l.file != nil && (a.Line < b.Line || a.Line == b.Line && a.Column < b.Column)
	})
	return l.findings
}

// LintText judges what a person writes by hand: warnings only, quoted text ignored.
func LintText(text, locale string) []Finding {
	text = strings.ReplaceAll(text[:min(len(text), maxSource)], "\r\n", "\n")
	l := &linter{rules: rulesOf(or(locale, "en"))}
	t := &lintedText{text: text, masked: maskQuotes(text)}
	l.phrases(t)
	l.questions(t)
	for i := range l.findings {
		l.findings[i].Severity = SeverityWarning
	}
	sort.SliceStable(l.findings, func(i, j int) bool {
		a, b := l.findings[i], l.findings[j]
		return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
	})
	return l.findings
}

// linter gathers findings. rules is nil for a language without word rules;
// the rules on what a step must have hold in every language.
type linter struct {
	definition models.Definition
	file       *file // nil without a source
	rules      *ruleSet
	findings   []Finding
	variant    int    // whose texts are judged, from 1; 0: the step's own
	variantKey string // its key
}

// lintedText is one text with what the word rules may see of it: as many
// bytes, but quoted text and Liquid blanked out.
type lintedText struct {
	node  string // where it stands in the file, see stepNode
	key   string
	field string
	// variant is the key of the variant whose own text it is.
	variant string
	text    string
	masked  string
}

// report adds a finding at bytes [from, to) of the text.
func (l *linter) report(t *lintedText, f Finding, from, to int) {
	f.Step, f.Field, f.Variant = t.key, t.field, t.variant
	f.Text = strings.Join(strings.Fields(t.text[from:to]), " ")
	f.Line, f.Column = position(t.text, from)
	if l.file != nil {
		f.Line, f.Column = l.file.place(l.file.nodes[t.node], f.Line, f.Column)
	}
	l.findings = append(l.findings, f)
}

// reportStep adds a finding on a step or a field that is missing.
func (l *linter) reportStep(i int, field string, f Finding) {
	f.Step, f.Field = l.definition.Steps[i].Key, field
	if l.file != nil {
		path, _ := l.nodeOf(i, field)
		n := l.file.nodes[path]
		if n == nil {
			n = l.file.nodes[stepNode(i, "")]
		}
		if n != nil {
			f.Line, f.Column = n.Line, n.Column
		}
	}
	l.findings = append(l.findings, f)
}

// severe is an error in a sequence: it would be sent to many, unread.
func severe(rule, message, suggestion string) Finding {
	return Finding{Rule: rule, Severity: SeverityError, Message: message, Suggestion: suggestion}
}

func mild(rule, message, suggestion string) Finding {
	return Finding{Rule: rule, Severity: SeverityWarning, Message: message, Suggestion: suggestion}
}
