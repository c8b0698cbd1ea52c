package store

import (
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// RawDB lets the tests of this package arrange rows and look at them.
func RawDB(s *Store) *gorm.DB { return s.write }

// EnrollmentNow is an enrollment with its pauses, and nothing that planning needs.
func EnrollmentNow(s *Store, id int64) (models.Enrollment, error) {
	es := make([]models.Enrollment, 1)
	if err := s.write.Where("id = ?", id).Take(&es[0]).Error; err != nil {
		return es[0], err
	}
	err := loadPauses(s.write, es)
	return es[0], err
}

// ProspectsSQL is the statement that reads a page of a list of prospects.
func ProspectsSQL(s *Store, f ProspectFilter) string {
	return s.read.ToSQL(func(tx *gorm.DB) *gorm.DB {
		return pageProspects(filterProspects(tx, f), f).Limit(51).Find(&[]models.Prospect{})
	})
}

// DriftingSQL is the one that reads a page of those with no dated next step.
func DriftingSQL(s *Store, ownerID int64, after string) string {
	return s.read.ToSQL(func(tx *gorm.DB) *gorm.DB {
		return pageDrifting(driftingOf(tx, Everything, ownerID, s.clock()), after).Limit(51).Find(&[]models.Prospect{})
	})
}

// CursorAt is the place behind somebody in a list that is sorted by a time.
func CursorAt(at time.Time, id int64) string {
	return encodeCursor(at.UTC().Format(time.RFC3339Nano), strconv.FormatInt(id, 10))
}
