package store

import (
	"context"
	"slices"

	"gorm.io/gorm"

	"followup/models"
)

// Change is one event as open pages need it: whom and which person it concerns.
type Change struct {
	ID         int64
	Kind       models.EventKind
	UserID     *int64
	ProspectID *int64
	OwnerID    *int64 // of the prospect
}

// liveLimit bounds what one look at the trail reads; above it pages renew
// everything they show.
const liveLimit = 2000

// queueEvents change somebody's queue or the inbox, whoever it is.
var queueEvents = []models.EventKind{
	models.EventTaskPlanned, models.EventTaskOpened, models.EventTaskClosed, models.EventTaskSnoozed, models.EventTaskReturned,
	models.EventTaskHanded, models.EventTaskEscalated, models.EventInbound, models.EventAnswered, models.EventNotified,
	models.EventBooked, models.EventMoved, models.EventAppointmentEnded,
}

// LastChange is where the trail ends now.
func (s *Store) LastChange(ctx context.Context) (int64, error) {
	var id int64
	err := s.reader(ctx).Raw("SELECT COALESCE(MAX(id), 0) FROM events").Scan(&id).Error
	return id, err
}

// ChangesSince reads what happened after an event: everything that changes a
// queue or the inbox, and whatever else happened to people whom one of the
// users has. More tells that there was too much to list.
func (s *Store) ChangesSince(ctx context.Context, after int64, users []int64) (changes []Change, more bool, err error) {
	db := s.reader(ctx)
	q := db.Table("events AS e").Select("e.id, e.kind, e.user_id, e.prospect_id, p.owner_id").
		Joins("LEFT JOIN prospects p ON p.id = e.prospect_id").Where("e.id > ?", after).
		Where(db.Session(&gorm.Session{NewDB: true}).Where("e.kind IN ?", queueEvents).Or("p.owner_id IN ?", users))
	err = q.Order("e.id").Limit(liveLimit + 1).Scan(&changes).Error
	if len(changes) > liveLimit {
		changes, more = changes[:liveLimit], true
	}
	return changes, more, err
}

// ChangesQueue tells whether such an event changes a queue or the inbox.
func ChangesQueue(kind models.EventKind) bool { return slices.Contains(queueEvents, kind) }
