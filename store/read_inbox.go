package store

import (
	"context"
	"strconv"
	"time"

	"followup/models"
)

// InboxRow is one conversation in the list.
type InboxRow struct {
	Who
	Conversation models.Conversation
	Last         models.Message
	Owner        string
	Runs         []RunLabel
}

// InboxFilter narrows the inbox.
type InboxFilter struct {
	OwnerID int64 // 0: everybody's
	Waiting bool  // only those that wait for an answer
	// UnmatchedFor: whose unmatched messages are counted, as UnmatchedFilter.UserID.
	UnmatchedFor int64
	Page         models.Page
}

// InboxView is a page of conversations.
type InboxView struct {
	Rows      []InboxRow
	Next      string
	Waiting   Count
	Unmatched Count
	Failed    []models.Raw // stored, but not understood
}

// ViewInbox lists conversations: those that wait for an answer first, the
// longest waiting at the top, then the rest by their last message.
func (s *Store) ViewInbox(ctx context.Context, f InboxFilter) (InboxView, error) {
	db := s.reader(ctx)
	var v InboxView
	waiting := db.Model(&models.Conversation{}).Where("waiting_since IS NOT NULL")
	rest := db.Model(&models.Conversation{}).Where("waiting_since IS NULL AND last_message_at IS NOT NULL")
	if f.OwnerID != 0 {
		const owned = "prospect_id IN (SELECT id FROM prospects WHERE owner_id = ?)"
		waiting, rest = waiting.Where(owned, f.OwnerID), rest.Where(owned, f.OwnerID)
	}
	var err error
	if v.Waiting, err = countTo(waiting, countLimit); err != nil {
		return v, err
	}
	limit := limitOf(f.Page)
	var convs []models.Conversation
	if f.Page.After == "" {
		if err := waiting.Order("waiting_since, prospect_id").Limit(todayLimit).Find(&convs).Error; err != nil {
			return v, err
		}
	}
	if !f.Waiting {
		if at, id, ok := timeCursor(f.Page.After); ok {
			rest = rest.Where("(last_message_at < ? OR (last_message_at = ? AND prospect_id < ?))", at, at, id)
		}
		var page []models.Conversation
		if err := rest.Order("last_message_at DESC, prospect_id DESC").Limit(limit + 1).Find(&page).Error; err != nil {
			return v, err
		}
		if len(page) > limit {
			page = page[:limit]
			last := page[limit-1]
			v.Next = encodeCursor(last.LastMessageAt.UTC().Format(time.RFC3339Nano), strconv.FormatInt(last.ProspectID, 10))
		}
		convs = append(convs, page...)
	}
	if v.Rows, err = s.inboxRows(ctx, convs); err != nil {
		return v, err
	}
	if v.Unmatched, err = countTo(unmatchedFor(db, f.UnmatchedFor), 99); err != nil {
		return v, err
	}
	err = db.Where("state <> 'processed' AND state = 'failed'").Order("id DESC").Limit(50).Find(&v.Failed).Error
	return v, err
}

func (s *Store) inboxRows(ctx context.Context, convs []models.Conversation) ([]InboxRow, error) {
	db := s.reader(ctx)
	people, messages := idSet{}, idSet{}
	for _, c := range convs {
		people.add(&c.ProspectID)
		messages.add(c.LastMessageID)
	}
	who, err := s.whoByID(db, people.list())
	if err != nil {
		return nil, err
	}
	msgs, err := rowsByID(db, messages.list(), messageID)
	if err != nil {
		return nil, err
	}
	runs, err := runLabels(db, people.list())
	if err != nil {
		return nil, err
	}
	owners := idSet{}
	for _, w := range who {
		owners.add(&w.Prospect.OwnerID)
	}
	users, err := rowsByID(db, owners.list(), func(u models.User) int64 { return u.ID })
	if err != nil {
		return nil, err
	}
	rows := make([]InboxRow, 0, len(convs))
	for _, c := range convs {
		row := InboxRow{Who: who[c.ProspectID], Conversation: c, Runs: runs[c.ProspectID]}
		row.Owner = users[row.Prospect.OwnerID].Name
		if c.LastMessageID != nil {
			row.Last = msgs[*c.LastMessageID]
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// ViewRaw loads an inbound as it came.
func (s *Store) ViewRaw(ctx context.Context, id int64) (models.Raw, error) {
	var raw models.Raw
	err := s.reader(ctx).Where("id = ?", id).Take(&raw).Error
	return raw, viewNotFound(err, "stored message")
}

// Seen notes that a user looked at a conversation.
func (s *Store) Seen(ctx context.Context, prospectID int64, now time.Time) error {
	db := s.write.WithContext(ctx)
	if err := db.Model(&models.Message{}).
		Where("prospect_id = ? AND direction = ? AND read_at IS NULL", prospectID, models.Inbound).
		UpdateColumn("read_at", now).Error; err != nil {
		return err
	}
	return db.Model(&models.Conversation{}).Where("prospect_id = ? AND unread_count > 0", prospectID).
		UpdateColumn("unread_count", 0).Error
}

// Badges are the numbers beside the rail's entries.
type Badges struct {
	Tasks   Count
	Waiting Count
}

// ViewBadges counts a user's open tasks and waiting customers.
func (s *Store) ViewBadges(ctx context.Context, userID int64) (Badges, error) {
	db := s.reader(ctx)
	var b Badges
	var err error
	if b.Tasks, err = countTo(db.Model(&models.Task{}).Where("user_id = ? AND state = 'open'", userID), 99); err != nil {
		return b, err
	}
	b.Waiting, err = countTo(db.Model(&models.Conversation{}).Where("waiting_since IS NOT NULL").
		Where("prospect_id IN (SELECT id FROM prospects WHERE owner_id = ?)", userID), 99)
	return b, err
}
