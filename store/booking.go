package store

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// Step keys of touches that no step writes.
const (
	stepBookedCall   = "call"
	stepConfirmation = "confirmation"
	stepCancellation = "cancellation"
)

// Book records an appointment with its booked-call touch and its confirmation,
// and does to the person's sequences what each says of a meeting.
func (s *Store) Book(ctx context.Context, b models.Booking) (models.Appointment, error) {
	var a models.Appointment
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockProspect(tx, b.ProspectID)
		if err != nil {
			return err
		}
		if first, err := sameBooking(tx, b); err != nil || first != nil {
			if first != nil {
				a = *first
			}
			return err
		}
		if err := refuseTwice(tx, p, b); err != nil {
			return err
		}
		a, err = bookByHand(tx, p, b, "")
		return err
	})
	return a, shown(err)
}

// refuseTwice: a form sent twice must not ring and write to them twice.
func refuseTwice(tx *gorm.DB, p models.Prospect, b models.Booking) error {
	var open []models.Appointment
	if err := tx.Where("prospect_id = ? AND state = 'booked'", p.ID).Find(&open).Error; err != nil {
		return err
	}
	for _, a := range open {
		if a.StartsAt.Equal(b.StartsAt) {
			return models.Errorf(models.CodeConflict, "a call with %s is booked for this minute already; move or cancel that one instead", p.Name())
		}
	}
	return nil
}

// bookIn books within a transaction that holds the prospect's lock. An
// enrollment whose sequence hangs on an appointment is anchored on this one;
// where it hung on an earlier one that has ended, the revision goes on from
// there, so that its steps come round again as a new occurrence.
func bookIn(tx *gorm.DB, b models.Booking) (models.Appointment, error) {
	p, err := takeProspect(tx, b.ProspectID)
	if err != nil {
		return models.Appointment{}, err
	}
	if b.StartsAt.IsZero() {
		return models.Appointment{}, models.Invalid("starts_at", "a booked call needs its minute")
	}
	phone, err := phoneToCall(tx, p, b.ContactPointID)
	if err != nil {
		return models.Appointment{}, err
	}
	a := models.Appointment{
		ProspectID: p.ID, RepID: b.RepID, EnrollmentID: b.EnrollmentID, ContactPointID: &phone.ID,
		StartsAt: b.StartsAt.UTC(), Minutes: b.Minutes, Zone: p.Zone, Revision: 1, State: models.AppointmentBooked,
		Title: b.Title, Note: b.Note, BookedBy: b.By, FormToken: b.FormToken, CreatedAt: b.Now, UpdatedAt: b.Now,
	}
	if a.RepID == 0 {
		a.RepID = p.OwnerID
	}
	anchored, stepKey, err := anchorOf(tx, b.EnrollmentID)
	if err != nil {
		return models.Appointment{}, err
	}
	if anchored != nil {
		if a.Revision, err = nextRevision(tx, *anchored); err != nil {
			return models.Appointment{}, err
		}
	}
	if err := tx.Create(&a).Error; err != nil {
		return a, err
	}
	events := []models.Event{{
		At: b.Now, Actor: b.By, Kind: models.EventBooked, ProspectID: &p.ID, AppointmentID: &a.ID, EnrollmentID: b.EnrollmentID,
	}}
	call := bookedCallTouch(a, stepKey, b.Now)
	if anchored != nil {
		call.EnrollmentID = &anchored.ID
		if err := anchorOn(tx, *anchored, a, b.Now); err != nil {
			return a, err
		}
	}
	touches := []models.Touch{call}
	if b.Confirmation != nil {
		touches = append(touches, noticeTouch(a, b, stepConfirmation))
	}
	planned, err := planTouches(tx, touches, b.By)
	if err != nil {
		return a, err
	}
	task, err := planBookedTask(tx, p, a, touches[0], b.By, b.Now)
	if err != nil {
		return a, err
	}
	return a, addEvents(tx, append(append(events, planned...), task)...)
}

// phoneToCall is the number asked for, else the first usable one that nobody
// forbade to call.
func phoneToCall(tx *gorm.DB, p models.Prospect, wanted *int64) (models.ContactPoint, error) {
	points, err := contactPointsOf(tx, p.ID)
	if err != nil {
		return models.ContactPoint{}, err
	}
	orders, err := suppressionsTouching(tx, p, points)
	if err != nil {
		return models.ContactPoint{}, err
	}
	closed := false
	for _, cp := range points {
		if cp.Kind != models.ContactPhone || wanted == nil && !cp.Usable() || wanted != nil && cp.ID != *wanted {
			continue
		}
		if _, closed = models.Suppressed(orders, p, cp, models.ChannelCall); !closed {
			return cp, nil
		}
	}
	switch {
	case closed:
		return models.ContactPoint{}, models.Errorf(models.CodeRefused, "%s must not be called; record a new consent or lift the order first", p.Name())
	case wanted != nil:
		return models.ContactPoint{}, models.Invalid("contact_point", "contact point %d is no phone number of prospect %d; choose one of theirs", *wanted, p.ID)
	}
	return models.ContactPoint{}, models.Invalid("phone", "%s has no usable phone number; add one before booking a call", p.Name())
}

// anchorOf loads the enrollment a booking is for, where its sequence hangs on
// an appointment, and the key of the step that is the call itself.
func anchorOf(tx *gorm.DB, enrollmentID *int64) (*models.Enrollment, string, error) {
	if enrollmentID == nil {
		return nil, stepBookedCall, nil
	}
	live, err := enrollmentsWhere(tx, "id = ?", *enrollmentID)
	if err != nil {
		return nil, "", err
	}
	if len(live) == 0 {
		return nil, "", models.Errorf(models.CodeNotFound, "there is no enrollment %d", *enrollmentID)
	}
	version, err := versionOf(tx, live[0].VersionID)
	if err != nil {
		return nil, "", err
	}
	if version.Definition.Anchor != models.AnchorAppointment {
		return nil, stepBookedCall, nil
	}
	return &live[0], callStepKey(version.Definition), nil
}

// callStepKey is the step that stands for the booked call: a call at the
// appointment's own minute.
func callStepKey(d models.Definition) string {
	for _, st := range d.Steps {
		t := st.Timing
		if st.Channel == models.ChannelCall && t.Kind == models.TimingAppointment &&
			t.Offset() == 0 && t.Days == 0 && t.BusinessDays == 0 && t.At == nil {
			return st.Key
		}
	}
	return stepBookedCall
}

func nextRevision(tx *gorm.DB, e models.Enrollment) (int, error) {
	if e.AppointmentID == nil {
		return 1, nil
	}
	var old models.Appointment
	if err := tx.Where("id = ?", *e.AppointmentID).Take(&old).Error; err != nil {
		return 0, notFound(err, "appointment", *e.AppointmentID)
	}
	if old.Open() {
		return 0, models.Errorf(models.CodeConflict, "enrollment %d has a booked call already; move it instead", e.ID)
	}
	return old.Revision + 1, nil
}

func anchorOn(tx *gorm.DB, e models.Enrollment, a models.Appointment, now time.Time) error {
	set := map[string]any{"appointment_id": a.ID, "updated_at": now}
	if e.Active() {
		set["replan_at"] = now
	}
	return tx.Model(&models.Enrollment{}).Where("id = ?", e.ID).UpdateColumns(set).Error
}

func bookedCallTouch(a models.Appointment, stepKey string, now time.Time) models.Touch {
	return models.Touch{
		ProspectID: a.ProspectID, AppointmentID: &a.ID, AppointmentRevision: a.Revision,
		StepKey: stepKey, Occurrence: strconv.Itoa(a.Revision),
		Kind: models.TouchBookedCall, Channel: models.ChannelCall, Purpose: models.PurposePromised,
		ContactPointID: a.ContactPointID, RepID: a.RepID, State: models.TouchPlanned,
		DueAt: a.StartsAt, PromisedAt: a.StartsAt, Urgent: true,
		Why: "A call was booked for exactly this minute", PlannedAt: now, UpdatedAt: now,
	}
}

// noticeTouch tells the customer of a booking, a move or a cancellation, at
// once. A notice of a call is worthless after the call.
func noticeTouch(a models.Appointment, b models.Booking, stepKey string) models.Touch {
	t := models.Touch{
		ProspectID: a.ProspectID, AppointmentID: &a.ID, AppointmentRevision: a.Revision,
		StepKey: stepKey, Occurrence: strconv.Itoa(a.Revision),
		Kind: models.TouchMessage, Channel: b.ConfirmChannel, Purpose: models.PurposeConfirmation,
		ContactPointID: b.ConfirmContactID, SenderID: b.ConfirmSenderID, RepID: a.RepID, State: models.TouchPlanned,
		DueAt: b.Now, PromisedAt: b.Now, Urgent: true, Draft: b.Confirmation,
		Why: "The customer is told at once of what was agreed.", PlannedAt: b.Now, UpdatedAt: b.Now,
	}
	if starts := a.StartsAt; stepKey == stepConfirmation && starts.After(b.Now) {
		t.NotAfter = &starts
	}
	return t
}
