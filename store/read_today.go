package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// todayLimit is the most rows a queue shows; nobody works through more in a day.
const todayLimit = 200

// Who is a prospect with the company's name, as every list shows them.
type Who struct {
	Prospect models.Prospect
	Company  string
}

// TaskRow is an open task with what a list says of it.
type TaskRow struct {
	Task        models.Task
	Who         *Who
	Message     *models.Message     // the inbound to answer
	Appointment *models.Appointment // the booked call
	Sequence    string
	Why         string // what planned the touch behind it
	Channel     models.ChannelKind
}

// BookedRow is a booked call that has not opened yet.
type BookedRow struct {
	Appointment models.Appointment
	Who         Who
}

// TodayView is one rep's queue.
type TodayView struct {
	Tasks  []TaskRow
	Booked []BookedRow
	Open   Count
	Done   int64 // closed since the day began
}

// ViewToday loads the open tasks of a user and the booked calls that open
// before until.
func (s *Store) ViewToday(ctx context.Context, userID int64, dayStart, until time.Time) (TodayView, error) {
	db := s.reader(ctx)
	var v TodayView
	var tasks []models.Task
	mine := func() *gorm.DB {
		return db.Model(&models.Task{}).Where("user_id = ? AND state = 'open'", userID)
	}
	if err := mine().Order("due_at, id").Limit(todayLimit).Find(&tasks).Error; err != nil {
		return v, err
	}
	var err error
	if v.Open, err = countTo(mine(), countLimit); err != nil {
		return v, err
	}
	if v.Tasks, err = s.taskRows(db, tasks); err != nil {
		return v, err
	}
	if err := db.Model(&models.Task{}).Where("user_id = ? AND state = 'done' AND closed_at >= ?", userID, dayStart).
		Count(&v.Done).Error; err != nil {
		return v, err
	}
	v.Booked, err = s.bookedAhead(db, userID, until)
	return v, err
}

// bookedAhead lists booked calls of a rep whose task has not opened yet.
func (s *Store) bookedAhead(db *gorm.DB, userID int64, until time.Time) ([]BookedRow, error) {
	var apps []models.Appointment
	err := db.Where("rep_id = ? AND state = 'booked' AND starts_at < ?", userID, until).
		Where("NOT EXISTS (SELECT 1 FROM tasks t WHERE t.appointment_id = appointments.id AND t.state = ?)", models.TaskOpen).
		Order("starts_at, id").Limit(todayLimit).Find(&apps).Error
	if err != nil {
		return nil, err
	}
	ids := idSet{}
	for _, a := range apps {
		ids.add(&a.ProspectID)
	}
	people, err := s.whoByID(db, ids.list())
	if err != nil {
		return nil, err
	}
	rows := make([]BookedRow, 0, len(apps))
	for _, a := range apps {
		rows = append(rows, BookedRow{Appointment: a, Who: people[a.ProspectID]})
	}
	return rows, nil
}

// taskRows loads, in one query a table, what lists say of tasks.
func (s *Store) taskRows(db *gorm.DB, tasks []models.Task) ([]TaskRow, error) {
	people, messages, apps, enrollments, touches := idSet{}, idSet{}, idSet{}, idSet{}, idSet{}
	for _, t := range tasks {
		people.add(t.ProspectID)
		messages.add(t.MessageID)
		apps.add(t.AppointmentID)
		enrollments.add(t.EnrollmentID)
		touches.add(t.TouchID)
	}
	who, err := s.whoByID(db, people.list())
	if err != nil {
		return nil, err
	}
	msgs, err := rowsByID(db, messages.list(), messageID)
	if err != nil {
		return nil, err
	}
	appByID, err := rowsByID(db, apps.list(), func(a models.Appointment) int64 { return a.ID })
	if err != nil {
		return nil, err
	}
	touchByID, err := rowsByID(db, touches.list(), func(t models.Touch) int64 { return t.ID })
	if err != nil {
		return nil, err
	}
	sequences, err := sequenceNames(db, enrollments.list())
	if err != nil {
		return nil, err
	}
	rows := make([]TaskRow, 0, len(tasks))
	for _, t := range tasks {
		row := TaskRow{Task: t}
		if t.ProspectID != nil {
			if w, ok := who[*t.ProspectID]; ok {
				row.Who = &w
			}
		}
		if t.MessageID != nil {
			if m, ok := msgs[*t.MessageID]; ok {
				row.Message, row.Channel = &m, m.Channel
			}
		}
		if t.AppointmentID != nil {
			if a, ok := appByID[*t.AppointmentID]; ok {
				row.Appointment = &a
			}
		}
		if t.TouchID != nil {
			row.Why = touchByID[*t.TouchID].Why
		}
		if t.EnrollmentID != nil {
			row.Sequence = sequences[*t.EnrollmentID]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// whoByID loads prospects with the names of their companies.
func (s *Store) whoByID(db *gorm.DB, ids []int64) (map[int64]Who, error) {
	people, err := rowsByID(db, ids, prospectID)
	if err != nil {
		return nil, err
	}
	companies := idSet{}
	for _, p := range people {
		companies.add(p.CompanyID)
	}
	names, err := rowsByID(db, companies.list(), companyID)
	if err != nil {
		return nil, err
	}
	out := make(map[int64]Who, len(people))
	for id, p := range people {
		w := Who{Prospect: p}
		if p.CompanyID != nil {
			w.Company = names[*p.CompanyID].Name
		}
		out[id] = w
	}
	return out, nil
}

// sequenceNames maps enrollments to the names of their sequences.
func sequenceNames(db *gorm.DB, enrollmentIDs []int64) (map[int64]string, error) {
	out := map[int64]string{}
	if len(enrollmentIDs) == 0 {
		return out, nil
	}
	var rows []struct {
		ID   int64
		Name string
	}
	err := db.Table("enrollments").Select("enrollments.id, sequences.name").
		Joins("JOIN sequences ON sequences.id = enrollments.sequence_id").
		Where("enrollments.id IN ?", enrollmentIDs).Scan(&rows).Error
	for _, r := range rows {
		out[r.ID] = r.Name
	}
	return out, err
}
