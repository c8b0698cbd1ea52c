package store

import (
	"context"
	"errors"
	"strings"

	"gorm.io/gorm"

	"followup/models"
)

// FindMatch looks for the person behind an inbound: by our reply token, then
// by the thread, then by the recipient a bounce is about, then by the address
// it came from. A company known by its domain is only a suggestion.
func (s *Store) FindMatch(ctx context.Context, keys models.MatchKeys) (models.Match, error) {
	m := matcher{tx: s.read.WithContext(ctx), keys: keys}
	for _, look := range []func() (bool, error){m.byToken, m.byThread, m.byFailed, m.byFrom} {
		found, err := look()
		if err != nil {
			return models.Match{}, err
		}
		if found {
			return m.complete()
		}
	}
	if err := m.suggest(); err != nil {
		return models.Match{}, err
	}
	return m.match, m.addressed()
}

type matcher struct {
	tx    *gorm.DB
	keys  models.MatchKeys
	match models.Match
	point *models.ContactPoint // what byPoint found
}

func (m *matcher) byToken() (bool, error) {
	if len(m.keys.Tokens) == 0 {
		return false, nil
	}
	return m.byMessage("by the reply token in its address", m.tx.Where("token IN ? AND token <> ''", m.keys.Tokens))
}

// byThread: what it refers to may be ours or the customer's own earlier
// message; ours says more.
func (m *matcher) byThread() (bool, error) {
	if len(m.keys.MailIDs) == 0 {
		return false, nil
	}
	found, err := m.byMessage("by the message it answers",
		m.tx.Where("mail_id IN ? AND mail_id <> '' AND direction = 'outbound'", m.keys.MailIDs))
	if found || err != nil {
		return found, err
	}
	return m.byMessage("by the thread it belongs to", m.tx.Where("mail_id IN ? AND mail_id <> ''", m.keys.MailIDs))
}

func (m *matcher) byMessage(why string, cond *gorm.DB) (bool, error) {
	q := m.tx.Where(cond).Where("prospect_id IS NOT NULL").Order("id DESC")
	if m.keys.Failed != "" {
		// A user's own mail from elsewhere went to several with one id: a report
		// on another recipient says nothing of this one. Ours goes to one each,
		// and what it names may be where an alias leads.
		q = q.Where("direction = 'outbound' AND (touch_id IS NOT NULL OR to_address = ?)", m.keys.Failed)
	}
	var msg models.Message
	err := q.Take(&msg).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	m.match.ProspectID, m.match.ContactPointID, m.match.SenderID = msg.ProspectID, msg.ContactPointID, msg.SenderID
	if msg.Direction == models.Outbound {
		m.match.MessageID, m.match.TouchID = &msg.ID, msg.TouchID
	}
	m.match.Why = why
	return true, nil
}

// byFailed: a bounce without our identifiers still names whom it could not reach.
func (m *matcher) byFailed() (bool, error) {
	if m.keys.Failed == "" {
		return false, nil
	}
	found, err := m.byPoint("by the recipient it reports on", m.keys.Failed)
	if !found || err != nil {
		return found, err
	}
	var msg models.Message
	err = m.tx.Where("prospect_id = ? AND contact_point_id = ? AND direction = 'outbound'", *m.match.ProspectID, *m.match.ContactPointID).
		Order("id DESC").Take(&msg).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return true, nil
	}
	m.match.MessageID, m.match.TouchID, m.match.SenderID = &msg.ID, msg.TouchID, msg.SenderID
	return true, err
}

func (m *matcher) byFrom() (bool, error) {
	if m.keys.From == "" {
		return false, nil
	}
	return m.byPoint("by the address it came from", m.keys.From)
}

// byPoint takes the newest holder of an address.
func (m *matcher) byPoint(why, value string) (bool, error) {
	q := m.tx.Where("value = ?", value)
	if m.keys.Kind != "" {
		q = q.Where("kind = ?", m.keys.Kind)
	}
	var cp models.ContactPoint
	err := q.Order("id DESC").Take(&cp).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	m.match.ProspectID, m.match.ContactPointID, m.match.Why = &cp.ProspectID, &cp.ID, why
	m.point = &cp
	return true, nil
}

// complete follows merges and says which contact point it came from: of a
// token's or a thread's match that is the sender's own address, where the
// prospect has it, else where we had written to.
func (m *matcher) complete() (models.Match, error) {
	survivor, err := survivorOf(m.tx, *m.match.ProspectID)
	if err != nil {
		return m.match, err
	}
	m.match.ProspectID = &survivor
	for _, value := range []string{m.keys.Failed, m.keys.From} {
		if value == "" {
			continue
		}
		if m.point != nil && m.point.ProspectID == survivor && m.point.Value == value {
			break // it is the match already
		}
		var cp models.ContactPoint
		err := m.tx.Where("prospect_id = ? AND value = ?", survivor, value).Take(&cp).Error
		if err == nil {
			m.match.ContactPointID = &cp.ID
			break
		}
		if !errors.Is(err, gorm.ErrRecordNotFound) {
			return m.match, err
		}
	}
	return m.match, m.addressed()
}

// addressed finds which of our senders it was written to.
func (m *matcher) addressed() error {
	if len(m.keys.To) == 0 {
		return nil
	}
	var sender models.Sender
	err := m.tx.Where("address IN ?", m.keys.To).Order("id").Take(&sender).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err == nil {
		m.match.SenderID = &sender.ID
	}
	return err
}

func (m *matcher) suggest() error {
	_, domain, ok := strings.Cut(m.keys.From, "@")
	if !ok {
		return nil
	}
	var company models.Company
	err := m.tx.Where("domain = ?", domain).Take(&company).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return nil
	}
	if err == nil {
		m.match.SuggestCompany, m.match.Why = &company.ID, "its domain is a known company's"
	}
	return err
}
