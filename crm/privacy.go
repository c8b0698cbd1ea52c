package crm

import (
	"context"
	"io"
	"strings"
	"time"

	"followup/models"
)

// PrivacyStore is what a person's right to their data needs.
type PrivacyStore interface {
	// Erase replaces what is held of a person by tombstones; orders not to
	// contact hold on by a keyed hash.
	Erase(ctx context.Context, prospectID int64, forbid bool, by string, now time.Time) error
	// ExportPerson writes all that is held of a person as JSON.
	ExportPerson(ctx context.Context, prospectID int64, w io.Writer, by string, now time.Time) error
	// Retain blanks the content that is older than the workspace keeps it.
	Retain(ctx context.Context, r models.Retention, now time.Time) (int, error)
}

// maxRetention is a hundred years: longer is "for good", which is 0.
const maxRetention = 36500

// Erase asks for the person's name first: it cannot be undone.
func (s *Service) Erase(ctx context.Context, actor string, prospectID int64, typed string, forbid bool) error {
	person, err := s.Store.Person(ctx, prospectID)
	if err != nil {
		return err
	}
	if name := person.Prospect.Name(); !strings.EqualFold(strings.TrimSpace(typed), name) {
		return models.Invalid("name", "type %q to erase them; it cannot be undone", name)
	}
	if err := s.Store.Erase(ctx, prospectID, forbid, actor, s.Clock()); err != nil {
		return err
	}
	s.wake()
	return nil
}

// ExportPerson writes what is held of a person.
func (s *Service) ExportPerson(ctx context.Context, actor string, prospectID int64, w io.Writer) error {
	return s.Store.ExportPerson(ctx, prospectID, w, actor, s.Clock())
}

// SetRetention saves for how many days each kind of content is kept.
func (s *Service) SetRetention(ctx context.Context, actor string, days map[models.RetainedKind]int) error {
	for kind, n := range days {
		if n < 0 || n > maxRetention {
			return models.Invalid(string(kind), "give a number of days up to %d; 0 keeps it for good", maxRetention)
		}
	}
	_, err := s.Store.ChangeSettings(ctx, "retention", actor, s.Clock(), func(set *models.Settings) error {
		set.Retention = models.Retention{
			Raw: days[models.RetainedRaw], Messages: days[models.RetainedMessages], Recordings: days[models.RetainedRecordings],
			Uploads: days[models.RetainedUploads], Notices: days[models.RetainedNotices],
		}
		return nil
	})
	return err
}

// CleanUp is the nightly job.
func (s *Service) CleanUp(ctx context.Context, now time.Time) error {
	set, err := s.Store.Settings(ctx)
	if err != nil {
		return err
	}
	n, err := s.Store.Retain(ctx, set.Retention, now)
	if n > 0 {
		s.Log.InfoContext(ctx, "content went by its age", "rows", n)
	}
	return err
}
