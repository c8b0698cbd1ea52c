package replies

import (
	"context"
	"errors"
	"time"

	"followup/models"
)

// Failed is what giving people a hand over unreadable inbounds needs of the database.
type Failed interface {
	// FailedRaw loads an inbound that could not be worked through.
	FailedRaw(ctx context.Context, id int64) (models.Raw, error)
	// DismissRaw sets it aside for good; twice changes nothing.
	DismissRaw(ctx context.Context, id int64, by string, now time.Time) error
}

// TryAgain works through an inbound that failed, however often it has failed
// before: what kept it from being read or from taking effect may be mended.
func (s *Service) TryAgain(ctx context.Context, rawID int64) (models.Recorded, error) {
	raw, err := s.Store.FailedRaw(ctx, rawID)
	if err != nil {
		return models.Recorded{}, err
	}
	rec, err := s.workThrough(ctx, raw)
	var told *models.Error
	switch {
	case err == nil:
		if s.Wake != nil {
			s.Wake()
		}
		return rec, nil
	case errors.As(err, &told) && told.Code == models.CodeUnavailable:
		return rec, err
	}
	return rec, &models.Error{Code: models.CodeConflict, Err: err,
		Message: "It still cannot be worked through: " + limit(cleanText(err.Error()), 200) + ". It stays stored."}
}

// SetAside gives up on an inbound that failed.
func (s *Service) SetAside(ctx context.Context, rawID, userID int64) error {
	return s.Store.DismissRaw(ctx, rawID, models.UserActor(userID), s.Clock())
}
