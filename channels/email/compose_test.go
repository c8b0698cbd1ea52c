package email_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"flag"
	"io"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/jhillyerd/enmime/v2"

	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

var update = flag.Bool("update", false, "write the golden files anew")

// sent gives the message as a server got it.
func sent(t *testing.T, change func(*models.Message)) []byte {
	t.Helper()
	server := emailtest.StartSMTP(t, emailtest.SMTPOptions{})
	m := letter(mailbox(server))
	change(&m)
	if _, err := newChannel(t, nil).Send(context.Background(), m); err != nil {
		t.Fatal(err)
	}
	return server.Accepted()[0].Content
}

func headerOf(content []byte, name string) string {
	parsed, err := mail.ReadMessage(bytes.NewReader(content))
	if err != nil {
		return ""
	}
	return parsed.Header.Get(name)
}

func TestComposedMessage(t *testing.T) {
	full := func(m *models.Message) {
		m.FromName, m.ToName = "Zoë Moreno", `Dana "Dee" Whitfield, CFO`
		m.Subject = "Überraschung: 12 % weniger Ausfall – Ihr Termin am Dienstag um 10:15 Uhr"
		m.Text = "Guten Tag Frau Whitfield,\n\n.eine Zeile mit Punkt am Anfang\n\nZoë\n"
		m.HTML = "<p>Guten Tag Frau Whitfield,</p>\n<p>Zoë</p>\n"
		m.InReplyTo = "<last@customer.test>"
		m.References = []string{"<first@sales.test>", "<last@customer.test>"}
		m.Unsubscribe = "https://followup.test/u/9fT3kQ"
	}
	content := sent(t, full)
	golden := filepath.Join("testdata", "composed.eml")
	if *update {
		if err := os.WriteFile(golden, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(content, want) {
		t.Errorf("composed:\n%s\nwant:\n%s", content, want)
	}
	if again := sent(t, full); !bytes.Equal(again, content) {
		t.Error("the same message composes differently the second time")
	}
	// A reader that is not ours sees the same.
	read, err := enmime.ReadEnvelope(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Subject":               "Überraschung: 12 % weniger Ausfall – Ihr Termin am Dienstag um 10:15 Uhr",
		"From":                  "Zoë Moreno <riley@sales.test>",
		"Message-Id":            "<k3Jw9xQpTz@sales.test>",
		"In-Reply-To":           "<last@customer.test>",
		"References":            "<first@sales.test> <last@customer.test>",
		"List-Unsubscribe":      "<https://followup.test/u/9fT3kQ>",
		"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"Date":                  "Mon, 23 Nov 2026 12:00:00 +0000",
		"User-Agent":            "Followup",
	} {
		if got := strings.ReplaceAll(read.GetHeader(name), `"`, ""); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	to, err := mail.ParseAddress(read.Root.Header.Get("To"))
	if err != nil || to.Name != `Dana "Dee" Whitfield, CFO` || to.Address != "dana@customer.test" {
		t.Errorf("To = %v, %v", to, err)
	}
	if len(read.Errors) != 0 || !strings.Contains(read.Text, "\n.eine Zeile") || !strings.Contains(read.HTML, "<p>Zoë</p>") {
		t.Errorf("text = %q, html = %q, errors %v", read.Text, read.HTML, read.Errors)
	}
}

func TestComposedParts(t *testing.T) {
	if content := sent(t, func(m *models.Message) {}); strings.Contains(string(content), "multipart") || headerOf(content, "List-Unsubscribe") != "" {
		t.Errorf("a plain text has no parts and no unsubscribing:\n%s", content)
	}
	read, err := enmime.ReadEnvelope(bytes.NewReader(sent(t, func(m *models.Message) {
		m.Text, m.HTML = "", `<p>Hello <a href="https://sales.test/x">there</a></p>`
	})))
	if err != nil || !strings.Contains(read.Text, "Hello") || !strings.Contains(read.Text, "https://sales.test/x") {
		t.Errorf("HTML alone gets a text beside it: %q, %v", read.Text, err)
	}
	// One click needs https (RFC 8058 3.1); a relative address is completed.
	for address, want := range map[string][2]string{
		"http://127.0.0.1:8080/u/1": {"<http://127.0.0.1:8080/u/1>", ""},
		"/u/1":                      {"<https://followup.test/u/1>", "List-Unsubscribe=One-Click"},
	} {
		content := sent(t, func(m *models.Message) { m.Unsubscribe = address })
		if headerOf(content, "List-Unsubscribe") != want[0] || headerOf(content, "List-Unsubscribe-Post") != want[1] {
			t.Errorf("%s: %q, %q", address, headerOf(content, "List-Unsubscribe"), headerOf(content, "List-Unsubscribe-Post"))
		}
	}
	// Without a Message-ID of its own the token names the message.
	content := sent(t, func(m *models.Message) { m.MailID = "" })
	if id := headerOf(content, "Message-Id"); id != "<k3Jw9xQpTz@sales.test>" {
		t.Errorf("Message-ID = %q", id)
	}
	// A long thread keeps its first and its last.
	content = sent(t, func(m *models.Message) {
		for range 40 {
			m.References = append(m.References, "<first@sales.test>", "<other@sales.test>")
		}
		m.InReplyTo = "last@customer.test"
	})
	ids := strings.Fields(headerOf(content, "References"))
	if len(ids) != 20 || ids[0] != "<first@sales.test>" || ids[19] != "<last@customer.test>" {
		t.Errorf("References = %q", ids)
	}
}

func TestDKIM(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	content := sent(t, func(m *models.Message) {
		m.Sender.Credentials.DKIMKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		m.Sender.Credentials.DKIMName = "s2026"
		m.HTML, m.Unsubscribe = "<p>Hello</p>", "https://followup.test/u/9fT3kQ"
	})
	tags := map[string]string{}
	signature := headerOf(content, "DKIM-Signature")
	for _, tag := range strings.Split(signature, ";") {
		key, value, _ := strings.Cut(tag, "=")
		tags[strings.TrimSpace(key)] = strings.Join(strings.Fields(value), "")
	}
	if tags["d"] != "sales.test" || tags["s"] != "s2026" || tags["a"] != "ed25519-sha256" || tags["c"] != "relaxed/relaxed" {
		t.Fatalf("signature = %q", signature)
	}
	signed := strings.ToLower(tags["h"])
	for _, name := range []string{"from", "list-unsubscribe", "list-unsubscribe-post", "message-id"} {
		if !strings.Contains(":"+signed+":", ":"+name+":") {
			t.Errorf("%s is not signed: %s", name, tags["h"])
		}
	}
	// Verified as RFC 6376 says, without the library that signed.
	raw, err := base64.StdEncoding.DecodeString(tags["b"])
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(relaxedHeaders(t, content, strings.Split(tags["h"], ":"))))
	if !ed25519.Verify(public, digest[:], raw) {
		t.Error("the signature does not verify")
	}
	body := sha256.Sum256(relaxedBody(content))
	if tags["bh"] != base64.StdEncoding.EncodeToString(body[:]) {
		t.Error("the body's hash does not match")
	}
}

var spaces = regexp.MustCompile(`[ \t]+`)

// relaxedHeaders is what a signature covers (RFC 6376 3.4.2), its own header
// with an empty b= at the end.
func relaxedHeaders(t *testing.T, content []byte, names []string) string {
	t.Helper()
	head, _, _ := strings.Cut(string(content), "\r\n\r\n")
	head = regexp.MustCompile(`\r\n[ \t]+`).ReplaceAllString(head, " ")
	values := map[string]string{}
	for _, line := range strings.Split(head, "\r\n") {
		name, value, _ := strings.Cut(line, ":")
		values[strings.ToLower(name)] = strings.TrimSpace(spaces.ReplaceAllString(value, " "))
	}
	var b strings.Builder
	for _, name := range names {
		if value, ok := values[strings.ToLower(name)]; ok {
			b.WriteString(strings.ToLower(name) + ":" + value + "\r\n")
		}
	}
	own := values["dkim-signature"]
	b.WriteString("dkim-signature:" + own[:strings.LastIndex(own, " b=")] + " b=")
	return b.String()
}

func relaxedBody(content []byte) []byte {
	_, body, _ := bytes.Cut(content, []byte("\r\n\r\n"))
	var lines []string
	for _, line := range strings.Split(string(body), "\r\n") {
		lines = append(lines, strings.TrimRight(spaces.ReplaceAllString(line, " "), " "))
	}
	return []byte(strings.TrimRight(strings.Join(lines, "\r\n"), "\r\n") + "\r\n")
}

// Whatever stands in a name, a subject or an id, it makes no other header, no
// other recipient and no earlier end of the header.
func FuzzNoHeaderInjection(f *testing.F) {
	for _, s := range []string{
		"plain", "Zoë Ünal", "a\r\nBcc: evil@x.test", "a\nBcc: evil@x.test", "a\rBcc: evil@x.test", "\r\n\r\nbody", "a\x00b", "=?utf-8?q?=0D=0ABcc:?=",
		"line\u2028sep", "\xff\xfe", `"quoted" <evil@x.test>`, "a,b;c", strings.Repeat("long word ", 200), strings.Repeat("x", 3000), "\u0085Bcc: x",
	} {
		f.Add(s, s)
	}
	channel := email.New(email.Options{Clock: fixed(noon), PublicURL: "https://followup.test", UserAgent: "Followup"})
	names := []string{"Content-Transfer-Encoding", "Content-Type", "Date", "From", "In-Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post", "Message-Id", "Mime-Version", "References", "Subject", "To", "User-Agent"}
	f.Fuzz(func(t *testing.T, a, b string) {
		m := letter(mailbox())
		m.Subject, m.FromName, m.ToName, m.MailID, m.InReplyTo, m.References, m.Unsubscribe = a, b, a, b, a, []string{b, a}, "https://followup.test/u/"+b
		content, err := channel.Compose(m)
		if err != nil {
			t.Fatalf("compose: %v", err)
		}
		parsed, err := mail.ReadMessage(bytes.NewReader(content))
		if err != nil {
			t.Fatalf("the composed message cannot be read: %v\n%q", err, content)
		}
		for name, values := range parsed.Header {
			known := false
			for _, n := range names {
				known = known || n == name
			}
			if !known || len(values) != 1 {
				t.Errorf("the header %s: %q was smuggled in", name, values)
			}
		}
		if strings.ContainsRune(strings.ReplaceAll(string(content), "\r\n", ""), '\r') || strings.ContainsRune(strings.ReplaceAll(string(content), "\r\n", ""), '\n') {
			t.Errorf("a bare CR or LF is left: %q", content)
		}
		to, err := parsed.Header.AddressList("To")
		if err != nil || len(to) != 1 || to[0].Address != "dana@customer.test" {
			t.Errorf("To = %v, %v", to, err)
		}
		from, err := parsed.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != "riley@sales.test" {
			t.Errorf("From = %v, %v", from, err)
		}
		if body, _ := io.ReadAll(parsed.Body); !bytes.HasPrefix(body, []byte("Hello Dana,")) {
			t.Errorf("the body begins with %q", body)
		}
	})
}
