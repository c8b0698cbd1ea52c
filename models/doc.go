// Package models is the vocabulary of Followup: the types, the states they
// pass through and the transitions between them. It imports nothing but the
// standard library; the gorm tags are plain strings that only store reads.
//
// Every time.Time is an instant in UTC. Where a local date or a local time of
// day is meant, the type says so (Date, TimeOfDay) and a zone stands beside it.
package models

import "time"

// A Clock tells the time. Everything below cmd takes one, so that tests and
// the demonstration run on a time of their own.
type Clock func() time.Time
