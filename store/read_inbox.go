package store

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"

	"followup/models"
)

// InboxRow is one conversation in the list.
type InboxRow struct {
	Who
	Conversation models.Conversation
	Last         models.Message
	Owner        string
	Runs         []RunLabel
	Draft        bool // the reader has begun to write
}

// InboxShow is which conversations the inbox lists.
type InboxShow string

const (
	InboxWritten InboxShow = ""        // of everybody who wrote
	InboxWaiting InboxShow = "waiting" // that wait for an answer
	InboxUnread  InboxShow = "unread"
	InboxAll     InboxShow = "all" // also where only we wrote
)

// InboxFilter narrows the inbox.
type InboxFilter struct {
	Sees    Visibility // whose; the zero value is nobody's
	OwnerID int64      // 0: everybody's that are seen
	Reader  int64      // whose drafts are marked
	Show    InboxShow
	Channel models.ChannelKind // of their last message
	// UnmatchedFor: whose unmatched messages are counted, as UnmatchedFilter.UserID.
	UnmatchedFor int64
	Page         models.Page
}

// InboxView is a page of conversations.
type InboxView struct {
	Rows      []InboxRow
	Next      string
	Waiting   Count
	Unread    Count
	Unmatched Count
	Failed    []models.Raw // stored, but not understood
}

// inboxGroup is a part of the inbox with an order and an index of its own;
// its key begins the cursors of its pages.
type inboxGroup struct {
	key    string
	where  string
	column string
	desc   bool
}

var (
	groupWaiting = inboxGroup{"w", "conversations.waiting_since IS NOT NULL", "waiting_since", false}
	groupUnread  = inboxGroup{"u", "conversations.unread_count > 0 AND conversations.waiting_since IS NULL AND conversations.last_inbound_at IS NOT NULL", "last_inbound_at", true}
	groupRead    = inboxGroup{"r", "conversations.last_inbound_at IS NOT NULL AND conversations.waiting_since IS NULL AND conversations.unread_count = 0", "last_inbound_at", true}
	// groupRest are all others, also those who never wrote.
	groupRest = inboxGroup{"a", "conversations.last_message_at IS NOT NULL AND conversations.waiting_since IS NULL AND NOT (conversations.unread_count > 0 AND conversations.last_inbound_at IS NOT NULL)", "last_message_at", true}

	inboxGroups = map[InboxShow][]inboxGroup{
		InboxWritten: {groupWaiting, groupUnread, groupRead},
		InboxWaiting: {groupWaiting},
		InboxUnread:  {{"v", "conversations.unread_count > 0 AND conversations.last_inbound_at IS NOT NULL", "last_inbound_at", true}},
		InboxAll:     {groupWaiting, groupUnread, groupRest},
	}
)

// ViewInbox lists conversations: those that wait for an answer first, the
// longest waiting at the top, then the unread and the read ones by their last
// message from the customer.
func (s *Store) ViewInbox(ctx context.Context, f InboxFilter) (InboxView, error) {
	db := s.reader(ctx)
	var v InboxView
	var err error
	if v.Waiting, err = countTo(inboxOf(db, f, groupWaiting.where), countLimit); err != nil {
		return v, err
	}
	if v.Unread, err = countTo(inboxOf(db, f, "conversations.unread_count > 0"), countLimit); err != nil {
		return v, err
	}
	var convs []models.Conversation
	if convs, v.Next, err = pageInbox(db, f); err != nil {
		return v, err
	}
	if v.Rows, err = s.inboxRows(ctx, convs, f.Reader); err != nil {
		return v, err
	}
	if v.Unmatched, err = countTo(unmatchedFor(db, f.UnmatchedFor), 99); err != nil {
		return v, err
	}
	err = db.Where("state <> 'processed' AND state = 'failed'").Order("id DESC").Limit(50).Find(&v.Failed).Error
	return v, err
}

// pageInbox goes through the groups until the page is full.
func pageInbox(db *gorm.DB, f InboxFilter) (rows []models.Conversation, next string, err error) {
	groups, ok := inboxGroups[f.Show]
	if !ok {
		groups = inboxGroups[InboxWritten]
	}
	after, resumed := decodeCursor(f.Page.After, 3)
	limit := limitOf(f.Page)
	for _, g := range groups {
		q := inboxOf(db, f, g.where)
		if resumed {
			if after[0] != g.key {
				continue
			}
			if at, id, ok := timeCursor(encodeCursor(after[1], after[2])); ok {
				q = g.beyond(q, at, id)
			}
			resumed = false
		}
		var part []models.Conversation
		if err := g.ordered(q).Limit(limit + 1 - len(rows)).Find(&part).Error; err != nil {
			return nil, "", err
		}
		for _, c := range part {
			if len(rows) == limit {
				return rows, next, nil
			}
			rows = append(rows, c)
			next = encodeCursor(g.key, g.at(c).UTC().Format(time.RFC3339Nano), strconv.FormatInt(c.ProspectID, 10))
		}
	}
	return rows, "", nil
}

func (g inboxGroup) at(c models.Conversation) time.Time {
	switch g.column {
	case "waiting_since":
		return *c.WaitingSince
	case "last_message_at":
		return *c.LastMessageAt
	}
	return *c.LastInboundAt
}

func (g inboxGroup) beyond(q *gorm.DB, at time.Time, id int64) *gorm.DB {
	place := "(conversations." + g.column + ", conversations.prospect_id)"
	if g.desc {
		return q.Where(place+" < (?, ?)", at, id)
	}
	return q.Where(place+" > (?, ?)", at, id)
}

func (g inboxGroup) ordered(q *gorm.DB) *gorm.DB {
	if g.desc {
		return q.Order("conversations." + g.column + " DESC, conversations.prospect_id DESC")
	}
	return q.Order("conversations." + g.column + ", conversations.prospect_id")
}

func inboxOf(db *gorm.DB, f InboxFilter, where string) *gorm.DB {
	q := db.Model(&models.Conversation{}).Where(where)
	if f.Channel != "" {
		q = q.Where("conversations.last_channel = ?", f.Channel)
	}
	if f.OwnerID == 0 && f.Sees.All {
		return q
	}
	// A conversation belongs to the person's owner.
	q = f.Sees.owners(q, "conversations.assignee_id")
	if f.OwnerID != 0 {
		q = q.Where("conversations.assignee_id = ?", f.OwnerID)
	}
	return q
}

func (s *Store) inboxRows(ctx context.Context, convs []models.Conversation, reader int64) ([]InboxRow, error) {
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
	drafts, err := draftsOf(db, reader, people.list())
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
		row := InboxRow{Who: who[c.ProspectID], Conversation: c, Runs: runs[c.ProspectID], Draft: drafts[c.ProspectID]}
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
	if err := s.reader(ctx).Where("id = ?", id).Take(&raw).Error; err != nil {
		return raw, viewNotFound(err, "stored message")
	}
	return raw, s.fetch(&raw)
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

// Unseen makes the last message of theirs unread again.
func (s *Store) Unseen(ctx context.Context, prospectID int64, by string, now time.Time) error {
	err := s.inTx(ctx, func(tx *gorm.DB) error {
		p, err := lockSurvivor(tx, prospectID)
		if err != nil {
			return err
		}
		last, err := first[models.Message](tx.Where("prospect_id = ? AND direction = 'inbound'", p.ID).Order("id DESC"))
		if err != nil {
			return err
		}
		if last == nil {
			return models.Errorf(models.CodeRefused, "%s has not written yet, so there is nothing to mark as unread.", p.Name())
		}
		if err := tx.Model(&models.Message{}).Where("id = ?", last.ID).UpdateColumn("read_at", nil).Error; err != nil {
			return err
		}
		if err := tx.Model(&models.Conversation{}).Where("prospect_id = ? AND unread_count = 0", p.ID).
			UpdateColumns(map[string]any{"unread_count": 1, "updated_at": now}).Error; err != nil {
			return err
		}
		return addEvents(tx, models.Event{At: now, Actor: by, Kind: models.EventUnread, ProspectID: &p.ID, MessageID: &last.ID})
	})
	return shown(err)
}

// Badges are the numbers beside the rail's entries.
type Badges struct {
	Tasks   Count
	Waiting Count
}

// ViewBadges counts a user's open tasks and waiting customers.
func (s *Store) ViewBadges(ctx context.Context, userID int64, now time.Time) (Badges, error) {
	db := s.reader(ctx)
	var b Badges
	var err error
	if b.Tasks, err = countTo(openTasksOf(db, []int64{userID}, now), 99); err != nil {
		return b, err
	}
	b.Waiting, err = countTo(db.Model(&models.Conversation{}).Where("waiting_since IS NOT NULL AND assignee_id = ?", userID), 99)
	return b, err
}
