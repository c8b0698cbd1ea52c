package replies

import (
	"bytes"
	"regexp"
)

// Mbox takes an mbox file (RFC 4155) apart: its messages, without the lines
// between them. nil where the bytes are no mbox, or hold one message only.
func Mbox(raw []byte) [][]byte {
	if !bytes.HasPrefix(raw, []byte("From ")) {
		return nil
	}
	var messages [][]byte
	start := -1
	for pos := 0; pos < len(raw); {
		if atSeparator(raw, pos) {
			if start >= 0 {
				messages = append(messages, unstuff(raw[start:pos]))
			}
			_, rest := cutLine(raw[pos:])
			start = len(raw) - len(rest)
			pos = start
			continue
		}
		next := bytes.Index(raw[pos:], []byte("\nFrom "))
		if next < 0 {
			break
		}
		pos += next + 1
	}
	if start < 0 || len(messages) == 0 {
		return nil
	}
	return append(messages, unstuff(raw[start:]))
}

// separator is what programs write between messages: who and when.
var separator = regexp.MustCompile(`^From \S.*\d{1,2}:\d{2}.*\d{4}`)

// atSeparator: such a line at the beginning or after an empty line, and a
// field after it. A sentence that begins with "From " is none.
func atSeparator(raw []byte, pos int) bool {
	if pos > 0 && !bytes.HasSuffix(raw[:pos], []byte("\n\n")) && !bytes.HasSuffix(raw[:pos], []byte("\r\n\r\n")) {
		return false
	}
	line, rest := cutLine(raw[pos:min(len(raw), pos+2000)])
	if !separator.Match(line) {
		return false
	}
	next, _ := cutLine(rest)
	return isFieldLine(next) || bytes.HasPrefix(next, []byte(">From "))
}

var stuffed = regexp.MustCompile(`(?m)^>(>*From )`)

// unstuff takes away what kept "From " lines of the text apart from separators.
func unstuff(message []byte) []byte {
	if !bytes.Contains(message, []byte("\n>")) {
		return message
	}
	return stuffed.ReplaceAll(message, []byte("$1"))
}
