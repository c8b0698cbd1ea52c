package web

import (
	"net/http"

	"followup/models"
)

type joinPage struct {
	page
	Form    form
	Name    string
	Email   string
	Joining bool
	Gone    string // why the link does not work
}

// joinShow is what the link of an invitation, or of a new password, opens.
func (s *site) joinShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderJoin(w, r, http.StatusOK, newForm())
}

func (s *site) renderJoin(w http.ResponseWriter, r *http.Request, status int, f form) error {
	p := joinPage{page: s.bare(r, "New password"), Form: f}
	t, u, err := s.Store.OpenUserToken(r.Context(), r.PathValue("token"), s.Clock())
	if models.CodeOf(err) == models.CodeNotFound {
		p.Gone, p.Title = messageOf(err), "Link"
		return s.views.render(w, http.StatusNotFound, "join", p)
	}
	if err != nil {
		return err
	}
	p.Name, p.Email, p.Joining = u.Name, u.Email, t.Kind == models.TokenInvitation
	if p.Joining {
		p.Title = "Join"
	}
	if set, err := s.Store.Settings(r.Context()); err == nil {
		p.Workspace = set.Workspace
	}
	return s.views.render(w, status, "join", p)
}

func (s *site) join(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	password := f.Values.Get("password")
	if password != f.Values.Get("again") {
		err = models.Invalid("again", "the two are not the same; type them again")
	}
	if err == nil {
		_, err = s.CRM.UseLink(r.Context(), r.PathValue("token"), f.Get("name"), password)
	}
	if err != nil {
		if models.CodeOf(err) == models.CodeNotFound {
			return s.renderJoin(w, r, http.StatusNotFound, f)
		}
		status := statusOf(err)
		f.Values.Del("password")
		f.Values.Del("again")
		if err := f.take(err, "password", "again", "name"); err != nil {
			return err
		}
		return s.renderJoin(w, r, status, f)
	}
	// Whoever was signed in with this browser, a link is somebody's own.
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		return err
	}
	s.sessions.Remove(r.Context(), sessionUser)
	// Signing in proves the password, and asks for the second factor where there is one.
	s.flash(r, "Your password is set. Sign in with it.")
	return redirect(w, r, "/sign-in")
}

type forgotPage struct {
	page
	Form form
	Done bool
}

// forgotShow offers a link by email where it can be sent.
func (s *site) forgotShow(w http.ResponseWriter, r *http.Request) error {
	if !s.mailsLinks() {
		return s.notFound(w, r)
	}
	return s.show(w, "forgot", forgotPage{page: s.bare(r, "New password"), Form: newForm()})
}

// forgot says the same whether the address is known or not.
func (s *site) forgot(w http.ResponseWriter, r *http.Request) error {
	if !s.mailsLinks() {
		return s.notFound(w, r)
	}
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	u, err := s.Store.UserByEmail(r.Context(), f.Get("email"))
	if err != nil && models.CodeOf(err) != models.CodeNotFound {
		return err
	}
	if err == nil && u.DisabledAt == nil && u.PasswordHash != "" {
		secret, err := s.CRM.PasswordLink(r.Context(), models.UserActor(u.ID), u)
		if err != nil {
			return err
		}
		s.mailLink(r, u, s.PublicURL+"/join/"+secret, "password")
	}
	return s.show(w, "forgot", forgotPage{page: s.bare(r, "New password"), Form: newForm(), Done: true})
}

// mailsLinks tells whether links can be mailed: there is something to send
// from, and an address of ours that no request made up.
func (s *site) mailsLinks() bool { return s.Mail != nil && s.PublicURL != "" }

// mailLink mails a link; it tells whether it did. A link that could not be
// mailed is shown all the same, so a failure is for the log.
func (s *site) mailLink(r *http.Request, u models.User, href, what string) bool {
	if !s.mailsLinks() {
		return false
	}
	subject, text := "A new password for Followup", "Hello "+u.FirstName()+",\n\nby this link you choose a new password for Followup. It works once, for two hours:\n\n"+href+"\n\nIf you did not ask for it, ignore this mail: nothing has changed.\n"
	if what == "join" {
		subject, text = "You are invited to Followup", "Hello "+u.FirstName()+",\n\nby this link you choose your password and join. It works once, for seven days:\n\n"+href+"\n"
	}
	if err := s.Mail(r.Context(), u, subject, text); err != nil {
		s.Log.Warn("a link could not be mailed", "user", u.ID, "error", err)
		return false
	}
	return true
}
