package replies

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"followup/channels"
	"followup/models"
)

// MediaStore is what keeping customers' pictures and voicemails needs of the database.
type MediaStore interface {
	// ClaimMedia takes what is to be fetched now, for this process alone.
	ClaimMedia(ctx context.Context, now time.Time, limit int) ([]models.MediaDue, error)
	// KeepMedia keeps what was fetched.
	KeepMedia(ctx context.Context, id int64, kind string, body []byte, now time.Time) error
	// MediaFailed notes why it could not be fetched; next nil gives it up.
	MediaFailed(ctx context.Context, id int64, cause string, next *time.Time) error
}

// Media fetches what customers sent and providers keep for a while only: it is
// still there when the account is gone, the provider is away, or somebody
// deletes it there.
type Media struct {
	Store    MediaStore
	Channels *channels.Registry
	Log      *slog.Logger
}

// mediaAtOnce is how many are fetched in one turn.
const mediaAtOnce = 20

// Fetch fetches what is due.
func (m *Media) Fetch(ctx context.Context, now time.Time) error {
	due, err := m.Store.ClaimMedia(ctx, now, mediaAtOnce)
	for _, d := range due {
		err = errors.Join(err, m.fetch(ctx, d, now))
	}
	return err
}

func (m *Media) fetch(ctx context.Context, d models.MediaDue, now time.Time) error {
	fetcher := m.Channels.MediaFetcher(d.Sender)
	if fetcher == nil {
		return m.Store.MediaFailed(ctx, d.ID, "nothing here can fetch from "+string(d.Sender.Provider), nil)
	}
	got, err := fetcher.FetchMedia(ctx, d.Sender, d.Media)
	if err == nil {
		return m.Store.KeepMedia(ctx, d.ID, got.Type, got.Body, now)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	wait, again := models.MediaRetry(d.Attempts)
	var next *time.Time
	if at := now.Add(wait); again && models.CodeOf(err) != models.CodeRefused {
		next = &at
	} else {
		m.Log.Warn("something that a customer sent cannot be fetched", "message", d.MessageID, "attempts", d.Attempts, "error", err)
	}
	return m.Store.MediaFailed(ctx, d.ID, limit(cleanText(err.Error()), 500), next)
}
