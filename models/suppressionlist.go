package models

import "time"

// ListFresh is how many days old a do-not-call list may be (47 CFR
// 64.1200(c)(2)(i)(D)).
const ListFresh = 31

// SuppressionList is an imported list of those not to be contacted.
type SuppressionList struct {
	ID        int64 `gorm:"primaryKey"`
	Name      string
	AsOf      Date   // the day the list was made
	Numbers   int64  // how many it held
	Added     int64  // how many of them were new
	By        string // actor
	CreatedAt time.Time
}

// Stale tells whether the list is too old to rely on at t.
func (l SuppressionList) Stale(t time.Time) bool {
	made, err := time.Parse(time.DateOnly, string(l.AsOf))
	return err != nil || t.Sub(made) > (ListFresh+1)*24*time.Hour
}
