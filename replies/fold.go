package replies

import "strings"

// folds maps accented letters and typographic signs to what the rules are
// written in, so that "Réponse automatique" and "reponse automatique" are one.
var folds = func() map[rune]string {
	m := map[rune]string{
		'ß': "ss", 'æ': "ae", 'œ': "oe", 'ø': "o", 'đ': "d", 'ł': "l", 'ı': "i", 'þ': "th", 'ð': "d",
		'’': "'", '‘': "'", '`': "'", '´': "'", 'ʼ': "'", '“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`,
		'–': "-", '—': "-", '‐': "-", '‑': "-", '−': "-", '…': "...", '：': ":", '！': "!", '？': "?",
		'\u200b': "", '\u200c': "", '\u200d': "", '\u2060': "", '\u00ad': "", '\ufe0f': "",
	}
	for base, accented := range map[string]string{
		"a": "àáâãäåāăą", "c": "çćčĉċ", "d": "ďḍ", "e": "èéêëēĕėęě", "g": "ğĝġģ", "i": "ìíîïĩīĭį", "k": "ķ", "l": "ĺļľ",
		"n": "ñńņňŉ", "o": "òóôõöōŏőơ", "r": "ŕŗř", "s": "śŝşšș", "t": "ţťț", "u": "ùúûüũūŭůűųư", "w": "ŵ", "y": "ýÿŷ", "z": "źżž",
	} {
		for _, r := range accented {
			m[r] = base
		}
	}
	return m
}()

// fold makes text comparable: lower case, no accents, plain quotes and
// dashes, one space between words. Line ends are kept as single ones.
func fold(s string) string {
	s = strings.ToLower(s)
	var b strings.Builder
	b.Grow(len(s))
	space, line := false, false
	for _, r := range s {
		switch {
		case r == '\n':
			line = true
			continue
		case r == ' ' || r == '\t' || r == '\r' || r == '\u00a0' || r == '\u202f' || r == '\u3000' || r >= '\u2000' && r <= '\u200a':
			space = true
			continue
		case r >= 0x0300 && r <= 0x036f: // combining accents of decomposed text
			continue
		}
		if line {
			if b.Len() > 0 {
				b.WriteByte('\n')
			}
		} else if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space, line = false, false
		if r < 0x80 {
			b.WriteByte(byte(r))
		} else if f, ok := folds[r]; ok {
			b.WriteString(f)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// flat is folded text on one line.
func flat(folded string) string { return strings.ReplaceAll(folded, "\n", " ") }

// bareWords keeps letters, digits and single spaces of folded text: "STOP!!" is "stop".
func bareWords(folded string) string {
	var b strings.Builder
	gap := false
	for _, r := range folded {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 0x80 && r != '\uFFFD' {
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(r)
		} else if r != '\'' {
			gap = true
		}
	}
	return b.String()
}
