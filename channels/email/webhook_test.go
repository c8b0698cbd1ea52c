package email_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/channeltest"
	"followup/channels/email"
	"followup/channels/email/emailtest"
	"followup/models"
)

const hookSecret = "whsec_dGhpcyBpcyBhIHNlY3JldCBvZiBvdXJz"

// hookSenders: one of them takes posted mail.
func hookSenders(_ context.Context, address string) (models.Sender, bool, error) {
	switch address {
	case "riley@sales.test":
		s := mailbox()
		s.Credentials.Webhook = hookSecret
		return s, true, nil
	case "none@sales.test":
		return mailbox(), true, nil
	case "away@sales.test":
		return models.Sender{}, false, errors.New("the database is away")
	}
	return models.Sender{}, false, nil
}

func hooked(t *testing.T) *email.Channel {
	return newChannel(t, func(o *email.Options) { o.Sender = hookSenders })
}

// hookRequest is one to the sender's own address.
func hookRequest(sender, contentType string, body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/hooks/mail/"+sender, bytes.NewReader(body))
	r.SetPathValue("sender", sender)
	r.Header.Set("Content-Type", contentType)
	return r
}

func sign(r *http.Request, body []byte, secret string, at time.Time) *http.Request {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	if err != nil {
		panic(err)
	}
	stamp := fmt.Sprint(at.Unix())
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "msg_1.%s.%s", stamp, body)
	r.Header.Set("Webhook-Id", "msg_1")
	r.Header.Set("Webhook-Timestamp", stamp)
	r.Header.Set("Webhook-Signature", "v1,bm90IHRoaXM= v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return r
}

func TestAPostedMessageIsTheOneInTheMailbox(t *testing.T) {
	body := answer("posted")
	hook, err := hooked(t).Webhook(t.Context(), sign(hookRequest("Riley@sales.test", "message/rfc822", body), body, hookSecret, noon.Add(-4*time.Minute)))
	if err != nil || len(hook.Raws) != 1 {
		t.Fatalf("%+v, %v", hook, err)
	}
	server := emailtest.StartIMAP(t, "riley", "pw")
	l := listen(t, mailbox(server), nil)
	server.DeliverAt(t, "INBOX", body, noon)
	l.wait("posted")
	raw := hook.Raws[0]
	if raw.ProviderID != l.raws[0].ProviderID || *raw.SenderID != 7 || !bytes.Equal(raw.Content, body) || raw.Channel != models.ChannelEmail {
		t.Errorf("posted %s, read %s", raw.ProviderID, l.raws[0].ProviderID)
	}
}

func TestPostedMailMustBeProved(t *testing.T) {
	body := answer("posted")
	plain := func(sender string) *http.Request { return hookRequest(sender, "message/rfc822", body) }
	basic := func(sender, password string) *http.Request {
		r := plain(sender)
		r.SetBasicAuth("anything", password)
		return r
	}
	for name, c := range map[string]struct {
		request *http.Request
		want    error
	}{
		"HTTP Basic":                 {basic("riley@sales.test", hookSecret), nil},
		"a wrong password":           {basic("riley@sales.test", "x"), channels.ErrSignature},
		"an empty password":          {basic("none@sales.test", ""), channels.ErrSignature},
		"nothing":                    {plain("riley@sales.test"), channels.ErrSignature},
		"another secret":             {sign(plain("riley@sales.test"), body, "whsec_b3RoZXI=", noon), channels.ErrSignature},
		"another body":               {sign(plain("riley@sales.test"), []byte("other"), hookSecret, noon), channels.ErrSignature},
		"replayed later":             {sign(plain("riley@sales.test"), body, hookSecret, noon.Add(-6*time.Minute)), channels.ErrSignature},
		"from the future":            {sign(plain("riley@sales.test"), body, hookSecret, noon.Add(6*time.Minute)), channels.ErrSignature},
		"a sender without a secret":  {sign(plain("none@sales.test"), body, hookSecret, noon), channels.ErrSignature},
		"a sender that nobody knows": {sign(plain("who@sales.test"), body, hookSecret, noon), channels.ErrSignature},
	} {
		if _, err := hooked(t).Webhook(t.Context(), c.request); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	_, err := hooked(t).Webhook(t.Context(), sign(plain("away@sales.test"), body, hookSecret, noon))
	if models.CodeOf(err) != models.CodeUnavailable {
		t.Errorf("the database is away: %v", err)
	}
	huge := bytes.Repeat([]byte("x"), email.MailHookBytes+1)
	var tooLarge *http.MaxBytesError
	if _, err := hooked(t).Webhook(t.Context(), sign(hookRequest("riley@sales.test", "message/rfc822", huge), huge, hookSecret, noon)); !errors.As(err, &tooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func TestTheFormsOfPostedMail(t *testing.T) {
	message := answer("posted")
	inForm := func(field string) (string, []byte) {
		var b bytes.Buffer
		w := multipart.NewWriter(&b)
		_ = w.WriteField("subject", "something else")
		_ = w.WriteField(field, string(message))
		_ = w.Close()
		return w.FormDataContentType(), b.Bytes()
	}
	inJSON := func(v any) (string, []byte) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return "application/json; charset=utf-8", b
	}
	post := func(contentType string, body []byte) (models.Raw, error) {
		hook, err := hooked(t).Webhook(t.Context(), sign(hookRequest("riley@sales.test", contentType, body), body, hookSecret, noon))
		if err != nil {
			return models.Raw{}, err
		}
		return hook.Raws[0], nil
	}
	for _, field := range []string{"email", "body-mime"} {
		if raw, err := post(inForm(field)); err != nil || !bytes.Equal(raw.Content, message) {
			t.Errorf("form field %s: %v", field, err)
		}
	}
	if raw, err := post(inJSON(map[string]any{"raw": message})); err != nil || !bytes.Equal(raw.Content, message) {
		t.Errorf("raw in JSON: %v", err)
	}
	parts := map[string]any{"from": "Dana Whitfield <dana@customer.test>", "to": []string{"riley@sales.test"}, "subject": "Grüße\r\nBcc: x@y.test", "text": "Yes, call me.",
		"message_id": "<7@customer.test>", "in_reply_to": "<ours@sales.test>"}
	raw, err := post(inJSON(parts))
	if err != nil || headerOf(raw.Content, "In-Reply-To") != "<ours@sales.test>" || headerOf(raw.Content, "Message-ID") != "<7@customer.test>" ||
		headerOf(raw.Content, "Bcc") != "" || !strings.Contains(string(raw.Content), "Yes, call me.") {
		t.Errorf("parts in JSON: %v\n%s", err, raw.Content)
	}
	delete(parts, "message_id")
	first, err1 := post(inJSON(parts))
	second, err2 := post(inJSON(parts))
	if err1 != nil || err2 != nil || first.ProviderID != second.ProviderID {
		t.Errorf("a repeat: %s and %s, %v, %v", first.ProviderID, second.ProviderID, err1, err2)
	}
	for name, one := range map[string]func() (string, []byte){
		"no message":   func() (string, []byte) { return "message/rfc822", []byte(" \r\n") },
		"another form": func() (string, []byte) { return inForm("text") },
		"broken JSON":  func() (string, []byte) { return "application/json", []byte("{") },
		"a broken form": func() (string, []byte) {
			return "multipart/form-data; boundary=x", []byte("--x\r\n")
		},
		"no sender": func() (string, []byte) { return inJSON(map[string]any{"to": []string{"riley@sales.test"}}) },
		"no receiver": func() (string, []byte) {
			return inJSON(map[string]any{"from": "dana@customer.test", "to": []string{"x"}})
		},
	} {
		if _, err := post(one()); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is posted with the right secret is a message or an error.
func FuzzPostedMail(f *testing.F) {
	for contentType, seed := range map[string][]byte{
		"message/rfc822":                  answer("posted"),
		"application/json":                []byte(`{"from":"dana@customer.test","to":["riley@sales.test"],"text":"x","html":"<p>x</p>","references":["<a@b>","x"]}`),
		"multipart/form-data; boundary=x": []byte("--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nSubject: x\r\n\r\nx\r\n--x--\r\n"),
	} {
		for _, b := range append(channeltest.Broken(100, seed), seed) {
			f.Add(contentType, b)
		}
	}
	f.Add("multipart/form-data", []byte("--\r\n"))
	channel := email.New(email.Options{Clock: fixed(noon), Sender: hookSenders})
	f.Cleanup(func() { _ = channel.Close() })
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := hookRequest("riley@sales.test", contentType, body)
		r.SetBasicAuth("", hookSecret)
		hook, err := channel.Webhook(t.Context(), r)
		if err == nil && (len(hook.Raws) != 1 || hook.Raws[0].ProviderID == "") {
			t.Errorf("%+v", hook)
		}
		if err != nil && models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("error %v", err)
		}
	})
}
