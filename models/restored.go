package models

import "time"

// Restored says that the workspace came from a backup. What happened between
// the backup and its restoring is not in the database, and yet it happened:
// messages that were due then may have gone out already.
type Restored struct {
	BackupOf  time.Time // when the backup was taken
	At        time.Time // when it was restored
	WasPaused bool      // somebody had paused the workspace before the backup
	WasWhy    string
	WasBy     string
	// ReconciledAt: inbound and the providers' records since the backup have
	// been read as far as they can be.
	ReconciledAt *time.Time
	// ResumedAt: a person has said that sending goes on.
	ResumedAt *time.Time
}

// Lost tells whether something promised for that time may have been done in
// the history that the restored database does not know.
func (r *Restored) Lost(promised time.Time) bool { return r != nil && !promised.After(r.At) }

// Left is a message or a call that left a sender, as the provider's own record
// has it.
type Left struct {
	Channel    ChannelKind
	ProviderID string // a Message-ID, a SID
	To         string // address or number
	Subject    string
	Text       string // "" where the record does not have it
	At         time.Time
}
