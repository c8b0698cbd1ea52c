package web

import (
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/httprate"

	"followup/models"
)

type signInPage struct {
	page
	Form form
	Next string
	// Mails: a link for a new password can be sent.
	Mails bool
}

func (s *site) signInShow(w http.ResponseWriter, r *http.Request) error {
	if userOf(r).ID != 0 {
		return redirect(w, r, "/")
	}
	p := signInPage{page: s.bare(r, "Sign in"), Form: newForm(), Next: localPath(r.URL.Query().Get("next")), Mails: s.mailsLinks()}
	p.Toast = s.sessions.PopString(r.Context(), sessionFlash)
	return s.show(w, "signin", p)
}

func (s *site) signIn(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u, err := s.CRM.Authenticate(r.Context(), f.Get("email"), f.Values.Get("password"))
	if models.CodeOf(err) == models.CodeForbidden {
		f.General = messageOf(err)
		f.Values.Del("password")
		p := signInPage{page: s.bare(r, "Sign in"), Form: f, Next: localPath(f.Get("next")), Mails: s.mailsLinks()}
		return s.views.render(w, http.StatusForbidden, "signin", p)
	}
	if err != nil {
		return err
	}
	next := localPath(f.Get("next"))
	asks, err := s.CRM.HasFactor(r.Context(), u.ID)
	if err != nil {
		return err
	}
	if asks {
		return s.askFactor(w, r, u, next)
	}
	return s.enter(w, r, u, next)
}

func (s *site) signOut(w http.ResponseWriter, r *http.Request) error {
	if u := userOf(r); u.ID != 0 {
		if err := s.Store.EndSignIn(r.Context(), u.ID, s.sessions.GetString(r.Context(), sessionSignIn), s.Clock()); err != nil {
			return err
		}
	}
	if err := s.sessions.Destroy(r.Context()); err != nil {
		return err
	}
	return redirect(w, r, "/sign-in")
}

// limitSignIn slows guessing: by address tried from and by account tried.
func (s *site) limitSignIn(next http.Handler) http.Handler {
	tooMany := func(w http.ResponseWriter, r *http.Request) {
		f := newForm()
		f.General = "Too many attempts. Wait a minute, then try again; an admin can set a new password."
		_ = s.views.render(w, http.StatusTooManyRequests, "signin", signInPage{page: s.bare(r, "Sign in"), Form: f, Next: "/"})
	}
	// An account is limited per client, so that nobody can lock its owner out.
	byAccount := func(r *http.Request) (string, error) {
		if err := r.ParseForm(); err != nil {
			return "", err
		}
		return strings.ToLower(strings.TrimSpace(r.PostForm.Get("email"))) + " " + clientAddress(r), nil
	}
	byClient := func(r *http.Request) (string, error) { return clientAddress(r), nil }
	failed := httprate.WithErrorHandler(func(w http.ResponseWriter, r *http.Request, err error) { s.failPlain(w, r, err) })
	account := httprate.LimitBy(10, time.Minute, byAccount, httprate.WithLimitHandler(tooMany), failed)
	address := httprate.LimitBy(30, time.Minute, byClient, httprate.WithLimitHandler(tooMany), failed)
	return address(account(next))
}

type welcomePage struct {
	page
	Form form
}

// welcomeShow asks an admin, once, what the workspace is for.
func (s *site) welcomeShow(w http.ResponseWriter, r *http.Request) error {
	if set, err := s.Store.Settings(r.Context()); err != nil || set.Mode != "" {
		if err != nil {
			return err
		}
		return redirect(w, r, "/")
	}
	p := welcomePage{page: s.page(r, "Welcome", ""), Form: newForm()}
	p.Bare = true
	return s.show(w, "welcome", p)
}

func (s *site) welcome(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	set, err := s.Store.Settings(r.Context())
	if err != nil {
		return err
	}
	if set.Mode != "" {
		return redirect(w, r, "/")
	}
	mode := f.Get("mode")
	if mode != "demonstration" && mode != "own" {
		return models.Invalid("mode", "choose the demonstration or your own empty workspace")
	}
	if s.Seed == nil {
		return models.Errorf(models.CodeUnavailable, "This installation cannot be set up from the browser. Use the command line: followup serve.")
	}
	if err := s.Seed(r.Context(), mode); err != nil {
		return err
	}
	if mode == "demonstration" {
		s.flash(r, "The demonstration is ready: everyone in it is invented, nothing leaves this machine. Now sign out and work as its rep, rae@example.com; the passwords are in the terminal that runs Followup.")
	} else {
		s.flash(r, "Your workspace is ready. Add the first prospect to begin.")
	}
	return redirect(w, r, "/")
}

func (s *site) help(w http.ResponseWriter, r *http.Request) error {
	return s.show(w, "help", s.page(r, "Keyboard and help", ""))
}

// clientAddress is who asks: behind a proxy on this machine the last address
// it names, which it wrote itself; what a client from elsewhere claims counts
// for nothing.
func clientAddress(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return host
	}
	named := r.Header.Values("X-Forwarded-For")
	if len(named) == 0 {
		return host
	}
	hops := strings.Split(named[len(named)-1], ",")
	if ip := net.ParseIP(strings.TrimSpace(hops[len(hops)-1])); ip != nil {
		return ip.String()
	}
	return host
}
