package models

import "time"

// MergeUndo is how long two merged records can be told apart again.
const MergeUndo = 30 * 24 * time.Hour

// MergeBefore is what a merge changed in place. With the list of what moved
// it tells the two records apart again.
type MergeBefore struct {
	Keep Prospect // the record that stayed, before
	Kept Prospect // and after
	Drop Prospect

	KeepTalk, DropTalk   Conversation
	KeepGoals, KeptGoals *Discovery // nil: nothing was known
	DropGoals            *Discovery
	Pursuits             []Pursuit // that were open
	Same                 []SamePoint
	Heard                map[string][]int64 // by its table: what both had heard
	Parts                []int64            // records that had become part of the one that went
	Ended                []int64            // enrollments that ended: both were in the sequence, or an order covered both
	Rested               []int64            // enrollments that rested, since one of the two waited for an answer
}

// SamePoint is an address or number that both records had.
type SamePoint struct {
	KeptID int64
	Gone   ContactPoint // the row of the record that went
}

// Undoable tells until when the merge can be undone, and whether it can now.
func (m Merge) Undoable(now time.Time) (until time.Time, can bool) {
	until = m.At.Add(MergeUndo)
	return until, m.Before != nil && m.UndoneAt == nil && now.Before(until)
}
