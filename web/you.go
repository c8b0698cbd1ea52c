package web

import (
	"net/http"

	"followup/models"
)

type youPage struct {
	page
	Form     form
	Which    string
	Factor   bool
	Setting  bool   // a secret is shown and not proved yet
	Typed    string // the secret for typing
	Recovery []string
	Left     int // recovery codes
	SignIns  []signInView
	Must     bool // nothing else opens before there is a second factor
}

type signInView struct {
	models.SignIn
	When moment
	This bool
}

func (s *site) youShow(w http.ResponseWriter, r *http.Request) error {
	return s.renderYou(w, r, http.StatusOK, func(*youPage) {})
}

func (s *site) renderYou(w http.ResponseWriter, r *http.Request, status int, with func(*youPage)) error {
	u, ctx := userOf(r), r.Context()
	p := youPage{page: s.page(r, "Your sign-in", "me"), Form: newForm(), Must: s.sessions.GetBool(ctx, sessionMustFactor)}
	f, secret, err := s.Store.SecondFactor(ctx, u.ID)
	if err != nil {
		return err
	}
	p.Factor, p.Left = f.On(), len(f.Recovery)
	if !p.Factor && secret != nil {
		p.Setting = true
		if _, p.Typed, err = s.CRM.ShownFactor(ctx, u, s.issuer(r)); err != nil {
			return err
		}
	}
	if p.SignIns, err = s.signInsOf(r, p.times, u.ID); err != nil {
		return err
	}
	with(&p)
	return s.views.render(w, status, "you", p)
}

// signInsOf are the browsers in which somebody is signed in.
func (s *site) signInsOf(r *http.Request, t times, userID int64) ([]signInView, error) {
	ins, err := s.Store.SignIns(r.Context(), userID, t.now)
	this := s.sessions.GetString(r.Context(), sessionSignIn)
	var all []signInView
	for _, in := range ins {
		all = append(all, signInView{in, t.Ago(in.CreatedAt), in.ID == this})
	}
	return all, err
}

// In is the form as one of the page's forms sees it.
func (p youPage) In(which string) form {
	if which == p.Which {
		return p.Form
	}
	return newForm()
}

func (s *site) youRefused(w http.ResponseWriter, r *http.Request, f form, which string, err error, fields ...string) error {
	status := statusOf(err)
	for _, secret := range []string{"old", "password", "again", "code"} {
		f.Values.Del(secret)
	}
	if models.CodeOf(err) == models.CodeForbidden {
		f.General = messageOf(err)
	} else if err := f.take(err, fields...); err != nil {
		return err
	}
	return s.renderYou(w, r, status, func(p *youPage) { p.Form, p.Which = f, which })
}

func (s *site) youPassword(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	password := f.Values.Get("password")
	if password != f.Values.Get("again") {
		err = models.Invalid("again", "the two are not the same; type them again")
	} else {
		err = s.CRM.ChangePassword(r.Context(), userOf(r), f.Values.Get("old"), password, s.sessions.GetString(r.Context(), sessionSignIn))
	}
	if err != nil {
		return s.youRefused(w, r, f, "password", err, "old", "password", "again")
	}
	s.flash(r, "Your password is changed. Every other browser is signed out.")
	return redirect(w, r, "/you")
}

// youSignOut ends one session, or all but this one.
func (s *site) youSignOut(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if id := f.Get("id"); id != "" {
		if err := s.CRM.SignOutOne(r.Context(), actorOf(r), userOf(r).ID, id); err != nil {
			return err
		}
		s.flash(r, "That browser is signed out.")
		return redirect(w, r, "/you")
	}
	if err := s.CRM.SignOutEverywhere(r.Context(), actorOf(r), userOf(r).ID, s.sessions.GetString(r.Context(), sessionSignIn)); err != nil {
		return err
	}
	s.flash(r, "Every other browser is signed out.")
	return redirect(w, r, "/you")
}

func (s *site) youFactor(w http.ResponseWriter, r *http.Request) error {
	if err := s.CRM.StartFactor(r.Context(), userOf(r)); err != nil {
		return err
	}
	return redirect(w, r, "/you#factor")
}

// youFactorConfirm shows the recovery codes in the answer itself, once.
func (s *site) youFactorConfirm(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	codes, err := s.CRM.ConfirmFactor(r.Context(), userOf(r), f.Get("code"))
	if err != nil {
		return s.youRefused(w, r, f, "factor", err, "code")
	}
	s.sessions.Remove(r.Context(), sessionMustFactor)
	return s.renderYou(w, r, http.StatusOK, func(p *youPage) { p.Recovery = codes })
}

// youFactorRemove asks for the password: an open browser is no proof of who sits at it.
func (s *site) youFactorRemove(w http.ResponseWriter, r *http.Request) error {
	f, err := parseForm(r)
	if err != nil {
		return err
	}
	if _, err := s.CRM.Authenticate(r.Context(), userOf(r).Email, f.Values.Get("old")); err != nil {
		if models.CodeOf(err) == models.CodeForbidden {
			err = models.Invalid("old", "this is not your password")
		}
		return s.youRefused(w, r, f, "remove", err, "old")
	}
	if err := s.CRM.RemoveFactor(r.Context(), actorOf(r), userOf(r).ID); err != nil {
		return err
	}
	s.flash(r, "The second factor is off.")
	return redirect(w, r, "/you")
}
