package store

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// EntryDraft is what a user is writing over a published entry; nil: nothing.
func (s *Store) EntryDraft(ctx context.Context, userID int64, shelf string, entryID int64) (*models.EntryDraft, error) {
	return first[models.EntryDraft](entryDraft(s.reader(ctx), userID, shelf, entryID))
}

// KeepEntryDraft keeps what was typed last.
func (s *Store) KeepEntryDraft(ctx context.Context, d models.EntryDraft, now time.Time) error {
	d.ID, d.UpdatedAt = 0, now
	return s.write.WithContext(ctx).Clauses(clause.OnConflict{
		Columns:   []clause.Column{{Name: "user_id"}, {Name: "shelf"}, {Name: "entry_id"}},
		DoUpdates: clause.AssignmentColumns([]string{"revision", "fields", "updated_at"}),
	}).Create(&d).Error
}

// DropEntryDraft forgets it: it was saved, or is not wanted.
func (s *Store) DropEntryDraft(ctx context.Context, userID int64, shelf string, entryID int64) error {
	return entryDraft(s.write.WithContext(ctx), userID, shelf, entryID).Delete(&models.EntryDraft{}).Error
}

func entryDraft(q *gorm.DB, userID int64, shelf string, entryID int64) *gorm.DB {
	return q.Where("user_id = ? AND shelf = ? AND entry_id = ?", userID, shelf, entryID)
}
