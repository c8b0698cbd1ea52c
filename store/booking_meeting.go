package store

import (
	"gorm.io/gorm"

	"followup/models"
)

// A call that is booked by hand is a booked meeting for the person's
// sequences. One that hangs on a call and has none (it was canceled, or took
// place) goes on with this one; the others do what they say of a meeting.

// waitingForCall picks, of a person's sequences, the one that hangs on a call
// and has none, and the others that are about something else.
func waitingForCall(tx *gorm.DB, live []models.LiveEnrollment) (waits *models.LiveEnrollment, others []models.LiveEnrollment, err error) {
	for i, le := range live {
		if le.Version.Definition.Anchor != models.AnchorAppointment {
			others = append(others, le)
			continue
		}
		open := false
		if id := le.Enrollment.AppointmentID; id != nil {
			a, err := first[models.Appointment](tx.Where("id = ?", *id))
			if err != nil {
				return nil, nil, err
			}
			open = a != nil && a.Open()
		}
		if !open && waits == nil {
			waits = &live[i]
		}
	}
	return waits, others, nil
}

// onMeeting is what each sequence says of a booked meeting; one that says
// nothing rests as after an answer.
func onMeeting(live []models.LiveEnrollment, by string) models.Effects {
	var e models.Effects
	for _, le := range live {
		id := le.Enrollment.ID
		switch le.Version.Definition.OnMeeting {
		case models.ReplyFinish:
			e.Finishes = append(e.Finishes, models.FinishOrder{EnrollmentID: id, Outcome: models.FinishMeetingBooked})
		case models.ReplyContinue:
		default:
			if !le.Enrollment.PausedFor(models.PauseReplied) {
				e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: id, Reason: models.PauseReplied, By: by})
			}
		}
	}
	return e
}

// bookByHand books within a transaction that holds the prospect's lock. ends is
// why the pursuit of them ends with it; "": it goes on.
func bookByHand(tx *gorm.DB, p models.Prospect, b models.Booking, ends models.PursuitEnd) (models.Appointment, error) {
	live, err := liveEnrollments(tx, true, "prospect_id = ?", p.ID)
	if err != nil {
		return models.Appointment{}, err
	}
	waits, others, err := waitingForCall(tx, live)
	if err != nil {
		return models.Appointment{}, err
	}
	if b.EnrollmentID == nil && waits != nil {
		b.EnrollmentID = &waits.Enrollment.ID
	}
	a, err := bookIn(tx, b)
	if err != nil {
		return a, err
	}
	var rest []models.LiveEnrollment
	for _, le := range others {
		if b.EnrollmentID == nil || le.Enrollment.ID != *b.EnrollmentID {
			rest = append(rest, le)
		}
	}
	e := onMeeting(rest, b.By)
	e.EndPursuit = ends
	return a, applyEffects(tx, p, e, b.By, b.Now)
}
