package store

import (
	"errors"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// lockProspect takes the one lock of the engine: the prospect's row. Whoever
// records an inbound, suppresses, enrolls, books or closes a call takes it
// before touching anything of the person. On SQLite the immediate transaction
// is the lock.
func lockProspect(tx *gorm.DB, id int64) (models.Prospect, error) {
	var p models.Prospect
	err := forUpdate(tx).Where("id = ?", id).Take(&p).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return p, models.Errorf(models.CodeNotFound, "there is no prospect %d", id)
	}
	return p, err
}

// lockProspects locks several, in id order so that two lockers cannot wait
// for each other. Ids that do not exist are left out.
func lockProspects(tx *gorm.DB, ids []int64) ([]models.Prospect, error) {
	ids = slices.Clone(ids)
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return nil, nil
	}
	return load[models.Prospect](forUpdate(tx).Where(anyOf(tx, "id", ids)).Order("id"))
}

// forUpdate adds FOR UPDATE where the dialect knows it.
func forUpdate(tx *gorm.DB) *gorm.DB {
	if !isPostgres(tx) {
		return tx
	}
	return tx.Clauses(clause.Locking{Strength: "UPDATE"})
}
