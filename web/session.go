package web

import (
	"context"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"followup/models"
)

const (
	sessionUser  = "user"
	sessionFlash = "flash"
	// sessionSignIn names the row whose ending ends the session.
	sessionSignIn = "signin"
	// sessionPending is who gave the password and not the code yet.
	sessionPending = "pending"
	// sessionMustFactor: nothing opens before a second factor is set up.
	sessionMustFactor = "must_factor"
)

func newSessions(opt Options) *scs.SessionManager {
	m := scs.New()
	m.Store = opt.Store.Sessions()
	// One fixed lifetime and no idle time-out: an idle time-out would write
	// to the database with every page.
	m.Lifetime = 7 * 24 * time.Hour
	m.HashTokenInStore = true
	m.Cookie.Name = "followup"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = opt.SecureCookies
	m.Cookie.Path = "/"
	return m
}

// signedIn loads the session's user anew with each request, so that somebody
// who left, or whose session was ended from elsewhere, is out at once.
func (s *site) signedIn(r *http.Request) (models.User, bool) {
	id := s.sessions.GetInt64(r.Context(), sessionUser)
	if id == 0 {
		return models.User{}, false
	}
	u, err := s.Store.SignedInUser(r.Context(), id, s.sessions.GetString(r.Context(), sessionSignIn))
	if err != nil || u == nil {
		return models.User{}, false
	}
	return *u, true
}

func withUser(r *http.Request, u models.User) *http.Request {
	ctx := context.WithValue(r.Context(), keyUser, u)
	return r.WithContext(context.WithValue(ctx, keySettings, new(*models.Settings)))
}

// settings are the workspace's, read once a request: what a user sees and the
// page's frame both ask for them.
func (s *site) settings(r *http.Request) (models.Settings, error) {
	kept, _ := r.Context().Value(keySettings).(**models.Settings)
	if kept != nil && *kept != nil {
		return **kept, nil
	}
	set, err := s.Store.Settings(r.Context())
	if err == nil && kept != nil {
		*kept = &set
	}
	return set, err
}

// userOf is the signed-in user; the zero User where nobody is.
func userOf(r *http.Request) models.User {
	u, _ := r.Context().Value(keyUser).(models.User)
	return u
}

func actorOf(r *http.Request) string { return models.UserActor(userOf(r).ID) }

// flash keeps a line for the next page.
func (s *site) flash(r *http.Request, text string) {
	s.sessions.Put(r.Context(), sessionFlash, text)
}
