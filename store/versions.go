package store

import (
	"context"
	"sync"

	"gorm.io/gorm"

	"followup/models"
)

// versionCache keeps what can never change: published versions.
type versionCache struct{ byID sync.Map }

// storeKey is under which a transaction knows its Store.
type storeKey struct{}

// knowing gives a context by which what runs in it finds the Store, with the
// versions that it read before and its key.
func (s *Store) knowing(ctx context.Context) context.Context {
	return context.WithValue(ctx, storeKey{}, s)
}

// storeOf is the Store whose transaction it is; nil for a query by itself.
func storeOf(tx *gorm.DB) *Store {
	s, _ := tx.Statement.Context.Value(storeKey{}).(*Store)
	return s
}

// versionsByID finds versions, from memory where they were read before. The
// result is shared: nobody may write to a version.
func versionsByID(tx *gorm.DB, ids []int64) (map[int64]*models.SequenceVersion, error) {
	known := &versionCache{}
	if s := storeOf(tx); s != nil {
		known = &s.versions
	}
	found := make(map[int64]*models.SequenceVersion, len(ids))
	var missing []int64
	for _, id := range ids {
		if v, ok := known.byID.Load(id); ok {
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
		known.byID.Store(rows[i].ID, &rows[i])
	}
	return found, nil
}

func versionOf(tx *gorm.DB, id int64) (models.SequenceVersion, error) {
	found, err := versionsByID(tx, []int64{id})
	if err != nil {
		return models.SequenceVersion{}, err
	}
	v, ok := found[id]
	if !ok {
		return models.SequenceVersion{}, notFound(gorm.ErrRecordNotFound, "sequence version", id)
	}
	return *v, nil
}
