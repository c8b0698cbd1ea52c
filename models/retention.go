package models

import "time"

// RetainedKind is content that goes by age.
type RetainedKind string

const (
	RetainedRaw        RetainedKind = "raw"        // inbound messages as they came, with attachments
	RetainedMessages   RetainedKind = "messages"   // what was written, both ways
	RetainedRecordings RetainedKind = "recordings" // where a voicemail's recording lies
	RetainedUploads    RetainedKind = "uploads"    // files of imports
	RetainedNotices    RetainedKind = "notices"    // what users were told
)

// Retention says for how many days each kind is kept; 0: for good.
type Retention struct {
	Raw        int `json:",omitempty"`
	Messages   int `json:",omitempty"`
	Recordings int `json:",omitempty"`
	Uploads    int `json:",omitempty"`
	Notices    int `json:",omitempty"`
}

// Days of a kind.
func (r Retention) Days(kind RetainedKind) int {
	switch kind {
	case RetainedRaw:
		return r.Raw
	case RetainedMessages:
		return r.Messages
	case RetainedRecordings:
		return r.Recordings
	case RetainedUploads:
		return r.Uploads
	case RetainedNotices:
		return r.Notices
	}
	return 0
}

// Before is the moment before which a kind is not kept at now; false: it is
// kept for good.
func (r Retention) Before(kind RetainedKind, now time.Time) (time.Time, bool) {
	days := r.Days(kind)
	return now.AddDate(0, 0, -days), days > 0
}
