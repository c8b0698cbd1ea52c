package models

import "time"

// LinkOpen is a link of a message that was opened, where the workspace asks
// for that: how often, the first and the last time. It is a note for people;
// nothing is decided by it, for machines open links too.
type LinkOpen struct {
	ID         int64 `gorm:"primaryKey"`
	MessageID  int64
	ProspectID int64
	URL        string
	Opens      int
	FirstAt    time.Time
	LastAt     time.Time
}
