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
		case l.text == markCut || isDivider(lines, i) || isHeaderBlock(lines, i):
			return lines[:backOverRule(lines, i)]
		default:
			n := attributionAt(lines, i)
			if n == 0 {
				continue
			}
			next := i + n
			for next < len(lines) && (lines[next].folded == "" || lines[next].gone) {
				next++
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

// backOverRule also takes the line of dashes or underscores before a quote.
func backOverRule(lines []textLine, i int) int {
	for j := i - 1; j >= 0 && j >= i-3; j-- {
		f := lines[j].folded
		if f == "" {
			continue
		}
		if strings.Trim(f, "_-=* ") == "" && len(f) >= 3 {
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
	switch word {
	case "on", "am", "le", "el", "il", "op", "em", "den", "w", "dnia", "dne":
		return true
	}
	return false
}
