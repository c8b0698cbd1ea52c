package replies

import (
	"bytes"
	"strings"
	"testing"

	"followup/channels/channeltest"
)

const oneOfMany = "From dana@example.com Mon Nov 23 09:30:00 2026\nFrom: dana@example.com\nSubject: Re: Our call\n\nYes, please.\n\n"

func TestMbox(t *testing.T) {
	for name, c := range map[string]struct {
		raw  string
		want []string
	}{
		"two messages":       {oneOfMany + oneOfMany, []string{"From: dana@example.com\nSubject: Re: Our call\n\nYes, please.\n\n", "From: dana@example.com\nSubject: Re: Our call\n\nYes, please.\n\n"}},
		"one message":        {oneOfMany, nil},
		"no mbox":            {"From: dana@example.com\n\nFrom here on it is easy.\n", nil},
		"a sentence":         {oneOfMany + "From what I saw at 9:30 in 2026\nit is fine.\n", nil},
		"stuffed":            {oneOfMany + "From a@example.com Mon Nov 23 09:30:00 2026\nTo: b@example.com\n\n>From here on.\n>>From there.\n", []string{"From: dana@example.com\nSubject: Re: Our call\n\nYes, please.\n\n", "To: b@example.com\n\nFrom here on.\n>From there.\n"}},
		"only a line":        {"From ", nil},
		"carriage returns":   {strings.ReplaceAll(oneOfMany+oneOfMany, "\n", "\r\n"), []string{"From: dana@example.com\r\nSubject: Re: Our call\r\n\r\nYes, please.\r\n\r\n", "From: dana@example.com\r\nSubject: Re: Our call\r\n\r\nYes, please.\r\n\r\n"}},
		"not after an empty": {"From dana@example.com Mon Nov 23 09:30:00 2026\nFrom: dana@example.com\n\nhi\nFrom a@example.com Mon Nov 23 09:30:00 2026\nTo: b@example.com\n", nil},
	} {
		got := Mbox([]byte(c.raw))
		if len(got) != len(c.want) {
			t.Errorf("%s: %d messages, want %d", name, len(got), len(c.want))
			continue
		}
		for i := range got {
			if string(got[i]) != c.want[i] {
				t.Errorf("%s, message %d:\n%q\nwant\n%q", name, i+1, got[i], c.want[i])
			}
		}
	}
}

// No byte of a mbox is lost but the separators and one ">" of stuffed lines.
func FuzzMbox(f *testing.F) {
	for _, b := range channeltest.Broken(300, []byte(oneOfMany+oneOfMany)) {
		f.Add(b)
	}
	f.Add([]byte(oneOfMany + oneOfMany))
	f.Add([]byte(oneOfMany + "\n\n>From x\n"))
	f.Add(bytes.Repeat([]byte("From a 1:11 2026\nA: b\n\n"), 50))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := Mbox(raw)
		total := 0
		for _, m := range got {
			total += len(m)
		}
		if total > len(raw) || got != nil && len(got) < 2 {
			t.Fatalf("%d messages of %d bytes from %d", len(got), total, len(raw))
		}
	})
}
