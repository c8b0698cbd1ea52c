package replies

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Marks that htmlText leaves in the text for the visible reply, on lines of
// their own, from Unicode's private area: no mail writes them.
const (
	markCut       = "\uE0C1" // everything after is quoted
	markSignature = "\uE0C2" // a signature begins
	markBody      = "\uE0C3" // … and ended
)

// htmlText turns HTML into plain text. Quotations get "> " as in a plain
// message. With marks, it also says where the structures of known clients
// begin: quoted blocks that are no blockquote, and signatures.
//
// It reads token by token and keeps only a stack of open elements, so that no
// nesting and no missing end tag costs more than its length.
func htmlText(src string, marks bool) string {
	w := &htmlWriter{marks: marks, lineStart: true}
	z := html.NewTokenizer(strings.NewReader(limit(src, maxText)))
	z.SetMaxBuf(maxText)
	for w.out.Len() < maxText {
		switch z.Next() {
		case html.ErrorToken:
			return w.finish()
		case html.TextToken:
			w.text(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			w.open(t)
		case html.EndTagToken:
			name, _ := z.TagName()
			w.close(atom.Lookup(name))
		}
	}
	return w.finish()
}

type openElement struct {
	tag       atom.Atom
	quote     bool
	signature bool
	hidden    bool
	line      bool // a paragraph that looks like a line
	start     int  // what had been written when it began
}

type htmlWriter struct {
	out       strings.Builder
	stack     []openElement
	quotes    int
	hidden    int
	pre       int
	lineStart bool
	space     bool
	blank     int // line ends written in a row
	cut       bool
	marks     bool
	wrote     bool // anything at all
	nbsp      bool // on a line on which nothing else stands
}

var blockElements = map[atom.Atom]bool{
	atom.P: true, atom.Div: true, atom.Blockquote: true, atom.Tr: true, atom.Table: true, atom.Ul: true, atom.Ol: true, atom.Li: true,
	atom.H1: true, atom.H2: true, atom.H3: true, atom.H4: true, atom.H5: true, atom.H6: true, atom.Pre: true, atom.Section: true,
	atom.Article: true, atom.Header: true, atom.Footer: true, atom.Center: true, atom.Address: true, atom.Body: true, atom.Dl: true, atom.Dt: true, atom.Dd: true, atom.Form: true, atom.Fieldset: true,
}

var voidElements = map[atom.Atom]bool{
	atom.Br: true, atom.Hr: true, atom.Img: true, atom.Meta: true, atom.Link: true, atom.Input: true, atom.Col: true, atom.Base: true, atom.Wbr: true, atom.Area: true, atom.Embed: true, atom.Source: true,
}

func (w *htmlWriter) open(t html.Token) {
	switch t.DataAtom {
	case atom.Br:
		w.newline(false)
		return
	case atom.Hr:
		w.newline(true)
		if w.marks && attr(t, "id") == "stopSpelling" { // Outlook.com, before its header block
			w.mark(markCut)
		}
		return
	}
	if voidElements[t.DataAtom] || t.Type == html.SelfClosingTagToken && !blockElements[t.DataAtom] {
		if t.DataAtom == 0 || voidElements[t.DataAtom] {
			return
		}
	}
	e := openElement{tag: t.DataAtom}
	switch t.DataAtom {
	case atom.Head, atom.Script, atom.Style, atom.Title, atom.Template, atom.Noscript, atom.Svg:
		e.hidden = true
	case atom.Pre:
		w.pre++
	case atom.Blockquote:
		e.quote = !styledOnly(t)
	}
	if isHidden(t) {
		e.hidden = true
	}
	if blockElements[t.DataAtom] {
		w.newline(true)
		// Outlook's paragraphs are lines: its style sheet takes their margins away.
		e.line = t.DataAtom == atom.P && strings.Contains(attr(t, "class"), "MsoNormal")
		e.start = w.out.Len()
		if t.DataAtom == atom.P && !e.line {
			w.paragraph()
		}
	} else if t.DataAtom == atom.Td || t.DataAtom == atom.Th {
		w.space = true
	}
	if w.marks && !w.cut {
		switch {
		case isQuoteStart(t) || w.wrote && strings.EqualFold(attr(t, "name"), "messageReplySection"): // Spark, which names a mail's only part so, too
			w.newline(true)
			w.mark(markCut)
		case isSignature(t):
			e.signature = true
			w.newline(true)
			w.mark(markSignature)
		}
	}
	if t.DataAtom == atom.Li {
		w.text("- ")
	}
	if len(w.stack) < 2000 {
		w.stack = append(w.stack, e)
		if e.quote {
			w.quotes++
		}
		if e.hidden {
			w.hidden++
		}
	}
}

func (w *htmlWriter) close(tag atom.Atom) {
	if voidElements[tag] {
		return
	}
	// The nearest open element of that name; others inside were left open.
	for i := len(w.stack) - 1; i >= 0 && i >= len(w.stack)-50; i-- {
		if w.stack[i].tag != tag {
			continue
		}
		for j := len(w.stack) - 1; j >= i; j-- {
			w.leave(w.stack[j])
		}
		w.stack = w.stack[:i]
		return
	}
}

func (w *htmlWriter) leave(e openElement) {
	if blockElements[e.tag] {
		w.newline(true)
		switch {
		case e.line && w.out.Len() == e.start:
			w.newline(false) // Word's empty paragraphs, even without "&nbsp;"
		case e.tag == atom.P && !e.line:
			w.paragraph()
		}
	}
	if e.quote {
		w.quotes--
	}
	if e.hidden {
		w.hidden--
	}
	if e.tag == atom.Pre {
		w.pre--
	}
	if e.signature && w.marks {
		w.newline(true)
		w.mark(markBody)
	}
}

func (w *htmlWriter) text(s string) {
	if w.hidden > 0 || s == "" {
		return
	}
	if w.pre > 0 {
		for i, line := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				w.newline(false)
			}
			w.write(line)
		}
		return
	}
	nbsp := strings.Contains(s, "\u00a0")
	s = strings.ReplaceAll(s, "\u00a0", " ")
	s = invisible.Replace(s)
	fields := strings.Fields(s)
	if len(fields) == 0 {
		w.space, w.nbsp = true, w.nbsp || nbsp && w.lineStart
		return
	}
	if strings.ContainsRune(" \t\r\n", rune(s[0])) {
		w.space = true
	}
	for i, f := range fields {
		if i > 0 {
			w.space = true
		}
		w.write(f)
	}
	if strings.ContainsRune(" \t\r\n", rune(s[len(s)-1])) {
		w.space = true
	}
}

// invisible characters, with which mailers mark and pad.
var invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\ufeff", "")

func (w *htmlWriter) write(s string) {
	if s == "" {
		return
	}
	if w.lineStart {
		if w.quotes > 0 {
			w.out.WriteString(strings.Repeat(">", min(w.quotes, 20)) + " ")
		}
		w.lineStart, w.space = false, false
	}
	if w.space {
		w.out.WriteByte(' ')
		w.space = false
	}
	w.out.WriteString(cleanText(s))
	w.blank, w.wrote, w.nbsp = 0, true, false
}

// newline ends the line; a block's border only where something stands on it.
func (w *htmlWriter) newline(block bool) {
	if w.nbsp && w.hidden == 0 { // "<div>&nbsp;</div>" is an empty line
		w.nbsp, block = false, false
	}
	if w.hidden > 0 || block && w.lineStart || w.blank >= 2 {
		w.space = false
		return
	}
	if w.lineStart && w.quotes > 0 {
		w.out.WriteString(strings.Repeat(">", min(w.quotes, 20)))
	}
	w.out.WriteByte('\n')
	w.blank++
	w.lineStart, w.space = true, false
}

// paragraph leaves one empty line.
func (w *htmlWriter) paragraph() {
	if w.out.Len() > 0 && w.lineStart && w.blank < 2 {
		w.newline(false)
	}
}

func (w *htmlWriter) mark(m string) {
	if w.hidden > 0 {
		return
	}
	w.out.WriteString(m + "\n")
	w.lineStart, w.space, w.blank = true, false, 1
	w.cut = w.cut || m == markCut
}

func (w *htmlWriter) finish() string {
	s := w.out.String()
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

func attr(t html.Token, key string) string {
	for _, a := range t.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// styledOnly: a blockquote used for indentation (Outlook and Gmail write
// "margin:0 0 0 40px" and no border), which is the writer's own text.
func styledOnly(t html.Token) bool {
	style := strings.ReplaceAll(strings.ToLower(attr(t, "style")), " ", "")
	return strings.Contains(style, "margin:0040px") || strings.Contains(style, "margin:00040px") && strings.Contains(style, "border:none")
}

func isHidden(t html.Token) bool {
	style := strings.ReplaceAll(strings.ToLower(attr(t, "style")), " ", "")
	return strings.Contains(style, "display:none") || strings.Contains(style, "mso-hide:all")
}

// isQuoteStart knows the containers in which clients put what they quote
// without a blockquote around it.
func isQuoteStart(t html.Token) bool {
	id, class := strings.ToLower(attr(t, "id")), strings.ToLower(attr(t, "class"))
	switch {
	case strings.HasSuffix(id, "divrplyfwdmsg"), strings.HasSuffix(id, "appendonsend"), // Outlook on the web and new Outlook
		id == "mail-editor-reference-message-container", // Outlook mobile
		id == "olk_src_body_section",                    // Outlook for Mac
		id == "replysplit", id == "origbody",
		strings.HasPrefix(class, "domino-section"), // Notes
		strings.Contains(class, "yahoo_quoted"), strings.Contains(class, "ms-outlook-mobile-reference-message"),
		strings.Contains(class, "gmail_quote_container") && strings.Contains(class, "gmail_quote_forward"):
		return true
	}
	// Outlook for Windows: a rule above From/Sent/To/Subject.
	style := strings.ReplaceAll(strings.ToLower(attr(t, "style")), " ", "")
	return t.DataAtom == atom.Div && strings.Contains(style, "border:none") &&
		(strings.Contains(style, "border-top:solid#e1e1e11.0pt") || strings.Contains(style, "border-top:solid#b5c4df1.0pt"))
}

func isSignature(t html.Token) bool {
	id, class := strings.ToLower(attr(t, "id")), strings.ToLower(attr(t, "class"))
	return strings.Contains(class, "gmail_signature") && !strings.Contains(class, "prefix") || class == "moz-signature" ||
		strings.HasSuffix(id, "applemailsignature") || id == "signature" || strings.HasSuffix(id, "x_signature") ||
		strings.Contains(class, "protonmail_signature_block") || id == "ms-outlook-mobile-signature" || id == "ms-outlook-mobile-body-separator-line"
}
