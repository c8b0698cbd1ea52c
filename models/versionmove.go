package models

import "time"

// MoveState of a version move.
type MoveState string

const (
	// MoveRunning: entered with the publishing that asks for it.
	MoveRunning MoveState = "running"
	// MoveDone: everybody inside was told to move; an end.
	MoveDone MoveState = "done"
	// MoveReplaced: a newer version took its place before it was through; an end.
	MoveReplaced MoveState = "replaced"
)

// VersionMove takes the people inside a sequence to another version, in
// batches: each enrollment gets it as its pending version, and the engine
// carries it out as soon as nothing of theirs is under way.
type VersionMove struct {
	ID         int64 `gorm:"primaryKey"`
	SequenceID int64
	VersionID  int64
	UserID     *int64
	State      MoveState
	GoOnAt     map[string]string `gorm:"serializer:json"` // step that is gone → the step to go on at
	AfterID    int64             // enrollments up to this id have been told
	Total      int               // people inside when it began
	Done       int
	CreatedAt  time.Time
	UpdatedAt  time.Time
	EndedAt    *time.Time
}

// Publication is what publishing is asked to do beside making the version.
type Publication struct {
	Definition Definition
	Source     string
	Note       string
	Override   string // a manager's reason for publishing against the lint
	Builtin    bool
	By         *int64
	// Revision the publisher has read; nil: whatever it is now.
	Revision *int64
	// Move takes the people inside along; else they stay on their versions.
	Move   bool
	GoOnAt map[string]string
	// Draft stays behind as the draft; "" drops it, for it was published.
	Draft string
	Now   time.Time
}

// Place is where an enrollment stands, for the preview of a move.
type Place struct {
	EnrollmentID int64
	StepKey      string // the last step made; "" where none was
	Occurrence   string
}
