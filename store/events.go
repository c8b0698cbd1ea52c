package store

import (
	"fmt"

	"gorm.io/gorm"

	"followup/models"
)

// valuesPerStatement keeps a statement with many values below the databases' limits on
// parameters (SQLite 32,766, PostgreSQL 65,535).
const valuesPerStatement = 500

// insertSizes are the only numbers of rows that a hot INSERT comes in: each
// number is a statement of its own, and a new one for every batch would be
// parsed every time and push the others out of the cache of prepared ones.
var insertSizes = []int{100, 25, 5, 1}

// insertRows writes rows and gives them their ids.
func insertRows[T any](tx *gorm.DB, rows []T) error {
	for _, size := range insertSizes {
		for len(rows) >= size {
			if err := tx.Create(rows[:size:size]).Error; err != nil {
				return err
			}
			rows = rows[size:]
		}
	}
	return nil
}

// addEvents appends to the audit trail within the transaction of what happened.
func addEvents(tx *gorm.DB, events ...models.Event) error {
	if len(events) == 0 {
		return nil
	}
	if err := insertRows(tx, events); err != nil {
		return fmt.Errorf("add events: %w", err)
	}
	return nil
}
