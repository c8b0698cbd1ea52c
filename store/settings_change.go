package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// ChangeSettings changes a section of the settings as they are at that
// moment: two people who save two sections take nothing back of each other's.
// The event names the fields that changed, with their values where they are
// numbers, switches or codes.
func (s *Store) ChangeSettings(ctx context.Context, section, by string, now time.Time, change func(*models.Settings) error) (models.Settings, error) {
	var set models.Settings
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var row settingsRow
		if err := forUpdate(tx).Where("id = 1").Limit(1).Find(&row).Error; err != nil {
			return err
		}
		before, err := settingsIn(tx)
		if err != nil {
			return err
		}
		if set, err = settingsIn(tx); err != nil { // of its own: no slice is shared with before
			return err
		}
		if err := change(&set); err != nil {
			return err
		}
		differs, err := settingsDiffer(before, set)
		if err != nil || len(differs) == 0 {
			return err
		}
		if set.Changed == nil {
			set.Changed = map[string]models.SettingsChange{}
		}
		set.Changed[section] = models.SettingsChange{By: by, At: now}
		if err := writeSettings(tx, before, set); err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: settingsEvent(before, set), Code: section, Data: differs})
	})
	return set, shown(err)
}

func writeSettings(tx *gorm.DB, before, set models.Settings) error {
	data, err := json.Marshal(set)
	if err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	if err := tx.Save(&settingsRow{ID: 1, Data: string(data)}).Error; err != nil {
		return fmt.Errorf("save settings: %w", err)
	}
	if set.Paused && !before.Paused {
		return raiseStops(tx)
	}
	return nil
}

func settingsEvent(before, set models.Settings) models.EventKind {
	switch {
	case set.Paused && !before.Paused:
		return models.EventWorkspacePaused
	case before.Paused && !set.Paused:
		return models.EventWorkspaceResumed
	}
	return models.EventSettings
}

// freeText are fields whose words stay out of the audit trail: what is in it
// can never be erased.
var freeText = map[string]bool{"PostalAddress": true, "PausedWhy": true, "Pauses": true, "Workspace": true}

// settingsDiffer names what differs: "FollowUpLimit": "7 → 5".
func settingsDiffer(before, after models.Settings) (map[string]string, error) {
	a, err := fieldsOf(before)
	if err != nil {
		return nil, err
	}
	b, err := fieldsOf(after)
	if err != nil {
		return nil, err
	}
	differs := map[string]string{}
	for _, fields := range []map[string]any{a, b} {
		for name := range fields {
			if name == "Changed" || reflect.DeepEqual(a[name], b[name]) {
				continue
			}
			differs[name] = "changed"
			if short(a[name]) && short(b[name]) && !freeText[name] {
				differs[name] = fmt.Sprintf("%s → %s", valueText(a[name]), valueText(b[name]))
			}
		}
	}
	return differs, nil
}

func fieldsOf(set models.Settings) (map[string]any, error) {
	data, err := json.Marshal(set)
	if err != nil {
		return nil, fmt.Errorf("compare settings: %w", err)
	}
	fields := map[string]any{}
	return fields, json.Unmarshal(data, &fields)
}

func short(v any) bool {
	switch v := v.(type) {
	case nil, bool, float64:
		return true
	case string:
		return len(v) <= 40
	}
	return false
}

func valueText(v any) string {
	if v == nil || v == "" {
		return "none"
	}
	return fmt.Sprint(v)
}
