package replies

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// charsetAliases are labels found in mail that the WHATWG index lacks.
var charsetAliases = map[string]string{
	"cp850": "ibm866", "cp-850": "ibm866", "utf8mb4": "utf-8", "ansi": "windows-1252", "latin9": "iso-8859-15", "iso8859-15": "iso-8859-15",
	"cp936": "gbk", "cp949": "euc-kr", "cp932": "shift_jis", "x-gbk": "gbk", "iso-8859-8-i": "iso-8859-8", "macintosh": "macintosh",
	"ansi_x3.4-1968": "windows-1252", "unknown-8bit": "", "x-unknown": "", "default": "", "binary": "", "": "",
}

// toUTF8 turns bytes of the named charset into clean UTF-8. It never fails:
// what is no charset, or is none of it, is read as UTF-8 where it is valid and
// as Windows-1252 otherwise, which is what the big clients do.
func toUTF8(b []byte, label string) string {
	label = strings.ToLower(strings.Trim(strings.TrimSpace(label), `"'`))
	if alias, ok := charsetAliases[label]; ok {
		label = alias
	}
	if label == "utf-7" || label == "unicode-1-1-utf-7" {
		return cleanText(decodeUTF7(b))
	}
	var enc encoding.Encoding
	if label != "" && label != "us-ascii" && label != "ascii" && label != "utf-8" && label != "utf8" {
		enc, _ = htmlindex.Get(label)
	}
	if enc == nil || isUTF8Disguised(b, label) {
		if utf8.Valid(b) {
			return cleanText(string(b))
		}
		if strings.HasPrefix(label, "utf") && mostlyUTF8(b) {
			return cleanText(string(b))
		}
		enc = charmap.Windows1252
	}
	out, err := enc.NewDecoder().Bytes(b)
	if err != nil {
		return cleanText(string(b))
	}
	return cleanText(string(out))
}

// isUTF8Disguised: the label says a one-byte Western charset and the bytes are
// multi-byte UTF-8, which chance hardly ever makes.
func isUTF8Disguised(b []byte, label string) bool {
	if !strings.HasPrefix(label, "iso-8859-1") && label != "windows-1252" && label != "latin1" {
		return false
	}
	high := 0
	for _, c := range b {
		if c >= 0x80 {
			high++
		}
	}
	return high >= 2 && utf8.Valid(b)
}

// mostlyUTF8 tells a UTF-8 text with a few broken bytes (cut in the middle of
// a character, say) from another charset under its label.
func mostlyUTF8(b []byte) bool {
	bad, good := 0, 0
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else if n > 1 {
			good++
		}
		b = b[n:]
	}
	return good > bad
}

// cleanText makes s fit for any database and page: valid UTF-8, without NUL
// and other control characters.
func cleanText(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if strings.IndexFunc(s, isControl) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return -1
		}
		return r
	}, s)
}

func isControl(r rune) bool {
	return r < 0x20 && r != '\n' && r != '\t' && r != '\r' || r == 0x7f || r == 0xFEFF
}

var encodedWord = regexp.MustCompile(`=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=`)

// decodeWords decodes RFC 2047 words. Neighbouring words of one charset are
// joined before the charset is decoded: many mailers split inside a character.
func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return s
	}
	var out strings.Builder
	var pending []byte
	pendingCharset := ""
	flush := func() {
		if len(pending) > 0 {
			out.WriteString(toUTF8(pending, pendingCharset))
			pending = nil
		}
	}
	last := 0
	for _, m := range encodedWord.FindAllStringSubmatchIndex(s, 400) {
		between := s[last:m[0]]
		charset, _, _ := strings.Cut(s[m[2]:m[3]], "*") // RFC 2231 language
		joined := last > 0 && strings.TrimSpace(between) == ""
		if !joined || !strings.EqualFold(charset, pendingCharset) {
			flush()
		}
		if !joined {
			out.WriteString(between)
		}
		pendingCharset = charset
		text := s[m[6]:m[7]]
		if c := s[m[4]]; c == 'b' || c == 'B' {
			pending = append(pending, decodeBase64([]byte(text))...)
		} else {
			pending = append(pending, decodeQP([]byte(strings.ReplaceAll(text, "_", " ")))...)
		}
		last = m[1]
	}
	flush()
	out.WriteString(s[last:])
	return strings.Join(strings.FieldsFunc(out.String(), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// decodeBase64 decodes what can be decoded: foreign characters are left out,
// and so is an incomplete end.
func decodeBase64(b []byte) []byte {
	clean := make([]byte, 0, len(b))
	for _, c := range b {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		case c == '-':
			clean = append(clean, '+')
		case c == '_':
			clean = append(clean, '/')
		}
	}
	if len(clean)%4 == 1 {
		clean = clean[:len(clean)-1]
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(out, clean)
	return out[:n]
}

// decodeQP decodes quoted-printable; what is no escape stays as it is.
func decodeQP(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] != '=' {
			out = append(out, b[i])
			continue
		}
		if i+2 < len(b) {
			if hi, lo := unhex(b[i+1]), unhex(b[i+2]); hi >= 0 && lo >= 0 {
				out = append(out, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		j := i + 1 // a soft line break, perhaps with spaces that a relay added
		for j < len(b) && (b[j] == ' ' || b[j] == '\t') {
			j++
		}
		switch {
		case j >= len(b):
			i = j
		case b[j] == '\n':
			i = j
		case b[j] == '\r':
			i = j
			if j+1 < len(b) && b[j+1] == '\n' {
				i++
			}
		default:
			out = append(out, '=')
		}
	}
	return out
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

// decodeUTF7 reads RFC 2152, which a few old gateways still write.
func decodeUTF7(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] != '+' {
			out.WriteByte(b[i])
			continue
		}
		end := i + 1
		for end < len(b) && (b[end] >= 'A' && b[end] <= 'Z' || b[end] >= 'a' && b[end] <= 'z' || b[end] >= '0' && b[end] <= '9' || b[end] == '+' || b[end] == '/') {
			end++
		}
		if end == i+1 {
			out.WriteByte('+')
		} else if wide, err := base64.RawStdEncoding.DecodeString(string(b[i+1 : end])); err == nil {
			for k := 0; k+1 < len(wide); k += 2 {
				out.WriteRune(rune(wide[k])<<8 | rune(wide[k+1]))
			}
		}
		i = end - 1
		if end < len(b) && b[end] == '-' {
			i = end
		}
	}
	return out.String()
}
