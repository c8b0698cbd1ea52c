// Package freebusy reads when somebody is busy from their calendar's ICS
// address, which they typed and which may lead anywhere.
package freebusy

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-ical"

	"followup/models"
)

// Bounds of what is read of one calendar.
const (
	maxEvents    = 10_000
	maxRecurring = 1_000
	maxBusy      = 3_000
)

// Read gives the busy times of a calendar (RFC 5545) within a span, joined and
// in order. Floating times and whole days are taken in loc. What is canceled
// or marked as free is left out; events it cannot make sense of are, too, and
// counted.
func Read(r io.Reader, span models.Interval, loc *time.Location) (busy []models.Interval, unread int, err error) {
	dec := ical.NewDecoder(r)
	var found finder
	found.span, found.loc = span, loc
	for n := 0; ; n++ {
		cal, err := dec.Decode()
		if errors.Is(err, io.EOF) {
			if n == 0 {
				return nil, 0, models.Invalid("calendar", "the address holds no calendar; use the one that ends in .ics")
			}
			return join(found.busy), found.unread, nil
		}
		if err != nil {
			return nil, 0, &models.Error{Code: models.CodeInvalid, Field: "calendar", Err: err,
				Message: "what the address holds is no calendar in the ICS format; use the one that ends in .ics"}
		}
		if err := found.calendar(cal); err != nil {
			return nil, 0, err
		}
	}
}

type finder struct {
	span      models.Interval
	loc       *time.Location
	busy      []models.Interval
	moved     map[string][]time.Time // instances of a recurring event that stand elsewhere
	events    int
	recurring int
	unread    int
}

func (f *finder) calendar(cal *ical.Calendar) error {
	f.moved = map[string][]time.Time{}
	for _, c := range cal.Children {
		knownZones(c)
		if c.Name != ical.CompEvent {
			continue
		}
		if at, err := c.Props.DateTime(ical.PropRecurrenceID, f.loc); err == nil && !at.IsZero() {
			uid, _ := c.Props.Text(ical.PropUID)
			f.moved[uid] = append(f.moved[uid], at)
		}
	}
	for _, c := range cal.Children {
		if f.events++; f.events > maxEvents {
			return models.Invalid("calendar", "has more than %d entries; share one with less of the past", maxEvents)
		}
		var err error
		switch c.Name {
		case ical.CompEvent:
			err = f.event(ical.Event{Component: c})
		case ical.CompFreeBusy:
			err = f.freeBusy(c)
		}
		if err != nil {
			f.unread++
		}
	}
	return nil
}

func (f *finder) event(e ical.Event) error {
	if status, _ := e.Status(); status == ical.EventCancelled {
		return nil
	}
	if p := e.Props.Get(ical.PropTransparency); p != nil && strings.EqualFold(p.Value, "TRANSPARENT") {
		return nil
	}
	from, err := e.DateTimeStart(f.loc)
	if err != nil || from.IsZero() {
		return fmt.Errorf("when it begins: %w", err)
	}
	to, err := e.DateTimeEnd(f.loc)
	if err != nil {
		return fmt.Errorf("when it ends: %w", err)
	}
	long := to.Sub(from)
	if long <= 0 {
		return nil // a mark, no time
	}
	if e.Props.Get(ical.PropRecurrenceRule) == nil && e.Props.Get(ical.PropRecurrenceDates) == nil {
		f.add(from, long)
		return nil
	}
	return f.repeat(e, long)
}

func (f *finder) repeat(e ical.Event, long time.Duration) error {
	if f.recurring++; f.recurring > maxRecurring {
		return fmt.Errorf("more than %d recurring entries", maxRecurring)
	}
	// Nobody meets every minute: such a rule only keeps us busy.
	if p := e.Props.Get(ical.PropRecurrenceRule); p != nil {
		rule := strings.ToUpper(p.Value)
		for _, often := range []string{"FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=HOURLY", "BYSECOND", "BYMINUTE"} {
			if strings.Contains(rule, often) {
				return fmt.Errorf("a rule finer than days")
			}
		}
	}
	set, err := e.RecurrenceSet(f.loc)
	if err != nil {
		return err
	}
	uid, _ := e.Props.Text(ical.PropUID)
	for _, at := range set.Between(f.span.From.Add(-long), f.span.To, true) {
		if !slices.ContainsFunc(f.moved[uid], at.Equal) {
			f.add(at, long)
		}
	}
	return nil
}

// freeBusy reads the periods of a published free/busy calendar.
func (f *finder) freeBusy(c *ical.Component) error {
	for _, p := range c.Props.Values(ical.PropFreeBusy) {
		if strings.EqualFold(p.Params.Get(ical.ParamFreeBusyType), "FREE") {
			continue
		}
		for _, period := range strings.Split(p.Value, ",") {
			begin, end, _ := strings.Cut(period, "/")
			from, err := time.Parse("20060102T150405Z", begin)
			if err != nil {
				return err
			}
			if to, err := time.Parse("20060102T150405Z", end); err == nil {
				f.add(from, to.Sub(from))
				continue
			}
			length := ical.NewProp(ical.PropDuration)
			length.Value = end
			long, err := length.Duration()
			if err != nil {
				return err
			}
			f.add(from, long)
		}
	}
	return nil
}

func (f *finder) add(from time.Time, long time.Duration) {
	i := models.Interval{From: from.UTC(), To: from.Add(long).UTC()}
	if i.Overlaps(f.span) {
		f.busy = append(f.busy, i)
	}
}

// join puts in order and together what touches.
func join(all []models.Interval) []models.Interval {
	slices.SortFunc(all, func(a, b models.Interval) int { return a.From.Compare(b.From) })
	var out []models.Interval
	for _, i := range all {
		if n := len(out); n > 0 && !i.From.After(out[n-1].To) {
			if i.To.After(out[n-1].To) {
				out[n-1].To = i.To
			}
			continue
		}
		out = append(out, i)
	}
	return out[:min(len(out), maxBusy)]
}

// knownZones gives times with a zone's name as Outlook writes it the IANA one.
// A zone nobody knows is left out: its times are then taken in the user's own.
func knownZones(c *ical.Component) {
	for name, props := range c.Props {
		for i := range props {
			id := props[i].Params.Get(ical.ParamTimezoneID)
			if id == "" {
				continue
			}
			if iana, ok := windowsZones[id]; ok {
				c.Props[name][i].Params.Set(ical.ParamTimezoneID, iana)
				continue
			}
			if _, err := models.LoadZone(id); err != nil {
				c.Props[name][i].Params.Del(ical.ParamTimezoneID)
			}
		}
	}
}

// windowsZones are the names of the most used zones in calendars that Outlook
// and Exchange write (CLDR windowsZones).
var windowsZones = map[string]string{
	"Hawaiian Standard Time": "Pacific/Honolulu", "Alaskan Standard Time": "America/Anchorage", "Pacific Standard Time": "America/Los_Angeles",
	"US Mountain Standard Time": "America/Phoenix", "Mountain Standard Time": "America/Denver", "Central Standard Time": "America/Chicago",
	"Canada Central Standard Time": "America/Regina", "Eastern Standard Time": "America/New_York", "US Eastern Standard Time": "America/Indiana/Indianapolis",
	"Atlantic Standard Time": "America/Halifax", "Newfoundland Standard Time": "America/St_Johns", "SA Pacific Standard Time": "America/Bogota",
	"E. South America Standard Time": "America/Sao_Paulo", "Argentina Standard Time": "America/Argentina/Buenos_Aires",
	"GMT Standard Time": "Europe/London", "Greenwich Standard Time": "Atlantic/Reykjavik", "W. Europe Standard Time": "Europe/Berlin",
	"Central Europe Standard Time": "Europe/Budapest", "Romance Standard Time": "Europe/Paris", "Central European Standard Time": "Europe/Warsaw",
	"GTB Standard Time": "Europe/Bucharest", "E. Europe Standard Time": "Europe/Chisinau", "FLE Standard Time": "Europe/Kiev", "Turkey Standard Time": "Europe/Istanbul",
	"Russian Standard Time": "Europe/Moscow", "Israel Standard Time": "Asia/Jerusalem", "South Africa Standard Time": "Africa/Johannesburg",
	"Arabian Standard Time": "Asia/Dubai", "Pakistan Standard Time": "Asia/Karachi", "India Standard Time": "Asia/Kolkata",
	"SE Asia Standard Time": "Asia/Bangkok", "China Standard Time": "Asia/Shanghai", "Singapore Standard Time": "Asia/Singapore",
	"W. Australia Standard Time": "Australia/Perth", "Tokyo Standard Time": "Asia/Tokyo", "Korea Standard Time": "Asia/Seoul",
	"AUS Eastern Standard Time": "Australia/Sydney", "E. Australia Standard Time": "Australia/Brisbane", "New Zealand Standard Time": "Pacific/Auckland",
	"UTC": "UTC",
}
