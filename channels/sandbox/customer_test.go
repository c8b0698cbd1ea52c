package sandbox_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"strings"
	"testing"
	"time"

	"followup/channels/sandbox"
	"followup/models"
)

func sentMail() models.Message {
	at, sender := noon.Add(-time.Hour), int64(4)
	return models.Message{
		Channel: models.ChannelEmail, SenderID: &sender, FromAddress: "rita@example.org", FromName: "Rita Rep",
		ToAddress: "dana@example.com", ToName: "Dana Prospect", Subject: "Your call tomorrow – 9:00", Text: "Hello Dana,\r\n\r\nuntil tomorrow.\n",
		Token: "tok-1", MailID: "<tok-1@example.org>", References: []string{"<tok-0@example.org>", "<in-0@example.com>"}, SentAt: &at,
	}
}

func parse(t *testing.T, raw models.Raw) (*mail.Message, string) {
	t.Helper()
	if raw.Provider != models.ProviderSandbox || raw.Channel != models.ChannelEmail || raw.State != models.RawReceived || *raw.SenderID != 4 || !raw.ReceivedAt.Equal(noon) {
		t.Errorf("raw = %+v", raw)
	}
	for line := range bytes.SplitSeq(bytes.TrimSuffix(raw.Content, []byte("\r\n")), []byte("\r\n")) {
		if len(line) > 998 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("not a line of RFC 5322: %q", line)
		}
	}
	m, err := mail.ReadMessage(bytes.NewReader(raw.Content))
	if err != nil {
		t.Fatal(err)
	}
	if m.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
		return m, ""
	}
	return m, body(t, m.Body)
}

func body(t *testing.T, r io.Reader) string {
	t.Helper()
	text, err := io.ReadAll(quotedprintable.NewReader(r))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(strings.ReplaceAll(string(text), "\r\n", "\n"), "\n")
}

func subjectOf(t *testing.T, m *mail.Message) string {
	t.Helper()
	s, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEmailReply(t *testing.T) {
	m, text := parse(t, sandbox.EmailReply(sentMail(), "", "Yes – gladly!\nDana", noon))
	want := "Yes – gladly!\nDana\n\nOn Tue, Nov 24, 2026 at 4:00 PM, \"Rita Rep\" <rita@example.org> wrote:\n> Hello Dana,\n>\n> until tomorrow."
	if text != want {
		t.Errorf("body = %q\nwant   %q", text, want)
	}
	for key, want := range map[string]string{
		"From": `"Dana Prospect" <dana@example.com>`, "To": `"Rita Rep" <rita@example.org>`, "In-Reply-To": "<tok-1@example.org>",
		"References": "<tok-0@example.org> <in-0@example.com> <tok-1@example.org>", "Auto-Submitted": "",
	} {
		if got := m.Header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if s := subjectOf(t, m); s != "Re: Your call tomorrow – 9:00" {
		t.Errorf("subject %q", s)
	}
	if at, err := m.Header.Date(); err != nil || !at.Equal(noon) {
		t.Errorf("date %v %v", at, err)
	}
	if id := m.Header.Get("Message-ID"); !strings.HasPrefix(id, "<in-") || !strings.HasSuffix(id, "@example.com>") {
		t.Errorf("message id %q", id)
	}
}

func TestEmailReplyOptions(t *testing.T) {
	m, text := parse(t, sandbox.EmailReply(sentMail(), "dana.private@example.net", "New topic", noon,
		sandbox.Named("Dana P.\r\nBcc: eve@example.com"), sandbox.Subject("Prices\r\nBcc: eve@example.com"), sandbox.NoThread(), sandbox.NoQuote(),
		sandbox.Header("X-Mailer", "Test\r\nBcc: eve@example.com")))
	if text != "New topic" || m.Header.Get("In-Reply-To") != "" || m.Header.Get("References") != "" {
		t.Errorf("%q %v", text, m.Header)
	}
	if m.Header.Get("Bcc") != "" {
		t.Error("a line break in a value made a header")
	}
	if from, err := m.Header.AddressList("From"); err != nil || from[0].Address != "dana.private@example.net" {
		t.Errorf("from %v %v", from, err)
	}

	m, text = parse(t, sandbox.EmailReply(sentMail(), "", "I am away until December 1.", noon, sandbox.OutOfOffice()))
	if text != "I am away until December 1." || m.Header.Get("Auto-Submitted") != "auto-replied" || m.Header.Get("In-Reply-To") != "<tok-1@example.org>" {
		t.Errorf("out of office: %q %v", text, m.Header)
	}
	if s := subjectOf(t, m); s != "Automatic reply: Your call tomorrow – 9:00" {
		t.Errorf("subject %q", s)
	}
	// The customer writes first.
	sender := int64(4)
	m, _ = parse(t, sandbox.EmailReply(models.Message{SenderID: &sender, FromAddress: "rita@example.org"}, "new@example.com", "Hello", noon, sandbox.Subject("Hi")))
	if m.Header.Get("In-Reply-To") != "" || subjectOf(t, m) != "Hi" {
		t.Errorf("first letter: %v", m.Header)
	}
}

func TestBounce(t *testing.T) {
	for status, action := range map[string]string{"5.1.1": "failed", "5.2.2": "failed", "4.4.1": "delayed"} {
		m, _ := parse(t, sandbox.Bounce(sentMail(), status, "The mailbox\ndoes not exist", noon))
		kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		if err != nil || kind != "multipart/report" || params["report-type"] != "delivery-status" || m.Header.Get("Auto-Submitted") != "auto-replied" {
			t.Fatalf("%s %v %v", kind, params, err)
		}
		reader := multipart.NewReader(m.Body, params["boundary"])
		var parts []string
		for {
			p, err := reader.NextRawPart()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(p)
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, p.Header.Get("Content-Type")+"\n"+strings.ReplaceAll(string(content), "\r\n", "\n"))
		}
		if len(parts) != 3 {
			t.Fatalf("%d parts", len(parts))
		}
		for i, want := range [][]string{
			{"text/plain", "<dana@example.com>"},
			{"message/delivery-status", "\n\nFinal-Recipient: rfc822; dana@example.com\n", "Action: " + action, "Status: " + status,
				"Diagnostic-Code: smtp; ", " " + status + " The mailbox does not exist\n"},
			{"text/rfc822-headers", "Message-ID: <tok-1@example.org>"},
		} {
			for _, w := range want {
				if !strings.Contains(parts[i], w) {
					t.Errorf("%s: part %d lacks %q:\n%s", status, i, w, parts[i])
				}
			}
		}
		if path := m.Header.Get("Return-Path"); path != "<>" {
			t.Errorf("return path %q", path)
		}
	}
}

func TestTextReplyAndCall(t *testing.T) {
	sender := int64(4)
	sent := models.Message{SenderID: &sender, FromAddress: "+12125550100", ToAddress: "+12125550123"}
	for _, c := range []struct {
		raw  models.Raw
		want models.InboundText
	}{
		{sandbox.TextReply(sent, "", "Yes", noon), models.InboundText{From: "+12125550123", To: "+12125550100", Body: "Yes", Kind: models.ChannelSMS}},
		{sandbox.TextReply(sent, "+12125550124", "Yes", noon), models.InboundText{From: "+12125550124", To: "+12125550100", Body: "Yes", Kind: models.ChannelSMS}},
		{sandbox.InboundCall(sent, "", noon), models.InboundText{From: "+12125550123", To: "+12125550100", Kind: models.ChannelCall}},
	} {
		var got models.InboundText
		if err := json.Unmarshal(c.raw.Content, &got); err != nil {
			t.Fatal(err)
		}
		if got.From != c.want.From || got.To != c.want.To || got.Body != c.want.Body || got.Kind != c.want.Kind ||
			c.raw.Channel != c.want.Kind || c.raw.Provider != models.ProviderSandbox || *c.raw.SenderID != 4 || !c.raw.ReceivedAt.Equal(noon) {
			t.Errorf("%+v %+v, want %+v", c.raw, got, c.want)
		}
	}
}

// The same content at the same time has the same id, so that a demonstration
// that runs again gives the same; anything else has another.
func TestProviderIDs(t *testing.T) {
	sent := sentMail()
	ids := map[string]string{}
	for name, raw := range map[string]models.Raw{
		"reply":         sandbox.EmailReply(sent, "", "Yes", noon),
		"another reply": sandbox.EmailReply(sent, "", "No", noon),
		"later":         sandbox.EmailReply(sent, "", "Yes", noon.Add(time.Second)),
		"bounce":        sandbox.Bounce(sent, "5.1.1", "no", noon),
		"text":          sandbox.TextReply(sent, "+12125550123", "Yes", noon),
		"call":          sandbox.InboundCall(sent, "+12125550123", noon),
	} {
		if other, taken := ids[raw.ProviderID]; taken || raw.ProviderID == "" {
			t.Errorf("%s has the id of %s: %q", name, other, raw.ProviderID)
		}
		ids[raw.ProviderID] = name
	}
	again := sandbox.EmailReply(sent, "", "Yes", noon)
	if ids[again.ProviderID] != "reply" {
		t.Error("the same reply has another id")
	}
}

func TestStatus(t *testing.T) {
	got := sandbox.Status(models.Message{Token: "tok-1"}, models.MessageDelivered, "machine_end_beep", noon)
	if got.ProviderID != "sandbox-tok-1" || got.Token != "tok-1" || got.Status != models.MessageDelivered || got.AnsweredBy != "machine_end_beep" || !got.At.Equal(noon) {
		t.Errorf("%+v", got)
	}
}
