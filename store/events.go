package store

import (
	"context"
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

// gatheredKey is under which a transaction keeps the events it will write together.
type gatheredKey struct{}

// gatherEvents has the events of a transaction written in one statement at its
// end, by write: five of them by themselves are five round trips.
func gatherEvents(tx *gorm.DB) (gathering *gorm.DB, write func() error) {
	var gathered []models.Event
	write = func() error {
		events := gathered
		gathered = nil
		return writeEvents(tx, events)
	}
	return tx.WithContext(context.WithValue(tx.Statement.Context, gatheredKey{}, &gathered)), write
}

func gathered(tx *gorm.DB) *[]models.Event {
	all, _ := tx.Statement.Context.Value(gatheredKey{}).(*[]models.Event)
	return all
}

// addEvents appends to the audit trail within the transaction of what happened.
func addEvents(tx *gorm.DB, events ...models.Event) error {
	if all := gathered(tx); all != nil {
		*all = append(*all, events...)
		return nil
	}
	return writeEvents(tx, events)
}

func writeEvents(tx *gorm.DB, events []models.Event) error {
	if len(events) == 0 {
		return nil
	}
	if err := insertRows(tx, events); err != nil {
		return fmt.Errorf("add events: %w", err)
	}
	return nil
}
