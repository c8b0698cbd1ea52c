package models

// Resolution is what a person decides of hand-overs whose fate is unknown.
type Resolution string

const (
	ResolveSent    Resolution = "sent"    // they went out: their sequences go on from there
	ResolveAgain   Resolution = "again"   // they did not: send them again
	ResolveDismiss Resolution = "dismiss" // nobody knows, and they are not sent again
)

// Valid tells whether r is one of the three.
func (r Resolution) Valid() bool {
	return r == ResolveSent || r == ResolveAgain || r == ResolveDismiss
}
