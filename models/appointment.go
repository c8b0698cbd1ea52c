package models

import "time"

// AppointmentState of a booked call.
type AppointmentState string

const (
	AppointmentBooked   AppointmentState = "booked"   // entered on booking; moving keeps it and raises the revision
	AppointmentHeld     AppointmentState = "held"     // entered when the call was answered
	AppointmentUnheld   AppointmentState = "unheld"   // entered when the call was made and nobody answered
	AppointmentMissed   AppointmentState = "missed"   // entered when we did not dial in time
	AppointmentCanceled AppointmentState = "canceled" // entered by hand, an opt-out or the end of the pursuit
)

// Appointment is a booked call at an exact minute.
type Appointment struct {
	ID             int64 `gorm:"primaryKey"`
	ProspectID     int64
	RepID          int64
	EnrollmentID   *int64 // the sequence it was booked with or from
	ContactPointID *int64 // the number to call
	StartsAt       time.Time
	Minutes        int    // planned length
	Zone           string // the zone it was agreed in, IANA
	Revision       int    // 1 when booked; raised by each move
	State          AppointmentState
	Title          string
	Note           string
	BookedBy       string  // actor
	FormToken      *string // of the form that booked it: a second submission finds the first
	CreatedAt      time.Time
	UpdatedAt      time.Time
	EndedAt        *time.Time
}

// Open tells whether the call is still to come.
func (a Appointment) Open() bool { return a.State == AppointmentBooked }

// MoveTo gives it a new time and raises the revision.
func (a *Appointment) MoveTo(at time.Time, now time.Time) error {
	if !a.Open() {
		return &TransitionError{Thing: "appointment", ID: a.ID, From: string(a.State), To: string(AppointmentBooked)}
	}
	a.StartsAt, a.UpdatedAt = at, now
	a.Revision++
	return nil
}

// End closes it; ending twice is a TransitionError.
func (a *Appointment) End(to AppointmentState, now time.Time) error {
	if !a.Open() {
		return &TransitionError{Thing: "appointment", ID: a.ID, From: string(a.State), To: string(to)}
	}
	a.State, a.EndedAt, a.UpdatedAt = to, &now, now
	return nil
}
