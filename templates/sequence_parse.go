package templates

import (
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	goyaml "github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/parser"
	"gopkg.in/yaml.v3"

	"followup/models"
)

// maxSequence is the longest sequence file, in bytes.
const maxSequence = 256 << 10

// ParseSequence reads a sequence file; errors (*Error, joined) carry line and column.
func ParseSequence(source []byte) (models.Definition, error) {
	f := readFile(source)
	f.check()
	if len(f.errs) > 0 {
		sort.SliceStable(f.errs, func(i, j int) bool {
			a, b := f.errs[i], f.errs[j]
			return a.Line < b.Line || a.Line == b.Line && a.Column < b.Column
		})
		joined := make([]error, len(f.errs))
		for i, e := range f.errs {
			joined[i] = e
		}
		return models.Definition{}, errors.Join(joined...)
	}
	return f.definition, nil
}

// file is a sequence file while it is read: what it says, where it says it,
// and everything that is wrong with it.
type file struct {
	lines      []string
	definition models.Definition
	nodes      map[string]*yaml.Node // by "field", "step/0" and "step/0/field"
	errs       []*Error
}

// readFile reads as much as can be read.
func readFile(source []byte) *file {
	f := &file{lines: strings.Split(strings.ReplaceAll(string(source), "\r\n", "\n"), "\n"), nodes: map[string]*yaml.Node{}}
	if len(source) > maxSequence {
		f.errs = append(f.errs, &Error{Line: 1, Column: 1, Message: "the file is longer than 256 KB; a sequence is a page or two"})
		return f
	}
	var doc yaml.Node
	var failed error
	if err := guard(func() error { failed = yaml.Unmarshal(source, &doc); return nil }); err != nil {
		failed = err
	}
	if failed != nil {
		f.errs = append(f.errs, syntaxError(source, failed))
		return f
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		f.errs = append(f.errs, &Error{Line: 1, Column: 1, Message: "this is no sequence; it begins with key:, name: and steps:"})
		return f
	}
	f.sequence(doc.Content[0])
	return f
}

var yamlLine = regexp.MustCompile(`^yaml: line (\d+): `)

// syntaxError finds the place with a second YAML reader: the first one's
// lines are off by one as often as not, and it has no columns.
func syntaxError(source []byte, failed error) *Error {
	e := &Error{Line: 1, Column: 1}
	_ = guard(func() error {
		_, err := parser.ParseBytes(source, 0)
		var se *goyaml.SyntaxError
		if errors.As(err, &se) && se.Token != nil && se.Token.Position != nil {
			e.Line, e.Column, e.Message = se.Token.Position.Line, se.Token.Position.Column, se.Message
		}
		return nil
	})
	if e.Message == "" {
		e.Message = failed.Error()
		if m := yamlLine.FindStringSubmatch(e.Message); m != nil {
			e.Line, _ = strconv.Atoi(m[1])
		}
		e.Message = strings.TrimPrefix(yamlLine.ReplaceAllString(e.Message, ""), "yaml: ")
	}
	e.Message = "this is not YAML: " + firstLine(e.Message) + "; check the indentation, the colons and the quotes near here"
	return e
}

func (f *file) fail(n *yaml.Node, where, format string, args ...any) {
	e := &Error{Where: where, Line: 1, Column: 1, Message: fmt.Sprintf(format, args...)}
	if n != nil {
		e.Line, e.Column = max(n.Line, 1), max(n.Column, 1)
	}
	f.errs = append(f.errs, e)
}

// mapping gives the values of a mapping by key. Unknown and repeated keys are
// refused: a misspelt one would otherwise be silently without effect.
func (f *file) mapping(n *yaml.Node, where string, known []string) map[string]*yaml.Node {
	values := map[string]*yaml.Node{}
	if n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return values
	}
	if n.Kind != yaml.MappingNode {
		f.fail(n, where, "keys and values are expected here, such as %s: …", known[0])
		return values
	}
	f.plainNode(n, where)
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		switch {
		case !contains(known, key.Value) || key.Kind != yaml.ScalarNode:
			f.fail(key, where, "there is no key %q here%s The keys are %s", shorten(key.Value), orPeriod(didYouMean(key.Value, known)), strings.Join(known, ", "))
		case values[key.Value] != nil:
			f.fail(key, where, "%s is given twice; keep one of them", key.Value)
		default:
			values[key.Value] = value
		}
	}
	return values
}

// plainNode refuses anchors, aliases and types: they hide what a file says.
func (f *file) plainNode(n *yaml.Node, where string) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		f.fail(n, where, "anchors (&) and aliases (*) are not used in sequences; write the text out")
		return false
	}
	if n.Style&yaml.TaggedStyle != 0 {
		f.fail(n, where, "types (!) are not used in sequences; remove %s", shorten(n.Tag))
		return false
	}
	return true
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// str reads a text. The last line break of a block belongs to YAML, not to the text.
func (f *file) str(n *yaml.Node, where string) string {
	if n == nil || !f.plainNode(n, where) || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		return ""
	}
	if n.Kind != yaml.ScalarNode {
		f.fail(n, where, "a text is expected here")
		return ""
	}
	if at := unreadable(n.Value); at >= 0 {
		f.fail(n, where, "the text has a character that cannot be read; remove it and type it again")
		return ""
	}
	return strings.TrimRight(n.Value, "\n")
}

// word reads one of several words; "" where the key is missing.
func (f *file) word(n *yaml.Node, where string, allowed []string) string {
	s := f.str(n, where)
	if s == "" || contains(allowed, s) {
		return s
	}
	f.fail(n, where, "%q is not one of %s%s", shorten(s), strings.Join(allowed, ", "), didYouMean(s, allowed))
	return ""
}

func (f *file) boolean(n *yaml.Node, where string, missing bool) bool {
	if n == nil || !f.plainNode(n, where) {
		return missing
	}
	if n.Kind != yaml.ScalarNode || n.Tag != "!!bool" {
		f.fail(n, where, "true or false is expected here, not %q", shorten(n.Value))
		return missing
	}
	return strings.EqualFold(n.Value, "true")
}

// number reads a whole number; present is false where the key is missing.
func (f *file) number(n *yaml.Node, where string, least, most int) (v int, present bool) {
	if n == nil || !f.plainNode(n, where) {
		return 0, false
	}
	v, err := strconv.Atoi(n.Value)
	if n.Kind != yaml.ScalarNode || n.Tag != "!!int" || err != nil {
		f.fail(n, where, "a whole number is expected here, not %q", shorten(n.Value))
		return 0, true
	}
	if v < least || v > most {
		f.fail(n, where, "%d is out of range; it must be from %d to %d", v, least, most)
		return 0, true
	}
	return v, true
}
