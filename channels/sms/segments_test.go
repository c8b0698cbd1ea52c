package sms_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"followup/channels/sms"
)

func TestSegments(t *testing.T) {
	a := func(n int) string { return strings.Repeat("a", n) }
	for _, c := range []struct {
		name, text string
		n          int
		encoding   string
	}{
		{"nothing", "", 0, sms.GSM7},
		// GSM-7: 160 alone, 153 in each of several.
		{"one letter", "a", 1, sms.GSM7},
		{"160", a(160), 1, sms.GSM7},
		{"161", a(161), 2, sms.GSM7},
		{"306", a(306), 2, sms.GSM7},
		{"307", a(307), 3, sms.GSM7},
		{"letters of the alphabet that are not ASCII", "Zürich £5 à Ñ Ω", 1, sms.GSM7},
		{"line breaks", "a\r\nb", 1, sms.GSM7},
		// The extension table costs two septets.
		{"80 euros", strings.Repeat("€", 80), 1, sms.GSM7},
		{"81 euros", strings.Repeat("€", 81), 2, sms.GSM7},
		{"all of the extension", "\f^{}\\[~]|€", 1, sms.GSM7},
		// An escape is not split: 76 pairs fill 152 of 153, the 77th moves on.
		{"153 euros", strings.Repeat("€", 152), 2, sms.GSM7},
		{"one pair more", strings.Repeat("€", 153), 3, sms.GSM7},
		{"a pair on the border", a(152) + "€" + a(152), 3, sms.GSM7},
		{"a pair before the border", a(151) + "€" + a(153), 2, sms.GSM7},
		// Not in GSM-7: the whole text changes over, 70 alone and 67 in each.
		{"a backtick", "`", 1, sms.UCS2},
		{"a tab", "a\tb", 1, sms.UCS2},
		{"a small c with cedilla", "ça va", 1, sms.UCS2},
		{"a capital C with cedilla", "Ça va", 1, sms.GSM7},
		{"a curly apostrophe", "it’s " + a(65), 1, sms.UCS2},
		{"the same, 71", "it’s " + a(66), 2, sms.UCS2},
		{"134", "’" + a(133), 2, sms.UCS2},
		{"135", "’" + a(134), 3, sms.UCS2},
		// An emoji is a surrogate pair, which is not split: 33 fill 66 of 67.
		{"35 emoji", strings.Repeat("🙂", 35), 1, sms.UCS2},
		{"36 emoji", strings.Repeat("🙂", 36), 2, sms.UCS2},
		{"66 emoji", strings.Repeat("🙂", 66), 2, sms.UCS2},
		{"67 emoji", strings.Repeat("🙂", 67), 3, sms.UCS2},
	} {
		if n, encoding := sms.Segments(c.text); n != c.n || encoding != c.encoding {
			t.Errorf("%s: Segments = %d %s, want %d %s", c.name, n, encoding, c.n, c.encoding)
		}
	}
}

func FuzzSegments(f *testing.F) {
	for _, s := range []string{"", "a", "€", "`", "🙂", strings.Repeat("a", 160), strings.Repeat("a", 152) + "€a", strings.Repeat("🙂", 70), "\xff\xfe", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		n, encoding := sms.Segments(text)
		if (n == 0) != (text == "") {
			t.Fatalf("%d segments for %d bytes", n, len(text))
		}
		runes := []rune(text)
		single, part, units := 70, 67, len(utf16.Encode(runes))
		if encoding == sms.GSM7 {
			single, part, units = 160, 153, len(runes)
			for _, r := range runes {
				if strings.ContainsRune("\f^{}\\[~]|€", r) {
					units++
				}
			}
		}
		if (n <= 1) != (units <= single) {
			t.Fatalf("%d segments for %d units of %s", n, units, encoding)
		}
		// Each part but the last holds at least one unit less than it could.
		if n > 1 && (n < (units+part-1)/part || n > (units+part-2)/(part-1)) {
			t.Fatalf("%d segments for %d units of %s", n, units, encoding)
		}
		// A longer text never takes fewer.
		if more, _ := sms.Segments(text + "a"); more < n {
			t.Fatalf("%d segments, with one letter more %d", n, more)
		}
	})
}
