package replies

import (
	"regexp"
	"strings"
)

// notice is a text weighed sentence by sentence: how many of them an automatic
// notice would say, and how many only somebody who answers us. Single phrases
// prove little ("I am out on Friday" is anybody's); a text of which nothing is
// left over when the notice's sentences are taken away is a machine's.
type notice struct {
	absence  int // "I am out of the office until …"
	hint     int // "on honeymoon", "festivo": an absence only beside what is usual
	usual    int // what goes with it: who stands in, when they read again, thanks
	receipt  int // "your message has been received", "we answer within two days"
	personal int // a question, a proposal, a word about our matter
	other    int // anything else
	// oneDay: the absence is of a day that somebody may have proposed.
	oneDay bool
}

// weigh reads the customer's own words.
func (r reading) weigh() notice {
	var n notice
	few := func(section string) rules { return ruleset(section).within(r.body) }
	absence, hint, ack, receipt := few("body.absence"), few("absence.sentence"), few("body.ack"), few("receipt.sentence")
	usual, sentence, neutral, own := few("body.notice"), few("notice.sentence"), few("neutral.sentence"), few("personal.sentence")
	for _, s := range noticeSentences(r.visible) {
		switch {
		case isPersonal(s, own):
			n.personal++
		case absence.any(s):
			n.absence++
			n.oneDay = n.oneDay || proposedDay.MatchString(s)
			if usual.any(s) || sentence.any(s) {
				n.usual++
			}
		case hint.any(s):
			n.hint++
		case ack.any(s) || receipt.any(s):
			// "Your message came and is answered within a day" is two of them in one sentence.
			n.receipt += min(2, receipt.count(s)+ack.count(s))
		case usual.any(s) || sentence.any(s):
			n.usual++
		case neutral.any(s) || len(strings.Fields(contactDetail.ReplaceAllString(s, " "))) < 3:
		default:
			n.other++
		}
	}
	return n
}

// isPersonal: the sentence speaks to us. "Is it urgent?" and "you can reach me on my
// mobile in urgent cases" are in every notice.
func isPersonal(s string, own rules) bool {
	if urgentSentence.MatchString(s) {
		return false
	}
	return strings.HasSuffix(s, "?") || personal.MatchString(s) || own.any(s)
}

var (
	urgentSentence = regexp.MustCompile(`\b(urgent\w*|immediate|emergenc\w+|dringend\w*|dringlich\w*|eilig\w*|notf[a-z]+|urgence|urgente?s?|urgenz\w|urgenc\w+|spoed\w*)\b`)
	contactDetail  = regexp.MustCompile(`\S+@\S+|https?://\S+|www\.\S+|[+(]?\d[\d ()/.-]{5,}|\b(tel|phone|mobile|mob|fax|e-?mail|telefon|handy|mobil|ext)\b[.:]*`)
	// noticeEnd: below the closing there is only who they are.
	noticeEnd = regexp.MustCompile(`^(best|kind|warm|warmest|many|with best|with kind|yours)?[ ,]*(regards?|wishes|sincerely|cheers|thanks|thank you|many thanks|truly|faithfully)( and regards)?[ ,.!-]*$|^(best|br|vg|mfg|lg|vriendelijke groet\w*|met vriendelijke groet\w*|hartelijke groet\w*|groet\w*|mvg|(mit )?(freundlich\w+|besten?|viele[nr]?|herzlich\w+|liebe[nr]?|sonnig\w+) gruss\w*.{0,30}|cordialement|bien cordialement|bien a vous|sinceres salutations|salutations.{0,20}|(un )?(cordial )?saludos?.{0,30}|atentamente|un abrazo|cordiali saluti|distinti saluti|saluti|un saluto|cordialmente|atenciosamente|com os melhores cumprimentos|melhores cumprimentos|cumprimentos|abracos?|att)[ ,.!-]*$`)
	// sentenceStop: a full stop after a number or a short form ends nothing.
	shortForm = regexp.MustCompile(`(?:^|[ (.])(?:\d{1,2}|mr|mrs|ms|dr|hr|fr|st|sr|sra|dott|ing|prof|no|nr|tel|ext|bzw|ca|z\.b|u\.a|d\.h|evtl|inkl|incl|einschl|e\.g|i\.e|a\.m|p\.m|jan|feb|febr|mar|apr|jun|jul|aug|sep|sept|okt|oct|nov|dez|dec|p\.v|[a-z])$`)
)

// noticeSentences are the sentences of a text, folded, up to its closing. Lines
// are joined: clients wrap them anywhere. An empty line ends a sentence.
func noticeSentences(text string) []string {
	var list []string
	for _, block := range strings.Split(fold(limit(strings.ReplaceAll(blankLines.ReplaceAllString(text, "\n\n"), "\n\n", " ¶ "), bodyLooked)), "¶") {
		lines := strings.Split(strings.TrimSpace(block), "\n")
		for i, l := range lines {
			if noticeEnd.MatchString(strings.TrimSpace(l)) {
				return append(list, splitSentences(strings.Join(lines[:i], " "))...)
			}
		}
		list = append(list, splitSentences(strings.Join(lines, " "))...)
	}
	return list
}

var proposedDay = regexp.MustCompile(`\b(?:` + weekdayNames + `|tomorrow|morgen|demain|manana|domani|amanha|next week|nachste woche|that (?:day|week))\b`)

var blankLines = regexp.MustCompile(`\r?\n[ \t]*\r?\n\s*`)

func splitSentences(s string) []string {
	var list []string
	start := 0
	for i := 0; i < len(s); i++ {
		if s[i] != '.' && s[i] != '!' && s[i] != '?' || i+1 < len(s) && s[i+1] != ' ' {
			continue
		}
		if s[i] == '.' && shortForm.MatchString(s[max(start, i-8):i]) {
			continue
		}
		if t := strings.TrimSpace(strings.TrimRight(s[start:i], ".! ")); t != "" {
			if s[i] == '?' {
				t += "?"
			}
			list = append(list, t)
		}
		start = i + 1
	}
	if t := strings.TrimSpace(s[start:]); t != "" {
		list = append(list, t)
	}
	return list
}

// away: an absence, nothing that only a person says, and hardly anything
// that notices do not say. dated: it tells when they are back.
func (n notice) away(dated, quotes, answers bool) bool {
	usual := n.usual + n.receipt
	if dated {
		usual++
	}
	switch {
	case n.personal > 0:
		return false
	case n.absence == 0 && n.hint > 0:
		return !quotes && (n.other == 0 && (dated || usual > 0) || n.other == 1 && usual >= 3)
	case n.absence == 0: // "I am at your service again on the 7th. Your mail is not forwarded."
		return !quotes && (n.other == 0 && (dated && usual >= 2 || n.usual >= 3) || n.other == 1 && dated && usual >= 3)
	case quotes: // a person's program quotes what it answers
		return usual >= 3 && n.other == 0
	case answers && usual == 0 && n.oneDay:
		return false // "I am out on Thursday" answers a proposal
	}
	return n.other == 0 || n.other <= (usual+n.absence+n.hint-1)/2
}

// acknowledges: it says that our message came, and when it is answered, and
// nothing that a person would add.
func (n notice) acknowledges(quotes bool) bool {
	return n.receipt > 0 && n.receipt+n.usual >= 2 && n.personal == 0 && n.absence == 0 && !quotes && n.other <= (n.receipt+n.usual-1)/2
}
