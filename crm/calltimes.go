package crm

import (
	"regexp"
	"strings"
	"time"

	"followup/models"
)

// Columns that say when a call is booked, and in which zone.
const (
	fieldCallAt   = "call_at"
	fieldCallDate = "call_date"
	fieldCallTime = "call_time"
	fieldCallZone = "call_zone"
)

// callCell is what a row says of its booked call.
type callCell struct{ At, Date, Time, Zone string }

func (c callCell) text() string {
	if c.At != "" {
		return c.At
	}
	return strings.TrimSpace(c.Date + " " + c.Time)
}

// callLayouts are the ways to write a day and a minute that mean one thing
// only. A day and a month between slashes change places from country to
// country, and are taken where only one reading is a date.
var callLayouts = []string{
	"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02 3:04pm", "2006-01-02 3pm", "2.1.2006 15:04", "2.1.2006 15:04:05",
	"2 Jan 2006 15:04", "2 Jan 2006 3:04pm", "2 January 2006 15:04", "2 January 2006 3:04pm",
	"Jan 2 2006 15:04", "Jan 2 2006 3:04pm", "January 2 2006 15:04", "January 2 2006 3:04pm",
}

var (
	slashed    = regexp.MustCompile(`^(\d{1,2})/(\d{1,2})/(\d{4}) (.+)$`)
	beforeNoon = regexp.MustCompile(`(\d) ?([ap])\.?m\.?$`)
	isoDay     = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})t(\d)`)
)

// readCall reads a booked call's time. Where the cell names no offset from UTC
// it is read in the row's zone, else the file's, else the person's.
func readCall(c callCell, fileZone, personZone string, now time.Time) (*time.Time, error) {
	text := strings.Join(strings.Fields(c.text()), " ")
	if text == "" {
		return nil, nil
	}
	if c.At == "" && (c.Date == "" || c.Time == "") {
		return nil, models.Invalid("call", "%q is half of a time; a booked call needs its day and its minute", text)
	}
	at, err := callTime(text, c.Zone, fileZone, personZone)
	if err != nil {
		return nil, err
	}
	switch {
	case !at.After(now):
		return nil, models.Invalid("call", "%s has passed; leave the cell empty or give a time to come", text)
	case at.After(now.AddDate(2, 0, 0)):
		return nil, models.Invalid("call", "%s is more than two years away; check the year", text)
	}
	at = at.UTC()
	return &at, nil
}

func callTime(text, rowZone, fileZone, personZone string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, strings.ToUpper(strings.Replace(text, " ", "T", 1))); err == nil {
		return at.Truncate(time.Minute), nil
	}
	zone := personZone
	for _, z := range []string{fileZone, strings.TrimSpace(rowZone)} {
		if z != "" {
			zone = z
		}
	}
	if zone == "" {
		return time.Time{}, models.Invalid("call", "%q says nothing without a time zone, and theirs is not known; add a column with the zone, or choose one for the file", text)
	}
	loc, err := models.LoadZone(zone)
	if err != nil {
		return time.Time{}, models.Invalid("call_zone", "%q is no time zone; write it as in America/New_York", zone)
	}
	plain := beforeNoon.ReplaceAllString(strings.ToLower(strings.ReplaceAll(text, ",", " ")), "${1}${2}m")
	plain = isoDay.ReplaceAllString(strings.Join(strings.Fields(plain), " "), "$1 $2")
	if m := slashed.FindStringSubmatch(plain); m != nil {
		return slashedTime(text, m, loc)
	}
	for _, layout := range callLayouts {
		if at, ok := onClock(layout, plain, loc); ok {
			return skippedHour(at, layout, plain, text, zone)
		}
	}
	return time.Time{}, models.Invalid("call", "%q is no date and time; write it as 2026-12-03 15:00", text)
}

// slashedTime reads 12/31/2026 and 31/12/2026, and refuses 3/12/2026.
func slashedTime(text string, m []string, loc *time.Location) (time.Time, error) {
	var read []time.Time
	for _, day := range []string{m[1] + "/" + m[2], m[2] + "/" + m[1]} {
		for _, clock := range []string{"15:04", "15:04:05", "3:04pm", "3pm"} {
			layout, plain := "1/2/2006 "+clock, day+"/"+m[3]+" "+m[4]
			if at, ok := onClock(layout, plain, loc); ok {
				at, err := skippedHour(at, layout, plain, text, loc.String())
				if err != nil {
					return at, err
				}
				if len(read) == 0 || !read[0].Equal(at) {
					read = append(read, at)
				}
			}
		}
	}
	switch len(read) {
	case 0:
		return time.Time{}, models.Invalid("call", "%q is no date and time; write it as 2026-12-03 15:00", text)
	case 1:
		return read[0], nil
	}
	return time.Time{}, models.Invalid("call", "%q may be %s or %s; write it as %s", text, read[0].Format("2 January"), read[1].Format("2 January"), read[0].Format("2006-01-02 15:04"))
}

func onClock(layout, text string, loc *time.Location) (time.Time, bool) {
	at, err := time.ParseInLocation(layout, text, loc)
	return at, err == nil
}

// skippedHour refuses an hour that the clocks leave out that day: nobody
// agreed to it. Of an hour that comes twice it is the first.
func skippedHour(at time.Time, layout, plain, text, zone string) (time.Time, error) {
	clock, err := time.Parse(layout, plain)
	if err == nil && (clock.Hour() != at.Hour() || clock.Minute() != at.Minute()) {
		return at, models.Invalid("call", "%q does not exist in %s: the clocks go forward over it", text, zone)
	}
	return at, nil
}
