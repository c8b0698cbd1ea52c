package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// ProspectState is what the list of prospects can be narrowed to.
type ProspectState string

const (
	ProspectAny        ProspectState = ""
	ProspectInSequence ProspectState = "in_sequence"
	ProspectPaused     ProspectState = "paused"
	ProspectWaiting    ProspectState = "waiting" // for our answer
	ProspectIdle       ProspectState = "idle"    // in no sequence
	ProspectSuppressed ProspectState = "suppressed"
)

// ProspectSort orders the list; each has an index.
type ProspectSort string

const (
	SortNewest ProspectSort = ""     // by id, newest first
	SortNext   ProspectSort = "next" // by the next touch, those without one left out
	SortLast   ProspectSort = "last" // by the last touch, newest first, those without one left out
)

// ProspectFilter narrows the list of prospects.
type ProspectFilter struct {
	Query   string
	OwnerID int64
	State   ProspectState
	Sort    ProspectSort
	Page    models.Page
}

// ProspectRow is a prospect in the list.
type ProspectRow struct {
	Who
	Owner       string
	Point       string // the preferred contact point
	Enrollments []RunLabel
	Waiting     *time.Time
}

// RunLabel is an unfinished enrollment in one word.
type RunLabel struct {
	Sequence string
	State    models.EnrollmentState
}

// ProspectList is a page of prospects.
type ProspectList struct {
	Rows  []ProspectRow
	Next  string // cursor; "" on the last page
	Total Count
}

// ViewProspects lists prospects.
func (s *Store) ViewProspects(ctx context.Context, f ProspectFilter) (ProspectList, error) {
	db := s.reader(ctx)
	var out ProspectList
	var err error
	if out.Total, err = countTo(filterProspects(db, f), countLimit); err != nil {
		return out, err
	}
	limit := limitOf(f.Page)
	var people []models.Prospect
	if err := pageProspects(filterProspects(db, f), f).Limit(limit + 1).Find(&people).Error; err != nil {
		return out, err
	}
	if len(people) > limit {
		people = people[:limit]
		out.Next = prospectCursor(people[limit-1], f.Sort)
	}
	out.Rows, err = s.prospectRows(db, people)
	return out, err
}

func filterProspects(db *gorm.DB, f ProspectFilter) *gorm.DB {
	q := db.Model(&models.Prospect{}).Where("prospects.merged_into IS NULL")
	if f.OwnerID != 0 {
		q = q.Where("prospects.owner_id = ?", f.OwnerID)
	}
	for word := range strings.FieldsSeq(f.Query) {
		q = matchWord(q, word)
	}
	inState := "EXISTS (SELECT 1 FROM enrollments e WHERE e.prospect_id = prospects.id AND e.state = ?)"
	switch f.State {
	case ProspectInSequence:
		q = q.Where(inState, models.EnrollmentActive)
	case ProspectPaused:
		q = q.Where(inState, models.EnrollmentPaused)
	case ProspectIdle:
		q = q.Where("NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.prospect_id = prospects.id AND e.state <> ?)", models.EnrollmentFinished)
	case ProspectWaiting:
		q = q.Where("EXISTS (SELECT 1 FROM conversations c WHERE c.prospect_id = prospects.id AND c.waiting_since IS NOT NULL)")
	case ProspectSuppressed:
		q = q.Where("EXISTS (SELECT 1 FROM suppressions x WHERE x.prospect_id = prospects.id AND x.scope = ? AND x.lifted_at IS NULL)", models.SuppressPerson)
	}
	switch f.Sort {
	case SortNext:
		q = q.Where("prospects.next_touch_at IS NOT NULL")
	case SortLast:
		q = q.Where("prospects.last_touch_at IS NOT NULL")
	}
	return q
}

// matchWord finds a word in a name, a company or at the start of an address
// or number; digits are compared without the punctuation people type.
func matchWord(q *gorm.DB, word string) *gorm.DB {
	name, start := likePattern(word, true), likePattern(word, false)
	digits := onlyDigits(word)
	cond := `(LOWER(prospects.first_name) LIKE ? ESCAPE '!' OR LOWER(prospects.last_name) LIKE ? ESCAPE '!'
		OR prospects.company_id IN (SELECT id FROM companies WHERE LOWER(name) LIKE ? ESCAPE '!')
		OR prospects.id IN (SELECT prospect_id FROM contact_points WHERE value LIKE ? ESCAPE '!')`
	args := []any{name, name, name, start}
	if len(digits) >= 4 {
		cond += " OR prospects.id IN (SELECT prospect_id FROM contact_points WHERE value LIKE ? ESCAPE '!')"
		args = append(args, "%"+digits+"%")
	}
	return q.Where(cond+")", args...)
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
}

// pageProspects orders by the sort and starts after the cursor. The id breaks
// ties, so that nobody is left out or shown twice.
func pageProspects(q *gorm.DB, f ProspectFilter) *gorm.DB {
	switch f.Sort {
	case SortNext:
		if at, id, ok := timeCursor(f.Page.After); ok {
			q = q.Where("(prospects.next_touch_at > ? OR (prospects.next_touch_at = ? AND prospects.id > ?))", at, at, id)
		}
		return q.Order("prospects.next_touch_at, prospects.id")
	case SortLast:
		if at, id, ok := timeCursor(f.Page.After); ok {
			q = q.Where("(prospects.last_touch_at < ? OR (prospects.last_touch_at = ? AND prospects.id < ?))", at, at, id)
		}
		return q.Order("prospects.last_touch_at DESC, prospects.id DESC")
	}
	if c, ok := decodeCursor(f.Page.After, 1); ok {
		if id, err := strconv.ParseInt(c[0], 10, 64); err == nil {
			q = q.Where("prospects.id < ?", id)
		}
	}
	return q.Order("prospects.id DESC")
}

func timeCursor(cursor string) (time.Time, int64, bool) {
	c, ok := decodeCursor(cursor, 2)
	if !ok {
		return time.Time{}, 0, false
	}
	at, err1 := time.Parse(time.RFC3339Nano, c[0])
	id, err2 := strconv.ParseInt(c[1], 10, 64)
	return at.UTC(), id, err1 == nil && err2 == nil
}

func prospectCursor(p models.Prospect, sort ProspectSort) string {
	id := strconv.FormatInt(p.ID, 10)
	switch sort {
	case SortNext:
		return encodeCursor(p.NextTouchAt.UTC().Format(time.RFC3339Nano), id)
	case SortLast:
		return encodeCursor(p.LastTouchAt.UTC().Format(time.RFC3339Nano), id)
	}
	return encodeCursor(id)
}

// prospectRows adds, in one query a table, what the list says of each person.
func (s *Store) prospectRows(db *gorm.DB, people []models.Prospect) ([]ProspectRow, error) {
	ids, companies, owners := idSet{}, idSet{}, idSet{}
	for _, p := range people {
		ids.add(&p.ID)
		companies.add(p.CompanyID)
		owners.add(&p.OwnerID)
	}
	names, err := rowsByID(db, companies.list(), companyID)
	if err != nil {
		return nil, err
	}
	users, err := rowsByID(db, owners.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, err
	}
	points, err := firstPoints(db, ids.list())
	if err != nil {
		return nil, err
	}
	runs, err := runLabels(db, ids.list())
	if err != nil {
		return nil, err
	}
	var waiting []models.Conversation
	if err := db.Where("prospect_id IN ? AND waiting_since IS NOT NULL", ids.list()).Find(&waiting).Error; err != nil {
		return nil, err
	}
	since := map[int64]*time.Time{}
	for _, c := range waiting {
		since[c.ProspectID] = c.WaitingSince
	}
	rows := make([]ProspectRow, 0, len(people))
	for _, p := range people {
		row := ProspectRow{Who: Who{Prospect: p}, Owner: users[p.OwnerID].Name, Point: points[p.ID], Enrollments: runs[p.ID], Waiting: since[p.ID]}
		if p.CompanyID != nil {
			row.Company = names[*p.CompanyID].Name
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// firstPoints gives each person's preferred usable contact point.
func firstPoints(db *gorm.DB, ids []int64) (map[int64]string, error) {
	out := map[int64]string{}
	var points []models.ContactPoint
	err := db.Where("prospect_id IN ?", ids).Order("prospect_id, position, id").Find(&points).Error
	for _, p := range points {
		if _, ok := out[p.ProspectID]; !ok && p.Usable() {
			out[p.ProspectID] = p.Value
		}
	}
	return out, err
}

func runLabels(db *gorm.DB, ids []int64) (map[int64][]RunLabel, error) {
	out := map[int64][]RunLabel{}
	var rows []struct {
		ProspectID int64
		Name       string
		State      models.EnrollmentState
	}
	err := db.Table("enrollments").Select("enrollments.prospect_id, sequences.name, enrollments.state").
		Joins("JOIN sequences ON sequences.id = enrollments.sequence_id").
		Where("enrollments.prospect_id IN ? AND enrollments.state <> ?", ids, models.EnrollmentFinished).
		Order("enrollments.id DESC").Scan(&rows).Error
	for _, r := range rows {
		out[r.ProspectID] = append(out[r.ProspectID], RunLabel{Sequence: r.Name, State: r.State})
	}
	return out, err
}
