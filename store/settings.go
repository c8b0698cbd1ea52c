package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// settingsRow is the one row of the workspace's settings.
type settingsRow struct {
	ID   int
	Data string
}

// TableName of the row.
func (settingsRow) TableName() string { return "settings" }

// Settings of the workspace; the defaults where nobody changed them.
func (s *Store) Settings(ctx context.Context) (models.Settings, error) {
	return settingsIn(s.read.WithContext(ctx))
}

func settingsIn(tx *gorm.DB) (models.Settings, error) {
	set := models.DefaultSettings()
	var row settingsRow
	err := tx.Where("id = 1").Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return set, nil
	}
	if err != nil {
		return set, fmt.Errorf("load settings: %w", err)
	}
	// Fields that the row does not have yet keep their defaults.
	if err := json.Unmarshal([]byte(row.Data), &set); err != nil {
		return set, fmt.Errorf("load settings: %w", err)
	}
	return set, nil
}

// SaveSettings replaces the workspace's settings.
func (s *Store) SaveSettings(ctx context.Context, set models.Settings, by string, now time.Time) error {
	data, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		before, err := settingsIn(tx)
		if err != nil {
			return err
		}
		if err := tx.Save(&settingsRow{ID: 1, Data: string(data)}).Error; err != nil {
			return fmt.Errorf("save settings: %w", err)
		}
		if set.Paused && !before.Paused {
			if err := raiseStops(tx); err != nil {
				return err
			}
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventSettings})
	}))
}
