package store

import (
	"strconv"

	"gorm.io/gorm"

	"followup/models"
)

// closedCall is a call task with what its touch belongs to.
type closedCall struct {
	models.Task
	StepEnrollmentID    *int64
	CallAppointmentID   *int64
	AppointmentRevision int
	Occurrence          string
}

// lastCalls finds the last closed call of each enrollment: of its
// appointment's current revision, where it has an appointment. appointments
// are by id. Sequences that neither make calls nor ask about them cost nothing.
func lastCalls(tx *gorm.DB, es []models.Enrollment, versions map[int64]*models.SequenceVersion, appointments map[int64]*models.Appointment) (map[int64]models.Task, error) {
	enrolled, booked := idSet{}, idSet{}
	for i := range es {
		if v := versions[es[i].VersionID]; v != nil && speaksOfCalls(v.Definition) {
			enrolled.add(&es[i].ID)
			booked.add(es[i].AppointmentID)
		}
	}
	last := map[int64]models.Task{}
	if len(enrolled) == 0 {
		return last, nil
	}
	var calls []closedCall
	err := tx.Table("tasks").
		Select("tasks.*, t.enrollment_id AS step_enrollment_id, t.appointment_id AS call_appointment_id, t.appointment_revision, t.occurrence").
		Joins("JOIN touches t ON t.id = tasks.touch_id").
		Where("tasks.kind = 'call' AND tasks.state = 'done' AND tasks.outcome <> '' AND t.state <> 'canceled'").
		// One statement over both columns with an OR reads the whole table on SQLite.
		Where("tasks.touch_id IN (SELECT s.id FROM touches s WHERE ? AND s.state <> 'canceled' UNION ALL SELECT c.id FROM touches c WHERE ?)",
			anyOf(tx, "s.enrollment_id", enrolled.list()), anyOf(tx, "c.appointment_id", booked.list())).
		Order("tasks.closed_at, tasks.id").Find(&calls).Error
	if err != nil {
		return nil, err
	}
	for _, e := range es {
		for _, call := range calls {
			if call.concerns(e, appointments) {
				last[e.ID] = call.Task
			}
		}
	}
	return last, nil
}

func (c closedCall) concerns(e models.Enrollment, appointments map[int64]*models.Appointment) bool {
	own := c.StepEnrollmentID != nil && *c.StepEnrollmentID == e.ID
	if e.AppointmentID == nil {
		return own
	}
	a := appointments[*e.AppointmentID]
	if a == nil {
		return own
	}
	if c.CallAppointmentID != nil && *c.CallAppointmentID == a.ID {
		return c.AppointmentRevision == a.Revision
	}
	return own && c.Occurrence == strconv.Itoa(a.Revision)
}

func speaksOfCalls(d models.Definition) bool {
	for _, st := range d.Steps {
		if st.When.Call != "" || st.Channel == models.ChannelCall {
			return true
		}
	}
	return false
}
