package store

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"gorm.io/gorm"

	"followup/models"
)

// ShelfFilter is what of a shelf is asked for.
type ShelfFilter struct {
	Words   string // each of them stands somewhere in the entry
	Kind    string // of talking points; "": every kind
	Retired bool
	After   string // cursor
}

// ShelfPage is a page of it.
type ShelfPage[T any] struct {
	Rows  []T
	Next  string // cursor; "" on the last page
	Total Count
}

// PointRow is a talking point with how many have heard it.
type PointRow struct {
	models.TalkingPoint
	Heard int
	Owner string
}

// ViewTalkingPoints lists the library's reasons for calling: drafts first,
// then the newest, as every shelf does.
func (s *Store) ViewTalkingPoints(ctx context.Context, f ShelfFilter) (ShelfPage[PointRow], error) {
	tx := s.reader(ctx)
	q := tx
	if f.Kind != "" {
		q = q.Where("kind = ?", f.Kind)
	}
	points, err := shelfOrder(q, f, func(tp models.TalkingPoint) (models.LibraryState, int64) { return tp.State, tp.ID })
	page := ShelfPage[PointRow]{Next: points.Next, Total: points.Total}
	if err != nil || len(points.Rows) == 0 {
		return page, err
	}
	ids, owners := make([]int64, len(points.Rows)), idSet{}
	for i, p := range points.Rows {
		ids[i] = p.ID
		owners.add(p.OwnerID)
	}
	heard, err := counted(tx, "talking_point_uses", "talking_point_id", ids)
	if err != nil {
		return page, err
	}
	names, err := namesOf(tx, owners)
	if err != nil {
		return page, err
	}
	page.Rows = make([]PointRow, len(points.Rows))
	for i, p := range points.Rows {
		page.Rows[i] = PointRow{TalkingPoint: p, Heard: heard[p.ID]}
		if p.OwnerID != nil {
			page.Rows[i].Owner = names[*p.OwnerID]
		}
	}
	return page, nil
}

// PointsWrittenBy counts the talking points on offer or proposed that are somebody's.
func (s *Store) PointsWrittenBy(ctx context.Context, userID int64) (Count, error) {
	return countTo(s.reader(ctx).Model(&models.TalkingPoint{}).Where("retired_at IS NULL AND owner_id = ?", userID), countLimit)
}

// ViewStories lists the shelf of clients' stories.
func (s *Store) ViewStories(ctx context.Context, f ShelfFilter) (ShelfPage[models.Story], error) {
	return shelfOrder(s.reader(ctx), f, func(st models.Story) (models.LibraryState, int64) { return st.State, st.ID })
}

// SuggestionRow is a suggestion with how many were given it.
type SuggestionRow struct {
	models.Suggestion
	Given int
}

// ViewSuggestions lists the shelf of suggestions.
func (s *Store) ViewSuggestions(ctx context.Context, f ShelfFilter) (ShelfPage[SuggestionRow], error) {
	tx := s.reader(ctx)
	found, err := shelfOrder(tx, f, func(g models.Suggestion) (models.LibraryState, int64) { return g.State, g.ID })
	page := ShelfPage[SuggestionRow]{Next: found.Next, Total: found.Total}
	if err != nil || len(found.Rows) == 0 {
		return page, err
	}
	ids := make([]int64, len(found.Rows))
	for i, r := range found.Rows {
		ids[i] = r.ID
	}
	given, err := counted(tx, "suggestion_uses", "suggestion_id", ids)
	for _, r := range found.Rows {
		page.Rows = append(page.Rows, SuggestionRow{r, given[r.ID]})
	}
	return page, err
}

// ViewSnippets lists everybody's snippets and the user's own.
func (s *Store) ViewSnippets(ctx context.Context, userID int64, f ShelfFilter) (ShelfPage[models.Snippet], error) {
	return shelfOrder(s.reader(ctx).Where("owner_id IS NULL OR owner_id = ?", userID), f,
		func(sn models.Snippet) (models.LibraryState, int64) { return sn.State, sn.ID })
}

// draftsFirst is 0 for a proposal, which waits for somebody.
const draftsFirst = "CASE WHEN state = 'draft' THEN 0 ELSE 1 END"

// shelfOrder is a page of a shelf: drafts first, then the newest.
func shelfOrder[T entry](q *gorm.DB, f ShelfFilter, key func(T) (models.LibraryState, int64)) (ShelfPage[T], error) {
	var page ShelfPage[T]
	q = holding(q.Model(new(T)).Where("(retired_at IS NOT NULL) = ?", f.Retired), f.Words, shelfColumns[T]()).Session(&gorm.Session{})
	var err error
	if page.Total, err = countTo(q, countLimit); err != nil {
		return page, err
	}
	if c, ok := decodeCursor(f.After, 2); ok {
		rank, err1 := strconv.Atoi(c[0])
		id, err2 := strconv.ParseInt(c[1], 10, 64)
		if err1 == nil && err2 == nil {
			q = q.Where(draftsFirst+" > ? OR ("+draftsFirst+" = ? AND id < ?)", rank, rank, id)
		}
	}
	page.Rows, err = load[T](q.Order(draftsFirst + ", id DESC").Limit(pageLimit + 1))
	if len(page.Rows) > pageLimit {
		page.Rows = page.Rows[:pageLimit]
		state, id := key(page.Rows[pageLimit-1])
		rank := "1"
		if state == models.LibraryDraft {
			rank = "0"
		}
		page.Next = encodeCursor(rank, strconv.FormatInt(id, 10))
	}
	return page, err
}

// shelfColumns are the columns of an entry that its words are looked for in.
func shelfColumns[T entry]() []string {
	var row T
	switch any(row).(type) {
	case models.TalkingPoint:
		return []string{"text", "source", "words"}
	case models.Story:
		return []string{"title", "client", "before_text", "after_text"}
	case models.Suggestion:
		return []string{"text", "words"}
	}
	return []string{"name", "text"} // snippets and voicemail scripts
}

// holding narrows to the rows in which each of the words stands somewhere.
func holding(q *gorm.DB, words string, columns []string) *gorm.DB {
	for i, word := range strings.Fields(words) {
		if i == maxWords {
			break
		}
		var either []string
		var args []any
		for _, column := range columns {
			for _, spelled := range spellings(word) {
				either = append(either, "LOWER("+column+") LIKE ? ESCAPE '!'")
				args = append(args, spelled)
			}
		}
		q = q.Where(strings.Join(either, " OR "), args...)
	}
	return q
}

// spellings are the patterns of a word. SQLite's LOWER knows ASCII only: of a
// word with other letters those may stand there as capitals still, the first
// or all of them.
func spellings(word string) []string {
	low := strings.ToLower(word)
	all := []string{likeAnywhere(low)}
	for n := range 2 {
		capitals := []rune(low)
		for i, r := range capitals {
			if r > unicode.MaxASCII && (n == 1 || i == 0) {
				capitals[i] = unicode.ToUpper(r)
			}
		}
		if p := likeAnywhere(string(capitals)); !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}
