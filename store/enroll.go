package store

import (
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// sequenceToEnter refuses what nobody can be enrolled in.
func sequenceToEnter(tx *gorm.DB, id int64) (models.Sequence, error) {
	var seq models.Sequence
	if err := tx.Where("id = ?", id).Take(&seq).Error; err != nil {
		return seq, notFound(err, "sequence", id)
	}
	switch {
	case seq.State == models.SequenceArchived:
		return seq, models.Errorf(models.CodeRefused, "the sequence %q is archived; nobody can be enrolled in it any more", seq.Name)
	case seq.State != models.SequenceActive || seq.CurrentVersionID == nil:
		return seq, models.Errorf(models.CodeRefused, "the sequence %q has not been published yet; publish it first", seq.Name)
	}
	return seq, nil
}

// Enroll locks the prospect and either refuses or records the enrollment with
// all that hangs on it; the next Tick plans its first step.
func (s *Store) Enroll(ctx context.Context, n models.NewEnrollment) (models.Enrollment, error) {
	var e models.Enrollment
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockProspect(tx, n.ProspectID)
		if err != nil {
			return err
		}
		seq, err := s.mayEnroll(tx, p, &n)
		if err != nil {
			return err
		}
		e = models.Enrollment{
			ProspectID: p.ID, SequenceID: seq.ID, VersionID: n.VersionID, RepID: n.RepID, State: models.EnrollmentActive,
			AppointmentID: n.AppointmentID, CommitmentID: n.CommitmentID, TalkingPointID: n.TalkingPointID, Variables: n.Variables,
			ReplanAt: &n.Now, EnrolledBy: n.By, StartedAt: n.Now, UpdatedAt: n.Now,
		}
		if err := tx.Create(&e).Error; err != nil {
			return err
		}
		if err := openPursuits(tx, []int64{p.ID}, n.Now); err != nil {
			return err
		}
		if err := s.anchorEnrollment(tx, &e, n); err != nil {
			return err
		}
		return addEvents(tx, enrollmentEvent(models.EventEnrolled, e, seq.Key, n.By, n.Now))
	})
	if isUnique(err) {
		err = alreadyLive(err)
	}
	if err != nil {
		return models.Enrollment{}, shown(err)
	}
	return e, nil
}

// mayEnroll is every reason not to. It fills in the version and the rep where
// the request leaves them open.
func (s *Store) mayEnroll(tx *gorm.DB, p models.Prospect, n *models.NewEnrollment) (models.Sequence, error) {
	seq, err := sequenceToEnter(tx, n.SequenceID)
	if err != nil {
		return seq, err
	}
	if n.VersionID == 0 {
		n.VersionID = *seq.CurrentVersionID
	}
	if n.RepID == 0 {
		n.RepID = p.OwnerID
	}
	versions, err := versionsByID(tx, []int64{n.VersionID})
	if err != nil {
		return seq, err
	}
	if v := versions[n.VersionID]; v == nil || v.SequenceID != seq.ID {
		return seq, models.Errorf(models.CodeNotFound, "the sequence %q has no version %d", seq.Name, n.VersionID)
	}
	if err := mayBeContacted(tx, p, n.Now); err != nil {
		return seq, err
	}
	if err := mayWork(tx, n.RepID); err != nil {
		return seq, err
	}
	var live int64
	err = tx.Model(&models.Enrollment{}).Where("prospect_id = ? AND sequence_id = ? AND state <> 'finished'", p.ID, seq.ID).Count(&live).Error
	if err != nil {
		return seq, err
	}
	if live > 0 {
		return seq, alreadyLive(nil)
	}
	return seq, roomForMore(tx, p.ID, n.RepID)
}

// roomForMore: a rep has no more people in sequences than they can call. Who
// is in one already may enter another.
func roomForMore(tx *gorm.DB, prospectID, repID int64) error {
	set, err := settingsIn(tx)
	if err != nil || set.Caps.ActivePerRep <= 0 {
		return err
	}
	var people []int64
	err = tx.Model(&models.Enrollment{}).Where("rep_id = ? AND state <> 'finished'", repID).Distinct().Pluck("prospect_id", &people).Error
	if err != nil || len(people) < set.Caps.ActivePerRep || slices.Contains(people, prospectID) {
		return err
	}
	return models.Errorf(models.CodeRefused, "this rep has %d people in sequences, and the limit is %d; let some finish, choose another rep, or ask a manager to raise the limit", len(people), set.Caps.ActivePerRep)
}

func alreadyLive(cause error) error {
	return &models.Error{Code: models.CodeConflict, Err: cause,
		Message: "this prospect is in this sequence already; end that enrollment first, or let it go on"}
}

func mayBeContacted(tx *gorm.DB, p models.Prospect, now time.Time) error {
	switch {
	case p.MergedInto != nil:
		return models.Errorf(models.CodeRefused, "prospect %d was merged into %d; enroll that one", p.ID, *p.MergedInto)
	case p.ErasedAt != nil:
		return models.Errorf(models.CodeRefused, "the data of prospect %d was erased; nobody can be enrolled", p.ID)
	}
	c, err := loadCrowd(tx, []int64{p.ID}, now)
	if err != nil {
		return err
	}
	for _, s := range c.suppressionsOf(p) {
		if s.Channel == "" && (s.Scope == models.SuppressPerson || s.Scope == models.SuppressCompany || s.Scope == models.SuppressWorkspace) {
			return models.Errorf(models.CodeRefused, "prospect %d must not be contacted (%s, since %s); a new consent or START reopens it",
				p.ID, s.Reason, s.CreatedAt.Format(time.DateOnly))
		}
	}
	if h := c.holdOn(p); h != nil {
		return models.Errorf(models.CodeRefused, "everyone at this company is on hold (%s); lift the hold first", h.Reason)
	}
	return nil
}

func mayWork(tx *gorm.DB, userID int64) error {
	var u models.User
	err := tx.Where("id = ?", userID).Take(&u).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Errorf(models.CodeNotFound, "there is no user %d", userID)
	}
	if err != nil {
		return err
	}
	if u.DisabledAt != nil {
		return models.Errorf(models.CodeRefused, "%s does not work here any more; choose another rep", u.Name)
	}
	return nil
}

// anchorEnrollment books the call that the sequence hangs on, or hangs it on
// one that was booked before.
func (s *Store) anchorEnrollment(tx *gorm.DB, e *models.Enrollment, n models.NewEnrollment) error {
	if n.Booking != nil {
		b := *n.Booking
		b.ProspectID, b.EnrollmentID = e.ProspectID, &e.ID
		if b.RepID == 0 {
			b.RepID = e.RepID
		}
		if b.By == "" {
			b.By = n.By
		}
		if b.Now.IsZero() {
			b.Now = n.Now
		}
		a, err := bookIn(tx, b)
		if err != nil {
			return err
		}
		e.AppointmentID = &a.ID
		return tx.Model(&models.Enrollment{}).Where("id = ?", e.ID).UpdateColumn("appointment_id", a.ID).Error
	}
	if n.CommitmentID != nil {
		if err := ownCommitment(tx, e.ProspectID, *n.CommitmentID); err != nil {
			return err
		}
		err := tx.Model(&models.Commitment{}).Where("id = ?", *n.CommitmentID).UpdateColumns(map[string]any{"enrollment_id": e.ID, "updated_at": n.Now}).Error
		if err != nil {
			return err
		}
	}
	if n.AppointmentID == nil {
		return nil
	}
	return s.hangOn(tx, e, *n.AppointmentID, n.Now)
}

func ownCommitment(tx *gorm.DB, prospectID, id int64) error {
	var c models.Commitment
	if err := tx.Where("id = ?", id).Take(&c).Error; err != nil {
		return notFound(err, "commitment", id)
	}
	if c.ProspectID != prospectID {
		return models.Errorf(models.CodeNotFound, "prospect %d has no commitment %d", prospectID, id)
	}
	return nil
}

// hangOn gives the booked call of an earlier booking to the enrollment: it is
// the sequence's own call step from now on.
func (s *Store) hangOn(tx *gorm.DB, e *models.Enrollment, appointmentID int64, now time.Time) error {
	var a models.Appointment
	if err := tx.Where("id = ?", appointmentID).Take(&a).Error; err != nil {
		return notFound(err, "appointment", appointmentID)
	}
	if a.ProspectID != e.ProspectID {
		return models.Errorf(models.CodeNotFound, "prospect %d has no appointment %d", e.ProspectID, appointmentID)
	}
	if !a.Open() {
		return models.Errorf(models.CodeConflict, "appointment %d is %s; book another call", a.ID, a.State)
	}
	versions, err := versionsByID(tx, []int64{e.VersionID})
	if err != nil {
		return err
	}
	if a.EnrollmentID == nil {
		err := tx.Model(&models.Appointment{}).Where("id = ?", a.ID).UpdateColumns(map[string]any{"enrollment_id": e.ID, "updated_at": now}).Error
		if err != nil {
			return err
		}
	}
	err = tx.Model(&models.Task{}).Where("appointment_id = ? AND kind = ? AND enrollment_id IS NULL AND state IN ('upcoming', 'open')", a.ID, models.TaskCall).
		UpdateColumns(map[string]any{"enrollment_id": e.ID, "updated_at": now}).Error
	if err != nil {
		return err
	}
	return tx.Model(&models.Touch{}).
		Where("appointment_id = ? AND kind = 'booked_call' AND enrollment_id IS NULL AND state IN ('planned', 'open')", a.ID).
		UpdateColumns(map[string]any{"enrollment_id": e.ID, "step_key": callStepKey(versions[e.VersionID].Definition), "updated_at": now}).Error
}
