package web

import (
	"net/http"

	"followup/models"
	"followup/store"
)

// dayBox is what a task's page shows of the day's order.
type dayBox struct {
	Movable  bool // it can be put off or handed over
	TaskID   int64
	Handed   string // who handed it over, and the note
	Snoozed  string // until when it is put off
	Apology  *apologyBox
	TakeOver int64 // the colleague's call that nobody dials; 0: none
	Me       int64
}

func (s *site) dayBox(r *http.Request, t times, v store.TaskView, f form) (dayBox, error) {
	box := dayBox{TaskID: v.Task.ID, Me: userOf(r).ID}
	box.Movable = v.Task.Live() && s.mayMove(r, v.Task) == nil
	var row queueRow
	row.from(box.Me, v.TaskRow)
	box.Handed = row.Note
	if until := v.Task.SnoozedUntil; until != nil && until.After(t.now) && v.Task.Live() {
		box.Snoozed = t.Mine(*until).Text
	}
	if v.Task.Reason == models.AttentionUndialled && v.Task.State == models.TaskOpen && v.Task.AppointmentID != nil {
		call, err := s.Store.ViewAppointment(r.Context(), *v.Task.AppointmentID)
		if err != nil {
			return box, err
		}
		box.TakeOver = call.TaskID
	}
	var err error
	box.Apology, err = s.apology(r, t, v, f)
	return box, err
}
