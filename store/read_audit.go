package store

import (
	"context"
	"slices"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// AuditQuery narrows the audit trail; the zero value is all of it.
type AuditQuery struct {
	Actor      string
	Kind       models.EventKind
	ProspectID int64
	From, To   time.Time // from included, to excluded; zero: open
	Cursor     string
	Limit      int
}

// AuditRow is an event with whom it is about.
type AuditRow struct {
	Event    models.Event
	Who      *Who
	Sender   string
	Sequence *models.Sequence
	Why      string        // what planned the touch that it is about
	Task     models.Reason // what the task that it is about asks
}

// AuditPage is one page, newest first.
type AuditPage struct {
	Rows []AuditRow
	Next string
}

// byPeople lets the partial index over what people did be used: both databases
// must see the index's own condition.
const byPeople = "actor NOT IN ('scheduler', 'customer', 'provider')"

func (s *Store) auditQuery(ctx context.Context, q AuditQuery) *gorm.DB {
	db := s.reader(ctx).Model(&models.Event{})
	column := func(name string) string { return name }
	if q.ProspectID != 0 {
		// A person's events are few: nothing else should look for an index of
		// its own, which may hold millions.
		db = db.Where("prospect_id = ?", q.ProspectID)
		column = func(name string) string { return name + " || ''" }
	}
	if q.Actor != "" {
		db = db.Where(column("actor")+" = ?", q.Actor)
		if q.ProspectID == 0 && !slices.Contains([]string{models.ActorScheduler, models.ActorCustomer, models.ActorProvider}, q.Actor) {
			db = db.Where(byPeople)
		}
	}
	if q.Kind != "" {
		db = db.Where(column("kind")+" = ?", q.Kind)
	}
	if !q.From.IsZero() {
		db = db.Where("at >= ?", q.From.UTC())
	}
	if !q.To.IsZero() {
		db = db.Where("at < ?", q.To.UTC())
	}
	if at, id, ok := auditCursor(q.Cursor); ok {
		db = db.Where("(at, id) < (?, ?)", at, id)
	}
	return db.Order("at DESC, id DESC")
}

func auditCursor(cursor string) (at time.Time, id int64, ok bool) {
	parts, ok := decodeCursor(cursor, 2)
	if !ok {
		return at, 0, false
	}
	at, err := time.Parse(time.RFC3339Nano, parts[0])
	if err != nil {
		return at, 0, false
	}
	id, err = strconv.ParseInt(parts[1], 10, 64)
	return at.UTC(), id, err == nil
}

func auditNext(e models.Event) string {
	return encodeCursor(e.At.UTC().Format(time.RFC3339Nano), strconv.FormatInt(e.ID, 10))
}

// ViewAudit gives one page of the audit trail, newest first.
func (s *Store) ViewAudit(ctx context.Context, q AuditQuery) (AuditPage, error) {
	var out AuditPage
	limit := q.Limit
	if limit <= 0 || limit > 200 {
		limit = pageLimit
	}
	var events []models.Event
	if err := s.auditQuery(ctx, q).Limit(limit + 1).Find(&events).Error; err != nil {
		return out, err
	}
	if len(events) > limit {
		events = events[:limit]
		out.Next = auditNext(events[limit-1])
	}
	ids, senderIDs, sequenceIDs, touchIDs, taskIDs := idSet{}, idSet{}, idSet{}, idSet{}, idSet{}
	for _, e := range events {
		taskIDs.add(e.TaskID)
		touchIDs.add(e.TouchID)
		ids.add(e.ProspectID)
		senderIDs.add(e.SenderID)
		sequenceIDs.add(e.SequenceID)
	}
	db := s.reader(ctx)
	who, err := s.whoByID(db, ids.list())
	if err != nil {
		return out, err
	}
	senders, err := rowsByID(db.Omit("Secrets", "Settings"), senderIDs.list(), func(x models.Sender) int64 { return x.ID })
	if err != nil {
		return out, err
	}
	sequences, err := rowsByID(db.Select("id", "key", "name"), sequenceIDs.list(), func(x models.Sequence) int64 { return x.ID })
	if err != nil {
		return out, err
	}
	touches, err := rowsByID(db.Select("id", "why"), touchIDs.list(), func(x models.Touch) int64 { return x.ID })
	if err != nil {
		return out, err
	}
	tasks, err := rowsByID(db.Select("id", "reason"), taskIDs.list(), func(x models.Task) int64 { return x.ID })
	if err != nil {
		return out, err
	}
	for _, e := range events {
		row := AuditRow{Event: e}
		if e.TaskID != nil {
			row.Task = tasks[*e.TaskID].Reason
		}
		if e.TouchID != nil {
			row.Why = touches[*e.TouchID].Why
		}
		if e.SequenceID != nil {
			if q, ok := sequences[*e.SequenceID]; ok {
				row.Sequence = &q
			}
		}
		if e.ProspectID != nil {
			if w, ok := who[*e.ProspectID]; ok {
				row.Who = &w
			}
		}
		if e.SenderID != nil {
			row.Sender = senders[*e.SenderID].Address
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// exportBatch is what an export reads at a time, each in its own query, so
// that a slow reader holds no transaction.
const exportBatch = 1000

// ExportAudit gives every event that the query finds, newest first.
func (s *Store) ExportAudit(ctx context.Context, q AuditQuery, give func(models.Event) error) error {
	for {
		var events []models.Event
		if err := s.auditQuery(ctx, q).Limit(exportBatch).Find(&events).Error; err != nil {
			return err
		}
		for _, e := range events {
			if err := give(e); err != nil {
				return err
			}
		}
		if len(events) < exportBatch {
			return nil
		}
		q.Cursor = auditNext(events[len(events)-1])
	}
}
