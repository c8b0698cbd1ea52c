package twilioapi_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"followup/channels"
	"followup/channels/twilioapi"
	"followup/models"
)

// Signatures that Twilio's own libraries give for token 12345.
func TestSignVectors(t *testing.T) {
	const address = "https://mycompany.com/myapp.php?foo=1&bar=2"
	call := func(caller string) url.Values {
		return url.Values{"CallSid": {"CA1234567890ABCDE"}, "Caller": {caller}, "From": {caller}, "Digits": {"1234"}, "To": {"+18005551212"}}
	}
	for name, c := range map[string]struct {
		form url.Values
		want string
	}{
		"a call":                          {call("+12349013030"), "0/KCTR6DLpKmkAf8muzZqo1nDgQ="},
		"a call from another number":      {call("+14158675309"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
		"a key that comes several times":  {url.Values{"Sid": {"CA123"}, "SidAccount": {"AC123"}, "Digits": {"5678", "1234", "1234"}}, "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
		"the same, in the order of value": {url.Values{"Sid": {"CA123"}, "SidAccount": {"AC123"}, "Digits": {"1234", "1234", "5678"}}, "IK+Dwps556ElfBT0I3Rgjkr1wJU="},
	} {
		if got := twilioapi.Sign("12345", address, c.form); got != c.want {
			t.Errorf("%s: Sign = %q, want %q", name, got, c.want)
		}
	}
}

const (
	account = "AC00000000000000000000000000000001"
	other   = "AC00000000000000000000000000000002"
	token   = "aaaabbbbccccddddeeeeffff00001111"
	ours    = "+15005550006"
	theirs  = "+15005551000"
)

func receiver(publicURL string) twilioapi.Receiver {
	return twilioapi.Receiver{PublicURL: publicURL, Sender: func(_ context.Context, number string) (models.Sender, bool, error) {
		if number != ours {
			return models.Sender{}, false, nil
		}
		return models.Sender{ID: 7, Address: ours,
			Settings:    models.SenderSettings{AccountSID: account},
			Credentials: models.SenderCredentials{AuthToken: token}}, true, nil
	}}
}

func form() url.Values {
	return url.Values{"AccountSid": {account}, "From": {theirs}, "To": {ours}, "Body": {"hello"}}
}

// posted is a request as our server sees it, signed for the address Twilio was given.
func posted(signedFor, path string, form url.Values, sign string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set(twilioapi.SignatureHeader, twilioapi.Sign(sign, signedFor, form))
	return r
}

// Who cannot be looked up now is no stranger: Twilio must deliver it again.
func TestReceiverWithoutADatabase(t *testing.T) {
	rc := twilioapi.Receiver{PublicURL: "https://followup.example.org", Sender: func(context.Context, string) (models.Sender, bool, error) {
		return models.Sender{}, false, errors.New("connection refused")
	}}
	_, err := rc.Read(t.Context(), posted("https://followup.example.org/hooks", "/hooks", form(), token))
	if models.CodeOf(err) != models.CodeUnavailable || errors.Is(err, channels.ErrSignature) {
		t.Errorf("the answer is %v", err)
	}
}

func TestReceiverVerifies(t *testing.T) {
	repeated := form()
	repeated["Digits"] = []string{"2", "1", "2"}
	for name, c := range map[string]struct {
		public, signedFor, path string
		form                    url.Values
	}{
		"plain":                        {"https://f.example.org", "https://f.example.org/hooks/twilio/message", "/hooks/twilio/message", form()},
		"with the query":               {"https://f.example.org/", "https://f.example.org/hooks/twilio/message?m=a%20b&x=1", "/hooks/twilio/message?m=a%20b&x=1", form()},
		"signed with the port":         {"https://f.example.org", "https://f.example.org:443/h/message", "/h/message", form()},
		"signed without the port":      {"https://f.example.org:8443", "https://f.example.org/h/message", "/h/message", form()},
		"configured with the port":     {"https://f.example.org:8443", "https://f.example.org:8443/h/message", "/h/message", form()},
		"below a path the proxy cuts":  {"https://example.org/followup", "https://example.org/followup/h/message", "/h/message", form()},
		"below a path the proxy keeps": {"https://example.org/followup/", "https://example.org/followup/h/message", "/followup/h/message", form()},
		"without a public address":     {"", "http://example.com/h/message", "/h/message", form()},
		"with a repeated key":          {"https://f.example.org", "https://f.example.org/h/message", "/h/message", repeated},
	} {
		t.Run(name, func(t *testing.T) {
			req, err := receiver(c.public).Read(context.Background(), posted(c.signedFor, c.path, c.form, token))
			if err != nil {
				t.Fatal(err)
			}
			if req.Hook != "message" || req.To == nil || req.To.ID != 7 || req.From != nil || req.Form.Get("Body") != "hello" {
				t.Errorf("read %+v", req)
			}
		})
	}
}

func TestReceiverRefuses(t *testing.T) {
	const public, path = "https://f.example.org", "/h/message"
	foreign, changed, unknown := form(), form(), form()
	foreign.Set("AccountSid", other)
	unknown.Set("To", theirs)
	changed.Set("Body", "goodbye")
	requests := map[string]*http.Request{
		"another token":           posted(public+path, path, form(), "0000"),
		"another host":            posted("https://evil.example.org"+path, path, form(), token),
		"another path":            posted(public+"/h/status", path, form(), token),
		"another scheme":          posted("http://f.example.org"+path, path, form(), token),
		"an account not its own":  posted(public+path, path, foreign, token),
		"a number that is nobody": posted(public+path, path, unknown, token),
		"no token at all":         posted(public+path, path, form(), ""),
	}
	tampered := posted(public+path, path, form(), token)
	tampered.Body = posted("", path, changed, "").Body
	requests["a changed body"] = tampered
	for name, r := range requests {
		if req, err := receiver(public).Read(context.Background(), r); !errors.Is(err, channels.ErrSignature) {
			t.Errorf("%s: Read = %+v, %v, want ErrSignature", name, req, err)
		}
	}
}

// A JSON body is signed by its hash in the address.
func TestReceiverVerifiesJSON(t *testing.T) {
	const public = "https://f.example.org"
	body := `{"AccountSid":"` + account + `","To":"` + ours + `","From":"` + theirs + `"}`
	sum := sha256.Sum256([]byte(body))
	path := "/h/message?bodySHA256=" + hex.EncodeToString(sum[:])
	request := func(body string) *http.Request {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set(twilioapi.SignatureHeader, twilioapi.Sign(token, public+path, nil))
		return r
	}
	req, err := receiver(public).Read(context.Background(), request(body))
	if err != nil || req.Form.Get("From") != theirs {
		t.Errorf("Read = %+v, %v", req, err)
	}
	if _, err := receiver(public).Read(context.Background(), request(body+" ")); !errors.Is(err, channels.ErrSignature) {
		t.Errorf("a changed JSON body: %v, want ErrSignature", err)
	}
}

func TestReceiverRefusesHugeAndBroken(t *testing.T) {
	for name, body := range map[string]string{"huge": "Body=" + strings.Repeat("a", 1<<20), "broken": "Body=%zz"} {
		r := httptest.NewRequest(http.MethodPost, "/h/message", strings.NewReader(body))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if _, err := receiver("").Read(context.Background(), r); models.CodeOf(err) != models.CodeInvalid {
			t.Errorf("%s: %v, want an Error with CodeInvalid", name, err)
		}
	}
}
