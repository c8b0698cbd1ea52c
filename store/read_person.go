package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

const (
	personMessages = 100
	personTouches  = 100
	personEvents   = 60
	personCalls    = 50
)

// EnrollmentRow is an enrollment as a person's page shows it.
type EnrollmentRow struct {
	Enrollment models.Enrollment // with its pauses
	Sequence   models.Sequence
	Version    models.SequenceVersion
	Live       *models.Touch // what comes next, where it is planned
}

// PersonView is everything a prospect's page shows, newest first where it is
// a list in time.
type PersonView struct {
	Prospect     models.Prospect
	Company      *models.Company
	Hold         *models.CompanyHold
	Owner        models.User
	Points       []models.ContactPoint
	Consents     []models.Consent
	Suppressions []models.Suppression
	Settings     models.Settings // what permits a channel depends on the workspace's rules
	Conversation models.Conversation
	Messages     []models.Message
	MoreMessages bool
	Opens        []models.LinkOpen // links of the messages that were opened
	Enrollments  []EnrollmentRow
	Touches      []models.Touch
	Tasks        []models.Task
	Calls        []models.Task // closed calls
	Appointments []models.Appointment
	Commitments  []models.Commitment
	Discovery    *models.Discovery
	Pursuit      *models.Pursuit
	Events       []models.Event
	// Before is where this part of the timeline ends; nil: at its newest.
	Before *time.Time
	// MoreTouches and so on: there are older ones than those loaded.
	MoreTouches, MoreEvents, MoreCalls bool
}

// ViewPerson loads a prospect's page.
func (s *Store) ViewPerson(ctx context.Context, id int64) (PersonView, error) {
	return s.ViewPersonBefore(ctx, id, nil)
}

// ViewPersonBefore loads it with the part of the timeline before a time.
func (s *Store) ViewPersonBefore(ctx context.Context, id int64, before *time.Time) (PersonView, error) {
	db := s.reader(ctx)
	v := PersonView{Before: before}
	if err := db.Where("id = ?", id).Take(&v.Prospect).Error; err != nil {
		return v, viewNotFound(err, "prospect")
	}
	for _, load := range []func(*gorm.DB, *PersonView) error{
		loadSurroundings, loadReach, loadThread, loadRuns, loadWork, loadHistory,
	} {
		if err := load(db, &v); err != nil {
			return v, fmt.Errorf("load prospect %d: %w", id, err)
		}
	}
	return v, nil
}

func loadSurroundings(db *gorm.DB, v *PersonView) error {
	if err := db.Where("id = ?", v.Prospect.OwnerID).Limit(1).Find(&v.Owner).Error; err != nil {
		return err
	}
	if v.Prospect.CompanyID == nil {
		return nil
	}
	var err error
	if v.Company, err = first[models.Company](db.Where("id = ?", *v.Prospect.CompanyID)); err != nil {
		return err
	}
	v.Hold, err = first[models.CompanyHold](db.Where("company_id = ? AND lifted_at IS NULL", *v.Prospect.CompanyID))
	return err
}

// loadReach: contact points and what permits or forbids using them.
func loadReach(db *gorm.DB, v *PersonView) error {
	id := v.Prospect.ID
	var err error
	if v.Settings, err = settingsIn(db); err != nil {
		return err
	}
	if err := db.Where("prospect_id = ?", id).Order("position, id").Find(&v.Points).Error; err != nil {
		return err
	}
	if err := db.Where("prospect_id = ?", id).Order("given_at DESC, id DESC").Find(&v.Consents).Error; err != nil {
		return err
	}
	values := []string{""}
	for _, p := range v.Points {
		values = append(values, p.Value)
		if _, domain, ok := cutAt(p.Value); ok {
			values = append(values, domain)
		}
	}
	q := db.Where("lifted_at IS NULL").Where(
		db.Where("scope = ? AND prospect_id = ?", models.SuppressPerson, id).
			Or("scope IN ? AND value IN ?", []models.SuppressionScope{models.SuppressAddress, models.SuppressDomain}, values[1:]).
			Or("scope = ?", models.SuppressWorkspace).
			Or("scope = ? AND company_id = ?", models.SuppressCompany, v.Prospect.CompanyID))
	return q.Order("id").Find(&v.Suppressions).Error
}

func cutAt(address string) (local, domain string, ok bool) {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '@' {
			return address[:i], address[i+1:], true
		}
	}
	return address, "", false
}

// earlierThan keeps to the part of the timeline that is shown.
func (v *PersonView) earlierThan(q *gorm.DB, column string) *gorm.DB {
	if v.Before == nil {
		return q
	}
	return q.Where(column+" < ?", *v.Before)
}

func loadThread(db *gorm.DB, v *PersonView) error {
	id := v.Prospect.ID
	if err := db.Where("prospect_id = ?", id).Limit(1).Find(&v.Conversation).Error; err != nil {
		return err
	}
	err := v.earlierThan(db.Where("prospect_id = ?", id), "created_at").Order("created_at DESC, id DESC").Limit(personMessages + 1).Find(&v.Messages).Error
	if len(v.Messages) > personMessages {
		v.Messages, v.MoreMessages = v.Messages[:personMessages], true
	}
	if err != nil {
		return err
	}
	return v.earlierThan(db.Where("prospect_id = ?", id), "last_at").Order("last_at DESC, id DESC").Limit(personMessages).Find(&v.Opens).Error
}

// loadRuns: the enrollments with their pauses, versions and live touches.
func loadRuns(db *gorm.DB, v *PersonView) error {
	var runs []models.Enrollment
	if err := db.Where("prospect_id = ?", v.Prospect.ID).Order("id DESC").Limit(20).Find(&runs).Error; err != nil {
		return err
	}
	ids, sequences, versions := idSet{}, idSet{}, idSet{}
	for _, e := range runs {
		ids.add(&e.ID)
		sequences.add(&e.SequenceID)
		versions.add(&e.VersionID)
	}
	seqByID, err := rowsByID(db, sequences.list(), func(q models.Sequence) int64 { return q.ID })
	if err != nil {
		return err
	}
	verByID, err := rowsByID(db, versions.list(), func(q models.SequenceVersion) int64 { return q.ID })
	if err != nil {
		return err
	}
	var pauses []models.Pause
	if err := db.Where("enrollment_id IN ?", ids.list()).Order("id").Find(&pauses).Error; err != nil {
		return err
	}
	var live []models.Touch
	if err := db.Where("prospect_id = ? AND enrollment_id IS NOT NULL AND state IN ?", v.Prospect.ID, liveTouchStates).Order("due_at").Find(&live).Error; err != nil {
		return err
	}
	for _, e := range runs {
		row := EnrollmentRow{Enrollment: e, Sequence: seqByID[e.SequenceID], Version: verByID[e.VersionID]}
		for _, p := range pauses {
			if p.EnrollmentID == e.ID {
				row.Enrollment.Pauses = append(row.Enrollment.Pauses, p)
			}
		}
		for i := range live {
			if *live[i].EnrollmentID == e.ID && row.Live == nil {
				row.Live = &live[i]
			}
		}
		v.Enrollments = append(v.Enrollments, row)
	}
	return nil
}

var liveTouchStates = []models.TouchState{models.TouchPlanned, models.TouchSending, models.TouchOpen, models.TouchUnconfirmed}

// loadWork: tasks, calls, appointments, commitments and what is known of the person's aims.
func loadWork(db *gorm.DB, v *PersonView) error {
	id := v.Prospect.ID
	if err := db.Where("prospect_id = ? AND state = ?", id, models.TaskOpen).Order("due_at, id").Find(&v.Tasks).Error; err != nil {
		return err
	}
	calls := db.Where("prospect_id = ? AND kind = ? AND state IN ?", id, models.TaskCall, []models.TaskState{models.TaskDone, models.TaskMissed})
	if err := v.earlierThan(calls, "closed_at").Order("closed_at DESC, id DESC").Limit(personCalls + 1).Find(&v.Calls).Error; err != nil {
		return err
	}
	v.Calls, v.MoreCalls = upTo(v.Calls, personCalls)
	if err := db.Where("prospect_id = ?", id).Order("starts_at DESC, id DESC").Limit(20).Find(&v.Appointments).Error; err != nil {
		return err
	}
	if err := db.Where("prospect_id = ?", id).Order("id DESC").Limit(20).Find(&v.Commitments).Error; err != nil {
		return err
	}
	var err error
	if v.Discovery, err = first[models.Discovery](db.Where("prospect_id = ?", id)); err != nil {
		return err
	}
	v.Pursuit, err = first[models.Pursuit](db.Where("prospect_id = ? AND ended_at IS NULL", id))
	return err
}

func loadHistory(db *gorm.DB, v *PersonView) error {
	id := v.Prospect.ID
	if err := v.earlierThan(db.Where("prospect_id = ?", id), "due_at").Order("due_at DESC, id DESC").Limit(personTouches + 1).Find(&v.Touches).Error; err != nil {
		return err
	}
	v.Touches, v.MoreTouches = upTo(v.Touches, personTouches)
	// What happened to the records that became this one is part of its history.
	ids, err := mergedInto(db, id)
	if err != nil {
		return err
	}
	err = v.earlierThan(db.Where("prospect_id IN ?", ids), "at").Order("id DESC").Limit(personEvents + 1).Find(&v.Events).Error
	v.Events, v.MoreEvents = upTo(v.Events, personEvents)
	return err
}

// upTo keeps the first n and tells whether there were more.
func upTo[T any](rows []T, n int) ([]T, bool) {
	if len(rows) > n {
		return rows[:n], true
	}
	return rows, false
}

// MergesInto are the records that became part of a person's, the newest first.
func (s *Store) MergesInto(ctx context.Context, id int64) ([]models.Merge, error) {
	db := s.reader(ctx)
	ids, err := mergedInto(db, id)
	if err != nil {
		return nil, err
	}
	return load[models.Merge](db.Where(anyOf(db, "keep_id", ids)).Order("id DESC").Limit(50))
}

// ProspectEdits is what was changed by hand, the newest first.
func (s *Store) ProspectEdits(ctx context.Context, id int64) ([]models.ProspectEdit, error) {
	var edits []models.ProspectEdit
	err := s.reader(ctx).Where("prospect_id = ?", id).Order("id DESC").Limit(100).Find(&edits).Error
	return edits, err
}

// MaySee tells whether a user may open a person: by whose they are, because a
// task about them is the user's, or an answer of the user's to them is on its
// way, which closed that task and may still be taken back.
func (s *Store) MaySee(ctx context.Context, sees Visibility, p models.Prospect) (bool, error) {
	if sees.All || p.OwnerID == sees.UserID {
		return true, nil
	}
	db := s.reader(ctx)
	var n int64
	if err := sees.owners(db.Model(&models.Prospect{}).Where("id = ?", p.ID), "owner_id").Limit(1).Count(&n).Error; err != nil || n > 0 {
		return n > 0, err
	}
	err := db.Model(&models.Task{}).Where("prospect_id = ? AND user_id = ? AND state IN ('open', 'upcoming')", p.ID, sees.UserID).Limit(1).Count(&n).Error
	if err != nil || n > 0 {
		return n > 0, err
	}
	err = db.Model(&models.Touch{}).Where("prospect_id = ? AND rep_id = ? AND state IN ('planned', 'sending') AND enrollment_id IS NULL AND step_key = 'answer'", p.ID, sees.UserID).Limit(1).Count(&n).Error
	return n > 0, err
}

// first loads one row, or nil where there is none.
func first[T any](q *gorm.DB) (*T, error) {
	var rows []T
	if err := q.Limit(1).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	return &rows[0], nil
}
