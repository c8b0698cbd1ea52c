// Package oauthtest is a provider of OAuth2 on loopback, for tests: it checks
// PKCE, hands out tokens that rotate, and revokes.
package oauthtest

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"

	"followup/channels/email/oauth"
)

// Server is a running provider with one client and one mailbox.
type Server struct {
	URL     string
	Address string // whose mailbox is signed in

	mutex   sync.Mutex
	codes   map[string]url.Values // authorisation requests by code
	refresh string                // the one that is valid
	access  string
	serial  int
	asked   int // token requests
	away    bool
	life    int // seconds

	granted  string // the scopes said to be granted; "": nothing is said
	lasts    int    // seconds until the permission ends; 0: nothing is said
	refusal  string // of every token request; "": none
	decline  string // what the browser is sent back with instead of a code
	declined string // the description beside it
}

const (
	clientID     = "followup-client"
	clientSecret = "followup-secret"
)

// New runs a provider until the test ends.
func New(t testing.TB, address string) *Server {
	t.Helper()
	s := &Server{Address: address, codes: map[string]url.Values{}, life: 3600}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", s.authorize)
	mux.HandleFunc("POST /token", s.token)
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	s.URL = srv.URL
	return s
}

// App is this server as the named provider.
func (s *Server) App(provider string) oauth.App {
	app := oauth.GoogleApp(clientID, clientSecret)
	if provider == oauth.Microsoft {
		app = oauth.MicrosoftApp(clientID, clientSecret, "")
	}
	app.AuthURL, app.TokenURL = s.URL+"/authorize", s.URL+"/token"
	return app
}

// Client is how this installation is known there.
func Client() (id, secret string) { return clientID, clientSecret }

// Accepts tells whether the access token is the valid one.
func (s *Server) Accepts(token string) bool {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return token != "" && token == s.access
}

// Expire makes the access token invalid, whatever its life was said to be.
func (s *Server) Expire() { s.mutex.Lock(); defer s.mutex.Unlock(); s.access = "" }

// Revoke takes the permission back.
func (s *Server) Revoke() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.access, s.refresh = "", ""
}

// GoAway makes every token request fail with 503, until told otherwise.
func (s *Server) GoAway(away bool) { s.mutex.Lock(); defer s.mutex.Unlock(); s.away = away }

// Grant makes the provider say which scopes were granted.
func (s *Server) Grant(scopes string) { s.mutex.Lock(); defer s.mutex.Unlock(); s.granted = scopes }

// Last makes permissions end after so many seconds, as Google's time-based access does.
func (s *Server) Last(seconds int) { s.mutex.Lock(); defer s.mutex.Unlock(); s.lasts = seconds }

// Refuse answers every token request with this error; "": no longer.
func (s *Server) Refuse(code string) { s.mutex.Lock(); defer s.mutex.Unlock(); s.refusal = code }

// Decline sends browsers back with an error in the place of a code.
func (s *Server) Decline(code, description string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.decline, s.declined = code, description
}

// Asked is how often tokens were asked for.
func (s *Server) Asked() int { s.mutex.Lock(); defer s.mutex.Unlock(); return s.asked }

// Permit gives a refresh token as after a sign-in.
func (s *Server) Permit() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.next()
	return s.refresh
}

func (s *Server) next() {
	s.serial++
	s.refresh, s.access = fmt.Sprintf("refresh-%d", s.serial), fmt.Sprintf("access-%d", s.serial)
}

// authorize consents at once.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("client_id") != clientID || q.Get("response_type") != "code" || q.Get("code_challenge_method") != "S256" || q.Get("code_challenge") == "" {
		http.Error(w, "a parameter is missing", http.StatusBadRequest)
		return
	}
	s.mutex.Lock()
	s.serial++
	code := fmt.Sprintf("code-%d", s.serial)
	s.codes[code] = q
	s.mutex.Unlock()
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "redirect_uri", http.StatusBadRequest)
		return
	}
	if s.decline != "" {
		back.RawQuery = url.Values{"error": {s.decline}, "error_description": {s.declined}, "state": {q.Get("state")}}.Encode()
		http.Redirect(w, r, back.String(), http.StatusFound)
		return
	}
	back.RawQuery = url.Values{"code": {code}, "state": {q.Get("state")}}.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound)
}

func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.asked++
	if s.away {
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return
	}
	if s.refusal != "" {
		answer(w, http.StatusUnauthorized, map[string]any{"error": s.refusal, "error_description": "AADSTS7000222: The provided client secret keys are expired.\r\nTrace ID: 1"})
		return
	}
	if err := r.ParseForm(); err != nil || r.PostForm.Get("client_id") != clientID || r.PostForm.Get("client_secret") != clientSecret {
		answer(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
		return
	}
	switch f := r.PostForm; f.Get("grant_type") {
	case "authorization_code":
		asked, ok := s.codes[f.Get("code")]
		delete(s.codes, f.Get("code"))
		challenge := sha256.Sum256([]byte(f.Get("code_verifier")))
		if !ok || asked.Get("redirect_uri") != f.Get("redirect_uri") || asked.Get("code_challenge") != base64.RawURLEncoding.EncodeToString(challenge[:]) {
			answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
			return
		}
	case "refresh_token":
		if s.refresh == "" || f.Get("refresh_token") != s.refresh {
			answer(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": "Token has been expired or revoked."})
			return
		}
	default:
		answer(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
		return
	}
	s.next()
	given := map[string]any{
		"access_token": s.access, "refresh_token": s.refresh, "expires_in": s.life, "token_type": "Bearer", "id_token": s.idToken(),
	}
	if s.granted != "" {
		given["scope"] = s.granted
	}
	if s.lasts > 0 {
		given["refresh_token_expires_in"] = s.lasts
	}
	answer(w, http.StatusOK, given)
}

func (s *Server) idToken() string {
	claims, err := json.Marshal(map[string]any{"aud": clientID, "email": s.Address})
	if err != nil {
		panic(err) // two strings
	}
	return "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".sig"
}

func answer(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}
