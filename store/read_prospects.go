package store

import (
	"context"
	"net/url"
	"strconv"
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
	SortName   ProspectSort = "name" // by last name, then first name
	SortNext   ProspectSort = "next" // by the next touch, those without one left out
	SortLast   ProspectSort = "last" // by the last touch, newest first, those without one left out
)

// ProspectNext narrows the list by when something comes next.
type ProspectNext string

const (
	NextAny  ProspectNext = ""
	NextNone ProspectNext = "none" // nothing is planned
	NextLate ProspectNext = "late" // it should have happened
	NextDay  ProspectNext = "day"  // within a day
	NextWeek ProspectNext = "week" // within a week
)

// ProspectFilter narrows the list of prospects.
type ProspectFilter struct {
	Sees       Visibility // whose; the zero value is nobody's
	Query      string     // words, each by its beginning; key=value is a field of the workspace's own
	OwnerID    int64
	State      ProspectState
	SequenceID int64 // unfinished in it
	CompanyID  int64
	Next       ProspectNext
	Now        time.Time // for Next
	Sort       ProspectSort
	Page       models.Page
}

// Narrowed tells whether anything is asked for beyond everybody.
func (f ProspectFilter) Narrowed() bool {
	return f.Query != "" || f.OwnerID != 0 || f.State != "" || f.SequenceID != 0 || f.CompanyID != 0 || f.Next != ""
}

// ParseProspectFilter reads a filter from a list's address or a saved one.
// Who sees it, the time and the page are the caller's.
func ParseProspectFilter(q url.Values) ProspectFilter {
	id := func(name string) int64 {
		n, _ := strconv.ParseInt(q.Get(name), 10, 64)
		return n
	}
	return ProspectFilter{
		Query: q.Get("q"), OwnerID: id("owner"), State: ProspectState(q.Get("state")), SequenceID: id("sequence"),
		CompanyID: id("company"), Next: ProspectNext(q.Get("next")), Sort: ProspectSort(q.Get("sort")),
	}
}

// Values undoes ParseProspectFilter.
func (f ProspectFilter) Values() url.Values {
	q := url.Values{}
	set := func(name, value string) {
		if value != "" && value != "0" {
			q.Set(name, value)
		}
	}
	set("q", f.Query)
	set("owner", strconv.FormatInt(f.OwnerID, 10))
	set("state", string(f.State))
	set("sequence", strconv.FormatInt(f.SequenceID, 10))
	set("company", strconv.FormatInt(f.CompanyID, 10))
	set("next", string(f.Next))
	set("sort", string(f.Sort))
	return q
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
	var out ProspectList
	var people []models.Prospect
	limit := limitOf(f.Page)
	err := s.searching(ctx, func(db *gorm.DB) error {
		q, total, err := narrowProspects(db, f)
		if out.Total = total; err != nil {
			return err
		}
		return pageProspects(q, f).Limit(limit + 1).Find(&people).Error
	})
	if err != nil {
		return out, err
	}
	if len(people) > limit {
		people = people[:limit]
		out.Next = prospectCursor(people[limit-1], f.Sort)
	}
	out.Rows, err = s.prospectRows(s.reader(ctx), people)
	return out, err
}

// ProspectIDsByFilter are the people of a filter in its order, at most limit.
func (s *Store) ProspectIDsByFilter(ctx context.Context, f ProspectFilter, limit int) ([]int64, error) {
	f.Page = models.Page{}
	var ids []int64
	err := s.searching(ctx, func(db *gorm.DB) error {
		return pageProspects(filterProspects(db, f), f).Limit(limit).Pluck("prospects.id", &ids).Error
	})
	return ids, err
}

// fewFound is up to where a page is taken from the ids of all who are found.
const fewFound = 20_000

// narrowProspects counts a filter's people and gives the query of them. Few
// are found first, in any order: asked for a page in the list's order, the
// planner walks that order's index and tries everybody until the page is full,
// which takes seconds where those who are found stand at its end, or nowhere.
func narrowProspects(db *gorm.DB, f ProspectFilter) (*gorm.DB, Count, error) {
	q := filterProspects(db, f)
	if !f.Narrowed() {
		total, err := countTo(q, countLimit)
		return q, total, err
	}
	var ids []int64
	if err := q.Session(&gorm.Session{}).Limit(fewFound+1).Pluck("prospects.id", &ids).Error; err != nil {
		return nil, Count{}, err
	}
	if len(ids) <= fewFound {
		q = db.Model(&models.Prospect{}).Where(anyOf(db, "prospects.id", ids))
	}
	return q, atMost(len(ids), countLimit), nil
}

func filterProspects(db *gorm.DB, f ProspectFilter) *gorm.DB {
	q := f.Sees.owners(db.Model(&models.Prospect{}).Where("prospects.merged_into IS NULL AND prospects.erased_at IS NULL"), "prospects.owner_id")
	if f.OwnerID != 0 {
		q = q.Where("prospects.owner_id = ?", f.OwnerID)
	}
	if f.CompanyID != 0 {
		q = q.Where("prospects.company_id = ?", f.CompanyID)
	}
	if f.Query != "" {
		q = matchQuery(q, f.Query)
	}
	if f.SequenceID != 0 {
		q = q.Where("prospects.id IN (SELECT e.prospect_id FROM enrollments e WHERE e.sequence_id = ? AND e.state <> 'finished')", f.SequenceID)
	}
	return comingUp(inState(q, f.State), f)
}

func inState(q *gorm.DB, state ProspectState) *gorm.DB {
	switch state {
	case ProspectInSequence:
		return q.Where("EXISTS (SELECT 1 FROM enrollments e WHERE e.prospect_id = prospects.id AND e.state = 'active')")
	case ProspectPaused:
		return q.Where("prospects.id IN (SELECT e.prospect_id FROM enrollments e WHERE e.state = 'paused')")
	case ProspectIdle:
		return q.Where("NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.prospect_id = prospects.id AND e.state <> 'finished')")
	case ProspectWaiting:
		return q.Where("prospects.id IN (SELECT c.prospect_id FROM conversations c WHERE c.waiting_since IS NOT NULL)")
	case ProspectSuppressed:
		return q.Where("prospects.id IN (SELECT x.prospect_id FROM suppressions x WHERE x.prospect_id IS NOT NULL AND x.scope = 'person' AND x.lifted_at IS NULL)")
	}
	return q
}

func comingUp(q *gorm.DB, f ProspectFilter) *gorm.DB {
	switch f.Next {
	case NextNone:
		q = q.Where("prospects.next_touch_at IS NULL")
	case NextLate:
		q = q.Where("prospects.next_touch_at < ?", f.Now)
	case NextDay:
		q = q.Where("prospects.next_touch_at >= ? AND prospects.next_touch_at < ?", f.Now, f.Now.AddDate(0, 0, 1))
	case NextWeek:
		q = q.Where("prospects.next_touch_at >= ? AND prospects.next_touch_at < ?", f.Now, f.Now.AddDate(0, 0, 7))
	}
	switch f.Sort {
	case SortNext:
		q = q.Where("prospects.next_touch_at IS NOT NULL")
	case SortLast:
		q = q.Where("prospects.last_touch_at IS NOT NULL")
	}
	return q
}

// pageProspects orders by the sort and starts after the cursor. The id breaks
// ties, so that nobody is left out or shown twice. The cursor is compared as a
// row: of an OR no index finds the place, and each page would read all before it.
func pageProspects(q *gorm.DB, f ProspectFilter) *gorm.DB {
	switch f.Sort {
	case SortName:
		if c, ok := decodeCursor(f.Page.After, 3); ok {
			q = q.Where("(prospects.last_name, prospects.first_name, prospects.id) > (?, ?, ?)", c[0], c[1], c[2])
		}
		return q.Order("prospects.last_name, prospects.first_name, prospects.id")
	case SortNext:
		if at, id, ok := timeCursor(f.Page.After); ok {
			q = q.Where("(prospects.next_touch_at, prospects.id) > (?, ?)", at, id)
		}
		return q.Order("prospects.next_touch_at, prospects.id")
	case SortLast:
		if at, id, ok := timeCursor(f.Page.After); ok {
			q = q.Where("(prospects.last_touch_at, prospects.id) < (?, ?)", at, id)
		}
		return q.Order("prospects.last_touch_at DESC, prospects.id DESC")
	}
	var last int64
	if c, ok := decodeCursor(f.Page.After, 1); ok {
		last, _ = strconv.ParseInt(c[0], 10, 64)
	}
	if f.ofOne() {
		// By an index of their own: the planner would walk the primary key, and
		// behind a colleague's large import that is everybody's people.
		if last != 0 {
			q = q.Where("-prospects.id > ?", -last)
		}
		return q.Order("-prospects.id")
	}
	if last != 0 {
		q = q.Where("prospects.id < ?", last)
	}
	return q.Order("prospects.id DESC")
}

// ofOne tells whether all of the list belongs to one owner.
func (f ProspectFilter) ofOne() bool {
	return f.OwnerID != 0 || !f.Sees.All && f.Sees.TeamID == 0 && f.Sees.Away == nil
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
	case SortName:
		return encodeCursor(p.LastName, p.FirstName, id)
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
	if err := db.Where(anyOf(db, "prospect_id", ids.list())).Where("waiting_since IS NOT NULL").Find(&waiting).Error; err != nil {
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
	err := db.Where(anyOf(db, "prospect_id", ids)).Order("prospect_id, position, id").Find(&points).Error
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
		Where(anyOf(db, "enrollments.prospect_id", ids)).Where("enrollments.state <> 'finished'").
		Order("enrollments.id DESC").Scan(&rows).Error
	for _, r := range rows {
		out[r.ProspectID] = append(out[r.ProspectID], RunLabel{Sequence: r.Name, State: r.State})
	}
	return out, err
}
