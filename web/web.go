// Package web is the pages: server-rendered HTML whose forms work without a
// script, the providers' webhooks and the customers' unsubscribe page. It
// reads through store; everything it changes goes through scheduler, replies
// or crm.
package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"followup/channels"
	"followup/channels/email/oauth"
	"followup/crm"
	"followup/models"
	"followup/replies"
	"followup/scheduler"
	"followup/store"
)

// Options of New.
type Options struct {
	Store     *store.Store
	Scheduler *scheduler.Scheduler
	Replies   *replies.Service
	CRM       *crm.Service
	Channels  *channels.Registry
	// Webhooks are the providers' addresses: path, "/hooks/…", → who reads it.
	Webhooks map[string]channels.WebhookReceiver
	// Batches and Imports work on many people; nil: ones of the pages' own.
	Batches *scheduler.Batches
	Imports *crm.Imports
	// Configured are the accounts that the configuration file names, by address,
	// with what it sets of each again at each start.
	Configured map[string]FixedAccount
	// Sandbox shows the phone and the inbox on which one plays the customer.
	Sandbox bool
	// OAuth are the providers at which mailboxes can be connected, by name.
	OAuth       map[string]oauth.App
	OAuthClient *http.Client // nil: the default one
	Clock       models.Clock
	// Mail sends a user a link from a shared mailbox; nil: there is none.
	Mail func(ctx context.Context, to models.User, subject, text string) error
	Log  *slog.Logger
	// Closing ends the open streams, so that a shutdown need not wait for
	// pages; nil: only their readers end them.
	Closing   <-chan struct{}
	PublicURL string
	// Seed carries out the first sign-in's choice: "demonstration" or "own".
	Seed func(ctx context.Context, mode string) error
	// SecureCookies for a site that is served by HTTPS.
	SecureCookies bool
	// StalledAfter is how old the last tick may be before every page says
	// that the scheduler stands still; 0: 30 s. A demonstration with a fast
	// clock needs more.
	StalledAfter time.Duration
}

// site is the running web part.
type site struct {
	Options
	views    *views
	sessions *scs.SessionManager
	health   healthCache
	forecast forecastCache
	refused  refusals
	lacks    lackCache
	patterns []string // of the pages behind the session, for the test of their permissions
	hub      *hub
	hooks    chan struct{} // bounds the deliveries worked on at once
}

// hooksAtOnce leaves connections to the engine and to the pages when a
// thousand customers answer in the same second.
const hooksAtOnce = 6

// New builds the handler.
func New(opt Options) (http.Handler, error) {
	if opt.Store == nil || opt.Scheduler == nil || opt.Replies == nil || opt.CRM == nil || opt.Channels == nil || opt.Clock == nil {
		return nil, errors.New("web: Store, Scheduler, Replies, CRM, Channels and Clock are needed")
	}
	if opt.Log == nil {
		opt.Log = slog.New(slog.DiscardHandler)
	}
	if opt.OAuthClient == nil {
		opt.OAuthClient = http.DefaultClient
	}
	opt.background()
	if opt.StalledAfter == 0 {
		opt.StalledAfter = 30 * time.Second
	}
	v, err := loadViews()
	if err != nil {
		return nil, err
	}
	s := &site{Options: opt, views: v, sessions: newSessions(opt), hooks: make(chan struct{}, hooksAtOnce), hub: newHub(opt)}
	// The session itself is what failed, so the error page must not ask for it.
	s.sessions.ErrorFunc = s.sessionLost
	return s.handler(), nil
}
