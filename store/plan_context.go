package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// PlanContext loads what previewing a sequence for a prospect needs. The
// enrollment in it is not saved; an ID in it is that of one which runs in the
// same sequence already. The prospect's next booked call or open
// commitment stands in it where the sequence hangs on one.
func (s *Store) PlanContext(ctx context.Context, prospectID, sequenceID, repID int64) (models.PlanInput, error) {
	tx := s.read.WithContext(ctx)
	p, err := takeProspect(tx, prospectID)
	if err != nil {
		return models.PlanInput{}, err
	}
	seq, err := sequenceToEnter(tx, sequenceID)
	if err != nil {
		return models.PlanInput{}, err
	}
	if repID == 0 {
		repID = p.OwnerID
	}
	now := s.clock().UTC()
	e := models.Enrollment{ProspectID: p.ID, SequenceID: seq.ID, VersionID: *seq.CurrentVersionID, RepID: repID,
		State: models.EnrollmentActive, StartedAt: now, ReplanAt: &now, UpdatedAt: now}
	if err := anchorPreview(tx, s, &e); err != nil {
		return models.PlanInput{}, err
	}
	inputs, err := s.planInputs(tx, []models.Enrollment{e}, now)
	if err != nil {
		return models.PlanInput{}, fmt.Errorf("plan context: %w", err)
	}
	if inputs[0].Rep.ID == 0 {
		return models.PlanInput{}, models.Errorf(models.CodeNotFound, "there is no user %d", repID)
	}
	err = tx.Model(&models.Enrollment{}).Select("id").
		Where("prospect_id = ? AND sequence_id = ? AND state <> 'finished'", p.ID, seq.ID).
		Limit(1).Scan(&inputs[0].Enrollment.ID).Error
	if err != nil {
		return inputs[0], err
	}
	return inputs[0], forPreview(tx, &inputs[0], s.clock().UTC())
}

// forPreview adds what only a preview looks at, for the gate loads its own.
func forPreview(tx *gorm.DB, in *models.PlanInput, now time.Time) error {
	if err := withReached(tx, in); err != nil {
		return err
	}
	id := in.Prospect.ID
	recent, err := recentOf(tx, []int64{id}, []int64{id}, now)
	in.Recent = recent[id]
	return err
}

// PlanOf loads what a running enrollment is planned by, for previews of what
// is still to come.
func (s *Store) PlanOf(ctx context.Context, enrollmentID int64) (models.PlanInput, error) {
	tx := s.read.WithContext(ctx)
	es, err := enrollmentsByID(tx, []int64{enrollmentID})
	if err != nil {
		return models.PlanInput{}, fmt.Errorf("plan of enrollment %d: %w", enrollmentID, err)
	}
	if len(es) == 0 {
		return models.PlanInput{}, models.Errorf(models.CodeNotFound, "there is no enrollment %d", enrollmentID)
	}
	inputs, err := s.planInputs(tx, es, s.clock().UTC())
	if err != nil {
		return models.PlanInput{}, fmt.Errorf("plan of enrollment %d: %w", enrollmentID, err)
	}
	return inputs[0], forPreview(tx, &inputs[0], s.clock().UTC())
}

func anchorPreview(tx *gorm.DB, s *Store, e *models.Enrollment) error {
	versions, err := versionsByID(tx, []int64{e.VersionID})
	if err != nil {
		return err
	}
	v := versions[e.VersionID]
	if v == nil {
		return models.Errorf(models.CodeNotFound, "there is no sequence version %d", e.VersionID)
	}
	return hangPreview(tx, v.Definition.Anchor, e)
}

// hangPreview hangs a preview on the prospect's next booked call or open promise.
func hangPreview(tx *gorm.DB, anchor models.Anchor, e *models.Enrollment) (err error) {
	var id int64
	switch anchor {
	case models.AnchorAppointment:
		err = tx.Model(&models.Appointment{}).Select("id").Where("prospect_id = ? AND state = 'booked'", e.ProspectID).
			Order("starts_at").Limit(1).Scan(&id).Error
		if id != 0 {
			e.AppointmentID = &id
		}
	case models.AnchorCommitment:
		err = tx.Model(&models.Commitment{}).Select("id").Where("prospect_id = ? AND state = 'open'", e.ProspectID).
			Order("due_on").Limit(1).Scan(&id).Error
		if id != 0 {
			e.CommitmentID = &id
		}
	}
	return err
}
