package models

// Settings of the workspace, one row. The zero value is not usable: take DefaultSettings.
type Settings struct {
	Workspace     string // its name
	Mode          string // "", "demonstration" or "own": what first sign-in chose
	PostalAddress string // in every commercial email (CAN-SPAM, 15 U.S.C. 7704(a)(5))
	// FollowUpLimit is the most follow-ups per pursuit before the goodbye.
	FollowUpLimit int
	// QuietFrom and QuietTo bound calls and texts in the prospect's local
	// time: not before From, not at or after To (47 CFR 64.1200(c)(1): 8:00–21:00).
	QuietFrom TimeOfDay
	QuietTo   TimeOfDay
	// Holidays on which business days do not count, beside the national ones.
	Holidays []Date
	// OutOfOfficeDays is how long to rest where the return date is not given; OutOfOfficeMax bounds any.
	OutOfOfficeDays int
	OutOfOfficeMax  int
	// EscalateAfter is how many hours a customer may wait for an answer before
	// somebody else is asked to see to it; 0: nobody is. EscalateTo is whom; 0:
	// a manager of the owner's team.
	EscalateAfter int   `json:",omitempty"`
	EscalateTo    int64 `json:",omitempty"`
	// Paused stops every automatic touch; PausedWhy and PausedBy say why and who.
	Paused    bool
	PausedWhy string
	PausedBy  string
	// Restored is set where the workspace came from a backup.
	Restored *Restored `json:",omitempty"`
}

// DefaultSettings are the workspace's settings before anyone changes them.
func DefaultSettings() Settings {
	return Settings{
		Workspace: "Followup", FollowUpLimit: 7,
		QuietFrom: 8 * 60, QuietTo: 21 * 60,
		OutOfOfficeDays: 7, OutOfOfficeMax: 60,
	}
}
