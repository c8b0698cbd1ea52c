package store

import (
	"context"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// libraryLooked bounds how many entries of a shelf are compared with what
// stands in somebody's way; the rest are found by their words.
const libraryLooked = 2_000

// Snippets are everybody's published ones and the user's own that hold these
// words, by name; more: there are others.
func (s *Store) Snippets(ctx context.Context, userID int64, words string) (found []models.Snippet, more bool, err error) {
	q := s.reader(ctx).Where("retired_at IS NULL AND ((owner_id IS NULL AND state = 'published') OR owner_id = ?)", userID)
	q = holding(q, words, shelfColumns[models.Snippet]())
	if first, _, _ := strings.Cut(strings.TrimSpace(words), " "); first != "" { // what it is called by before what it says
		q = q.Order(clause.OrderBy{Expression: clause.Expr{SQL: "CASE WHEN LOWER(name) LIKE ? ESCAPE '!' THEN 0 ELSE 1 END, name, id", Vars: []any{likePattern(first, true)}}})
	} else {
		q = q.Order("name, id")
	}
	found, err = load[models.Snippet](q.Limit(LibraryLimit + 1))
	more = len(found) > LibraryLimit
	return found[:min(len(found), LibraryLimit)], more, err
}

// Stories are the published ones that may be told and hold these words: those
// that answer what stands in the prospect's way first, then the newest.
func (s *Store) Stories(ctx context.Context, prospectID int64, words string) ([]models.Story, error) {
	tx := s.reader(ctx)
	against, err := obstaclesOf(tx, []int64{prospectID})
	if err != nil {
		return nil, err
	}
	in := against[prospectID]
	q := tx.Where("retired_at IS NULL AND state = 'published' AND permission <> ''")
	return chosen(tx, holding(q, words, shelfColumns[models.Story]()), "id, answers",
		func(st models.Story) (int64, int) { return st.ID, in.rank(st.Answers, "") })
}

// chosen are the rows of a shelf that fit best, then the newest. Only what
// they are compared by is read of all; the rest of those that are returned.
func chosen[T entry](tx, q *gorm.DB, compared string, fits func(T) (id int64, rank int)) ([]T, error) {
	all, err := load[T](q.Select(compared).Order("id DESC").Limit(libraryLooked))
	if err != nil || len(all) == 0 {
		return nil, err
	}
	place := make(map[int64]int, len(all)) // by rank, then age
	best := make([]int64, len(all))
	ranks := make(map[int64]int, len(all))
	for i, row := range all {
		id, rank := fits(row)
		best[i], ranks[id] = id, rank
	}
	slices.SortStableFunc(best, func(a, b int64) int { return ranks[b] - ranks[a] })
	best = best[:min(len(best), LibraryLimit)]
	for i, id := range best {
		place[id] = i
	}
	rows, err := load[T](tx.Where(anyOf(tx, "id", best)))
	slices.SortFunc(rows, func(a, b T) int { return place[*shelfOf(&a).id] - place[*shelfOf(&b).id] })
	return rows, err
}

// Suggestions are the published ones that a prospect was never given and that
// hold these words: those against what stands in their way first, then the newest.
func (s *Store) Suggestions(ctx context.Context, prospectID int64, words string) ([]models.Suggestion, error) {
	all, err := s.suggestionsFor(ctx, []int64{prospectID}, words)
	return all[prospectID], err
}

// SuggestionsFor are those of several prospects.
func (s *Store) SuggestionsFor(ctx context.Context, prospectIDs []int64) (map[int64][]models.Suggestion, error) {
	return s.suggestionsFor(ctx, prospectIDs, "")
}

func (s *Store) suggestionsFor(ctx context.Context, prospectIDs []int64, words string) (map[int64][]models.Suggestion, error) {
	tx, out := s.reader(ctx), map[int64][]models.Suggestion{}
	if len(prospectIDs) == 0 {
		return out, nil
	}
	given, err := grouped(tx, "prospect_id", prospectIDs, "id", func(u models.SuggestionUse) int64 { return u.ProspectID })
	if err != nil {
		return nil, err
	}
	against, err := obstaclesOf(tx, prospectIDs)
	if err != nil {
		return nil, err
	}
	all, err := load[models.Suggestion](holding(tx.Where("retired_at IS NULL AND state = 'published'"), words, shelfColumns[models.Suggestion]()).
		Order("id DESC").Limit(libraryLooked))
	if err != nil || len(all) == 0 {
		return out, err
	}
	for _, id := range prospectIDs {
		had := make(map[int64]bool, len(given[id]))
		for _, u := range given[id] {
			had[u.SuggestionID] = true
		}
		var fresh []models.Suggestion
		ranks := map[int64]int{}
		for _, g := range all {
			if !had[g.ID] {
				fresh, ranks[g.ID] = append(fresh, g), against[id].rank([]string{g.Obstacle}, g.Words)
			}
		}
		slices.SortStableFunc(fresh, func(a, b models.Suggestion) int { return ranks[b.ID] - ranks[a.ID] })
		out[id] = fresh[:min(len(fresh), LibraryLimit)]
	}
	return out, nil
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
// prospect has not heard and that hold these words: those that answer their
// own objections first, then those that answer others, then the newest.
func (s *Store) TalkingPointsFor(ctx context.Context, prospectID int64, words string) ([]models.TalkingPoint, error) {
	tx := s.reader(ctx)
	against, err := obstaclesOf(tx, []int64{prospectID})
	if err != nil {
		return nil, err
	}
	in := against[prospectID]
	q := tx.Where("retired_at IS NULL AND state = 'published' AND (expires_on = '' OR expires_on >= ?)", models.DateOf(s.clock(), time.UTC)).
		Where("id NOT IN (SELECT talking_point_id FROM talking_point_uses WHERE prospect_id = ?)", prospectID)
	return chosen(tx, holding(q, words, shelfColumns[models.TalkingPoint]()), "id, answers, words",
		func(tp models.TalkingPoint) (int64, int) { return tp.ID, in.rank(tp.Answers, tp.Words) })
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
