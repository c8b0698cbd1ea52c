package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// MoveAppointment gives a booked call another minute: the old booked call and
// what was planned around it are withdrawn, the new one is planned and the
// customer is told. Moving to the minute it has already changes nothing, so a
// double click is harmless.
func (s *Store) MoveAppointment(ctx context.Context, id int64, b models.Booking) (models.Appointment, error) {
	var a models.Appointment
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		var err error
		if a, err = lockAppointment(tx, id, b.ProspectID); err != nil {
			return err
		}
		if a.Open() && a.StartsAt.Equal(b.StartsAt) {
			return nil
		}
		if err := refuseStale(a, b); err != nil {
			return err
		}
		return moveIn(tx, &a, b)
	})
	return a, shown(err)
}

func moveIn(tx *gorm.DB, a *models.Appointment, b models.Booking) error {
	if b.StartsAt.IsZero() {
		return models.Invalid("starts_at", "a booked call needs its minute")
	}
	if err := a.MoveTo(b.StartsAt.UTC(), b.Now); err != nil {
		return err
	}
	if err := changeDetails(tx, a, b); err != nil {
		return err
	}
	if err := saveRow(tx, a); err != nil {
		return err
	}
	old, err := bookedCallsOf(tx, a.ID)
	if err != nil {
		return err
	}
	anchored, err := withdrawAround(tx, *a, models.CancelMoved, b.By, b.Now)
	if err != nil {
		return err
	}
	call := bookedCallTouch(*a, stepBookedCall, b.Now)
	if len(old) > 0 {
		call.StepKey, call.EnrollmentID = old[0].StepKey, old[0].EnrollmentID
	}
	touches := []models.Touch{call}
	if b.Confirmation != nil {
		touches = append(touches, noticeTouch(*a, b, stepConfirmation))
	}
	events, err := planTouches(tx, touches, b.By)
	if err != nil {
		return err
	}
	p, err := takeProspect(tx, a.ProspectID)
	if err != nil {
		return err
	}
	task, err := planBookedTask(tx, p, *a, touches[0], b.By, b.Now)
	if err != nil {
		return err
	}
	if err := replanEnrollments(tx, anchored, b.Now); err != nil {
		return err
	}
	return addEvents(tx, append(events, task, models.Event{
		At: b.Now, Actor: b.By, Kind: models.EventMoved, ProspectID: &a.ProspectID, AppointmentID: &a.ID, EnrollmentID: a.EnrollmentID,
	})...)
}

// changeDetails takes over what the move says beside the time. The number is
// looked for again: the old one may have turned out wrong since.
func changeDetails(tx *gorm.DB, a *models.Appointment, b models.Booking) error {
	if b.RepID != 0 {
		a.RepID = b.RepID
	}
	if b.Minutes != 0 {
		a.Minutes = b.Minutes
	}
	if b.Title != "" {
		a.Title = b.Title
	}
	if b.Note != "" {
		a.Note = b.Note
	}
	points, err := contactPointsOf(tx, a.ProspectID)
	if err != nil {
		return err
	}
	if b.ContactPointID == nil && usableIn(points, a.ContactPointID) {
		return nil
	}
	p, err := takeProspect(tx, a.ProspectID)
	if err != nil {
		return err
	}
	phone, err := phoneToCall(tx, p, b.ContactPointID)
	if err != nil {
		return err
	}
	a.ContactPointID = &phone.ID
	return nil
}

func usableIn(points []models.ContactPoint, id *int64) bool {
	for _, cp := range points {
		if id != nil && cp.ID == *id {
			return cp.Usable()
		}
	}
	return false
}

// CancelAppointment withdraws a booked call; notice, where given, tells the
// customer. Canceling twice changes nothing.
func (s *Store) CancelAppointment(ctx context.Context, id int64, notice *models.Booking, by string, now time.Time) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		var of int64
		if notice != nil {
			of = notice.ProspectID
		}
		a, err := lockAppointment(tx, id, of)
		if err != nil {
			return err
		}
		if a.State == models.AppointmentCanceled {
			return nil
		}
		if notice != nil {
			if err := refuseStale(a, *notice); err != nil {
				return err
			}
		}
		if err := cancelIn(tx, &a, by, now); err != nil {
			return err
		}
		if by == models.ActorCustomer {
			if err := canceledByCustomer(tx, a, now); err != nil {
				return err
			}
		}
		if notice == nil || notice.Confirmation == nil {
			return nil
		}
		events, err := planTouches(tx, []models.Touch{noticeTouch(a, *notice, stepCancellation)}, by)
		if err != nil {
			return err
		}
		return addEvents(tx, events...)
	}))
}

// cancelIn ends a booked call that will not take place and what hangs on it.
func cancelIn(tx *gorm.DB, a *models.Appointment, by string, now time.Time) error {
	if err := a.End(models.AppointmentCanceled, now); err != nil {
		return err
	}
	if err := saveRow(tx, a); err != nil {
		return err
	}
	anchored, err := withdrawAround(tx, *a, models.CancelAppointment, by, now)
	if err != nil {
		return err
	}
	if err := replanEnrollments(tx, anchored, now); err != nil {
		return err
	}
	return addEvents(tx, appointmentEnded(*a, by, now))
}

// withdrawCalls cancels every booked call of the prospect: only an opt-out,
// won or lost does that.
func withdrawCalls(tx *gorm.DB, prospectID int64, by string, now time.Time) error {
	var booked []models.Appointment
	err := forUpdate(tx).Where("prospect_id = ? AND state = 'booked'", prospectID).Order("id").Find(&booked).Error
	if err != nil {
		return err
	}
	for i := range booked {
		if err := cancelIn(tx, &booked[i], by, now); err != nil {
			return err
		}
	}
	return nil
}

func appointmentEnded(a models.Appointment, by string, now time.Time) models.Event {
	return models.Event{
		At: now, Actor: by, Kind: models.EventAppointmentEnded, Code: string(a.State),
		ProspectID: &a.ProspectID, AppointmentID: &a.ID, EnrollmentID: a.EnrollmentID,
	}
}

// lockAppointment locks the prospect first, then reads the appointment. A
// page names the prospect it was opened for; another's appointment is not found.
func lockAppointment(tx *gorm.DB, id, prospectID int64) (models.Appointment, error) {
	var a models.Appointment
	if err := tx.Where("id = ?", id).Take(&a).Error; err != nil {
		return a, notFound(err, "appointment", id)
	}
	if prospectID != 0 && prospectID != a.ProspectID {
		return a, models.Errorf(models.CodeNotFound, "there is no appointment %d of prospect %d", id, prospectID)
	}
	if _, err := lockProspect(tx, a.ProspectID); err != nil {
		return a, err
	}
	return a, forUpdate(tx).Where("id = ?", id).Take(&a).Error
}

func bookedCallsOf(tx *gorm.DB, appointmentID int64) ([]models.Touch, error) {
	var ts []models.Touch
	err := tx.Where("appointment_id = ? AND kind = ?", appointmentID, models.TouchBookedCall).Order("id DESC").Find(&ts).Error
	return ts, err
}

// withdrawAround cancels the live booked call, the notices not yet sent and
// the steps planned around the appointment, and names the enrollments that
// hang on it. What is being sent stays: a correction follows it.
func withdrawAround(tx *gorm.DB, a models.Appointment, reason models.Reason, by string, now time.Time) ([]int64, error) {
	var anchored []int64
	err := tx.Model(&models.Enrollment{}).Where("appointment_id = ? AND state <> 'finished'", a.ID).Order("id").Pluck("id", &anchored).Error
	if err != nil {
		return nil, err
	}
	var ts []models.Touch
	q := tx.Where("appointment_id = ? AND state IN ('planned', 'open')", a.ID)
	if len(anchored) > 0 {
		q = q.Or("enrollment_id IN ? AND state = 'planned' AND state <> 'canceled'", anchored)
	}
	if err := q.Find(&ts).Error; err != nil {
		return nil, err
	}
	return anchored, withdrawTouches(tx, ts, reason, by, now)
}
