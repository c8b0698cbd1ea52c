package store

import (
	"context"

	"followup/models"
)

// SandboxPerson is somebody to be played in the sandbox.
type SandboxPerson struct {
	Who
	Last models.Message
}

// sandboxRecent is how many of our newest messages are looked at for whom they reached.
const sandboxRecent = 2000

// ViewSandboxPeople lists those whom we have written to or called through the
// sandbox, the latest first.
func (s *Store) ViewSandboxPeople(ctx context.Context, sees Visibility, limit int) ([]SandboxPerson, error) {
	db := s.reader(ctx)
	var last []models.Message
	recent := db.Model(&models.Message{}).Select("id, prospect_id").
		Where("provider = ? AND direction = ? AND prospect_id IS NOT NULL", models.ProviderSandbox, models.Outbound).
		Order("id DESC").Limit(sandboxRecent)
	if !sees.All {
		recent = recent.Where("prospect_id IN (?)", sees.owners(db.Model(&models.Prospect{}).Select("id"), "owner_id"))
	}
	err := db.Where("id IN (?)", db.Table("(?) AS recent", recent).Select("MAX(id)").Group("prospect_id")).
		Order("id DESC").Limit(limit).Find(&last).Error
	if err != nil {
		return nil, err
	}
	ids := idSet{}
	for _, m := range last {
		ids.add(m.ProspectID)
	}
	who, err := s.whoByID(db, ids.list())
	if err != nil {
		return nil, err
	}
	out := make([]SandboxPerson, 0, len(last))
	for _, m := range last {
		out = append(out, SandboxPerson{Who: who[*m.ProspectID], Last: m})
	}
	return out, nil
}

// SandboxThread is what a played customer sees: our messages to them and
// what they wrote, oldest first.
type SandboxThread struct {
	Who
	Messages []models.Message
	Points   []models.ContactPoint
	Senders  []models.Sender // the sandbox's, without credentials
}

// ViewSandboxThread loads one person's phone and inbox.
func (s *Store) ViewSandboxThread(ctx context.Context, prospectID int64) (SandboxThread, error) {
	db := s.reader(ctx)
	var v SandboxThread
	who, err := s.whoByID(db, []int64{prospectID})
	if err != nil {
		return v, err
	}
	var ok bool
	if v.Who, ok = who[prospectID]; !ok {
		return v, models.Errorf(models.CodeNotFound, "There is no prospect here to play. Go back to the sandbox and choose one.")
	}
	var newest []models.Message
	if err := db.Where("prospect_id = ?", prospectID).Order("id DESC").Limit(personMessages).Find(&newest).Error; err != nil {
		return v, err
	}
	for i := len(newest) - 1; i >= 0; i-- {
		v.Messages = append(v.Messages, newest[i])
	}
	if err := db.Where("prospect_id = ?", prospectID).Order("position, id").Find(&v.Points).Error; err != nil {
		return v, err
	}
	err = db.Where("provider = ?", models.ProviderSandbox).Order("id").Find(&v.Senders).Error
	return v, err
}
