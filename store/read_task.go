package store

import (
	"context"
	"time"

	"followup/models"
)

// TaskView is a task's page.
type TaskView struct {
	TaskRow
	Person     *PersonView // nil where the task is about no prospect
	LastCall   *models.Task
	Objections []models.Objection
	Sender     *models.Sender
}

// ViewTask loads a task with the person it is about.
func (s *Store) ViewTask(ctx context.Context, id int64) (TaskView, error) {
	db := s.reader(ctx)
	var task models.Task
	if err := db.Where("id = ?", id).Take(&task).Error; err != nil {
		return TaskView{}, viewNotFound(err, "task")
	}
	rows, err := s.taskRows(db, []models.Task{task})
	if err != nil {
		return TaskView{}, err
	}
	v := TaskView{TaskRow: rows[0]}
	if task.SenderID != nil {
		var sender models.Sender
		if err := db.Where("id = ?", *task.SenderID).Limit(1).Find(&sender).Error; err != nil {
			return v, err
		}
		v.Sender = &sender
	}
	if task.ProspectID == nil {
		return v, nil
	}
	person, err := s.ViewPerson(ctx, *task.ProspectID)
	if err != nil {
		return v, err
	}
	v.Person = &person
	var last []models.Task
	err = db.Where("prospect_id = ? AND kind = ? AND state = ? AND outcome <> '' AND id <> ?", *task.ProspectID, models.TaskCall, models.TaskDone, id).
		Order("closed_at DESC, id DESC").Limit(1).Find(&last).Error
	if err != nil {
		return v, err
	}
	if len(last) > 0 {
		v.LastCall = &last[0]
	}
	err = db.Where("prospect_id = ?", *task.ProspectID).Order("id DESC").Limit(5).Find(&v.Objections).Error
	return v, err
}

// NextTask is the open task a user should do after this one, in the order of
// the queue. ID 0: nothing is left.
func (s *Store) NextTask(ctx context.Context, userID, after int64, now time.Time) (models.Task, error) {
	var next models.Task
	q := openTasksOf(s.reader(ctx), []int64{userID}, now).Where("tasks.id <> ?", after)
	err := inOrder(q).Limit(1).Find(&next).Error
	return next, err
}

// AppointmentView is a booked call's page, from which it is prepared.
type AppointmentView struct {
	Appointment models.Appointment
	Person      PersonView
	TaskID      int64 // its call task where it has opened
}

// ViewAppointment loads a booked call.
func (s *Store) ViewAppointment(ctx context.Context, id int64) (AppointmentView, error) {
	db := s.reader(ctx)
	var v AppointmentView
	if err := db.Where("id = ?", id).Take(&v.Appointment).Error; err != nil {
		return v, viewNotFound(err, "booked call")
	}
	var task models.Task
	if err := db.Where("appointment_id = ? AND kind = ? AND state IN ?", id, models.TaskCall, []models.TaskState{models.TaskOpen, models.TaskUpcoming}).Order("id DESC").Limit(1).Find(&task).Error; err != nil {
		return v, err
	}
	v.TaskID = task.ID
	var err error
	v.Person, err = s.ViewPerson(ctx, v.Appointment.ProspectID)
	return v, err
}
