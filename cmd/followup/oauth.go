package main

import (
	"context"
	"net/http"
	"time"

	"followup/channels/email/oauth"
	"followup/config"
	"followup/models"
)

// oauthApps are the providers at which mailboxes sign in by tokens.
func oauthApps(cfg config.OAuth) map[string]oauth.App {
	apps := map[string]oauth.App{}
	if g := cfg.Google; g.ClientID != "" {
		apps[oauth.Google] = elsewhere(oauth.GoogleApp(g.ClientID, g.ClientSecret), g)
	}
	if m := cfg.Microsoft; m.ClientID != "" {
		apps[oauth.Microsoft] = elsewhere(oauth.MicrosoftApp(m.ClientID, m.ClientSecret, m.Tenant), m)
	}
	return apps
}

func elsewhere(app oauth.App, cfg config.OAuthApp) oauth.App {
	if cfg.AuthURL != "" {
		app.AuthURL = cfg.AuthURL
	}
	if cfg.TokenURL != "" {
		app.TokenURL = cfg.TokenURL
	}
	app.SecretExpires = models.Date(cfg.SecretExpires)
	return app
}

// warnOfSecrets asks for new passwords, tokens and client secrets in time.
func (a *app) warnOfSecrets(ctx context.Context, now time.Time) error {
	ends := map[string]models.Date{}
	for provider, app := range oauthApps(a.cfg.OAuth) {
		ends[provider] = app.SecretExpires
	}
	return a.store.WarnOfSecrets(ctx, now, ends)
}

// tokenKeeper keeps the mailboxes' access tokens fresh.
func (a *app) tokenKeeper() *oauth.Keeper {
	return &oauth.Keeper{Apps: oauthApps(a.cfg.OAuth), Store: a.store, Clock: a.clock, Client: &http.Client{Timeout: time.Minute}}
}

// atProvider fills in the servers of a mailbox whose provider is known.
func atProvider(m config.Mailbox, apps map[string]oauth.App) config.Mailbox {
	app, known := apps[m.OAuth]
	if !known {
		return m
	}
	if s := app.Settings; m.SMTPHost == "" {
		m.SMTPHost, m.SMTPPort, m.SMTPTLS = s.SMTPHost, s.SMTPPort, s.SMTPTLS
	}
	if s := app.Settings; m.IMAPHost == "" {
		m.IMAPHost, m.IMAPPort, m.IMAPTLS = s.IMAPHost, s.IMAPPort, s.IMAPTLS
	}
	return m
}
