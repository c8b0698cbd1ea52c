package store

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// FailedRaw loads an inbound that could not be worked through, whole. One that
// was worked through meanwhile is a conflict.
func (s *Store) FailedRaw(ctx context.Context, id int64) (models.Raw, error) {
	var raw models.Raw
	if err := s.write.WithContext(ctx).Where("id = ?", id).Take(&raw).Error; err != nil {
		return raw, viewNotFound(err, "message")
	}
	if raw.State != models.RawFailed {
		return raw, models.Errorf(models.CodeConflict, "It was read meanwhile; nothing is left to do.")
	}
	return raw, s.fetch(&raw)
}

// DismissRaw sets an inbound aside that cannot be worked through: it stays
// stored, and holds nobody's automatic touches any more.
func (s *Store) DismissRaw(ctx context.Context, id int64, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		res := tx.Model(&models.Raw{}).Where("id = ? AND state = ?", id, models.RawFailed).
			UpdateColumns(map[string]any{"state": models.RawProcessed, "updated_at": now})
		if res.Error != nil || res.RowsAffected == 0 {
			return res.Error // somebody was quicker
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventResolved, Code: "unreadable_inbound", Data: map[string]string{"inbound": strconv.FormatInt(id, 10)}})
	}))
}
