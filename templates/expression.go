package templates

import (
	"fmt"
	"slices"
	"strings"

	"github.com/osteele/liquid/expressions"
)

// expressionPlace is where an expression stands: what it may contain depends on it.
type expressionPlace uint8

const (
	inOutput    expressionPlace = iota // {{ … }}
	inCondition                        // if, unless, elsif, case
	inWhen                             // when: values, by commas
)

// reference is a variable that an expression names.
type reference struct {
	group, field string // field "": the group itself, or a name without group
	at           int    // byte offset within the expression
}

func (r reference) String() string {
	if r.field == "" {
		return r.group
	}
	return r.group + "." + r.field
}

// expression is what the checks found in one {{ … }} or condition.
type expression struct {
	references []reference
	literals   []lexeme // its quoted strings
	fallback   bool     // has a default filter
}

// fault is an error at an offset, before lines and columns are known.
type fault struct {
	at      int
	message string
}

func faultf(at int, format string, args ...any) *fault {
	return &fault{at, fmt.Sprintf(format, args...)}
}

// words of the expression language that are no variables. Blank and empty
// have no value here, and neither has an unfilled variable: they are equal.
var reserved = map[string]bool{
	"true": true, "false": true, "nil": true, "null": true, "and": true, "or": true, "contains": true,
	"in": true, "empty": true, "blank": true,
}

// readExpression checks an expression and finds the variables in it.
func readExpression(source string, place expressionPlace) (expression, *fault) {
	var e expression
	words := lex(source)
	for i := 0; i < len(words); i++ {
		w := words[i]
		switch {
		case w.kind == lexString:
			e.literals = append(e.literals, w)
		case w.kind == lexPipe:
			if f := e.filter(words, i); f != nil {
				return e, f
			}
			i++ // its name
		case w.kind == lexOther && w.text == "..":
			return e, faultf(w.at, "ranges are not used in templates; write the words themselves")
		case w.kind == lexIndex:
			return e, faultf(w.at, "write prospect.first_name, not prospect[…]; brackets are only for %s[\"a name\"]", customGroup)
		case place == inOutput && (w.kind == lexCompare || w.kind == lexName && slices.Contains([]string{"and", "or", "contains"}, w.text)):
			return e, faultf(w.at, "%q compares, but {{ … }} prints a value; put the comparison in {%% if … %%}", w.text)
		case place == inOutput && w.kind == lexOpen:
			return e, faultf(w.at, "parentheses are only for {%% if … %%}")
		case w.kind == lexName && !reserved[w.text]:
			ref, next, f := e.variable(words, i, place)
			if f != nil {
				return e, f
			}
			e.references = append(e.references, ref)
			i = next
		}
	}
	return e, grammar(source, place)
}

// variable reads the name at words[i] with its field and tells where it ends.
func (e *expression) variable(words []lexeme, i int, place expressionPlace) (reference, int, *fault) {
	ref := reference{group: words[i].text, at: words[i].at}
	next := i
	switch {
	case i+1 < len(words) && words[i+1].kind == lexProperty:
		ref.field, next = words[i+1].text, i+1
	case ref.group == customGroup && i+3 < len(words) && words[i+1].kind == lexIndex && words[i+2].kind == lexString && words[i+3].kind == lexIndexEnd:
		ref.field, next = words[i+2].text, i+3
	}
	if next+1 < len(words) && words[next+1].kind == lexIndex {
		return ref, next, faultf(words[next+1].at, "write prospect.first_name, not prospect[…]; brackets are only for %s[\"a name\"]", customGroup)
	}
	if next+1 < len(words) && words[next+1].kind == lexProperty {
		return ref, next, faultf(ref.at, "%s.%s does not exist: %s has no parts", ref, words[next+1].text, ref)
	}
	return ref, next, ref.check(place)
}

// check refuses variables that do not exist.
func (r reference) check(place expressionPlace) *fault {
	name := r.String()
	if _, ok := variables[name]; ok {
		return nil
	}
	_, isGroup := groups[r.group]
	switch {
	case r.group == customGroup && r.field != "":
		return nil
	case isGroup && r.field == "" && place == inCondition:
		return nil
	case isGroup && r.field == "":
		return faultf(r.at, "%s is a group of variables; write one of them, such as %s", name, firstOf(r.group))
	}
	hint := "variables begin with " + strings.Join(groupNames, ".…, ") + ".…"
	if s := suggestVariable(name); s != "" {
		hint = "did you mean " + s + "?"
	} else if isGroup {
		hint = r.group + " has " + strings.Join(fieldsOf(r.group), ", ")
	} else if r.field == "" {
		hint = "fields of your own are written " + customGroup + "." + name
	}
	return faultf(r.at, "there is no variable %s; %s", name, hint)
}

func fieldsOf(group string) []string {
	var fields []string
	for _, v := range variableNames {
		if g, f, ok := strings.Cut(v, "."); ok && g == group {
			fields = append(fields, f)
		}
	}
	return fields
}

func firstOf(group string) string {
	for _, v := range catalogue {
		if strings.HasPrefix(v.name, group+".") {
			return v.name
		}
	}
	return group + ".something"
}

// filter checks the filter after the pipe at words[i] and its arguments.
func (e *expression) filter(words []lexeme, i int) *fault {
	if i+1 >= len(words) || words[i+1].kind != lexName && words[i+1].kind != lexKeyword {
		return faultf(words[i].at, "a filter's name must follow |, such as | default: \"there\"")
	}
	w := words[i+1]
	def, ok := filters[w.text]
	if !ok {
		return faultf(w.at, "there is no filter %s%s The filters are %s", w.text, orPeriod(didYouMean(w.text, filterNames)), strings.Join(filterNames, ", "))
	}
	given := 0
	if w.kind == lexKeyword {
		given = 1
		for _, a := range words[i+2:] {
			if a.kind == lexPipe || a.kind == lexClose {
				break
			}
			if a.kind == lexComma {
				given++
			}
		}
	}
	if given < def.least || given > def.most {
		return faultf(w.at, "the filter %s is written %s", w.text, def.usage)
	}
	e.fallback = e.fallback || w.text == "default"
	return nil
}

func orPeriod(s string) string {
	if s == "" {
		return "."
	}
	return s
}

// grammar asks the Liquid library whether the expression can be read. It
// panics on numbers that do not fit.
func grammar(source string, place expressionPlace) (f *fault) {
	defer func() {
		if recover() != nil {
			f = faultf(0, "%q cannot be read; check its numbers and signs", shorten(source))
		}
	}()
	var err error
	if place == inWhen {
		_, err = expressions.ParseStatement(expressions.WhenStatementSelector, source)
	} else {
		_, err = expressions.Parse(source)
	}
	if err != nil {
		return faultf(0, "%q cannot be read; check quotes, dots and filters", shorten(source))
	}
	return nil
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:59]) + "…"
	}
	return s
}
