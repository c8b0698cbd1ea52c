package templates

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/osteele/liquid"
	"github.com/osteele/liquid/expressions"
)

// A value is printed between these marks, so that whoever comes after the
// Liquid library can tell what a template says from what a prospect's data
// says. Neither can contain them: analyse and clean see to that.
const (
	valueStart = "\x01"
	valueEnd   = "\x02"
)

// maxOutput is the longest rendered text, in bytes.
const maxOutput = 256 << 10

// compiled is a template ready to render, for any number of goroutines.
type compiled struct {
	literal  string // the whole text, where it has no variables
	template *liquid.Template
	outputs  []output
	groups   []usedGroup
	single   []usedField // variables without a group
}

// output is one {{ … }}: its place and the variables in it.
type output struct {
	line, column int
	references   []reference
}

type usedGroup struct {
	name    string
	present func(*scope) bool
	fields  []usedField
}

type usedField struct {
	name  string
	value func(*scope) any
}

var compiledTemplates = newCache[*compiled](16 << 20)

// compile checks and compiles a template, or finds it in the cache.
func compile(source string) (*compiled, error) {
	if c, ok := compiledTemplates.get(source); ok {
		return c, nil
	}
	a := analyse(source)
	if len(a.faults) > 0 {
		return nil, a.faults[0]
	}
	c, err := a.compile()
	if err != nil {
		return nil, err
	}
	compiledTemplates.put(source, c)
	return c, nil
}

func (a *analysis) compile() (*compiled, error) {
	c := &compiled{}
	if len(a.tokens) == 0 || len(a.tokens) == 1 && a.tokens[0].kind == textToken {
		c.literal = a.source
		return c, nil
	}
	var marked strings.Builder
	for i, t := range a.tokens {
		e, printed := a.outputs[i]
		if !printed {
			marked.WriteString(t.source)
			continue
		}
		line, column := position(a.source, t.at)
		marked.WriteString(withMark(t, len(c.outputs)))
		c.outputs = append(c.outputs, output{line, column, e.references})
	}
	c.uses(a.used)
	err := guard(func() error {
		t, err := engine().ParseTemplateLocation([]byte(marked.String()), "template", 1)
		if err != nil {
			return &Error{Line: err.LineNumber(), Column: 1, Message: "the template cannot be read: " + err.Cause().Error()}
		}
		c.template = t
		return nil
	})
	return c, err
}

// withMark adds the filter that marks the value and knows its place, keeping
// the dashes and the number of lines.
func withMark(t token, index int) string {
	left, right := t.trims()
	var b strings.Builder
	b.WriteString("{{")
	if left {
		b.WriteByte('-')
	}
	fmt.Fprintf(&b, "%s %s | %s: %d ", strings.Repeat("\n", strings.Count(t.source, "\n")), t.args, markFilter, index)
	if right {
		b.WriteByte('-')
	}
	return b.String() + "}}"
}

// uses notes which variables must be worked out, so that a render pays only for those.
func (c *compiled) uses(refs []reference) {
	seen := map[string]bool{}
	byGroup := map[string]int{}
	for _, r := range refs {
		name := r.String()
		if seen[name] {
			continue
		}
		seen[name] = true
		present, isGroup := groups[r.group]
		if !isGroup {
			c.single = append(c.single, usedField{name, variables[name]})
			continue
		}
		at, ok := byGroup[r.group]
		if !ok {
			at = len(c.groups)
			byGroup[r.group] = at
			c.groups = append(c.groups, usedGroup{name: r.group, present: present})
		}
		value := variables[name]
		if r.group == customGroup {
			value = customValue(r.field)
		}
		if r.field != "" {
			c.groups[at].fields = append(c.groups[at].fields, usedField{r.field, value})
		}
	}
}

func (c *compiled) bindings(s *scope) liquid.Bindings {
	b := make(liquid.Bindings, len(c.groups)+len(c.single))
	for _, f := range c.single {
		if v := filled(f.value(s)); v != nil {
			b[f.name] = v
		}
	}
	for _, g := range c.groups {
		if !g.present(s) {
			continue
		}
		fields := make(map[string]any, len(g.fields))
		for _, f := range g.fields {
			if v := filled(f.value(s)); v != nil {
				fields[f.name] = v
			}
		}
		b[g.name] = fields
	}
	return b
}

// filled gives nil for what is blank: in Liquid an empty text is true and has
// a value, for a letter it has none.
func filled(v any) any {
	s, ok := v.(string)
	if !ok {
		return v
	}
	if s = clean(s); s == "" {
		return nil
	}
	return s
}

// run renders with the marks around the values still in place.
func (c *compiled) run(s *scope) (string, error) {
	if c.template == nil {
		return c.literal, nil
	}
	bindings := c.bindings(s)
	w := writers.Get().(*limitedWriter)
	defer func() { w.b = w.b[:0]; writers.Put(w) }()
	err := guard(func() error {
		if err := c.template.FRender(w, bindings); err != nil {
			return c.explain(err, bindings)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	return string(w.b), nil
}

// explain turns the library's error into one that names place and variable.
func (c *compiled) explain(err liquid.SourceError, b liquid.Bindings) error {
	var fe expressions.FilterError
	var um *unmarked
	if errors.As(err.Cause(), &fe) && errors.As(fe.Err, &um) && um.output < len(c.outputs) {
		o := c.outputs[um.output]
		e := &Error{Line: o.line, Column: o.column, Message: um.message}
		if um.message == "" {
			e.Variable = missing(o.references, b)
			e.Message = fmt.Sprintf("%s has no value; fill it in or give a fallback: {{ %s | default: \"…\" }}", e.Variable, e.Variable)
			if e.Variable == "" {
				e.Message = "nothing is left to print here; give a fallback with | default: \"…\""
			}
		}
		return e
	}
	if errors.Is(err.Cause(), errTooLong) {
		return tooLong()
	}
	return &Error{Line: err.LineNumber(), Column: 1, Message: "the template cannot be rendered: " + err.Cause().Error()}
}

// missing is the first of the variables without a value.
func missing(refs []reference, b liquid.Bindings) string {
	for _, r := range refs {
		v := b[r.group]
		if m, ok := v.(map[string]any); ok && r.field != "" {
			v = m[r.field]
		}
		if v == nil {
			return r.String()
		}
	}
	return ""
}

// guard turns the library's panics (a writer that fails, a number that does
// not fit, its own mistakes) into errors.
func guard(f func() error) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case error:
			if errors.Is(r, errTooLong) {
				err = tooLong()
				return
			}
			err = &Error{Line: 1, Column: 1, Message: "the template cannot be rendered: " + firstLine(r.Error())}
		default:
			err = &Error{Line: 1, Column: 1, Message: "the template cannot be rendered: " + firstLine(fmt.Sprint(r))}
		}
	}()
	return f()
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	return shorten(s)
}

func tooLong() *Error {
	return &Error{Line: 1, Column: 1, Message: "the text is longer than 256 KB once the values are in; shorten the values"}
}

var errTooLong = errors.New("too long")

// limitedWriter fails where a text grows past maxOutput.
type limitedWriter struct{ b []byte }

func (w *limitedWriter) Write(p []byte) (int, error) {
	if len(w.b)+len(p) > maxOutput {
		return 0, errTooLong
	}
	w.b = append(w.b, p...)
	return len(p), nil
}

var writers = sync.Pool{New: func() any { return &limitedWriter{b: make([]byte, 0, 4<<10)} }}
