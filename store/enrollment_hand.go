package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// PauseEnrollment rests it until a time or, with nil, until a person resumes it.
func (s *Store) PauseEnrollment(ctx context.Context, id int64, until *time.Time, by string, now time.Time) error {
	return s.withEnrollment(ctx, id, func(tx *gorm.DB, p models.Prospect, e models.Enrollment) error {
		if !e.Live() {
			return alreadyFinished(e)
		}
		return applyEffects(tx, p, models.Effects{
			Pauses: []models.Pause{{EnrollmentID: id, Reason: models.PauseManual, Until: until, By: by}},
		}, by, now)
	})
}

// ResumeEnrollment lifts every pause. Tasks that were to repair it first are
// canceled: a person has decided. What is not repaired asks again.
func (s *Store) ResumeEnrollment(ctx context.Context, id int64, by string, now time.Time) error {
	return s.withEnrollment(ctx, id, func(tx *gorm.DB, p models.Prospect, e models.Enrollment) error {
		if !e.Live() {
			return alreadyFinished(e)
		}
		var effects models.Effects
		repairs := idSet{}
		for _, q := range e.Pauses {
			effects.Lifts = append(effects.Lifts, models.Lift{EnrollmentID: id, Reason: q.Reason})
			repairs.add(q.TaskID)
		}
		if err := applyEffects(tx, p, effects, by, now); err != nil {
			return err
		}
		if len(repairs) == 0 {
			return nil
		}
		return cancelTasks(tx, tx.Where("id IN ?", repairs.list()), by, now)
	})
}

// FinishEnrollment ends it with an outcome that a person gives. Won, lost and
// opted out withdraw the booked calls; ending it twice the same way changes nothing.
func (s *Store) FinishEnrollment(ctx context.Context, id int64, outcome models.EnrollmentOutcome, by string, now time.Time) error {
	return s.withEnrollment(ctx, id, func(tx *gorm.DB, p models.Prospect, e models.Enrollment) error {
		if !e.Live() {
			if e.Outcome == outcome {
				return nil
			}
			return alreadyFinished(e)
		}
		return applyEffects(tx, p, models.Effects{
			Finishes:            []models.FinishOrder{{EnrollmentID: id, Outcome: outcome}},
			WithdrawBookedCalls: outcome == models.FinishWon || outcome == models.FinishLost || outcome == models.FinishOptedOut,
		}, by, now)
	})
}

func alreadyFinished(e models.Enrollment) error {
	return models.Errorf(models.CodeConflict, "enrollment %d has finished already (%s); enroll the prospect again to go on", e.ID, e.Outcome)
}

// withEnrollment locks the prospect, then the enrollment, and runs fn.
func (s *Store) withEnrollment(ctx context.Context, id int64, fn func(*gorm.DB, models.Prospect, models.Enrollment) error) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var of models.Enrollment
		if err := tx.Select("id", "prospect_id").Where("id = ?", id).Take(&of).Error; err != nil {
			return notFound(err, "enrollment", id)
		}
		p, err := lockProspect(tx, of.ProspectID)
		if err != nil {
			return err
		}
		es, err := enrollmentsWhere(tx, "id = ?", id)
		if err != nil || len(es) == 0 {
			return err
		}
		return fn(tx, p, es[0])
	}))
}
