package models

// Lacking is a person who lacks what steps of a sequence need.
type Lacking struct {
	ProspectID int64
	Name       string
	Steps      []Lack
}

// Lack is one step that cannot come as it is written.
type Lack struct {
	StepKey string
	Step    string // its name
	Channel ChannelKind
	Reason  Reason       // no_consent, suppressed or no_contact_point
	Needs   ConsentBasis // the weakest basis that would permit it
	Why     string       // in words
	Spoken  bool         // it becomes a call in which the rep speaks it; else it is left out
}
