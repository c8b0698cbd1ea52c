package store

import (
	"errors"
	"fmt"

	"gorm.io/gorm"

	"followup/models"
)

// saveRow writes every column of a row that has its id. gorm's own clock
// stays out of it: updated_at is what the caller says.
func saveRow(tx *gorm.DB, row any) error {
	return tx.Session(&gorm.Session{SkipHooks: true}).Model(row).Select("*").Updates(row).Error
}

// notFound names the row that is missing; other errors pass.
func notFound(err error, thing string, id int64) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Errorf(models.CodeNotFound, "there is no %s %d", thing, id)
	}
	return err
}

// shown turns what the state machines and the database refuse into errors
// that may be shown.
func shown(err error) error {
	if err == nil || models.CodeOf(err) != "" {
		return err
	}
	var te *models.TransitionError
	if errors.As(err, &te) {
		return &models.Error{
			Code: models.CodeConflict, Err: err,
			Message: fmt.Sprintf("the %s is %s already; load the page again to see what happened", te.Thing, te.From),
		}
	}
	if isUnique(err) {
		return &models.Error{Code: models.CodeConflict, Err: err, Message: "somebody saved the same at this moment; load the page again"}
	}
	if isForeignKey(err) {
		return &models.Error{Code: models.CodeNotFound, Err: err, Message: "it refers to something that does not exist any more; load the page again"}
	}
	return err
}

// takeProspect reads a prospect whose lock the transaction holds already.
func takeProspect(tx *gorm.DB, id int64) (models.Prospect, error) {
	var p models.Prospect
	err := tx.Where("id = ?", id).Take(&p).Error
	return p, notFound(err, "prospect", id)
}

// maxMerges bounds the walk along merged_into; a longer chain is a loop.
const maxMerges = 16

// survivorOf follows merges to the prospect that took over.
func survivorOf(tx *gorm.DB, id int64) (int64, error) {
	for range maxMerges {
		var p models.Prospect
		if err := tx.Select("id", "merged_into").Where("id = ?", id).Take(&p).Error; err != nil {
			return id, notFound(err, "prospect", id)
		}
		if p.MergedInto == nil || *p.MergedInto == id {
			return id, nil
		}
		id = *p.MergedInto
	}
	return id, fmt.Errorf("prospect %d: merged in a circle", id)
}

// lockSurvivor locks the prospect that an id stands for today. A merge that
// commits while we wait for the lock is followed too.
func lockSurvivor(tx *gorm.DB, id int64) (models.Prospect, error) {
	for range maxMerges {
		p, err := lockProspect(tx, id)
		if err != nil || p.MergedInto == nil {
			return p, err
		}
		id = *p.MergedInto
	}
	return models.Prospect{}, fmt.Errorf("prospect %d: merged in a circle", id)
}
