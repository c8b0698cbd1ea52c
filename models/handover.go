package models

import "time"

// Handover gives the work of somebody who left to who takes over, in batches.
type Handover struct {
	ID        int64 `gorm:"primaryKey"`
	UserID    int64 // who left
	ToID      int64 // who takes over
	By        string
	Total     int // prospects with whom there was anything to do when it began
	Done      int
	Tasks     int
	CreatedAt time.Time
	UpdatedAt time.Time
	EndedAt   *time.Time // nothing is theirs any more
}

// Running tells whether there is work left to give.
func (h Handover) Running() bool { return h.EndedAt == nil }
