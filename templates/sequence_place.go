package templates

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// place turns a line and column within a text into those within the file.
func (f *file) place(n *yaml.Node, line, column int) (int, int) {
	if n == nil {
		return line, column
	}
	switch {
	case n.Style&yaml.LiteralStyle != 0: // the text begins on the line after the |
		return n.Line + line, f.indent(n.Line) + column
	case n.Style&yaml.FoldedStyle != 0: // lines were joined: where the text begins is all that is sure
		return n.Line + 1, f.indent(n.Line) + 1
	}
	quote := 0
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) != 0 {
		quote = 1
	}
	if line == 1 && f.written(n, quote) {
		return n.Line, n.Column + quote + column - 1
	}
	return n.Line, n.Column
}

// written tells whether the first line of the text stands in the file as it
// is, without escapes or joined lines.
func (f *file) written(n *yaml.Node, quote int) bool {
	if n.Line < 1 || n.Line > len(f.lines) {
		return false
	}
	first, _, _ := strings.Cut(n.Value, "\n")
	line := []rune(f.lines[n.Line-1])
	start := n.Column - 1 + quote
	return start <= len(line) && strings.HasPrefix(string(line[start:]), first)
}

// indent is the indentation of a block whose | stands on the given line.
func (f *file) indent(after int) int {
	for _, l := range f.lines[min(after, len(f.lines)):] {
		if trimmed := strings.TrimLeft(l, " "); trimmed != "" {
			return len(l) - len(trimmed)
		}
	}
	return 0
}
