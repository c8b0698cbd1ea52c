package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"followup/models"
)

// Store is what keeping tokens needs of the database.
type Store interface {
	// SenderOpened gives a sender with its credentials.
	SenderOpened(ctx context.Context, id int64) (models.Sender, error)
	// KeepTokens changes a sender's tokens, where used is still the refresh
	// token: a newer sign-in is not overwritten.
	KeepTokens(ctx context.Context, senderID int64, used string, tokens models.SenderTokens, now time.Time) error
	// SenderFailed stops it for its configuration and asks a person to look.
	SenderFailed(ctx context.Context, senderID int64, why string, now time.Time) error
}

// early is how long before its end a token is renewed.
const early = 5 * time.Minute

// Keeper gives valid access tokens for senders.
type Keeper struct {
	Apps   map[string]App
	Store  Store
	Clock  models.Clock
	Client *http.Client

	mutex  sync.Mutex
	turns  map[int64]*sync.Mutex // one question for each sender at a time
	denied map[int64]string      // refresh tokens that the provider refused for good
}

// Token gives an access token for the sender. refused is one that the mail
// server did not take ("": none): it is not given again. An error with
// models.CodeInvalid needs a person; the sender is stopped.
func (k *Keeper) Token(ctx context.Context, senderID int64, refused string) (string, error) {
	turn := k.turn(senderID)
	turn.Lock()
	defer turn.Unlock()
	sender, err := k.Store.SenderOpened(ctx, senderID)
	if err != nil {
		return "", fmt.Errorf("the tokens of sender %d: %w", senderID, err)
	}
	c, now := sender.Credentials.Tokens, k.Clock()
	if c.Access != "" && c.Access != refused && now.Before(c.Expires.Add(-early)) {
		return c.Access, nil
	}
	app, known := k.Apps[sender.Settings.OAuth]
	switch {
	case !known:
		return "", k.stop(ctx, sender, models.Invalid("oauth", "%s signs in by %s, for which this installation has no client id; set oauth.%s.client_id and client_secret", sender.Address, sender.Settings.OAuth, sender.Settings.OAuth))
	case c.Refresh == "":
		return "", k.stop(ctx, sender, models.Invalid("oauth", "%s has not been connected to %s yet; open its account page and sign in there", sender.Address, app.Provider))
	case k.wasDenied(senderID, c.Refresh):
		return "", denial(sender, app, errors.New("it was refused before"))
	}
	fresh, err := app.refresh(ctx, k.Client, c.Refresh, now)
	if err != nil {
		return "", k.failed(ctx, sender, app, err)
	}
	if fresh.Refresh == "" {
		fresh.Refresh = c.Refresh
		if fresh.RefreshExpires.IsZero() {
			fresh.RefreshExpires = c.RefreshExpires
		}
	}
	err = k.Store.KeepTokens(ctx, senderID, c.Refresh, fresh.Kept(), now)
	if err != nil {
		return "", fmt.Errorf("the tokens of sender %d: %w", senderID, err)
	}
	return fresh.Access, nil
}

// failed tells a revoked permission, which only a person can renew, from a
// provider that is away.
func (k *Keeper) failed(ctx context.Context, sender models.Sender, app App, err error) error {
	var no *refused
	if !errors.As(err, &no) {
		return &models.Error{Code: models.CodeUnavailable, Field: "oauth", Err: err,
			Message: fmt.Sprintf("no token for %s at the moment: %v", sender.Address, err)}
	}
	if no.ours() {
		// Nobody's permission was taken back: a new client secret mends all.
		return k.stop(ctx, sender, &models.Error{Code: models.CodeInvalid, Field: "oauth", Err: err, Message: app.unknown(no)})
	}
	k.mutex.Lock()
	if k.denied == nil {
		k.denied = map[int64]string{}
	}
	k.denied[sender.ID] = sender.Credentials.Tokens.Refresh
	k.mutex.Unlock()
	return k.stop(ctx, sender, denial(sender, app, err))
}

func denial(sender models.Sender, app App, err error) *models.Error {
	return &models.Error{Code: models.CodeInvalid, Field: "oauth", Err: err,
		Message: fmt.Sprintf("%s no longer lets us into %s (%v); open its account page and sign in again", app.Provider, sender.Address, err)}
}

func (k *Keeper) stop(ctx context.Context, sender models.Sender, why *models.Error) error {
	if sender.State == models.SenderStopped {
		return why
	}
	if err := k.Store.SenderFailed(ctx, sender.ID, why.Message, k.Clock()); err != nil {
		return errors.Join(why, err)
	}
	return why
}

func (k *Keeper) wasDenied(senderID int64, token string) bool {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	return k.denied[senderID] == token
}

func (k *Keeper) turn(senderID int64) *sync.Mutex {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.turns == nil {
		k.turns = map[int64]*sync.Mutex{}
	}
	if k.turns[senderID] == nil {
		k.turns[senderID] = &sync.Mutex{}
	}
	return k.turns[senderID]
}
