package store

import (
	"context"

	"gorm.io/gorm"

	"followup/models"
)

// Subject is a kind of record that a page names by its id and that speaks of a
// prospect.
type Subject string

const (
	SubjectProspect    Subject = "prospects"
	SubjectTask        Subject = "tasks"
	SubjectAppointment Subject = "appointments"
	SubjectEnrollment  Subject = "enrollments"
	SubjectCommitment  Subject = "commitments"
	SubjectMessage     Subject = "messages"
	SubjectAnswer      Subject = "touches" // one that has not left yet
)

var subjectNames = map[Subject]string{
	SubjectTask: "task", SubjectAppointment: "booked call", SubjectEnrollment: "enrollment", SubjectCommitment: "promise", SubjectMessage: "message", SubjectAnswer: "answer",
}

// subjectWorkers are the columns that hold whose work a record is.
var subjectWorkers = map[Subject]string{SubjectTask: "user_id", SubjectAppointment: "rep_id", SubjectAnswer: "rep_id"}

// About says of whom a record speaks, nil where of nobody, and whose work it
// is, 0 where nobody's. Who was merged is who took over.
func (s *Store) About(ctx context.Context, of Subject, id int64) (about *models.Prospect, worker int64, err error) {
	db := s.reader(ctx)
	prospectID := &id
	if of != SubjectProspect {
		columns := "prospect_id"
		if w, ok := subjectWorkers[of]; ok {
			columns += ", " + w + " AS worker"
		}
		var row []struct {
			ProspectID *int64
			Worker     int64
		}
		if err := db.Table(string(of)).Select(columns).Where("id = ?", id).Limit(1).Scan(&row).Error; err != nil {
			return nil, 0, err
		}
		if len(row) == 0 {
			return nil, 0, viewNotFound(gorm.ErrRecordNotFound, subjectNames[of])
		}
		prospectID, worker = row[0].ProspectID, row[0].Worker
	}
	for prospectID != nil {
		p, err := first[models.Prospect](db.Where("id = ?", *prospectID))
		if err != nil {
			return nil, 0, err
		}
		if p == nil {
			return nil, 0, viewNotFound(gorm.ErrRecordNotFound, "prospect")
		}
		about, prospectID = p, p.MergedInto
	}
	return about, worker, nil
}

// SeesCompany tells whether a company is one that a user works with: nobody is
// in it yet, or somebody whom the user sees.
func (s *Store) SeesCompany(ctx context.Context, sees Visibility, id int64) (bool, error) {
	if sees.All {
		return true, nil
	}
	db := s.reader(ctx)
	in := func() *gorm.DB {
		return db.Model(&models.Prospect{}).Select("id").Where("company_id = ? AND merged_into IS NULL AND erased_at IS NULL", id)
	}
	if anybody, err := first[models.Prospect](in()); err != nil || anybody == nil {
		return err == nil, err
	}
	seen, err := first[models.Prospect](sees.owners(in(), "owner_id"))
	return seen != nil, err
}
