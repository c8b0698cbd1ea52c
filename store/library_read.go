package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// entryByID loads an entry of the library.
func entryByID[T entry](ctx context.Context, s *Store, what string, id int64) (T, error) {
	var row T
	err := s.reader(ctx).Where("id = ?", id).Take(&row).Error
	return row, viewNotFound(err, what)
}

// TalkingPoint loads one entry of the library, as the next four do.
func (s *Store) TalkingPoint(ctx context.Context, id int64) (models.TalkingPoint, error) {
	return entryByID[models.TalkingPoint](ctx, s, "talking point", id)
}

// Story loads one.
func (s *Store) Story(ctx context.Context, id int64) (models.Story, error) {
	return entryByID[models.Story](ctx, s, "client story", id)
}

// Suggestion loads one.
func (s *Store) Suggestion(ctx context.Context, id int64) (models.Suggestion, error) {
	return entryByID[models.Suggestion](ctx, s, "suggestion", id)
}

// Snippet loads one.
func (s *Store) Snippet(ctx context.Context, id int64) (models.Snippet, error) {
	return entryByID[models.Snippet](ctx, s, "snippet", id)
}

// LibraryScript loads a voicemail script.
func (s *Store) LibraryScript(ctx context.Context, id int64) (models.VoicemailScript, error) {
	return entryByID[models.VoicemailScript](ctx, s, "voicemail script", id)
}

// counted counts the rows of a table by one of its columns. Names are ours.
func counted(tx *gorm.DB, table, column string, ids []int64) (map[int64]int, error) {
	var rows []struct {
		ID int64
		N  int
	}
	err := tx.Table(table).Select(column + " AS id, COUNT(*) AS n").Where(anyOf(tx, column, ids)).Group(column).Scan(&rows).Error
	out := make(map[int64]int, len(rows))
	for _, r := range rows {
		out[r.ID] = r.N
	}
	return out, err
}

func namesOf(tx *gorm.DB, ids idSet) (map[int64]string, error) {
	out := map[int64]string{}
	if len(ids) == 0 {
		return out, nil
	}
	users, err := rowsByID(tx, ids.list(), func(u models.User) int64 { return u.ID })
	for id, u := range users {
		out[id] = u.Name
	}
	return out, err
}

// Heard is a prospect who has heard a talking point, or was given a suggestion.
type Heard struct {
	UseID      int64
	ProspectID int64
	FirstName  string
	LastName   string
	At         time.Time
}

// Name of the prospect.
func (h Heard) Name() string {
	return models.Prospect{FirstName: h.FirstName, LastName: h.LastName}.Name()
}

// heardPage is how many people one page lists.
const heardPage = 100

// WhoHeard lists who has heard a talking point, the latest first, page by
// page, and counts all.
func (s *Store) WhoHeard(ctx context.Context, pointID int64, v Visibility, after string) (ShelfPage[Heard], error) {
	return s.whoGot(ctx, "talking_point_uses", "talking_point_id", "heard_at", pointID, v, after)
}

// WhoGot lists who was given a suggestion, in the same way.
func (s *Store) WhoGot(ctx context.Context, suggestionID int64, v Visibility, after string) (ShelfPage[Heard], error) {
	return s.whoGot(ctx, "suggestion_uses", "suggestion_id", "given_at", suggestionID, v, after)
}

func (s *Store) whoGot(ctx context.Context, table, column, at string, id int64, v Visibility, after string) (ShelfPage[Heard], error) {
	var page ShelfPage[Heard]
	q := v.owners(s.reader(ctx).Table(table+" u").Joins("JOIN prospects p ON p.id = u.prospect_id").Where("u."+column+" = ?", id), "p.owner_id").Session(&gorm.Session{})
	var err error
	if page.Total, err = countTo(q, countLimit); err != nil {
		return page, err
	}
	if when, use, ok := timeCursor(after); ok {
		q = q.Where("(u."+at+", u.id) < (?, ?)", when, use)
	}
	err = q.Select("u.id AS use_id, p.id AS prospect_id, p.first_name, p.last_name, u." + at + " AS at").
		Order("u." + at + " DESC, u.id DESC").Limit(heardPage + 1).Scan(&page.Rows).Error
	if len(page.Rows) > heardPage {
		page.Rows = page.Rows[:heardPage]
		last := page.Rows[heardPage-1]
		page.Next = encodeCursor(last.At.UTC().Format(time.RFC3339Nano), strconv.FormatInt(last.UseID, 10))
	}
	return page, err
}

// Answerable is a prospect whose objection or loss a talking point answers.
type Answerable struct {
	ProspectID int64
	FirstName  string
	LastName   string
	Company    string
	Owner      string
	Kind       string // of the objection, or models.AnswersLost
	Words      string // their own
	At         time.Time
	Running    bool // they are in a sequence now
}

// Name of the prospect.
func (a Answerable) Name() string {
	return models.Prospect{FirstName: a.FirstName, LastName: a.LastName}.Name()
}

// Answerables is a page of whom a talking point answers.
type Answerables struct {
	Rows  []Answerable
	Next  string // cursor; "" on the last page
	Total Count
	Idle  Count // of those, who are in no sequence now
}

// answerablePage is how many people one page lists; answerableCount is where
// counting them stops.
const answerablePage, answerableCount = 100, 10_000

// AnsweredBy lists who may be called again with a talking point: people with
// an unanswered objection of a kind that it answers, or in whose objection or
// obstacle one of its words stands, and people whom we lost, where it answers
// that; none who has heard it or asked us to stop. Each comes once, with the
// newest ground.
func (s *Store) AnsweredBy(ctx context.Context, tp models.TalkingPoint, v Visibility, after string) (Answerables, error) {
	var page Answerables
	everybody := s.answered(ctx, tp, v)
	if everybody == nil {
		return page, nil
	}
	var err error
	if page.Total, err = countTo(everybody, answerableCount); err != nil {
		return page, err
	}
	if page.Idle, err = countTo(everybody.Where(idle), answerableCount); err != nil {
		return page, err
	}
	q := everybody.Joins("LEFT JOIN companies c ON c.id = p.company_id").Joins("JOIN users o ON o.id = p.owner_id")
	if at, id, ok := timeCursor(after); ok {
		q = q.Where("(g.at < ? OR (g.at = ? AND g.prospect_id > ?))", at, at, id)
	}
	err = q.Select(`g.prospect_id, p.first_name, p.last_name, COALESCE(c.name, '') AS company, o.name AS owner, g.kind, g.words, g.at,
			NOT (` + idle + `) AS running`).
		Order("g.at DESC, g.prospect_id").Limit(answerablePage + 1).Scan(&page.Rows).Error
	if len(page.Rows) > answerablePage {
		page.Rows = page.Rows[:answerablePage]
		last := page.Rows[answerablePage-1]
		page.Next = encodeCursor(last.At.UTC().Format(time.RFC3339Nano), strconv.FormatInt(last.ProspectID, 10))
	}
	return page, err
}

// AnsweredIDs are those of them who are in no sequence now.
func (s *Store) AnsweredIDs(ctx context.Context, tp models.TalkingPoint, v Visibility, limit int) ([]int64, error) {
	everybody := s.answered(ctx, tp, v)
	if everybody == nil {
		return nil, nil
	}
	var ids []int64
	err := everybody.Where(idle).Order("g.at DESC, g.prospect_id").Limit(limit).Pluck("g.prospect_id", &ids).Error
	return ids, err
}

const idle = "NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.prospect_id = p.id AND e.state <> 'finished')"

// answered are they, each once; nil where the talking point answers nothing.
func (s *Store) answered(ctx context.Context, tp models.TalkingPoint, v Visibility) *gorm.DB {
	grounds, args := answeredGrounds(tp)
	if grounds == "" {
		return nil
	}
	newest := "(SELECT u.*, ROW_NUMBER() OVER (PARTITION BY u.prospect_id ORDER BY u.at DESC, u.kind) AS nth FROM (" + grounds + ") u) g"
	q := s.reader(ctx).Table(newest, args...).
		Joins("JOIN prospects p ON p.id = g.prospect_id").
		Where("g.nth = 1 AND p.erased_at IS NULL AND p.merged_into IS NULL").
		Where("NOT EXISTS (SELECT 1 FROM talking_point_uses u WHERE u.prospect_id = p.id AND u.talking_point_id = ?)", tp.ID).
		Where("NOT EXISTS (SELECT 1 FROM suppressions s WHERE s.prospect_id = p.id AND s.lifted_at IS NULL AND s.channel = '')")
	return v.owners(q, "p.owner_id").Session(&gorm.Session{})
}

// answeredGrounds is the union of why somebody may be called again.
func answeredGrounds(tp models.TalkingPoint) (string, []any) {
	var parts []string
	var args []any
	var kinds []string
	for _, a := range tp.Answers {
		if a == models.AnswersLost {
			parts = append(parts, `SELECT prospect_id, 'lost' AS kind, '' AS words, finished_at AS at FROM enrollments WHERE outcome = 'lost' AND finished_at IS NOT NULL`)
			continue
		}
		kinds = append(kinds, a)
	}
	if len(kinds) > 0 {
		parts = append(parts, `SELECT prospect_id, kind, words, created_at AS at FROM objections WHERE answered_by IS NULL AND kind IN (?)`)
		args = append(args, kinds)
	}
	for _, word := range wordsOf(tp.Words) {
		parts = append(parts,
			`SELECT prospect_id, kind, words, created_at AS at FROM objections WHERE answered_by IS NULL AND kind <> 'none' AND LOWER(words) LIKE ? ESCAPE '!'`,
			`SELECT prospect_id, 'obstacle' AS kind, obstacle AS words, updated_at AS at FROM discoveries WHERE LOWER(obstacle) LIKE ? ESCAPE '!' OR LOWER(why_it_failed) LIKE ? ESCAPE '!'`)
		pattern := likePattern(word, true)
		args = append(args, pattern, pattern, pattern)
	}
	return joinUnion(parts), args
}

// maxWords bounds how many words of one entry are searched for.
const maxWords = 12

func wordsOf(text string) []string {
	var words []string
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" && len(words) < maxWords {
			words = append(words, word)
		}
	}
	return words
}

func joinUnion(parts []string) string { return strings.Join(parts, " UNION ALL ") }
