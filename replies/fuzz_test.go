package replies

import (
	"bytes"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"followup/channels/channeltest"
	"followup/models"
)

func seedCorpus(f *testing.F) {
	names, _ := corpus(f)
	var seeds [][]byte
	for _, n := range names {
		seeds = append(seeds, corpusMail(f, n))
		f.Add(seeds[len(seeds)-1])
	}
	for _, b := range channeltest.Broken(400, seeds...) {
		f.Add(b)
	}
	f.Add([]byte("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n--\n"))
	f.Add([]byte(strings.Repeat("Content-Type: multipart/mixed; boundary=a\n\n--a\n", 40)))
	f.Add([]byte("Subject: =?utf-7?Q?+AGE-?= =?x?b?####?= =?utf-8?q?=ff?=\nContent-Transfer-Encoding: base64\n\n====\x00"))
}

// withBroken are the texts of a file, and what chance makes of them.
func withBroken(f *testing.F, file string) []string {
	var seeds []string
	for _, p := range readPairs(f, file) {
		seeds = append(seeds, p[1])
	}
	return append(seeds, channeltest.Broken(300, seeds...)...)
}

// Any bytes give something that any database and page can take.
func FuzzParse(f *testing.F) {
	seedCorpus(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, _ := Parse(raw)
		for _, s := range []string{m.Text, m.HTML, m.Subject, m.From.Email, m.From.Name, m.MessageID, m.InReplyTo, m.Disposition, m.Calendar} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Fatalf("not clean: %q", s)
			}
		}
		if len(m.Text) > 4*maxText || len(m.References) > maxIDs {
			t.Fatalf("limits: text %d, references %d", len(m.Text), len(m.References))
		}
	})
}

// Every message gets one of the classes and says why; reading it twice gives the same.
func FuzzClassify(f *testing.F) {
	seedCorpus(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		in := Inspect("x", raw, corpusNow)
		switch in.Class {
		case "human_reply", "auto_reply", "bounce_hard", "bounce_soft", "complaint", "opt_out", "other":
		default:
			t.Fatalf("class %q", in.Class)
		}
		m, _ := Parse(raw)
		v := Classify(m, corpusNow)
		if v.Why == "" {
			t.Fatal("no reason given")
		}
		if v.Bounce != nil && v.Bounce.Hard != (v.Class == "bounce_hard") {
			t.Fatalf("%s but hard=%v", v.Class, v.Bounce.Hard)
		}
		if v.ReturnDate != "" && !v.OutOfOffice {
			t.Fatal("a return date without an absence")
		}
	})
}

// The visible reply is made of what was written: it adds no line.
func FuzzVisible(f *testing.F) {
	names, _ := corpus(f)
	var seeds []string
	for _, n := range names {
		m, _ := Parse(corpusMail(f, n))
		seeds = append(seeds, m.Text)
		f.Add(m.Text)
	}
	for _, s := range channeltest.Broken(200, seeds...) {
		f.Add(s)
	}
	f.Add(strings.Repeat("> ", 5000))
	f.Add(strings.Repeat("On 1 x wrote:\n", 3000))
	f.Fuzz(func(t *testing.T, text string) {
		lines := map[string]bool{}
		for _, l := range splitLines(text) {
			lines[strings.TrimSpace(l.text)] = true
		}
		for _, l := range strings.Split(Visible(Mail{Text: text}), "\n") {
			if l = strings.TrimSpace(l); l != "" && !lines[l] && !begins(lines, l) {
				t.Fatalf("a line that nobody wrote: %q", l)
			}
		}
		if len(text) < 2000 {
			Visible(Mail{HTML: text, FromHTML: true})
		}
	})
}

// begins: what was written before an attribution on the same line stays.
func begins(lines map[string]bool, text string) bool {
	for l := range lines {
		if strings.HasPrefix(l, text) {
			return true
		}
	}
	return false
}

// HTML becomes clean text, whatever is open in it and how deep.
func FuzzHTML(f *testing.F) {
	seeds := []string{"<p>hi</p>", "<blockquote><div>", "<pre>\n\n<li>a", `<div class="gmail_quote">x<hr id="stopSpelling">`, "<td><td></table></b>&#0;&nbsp;"}
	for _, s := range append(seeds, channeltest.Broken(300, seeds...)...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		for _, marks := range []bool{false, true} {
			if s := htmlText(src, marks); !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Fatalf("not clean: %q", s)
			}
		}
	})
}

// Bytes of any charset, encoded words and transfer encodings give clean text.
func FuzzCharset(f *testing.F) {
	for _, label := range []string{"utf-8", "utf-7", "gb18030", "iso-2022-jp", "x", ""} {
		seed := []byte("Gr\xfc\xdfe +AOQ- =?utf-8?b?w6Q=?=")
		for _, b := range append(channeltest.Broken(100, seed), seed) {
			f.Add(b, label)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, label string) {
		for _, s := range []string{toUTF8(b, label), cleanText(decodeWords(string(b))), toUTF8(decodeQP(b), label), toUTF8(decodeBase64(b), label)} {
			if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
				t.Fatalf("not clean: %q", s)
			}
		}
	})
}

// The parts of reports are read from any bytes.
func FuzzReports(f *testing.F) {
	seeds := [][]byte{
		[]byte("Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; a@example.com\nAction: failed\nStatus: 5.1.1\n"),
		[]byte("Feedback-Type: abuse\nDisposition: manual-action; displayed\nMETHOD:REPLY\n"),
	}
	for _, b := range append(seeds, channeltest.Broken(300, seeds...)...) {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, d := range readDeliveries(b) {
			if d.Status != "" && statusCode.FindString(d.Status) == "" {
				t.Fatalf("status %q", d.Status)
			}
		}
		readDisposition(b)
		if fb := readFeedback(b); fb.Type == "" {
			t.Fatal("a report of no type")
		}
		calendarMethod(b)
	})
}

// Texts get a class and a reason.
func FuzzTexts(f *testing.F) {
	for _, s := range withBroken(f, "testdata/wishes.tsv") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, body string) {
		if v := ClassifyText(models.InboundText{Body: body}); v.Class == "" || v.Why == "" {
			t.Fatalf("%+v", v)
		}
	})
}

// A return date exists in the calendar and lies neither before the notice nor far ahead.
func FuzzReturnDate(f *testing.F) {
	for _, s := range withBroken(f, "testdata/returndates.tsv") {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d := ReturnDate(text, text, written)
		if d == "" {
			return
		}
		parsed, err := time.Parse(time.DateOnly, string(d))
		if err != nil {
			t.Fatal(err)
		}
		if n := daysFrom(written, d); n < 0 || n > mostFuture+1 {
			t.Fatalf("%s is %d days from the notice", parsed, n)
		}
	})
}

// Hostile shapes cost no more than their length: each of these took a naive
// reader seconds, gigabytes or the stack.
func TestHostileShapes(t *testing.T) {
	deep := "Content-Type: text/plain\n\nhello"
	for i := range 3000 {
		b := "b" + strings.Repeat("x", i%7)
		deep = "Content-Type: multipart/mixed; boundary=" + b + "\n\n--" + b + "\n" + deep + "\n--" + b + "--\n"
	}
	for name, raw := range map[string][]byte{
		"deep multiparts":    []byte("From: a@example.com\n" + deep),
		"many parts":         []byte("From: a@example.com\nContent-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n\nx\n", 200000)),
		"one endless field":  []byte("From: a@example.com\nSubject: " + strings.Repeat("x", 5<<20) + "\n\nhi"),
		"many fields":        []byte(strings.Repeat("X-A: b\n", 300000) + "\nhi"),
		"folded for ever":    []byte("From: a@example.com\nSubject: a\n" + strings.Repeat(" b\n", 500000) + "\nhi"),
		"deep html":          []byte("From: a@example.com\nContent-Type: text/html\n\n" + strings.Repeat("<div><blockquote>", 100000) + "hi"),
		"unclosed tags":      []byte("From: a@example.com\nContent-Type: text/html\n\n" + strings.Repeat("<p <b", 200000)),
		"quotes":             []byte("From: a@example.com\n\n" + strings.Repeat(">", 1<<20)),
		"attributions":       []byte("From: a@example.com\n\n" + strings.Repeat("On 1 May 2026 a wrote\n", 50000)),
		"dates":              []byte("From: a@example.com\nAuto-Submitted: auto-replied\n\n" + strings.Repeat("1.1.2027 - 2. bis 3. May ", 40000)),
		"addresses":          []byte("From: a@example.com\nTo: " + strings.Repeat("a@example.com, ", 100000) + "\n\nhi"),
		"references":         []byte("From: a@example.com\nReferences: " + strings.Repeat("<a@b> ", 100000) + "\n\nhi"),
		"encoded words":      []byte("From: a@example.com\nSubject: " + strings.Repeat("=?utf-8?q?a?= ", 100000) + "\n\nhi"),
		"bounce of nothing":  []byte("From: mailer-daemon@example.com\nSubject: failure notice\n\n" + strings.Repeat("<a@example.com>: 550 5.1.1 \n", 100000)),
		"long line":          []byte("From: a@example.com\n\n" + strings.Repeat("stop emailing me ", 100000)),
		"only line ends":     bytes.Repeat([]byte("\r\n"), 1<<20),
		"only nul":           bytes.Repeat([]byte{0}, 1<<20),
		"parameters":         []byte("From: a@example.com\nContent-Type: text/plain" + strings.Repeat("; a=b", 100000) + "\n\nhi"),
		"delivery groups":    []byte("Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" + strings.Repeat("Action: failed\n\n", 100000) + "--b--\n"),
		"flowed for ever":    []byte("From: a@example.com\nContent-Type: text/plain; format=flowed\n\n" + strings.Repeat("a \n", 300000)),
		"a large attachment": []byte("From: a@example.com\nContent-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n" + strings.Repeat("QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo=\n", 600000)),
		"folded links":       []byte("From: a@example.com\n\n" + strings.Repeat("> <http://example.com/a\nb>\n", 50000)),
		"dashes":             []byte("From: a@example.com\n\n" + strings.Repeat("---- a ----\n", 80000)),
		"closing words":      []byte("From: a@example.com\n\n" + strings.Repeat("Best regards, Dana\n", 50000)),
		"fields":             []byte("From: a@example.com\n\n" + strings.Repeat("From: a\nSent: b\n", 50000)),
		"html mismatched":    []byte("From: a@example.com\nContent-Type: text/html\n\n" + strings.Repeat("<b><i>", 50000) + strings.Repeat("</b></i>", 50000)),
		"nested attachments": []byte("From: a@example.com\nContent-Type: message/rfc822\n\n" + strings.Repeat("Content-Type: message/rfc822\n\n", 100000)),
	} {
		begin := time.Now()
		Inspect(name, raw, corpusNow)
		if took := time.Since(begin); took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		} else {
			t.Logf("%-20s %8d bytes %v", name, len(raw), took.Round(time.Millisecond))
		}
	}
}
