package scheduler

import (
	"strings"

	"followup/models"
	"followup/templates"
)

// reasonForCalling begins every talking point.
const reasonForCalling = "The reason I'm calling is "

// open makes the rep's call task with its preparation.
func (j *judgement) open() {
	t := j.d.Touch
	prep, err := j.prep()
	if err != nil {
		if !j.booked {
			j.askToRepair(err)
			return
		}
		// A booked call opens at its minute even where a script is broken.
		j.note("the script could not be filled in: %v", err)
	}
	j.dec.Action = models.DecideOpen
	j.dec.Task = &models.Task{
		Kind: models.TaskCall, State: models.TaskOpen, UserID: t.RepID, ProspectID: &j.d.Prospect.ID,
		EnrollmentID: t.EnrollmentID, TouchID: &t.ID, AppointmentID: t.AppointmentID,
		Title: j.taskTitle(), Detail: j.dec.Detail, Urgent: t.Urgent, DueAt: t.PromisedAt,
		Prep: prep, CreatedAt: j.Now, UpdatedAt: j.Now,
	}
}

func (j *judgement) taskTitle() string {
	who := j.d.Prospect.Name()
	switch {
	case j.booked && j.d.Appointment != nil && j.d.Appointment.Title != "":
		return "Call " + who + ": " + j.d.Appointment.Title
	case j.booked:
		return "Call " + who + " as booked"
	case j.spoken:
		return "Call " + who + " and leave the message yourself"
	}
	return "Call " + who
}

// prep renders what the rep says; every part is filled in as far as it can
// be, and the first failure is reported.
func (j *judgement) prep() (models.CallPrep, error) {
	p := models.CallPrep{Why: j.d.Touch.Why, Number: j.number()}
	if _, err := j.d.Prospect.Location(); err == nil {
		p.LocalTime = j.local(j.Now)
	}
	step, _ := j.step()
	data := j.data("")
	var failed error
	fill := func(source string) string {
		s, err := templates.Render(source, data)
		if err != nil && failed == nil {
			failed = err
		}
		return strings.TrimSpace(s)
	}
	p.TalkingPoint = talkingPoint(fill(step.TalkingPoint))
	if j.d.TalkingPoint != nil && (p.TalkingPoint == "" || j.enrolledFor(j.d.TalkingPoint.ID)) {
		p.TalkingPoint = talkingPoint(j.d.TalkingPoint.Text)
	}
	p.Question = fill(step.Question)
	p.Answered = fill(step.Answered)
	p.NotAnswered = fill(step.NotAnswered)
	if j.spoken {
		p.NotAnswered = fill(step.Body)
	}
	return p, failed
}

// enrolledFor: this reason of the library is why they were enrolled.
func (j *judgement) enrolledFor(talkingPointID int64) bool {
	e := j.d.Enrollment
	return e != nil && e.TalkingPointID != nil && *e.TalkingPointID == talkingPointID
}

// talkingPoint completes the sentence that gives the reason for the call.
func talkingPoint(s string) string {
	if s == "" || strings.HasPrefix(strings.ToLower(s), "the reason") {
		return s
	}
	return reasonForCalling + s
}
