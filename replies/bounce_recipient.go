package replies

import (
	"regexp"
	"strings"
)

var (
	plainAddress  = regexp.MustCompile(`[a-zA-Z0-9!#$%&'*+/=?^_{|}~.-]{1,80}@[a-zA-Z0-9][a-zA-Z0-9.-]*\.[a-zA-Z]{2,}`)
	typedAddress  = regexp.MustCompile(`(?i)^(?:smtp|rfc822|mailto|imceamailto|email)[=;:-]`)
	textMessageID = regexp.MustCompile(`(?im)^[\s>]*message-id:\s*(<[^<>\s]+>)`)
	textTo        = regexp.MustCompile(`(?im)^[\s>]*to:\s*(.{1,300})$`)
)

// failedRecipient is the address that did not get it: the one named, else the
// likeliest in the server's words, else the one the returned message was for.
func (r reading) failedRecipient(named string) string {
	if a := firstAddress(named); strings.Contains(a.Email, "@") {
		return a.Email
	}
	ours := map[string]bool{}
	for _, a := range r.m.To {
		ours[a.Email] = true
	}
	if o := r.m.Original; o != nil {
		ours[o.From.Email] = true
	}
	if a, _ := r.likeliest(ours); a != "" {
		return a
	}
	if o := r.m.Original; o != nil && len(o.To) > 0 {
		return o.To[0].Email
	}
	if to := textTo.FindStringSubmatch(r.m.Text); to != nil {
		if a := firstAddress(to[1]); strings.Contains(a.Email, "@") && !ours[a.Email] {
			return a.Email
		}
	}
	// Somebody wrote to themselves: the server names the sender, and plainly.
	if a, score := r.likeliest(nil); score >= plainlyNamed {
		return a
	}
	return ""
}

// plainlyNamed is the score of an address alone on its line, in brackets, with
// a failure after it: "<a@example.com>: …".
const plainlyNamed = 17

// Lines that name addresses of others than the one that failed, and words that
// announce the one that did.
var (
	otherLine = regexp.MustCompile(`^\W{0,3}(from|sender|reply-to|cc|subject|message-id|return-path|received|mail from|sent|date)\b ?:|(please |to )?(contact|send (an? )?(e-?mail|mail|message) to|forward|write to|assistance|questions|help)\b.{0,60}@`)
	toLine    = regexp.MustCompile(`^\W{0,3}to ?:`)
	announces = regexp.MustCompile(`((failed|following|undeliverable|bad|invalid|intended|original|final) (address|recipient|user|mailbox|destination)\S{0,4}|recipients?(\(s\))?|address(es)?(\(es\))?|(deliver|delivered|sent|addressed|remis|delivre|zugestellt|entregado|consegnato|bezorgd|entregue|message|mail|reach|reached)( your message| the message| mail)? (to|for|a|an|aan|al|ao)|rcpt to|addressed,?|to this (address|user|recipient)|user|account|mailbox|empfanger|destinataires?|destinatarios?|destinatari[oi]?|ontvangers?|failed|said|errors? -+)\W{0,6}$`)
	fails     = regexp.MustCompile(`^["'>)\]]{0,3}(:|\.\.\.|;| \(| - | on (mon|tue|wed|thu|fri|sat|sun)|, error|, (did|is|was|has)| (does|is not|is unknown|was not|could not|has been|not found|unknown|no such|existe|ist|n'est|non))`)
)

// likeliest weighs the addresses in the report by what stands around them.
func (r reading) likeliest(ours map[string]bool) (best string, top int) {
	delivered := map[string]bool{}
	for _, a := range r.m.Delivered {
		delivered[a.Email] = true
	}
	before := "" // what the lines above said
	for _, line := range strings.SplitN(r.reportText(), "\n", 200) {
		line = strings.TrimSpace(strings.ToLower(line))
		for _, at := range plainAddress.FindAllStringIndex(limit(line, 1000), 10) {
			a := strings.Trim(line[at[0]:at[1]], ".'*")
			a = typedAddress.ReplaceAllString(a, "")
			if ours[a] || a == r.m.From.Email || ruleset("bounce.sender").any(a) {
				continue
			}
			head, tail := line[:at[0]], line[at[1]:]
			score := 10
			switch {
			case otherLine.MatchString(line):
				score -= 6
			case toLine.MatchString(line):
				score -= 2
			case strings.Trim(line, "<>:;\"'()*- \t") == a:
				score += 4
			}
			if strings.HasSuffix(head, "<") {
				score += 2
			}
			if announces.MatchString(strings.TrimRight(tailOf(before+" "+head, 160), " \"'<([:-")) {
				score += 3
			}
			if fails.MatchString(tail) {
				score += 3
			}
			if ours != nil && delivered[a] {
				score -= 5
			}
			if score > top {
				best, top = a, score
			}
		}
		if line != "" {
			before = tailOf(before+" "+line, 160)
		}
	}
	return best, top
}

// tailOf keeps the last n bytes, from a whole character on.
func tailOf(s string, n int) string {
	if len(s) <= n {
		return s
	}
	s = s[len(s)-n:]
	for len(s) > 0 && s[0]&0xC0 == 0x80 {
		s = s[1:]
	}
	return s
}
