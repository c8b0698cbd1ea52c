package models

import "time"

// KeptMedia is a picture or a voicemail of a customer's, fetched from the
// provider that took it and kept here.
type KeptMedia struct {
	ID          int64 `gorm:"primaryKey"`
	MessageID   int64
	Place       int    // among the message's media, from 0
	Type        string // media type, the provider's word
	Content     []byte
	ContentFile string // the file that holds Content where it is large
	Attempts    int
	Error       string     // of the last attempt
	NextAt      *time.Time // when it is tried next; nil: it is here, or was given up
	FetchedAt   *time.Time
	CreatedAt   time.Time
}

// TableName of the row: media is a plural already.
func (KeptMedia) TableName() string { return "kept_media" }

// MediaDue is one to be fetched, with where it lies and by whose account.
type MediaDue struct {
	KeptMedia
	Media  Media
	Sender Sender
}

// MediaRetry is how long after the nth failed attempt a picture or a recording
// is asked for again; ok is false where it is given up. A recording is there
// about a minute after its call; providers have bad days.
func MediaRetry(attempts int) (wait time.Duration, ok bool) {
	waits := []time.Duration{
		20 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 48 * time.Hour,
	}
	if attempts < 1 || attempts > len(waits) {
		return 0, false
	}
	return waits[attempts-1], true
}
