package web

import (
	"context"

	"followup/models"
	"followup/scheduler"
)

// remind puts a call that was booked by hand into the sequence of its
// reminders and says so. The call is booked, whether that goes or not.
func (s *site) remind(ctx context.Context, u models.User, owner int64, call models.Appointment) (string, error) {
	if call.EnrollmentID != nil {
		return " The sequence that waited for a call goes on with it.", nil
	}
	seq, err := s.reminders(ctx, u)
	if err != nil {
		return "", err
	}
	if seq == 0 {
		return " No reminder comes before it: no sequence hangs on a booked call.", nil
	}
	_, err = s.Scheduler.Enroll(ctx, scheduler.EnrollRequest{
		ProspectID: call.ProspectID, SequenceID: seq, RepID: owner, By: models.UserActor(u.ID), AppointmentID: &call.ID,
	})
	if why := messageOf(err); err != nil && why != "" {
		return " No reminder comes before it: " + why, nil
	}
	return " Its reminders come before it.", err
}

// reminders is the sequence that follows a user's booked calls: the one of
// their booking page, else the first that hangs on a booked call; 0: none.
func (s *site) reminders(ctx context.Context, u models.User) (int64, error) {
	set, err := s.Store.BookingPage(ctx, u.ID)
	if err != nil {
		return 0, err
	}
	rows, err := s.Store.SequencesFor(ctx, teamsOf(u)...)
	if err != nil {
		return 0, err
	}
	var first int64
	for _, row := range rows {
		switch {
		case row.Version == nil || row.Version.Definition.Anchor != models.AnchorAppointment:
		case set.SequenceID != nil && *set.SequenceID == row.Sequence.ID:
			return row.Sequence.ID, nil
		case first == 0 || row.Sequence.Builtin:
			first = row.Sequence.ID
		}
	}
	return first, nil
}
