package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// SavedFilters are the lists that a user keeps, by name.
func (s *Store) SavedFilters(ctx context.Context, userID int64) ([]models.SavedFilter, error) {
	var all []models.SavedFilter
	err := s.reader(ctx).Where("user_id = ?", userID).Order("name, id").Limit(100).Find(&all).Error
	return all, err
}

// SaveFilter keeps a list under a name; one of that name is replaced.
func (s *Store) SaveFilter(ctx context.Context, f models.SavedFilter, now time.Time) (models.SavedFilter, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		old, err := first[models.SavedFilter](forUpdate(tx).Where("user_id = ? AND name = ?", f.UserID, f.Name))
		if err != nil {
			return err
		}
		f.UpdatedAt = now
		if old == nil {
			f.ID, f.CreatedAt = 0, now
			return tx.Create(&f).Error
		}
		f.ID, f.CreatedAt = old.ID, old.CreatedAt
		return saveRow(tx, &f)
	})
	return f, shown(err)
}

// DropFilter forgets one of a user's lists.
func (s *Store) DropFilter(ctx context.Context, id, userID int64) error {
	return s.write.WithContext(ctx).Where("id = ? AND user_id = ?", id, userID).Delete(&models.SavedFilter{}).Error
}

// SequenceNames are the sequences, by name, with nothing but their names.
func (s *Store) SequenceNames(ctx context.Context) ([]models.Sequence, error) {
	var all []models.Sequence
	err := s.reader(ctx).Select("id", "name").Order("name, id").Limit(500).Find(&all).Error
	return all, err
}
