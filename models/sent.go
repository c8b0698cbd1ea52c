package models

// SentMail is what a Sent folder offers for finding whom a message went to.
type SentMail struct {
	To     []string // every recipient, normalised
	Thread []string // Message-IDs that it answers
}

// SentTo is one prospect to whom a user wrote from elsewhere.
type SentTo struct {
	ProspectID     int64
	ContactPointID *int64 // nil: they wrote from that address before, but it is none of theirs
	Address        string
}
