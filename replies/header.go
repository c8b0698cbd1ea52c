package replies

import (
	"bytes"
	"strings"
)

// field is one header field; its value is unfolded but not decoded.
type field struct{ name, value string }

// header is a header section in its order.
type header []field

// get is the first value of the field, decoded (RFC 2047); "" where there is none.
func (h header) get(name string) string { return decodeWords(h.raw(name)) }

// raw is the first value as it came.
func (h header) raw(name string) string {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return f.value
		}
	}
	return ""
}

// all values of the field, as they came.
func (h header) all(name string) []string {
	var vs []string
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			vs = append(vs, f.value)
		}
	}
	return vs
}

func (h header) has(name string) bool {
	for _, f := range h {
		if strings.EqualFold(f.name, name) {
			return true
		}
	}
	return false
}

// splitHeader reads the header section at the start of b and gives what
// follows it. It takes any line ending, an mbox "From " line, leading empty
// lines, a missing empty line before the body, and anything else at all.
func splitHeader(b []byte) (h header, body []byte) {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	b = bytes.TrimLeft(b, "\r\n")
	if bytes.HasPrefix(b, []byte("From ")) {
		_, b = cutLine(b)
	}
	var current []byte
	flush := func() {
		if name, value, ok := bytes.Cut(current, []byte(":")); ok && len(h) < maxFields {
			h = append(h, field{strings.TrimSpace(string(name)), cleanText(strings.TrimSpace(string(value)))})
		}
		current = nil
	}
	for read := 0; len(b) > 0; {
		line, rest := cutLine(b)
		read += len(b) - len(rest)
		switch {
		case len(line) == 0:
			flush()
			return h, rest
		case line[0] == ' ' || line[0] == '\t':
			if len(current)+len(line) < maxFieldBytes {
				current = append(append(current, ' '), bytes.TrimSpace(line)...)
			}
		case !isFieldLine(line):
			flush()
			return h, b // the body began without an empty line
		default:
			flush()
			if len(line) > maxFieldBytes {
				line = line[:maxFieldBytes]
			}
			current = append([]byte(nil), line...)
		}
		b = rest
		if read > maxHeaderBytes {
			break
		}
	}
	flush()
	return h, b
}

// isFieldLine tells whether the line starts "Name:", the name in printable
// ASCII without spaces (RFC 5322 2.2), as tolerant as others are of a space
// before the colon.
func isFieldLine(line []byte) bool {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 100 {
		return false
	}
	for _, c := range bytes.TrimRight(line[:i], " \t") {
		if c <= ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// cutLine takes the first line off; CRLF, LF and a lone CR all end one.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexAny(b, "\r\n")
	if i < 0 {
		return b, nil
	}
	if b[i] == '\r' && i+1 < len(b) && b[i+1] == '\n' {
		return b[:i], b[i+2:]
	}
	return b[:i], b[i+1:]
}

// parameters reads "value; name=token; name="quoted"" as tolerantly as mail
// needs it: duplicate names (the first counts), stray semicolons, RFC 2231
// extended names without their continuations.
func parameters(s string) (value string, params map[string]string) {
	params = map[string]string{}
	value, s, _ = strings.Cut(s, ";")
	value = strings.ToLower(strings.TrimSpace(value))
	for len(params) < 40 {
		s = strings.TrimLeft(s, "; \t")
		name, rest, ok := strings.Cut(s, "=")
		if !ok {
			return value, params
		}
		name = strings.TrimSuffix(strings.ToLower(strings.TrimSpace(name)), "*")
		var v string
		v, s = parameterValue(strings.TrimLeft(rest, " \t"))
		if _, dup := params[name]; !dup {
			params[name] = v
		}
	}
	return value, params
}

func parameterValue(s string) (value, rest string) {
	if !strings.HasPrefix(s, `"`) {
		value, rest, _ = strings.Cut(s, ";")
		return strings.TrimSpace(value), rest
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		case s[i] == '"':
			return b.String(), s[i+1:]
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), ""
}
