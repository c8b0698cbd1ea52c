package replies

import (
	"regexp"
	"strings"
)

// cutQuoted marks what others wrote. A divider or a header block ends the
// customer's own text for good; an attribution does only where no line with
// ">" follows it, for below such lines people answer, too.
func cutQuoted(lines []textLine) []textLine {
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if l.quoted || l.gone || l.folded == "" {
			continue
		}
		switch {
		case l.text == markCut || isDivider(lines, i) || isHeaderBlock(lines, i) || isDashedBlock(lines, i):
			return lines[:backOverRule(lines, i)]
		case notesBlock(lines, i) >= 0:
			return lines[:notesBlock(lines, i)]
		case fieldsBeforeQuote(lines, i) > 0:
			for n := fieldsBeforeQuote(lines, i); n > 0; n-- {
				lines[i+n-1].quoted = true
			}
		default:
			n := attributionAt(lines, i)
			if n == 0 {
				continue
			}
			next := afterBlank(lines, i+n)
			if own := beforeAttribution(lines[i : i+n]); own != "" {
				lines[i].text, lines[i].folded = own, fold(own)
				if next < len(lines) && !lines[next].quoted {
					return lines[:i+1]
				}
				for j := i + 1; j < i+n; j++ {
					lines[j].quoted = true
				}
				i += n - 1
				continue
			}
			if next < len(lines) && !lines[next].quoted {
				return lines[:backOverRule(lines, i)]
			}
			for j := i; j < i+n; j++ {
				lines[j].quoted = true
			}
			i += n - 1
		}
	}
	return lines
}

// afterBlank is the next line that says anything.
func afterBlank(lines []textLine, i int) int {
	for i < len(lines) && (lines[i].folded == "" || lines[i].gone) {
		i++
	}
	return i
}

// ownBefore: some phones put the attribution on the line that was written.
var ownBefore = regexp.MustCompile(`^([^<>@]{1,400}?)\s*(?:[-–—]{2,}\s*|\s)On (?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? |(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d|\d{1,4}[-/. ]).{4,200}(?:@|\d:\d\d).{0,120}[ >]wrote:\s*$`)

// beforeAttribution gives what they wrote on the first of the lines that the
// attribution takes.
func beforeAttribution(lines []textLine) string {
	text := lines[0].text
	for _, l := range lines[1:] {
		text += " " + strings.TrimSpace(l.text)
	}
	m := ownBefore.FindStringSubmatch(text)
	if m == nil || len(m[1]) > len(lines[0].text) || strings.Trim(m[1], "-*_ \t") == "" {
		return ""
	}
	return strings.TrimRight(m[1], " \t-")
}

// Notes and its kin write who and when on lines of their own, and then To, cc
// and Subject without any From.
var (
	notesTo   = regexp.MustCompile(`^(to|an|a|para|aan|per) ?:`)
	notesMore = regexp.MustCompile(`^(cc|bcc|subject|kopie|betreff|thema|copie|objet|asunto|oggetto|onderwerp|assunto) ?:`)
	notesDate = regexp.MustCompile(`\b\d{1,4}[./-]\d{1,2}[./-]\d{2,4},? \d{1,2}:\d{2}(:\d{2})?( ?[ap]m)?\b`)
)

// notesBlock gives the line at which such a block begins; -1 where line i,
// its "To:", is none.
func notesBlock(lines []textLine, i int) int {
	if !notesTo.MatchString(lines[i].folded) {
		return -1
	}
	more := 0
	for j, seen := i+1, 0; j < len(lines) && seen < 5; j++ {
		if lines[j].folded == "" {
			continue
		}
		if seen++; notesMore.MatchString(lines[j].folded) {
			more++
		}
	}
	if more == 0 {
		return -1
	}
	for j, seen := i-1, 0; j >= 0 && seen < 4; j-- {
		f := lines[j].folded
		if f == "" {
			continue
		}
		seen++
		at := notesDate.FindStringIndex(f)
		if at == nil {
			if len(f) > 90 {
				return -1
			}
			continue
		}
		// The name stands before the date, or on the line above it.
		if at[0] < 6 && j > 0 && lines[j-1].folded != "" && len(lines[j-1].folded) < 90 && !lines[j-1].quoted {
			j--
		}
		return backOverRule(lines, j)
	}
	return -1
}

var dashes = regexp.MustCompile(`^[\s>]*[-_*=+~‒–—]{2,}\s*|\s*[-_*=+~‒–—]{2,}\s*$`)

// isDivider: "-----Original Message-----", "---------- Forwarded message".
// Without dashes it must stand alone between empty lines or before a header.
func isDivider(lines []textLine, i int) bool {
	text := lines[i].folded
	if !strings.HasSuffix(text, ":") && !strings.Contains("-_*=+~\u2012", text[:1]) {
		return false
	}
	bare := strings.TrimSpace(dashes.ReplaceAllString(text, ""))
	if bare == "" || len(bare) > 90 {
		return false
	}
	// "Begin forwarded message:" has no dashes; everything else needs them.
	if bare == text && (!strings.HasSuffix(text, ":") || strings.ContainsAny(text, "0123456789@<")) {
		return false
	}
	words, ok := ruleset("divider").match(bare)
	return ok && (bare != text || !strings.Contains(words, "wrote"))
}

// isHeaderBlock: From:, Sent:, To:, Subject: as Outlook and others put before
// what they quote. The first must be From (or a date with From close by), and
// two more must follow.
func isHeaderBlock(lines []textLine, i int) bool {
	if colon := strings.IndexByte(lines[i].folded, ':'); colon < 0 || colon > 40 {
		return false
	}
	from := ruleset("block.from").any(lines[i].folded)
	if !from && !ruleset("block.date").any(lines[i].folded) {
		return false
	}
	if !from && hotmailBlock(lines, i) {
		return true
	}
	if from && oneLineBlock.MatchString(lines[i].folded) {
		return true
	}
	more, seen := 0, 0
	for j := i + 1; j < len(lines) && seen < 7; j++ {
		f := lines[j].folded
		if f == "" {
			if seen > 0 && more == 0 {
				return false
			}
			continue
		}
		seen++
		if ruleset("block.more").any(f) {
			more++
		} else if !from && ruleset("block.from").any(f) {
			from = true
			more++
		}
		if more >= 2 && from {
			return true
		}
	}
	return false
}

// oneLineBlock: all of it on one line, as phones' HTML becomes.
var oneLineBlock = regexp.MustCompile(`^\W{0,3}\S{2,14} ?:.{0,120}@.{0,120} \W{0,3}(date|sent|gesendet|datum|envoye|enviado|inviato|verzonden) ?\W{0,3}:.{0,60}\d{4}\b`)

// fieldsBeforeQuote: two or three fields ("From: …", "Date: …") stand where
// others write an attribution, with ">" under them. It says how many lines.
func fieldsBeforeQuote(lines []textLine, i int) int {
	if colon := strings.IndexByte(lines[i].folded, ':'); colon < 0 || colon > 20 || !ruleset("block.from").any(lines[i].folded) {
		return 0
	}
	n := 1
	for n < 4 && i+n < len(lines) && lines[i+n].folded != "" && !lines[i+n].quoted && ruleset("block.more").any(lines[i+n].folded) {
		n++
	}
	if i+n < len(lines) && followedByQuote(lines, i+n) && (n > 1 || strings.Contains(lines[i].folded, "@")) {
		return n
	}
	return 0
}

// hotmailBlock: a date with its zone and then "To:", without any From.
func hotmailBlock(lines []textLine, i int) bool {
	return zonedDate.MatchString(lines[i].folded) && i+1 < len(lines) && notesTo.MatchString(lines[i+1].folded) && strings.Contains(lines[i+1].folded, "@")
}

var zonedDate = regexp.MustCompile(`\d:\d\d(:\d\d)? ?([+-]\d{4}|gmt|utc|[a-z]{3,4})$`)

// betweenDashes: "-------- Oprindelig besked --------" in any language.
var betweenDashes = regexp.MustCompile(`^[-=]{4,}\s?[^-=].{2,50}[-=]{4,}$`)

// isDashedBlock: between dashes stand words in whatever language, and under
// them fields, an address among them.
func isDashedBlock(lines []textLine, i int) bool {
	if !strings.HasPrefix(lines[i].folded, "---") || !betweenDashes.MatchString(lines[i].folded) {
		return false
	}
	fields, address := 0, false
	for j := i + 1; j < len(lines) && j < i+8; j++ {
		f := lines[j].folded
		if f == "" {
			continue
		}
		if !fieldLine.MatchString(f) {
			break
		}
		fields++
		address = address || strings.Contains(f, "@")
	}
	return fields >= 3 && address
}

var fieldLine = regexp.MustCompile(`^\W{0,3}\pL[\pL .-]{0,20} ?\W{0,3}:\W{0,3}\s`)

// backOverRule also takes the line of dashes or underscores before a quote.
func backOverRule(lines []textLine, i int) int {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		f := lines[j].folded
		if f == "" {
			continue
		}
		if strings.Trim(f, "_-=* ") == "" && len(f) >= 3 || betweenDashes.MatchString(f) {
			return j
		}
		break
	}
	return i
}

// attributionAt says how many lines from i on say who wrote what follows; 0:
// none. Clients fold the line after 72 characters or so.
func attributionAt(lines []textLine, i int) int {
	if !mayAttribute(lines[i].folded) {
		return 0
	}
	joined := ""
	for n := 0; n < 4 && i+n < len(lines); n++ {
		l := lines[i+n]
		if l.folded == "" || l.quoted {
			return 0
		}
		if n > 0 {
			joined += " "
		}
		joined += l.folded
		if len(joined) > 400 {
			return 0
		}
		if n < 3 && followedByQuote(lines, i+n+1) && ruleset("attribution.quoted").any(joined) {
			return n + 1
		}
		if n == 0 && ruleset("attribution.bare").any(joined) {
			return 1
		}
		end := strings.TrimRight(joined, "*_ ")
		if !strings.HasSuffix(end, ":") && !strings.HasSuffix(end, "：") {
			continue
		}
		end = strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(end, ":"), "：")) + ":"
		if strings.ContainsAny(end, "0123456789@") && ruleset("attribution").any(end) {
			return n + 1
		}
		if n > 0 {
			return 0
		}
	}
	return 0
}

// followedByQuote: the next line that says anything is quoted. Before such a
// line, words that could be a sentence are an attribution.
func followedByQuote(lines []textLine, i int) bool {
	next := afterBlank(lines, i)
	return next < len(lines) && next <= i+2 && lines[next].quoted
}

// mayAttribute is a cheap look before lines are joined: a digit, an address or
// one of the opening words.
func mayAttribute(folded string) bool {
	if len(folded) > 300 {
		return false
	}
	if strings.ContainsAny(folded, "0123456789@<") {
		return true
	}
	word, _, _ := strings.Cut(strings.TrimLeft(folded, "*_- "), " ")
	if n := len(folded); folded[n-1] == ':' && (strings.HasSuffix(folded, "writes:") || strings.HasSuffix(folded, "wrote:") || strings.HasSuffix(folded, "said:") || strings.HasSuffix(folded, "wrote :")) {
		return true
	}
	switch word {
	case "on", "quoting", "zitat", "citando", "citation", "once", "am", "le", "el", "il", "op", "em", "den", "w", "dnia", "dne":
		return true
	}
	return false
}
