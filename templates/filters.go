package templates

import (
	"math"
	"net/url"
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// filterDef is a filter with how it is written. These are our own and not the
// library's: its replace and join multiply the text with each use, so that
// one line of template could fill the memory, and its truncate panics.
type filterDef struct {
	least, most int // arguments
	usage       string
	apply       func(v any, args []any) any
}

// failure is a filter's error on its way to the output, which knows the place.
type failure string

// maxValue is the longest text a filter may make, in bytes.
const maxValue = 64 << 10

var filters = map[string]filterDef{
	"default":       {1, 1, `| default: "there"`, nil}, // see applyFilter
	"upcase":        {0, 0, "| upcase", onText(func(s string, _ []string) string { return strings.ToUpper(s) })},
	"downcase":      {0, 0, "| downcase", onText(func(s string, _ []string) string { return strings.ToLower(s) })},
	"capitalize":    {0, 0, "| capitalize", onText(func(s string, _ []string) string { return capitalize(s) })},
	"strip":         {0, 0, "| strip", onText(func(s string, _ []string) string { return strings.TrimSpace(s) })},
	"append":        {1, 1, `| append: "!"`, onText(func(s string, a []string) string { return s + a[0] })},
	"prepend":       {1, 1, `| prepend: "Dr. "`, onText(func(s string, a []string) string { return a[0] + s })},
	"remove":        {1, 1, `| remove: "Inc."`, onText(func(s string, a []string) string { return strings.ReplaceAll(s, a[0], "") })},
	"replace":       {2, 2, `| replace: "old", "new"`, onText(replace)},
	"truncate":      {1, 2, `| truncate: 40`, truncate(splitRunes, "")},
	"truncatewords": {1, 2, `| truncatewords: 5`, truncate(strings.Fields, " ")},
	"first_word":    {0, 0, "| first_word", onText(func(s string, _ []string) string { return strings.Join(firstN(strings.Fields(s), 1), "") })},
	"spoken":        {0, 0, "| spoken", onText(func(s string, _ []string) string { return spoken(s) })},
	"size":          {0, 0, "| size", size},
	"url_encode":    {0, 0, "| url_encode", onText(func(s string, _ []string) string { return url.QueryEscape(s) })},
	"plus":          {1, 1, "| plus: 1", onNumbers(func(a, b float64) float64 { return a + b })},
	"minus":         {1, 1, "| minus: 1", onNumbers(func(a, b float64) float64 { return a - b })},
	"times":         {1, 1, "| times: 2", onNumbers(func(a, b float64) float64 { return a * b })},
	"divided_by":    {1, 1, "| divided_by: 2", onNumbers(func(a, b float64) float64 { return a / b })},
	"round":         {0, 1, "| round: 2", round},
}

var filterNames = func() (names []string) {
	for name := range filters {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}()

// applyFilter is what the Liquid library calls. No value stays no value
// through every filter but default, so that {{ x | upcase }} is as unfilled
// as {{ x }}.
func applyFilter(name string, v any, args []any) any {
	if f, failed := v.(failure); failed {
		return f
	}
	if name == "default" {
		if v == nil || v == false {
			return args[0]
		}
		return v
	}
	for _, a := range args {
		if f, failed := a.(failure); failed {
			return f
		}
		if a == nil {
			return nil
		}
	}
	if v == nil {
		return nil
	}
	out := filters[name].apply(v, args)
	if s, ok := out.(string); ok {
		if len(s) > maxValue {
			return failure("the filter " + name + " makes a text of more than 64 KB; shorten it")
		}
		if strings.TrimSpace(s) == "" && v != "" {
			return nil // what is left of the value is nothing
		}
	}
	return out
}

func onText(f func(string, []string) string) func(any, []any) any {
	return func(v any, args []any) any {
		texts := make([]string, len(args))
		for i, a := range args {
			texts[i] = textOf(a)
		}
		return f(textOf(v), texts)
	}
}

func textOf(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func capitalize(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:]
}

// replace refuses an empty old text, which would put the new one between any
// two letters.
func replace(s string, a []string) string {
	if a[0] == "" || strings.Count(s, a[0])*len(a[1]) > 2*maxValue {
		return s
	}
	return strings.ReplaceAll(s, a[0], a[1])
}

func splitRunes(s string) []string { return strings.Split(s, "") }

func firstN(parts []string, n int) []string { return parts[:min(max(n, 0), len(parts))] }

func truncate(split func(string) []string, sep string) func(any, []any) any {
	return func(v any, args []any) any {
		n, ok := number(args[0])
		if !ok {
			return failure("the length to cut to is not a number")
		}
		mark := "…"
		if len(args) > 1 {
			mark = textOf(args[1])
		}
		parts := split(textOf(v))
		if float64(len(parts)) <= n {
			return textOf(v)
		}
		keep := int(n)
		if sep == "" {
			keep -= utf8.RuneCountInString(mark)
		}
		return strings.TrimRight(strings.Join(firstN(parts, keep), sep), " ") + mark
	}
}

// spoken writes a phone number as a voice should say it, digit by digit: read
// out as it is, +15555550100 is a number in the billions.
func spoken(s string) string {
	digits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if len(digits) < 5 || strings.ContainsFunc(s, unicode.IsLetter) {
		return s
	}
	lead := ""
	switch {
	case len(digits) == 11 && strings.HasPrefix(s, "+1"):
		digits = digits[1:] // North America: area code, exchange, line
	case strings.HasPrefix(s, "+"):
		lead = "plus "
	}
	var groups []string
	for len(digits) > 4 {
		groups = append(groups, strings.Join(strings.Split(digits[:3], ""), " "))
		digits = digits[3:]
	}
	return lead + strings.Join(append(groups, strings.Join(strings.Split(digits, ""), " ")), ", ")
}

func size(v any, _ []any) any { return utf8.RuneCountInString(textOf(v)) }

func number(v any) (float64, bool) {
	switch v := v.(type) {
	case int:
		return float64(v), true
	case float64:
		return v, true
	case string:
		f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
		return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
	}
	return 0, false
}

func onNumbers(f func(a, b float64) float64) func(any, []any) any {
	return func(v any, args []any) any {
		a, okA := number(v)
		b, okB := number(args[0])
		if !okA || !okB {
			return failure(shorten(textOf(v)) + " is not a number; arithmetic needs one")
		}
		return tidy(f(a, b))
	}
}

func round(v any, args []any) any {
	a, ok := number(v)
	places := 0.0
	if len(args) > 0 {
		places, _ = number(args[0])
	}
	if !ok {
		return failure(shorten(textOf(v)) + " is not a number; round needs one")
	}
	scale := math.Pow10(min(max(int(places), 0), 9))
	return tidy(math.Round(a*scale) / scale)
}

// tidy gives whole numbers as such; what is no number any more is a failure.
func tidy(f float64) any {
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) > 1e15:
		return failure("the sum has no sensible result; check for a division by zero")
	case f == math.Trunc(f):
		return int(f)
	}
	return f
}
