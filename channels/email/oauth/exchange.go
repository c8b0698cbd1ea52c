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
	Address string // whose mailbox it is; only after a sign-in
}

// refused is the provider's no (RFC 6749 5.2).
type refused struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
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
}

func (t tokenAnswer) tokens(now time.Time) Tokens {
	life := time.Duration(t.ExpiresIn) * time.Second
	if life <= 0 {
		life = usualLife
	}
	return Tokens{Access: t.AccessToken, Refresh: t.RefreshToken, Expires: now.Add(life)}
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
		if resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests && json.Unmarshal(body, no) == nil && no.Code != "" {
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
	}
	return &models.Error{Code: code, Field: "oauth", Err: err, Message: fmt.Sprintf(format, args...)}
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
