package store

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"followup/models"
)

// insertRaw stores an inbound; fresh=false where it is a repeat. With the
// address it came from, the row itself holds whoever has that address until it
// is understood: their lock orders it against a claim, so that an intent is
// either there before the inbound or sees it.
func (s *Store) insertRaw(ctx context.Context, raw *models.Raw) (fresh bool, err error) {
	insert := func(tx *gorm.DB) error {
		res := tx.Clauses(clause.OnConflict{DoNothing: true}).Create(raw)
		fresh = res.RowsAffected == 1
		return res.Error
	}
	if raw.FromAddress == "" {
		// One statement, no transaction: once it returns the inbound is ours.
		err = insert(s.write.WithContext(ctx)) // before fresh is read: it sets it
		return fresh, err
	}
	err = s.inTx(ctx, func(tx *gorm.DB) error {
		if isPostgres(tx) {
			var held []int64
			err := tx.Raw("SELECT id FROM prospects WHERE id IN (SELECT prospect_id FROM contact_points WHERE value = ?) ORDER BY id FOR UPDATE", raw.FromAddress).Scan(&held).Error
			if err != nil {
				return err
			}
		}
		return insert(tx)
	})
	return fresh, err
}

// loadUnread finds which of the crowd's addresses something unread came from.
func (c *crowd) loadUnread(tx *gorm.DB) error {
	var values []string
	for _, points := range c.points {
		for _, cp := range points {
			values = append(values, cp.Value)
		}
	}
	if len(values) == 0 {
		return nil
	}
	var from []string
	err := tx.Model(&models.Raw{}).Where("state <> 'processed'").Where(anyOf(tx, "from_address", values)).Distinct().Pluck("from_address", &from).Error
	if err != nil || len(from) == 0 {
		return err
	}
	c.unread = make(map[string]bool, len(from))
	for _, address := range from {
		c.unread[address] = true
	}
	return nil
}

func (c *crowd) unreadOf(p models.Prospect) bool {
	if len(c.unread) == 0 {
		return false
	}
	for _, cp := range c.points[p.ID] {
		if c.unread[cp.Value] {
			return true
		}
	}
	return false
}
