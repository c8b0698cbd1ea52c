package replies

import (
	"regexp"
	"slices"
	"strings"
)

// dropSignature takes away what follows "-- " or a line like "Sent from my
// phone" in one stretch of the customer's own text.
func dropSignature(run []textLine) {
	for i := range run {
		f := run[i].folded
		if f == "" || run[i].gone {
			continue
		}
		if pgpArmor[f] || i > 0 && pgpArmor[run[i-1].folded] && strings.HasPrefix(f, "hash:") {
			run[i].gone = true
			continue
		}
		if isSignatureLine(run, i) {
			if atTop(run[:i]) && ruleset("signature").any(f) { // some phones write above what they say they send
				run[i].gone = true
				continue
			}
			for j := i; j < len(run); j++ {
				run[j].gone = true
			}
			return
		}
	}
}

func atTop(run []textLine) bool {
	return !slices.ContainsFunc(run, func(l textLine) bool { return !l.gone && l.folded != "" })
}

// pgpArmor frames a signed text (RFC 9580); what is inside was written.
var pgpArmor = map[string]bool{"-----begin pgp signed message-----": true}

func isSignatureLine(run []textLine, i int) bool {
	f := run[i].folded
	switch f {
	case "-----begin pgp signature-----", "-----begin pgp public key block-----":
		return true
	case "--", "---", "-- -", "__", "-----", "----", "* * *", "***", "-- --":
		// A rule between two halves of a long answer is none of these.
		return f == "--" || len(run)-i < 15 && signatureLike(run[i+1:])
	}
	if len(f) > 160 {
		return false
	}
	if strings.Trim(f, "_") == "" && len(f) >= 10 || strings.Trim(f, "-") == "" && len(f) >= 20 {
		return true
	}
	return ruleset("signature").any(f)
}

// signatureLike: short lines, and no sentences or lists among them.
func signatureLike(run []textLine) bool {
	for _, l := range run {
		f := l.folded
		if l.gone || f == "" {
			continue
		}
		if len(f) > 90 || strings.HasSuffix(f, "?") || strings.HasSuffix(f, ".") && strings.Count(f, " ") >= 3 || listItem.MatchString(f) {
			return false
		}
	}
	return true
}

var listItem = regexp.MustCompile(`^(\d{1,2}[.)]|[-*+•])\s`)

// dropFooters takes away everything from the first legal paragraph on.
func dropFooters(run []textLine) {
	for i := range run {
		if run[i].gone || run[i].folded == "" || i > 0 && run[i-1].folded != "" && !run[i-1].gone && !shoutedHeading(run[i].text) {
			continue
		}
		var para []string
		for j := i; j < len(run) && run[j].folded != "" && j < i+6; j++ {
			para = append(para, run[j].folded)
		}
		if ruleset("legal").any(strings.Join(para, " ")) || ruleset("legal").any(para[0]) {
			for j := i; j < len(run); j++ {
				run[j].gone = true
			}
			return
		}
	}
}

// shoutedHeading: "CONFIDENTIALITY NOTICE: …" begins a footer even directly under a line.
func shoutedHeading(s string) bool {
	head, _, _ := strings.Cut(s, ":")
	return len(head) > 8 && head == strings.ToUpper(head) && head != strings.ToLower(head)
}

// dropDetails takes away a signature that nothing announces: a closing word,
// a name, and under them telephone, address or web lines. Closing words and a
// name alone were typed, and stay.
func dropDetails(run []textLine) {
	run = run[max(0, len(run)-maxSignature):]
	closing := -1
	for i := len(run) - 1; i >= 0 && closing < 0; i-- {
		if !run[i].gone && run[i].folded != "" && (ruleset("closing").any(run[i].folded) || i > 0 && closingWithName(run[i])) {
			closing = i
		}
	}
	if closing >= 0 && closing+1 < len(run) {
		if n := contactLines(run[closing+1:]); n > 0 && shortLines(run[closing+1:]) {
			for j := closing; j < len(run); j++ {
				run[j].gone = true
			}
			return
		}
	}
	// Without closing words: a last paragraph of at least three short lines
	// of which two are contact details.
	end := len(run)
	for end > 0 && (run[end-1].gone || run[end-1].folded == "") {
		end--
	}
	start := end
	for start > 0 && !run[start-1].gone && run[start-1].folded != "" {
		start--
	}
	if start > 0 && end-start >= 3 && contactLines(run[start:end]) >= 2 && shortLines(run[start:end]) {
		for j := start; j < end; j++ {
			run[j].gone = true
		}
	}
}

// isSentence: what signatures do not hold, but a postscript does.
func isSentence(folded string) bool {
	return strings.HasSuffix(folded, "?") || strings.ContainsAny(folded[len(folded)-1:], ".!:") && strings.Count(folded, " ") >= 5
}

// closingWithName: "Best regards, Dana Moss" on one line.
func closingWithName(l textLine) bool {
	name := namesAtEnd.FindString(l.text)
	return name != "" && len(l.text) < 70 && ruleset("closing").any(strings.TrimSuffix(l.folded, fold(name)))
}

var namesAtEnd = regexp.MustCompile(`(?:\s\p{Lu}[\p{L}.'’-]*){1,4}[.!]?$`)

func contactLines(run []textLine) int {
	n := 0
	for _, l := range run {
		if !l.gone && l.folded != "" && (ruleset("details").any(l.folded) || ruleset("picture").any(l.folded)) {
			n++
		}
	}
	return n
}

func shortLines(run []textLine) bool {
	lines := 0
	for _, l := range run {
		if l.gone || l.folded == "" || ruleset("picture").any(l.folded) {
			continue
		}
		if lines++; lines > 40 || (len(l.folded) > 100 || isSentence(l.folded)) && !ruleset("legal").any(l.folded) {
			return false
		}
	}
	return true
}
