package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"gorm.io/gorm/clause"

	"followup/models"
)

// rawAttempts is how often a stored inbound is tried before it waits for a person.
const rawAttempts = 5

// SaveRaw keeps an inbound as it came. A repeat, known by provider and
// provider id, gives the first one and fresh=false. Where the provider gives
// no id, the content stands in for it.
func (s *Store) SaveRaw(ctx context.Context, raw models.Raw) (models.Raw, bool, error) {
	if raw.ProviderID == "" {
		sum := sha256.Sum256(raw.Content)
		raw.ProviderID = "sha256:" + hex.EncodeToString(sum[:])
	}
	raw.ID, raw.State = 0, models.RawReceived
	if raw.ReceivedAt.IsZero() {
		raw.ReceivedAt = s.clock()
	}
	if raw.UpdatedAt.IsZero() {
		raw.UpdatedAt = raw.ReceivedAt
	}
	content := raw.Content
	if err := s.putAside(&raw); err != nil {
		return raw, false, err
	}
	fresh, err := s.insertRaw(ctx, &raw)
	if err != nil {
		return raw, false, fmt.Errorf("keep inbound: %w", err)
	}
	if fresh {
		raw.Content = content
		return raw, true, nil
	}
	var first models.Raw
	err = s.write.WithContext(ctx).Where("provider = ? AND provider_id = ?", raw.Provider, raw.ProviderID).Take(&first).Error
	if err != nil {
		return first, false, fmt.Errorf("find repeated inbound: %w", err)
	}
	// The repeat brings the content along, even where the file is gone.
	if first.ContentFile != "" && first.ContentFile == raw.ContentFile {
		first.Content = content
	}
	return first, false, s.fetch(&first)
}

// FailRaw notes why working through an inbound failed. One that was worked
// through meanwhile stays so.
func (s *Store) FailRaw(ctx context.Context, rawID int64, cause string, now time.Time) error {
	return s.write.WithContext(ctx).Model(&models.Raw{}).
		Where("id = ? AND state <> ?", rawID, models.RawProcessed).
		UpdateColumns(map[string]any{
			"state": models.RawFailed, "error": cause, "updated_at": now, "attempts": clause.Expr{SQL: "attempts + 1"},
		}).Error
}

// PendingRaws lists those stored and not yet worked through, oldest first.
func (s *Store) PendingRaws(ctx context.Context, limit int) ([]models.Raw, error) {
	var raws []models.Raw
	err := s.read.WithContext(ctx).Where("state <> ? AND attempts < ?", models.RawProcessed, rawAttempts).
		Order("id").Limit(limit).Find(&raws).Error
	// One that cannot be read must not hold up the others, nor be taken for an
	// empty message; it stays until its file is back.
	readable := raws[:0]
	for _, raw := range raws {
		if ferr := s.fetch(&raw); ferr != nil {
			s.log.ErrorContext(ctx, "a stored inbound cannot be read", "inbound", raw.ID, "error", ferr)
			continue
		}
		readable = append(readable, raw)
	}
	return readable, err
}
