package store

import (
	"context"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// CommitmentShelf is a part of the board of promises.
type CommitmentShelf string

const (
	ShelfOpen   CommitmentShelf = ""       // by the day they are due, the latest due first
	ShelfKept   CommitmentShelf = "kept"   // the newest first
	ShelfBroken CommitmentShelf = "broken" // the newest first
)

// CommitmentRow is a promise on the board.
type CommitmentRow struct {
	models.Commitment
	Who Who
	Rep string
}

// CommitmentList is a page of the board.
type CommitmentList struct {
	Rows []CommitmentRow
	Next string
	Open Count
}

// ViewCommitments lists promises; repID 0: everybody's whom v sees.
func (s *Store) ViewCommitments(ctx context.Context, v Visibility, repID int64, shelf CommitmentShelf, page models.Page) (CommitmentList, error) {
	db := s.reader(ctx)
	var out CommitmentList
	var err error
	if out.Open, err = countTo(seenCommitments(db, v, repID).Where("commitments.state = 'open'"), countLimit); err != nil {
		return out, err
	}
	limit := limitOf(page)
	q := pageCommitments(seenCommitments(db, v, repID), shelf, page)
	var all []models.Commitment
	if err := q.Select("commitments.*").Limit(limit + 1).Find(&all).Error; err != nil {
		return out, err
	}
	if len(all) > limit {
		all = all[:limit]
		out.Next = commitmentCursor(all[limit-1], shelf)
	}
	out.Rows, err = s.commitmentRows(db, all)
	return out, err
}

func seenCommitments(db *gorm.DB, v Visibility, repID int64) *gorm.DB {
	q := db.Model(&models.Commitment{})
	if repID != 0 {
		q = q.Where("commitments.rep_id = ?", repID)
	}
	if v.All {
		return q
	}
	return v.owners(q.Joins("JOIN prospects ON prospects.id = commitments.prospect_id"), "prospects.owner_id")
}

func pageCommitments(q *gorm.DB, shelf CommitmentShelf, page models.Page) *gorm.DB {
	at, id := cutCursor(page.After)
	if shelf == ShelfOpen {
		q = q.Where("commitments.state = 'open'").Order("commitments.due_on, commitments.id")
		if page.After != "" {
			q = q.Where("(commitments.due_on, commitments.id) > (?, ?)", at, id)
		}
		return q
	}
	state := models.CommitmentKept
	if shelf == ShelfBroken {
		state = models.CommitmentBroken
	}
	q = q.Where("commitments.state <> 'open' AND commitments.state = ?", state).Order("commitments.closed_at DESC, commitments.id DESC")
	if closed, err := time.Parse(time.RFC3339Nano, at); err == nil {
		q = q.Where("(commitments.closed_at, commitments.id) < (?, ?)", closed, id)
	}
	return q
}

func cutCursor(after string) (at string, id int64) {
	at, last, _ := strings.Cut(after, "_")
	id, _ = strconv.ParseInt(last, 10, 64)
	return at, id
}

func commitmentCursor(c models.Commitment, shelf CommitmentShelf) string {
	at := string(c.DueOn)
	if shelf != ShelfOpen && c.ClosedAt != nil {
		at = c.ClosedAt.UTC().Format(time.RFC3339Nano)
	}
	return at + "_" + strconv.FormatInt(c.ID, 10)
}

func (s *Store) commitmentRows(db *gorm.DB, all []models.Commitment) ([]CommitmentRow, error) {
	people, reps := idSet{}, idSet{}
	for i := range all {
		people.add(&all[i].ProspectID)
		reps.add(&all[i].RepID)
	}
	who, err := s.whoByID(db, people.list())
	if err != nil {
		return nil, err
	}
	users, err := byID[models.User](db, reps.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, err
	}
	rows := make([]CommitmentRow, len(all))
	for i, c := range all {
		rows[i] = CommitmentRow{Commitment: c, Who: who[c.ProspectID], Rep: users[c.RepID].Name}
	}
	return rows, nil
}

// Commitment loads a promise with its person.
func (s *Store) Commitment(ctx context.Context, id int64) (models.Commitment, error) {
	var c models.Commitment
	err := s.reader(ctx).Where("id = ?", id).Take(&c).Error
	return c, notFound(err, "promise", id)
}

// Drifting is a person with whom nothing dated lies ahead.
type Drifting struct {
	Who   Who
	Owner string
	Since time.Time // nothing has lain ahead since then
}

// SinceTouch tells whether that was their last touch.
func (d Drifting) SinceTouch() bool {
	return d.Who.Prospect.LastTouchAt != nil && d.Who.Prospect.LastTouchAt.Equal(d.Since)
}

// DriftingList is a page of them.
type DriftingList struct {
	Rows  []Drifting
	Next  string
	Total Count
}

// nothingAhead: not lost and not won, by how what they were in last has ended,
// with no touch planned, no task, no call booked, no promise still to be due
// and no order not to contact.
const nothingAhead = `prospects.next_touch_at IS NULL AND prospects.merged_into IS NULL AND prospects.erased_at IS NULL
	AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.prospect_id = prospects.id AND t.state IN ('open', 'upcoming'))
	AND NOT EXISTS (SELECT 1 FROM commitments c WHERE c.prospect_id = prospects.id AND c.state = 'open' AND c.due_on >= ?)
	AND NOT EXISTS (SELECT 1 FROM enrollments e WHERE e.prospect_id = prospects.id AND e.state = 'finished' AND e.outcome IN ('won', 'lost', 'opted_out', 'bounced', 'unreachable')
		AND NOT EXISTS (SELECT 1 FROM enrollments l WHERE l.prospect_id = e.prospect_id AND l.id > e.id))
	AND NOT EXISTS (SELECT 1 FROM suppressions x WHERE x.prospect_id = prospects.id AND x.scope = 'person' AND x.lifted_at IS NULL)`

// idleSince is since when nothing was planned for somebody, nor was anything
// sent or anybody called; the indexes are over the same words.
func idleSince(dialect Dialect) string {
	latest := "MAX"
	if dialect == Postgres {
		latest = "GREATEST"
	}
	return latest + "(COALESCE(prospects.idle_since, prospects.created_at), COALESCE(prospects.last_touch_at, prospects.created_at))"
}

// driftingSince is idleSince of one person.
func driftingSince(p models.Prospect) time.Time {
	idle, touched := p.CreatedAt, p.CreatedAt
	if p.IdleSince != nil {
		idle = *p.IdleSince
	}
	if p.LastTouchAt != nil {
		touched = *p.LastTouchAt
	}
	if touched.After(idle) {
		return touched
	}
	return idle
}

// driftingOf are open prospects with no dated next step; ownerID 0:
// everybody's whom v sees.
func driftingOf(db *gorm.DB, v Visibility, ownerID int64, now time.Time) *gorm.DB {
	// It is still the day before in the west of the world.
	today := models.DateOf(now.Add(-12*time.Hour), time.UTC)
	q := v.owners(db.Model(&models.Prospect{}).Where(nothingAhead, today), "prospects.owner_id")
	if ownerID != 0 {
		q = q.Where("prospects.owner_id = ?", ownerID)
	}
	return q
}

// pageDrifting begins with whoever has been without a next step for longest.
func pageDrifting(q *gorm.DB, after string) *gorm.DB {
	since := idleSince(Dialect(q.Name()))
	if at, id, ok := timeCursor(after); ok {
		q = q.Where("("+since+", prospects.id) > (?, ?)", at, id)
	}
	return q.Select("prospects.id, prospects.created_at, prospects.last_touch_at, prospects.idle_since").Order(since + ", prospects.id")
}

// ViewDrifting lists open prospects with no dated next step, first whoever has
// been without one for longest; ownerID 0: everybody's whom v sees.
func (s *Store) ViewDrifting(ctx context.Context, v Visibility, ownerID int64, page models.Page, now time.Time) (DriftingList, error) {
	db := s.reader(ctx)
	var out DriftingList
	var err error
	if out.Total, err = countTo(driftingOf(db, v, ownerID, now), countLimit); err != nil {
		return out, err
	}
	limit := limitOf(page)
	var people []models.Prospect
	if err := pageDrifting(driftingOf(db, v, ownerID, now), page.After).Limit(limit + 1).Find(&people).Error; err != nil {
		return out, err
	}
	if len(people) > limit {
		people = people[:limit]
		last := people[limit-1]
		out.Next = encodeCursor(driftingSince(last).UTC().Format(time.RFC3339Nano), strconv.FormatInt(last.ID, 10))
	}
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	who, err := s.whoByID(db, ids)
	if err != nil {
		return out, err
	}
	owners := idSet{}
	for _, w := range who {
		owners.add(&w.Prospect.OwnerID)
	}
	users, err := byID[models.User](db, owners.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return out, err
	}
	for _, p := range people {
		w := who[p.ID]
		out.Rows = append(out.Rows, Drifting{Who: w, Owner: users[w.Prospect.OwnerID].Name, Since: driftingSince(p)})
	}
	return out, nil
}
