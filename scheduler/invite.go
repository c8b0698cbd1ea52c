package scheduler

import (
	"followup/models"
	"followup/templates"
)

// invite puts the call into the customer's calendar with what announces it,
// reminds of it or calls it off.
func (j *judgement) invite(m *models.Message) {
	a, purpose := j.d.Appointment, j.d.Touch.Purpose
	if a == nil || !j.rules.HasSubject || purpose != models.PurposeConfirmation && purpose != models.PurposeReminder {
		return
	}
	method := templates.InviteRequest
	if a.State == models.AppointmentCanceled {
		method = templates.InviteCancel
	}
	if !a.Open() && method == templates.InviteRequest {
		return // the call is over
	}
	if m.Calendar = templates.Invitation(method, j.data(""), m.FromAddress); m.Calendar != "" {
		m.CalendarMethod = method
	}
}
