package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// claimMediaFor is how long whoever has taken a picture or a recording may
// need to fetch it; one whose process died is taken again after that.
const claimMediaFor = 5 * time.Minute

// awaitMedia notes what of a message lies at its provider and is to be fetched.
func awaitMedia(tx *gorm.DB, m models.Message, now time.Time) error {
	var due []models.KeptMedia
	for i, media := range m.Media {
		if media.URL != "" && media.Part == 0 && media.File == 0 {
			due = append(due, models.KeptMedia{MessageID: m.ID, Place: i, NextAt: &now, CreatedAt: now})
		}
	}
	if len(due) == 0 {
		return nil
	}
	return tx.Create(&due).Error
}

// ClaimMedia takes what is to be fetched now, for this process alone.
func (s *Store) ClaimMedia(ctx context.Context, now time.Time, limit int) ([]models.MediaDue, error) {
	var rows []models.KeptMedia
	if err := s.write.WithContext(ctx).Omit("content").Where("next_at <= ?", now).Order("next_at, id").Limit(limit).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("media to fetch: %w", err)
	}
	var due []models.MediaDue
	for _, row := range rows {
		res := s.write.WithContext(ctx).Model(&models.KeptMedia{}).Where("id = ? AND next_at = ?", row.ID, row.NextAt).
			UpdateColumns(map[string]any{"next_at": now.Add(claimMediaFor), "attempts": gorm.Expr("attempts + 1")})
		if res.Error != nil {
			return due, fmt.Errorf("media to fetch: %w", res.Error)
		}
		if res.RowsAffected == 0 {
			continue // another replica has it
		}
		row.Attempts++
		m, sender, err := s.MessageWithSender(ctx, row.MessageID)
		if err != nil {
			return due, err
		}
		if sender == nil || row.Place >= len(m.Media) { // nothing to fetch it by, or its message was blanked
			if err := s.MediaFailed(ctx, row.ID, "the account that it came to is not known any more", nil); err != nil {
				return due, err
			}
			continue
		}
		due = append(due, models.MediaDue{KeptMedia: row, Media: m.Media[row.Place], Sender: *sender})
	}
	return due, nil
}

// KeepMedia keeps what was fetched; what is large lies in a file.
func (s *Store) KeepMedia(ctx context.Context, id int64, kind string, body []byte, now time.Time) error {
	name := ""
	if s.files.kept() && len(body) >= LargeInbound {
		var err error
		if name, err = s.files.put(body); err != nil {
			return fmt.Errorf("keep media as a file: %w", err)
		}
		body = nil
	}
	err := s.write.WithContext(ctx).Model(&models.KeptMedia{}).Where("id = ? AND fetched_at IS NULL", id).UpdateColumns(map[string]any{
		"type": kind, "content": body, "content_file": name, "error": "", "next_at": nil, "fetched_at": now,
	}).Error
	if err != nil {
		return fmt.Errorf("keep media: %w", err)
	}
	return nil
}

// MediaFailed notes why it could not be fetched; next nil gives it up.
func (s *Store) MediaFailed(ctx context.Context, id int64, cause string, next *time.Time) error {
	err := s.write.WithContext(ctx).Model(&models.KeptMedia{}).Where("id = ?", id).UpdateColumns(map[string]any{"error": cause, "next_at": next}).Error
	if err != nil {
		return fmt.Errorf("media that could not be fetched: %w", err)
	}
	return nil
}

// KeptMedia gives a message's picture or recording where it is here; nil: not yet.
func (s *Store) KeptMedia(ctx context.Context, messageID int64, place int) (*models.KeptMedia, error) {
	kept, err := first[models.KeptMedia](s.reader(ctx).Where("message_id = ? AND place = ? AND fetched_at IS NOT NULL", messageID, place))
	if err != nil || kept == nil || kept.ContentFile == "" {
		return kept, err
	}
	kept.Content, err = s.files.get(kept.ContentFile)
	return kept, err
}
