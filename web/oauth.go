package web

import (
	"context"
	"crypto/subtle"
	"net"
	"net/http"
	"net/url"
	"strings"

	"followup/channels/email/oauth"
	"followup/models"
)

// Session entries of a sign-in at a mailbox's provider that is under way.
const (
	sessionOAuthState    = "oauth_state"
	sessionOAuthVerifier = "oauth_verifier"
	sessionOAuthShared   = "oauth_shared"
)

// afterOAuth is where the browser is sent when a mailbox is connected.
const afterOAuth = "/accounts"

// oauthStart sends the browser to the provider, which asks the mailbox's owner
// for consent. A manager may connect one for everybody: ?shared=1.
func (s *site) oauthStart(w http.ResponseWriter, r *http.Request) error {
	app, err := s.oauthApp(r)
	if err != nil {
		return err
	}
	shared := r.URL.Query().Get("shared") != ""
	if shared {
		if err := require(userOf(r), mayManageSenders); err != nil {
			return err
		}
	}
	redirect, err := s.oauthRedirect(r, app)
	if err != nil {
		return err
	}
	at := oauth.NewAttempt(redirect)
	s.sessions.Put(r.Context(), sessionOAuthState, at.State)
	s.sessions.Put(r.Context(), sessionOAuthVerifier, at.Verifier)
	s.sessions.Put(r.Context(), sessionOAuthShared, shared)
	http.Redirect(w, r, app.Address(at), http.StatusSeeOther)
	return nil
}

// oauthCallback is where the provider sends the browser back to. Only the
// session that began a sign-in can end it, once.
func (s *site) oauthCallback(w http.ResponseWriter, r *http.Request) error {
	app, err := s.oauthApp(r)
	if err != nil {
		return err
	}
	ctx, q := r.Context(), r.URL.Query()
	state, verifier := s.sessions.PopString(ctx, sessionOAuthState), s.sessions.PopString(ctx, sessionOAuthVerifier)
	shared := s.sessions.PopBool(ctx, sessionOAuthShared)
	if state == "" || subtle.ConstantTimeCompare([]byte(state), []byte(q.Get("state"))) != 1 {
		return models.Errorf(models.CodeForbidden, "this sign-in was not begun here, or is over; connect the mailbox again from the accounts page")
	}
	if no := q.Get("error"); no != "" || q.Get("code") == "" {
		s.flash(r, "The mailbox was not connected: "+oauth.Denied(no, q.Get("error_description"))+" Nothing has changed.")
		http.Redirect(w, r, afterOAuth, http.StatusSeeOther)
		return nil
	}
	redirect, err := s.oauthRedirect(r, app)
	if err != nil {
		return err
	}
	at := oauth.Attempt{State: state, Verifier: verifier, Redirect: redirect}
	tokens, err := app.Exchange(ctx, s.OAuthClient, at, q.Get("code"), s.Clock())
	if err != nil {
		return err
	}
	sender, err := s.oauthSender(r, app, tokens, shared)
	if err != nil {
		return err
	}
	if sender, err = s.Store.ConnectSender(ctx, sender, actorOf(r), s.Clock()); err != nil {
		return err
	}
	if err := s.Store.TakeOverFromSandbox(ctx, sender, actorOf(r), s.Clock()); err != nil {
		return err
	}
	return s.oauthProbe(w, r, sender)
}

// oauthProbe signs in at both servers at once: a permission alone does not
// tell that the mailbox may be written from and read by SMTP and IMAP. What
// needs a person stops it; a server that is away says nothing.
func (s *site) oauthProbe(w http.ResponseWriter, r *http.Request, sender models.Sender) error {
	said := sender.Address + " is connected. Send a test mail to itself: nothing else proves that answers will be seen."
	if prober := s.Channels.Prober(sender); prober != nil {
		ctx, cancel := context.WithTimeout(r.Context(), checkFor)
		defer cancel()
		err := prober.Probe(ctx, sender)
		switch {
		case models.CodeOf(err) == models.CodeInvalid:
			said = sender.Address + " gave its permission, but cannot be used yet: " + messageOf(err) + ". Then start it again."
			if err := s.CRM.NotReady(r.Context(), actorOf(r), sender.ID, messageOf(err)); err != nil {
				return err
			}
		case err != nil:
			said = sender.Address + " is connected. Its servers could not be reached just now; check it in a minute."
		}
	}
	s.flash(r, said)
	return redirect(w, r, idPath("/accounts/", sender.ID))
}

// oauthSender is the mailbox that the tokens open. What was set by hand stays;
// somebody else's is not taken over by a rep who happens to know its password.
func (s *site) oauthSender(r *http.Request, app oauth.App, tokens oauth.Tokens, shared bool) (models.Sender, error) {
	u := userOf(r)
	sender := models.Sender{
		Kind: models.SenderMailbox, Provider: models.ProviderSMTP, Address: tokens.Address, Name: u.Name, OwnerID: &u.ID, RatePerMinute: oauthRate,
	}
	if shared {
		sender.OwnerID, sender.Name = nil, ""
	}
	old, found, err := s.Store.SenderByAddress(r.Context(), tokens.Address)
	if err != nil {
		return sender, err
	}
	if found {
		mine := old.OwnerID != nil && *old.OwnerID == u.ID
		if !mine && !can(u.Role, mayManageSenders) {
			return sender, models.Errorf(models.CodeForbidden, "%s is somebody else's account here; ask %s to connect it", tokens.Address, whoCan(mayManageSenders))
		}
		sender = old
	}
	folders, copies := sender.Settings.Folders, sender.Settings.FilesSentCopies
	sender.Settings = app.Settings
	sender.Settings.Username, sender.Settings.Folders, sender.Settings.FilesSentCopies = tokens.Address, folders, copies
	sender.Inbound = models.InboundPoll
	sender.Credentials.Password = ""
	sender.Credentials.Tokens = tokens.Kept()
	sender.Settings.SecretExpires = sender.Credentials.Tokens.Ends()
	return sender, nil
}

// oauthRate suits an ordinary mailbox at Google or Microsoft: messages a minute.
const oauthRate = 30

func (s *site) oauthApp(r *http.Request) (oauth.App, error) {
	app, known := s.OAuth[r.PathValue("provider")]
	if !known {
		return app, models.Errorf(models.CodeNotFound, "mailboxes at %q cannot be connected here; whoever runs this installation sets oauth.google or oauth.microsoft in its configuration", r.PathValue("provider"))
	}
	return app, nil
}

// oauthRedirect must be the very address that is registered at the provider.
func (s *site) oauthRedirect(r *http.Request, app oauth.App) (string, error) {
	base := strings.TrimRight(s.PublicURL, "/")
	if base == "" {
		host, _, err := net.SplitHostPort(r.Host)
		if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			return "", models.Errorf(models.CodeRefused, "set public_url in the configuration: %s sends the browser back to it", app.Provider)
		}
		base = "http://" + r.Host
	}
	return base + "/accounts/oauth/" + url.PathEscape(app.Provider) + "/callback", nil
}
