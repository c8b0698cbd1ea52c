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
		Order("name, id").Limit(LibraryLimit))
}

// Stories are the published ones that may be told, the newest first.
func (s *Store) Stories(ctx context.Context) ([]models.Story, error) {
	return load[models.Story](s.reader(ctx).
		Where("retired_at IS NULL AND state = 'published' AND permission <> ''").Order("id DESC").Limit(LibraryLimit))
}

// Suggestions are the published ones that a prospect was never given: those
// against what stands in their way first, then the newest.
func (s *Store) Suggestions(ctx context.Context, prospectID int64) ([]models.Suggestion, error) {
	all, err := s.SuggestionsFor(ctx, []int64{prospectID})
	return all[prospectID], err
}

// SuggestionsFor are those of several prospects.
func (s *Store) SuggestionsFor(ctx context.Context, prospectIDs []int64) (map[int64][]models.Suggestion, error) {
	tx, out := s.reader(ctx), map[int64][]models.Suggestion{}
	all, err := load[models.Suggestion](tx.Where("retired_at IS NULL AND state = 'published'").Order("id DESC").Limit(LibraryLimit))
	if err != nil || len(all) == 0 || len(prospectIDs) == 0 {
		return out, err
	}
	given, err := grouped(tx, "prospect_id", prospectIDs, "id", func(u models.SuggestionUse) int64 { return u.ProspectID })
	if err != nil {
		return nil, err
	}
	against, err := obstaclesOf(tx, prospectIDs)
	if err != nil {
		return nil, err
	}
	for _, id := range prospectIDs {
		fresh := slices.DeleteFunc(slices.Clone(all), func(g models.Suggestion) bool {
			return slices.ContainsFunc(given[id], func(u models.SuggestionUse) bool { return u.SuggestionID == g.ID })
		})
		fits := func(g models.Suggestion) int { return against[id].rank([]string{g.Obstacle}, g.Words) }
		slices.SortStableFunc(fresh, func(a, b models.Suggestion) int { return fits(b) - fits(a) })
		out[id] = fresh
	}
	return out, nil
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

// ReasonFor loads a talking point that a prospect may be told: published, not
// out of date, and never heard by them.
func (s *Store) ReasonFor(ctx context.Context, prospectID, talkingPointID int64) (models.TalkingPoint, error) {
	db := s.reader(ctx)
	tp, err := s.TalkingPoint(ctx, talkingPointID)
	if err != nil {
		return tp, err
	}
	if tp.RetiredAt != nil || tp.State != models.LibraryPublished {
		return tp, models.Errorf(models.CodeRefused, "the reason %q is not published in the library; choose another", tp.Text)
	}
	if tp.ExpiresOn != "" && tp.ExpiresOn < models.DateOf(s.clock(), time.UTC) {
		return tp, models.Errorf(models.CodeRefused, "the reason %q was good until %s; choose another", tp.Text, tp.ExpiresOn)
	}
	use, err := first[models.TalkingPointUse](db.Where("prospect_id = ? AND talking_point_id = ?", prospectID, talkingPointID))
	if err != nil {
		return tp, err
	}
	if use != nil {
		return tp, models.Errorf(models.CodeRefused, "they have heard the reason %q already, on %s; choose another", tp.Text, use.HeardAt.Format(time.DateOnly))
	}
	return tp, nil
}

// TalkingPointsFor are the published, unexpired reasons for calling that the
// prospect has not heard: those that answer their own objections first, then
// those that answer others, then the newest.
func (s *Store) TalkingPointsFor(ctx context.Context, prospectID int64) ([]models.TalkingPoint, error) {
	tx := s.reader(ctx)
	all, err := load[models.TalkingPoint](tx.Where("retired_at IS NULL AND state = 'published' AND (expires_on = '' OR expires_on >= ?)", models.DateOf(s.clock(), time.UTC)).
		Where("id NOT IN (SELECT talking_point_id FROM talking_point_uses WHERE prospect_id = ?)", prospectID).
		Order("id DESC").Limit(LibraryLimit))
	if err != nil || len(all) == 0 {
		return all, err
	}
	against, err := obstaclesOf(tx, []int64{prospectID})
	if err != nil {
		return nil, err
	}
	in := against[prospectID]
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

func obstaclesOf(tx *gorm.DB, prospectIDs []int64) (map[int64]obstacles, error) {
	objections, err := grouped(tx.Where("kind <> 'none'"), "prospect_id", prospectIDs, "id DESC", func(o models.Objection) int64 { return o.ProspectID })
	if err != nil {
		return nil, err
	}
	known, err := pointers(tx, "prospect_id", prospectIDs, func(d models.Discovery) int64 { return d.ProspectID })
	if err != nil {
		return nil, err
	}
	var lost []int64
	err = tx.Model(&models.Enrollment{}).Where(anyOf(tx, "prospect_id", prospectIDs)).Where("outcome = ?", models.FinishLost).Distinct().Pluck("prospect_id", &lost).Error
	all := make(map[int64]obstacles, len(prospectIDs))
	for _, id := range prospectIDs {
		o := facing(objections[id][:min(len(objections[id]), objectionsLooked)], known[id])
		if slices.Contains(lost, id) {
			o.kinds = append(o.kinds, models.AnswersLost)
		}
		all[id] = o
	}
	return all, err
}

func facing(objections []models.Objection, known *models.Discovery) obstacles {
	var o obstacles
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
	if known != nil {
		o.texts = append(o.texts, known.Obstacle, known.WhyItFailed)
	}
	return o
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
