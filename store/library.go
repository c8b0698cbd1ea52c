package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// entry is a row of the library: its kind in the audit trail, and where its
// id, state and revision lie.
type entry interface {
	models.TalkingPoint | models.Story | models.Suggestion | models.Snippet | models.VoicemailScript
}

// shelf gives the common columns of an entry by pointers.
type shelf struct {
	name      string // as messages and events say it
	id        *int64
	revision  *int64
	state     *models.LibraryState
	createdAt *time.Time
	updatedAt *time.Time
	retiredAt **time.Time
}

func shelfOf(row any) shelf {
	switch r := row.(type) {
	case *models.TalkingPoint:
		return shelf{"talking point", &r.ID, &r.Revision, &r.State, &r.CreatedAt, &r.UpdatedAt, &r.RetiredAt}
	case *models.Story:
		return shelf{"client story", &r.ID, &r.Revision, &r.State, &r.CreatedAt, &r.UpdatedAt, &r.RetiredAt}
	case *models.Suggestion:
		return shelf{"suggestion", &r.ID, &r.Revision, &r.State, &r.CreatedAt, &r.UpdatedAt, &r.RetiredAt}
	case *models.Snippet:
		return shelf{"snippet", &r.ID, &r.Revision, &r.State, &r.CreatedAt, &r.UpdatedAt, &r.RetiredAt}
	case *models.VoicemailScript:
		return shelf{"voicemail script", &r.ID, &r.Revision, &r.State, &r.CreatedAt, &r.UpdatedAt, &r.RetiredAt}
	}
	panic(fmt.Sprintf("store: %T is no entry of the library", row))
}

// saveEntry adds a row (id 0), or changes one that nobody has changed since
// its revision was read.
func saveEntry[T entry](ctx context.Context, s *Store, row T, by string, now time.Time) (T, error) {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		changed := row
		b := shelfOf(&changed)
		if *b.state == "" {
			*b.state = models.LibraryPublished
		}
		*b.updatedAt = now
		var what string
		if *b.id == 0 {
			*b.createdAt, *b.revision, what = now, 1, "added"
			if err := tx.Create(&changed).Error; err != nil {
				return err
			}
		} else {
			var old T
			if err := forUpdate(tx).Where("id = ?", *b.id).Take(&old).Error; err != nil {
				return notFound(err, b.name, *b.id)
			}
			o := shelfOf(&old)
			if *o.revision != *b.revision {
				return models.Errorf(models.CodeConflict, "somebody changed this %s while you were writing; both texts are below, put together what you want to keep", b.name)
			}
			*b.createdAt, *b.revision = *o.createdAt, *o.revision+1
			what = changeOf(o, b)
			if err := saveRow(tx, &changed); err != nil {
				return err
			}
		}
		row = changed
		return addEvents(tx, libraryEvent(b.name, *b.id, what, by, now))
	})
	return row, shown(err)
}

func changeOf(before, after shelf) string {
	switch {
	case *before.retiredAt == nil && *after.retiredAt != nil:
		return "retired"
	case *before.retiredAt != nil && *after.retiredAt == nil:
		return "restored"
	case *before.state != *after.state:
		return string(*after.state)
	}
	return "changed"
}

func libraryEvent(name string, id int64, what, by string, now time.Time) models.Event {
	return models.Event{
		At: now, Actor: by, Kind: models.EventLibrary, Code: what,
		Data: map[string]string{"entry": strings.ReplaceAll(name, " ", "_"), "id": strconv.FormatInt(id, 10)},
	}
}

// SaveTalkingPoint adds a reason for calling to the library, or changes one.
func (s *Store) SaveTalkingPoint(ctx context.Context, tp models.TalkingPoint, by string, now time.Time) (models.TalkingPoint, error) {
	return saveEntry(ctx, s, tp, by, now)
}

// SaveStory adds a client's story, or changes one.
func (s *Store) SaveStory(ctx context.Context, st models.Story, by string, now time.Time) (models.Story, error) {
	return saveEntry(ctx, s, st, by, now)
}

// SaveSuggestion adds a suggestion, or changes one.
func (s *Store) SaveSuggestion(ctx context.Context, su models.Suggestion, by string, now time.Time) (models.Suggestion, error) {
	return saveEntry(ctx, s, su, by, now)
}

// SaveSnippet adds a snippet, or changes one.
func (s *Store) SaveSnippet(ctx context.Context, sn models.Snippet, by string, now time.Time) (models.Snippet, error) {
	return saveEntry(ctx, s, sn, by, now)
}

// SaveVoicemailScript adds a script, or changes one.
func (s *Store) SaveVoicemailScript(ctx context.Context, v models.VoicemailScript, by string, now time.Time) (models.VoicemailScript, error) {
	return saveEntry(ctx, s, v, by, now)
}

// GiveSuggestion notes that the prospect was given it; a second time changes nothing.
func (s *Store) GiveSuggestion(ctx context.Context, use models.SuggestionUse) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		if err := tx.Where("id = ?", use.SuggestionID).Take(&models.Suggestion{}).Error; err != nil {
			return notFound(err, "suggestion", use.SuggestionID)
		}
		return tx.Exec(`INSERT INTO suggestion_uses (suggestion_id, prospect_id, user_id, touch_id, task_id, given_at)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, use.SuggestionID, use.ProspectID, use.UserID, use.TouchID, use.TaskID, use.GivenAt).Error
	}))
}
