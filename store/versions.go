package store

import (
	"sync"

	"gorm.io/gorm"

	"followup/models"
)

// versionCache keeps what can never change: published versions.
type versionCache struct{ byID sync.Map }

// loadVersions finds versions by id, from memory where they were read before.
// The result is shared: nobody may write to a version.
func (s *Store) loadVersions(tx *gorm.DB, ids []int64) (map[int64]*models.SequenceVersion, error) {
	found := make(map[int64]*models.SequenceVersion, len(ids))
	var missing []int64
	for _, id := range ids {
		if v, ok := s.versions.byID.Load(id); ok {
			found[id] = v.(*models.SequenceVersion)
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return found, nil
	}
	var rows []models.SequenceVersion
	if err := tx.Where(anyOf(tx, "id", missing)).Find(&rows).Error; err != nil {
		return nil, err
	}
	for i := range rows {
		found[rows[i].ID] = &rows[i]
		s.versions.byID.Store(rows[i].ID, &rows[i])
	}
	return found, nil
}
