package templates

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// textSegments writes the text part of a message from its Markdown.
func textSegments(doc ast.Node, source []byte, standIn string) []segment {
	w := &textWriter{source: source, standIn: standIn}
	w.blocks(doc, "")
	if n := len(w.out); n > 0 && w.out[n-1].value < 0 {
		w.out[n-1].literal = strings.TrimRight(w.out[n-1].literal, "\n ")
	}
	return w.out
}

type textWriter struct {
	source  []byte
	standIn string
	out     []segment
	started bool
}

// write adds text in which a stand-in becomes a value in the given context.
func (w *textWriter) write(s string, c context) {
	if s == "" {
		return
	}
	w.started = true
	for _, seg := range cutStandIns(s, w.standIn, func(at int) context {
		if c == asURLStart && at > 0 {
			return asURLPart
		}
		return c
	}) {
		if n := len(w.out); n > 0 && w.out[n-1].value < 0 {
			seg.literal = w.out[n-1].literal + seg.literal
			w.out[n-1] = seg
			continue
		}
		w.out = append(w.out, seg)
	}
}

// blocks writes the blocks in n with a blank line between them; every line
// after the first begins with indent.
func (w *textWriter) blocks(n ast.Node, indent string) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c != n.FirstChild() {
			gap := "\n\n"
			if tight(n, c) {
				gap = "\n"
			}
			w.write(strings.ReplaceAll(gap, "\n", "\n"+strings.TrimRight(indent, " ")), asText)
			w.write(indent[len(strings.TrimRight(indent, " ")):], asText)
		}
		w.block(c, indent)
	}
}

// tight tells whether the block follows the one before without a blank line.
func tight(parent, n ast.Node) bool {
	if list, ok := parent.(*ast.List); ok {
		return list.IsTight
	}
	if item, ok := parent.(*ast.ListItem); ok {
		if list, ok := item.Parent().(*ast.List); ok {
			return list.IsTight
		}
	}
	return false
}

func (w *textWriter) block(n ast.Node, indent string) {
	switch n := n.(type) {
	case *ast.List:
		w.blocks(n, indent)
	case *ast.ListItem:
		bullet := "- "
		if list, ok := n.Parent().(*ast.List); ok && list.IsOrdered() {
			bullet = strconv.Itoa(list.Start+position1(n)) + ". "
		}
		w.write(bullet, asText)
		w.blocks(n, indent+strings.Repeat(" ", len(bullet)))
	case *ast.Blockquote:
		w.write("> ", asText)
		w.blocks(n, indent+"> ")
	case *ast.ThematicBreak:
		w.write("----", asText)
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		lines := strings.TrimRight(string(n.Lines().Value(w.source)), "\n")
		w.write(strings.ReplaceAll(lines, "\n", "\n"+indent), asText)
	case *ast.HTMLBlock: // left out of the HTML too
	default:
		w.inline(n, indent)
	}
}

func position1(n ast.Node) (before int) {
	for p := n.PreviousSibling(); p != nil; p = p.PreviousSibling() {
		before++
	}
	return before
}

func (w *textWriter) inline(n ast.Node, indent string) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			w.write(plain(c.Segment.Value(w.source)), asText)
			if c.SoftLineBreak() || c.HardLineBreak() {
				w.write("\n"+indent, asText)
			}
		case *ast.String:
			w.write(plain(c.Value), asText)
		case *ast.CodeSpan:
			w.raw(c)
		case *ast.Link:
			w.link(c, string(c.Destination), indent)
		case *ast.AutoLink:
			w.write(string(c.Label(w.source)), asURLStart)
		case *ast.Image:
			w.inline(c, indent)
		case *ast.RawHTML: // left out of the HTML too
		default:
			w.inline(c, indent)
		}
	}
}

// raw writes a code span, in which Markdown has no escapes.
func (w *textWriter) raw(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			w.write(string(t.Segment.Value(w.source)), asText)
		}
	}
}

// link writes "words (address)", or the address alone where the words say the same.
func (w *textWriter) link(n ast.Node, to, indent string) {
	label := string(bytes.TrimSpace(labelOf(n, w.source)))
	bare := strings.TrimPrefix(strings.TrimPrefix(to, "mailto:"), "tel:")
	where := asURLStart
	if bare != to { // people read the address, not its scheme
		where = asText
	}
	if label == to || label == bare {
		w.write(bare, where)
		return
	}
	w.inline(n, indent)
	if unsafeLink(to) {
		return
	}
	w.write(" (", asText)
	w.write(bare, where)
	w.write(")", asText)
}

func labelOf(n ast.Node, source []byte) []byte {
	var b []byte
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b = append(b, t.Segment.Value(source)...)
			continue
		}
		b = append(b, labelOf(c, source)...)
	}
	return b
}
