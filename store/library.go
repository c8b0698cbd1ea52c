package store

import (
	"context"
	"fmt"
	"slices"
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

// Snippets are everybody's published ones and the user's own, by name.
func (s *Store) Snippets(ctx context.Context, userID int64) ([]models.Snippet, error) {
	return load[models.Snippet](s.reader(ctx).
		Where("retired_at IS NULL AND ((owner_id IS NULL AND state = 'published') OR owner_id = ?)", userID).
		Order("name, id").Limit(libraryLimit))
}

// Stories are the published ones that may be told, the newest first.
func (s *Store) Stories(ctx context.Context) ([]models.Story, error) {
	return load[models.Story](s.reader(ctx).
		Where("retired_at IS NULL AND state = 'published' AND permission <> ''").Order("id DESC").Limit(libraryLimit))
}

// Suggestions are the published ones that the prospect was never given, the
// ones that fit what stands in their way first.
func (s *Store) Suggestions(ctx context.Context, prospectID int64) ([]models.Suggestion, error) {
	tx := s.reader(ctx)
	all, err := load[models.Suggestion](tx.Where("retired_at IS NULL AND state = 'published'").
		Where("id NOT IN (SELECT suggestion_id FROM suggestion_uses WHERE prospect_id = ?)", prospectID).
		Order("id DESC").Limit(libraryLimit))
	if err != nil || len(all) == 0 {
		return all, err
	}
	in, err := obstaclesOf(tx, prospectID)
	if err != nil {
		return nil, err
	}
	fits := func(g models.Suggestion) int { return in.rank([]string{g.Obstacle}, g.Words) }
	slices.SortStableFunc(all, func(a, b models.Suggestion) int { return fits(b) - fits(a) })
	return all, nil
}

// GiveSuggestion notes that the prospect was given it; a second time changes nothing.
func (s *Store) GiveSuggestion(ctx context.Context, use models.SuggestionUse) error {
	return shown(s.inTx(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`INSERT INTO suggestion_uses (suggestion_id, prospect_id, user_id, touch_id, task_id, given_at)
			VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`, use.SuggestionID, use.ProspectID, use.UserID, use.TouchID, use.TaskID, use.GivenAt).Error
	}))
}

// TalkingPointsFor are the published, unexpired reasons for calling that the
// prospect has not heard: those that answer their own objections first, then
// those that answer others, then the newest.
func (s *Store) TalkingPointsFor(ctx context.Context, prospectID int64) ([]models.TalkingPoint, error) {
	tx := s.reader(ctx)
	all, err := load[models.TalkingPoint](tx.Where("retired_at IS NULL AND state = 'published' AND (expires_on = '' OR expires_on >= ?)", models.DateOf(s.clock(), time.UTC)).
		Where("id NOT IN (SELECT talking_point_id FROM talking_point_uses WHERE prospect_id = ?)", prospectID).
		Order("id DESC").Limit(libraryLimit))
	if err != nil || len(all) == 0 {
		return all, err
	}
	in, err := obstaclesOf(tx, prospectID)
	if err != nil {
		return nil, err
	}
	fits := func(tp models.TalkingPoint) int { return in.rank(tp.Answers, tp.Words) }
	slices.SortStableFunc(all, func(a, b models.TalkingPoint) int { return fits(b) - fits(a) })
	return all, nil
}

// obstacles are what stands between a prospect and us.
type obstacles struct {
	last  string   // the kind of the newest objection
	kinds []string // of all that no talking point has answered
	texts []string // in their own words
}

// objectionsLooked bounds how far back objections count.
const objectionsLooked = 20

func obstaclesOf(tx *gorm.DB, prospectID int64) (obstacles, error) {
	var o obstacles
	objections, err := load[models.Objection](tx.Where("prospect_id = ? AND kind <> 'none'", prospectID).Order("id DESC").Limit(objectionsLooked))
	if err != nil {
		return o, err
	}
	for _, ob := range objections {
		if ob.AnsweredBy != nil {
			continue
		}
		if o.last == "" {
			o.last = ob.Kind
		}
		o.kinds = append(o.kinds, ob.Kind)
		o.texts = append(o.texts, ob.Words)
	}
	known, err := load[models.Discovery](tx.Where("prospect_id = ?", prospectID))
	if err != nil {
		return o, err
	}
	for _, d := range known {
		o.texts = append(o.texts, d.Obstacle, d.WhyItFailed)
	}
	var lost int64
	err = tx.Model(&models.Enrollment{}).Where("prospect_id = ? AND outcome = ?", prospectID, models.FinishLost).Limit(1).Count(&lost).Error
	if lost > 0 {
		o.kinds = append(o.kinds, models.AnswersLost)
	}
	return o, err
}

// rank is higher the better an entry answers what stands in the way.
func (o obstacles) rank(answers []string, words string) int {
	rank := 0
	if models.AnswersAny(words, o.texts...) {
		rank += 4
	}
	if o.last != "" && slices.Contains(answers, o.last) {
		return rank + 2
	}
	for _, kind := range o.kinds {
		if slices.Contains(answers, kind) {
			return rank + 1
		}
	}
	return rank
}
