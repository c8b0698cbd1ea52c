package oauth

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"followup/models"
)

const (
	maxAnswer   = 1 << 20
	longestTurn = 30 * time.Second
	// usualLife is assumed where the provider does not say (RFC 6749 5.1 only recommends it).
	usualLife = time.Hour
)

// Tokens are what a provider gave.
type Tokens struct {
	Access  string
	Refresh string // "": the one we have stays valid
	Expires time.Time
	// RefreshExpires is when the permission itself ends; zero: the provider sets no end.
	RefreshExpires time.Time
	Address        string // whose mailbox it is; only after a sign-in
}

// refused is the provider's no (RFC 6749 5.2).
type refused struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

// passing are answers that are no answer to us: the provider has trouble (RFC
// 6749 4.1.2.1 names two; Google's and Microsoft's token endpoints use them too).
var passing = map[string]bool{"temporarily_unavailable": true, "server_error": true, "internal_failure": true, "rate_limit_exceeded": true, "slow_down": true}

// ours: it is this installation that the provider does not take (any more),
// its client secret for one, not the mailbox's owner.
func (e *refused) ours() bool {
	return e.Code == "invalid_client" || e.Code == "unauthorized_client"
}

func (e *refused) Error() string {
	return strings.TrimSpace(e.Code + " " + firstLine(e.Description))
}

// Exchange turns the code that the browser brought back into tokens.
func (a App) Exchange(ctx context.Context, client *http.Client, at Attempt, code string, now time.Time) (Tokens, error) {
	answer, err := a.ask(ctx, client, url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {at.Redirect}, "code_verifier": {at.Verifier}})
	if err != nil {
		return Tokens{}, a.trouble(err, "the sign-in at %s did not succeed: %v; start again", a.Provider, err)
	}
	if missing := a.notGranted(answer.Scope); missing != "" {
		return Tokens{}, models.Invalid("oauth", "the permission %s was not given at %s, and without it mail cannot be sent and read; sign in again and leave everything ticked", missing, a.Provider)
	}
	t := answer.tokens(now)
	if t.Refresh == "" {
		return Tokens{}, models.Invalid("oauth", "%s gave no lasting permission; remove Followup from the account's connected apps and sign in again", a.Provider)
	}
	if t.Address, err = a.addressIn(answer.IDToken); err != nil {
		return Tokens{}, err
	}
	return t, nil
}

// refresh asks for another access token.
func (a App) refresh(ctx context.Context, client *http.Client, token string, now time.Time) (Tokens, error) {
	answer, err := a.ask(ctx, client, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}, "scope": {strings.Join(a.Scopes, " ")}})
	if err != nil {
		return Tokens{}, err
	}
	return answer.tokens(now), nil
}

type tokenAnswer struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token"`
	ExpiresIn    int64  `json:"expires_in"`
	IDToken      string `json:"id_token"`
	Scope        string `json:"scope"` // what was granted; "": what was asked for (RFC 6749 5.1)
	// RefreshExpiresIn comes from Google where the permission was given for a
	// time only (identity/protocols/oauth2/web-server, "time-based access").
	RefreshExpiresIn int64 `json:"refresh_token_expires_in"`
}

func (t tokenAnswer) tokens(now time.Time) Tokens {
	life := time.Duration(t.ExpiresIn) * time.Second
	if life <= 0 {
		life = usualLife
	}
	tokens := Tokens{Access: t.AccessToken, Refresh: t.RefreshToken, Expires: now.Add(life)}
	if t.RefreshExpiresIn > 0 {
		tokens.RefreshExpires = now.Add(time.Duration(t.RefreshExpiresIn) * time.Second)
	}
	return tokens
}

// Kept is what is stored of them.
func (t Tokens) Kept() models.SenderTokens {
	return models.SenderTokens{Refresh: t.Refresh, Access: t.Access, Expires: t.Expires, RefreshExpires: t.RefreshExpires}
}

// notGranted names a mailbox's permission that is missing among those granted:
// Google's consent page lets people untick each. Microsoft names them with and
// without the address of the service before them.
func (a App) notGranted(granted string) string {
	if granted == "" {
		return ""
	}
	have := map[string]bool{}
	for _, scope := range strings.Fields(granted) {
		have[lastWord(scope)] = true
	}
	for _, scope := range a.Scopes {
		if strings.Contains(scope, "://") && !have[lastWord(scope)] {
			return scope
		}
	}
	return ""
}

func lastWord(scope string) string {
	scope = strings.TrimRight(strings.ToLower(scope), "/")
	return scope[strings.LastIndexByte(scope, '/')+1:]
}

func (a App) ask(ctx context.Context, client *http.Client, form url.Values) (tokenAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, longestTurn)
	defer cancel()
	form.Set("client_id", a.ClientID)
	if a.ClientSecret != "" {
		form.Set("client_secret", a.ClientSecret)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.TokenURL, strings.NewReader(form.Encode()))
	if err != nil {
		return tokenAnswer{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		return tokenAnswer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return tokenAnswer{}, err
	}
	if resp.StatusCode != http.StatusOK {
		no := &refused{}
		if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests && json.Unmarshal(body, no) == nil && no.Code != "" && !passing[no.Code] {
			return tokenAnswer{}, no
		}
		return tokenAnswer{}, fmt.Errorf("%s answered %s", req.URL.Host, resp.Status)
	}
	var answer tokenAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		return tokenAnswer{}, fmt.Errorf("%s answered something else than tokens: %w", req.URL.Host, err)
	}
	if answer.AccessToken == "" {
		return tokenAnswer{}, fmt.Errorf("%s answered without a token", req.URL.Host)
	}
	return answer, nil
}

// trouble words a failure: what the provider refused stays so, the rest may
// work in a while.
func (a App) trouble(err error, format string, args ...any) error {
	code := models.CodeUnavailable
	var no *refused
	if errors.As(err, &no) {
		code = models.CodeInvalid
		if no.ours() {
			format, args = "%s", []any{a.unknown(no)}
		}
	}
	return &models.Error{Code: code, Field: "oauth", Err: err, Message: fmt.Sprintf(format, args...)}
}

// unknown says what to do where the provider does not take our client id and secret.
func (a App) unknown(no *refused) string {
	return fmt.Sprintf("%s does not take this installation's client id and secret (%v); whoever runs it makes a new secret there, puts it into oauth.%s of the configuration and restarts", a.Provider, no, a.Provider)
}

// addressIn reads whose mailbox it is. The ID token came straight from the
// provider's token endpoint over TLS, which stands for its signature (OpenID
// Connect Core 3.1.3.7, 6).
func (a App) addressIn(idToken string) (string, error) {
	unknown := models.Invalid("oauth", "%s did not say which mailbox it is; sign in again and allow the address to be read", a.Provider)
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		return "", unknown
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", unknown
	}
	var claims struct {
		Audience  string `json:"aud"`
		Email     string `json:"email"`
		Preferred string `json:"preferred_username"`
	}
	if json.Unmarshal(payload, &claims) != nil || claims.Audience != a.ClientID {
		return "", unknown
	}
	for _, address := range []string{claims.Email, claims.Preferred} {
		if local, domain, ok := strings.Cut(address, "@"); ok && local != "" && domain != "" {
			return strings.ToLower(address), nil
		}
	}
	return "", unknown
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	if r := []rune(strings.TrimSpace(s)); len(r) > 300 {
		return string(r[:300])
	}
	return strings.TrimSpace(s)
}
