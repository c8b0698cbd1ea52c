package store

import (
	"context"
	"strconv"
	"strings"

	"gorm.io/gorm"

	"followup/models"
)

// UnmatchedFilter narrows the inbounds that nobody could be matched to.
type UnmatchedFilter struct {
	UserID int64 // 0: everybody's; else those to the user's own and to shared senders
	Page   models.Page
}

// UnmatchedRow is one of them, with the company that its domain suggests.
type UnmatchedRow struct {
	Message models.Message
	Company *models.Company
}

// UnmatchedList is a page of them, the newest first.
type UnmatchedList struct {
	Rows  []UnmatchedRow
	Next  string
	Total Count
}

func unmatchedFor(db *gorm.DB, userID int64) *gorm.DB {
	q := db.Model(&models.Message{}).Where("prospect_id IS NULL AND direction = 'inbound' AND dismissed_at IS NULL")
	if userID != 0 {
		q = q.Where("(sender_id IS NULL OR sender_id IN (SELECT id FROM senders WHERE owner_id IS NULL OR owner_id = ?))", userID)
	}
	return q
}

// ViewUnmatched lists the inbounds that wait for somebody who knows whom they are from.
func (s *Store) ViewUnmatched(ctx context.Context, f UnmatchedFilter) (UnmatchedList, error) {
	db := s.reader(ctx)
	var v UnmatchedList
	var err error
	if v.Total, err = countTo(unmatchedFor(db, f.UserID), countLimit); err != nil {
		return v, err
	}
	q, limit := unmatchedFor(db, f.UserID), limitOf(f.Page)
	if c, ok := decodeCursor(f.Page.After, 1); ok {
		if id, err := strconv.ParseInt(c[0], 10, 64); err == nil {
			q = q.Where("id < ?", id)
		}
	}
	var msgs []models.Message
	if err := q.Order("id DESC").Limit(limit + 1).Find(&msgs).Error; err != nil {
		return v, err
	}
	if len(msgs) > limit {
		msgs = msgs[:limit]
		v.Next = encodeCursor(strconv.FormatInt(msgs[limit-1].ID, 10))
	}
	var domains []string
	for _, m := range msgs {
		if _, domain, ok := cutAt(m.FromAddress); ok {
			domains = append(domains, strings.ToLower(domain))
		}
	}
	var companies []models.Company
	if len(domains) > 0 {
		if err := db.Where("domain IN ?", domains).Find(&companies).Error; err != nil {
			return v, err
		}
	}
	byDomain := map[string]*models.Company{}
	for i := range companies {
		byDomain[companies[i].Domain] = &companies[i]
	}
	for _, m := range msgs {
		row := UnmatchedRow{Message: m}
		if _, domain, ok := cutAt(m.FromAddress); ok {
			row.Company = byDomain[strings.ToLower(domain)]
		}
		v.Rows = append(v.Rows, row)
	}
	return v, nil
}

// UnmatchedView is one inbound with whom it may be from.
type UnmatchedView struct {
	Message models.Message
	Sender  *models.Sender
	Holder  *models.Prospect // it was matched meanwhile
	// Same hold the address by now; Company is known by its domain, and
	// Colleagues are its people.
	Same       []ProspectRow
	Company    *models.Company
	Colleagues []ProspectRow
}

// suggestionLimit is how many people are suggested of each kind; the search finds the rest.
const suggestionLimit = 12

// ViewUnmatchedOne loads an inbound and suggests whom it may be from.
func (s *Store) ViewUnmatchedOne(ctx context.Context, id int64) (UnmatchedView, error) {
	db := s.reader(ctx)
	var v UnmatchedView
	var err error
	if v.Message, err = unmatchedMessage(db, id); err != nil {
		return v, err
	}
	if v.Message.SenderID != nil {
		if v.Sender, err = first[models.Sender](db.Omit("Secrets").Where("id = ?", *v.Message.SenderID)); err != nil {
			return v, err
		}
	}
	if v.Message.ProspectID != nil {
		v.Holder, err = first[models.Prospect](db.Where("id = ?", *v.Message.ProspectID))
		return v, err
	}
	if v.Message.FromAddress == "" {
		return v, nil
	}
	v.Same, err = s.suggested(db, "id IN (SELECT prospect_id FROM contact_points WHERE value = ?)", v.Message.FromAddress)
	if err != nil {
		return v, err
	}
	_, domain, ok := cutAt(v.Message.FromAddress)
	if !ok {
		return v, nil
	}
	if v.Company, err = first[models.Company](db.Where("domain = ?", strings.ToLower(domain))); err != nil || v.Company == nil {
		return v, err
	}
	v.Colleagues, err = s.suggested(db, "company_id = ?", v.Company.ID)
	return v, err
}

func (s *Store) suggested(db *gorm.DB, where string, arg any) ([]ProspectRow, error) {
	var people []models.Prospect
	err := db.Where(where, arg).Where("merged_into IS NULL AND erased_at IS NULL").Order("last_name, first_name, id").Limit(suggestionLimit).Find(&people).Error
	if err != nil || len(people) == 0 {
		return nil, err
	}
	return s.prospectRows(db, people)
}
