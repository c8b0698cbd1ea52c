package replies

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Visible is what the customer wrote: without quotations, forwarded text,
// signatures and legal footers. Answers placed between quoted lines are kept,
// the quoted lines between them are not.
func Visible(m Mail) string {
	text := visibleText(m.Text)
	if m.HTML == "" {
		return text
	}
	rich := htmlText(m.HTML, true)
	fromHTML := visibleText(rich)
	if m.FromHTML {
		return fromHTML
	}
	// The HTML part names its quotes and signatures where the plain part only
	// shows them: where both begin alike, the one that ends sooner is right.
	if short, long := squeeze(fromHTML), squeeze(text); short != "" && len(short) < len(long) && strings.HasPrefix(long, short) && marked(rich) {
		return cutLike(text, len(short))
	}
	return text
}

func marked(rich string) bool {
	return strings.Contains(rich, markCut) || strings.Contains(rich, markSignature) || strings.Contains(rich, "\n>")
}

// squeeze leaves only what can be compared between two renderings of a text.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

// cutLike keeps the beginning of text that has n bytes apart from white space.
func cutLike(text string, n int) string {
	for i, r := range text {
		if n <= 0 {
			return strings.TrimSpace(text[:i])
		}
		if !strings.ContainsRune(" \t\r\n\u00a0\u0085\v\f", r) {
			n -= len(string(r))
		}
	}
	return strings.TrimSpace(text)
}

// textLine is one line while the visible reply is being found.
type textLine struct {
	text   string
	folded string // trimmed
	quoted bool
	gone   bool // signature, footer, attribution
}

func visibleText(s string) string {
	lines := splitLines(s)
	lines = dropMarkedSignatures(lines)
	lines = cutQuoted(lines)
	dropBanner(lines)
	for _, run := range ownRuns(lines) {
		dropSignature(run)
		dropFooters(run)
		dropDetails(run)
	}
	return joinVisible(lines)
}

func splitLines(s string) []textLine {
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	parts := strings.SplitN(s, "\n", maxLines+1)
	if len(parts) > maxLines {
		parts = parts[:maxLines]
	}
	lines := make([]textLine, len(parts))
	for i, p := range parts {
		p = strings.TrimRight(strings.ReplaceAll(p, "\u00a0", " "), " \t")
		lines[i] = textLine{text: p, folded: fold(limit(strings.TrimSpace(p), 2000)), quoted: quotedLine.MatchString(p)}
	}
	mendLinks(lines)
	return lines
}

// mendLinks sees to addresses in brackets that a mailer folded: their closing
// ">" is no quotation, and what of a quoted one lost its ">" still is one.
func mendLinks(lines []textLine) {
	for i := 1; i < len(lines); i++ {
		before := lines[i-1]
		switch {
		case lines[i].quoted && !before.quoted && openLink.MatchString(before.text) && !strings.HasPrefix(before.text, ">"):
			lines[i].quoted = false
		case !lines[i].quoted && before.quoted && lines[i].folded != "" && i+1 < len(lines) && lines[i+1].quoted &&
			(openLink.MatchString(before.text) || bareLink.MatchString(lines[i].text) || foldedQuote(before, lines[i])):
			lines[i].quoted = true
		}
	}
}

// foldedQuote: a relay folded a long quoted line. Answers begin after a
// sentence, or with a capital, or leave a line empty.
func foldedQuote(before, l textLine) bool {
	first, _ := utf8.DecodeRuneInString(l.text)
	last := before.folded[len(before.folded)-1]
	return len(before.text) >= 70 && unicode.IsLower(first) && (isASCIIWord(last) || last == ',')
}

var (
	openLink = regexp.MustCompile(`[<(]https?://[^\s<>()]*$`)
	bareLink = regexp.MustCompile(`^\s*[<(]https?://[^\s<>()]+[>)]\s*>?$`)
)

// quotedLine: ">" after at most three blanks, or after the initials that some
// clients put before it ("DR> …", "    JS> …").
var quotedLine = regexp.MustCompile(`^(?:\s{0,3}>|\s{0,8}[A-Z][A-Za-z]{0,3}>\s)`)

// dropMarkedSignatures takes out what HTML named as a signature.
func dropMarkedSignatures(lines []textLine) []textLine {
	inside := false
	for i := range lines {
		switch strings.TrimLeft(lines[i].text, "> ") {
		case markSignature:
			inside, lines[i].gone = true, true
		case markBody:
			inside, lines[i].gone = false, true
		default:
			lines[i].gone = inside && !lines[i].quoted
		}
	}
	return lines
}

// dropBanner takes away the warning that a mail server put on top.
func dropBanner(lines []textLine) {
	for i := range lines {
		if lines[i].folded == "" || lines[i].gone {
			continue
		}
		end := i
		for end < len(lines) && lines[end].folded != "" && end-i < 6 {
			end++
		}
		var para []string
		for _, l := range lines[i:end] {
			para = append(para, l.folded)
		}
		if text := strings.Join(para, " "); len(text) < 600 && ruleset("banner").any(text) {
			// A banner is followed by an empty line or stands on one line.
			for j := i; j < end; j++ {
				lines[j].gone = true
			}
		}
		return
	}
}

// ownRuns gives the stretches between quotations.
func ownRuns(lines []textLine) [][]textLine {
	var runs [][]textLine
	start := 0
	for i := 0; i <= len(lines); i++ {
		if i == len(lines) || lines[i].quoted {
			if i > start {
				runs = append(runs, lines[start:i])
			}
			start = i + 1
		}
	}
	return runs
}

// joinVisible puts together what is left, with at most one empty line between.
func joinVisible(lines []textLine) string {
	var b strings.Builder
	gap := false
	for _, l := range lines {
		if l.quoted || l.gone || strings.TrimSpace(l.text) == "" {
			gap = true
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if gap {
				b.WriteByte('\n')
			}
		}
		gap = false
		b.WriteString(l.text)
	}
	return strings.TrimSpace(b.String())
}
