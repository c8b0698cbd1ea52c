package models

import (
	"strings"
	"time"
)

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
	// Rules are the workspace's own values in the place of the law's rows that
	// are shipped (package laws), one a line: "hours/US-TX = Mon-Sat 10:00-20:00".
	Rules string `json:",omitempty"`
	// LinkDomain is where links of automatic emails lead first, so that it is
	// seen which are opened: an address of our own; "": links are not tracked.
	LinkDomain string `json:",omitempty"`
	// Caps are the workspace's own limits, beside those of the law.
	Caps Caps
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
	// WrittenHold is for how many hours nothing automatic follows a message that
	// a rep wrote from elsewhere: the engine does not know what it said. 0: none.
	WrittenHold int
	// CallReason is what the card asks before a call without a reason.
	CallReason CallReason `json:",omitempty"`
	// Visibility is whose prospects a rep sees: own, team or all; managers and
	// admins see everybody's.
	Visibility Visibility `json:",omitempty"`
	// SecondFactor is asked of everybody: who has none sets one up first.
	SecondFactor bool `json:",omitempty"`
	// Changed says who saved each section of the rules last, and when.
	Changed map[string]SettingsChange `json:",omitempty"`
	// Paused stops every automatic touch; PausedWhy and PausedBy say why and who.
	Paused    bool
	PausedWhy string
	PausedBy  string
	// Pauses are the latest times at which everything was paused, newest first.
	Pauses []WorkspacePause `json:",omitempty"`
	// Retention says how long content is kept.
	Retention Retention
	// Restored is set where the workspace came from a backup.
	Restored *Restored `json:",omitempty"`
}

// unnamed is what a workspace is called before anybody names it.
const unnamed = "Followup"

// Company is the name under which customers are written to; "" where nobody
// has named the workspace yet: it is not ours to sign with.
func (s Settings) Company() string {
	if name := strings.TrimSpace(s.Workspace); name != unnamed {
		return name
	}
	return ""
}

// CallReason is how much the card insists on a reason for calling.
type CallReason string

const (
	ReasonNudge    CallReason = "" // it asks; one key dials anyway
	ReasonOff      CallReason = "off"
	ReasonRequired CallReason = "required"
)

// Valid tells whether r is one of the three.
func (r CallReason) Valid() bool {
	return r == ReasonNudge || r == ReasonOff || r == ReasonRequired
}

// Visibility is whose prospects somebody sees.
type Visibility string

const (
	SeeOwn  Visibility = "own"
	SeeTeam Visibility = "team"
	SeeAll  Visibility = "all"
)

// Valid tells whether v is one of the three.
func (v Visibility) Valid() bool { return v == SeeOwn || v == SeeTeam || v == SeeAll }

// WorkspacePause is a time in which nothing automatic was sent.
type WorkspacePause struct {
	From    time.Time
	By      string // actor
	Why     string
	Until   time.Time `json:",omitzero"`
	EndedBy string    `json:",omitempty"`
}

// keptPauses is how many of them the settings keep.
const keptPauses = 20

// PauseAll stops everything automatic; pausing again changes the reason only.
func (s *Settings) PauseAll(by, why string, now time.Time) {
	if !s.Paused {
		s.Pauses = append([]WorkspacePause{{From: now, By: by, Why: why}}, s.Pauses...)
		s.Pauses = s.Pauses[:min(len(s.Pauses), keptPauses)]
	} else if len(s.Pauses) > 0 && s.Pauses[0].Until.IsZero() {
		s.Pauses[0].Why = why
	}
	s.Paused, s.PausedWhy, s.PausedBy = true, why, by
}

// ResumeAll lets everything go on.
func (s *Settings) ResumeAll(by string, now time.Time) {
	if s.Paused && len(s.Pauses) > 0 && s.Pauses[0].Until.IsZero() {
		s.Pauses[0].Until, s.Pauses[0].EndedBy = now, by
	}
	s.Paused, s.PausedWhy, s.PausedBy = false, "", ""
}

// SettingsChange is who saved a section, and when.
type SettingsChange struct {
	By string // actor
	At time.Time
}

// DefaultSettings are the workspace's settings before anyone changes them.
func DefaultSettings() Settings {
	return Settings{
		Workspace: unnamed, FollowUpLimit: 7,
		QuietFrom: 8 * 60, QuietTo: 21 * 60,
		OutOfOfficeDays: 7, OutOfOfficeMax: 60, WrittenHold: 24, Visibility: SeeTeam, Caps: DefaultCaps(),
	}
}
