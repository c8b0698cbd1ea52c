package models

import "time"

// Preferences are what a customer chooses on their own page, which the link
// in our messages opens.
type Preferences struct {
	ProspectID int64
	MessageID  int64         // whose link it was
	Off        []ChannelKind // by which they want to hear nothing; others are open again if this page closed them
	Open       []ChannelKind
	AllOff     bool // nothing at all, by any way
	RestDays   int  // nothing for so many days; 0: no rest
	GapDays    int  // no more than one message in so many days; 0: as it comes
	Now        time.Time
}

// SourcePreferences marks orders made on the customer's own page.
const SourcePreferences = "preferences"
