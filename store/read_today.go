package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// todayLimit is the most rows a queue shows; nobody works through more in a day.
const todayLimit = 200

// overdueLimit is the most that a manager is shown at once.
const overdueLimit = 50

// Who is a prospect with the company's name, as every list shows them.
type Who struct {
	Prospect models.Prospect
	Company  string
}

// TaskRow is a task with what a list says of it.
type TaskRow struct {
	Task        models.Task
	Who         *Who
	Message     *models.Message     // the inbound to answer
	Appointment *models.Appointment // the booked call
	Sequence    string
	Why         string // what planned the touch behind it
	Channel     models.ChannelKind
	Part        QueuePart
	Rep         string // who has it
	HandedBy    string // who handed it over
}

// BookedRow is a booked call that has no task yet.
type BookedRow struct {
	Appointment models.Appointment
	Who         Who
}

// TodayFilter says whose queue, and which part of it.
type TodayFilter struct {
	UserIDs []int64
	Part    QueuePart // "": all
	// OverdueOf are those whose overdue tasks a manager sees below.
	OverdueOf []int64
	Now       time.Time
	DayStart  time.Time // of what counts as done today
	Until     time.Time // how far booked calls are shown ahead
}

// TodayView is a queue.
type TodayView struct {
	Tasks    []TaskRow // open, in the order in which to work
	Upcoming []TaskRow // booked calls before their minute
	Booked   []BookedRow
	Overdue  []TaskRow
	Cut      bool // there are more tasks than these
	Open     Count
	Snoozed  Count
	Done     int64 // closed since the day began
}

// ViewToday loads the queue of some users: what is open, and the booked calls
// that open before f.Until.
func (s *Store) ViewToday(ctx context.Context, f TodayFilter) (TodayView, error) {
	db := s.reader(ctx)
	var v TodayView
	var err error
	if v.Open, err = countTo(openTasksOf(db, f.UserIDs, f.Now), countLimit); err != nil {
		return v, err
	}
	if v.Snoozed, err = countTo(snoozedTasksOf(db, f.UserIDs, f.Now), countLimit); err != nil {
		return v, err
	}
	q := inOrder(ofPart(openTasksOf(db, f.UserIDs, f.Now), f.Part))
	if f.Part == PartSnoozed {
		q = snoozedTasksOf(db, f.UserIDs, f.Now).Order("snoozed_until, id")
	}
	if v.Tasks, err = s.findTaskRows(db, q.Limit(todayLimit+1)); err != nil {
		return v, err
	}
	if v.Cut = len(v.Tasks) > todayLimit; v.Cut {
		v.Tasks = v.Tasks[:todayLimit]
	}
	if f.Part == "" || f.Part == PartBooked {
		if err := s.bookedAhead(db, &v, f); err != nil {
			return v, err
		}
	}
	if len(f.OverdueOf) > 0 {
		q := db.Model(&models.Task{}).Where("user_id IN ? AND state = 'open' AND escalated_at IS NOT NULL", f.OverdueOf).Order("due_at, id")
		if v.Overdue, err = s.findTaskRows(db, q.Limit(overdueLimit)); err != nil {
			return v, err
		}
	}
	err = db.Model(&models.Task{}).Where("user_id IN ? AND state = 'done' AND closed_at >= ?", f.UserIDs, f.DayStart).Count(&v.Done).Error
	return v, err
}

// openTasksOf are the tasks that stand in the queues of users now.
func openTasksOf(db *gorm.DB, users []int64, now time.Time) *gorm.DB {
	return db.Model(&models.Task{}).Where("user_id IN ? AND state = 'open' AND (snoozed_until IS NULL OR snoozed_until <= ?)", users, now)
}

func snoozedTasksOf(db *gorm.DB, users []int64, now time.Time) *gorm.DB {
	return db.Model(&models.Task{}).Where("user_id IN ? AND state = 'open' AND snoozed_until > ?", users, now)
}

func (s *Store) findTaskRows(db, q *gorm.DB) ([]TaskRow, error) {
	var tasks []models.Task
	if err := q.Find(&tasks).Error; err != nil {
		return nil, err
	}
	return s.taskRows(db, tasks)
}

// bookedAhead lists the booked calls still to come, also those that were
// booked before calls had a task from their booking on.
func (s *Store) bookedAhead(db *gorm.DB, v *TodayView, f TodayFilter) error {
	var err error
	v.Upcoming, err = s.findTaskRows(db, db.Model(&models.Task{}).
		Where("user_id IN ? AND state = 'upcoming' AND due_at < ?", f.UserIDs, f.Until).Order("due_at, id").Limit(todayLimit))
	if err != nil {
		return err
	}
	var apps []models.Appointment
	err = db.Where("rep_id IN ? AND state = 'booked' AND starts_at < ?", f.UserIDs, f.Until).
		Where("NOT EXISTS (SELECT 1 FROM tasks t WHERE t.appointment_id = appointments.id AND t.state IN ('open', 'upcoming'))").
		Order("starts_at, id").Limit(todayLimit).Find(&apps).Error
	if err != nil {
		return err
	}
	ids := idSet{}
	for _, a := range apps {
		ids.add(&a.ProspectID)
	}
	people, err := s.whoByID(db, ids.list())
	if err != nil {
		return err
	}
	for _, a := range apps {
		v.Booked = append(v.Booked, BookedRow{Appointment: a, Who: people[a.ProspectID]})
	}
	return nil
}

// taskRows loads, in one query a table, what lists say of tasks.
func (s *Store) taskRows(db *gorm.DB, tasks []models.Task) ([]TaskRow, error) {
	people, messages, apps, enrollments, touches, users := idSet{}, idSet{}, idSet{}, idSet{}, idSet{}, idSet{}
	for i := range tasks {
		t := &tasks[i]
		people.add(t.ProspectID)
		messages.add(t.MessageID)
		apps.add(t.AppointmentID)
		enrollments.add(t.EnrollmentID)
		touches.add(t.TouchID)
		users.add(&t.UserID, t.HandedBy)
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
	names, err := rowsByID(db, users.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, err
	}
	sequences, err := sequenceNames(db, enrollments.list())
	if err != nil {
		return nil, err
	}
	rows := make([]TaskRow, 0, len(tasks))
	for _, t := range tasks {
		row := TaskRow{Task: t, Rep: names[t.UserID].Name}
		if t.HandedBy != nil {
			row.HandedBy = names[*t.HandedBy].Name
		}
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
		var purpose models.Purpose
		if t.TouchID != nil {
			row.Why, purpose = touchByID[*t.TouchID].Why, touchByID[*t.TouchID].Purpose
		}
		if t.EnrollmentID != nil {
			row.Sequence = sequences[*t.EnrollmentID]
		}
		row.Part = partOf(t, purpose)
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
