package models

import (
	"slices"
	"time"
)

// BookingPage says when customers may book a call with a user by a link.
type BookingPage struct {
	UserID         int64       `gorm:"primaryKey"`
	Closed         bool        // no times are offered
	Minutes        int         // how long a call is
	BufferMinutes  int         // kept free before and after each
	NoticeHours    int         // the earliest is so far ahead
	DaysAhead      int         // the latest
	Hours          []OpenHours `gorm:"serializer:json"`
	CalendarSealed []byte      // the calendar's ICS address, encrypted: whoever has it reads the calendar
	CalendarBusy   []Interval  `gorm:"serializer:json"` // as read last
	CalendarReadAt *time.Time
	CalendarError  string // why it could not be read; "" where it could
	SequenceID     *int64 // what follows a booking: its reminders; nil: nothing
	Revision       int64
	UpdatedAt      time.Time
}

// OpenHours are working hours on one day of the week, in the user's zone.
type OpenHours struct {
	Day  time.Weekday `json:"day"`
	From TimeOfDay    `json:"from"`
	To   TimeOfDay    `json:"to"`
}

// Interval is a piece of time, To not included.
type Interval struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Overlaps tells whether the two have a moment in common.
func (i Interval) Overlaps(o Interval) bool { return i.From.Before(o.To) && o.From.Before(i.To) }

// DefaultBookingPage is what holds for a user who has set nothing: Monday to
// Friday, 9 to 17, half an hour each, from four hours ahead.
func DefaultBookingPage(userID int64) BookingPage {
	p := BookingPage{UserID: userID, Minutes: 30, BufferMinutes: 10, NoticeHours: 4, DaysAhead: 21}
	for day := time.Monday; day <= time.Friday; day++ {
		p.Hours = append(p.Hours, OpenHours{Day: day, From: 9 * 60, To: 17 * 60})
	}
	return p
}

// slotStep is how far apart offered times lie: on the half hour, or on the
// quarter for short calls.
func (p BookingPage) slotStep() time.Duration {
	if p.Minutes <= 15 {
		return 15 * time.Minute
	}
	return 30 * time.Minute
}

// Slots are the beginnings of calls that may be booked now: within the working
// hours in loc, far enough ahead, on no busy time, with the buffer around each.
func (p BookingPage) Slots(loc *time.Location, now time.Time, busy []Interval) []time.Time {
	if p.Closed || p.Minutes <= 0 {
		return nil
	}
	long := time.Duration(p.Minutes) * time.Minute
	buffer := time.Duration(p.BufferMinutes) * time.Minute
	earliest := now.Add(time.Duration(p.NoticeHours) * time.Hour)
	if !earliest.After(now) {
		earliest = now.Add(time.Minute)
	}
	var all []time.Time
	for day, n := DateOf(now, loc), 0; n <= p.DaysAhead; day, n = day.AddDays(1), n+1 {
		for _, h := range p.Hours {
			if h.Day != day.Weekday() {
				continue
			}
			ends := day.At(h.To, loc)
			for at := day.At(h.From, loc); !at.Add(long).After(ends); at = at.Add(p.slotStep()) {
				wanted := Interval{at.Add(-buffer), at.Add(long + buffer)}
				if at.Before(earliest) || slices.ContainsFunc(busy, wanted.Overlaps) {
					continue
				}
				all = append(all, at)
			}
		}
	}
	slices.SortFunc(all, time.Time.Compare)
	return slices.CompactFunc(all, time.Time.Equal)
}

// Offers tells whether at is one of the slots.
func (p BookingPage) Offers(loc *time.Location, now, at time.Time, busy []Interval) bool {
	return slices.ContainsFunc(p.Slots(loc, now, busy), at.Equal)
}

// BookingToken is what a booking link stands for: a user's page, one prospect
// on it, or a call that is booked.
type BookingToken struct {
	RepID         int64
	ProspectID    int64 // 0: whoever comes
	AppointmentID int64 // the call to move or cancel; 0: a new one
}
