package models

import "time"

// Caps are the workspace's own limits; 0 is none. They bind what goes out by
// itself: follow-ups, goodbyes and recurring touches. What a person writes,
// confirmations and reminders count and are never held by them.
type Caps struct {
	PersonDay    int // touches of one person on one of their days, over all channels and sequences
	PersonGap    int // minutes between two touches of one person
	CompanyDay   int // messages to one company on one day (UTC)
	ActivePerRep int // people whom one rep has in sequences
	// FailedDays is after how many days of failing a number or an address
	// rests, RestDays for how long.
	FailedDays int
	RestDays   int
	// SpreadMinutes is over how long messages that name no time of day are spread.
	SpreadMinutes int `json:",omitempty"`
	// TextBudget is what texts may cost in a month (UTC), in the currency of the rates.
	TextBudget int `json:",omitempty"`
}

// DefaultCaps are the limits before anyone changes them.
func DefaultCaps() Caps { return Caps{PersonDay: 4, FailedDays: 3, RestDays: 30} }

// Bound tells whether limits hold the purpose back.
func (p Purpose) Bound() bool {
	return p == PurposeFollowUp || p == PurposeGoodbye || p == PurposeRecurring
}

// RecentTouch is one made to a person lately, or under way.
type RecentTouch struct {
	ProspectID int64
	Channel    ChannelKind
	Purpose    Purpose
	At         time.Time
}

// RecentFor is how far back touches are looked at for the limits.
const RecentFor = 25 * time.Hour

// CapOn is the most that the sender may send on the day; 0: no limit.
func (s Sender) CapOn(d Date) int {
	if s.RampFrom == "" || s.RampStart <= 0 {
		return s.DailyCap
	}
	from, err := time.Parse(time.DateOnly, string(s.RampFrom))
	day, derr := time.Parse(time.DateOnly, string(d))
	if err != nil || derr != nil {
		return s.DailyCap
	}
	grown := s.RampStart + s.RampStep*max(0, int(day.Sub(from)/(24*time.Hour)))
	if s.DailyCap > 0 && grown > s.DailyCap {
		return s.DailyCap
	}
	return grown
}

// Interval is the least time between two of the sender's messages; 0: none.
func (s Sender) Interval() time.Duration {
	gap := time.Duration(s.GapSeconds) * time.Second
	if s.RatePerMinute > 0 {
		gap = max(gap, time.Minute/time.Duration(s.RatePerMinute))
	}
	return gap
}

// FailedAgain notes a failure on a day; after enough days it rests.
func (c *ContactPoint) FailedAgain(day Date, caps Caps, now time.Time) {
	if c.FailedOn == day {
		return
	}
	c.FailedDays, c.FailedOn, c.UpdatedAt = c.FailedDays+1, day, now
	if caps.FailedDays > 0 && c.FailedDays >= caps.FailedDays {
		until := now.AddDate(0, 0, max(caps.RestDays, 1))
		c.FailedDays, c.RestsUntil = 0, &until
	}
}

// Resting tells whether it rests at t.
func (c ContactPoint) Resting(t time.Time) bool {
	return c.RestsUntil != nil && t.Before(*c.RestsUntil)
}
