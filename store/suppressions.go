package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Suppress orders that somebody is not contacted, and ends what the order
// covers before it commits: enrollments of a suppressed person or company
// finish opted_out and their booked calls are withdrawn. An equal standing
// order is given back as it is.
func (s *Store) Suppress(ctx context.Context, sup models.Suppression) (models.Suppression, error) {
	var saved models.Suppression
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		people, err := lockCovered(tx, sup)
		if err != nil {
			return err
		}
		var fresh bool
		if saved, fresh, err = addSuppression(tx, sup, sup.ProspectID); err != nil || !fresh {
			return err
		}
		for _, p := range people {
			if err := endCovered(tx, p, saved); err != nil {
				return err
			}
		}
		return nil
	})
	return saved, shown(err)
}

// lockCovered locks the people an order is about. Orders for a domain or the
// workspace reach them through the epoch and the gate instead.
func lockCovered(tx *gorm.DB, sup models.Suppression) ([]models.Prospect, error) {
	q := tx.Model(&models.Prospect{})
	switch sup.Scope {
	case models.SuppressPerson:
		if sup.ProspectID == nil {
			return nil, models.Invalid("prospect", "an order not to contact a person names the person")
		}
		p, err := lockProspect(tx, *sup.ProspectID)
		return []models.Prospect{p}, err
	case models.SuppressCompany:
		if sup.CompanyID == nil {
			return nil, models.Invalid("company", "an order not to contact a company names the company")
		}
		q = q.Where("company_id = ?", *sup.CompanyID)
	case models.SuppressAddress:
		q = q.Where("id IN (SELECT prospect_id FROM contact_points WHERE value = ?)", sup.Value)
	default:
		return nil, nil
	}
	var ids []int64
	if err := q.Order("id").Pluck("id", &ids).Error; err != nil {
		return nil, err
	}
	var people []models.Prospect
	for part := range slices.Chunk(ids, valuesPerStatement) {
		locked, err := lockProspects(tx, part)
		if err != nil {
			return nil, err
		}
		people = append(people, locked...)
	}
	return people, nil
}

// endCovered ends a person's enrollments where nothing is left that could
// reach them; where only a channel or an address fell away, they are planned
// anew without it.
func endCovered(tx *gorm.DB, p models.Prospect, sup models.Suppression) error {
	person, err := loadPerson(tx, p, true)
	if err != nil {
		return err
	}
	silent := sup.Channel == "" && !slices.ContainsFunc(person.ContactPoints, func(cp models.ContactPoint) bool {
		return cp.Usable() && !sup.Forbids(p, cp, "")
	})
	var e models.Effects
	for _, le := range person.Enrollments {
		if silent {
			e.Finishes = append(e.Finishes, models.FinishOrder{EnrollmentID: le.Enrollment.ID, Outcome: models.FinishOptedOut, Reason: sup.Reason})
		} else {
			e.Replan = append(e.Replan, le.Enrollment.ID)
		}
	}
	e.WithdrawBookedCalls = silent
	return applyEffects(tx, p, e, sup.By, sup.CreatedAt)
}

// LiftSuppression takes an order back. Lifting twice changes nothing.
func (s *Store) LiftSuppression(ctx context.Context, id int64, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var sup models.Suppression
		if err := tx.Where("id = ?", id).Take(&sup).Error; err != nil {
			return notFound(err, "suppression", id)
		}
		people, err := lockCovered(tx, sup)
		if err != nil {
			return err
		}
		if err := forUpdate(tx).Where("id = ?", id).Take(&sup).Error; err != nil {
			return err
		}
		if sup.LiftedAt != nil {
			return nil
		}
		if err := liftSuppression(tx, &sup, sup.ProspectID, by, now); err != nil {
			return err
		}
		for _, p := range people {
			if err := replanProspect(tx, p.ID, now); err != nil {
				return err
			}
		}
		return nil
	}))
}

func liftSuppression(tx *gorm.DB, sup *models.Suppression, prospectID *int64, by string, now time.Time) error {
	sup.LiftedAt, sup.LiftedBy = &now, by
	if err := saveRow(tx, sup); err != nil {
		return err
	}
	return addEvents(tx, models.Event{
		At: now, Actor: by, Kind: models.EventSuppressionLifted, Code: string(sup.Reason), Channel: sup.Channel,
		ProspectID: prospectID, CompanyID: sup.CompanyID,
		Data: map[string]string{"suppression": strconv.FormatInt(sup.ID, 10), "scope": string(sup.Scope)},
	})
}
