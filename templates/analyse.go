package templates

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxSource is the longest template, in bytes.
const maxSource = 32 << 10

// analysis is what a template's checks found.
type analysis struct {
	source  string // with \n line ends
	tokens  []token
	outputs map[int]expression // by index in tokens
	tests   map[string]bool    // variables that a condition asks for
	used    []reference
	faults  []*Error
}

// maxFaults is how many faults of one text are told; whoever has more mends
// these first.
const maxFaults = 20

func (a *analysis) fault(at int, message string) {
	if len(a.faults) >= maxFaults {
		return
	}
	line, column := position(a.source, at)
	a.faults = append(a.faults, &Error{Line: line, Column: column, Message: message})
}

// analyse checks a template before anything of it runs. The library knows
// tags and filters that loop, keep state or read files, lets unknown
// variables in conditions pass, and prints an unclosed {{ as text: all of it
// is refused here, with its place.
func analyse(source string) *analysis {
	a := &analysis{source: strings.ReplaceAll(source, "\r\n", "\n"), outputs: map[int]expression{}, tests: map[string]bool{}}
	if len(source) > maxSource {
		a.faults = append(a.faults, &Error{Line: 1, Column: 1, Message: "the text is longer than 32 KB; shorten it or link to a document"})
		return a
	}
	if at := unreadable(a.source); at >= 0 {
		a.fault(at, "there is a character that cannot be read here; remove it and type it again")
		return a
	}
	a.tokens = scan(a.source)
	a.walk()
	return a
}

// unreadable is the offset of the first invalid or control character; -1: none.
func unreadable(s string) int {
	for i, r := range s {
		if r == utf8.RuneError && !strings.HasPrefix(s[i:], "\uFFFD") || r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return i
		}
	}
	return -1
}

// block is an open {% if %}, {% unless %}, {% case %} or {% comment %}.
type block struct {
	token
	closed bool // its else was there
}

func (a *analysis) walk() {
	var open []block
	for i, t := range a.tokens {
		if n := len(open); n > 0 && open[n-1].name == "comment" && t.name != "endcomment" {
			continue
		}
		switch t.kind {
		case textToken:
			a.strayBraces(t)
		case outputToken:
			e := a.expression(t, inOutput)
			a.outputs[i] = e
		case tagToken:
			open = a.tag(t, open)
		}
	}
	for _, b := range open {
		a.fault(b.at, "{% "+b.name+" %} is never closed; write {% end"+b.name+" %} where it ends")
	}
}

func (a *analysis) strayBraces(t token) {
	for _, brace := range []struct{ text, message string }{
		{"{{", "{{ is not closed on this line; write {{ prospect.first_name }}"},
		{"{%", "{% is not closed or has no name; write {% if prospect.title %} … {% endif %}"},
		{"}}", "}} has no {{ before it; write {{ prospect.first_name }}"},
		{"%}", "%} has no {% before it; write {% if prospect.title %} … {% endif %}"},
	} {
		if at := strings.Index(t.source, brace.text); at >= 0 {
			a.fault(t.at+at, brace.message)
			return
		}
	}
}

// conditionPlaces are the tags with an expression.
var conditionPlaces = map[string]expressionPlace{
	"if": inCondition, "unless": inCondition, "elsif": inCondition, "case": inCondition, "when": inWhen,
}

// clauses are the tags that divide a block.
var clauses = map[string][]string{"else": {"if", "unless", "case"}, "elsif": {"if"}, "when": {"case"}}

// refusedTags exist in the library and are not for letters to people.
var refusedTags = map[string]string{
	"for": "a text to one person has no loops; write the lines out", "tablerow": "a text to one person has no tables made by loops",
	"break": "there are no loops to leave", "continue": "there are no loops to go on with", "cycle": "there are no loops to cycle in",
	"assign": "variables are not set in a template; use {{ … | default: \"…\" }} where it is printed", "capture": "variables are not set in a template",
	"increment": "variables are not set in a template", "decrement": "variables are not set in a template",
	"include": "a template stands alone; copy the text in", "render": "a template stands alone; copy the text in",
	"raw": "braces cannot be printed; write the text without them",
}

var knownTags = []string{"if", "elsif", "else", "endif", "unless", "endunless", "case", "when", "endcase", "comment", "endcomment"}

func (a *analysis) tag(t token, open []block) []block {
	opener, isEnd := strings.CutPrefix(t.name, "end")
	switch {
	case refusedTags[t.name] != "" || isEnd && refusedTags[opener] != "":
		if !isEnd {
			a.fault(t.at, "{% "+t.name+" %} is not allowed: "+refusedTags[t.name])
		}
		return open
	case !slices.Contains(knownTags, t.name):
		a.fault(t.at, "there is no tag {% "+shorten(t.name)+" %}"+orPeriod(didYouMean(t.name, knownTags))+" The tags are if, unless, case and comment")
		return open
	}
	if place, ok := conditionPlaces[t.name]; ok {
		a.condition(t, place)
	} else if t.args != "" && t.name != "comment" {
		hint := "remove " + shorten(t.args)
		if t.name == "else" {
			hint = "write {% elsif … %}"
		}
		a.fault(t.argsAt, "{% "+t.name+" %} takes nothing after its name; "+hint)
	}
	if isEnd {
		if len(open) == 0 || open[len(open)-1].name != opener {
			a.fault(t.at, "{% "+t.name+" %} closes nothing here; check the order of the tags")
			return open
		}
		return open[:len(open)-1]
	}
	if parents, ok := clauses[t.name]; ok {
		return a.clause(t, parents, open)
	}
	return append(open, block{token: t})
}

func (a *analysis) clause(t token, parents []string, open []block) []block {
	n := len(open)
	switch {
	case n == 0 || !slices.Contains(parents, open[n-1].name):
		a.fault(t.at, "{% "+t.name+" %} must stand inside {% "+strings.Join(parents, " %} or {% ")+" %}")
	case open[n-1].closed:
		a.fault(t.at, "{% "+t.name+" %} comes after {% else %}, so it never applies; put it before")
	case t.name == "else":
		open[n-1].closed = true
	}
	return open
}

func (a *analysis) condition(t token, place expressionPlace) {
	if t.args == "" {
		a.fault(t.at, "{% "+t.name+" %} needs a condition, such as {% if prospect.title %}")
		return
	}
	for _, r := range a.expression(t, place).references {
		a.tests[r.String()] = true
	}
}

func (a *analysis) expression(t token, place expressionPlace) expression {
	e, f := readExpression(t.args, place)
	if f != nil {
		a.fault(t.argsAt+f.at, f.message)
	}
	a.used = append(a.used, e.references...)
	return e
}
