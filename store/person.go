package store

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"

	"followup/models"
)

// Person loads a prospect with everything decisions look at.
func (s *Store) Person(ctx context.Context, prospectID int64) (models.Person, error) {
	tx := s.read.WithContext(ctx)
	p, err := takeProspect(tx, prospectID)
	if err != nil {
		return models.Person{}, err
	}
	return loadPerson(tx, p, false)
}

// loadPerson loads what hangs on a prospect; with lock the live enrollments
// are locked too, after the prospect, as the lock order asks.
func loadPerson(tx *gorm.DB, p models.Prospect, lock bool) (models.Person, error) {
	person, err := loadOwn(tx, p, lock)
	if err != nil {
		return person, err
	}
	person.Colleagues, err = colleaguesOf(tx, p)
	return person, err
}

// loadOwn leaves the colleagues out.
func loadOwn(tx *gorm.DB, p models.Prospect, lock bool) (models.Person, error) {
	person := models.Person{Prospect: p}
	var err error
	if person.ContactPoints, err = contactPointsOf(tx, p.ID); err != nil {
		return person, err
	}
	if err = tx.Where("prospect_id = ?", p.ID).Order("id").Find(&person.Consents).Error; err != nil {
		return person, err
	}
	if person.Suppressions, err = suppressionsTouching(tx, p, person.ContactPoints); err != nil {
		return person, err
	}
	if person.Conversation, err = conversationOf(tx, p); err != nil {
		return person, err
	}
	if person.Settings, err = settingsIn(tx); err != nil {
		return person, err
	}
	person.Enrollments, err = liveEnrollments(tx, lock, "prospect_id = ?", p.ID)
	return person, err
}

// colleaguesOf are the live enrollments of others at the prospect's company.
func colleaguesOf(tx *gorm.DB, p models.Prospect) ([]models.LiveEnrollment, error) {
	if p.CompanyID == nil {
		return nil, nil
	}
	return liveEnrollments(tx, false, "prospect_id IN (SELECT id FROM prospects WHERE company_id = ? AND id <> ?)", *p.CompanyID, p.ID)
}

// sharingWith are the live enrollments of other records that hold an address.
func sharingWith(tx *gorm.DB, address string, prospectID int64) ([]models.LiveEnrollment, error) {
	if address == "" {
		return nil, nil
	}
	return liveEnrollments(tx, false, "prospect_id IN (SELECT prospect_id FROM contact_points WHERE value = ?) AND prospect_id <> ?", address, prospectID)
}

// contactPointsOf lists them in the prospect's order of preference.
func contactPointsOf(tx *gorm.DB, prospectID int64) ([]models.ContactPoint, error) {
	var points []models.ContactPoint
	err := tx.Where("prospect_id = ?", prospectID).Order("position, id").Find(&points).Error
	return points, err
}

// suppressionsTouching are the live orders that may cover the person.
func suppressionsTouching(tx *gorm.DB, p models.Prospect, points []models.ContactPoint) ([]models.Suppression, error) {
	values := []string{""}
	for _, cp := range points {
		values = append(values, cp.Value)
		if _, domain, ok := strings.Cut(cp.Value, "@"); ok {
			values = append(values, domain)
		}
	}
	var company int64
	if p.CompanyID != nil {
		company = *p.CompanyID
	}
	var all []models.Suppression
	// A union, for an OR over several columns reads the whole table on SQLite.
	err := tx.Where(`id IN (
		SELECT id FROM suppressions WHERE lifted_at IS NULL AND prospect_id = ? AND scope = 'person'
		UNION ALL SELECT id FROM suppressions WHERE lifted_at IS NULL AND company_id = ? AND scope = 'company'
		UNION ALL SELECT id FROM suppressions WHERE lifted_at IS NULL AND ? AND scope IN ('address', 'domain')
		UNION ALL SELECT id FROM suppressions WHERE lifted_at IS NULL AND value = '' AND scope = 'workspace')`,
		p.ID, company, anyOf(tx, "value", values)).Order("id").Find(&all).Error
	return all, err
}

// conversationOf reads the thread's head; a prospect nobody spoke with yet
// has an empty one.
func conversationOf(tx *gorm.DB, p models.Prospect) (models.Conversation, error) {
	var c models.Conversation
	err := tx.Where("prospect_id = ?", p.ID).Take(&c).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return models.Conversation{ProspectID: p.ID, AssigneeID: &p.OwnerID}, nil
	}
	return c, err
}

// keepConversation writes the thread's head, whether it is there yet or not.
func keepConversation(tx *gorm.DB, c models.Conversation) error {
	return tx.Save(&c).Error
}

// liveEnrollments loads enrollments that have not finished, with pauses and versions.
func liveEnrollments(tx *gorm.DB, lock bool, query string, args ...any) ([]models.LiveEnrollment, error) {
	q := tx.Session(&gorm.Session{})
	if lock {
		q = forUpdate(tx)
	}
	var es []models.Enrollment
	err := q.Where(query, args...).Where("state <> 'finished'").Order("id").Find(&es).Error
	if err != nil || len(es) == 0 {
		return nil, err
	}
	if err := loadPauses(tx, es); err != nil {
		return nil, err
	}
	versions := idSet{}
	for i := range es {
		versions.add(&es[i].VersionID)
	}
	byID, err := versionsByID(tx, versions.list())
	if err != nil {
		return nil, err
	}
	live := make([]models.LiveEnrollment, len(es))
	for i, e := range es {
		v, ok := byID[e.VersionID]
		if !ok {
			return nil, notFound(gorm.ErrRecordNotFound, "sequence version", e.VersionID)
		}
		live[i] = models.LiveEnrollment{Enrollment: e, Version: *v}
	}
	return live, nil
}

// enrollmentsWhere locks and loads enrollments, finished ones too, with pauses.
func enrollmentsWhere(tx *gorm.DB, query string, args ...any) ([]models.Enrollment, error) {
	var es []models.Enrollment
	if err := forUpdate(tx).Where(query, args...).Order("id").Find(&es).Error; err != nil {
		return nil, err
	}
	return es, loadPauses(tx, es)
}

func loadPauses(tx *gorm.DB, es []models.Enrollment) error {
	if len(es) == 0 {
		return nil
	}
	at := make(map[int64]int, len(es))
	ids := make([]int64, len(es))
	for i, e := range es {
		at[e.ID], ids[i] = i, e.ID
	}
	var pauses []models.Pause
	if err := tx.Where("enrollment_id IN ?", ids).Order("id").Find(&pauses).Error; err != nil {
		return err
	}
	for _, p := range pauses {
		e := &es[at[p.EnrollmentID]]
		e.Pauses = append(e.Pauses, p)
	}
	return nil
}
