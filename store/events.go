package store

import (
	"fmt"

	"gorm.io/gorm"

	"followup/models"
)

// rowsPerInsert keeps a multi-row INSERT below the databases' limits on
// parameters (SQLite 32,766, PostgreSQL 65,535).
const rowsPerInsert = 500

// addEvents appends to the audit trail within the transaction of what happened.
func addEvents(tx *gorm.DB, events ...models.Event) error {
	if len(events) == 0 {
		return nil
	}
	if err := tx.CreateInBatches(events, rowsPerInsert).Error; err != nil {
		return fmt.Errorf("add events: %w", err)
	}
	return nil
}
