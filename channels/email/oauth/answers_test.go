package oauth_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"followup/channels"
	"followup/channels/email/emailtest"
	"followup/channels/email/oauth"
	"followup/channels/email/oauth/oauthtest"
	"followup/models"
	"followup/store/storetest"
)

// signedIn goes through a consent and gives what the provider's code became.
func signedIn(t *testing.T, server *oauthtest.Server, provider string) (oauth.Tokens, error) {
	t.Helper()
	app := server.App(provider)
	at := oauth.NewAttempt("http://127.0.0.1:1/accounts/oauth/" + provider + "/callback")
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(app.Address(at))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		t.Fatal(err)
	}
	return app.Exchange(t.Context(), browser, at, back.Query().Get("code"), storetest.Now)
}

// Google's consent page lets people untick what they do not like; Microsoft
// names the granted scopes in two ways.
func TestPermissionsThatWereUnticked(t *testing.T) {
	for _, c := range []struct {
		provider, granted string
		missing           string // "": all are there
	}{
		{oauth.Google, "", ""},
		{oauth.Google, "https://mail.google.com/ openid https://www.googleapis.com/auth/userinfo.email", ""},
		{oauth.Google, "openid https://www.googleapis.com/auth/userinfo.email", "https://mail.google.com/"},
		{oauth.Microsoft, "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send", ""},
		{oauth.Microsoft, "email IMAP.AccessAsUser.All openid profile SMTP.Send", ""},
		{oauth.Microsoft, "email IMAP.AccessAsUser.All openid profile", "SMTP.Send"},
	} {
		server := oauthtest.New(t, address)
		server.Grant(c.granted)
		_, err := signedIn(t, server, c.provider)
		if c.missing == "" && err != nil || c.missing != "" && (models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), c.missing)) {
			t.Errorf("%s granted %q: %v", c.provider, c.granted, err)
		}
	}
}

// A permission that is given for a time only ends on a day that the account's
// page, doctor and the task know; signing in again moves it.
func TestAPermissionForATime(t *testing.T) {
	p := newPost(t)
	p.provider.Last(int((5 * 24 * time.Hour).Seconds()))
	if err := p.probe(); err != nil {
		t.Fatal(err)
	}
	s := p.stored()
	if days, known := s.SecretEnds(p.now); !known || days != 5 {
		t.Fatalf("ends in %d days (%v), settings %+v", days, known, s.Settings)
	}
	if s.Settings.SMTPHost == "" || s.Settings.OAuth == "" {
		t.Errorf("keeping the tokens lost the settings: %+v", s.Settings)
	}
	secrets := func() (open int) {
		t.Helper()
		if err := p.store.WarnOfSecrets(t.Context(), p.now, nil); err != nil {
			t.Fatal(err)
		}
		all, err := p.store.OpenTasksAfter(t.Context(), 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, task := range all {
			if task.Reason == models.AttentionSecret && strings.Contains(task.Detail, "sign in again") {
				open++
			}
		}
		return open
	}
	if n := secrets(); n != 1 {
		t.Errorf("%d tasks, want 1", n)
	}
	p.provider.Last(0)
	p.sender.Settings.SecretExpires = ""
	p.connect()
	if n := secrets(); n != 0 || p.stored().Settings.SecretExpires != "" {
		t.Errorf("after signing in again: %d tasks, ends %q", n, p.stored().Settings.SecretExpires)
	}
}

// A client secret that has ended is the installation's matter, not the
// mailbox owner's: nothing is gained by signing in again.
func TestAClientSecretThatEnded(t *testing.T) {
	p := newPost(t)
	p.provider.Refuse("invalid_client")
	se := channels.AsSendError(p.send("one"))
	if se.Class != models.SendConfiguration || !strings.Contains(se.Detail, "oauth.google") || strings.Contains(se.Detail, "sign in again") {
		t.Errorf("send: %+v", se)
	}
	// The new secret works at once, with the permission that was never taken back.
	p.provider.Refuse("")
	if err := p.send("two"); err != nil {
		t.Errorf("with the new secret: %v", err)
	}
}

// A provider that words its trouble as an error of ours stops nobody.
func TestAProviderWithTrouble(t *testing.T) {
	p := newPost(t)
	p.provider.Refuse("temporarily_unavailable")
	if se := channels.AsSendError(p.send("one")); se.Class != models.SendTransient || p.stored().State != models.SenderActive {
		t.Errorf("send: %+v, the sender is %s", se, p.stored().State)
	}
}

// Microsoft 365 gives tokens for mailboxes whose organisation has switched
// SMTP off; the refusal comes when it is used.
func TestSMTPIsSwitchedOff(t *testing.T) {
	p := newPost(t)
	smtp := emailtest.StartSMTP(t, emailtest.SMTPOptions{Security: emailtest.StartTLS, Username: address, Token: p.provider.Accepts,
		Answer: func(at emailtest.Stage, _ emailtest.Received) emailtest.Answer {
			if at != emailtest.AtAuth {
				return emailtest.Answer{}
			}
			return emailtest.Answer{Code: 535, Enhanced: [3]int{5, 7, 139}, Text: "Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [AM0PR01CA0001.example.com]"}
		}})
	smtp.Configure(&p.sender)
	p.connect()
	err := p.probe()
	if models.CodeOf(err) != models.CodeInvalid || !strings.Contains(err.Error(), "Authenticated SMTP") {
		t.Errorf("probe: %v", err)
	}
	se := channels.AsSendError(p.send("one"))
	if se.Class != models.SendConfiguration || !strings.Contains(se.Detail, "Authenticated SMTP") {
		t.Errorf("send: %+v", se)
	}
}

func TestDenied(t *testing.T) {
	for _, c := range []struct{ code, description, says string }{
		{"access_denied", "", "permission was not given"},
		{"access_denied", "AADSTS65004: User declined to consent to access the app.", "permission was not given"},
		{"access_denied", "AADSTS90094: The grant requires admin permissions.", "an administrator"},
		{"consent_required", "AADSTS65001: The user or administrator has not consented to use the application", "an administrator"},
		{"admin_policy_enforced", "", "an administrator"},
		{"org_internal", "", "its own organisation only"},
		{"server_error", "", "Try again in a few minutes"},
		{"invalid_request", "<script>", "client id and redirect address"},
		{"", "", "permission was not given"},
	} {
		if got := oauth.Denied(c.code, c.description); !strings.Contains(got, c.says) || strings.Contains(got, "<") {
			t.Errorf("%s %s: %s", c.code, c.description, got)
		}
	}
}
