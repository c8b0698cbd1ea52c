package models

import "time"

// EntryDraft is what a user is writing over an entry of the library that is
// published already: only they see it, until they save the entry.
type EntryDraft struct {
	ID       int64 `gorm:"primaryKey"`
	UserID   int64
	Shelf    string // as in the address: points, stories, …
	EntryID  int64
	Revision int64  // of the entry that they began with
	Fields   string // the form, URL-encoded
	// UpdatedAt is when something was typed last.
	UpdatedAt time.Time
}

// TableName of the rows.
func (EntryDraft) TableName() string { return "library_drafts" }
