package email

import (
	"bufio"
	"bytes"
	"io"
	"net/textproto"
	"strings"
	"testing"
)

// What goes over the wire reads back as the content, in whatever pieces it was
// written, and has a final dot nowhere but at its end.
func FuzzStuffing(f *testing.F) {
	for _, s := range []string{"", ".", "..", "a\r\n.b\r\n", ".\r\n.\r\n..\r\n", "a\n.\nb", "a\r.\rb", "\r\n.\r\n", "a", "a\r\n", "\r", "\n\r.\r\n"} {
		f.Add(s, 3)
	}
	f.Fuzz(func(t *testing.T, s string, piece int) {
		content := canonical([]byte(s))
		var wire []byte
		for from := 0; from < len(content); from += max(1, piece) {
			wire = appendStuffed(wire, content, from, min(len(content), from+max(1, piece)))
		}
		whole := append(wire, ".\r\n"...)
		if i := strings.Index("\r\n"+string(whole), "\r\n.\r\n"); i != len(whole)-3 {
			t.Fatalf("a final dot at %d of %q", i, whole)
		}
		for i, c := range wire {
			if c == '\n' && (i == 0 || wire[i-1] != '\r') || c == '\r' && (i == len(wire)-1 || wire[i+1] != '\n') {
				t.Fatalf("a lone CR or LF in %q", wire)
			}
		}
		read, err := io.ReadAll(textproto.NewReader(bufio.NewReader(bytes.NewReader(whole))).DotReader())
		if err != nil || string(read) != strings.ReplaceAll(string(content), "\r\n", "\n") {
			t.Fatalf("%q reads back as %q (%v)", content, read, err)
		}
	})
}

func FuzzReplyLine(f *testing.F) {
	for _, s := range []string{"250 ok", "250-ok", "250", "2500", "25", "", "999 x", "100 x", "abc d", "250 ", "250-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, text, more, ok := parseLine([]byte(s))
		if ok && (code < 200 || code > 599 || len(text) > len(s) || more && s[3] != '-') {
			t.Errorf("%q: %d %q %v", s, code, text, more)
		}
	})
}
