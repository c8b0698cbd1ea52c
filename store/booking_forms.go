package store

import (
	"context"
	"errors"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// sameBooking finds the appointment that a form made before.
func sameBooking(tx *gorm.DB, b models.Booking) (*models.Appointment, error) {
	if b.FormToken == nil {
		return nil, nil
	}
	var a models.Appointment
	err := tx.Where("form_token = ?", *b.FormToken).Take(&a).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if a.ProspectID != b.ProspectID {
		return nil, models.Errorf(models.CodeConflict, "this form was used for another prospect; load the page again")
	}
	return &a, nil
}

// refuseStale: what a form shows of a call must be what it is, or its move
// would undo somebody else's.
func refuseStale(a models.Appointment, b models.Booking) error {
	if b.Revision == 0 || b.Revision == a.Revision {
		return nil
	}
	return models.Errorf(models.CodeConflict, "somebody moved this call while the page was open; it begins at %s now. Load the page again", a.StartsAt.UTC().Format("2006-01-02 15:04 UTC"))
}

// longestCall bounds how far back a call may have begun that is not over.
const longestCall = 24 * time.Hour

// RepCalls are the calls booked with a rep that touch a span of time.
func (s *Store) RepCalls(ctx context.Context, repID int64, span models.Interval) ([]models.Appointment, error) {
	return repCalls(s.reader(ctx), repID, span)
}

func repCalls(tx *gorm.DB, repID int64, span models.Interval) ([]models.Appointment, error) {
	var all, touching []models.Appointment
	err := tx.Where("rep_id = ? AND state = 'booked' AND starts_at > ? AND starts_at < ?", repID, span.From.Add(-longestCall), span.To).
		Order("starts_at").Find(&all).Error
	for _, a := range all {
		if span.Overlaps(callSpan(a)) {
			touching = append(touching, a)
		}
	}
	return touching, err
}

func callSpan(a models.Appointment) models.Interval {
	return models.Interval{From: a.StartsAt, To: a.StartsAt.Add(time.Duration(max(a.Minutes, 1)) * time.Minute)}
}
