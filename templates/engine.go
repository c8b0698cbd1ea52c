package templates

import (
	"strings"
	"sync"

	"github.com/osteele/liquid"
)

// markFilter ends every {{ … }} of a compiled template; nobody can write it.
const markFilter = "mark_value"

// engine is the one Liquid engine. Loops, capture and raw are blocks, which
// the library cannot unregister: analyse refuses them by name.
var engine = sync.OnceValue(func() *liquid.Engine {
	e := liquid.NewEngine()
	e.StrictVariables()
	for _, tag := range []string{"assign", "include", "cycle", "break", "continue"} {
		e.UnregisterTag(tag)
	}
	for name := range filters {
		e.RegisterFilter(name, func(v any, args ...any) any { return applyFilter(name, v, args) })
	}
	e.RegisterFilter(markFilter, mark)
	return e
})

// unmarked says that the output with this index has nothing to print.
type unmarked struct {
	output  int
	message string // "" : no value
}

func (u *unmarked) Error() string { return "no value" }

// mark puts the marks around a value, or fails where there is none.
func mark(v any, output int) (any, error) {
	switch v := v.(type) {
	case nil:
		return nil, &unmarked{output: output}
	case failure:
		return nil, &unmarked{output, string(v)}
	case string:
		return valueStart + v + valueEnd, nil
	case bool, int, float64:
		return valueStart + textOf(v) + valueEnd, nil
	}
	return nil, &unmarked{output, "this is no text; print one of its parts"}
}

var unmark = strings.NewReplacer(valueStart, "", valueEnd, "")

// Render renders one Liquid text, literally (no Markdown). Its error is *Error.
func Render(source string, d Data) (string, error) {
	c, err := compile(source)
	if err != nil {
		return "", err
	}
	out, err := c.run(newScope(&d))
	if err != nil {
		return "", err
	}
	if c.template == nil {
		return out, nil
	}
	return unmark.Replace(out), nil
}
