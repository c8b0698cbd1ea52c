package store

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// CompanyEntry is one thing that happened with somebody at a company, or with
// the company itself: one of message, call and event.
type CompanyEntry struct {
	At       time.Time
	Person   models.Prospect // the zero value: the company itself
	Message  *models.Message
	Call     *models.Task // closed
	Event    *models.Event
	Sequence string // of an event's enrollment
	id       int64
}

// rank orders what happened in one instant, and makes the cursor whole.
func (e CompanyEntry) rank() int {
	switch {
	case e.Message != nil:
		return 0
	case e.Call != nil:
		return 1
	}
	return 2
}

// companyEvents are the kinds that belong into the timeline beside what was said.
var companyEvents = []models.EventKind{
	models.EventEnrolled, models.EventPaused, models.EventResumed, models.EventFinished, models.EventBooked, models.EventMoved,
	models.EventSuppressed, models.EventSuppressionLifted, models.EventContactInvalid, models.EventCommitment,
	models.EventCompanyHeld, models.EventCompanyReleased,
}

// CompanyTimeline is everything that happened with the people of a company
// whom sees sees, the newest first.
func (s *Store) CompanyTimeline(ctx context.Context, id int64, sees Visibility, page models.Page) (entries []CompanyEntry, next string, err error) {
	db, limit := s.reader(ctx), limitOf(page)
	from := newestEntry
	if c, ok := decodeCursor(page.After, 3); ok {
		from.at, err = time.Parse(time.RFC3339Nano, c[0])
		if err != nil {
			return nil, "", models.Invalid("before", "this part of the timeline has no beginning; open the company again")
		}
		from.rank, _ = strconv.Atoi(c[1])
		from.id, _ = strconv.ParseInt(c[2], 10, 64)
	}
	people := sees.owners(db.Model(&models.Prospect{}).Select("id").Where("company_id = ? AND merged_into IS NULL AND erased_at IS NULL", id), "owner_id")
	theirs := func() *gorm.DB { return db.Where("prospect_id IN (?)", people) }

	messages, err := load[models.Message](from.older(theirs(), "created_at", 0).Limit(limit + 1))
	if err != nil {
		return nil, "", err
	}
	for i, m := range messages {
		entries = append(entries, CompanyEntry{At: m.CreatedAt, Message: &messages[i], Person: models.Prospect{ID: *m.ProspectID}, id: m.ID})
	}
	calls, err := load[models.Task](from.older(theirs().Where("kind = 'call' AND state IN ('done', 'missed') AND closed_at IS NOT NULL"), "closed_at", 1).Limit(limit + 1))
	if err != nil {
		return nil, "", err
	}
	for i, c := range calls {
		entries = append(entries, CompanyEntry{At: *c.ClosedAt, Call: &calls[i], Person: models.Prospect{ID: *c.ProspectID}, id: c.ID})
	}
	// Apart, for each has its index.
	for _, of := range []*gorm.DB{theirs(), db.Where("company_id = ? AND prospect_id IS NULL", id)} {
		events, err := load[models.Event](from.older(of.Where("kind IN ?", companyEvents), "at", 2).Limit(limit + 1))
		if err != nil {
			return nil, "", err
		}
		for i, e := range events {
			entry := CompanyEntry{At: e.At, Event: &events[i], id: e.ID}
			if e.ProspectID != nil {
				entry.Person.ID = *e.ProspectID
			}
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, func(a, b CompanyEntry) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.rank(), b.rank()), cmp.Compare(b.id, a.id))
	})
	if len(entries) > limit {
		entries = entries[:limit]
		last := entries[limit-1]
		next = encodeCursor(last.At.UTC().Format(time.RFC3339Nano), strconv.Itoa(last.rank()), strconv.FormatInt(last.id, 10))
	}
	return entries, next, nameEntries(db, entries)
}

// entryCursor is where a part of the timeline begins.
type entryCursor struct {
	at   time.Time
	rank int
	id   int64
}

var newestEntry = entryCursor{rank: -1}

// older keeps to what comes after the cursor in the timeline's order.
func (c entryCursor) older(q *gorm.DB, column string, rank int) *gorm.DB {
	q = q.Order(column + " DESC, id DESC")
	switch {
	case c.rank < 0:
		return q
	case rank < c.rank:
		return q.Where(column+" < ?", c.at)
	case rank > c.rank:
		return q.Where(column+" <= ?", c.at)
	}
	return q.Where("("+column+", id) < (?, ?)", c.at, c.id)
}

// nameEntries says who and which sequence it was.
func nameEntries(db *gorm.DB, entries []CompanyEntry) error {
	people, runs := idSet{}, idSet{}
	for _, e := range entries {
		people.add(&e.Person.ID)
		if e.Event != nil {
			runs.add(e.Event.EnrollmentID)
		}
	}
	who, err := rowsByID(db, people.list(), prospectID)
	if err != nil {
		return err
	}
	var names []struct {
		ID   int64
		Name string
	}
	err = db.Table("enrollments").Select("enrollments.id, sequences.name").Joins("JOIN sequences ON sequences.id = enrollments.sequence_id").
		Where(anyOf(db, "enrollments.id", runs.list())).Scan(&names).Error
	if err != nil {
		return err
	}
	sequence := map[int64]string{}
	for _, n := range names {
		sequence[n.ID] = n.Name
	}
	for i, e := range entries {
		entries[i].Person = who[e.Person.ID]
		if e.Event != nil && e.Event.EnrollmentID != nil {
			entries[i].Sequence = sequence[*e.Event.EnrollmentID]
		}
	}
	return nil
}
