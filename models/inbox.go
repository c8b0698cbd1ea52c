package models

import "time"

// AnswerDraft is what a user is writing to somebody: kept by the server until
// it is sent or emptied, one a user and person.
type AnswerDraft struct {
	ID         int64 `gorm:"primaryKey"`
	UserID     int64
	ProspectID int64
	// Channel is the chosen way as the answer box names it; "" while none was chosen.
	Channel string
	Subject string
	Body    string
	// Revision rises with each saving: a second tab that saves over the first is told.
	Revision  int64
	UpdatedAt time.Time
}

// Empty tells whether nothing is written.
func (d AnswerDraft) Empty() bool { return d.Body == "" && d.Subject == "" }

// AnswerFile is a file that leaves with an answer.
type AnswerFile struct {
	ID         int64 `gorm:"primaryKey"`
	ProspectID int64
	UserID     int64
	TouchID    *int64 // nil while the answer is being written
	Name       string
	Type       string // media type without parameters
	Size       int64
	Content    []byte
	// Token is the address by which a provider fetches it.
	Token     string
	CreatedAt time.Time
}

// UndoAnswer is how long an answer waits before it leaves.
const UndoAnswer = 10 * time.Second

// SavedFilter is a list of prospects that a user comes back to.
type SavedFilter struct {
	ID        int64 `gorm:"primaryKey"`
	UserID    int64
	Name      string
	Query     string // of the list's address: "state=idle&owner=3"
	CreatedAt time.Time
	UpdatedAt time.Time
}

// ProspectEdit is one field that a person changed by hand. The event about it
// holds the field's name; these values go with the person's erasure.
type ProspectEdit struct {
	ID         int64 `gorm:"primaryKey"`
	ProspectID int64
	Field      string
	Was        string
	Became     string
	By         string // actor, see Event.Actor
	At         time.Time
}

// Duplicate is a pair of records that may be one person.
type Duplicate struct {
	ID        int64 `gorm:"primaryKey"`
	OneID     int64 // the smaller id
	OtherID   int64
	Reason    DuplicateReason
	State     DuplicateState
	By        string
	FoundAt   time.Time
	UpdatedAt time.Time
}

// Merge says what became part of which record: rows by their table.
type Merge struct {
	ID     int64 `gorm:"primaryKey"`
	KeepID int64
	DropID int64
	By     string
	At     time.Time
	Moved  map[string][]int64 `gorm:"serializer:json"`
	// Before is what the merge changed in place; nil: it cannot be undone any more.
	Before   *MergeBefore `gorm:"column:before_merge;serializer:json"`
	UndoneAt *time.Time   // the two were told apart again
	UndoneBy string
}

// DuplicateReason is what two records have in common.
type DuplicateReason string

const (
	DuplicateAddress DuplicateReason = "same_address"
	DuplicateNumber  DuplicateReason = "same_number"
	DuplicateName    DuplicateReason = "same_name" // at the same company
)

// DuplicateState of a pair.
type DuplicateState string

const (
	// DuplicateOpen: entered when it is found; left by a person's word.
	DuplicateOpen DuplicateState = "open"
	// DuplicateMerged: they were one, and are one now; an end.
	DuplicateMerged DuplicateState = "merged"
	// DuplicateDistinct: a person said that they are two; an end, and not found again.
	DuplicateDistinct DuplicateState = "distinct"
)
