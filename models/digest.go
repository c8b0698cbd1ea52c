package models

import "time"

// Digest is what a rep reads in the morning.
type Digest struct {
	User    User
	Date    Date // the rep's own day
	Calls   []DigestCall
	Waiting []DigestWait
	Late    []DigestPromise
	Tasks   int // open, beside these
}

// Empty tells whether there is nothing to read.
func (d Digest) Empty() bool {
	return len(d.Calls) == 0 && len(d.Waiting) == 0 && len(d.Late) == 0 && d.Tasks == 0
}

// DigestCall is a booked call of the day.
type DigestCall struct {
	At            time.Time
	Zone          string // the customer's
	Name, Company string
	Title         string
	AppointmentID int64
}

// DigestWait is a customer who waits for an answer.
type DigestWait struct {
	Since         time.Time
	Name, Company string
	Words         string
	ProspectID    int64
}

// DigestPromise is a commitment whose date has passed.
type DigestPromise struct {
	DueOn         Date
	Name, Company string
	Outcome       string
	ProspectID    int64
}
