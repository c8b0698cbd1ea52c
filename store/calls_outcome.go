package store

import (
	"followup/models"
)

// byPhone are the ways that a "do not call" closes for a number.
var byPhone = []models.ChannelKind{models.ChannelCall, models.ChannelSMS, models.ChannelVoicemail}

// effects decides what a call's outcome does to the person's follow-up. It
// never touches the last-used channel: that is where they write to us.
func (c *callClosing) effects(live []models.LiveEnrollment) models.Effects {
	var e models.Effects
	for _, le := range live {
		if c.belongs(le.Enrollment) {
			c.move(&e, le)
		} else {
			c.rest(&e, le)
		}
	}
	if c.r.Outcome.Answered() {
		e.EndPursuit = models.PursuitCall
		e.CloseReplyTasks = true
		if c.phone != nil {
			e.Confirm = append(e.Confirm, c.phone.ID)
		}
	}
	switch c.r.Outcome {
	case models.OutcomeWrongNumber:
		if c.phone != nil {
			e.Invalidate = append(e.Invalidate, models.Invalidation{ContactPointID: c.phone.ID, Reason: models.FailWrongNumber})
		}
	case models.OutcomeDoNotCall:
		e.Suppress = c.doNotCall()
		e.WithdrawBookedCalls = true
	case models.OutcomeNotInterested:
		e.WithdrawBookedCalls = true
	}
	return e
}

// belongs: the enrollment planned the call, or hangs on its appointment.
func (c *callClosing) belongs(en models.Enrollment) bool {
	is := func(id *int64) bool { return id != nil && *id == en.ID }
	if is(c.task.EnrollmentID) || c.touch != nil && is(c.touch.EnrollmentID) {
		return true
	}
	return c.appointment != nil && en.AppointmentID != nil && *en.AppointmentID == c.appointment.ID
}

// move does what the enrollment's own sequence says of the outcome.
func (c *callClosing) move(e *models.Effects, le models.LiveEnrollment) {
	id := le.Enrollment.ID
	move := le.Version.Definition.MoveOn(c.r.Outcome)
	if c.r.Outcome == models.OutcomeDoNotCall {
		move = models.MoveFinish // the law's word stands above the sequence's
	}
	switch move {
	case models.MovePause:
		e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: id, Reason: models.PauseReplied, By: c.by})
	case models.MoveFinish:
		e.Finishes = append(e.Finishes, models.FinishOrder{EnrollmentID: id, Outcome: finishFor(c.r.Outcome)})
	default:
		e.Replan = append(e.Replan, id)
	}
}

// rest is for the person's other enrollments: somebody who spoke with us gets
// nothing automatic until a person has looked, and a meeting may end them.
func (c *callClosing) rest(e *models.Effects, le models.LiveEnrollment) {
	if !c.r.Outcome.Answered() {
		return
	}
	id := le.Enrollment.ID
	if finishFor(c.r.Outcome) == models.FinishMeetingBooked && le.Version.Definition.OnMeeting == models.ReplyFinish {
		e.Finishes = append(e.Finishes, models.FinishOrder{EnrollmentID: id, Outcome: models.FinishMeetingBooked})
		return
	}
	// Beside another pause, too: that one may end by itself before anybody looked.
	if !le.Enrollment.PausedFor(models.PauseReplied) {
		e.Pauses = append(e.Pauses, models.Pause{EnrollmentID: id, Reason: models.PauseReplied, By: c.by})
	}
}

// doNotCall closes the number, whoever has it; where no number is known, the
// person, on the same channels.
func (c *callClosing) doNotCall() []models.Suppression {
	var all []models.Suppression
	for _, ch := range byPhone {
		s := models.Suppression{Scope: models.SuppressPerson, ProspectID: &c.prospect.ID, Channel: ch, Reason: models.FailOptedOut, Source: "phone"}
		if c.phone != nil {
			s.Scope, s.Value = models.SuppressAddress, c.phone.Value
		}
		all = append(all, s)
	}
	return all
}

func finishFor(o models.CallOutcome) models.EnrollmentOutcome {
	switch o {
	case models.OutcomeBooked, models.OutcomeMeetingHeld:
		return models.FinishMeetingBooked
	case models.OutcomeNotInterested:
		return models.FinishLost
	case models.OutcomeDoNotCall:
		return models.FinishOptedOut
	case models.OutcomeConnected, models.OutcomeCallBack:
		return models.FinishReplied
	case models.OutcomeWrongNumber:
		return models.FinishUnreachable
	}
	return models.FinishCompleted
}
