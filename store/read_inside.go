package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"followup/models"
)

// PeopleInside loads a page of what the people inside a sequence are planned
// by, in the order in which they entered it, from behind the enrollment after;
// made: only those who made one of these steps last. It counts them all.
func (s *Store) PeopleInside(ctx context.Context, sequenceID, after int64, made []string, limit int) ([]models.PlanInput, int64, error) {
	tx := s.read.WithContext(ctx)
	people := tx.Model(&models.Enrollment{}).Where(inside, sequenceID)
	if len(made) > 0 {
		people = people.Where("(SELECT t.step_key FROM touches t WHERE t.enrollment_id = enrollments.id AND t.kind <> 'booked_call' AND t.state <> 'canceled' AND t.ended_at IS NOT NULL ORDER BY t.ended_at DESC, t.id DESC LIMIT 1) IN ?", made)
	}
	people = people.Session(&gorm.Session{})
	var total int64
	if err := people.Count(&total).Error; err != nil {
		return nil, 0, err
	}
	var ids []int64
	if err := people.Where("enrollments.id > ?", after).Order("enrollments.id").Limit(limit).Pluck("enrollments.id", &ids).Error; err != nil || len(ids) == 0 {
		return nil, total, err
	}
	es, err := enrollmentsByID(tx, ids)
	if err != nil {
		return nil, 0, err
	}
	inputs, err := s.planInputs(tx, es, s.clock().UTC())
	if err != nil {
		return nil, 0, fmt.Errorf("people inside: %w", err)
	}
	return inputs, total, nil
}

// LastSteps counts the people inside by the step they made last.
func (s *Store) LastSteps(ctx context.Context, sequenceID int64) (map[string]int64, error) {
	var rows []struct {
		StepKey string
		N       int64
	}
	err := s.reader(ctx).Raw(`SELECT t.step_key, COUNT(*) AS n FROM enrollments e JOIN touches t ON t.id = (
		SELECT l.id FROM touches l WHERE l.enrollment_id = e.id AND l.kind <> 'booked_call' AND l.state <> 'canceled' AND l.ended_at IS NOT NULL
		ORDER BY l.ended_at DESC, l.id DESC LIMIT 1)
		WHERE e.sequence_id = ? AND e.state <> 'finished' GROUP BY t.step_key`, sequenceID).Scan(&rows).Error
	out := make(map[string]int64, len(rows))
	for _, r := range rows {
		out[r.StepKey] = r.N
	}
	return out, err
}

// DraftContext loads what previewing a sequence that is being written needs
// of a prospect; the sequence need not be published.
func (s *Store) DraftContext(ctx context.Context, prospectID int64, d models.Definition) (models.PlanInput, error) {
	tx := s.read.WithContext(ctx)
	p, err := takeProspect(tx, prospectID)
	if err != nil {
		return models.PlanInput{}, err
	}
	now := s.clock().UTC()
	e := models.Enrollment{ProspectID: p.ID, RepID: p.OwnerID, State: models.EnrollmentActive, StartedAt: now, UpdatedAt: now}
	if err := hangPreview(tx, d.Anchor, &e); err != nil {
		return models.PlanInput{}, err
	}
	// The planner's loading wants a version: any will do, what is written takes its place.
	if err := tx.Model(&models.SequenceVersion{}).Select("id").Order("id").Limit(1).Scan(&e.VersionID).Error; err != nil {
		return models.PlanInput{}, err
	}
	if e.VersionID == 0 {
		return models.PlanInput{}, models.Errorf(models.CodeNotFound, "no sequence is published yet; publish one, then previews work")
	}
	inputs, err := s.planInputs(tx, []models.Enrollment{e}, now)
	if err != nil {
		return models.PlanInput{}, fmt.Errorf("draft context: %w", err)
	}
	inputs[0].Version.Definition = d
	return inputs[0], withReached(tx, &inputs[0])
}

// VersionRow is a version in the history.
type VersionRow struct {
	models.SequenceVersion
	By     string // who published it; "" for the program
	Inside int64  // people on it who have not finished
	Coming int64  // people on their way to it
}

// ViewVersions lists every version of a sequence, newest first.
func (s *Store) ViewVersions(ctx context.Context, sequenceID int64) ([]VersionRow, error) {
	db := s.reader(ctx)
	var versions []models.SequenceVersion
	if err := db.Where("sequence_id = ?", sequenceID).Order("number DESC").Find(&versions).Error; err != nil {
		return nil, err
	}
	users := idSet{}
	for _, v := range versions {
		users.add(v.PublishedBy)
	}
	names, err := rowsByID(db, users.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, err
	}
	on, err := countInside(db, "version_id", sequenceID)
	if err != nil {
		return nil, err
	}
	coming, err := countInside(db, "pending_version_id", sequenceID)
	if err != nil {
		return nil, err
	}
	rows := make([]VersionRow, 0, len(versions))
	for _, v := range versions {
		row := VersionRow{SequenceVersion: v, Inside: on[v.ID], Coming: coming[v.ID]}
		if v.PublishedBy != nil {
			row.By = names[*v.PublishedBy].Name
		}
		rows = append(rows, row)
	}
	return rows, nil
}

func countInside(db *gorm.DB, column string, sequenceID int64) (map[int64]int64, error) {
	var rows []struct{ VersionID, N int64 }
	err := db.Model(&models.Enrollment{}).Select(column+" AS version_id, COUNT(*) AS n").
		Where(inside, sequenceID).Where(column + " IS NOT NULL").Group(column).Scan(&rows).Error
	out := make(map[int64]int64, len(rows))
	for _, r := range rows {
		out[r.VersionID] = r.N
	}
	return out, err
}

// SequenceChange is an entry of who changed what.
type SequenceChange struct {
	models.Event
	By string
}

// ViewSequenceChanges lists what was done to a sequence, newest first.
func (s *Store) ViewSequenceChanges(ctx context.Context, sequenceID int64, limit int) ([]SequenceChange, error) {
	db := s.reader(ctx)
	var events []models.Event
	err := db.Where("sequence_id = ? AND kind IN ?", sequenceID, []models.EventKind{models.EventPublished, models.EventSequenceArchived,
		models.EventSequenceOpened, models.EventSequenceShared, models.EventSequenceDrafted}).
		Order("id DESC").Limit(limit).Find(&events).Error
	if err != nil {
		return nil, err
	}
	var users []models.User
	if err := db.Find(&users).Error; err != nil {
		return nil, err
	}
	names := map[string]string{models.ActorSystem: "The program"}
	for _, u := range users {
		names[models.UserActor(u.ID)] = u.Name
	}
	out := make([]SequenceChange, len(events))
	for i, e := range events {
		out[i] = SequenceChange{Event: e, By: names[e.Actor]}
	}
	return out, nil
}
