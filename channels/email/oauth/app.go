// Package oauth signs mailboxes in without a password: it gets the owner's
// consent at Google or Microsoft (RFC 6749 with PKCE, RFC 7636) and keeps the
// access tokens fresh by which SMTP and IMAP then authenticate (XOAUTH2).
package oauth

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"

	"followup/models"
)

// App is this installation as a provider knows it, and where the provider is.
type App struct {
	Provider     string // as in SenderSettings.OAuth
	ClientID     string
	ClientSecret string
	AuthURL      string
	TokenURL     string
	Scopes       []string
	// Extra parameters of the authorisation request.
	Extra url.Values
	// SecretExpires is the day on which the client secret ends, where it is known.
	SecretExpires models.Date
	// Settings of a mailbox there.
	Settings models.SenderSettings
}

// Providers that are known by name.
const (
	Google    = "google"
	Microsoft = "microsoft"
)

// GoogleApp is Gmail and Google Workspace. The consent is asked for each time:
// only then does Google hand out a refresh token again.
func GoogleApp(clientID, clientSecret string) App {
	return App{ //nolint:gosec // G101: addresses, no credentials
		Provider: Google, ClientID: clientID, ClientSecret: clientSecret,
		AuthURL: "https://accounts.google.com/o/oauth2/v2/auth", TokenURL: "https://oauth2.googleapis.com/token",
		Scopes: []string{"https://mail.google.com/", "openid", "email"},
		Extra:  url.Values{"access_type": {"offline"}, "prompt": {"consent"}},
		Settings: models.SenderSettings{
			OAuth: Google, SMTPHost: "smtp.gmail.com", SMTPPort: 587, SMTPTLS: "starttls", IMAPHost: "imap.gmail.com", IMAPPort: 993, IMAPTLS: "implicit",
		},
	}
}

// MicrosoftApp is Microsoft 365; tenant "" lets every organisation in.
func MicrosoftApp(clientID, clientSecret, tenant string) App {
	if tenant == "" {
		tenant = "common"
	}
	base := "https://login.microsoftonline.com/" + url.PathEscape(tenant) + "/oauth2/v2.0/"
	return App{
		Provider: Microsoft, ClientID: clientID, ClientSecret: clientSecret, AuthURL: base + "authorize", TokenURL: base + "token",
		Scopes: []string{"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/SMTP.Send", "offline_access", "openid", "email", "profile"},
		Extra:  url.Values{"prompt": {"select_account"}},
		Settings: models.SenderSettings{
			OAuth: Microsoft, SMTPHost: "smtp.office365.com", SMTPPort: 587, SMTPTLS: "starttls", IMAPHost: "outlook.office365.com", IMAPPort: 993, IMAPTLS: "implicit",
		},
	}
}

// Attempt is one sign-in under way; whoever began it keeps it until the
// provider sends the browser back.
type Attempt struct {
	State    string
	Verifier string
	Redirect string
}

// NewAttempt makes the secrets of a sign-in.
func NewAttempt(redirect string) Attempt {
	return Attempt{State: rand.Text(), Verifier: rand.Text() + rand.Text(), Redirect: redirect}
}

// Address is where the browser goes to ask for consent.
func (a App) Address(at Attempt) string {
	challenge := sha256.Sum256([]byte(at.Verifier))
	q := url.Values{
		"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {at.Redirect}, "scope": {strings.Join(a.Scopes, " ")}, "state": {at.State},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	for k, v := range a.Extra {
		q[k] = v
	}
	return a.AuthURL + "?" + q.Encode()
}
