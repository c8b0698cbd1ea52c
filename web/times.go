package web

import (
	"fmt"
	"strings"
	"time"

	"followup/models"
)

// times shows instants to one user: their own zone beside the customer's.
type times struct {
	now  time.Time
	mine *time.Location
}

// newTimes takes the user's zone; an unknown one shows UTC and says so.
func newTimes(now time.Time, zone string) times {
	loc, err := models.LoadZone(zone)
	if err != nil {
		loc = time.UTC
	}
	return times{now: now, mine: loc}
}

// moment is an instant as it is shown.
type moment struct {
	Text  string
	Title string // the absolute time, for what is shown relative
	ISO   string
}

// Within is the moment in the middle of a sentence: "today 09:00".
func (m moment) Within() moment {
	for _, day := range []string{"Today", "Tomorrow", "Yesterday"} {
		if rest, ok := strings.CutPrefix(m.Text, day); ok {
			m.Text = strings.ToLower(day) + rest
		}
	}
	return m
}

// MyZone is the user's zone as times name it: "EST".
func (t times) MyZone() string { return zoneName(t.now.In(t.mine)) }

// Now is the time the page was made, for countdowns.
func (t times) NowISO() string { return t.now.UTC().Format(time.RFC3339) }

// Both shows a time in the customer's zone and the user's: "Thu 15:00 their
// time (EST) · 21:00 yours".
func (t times) Both(at time.Time, zone string) moment {
	mine := at.In(t.mine)
	m := moment{ISO: at.UTC().Format(time.RFC3339), Title: mine.Format("Mon 2 Jan 2006 15:04 MST")}
	loc, err := models.LoadZone(zone)
	if err != nil {
		m.Text = t.day(mine) + " " + mine.Format("15:04") + " yours · their time zone is not known"
		return m
	}
	theirs := at.In(loc)
	m.Title = theirs.Format("Mon 2 Jan 2006 15:04 MST") + " · " + m.Title
	_, a := theirs.Zone()
	_, b := mine.Zone()
	if a == b {
		m.Text = fmt.Sprintf("%s %s (%s), theirs and yours", t.day(theirs), theirs.Format("15:04"), zoneName(theirs))
		return m
	}
	yours := mine.Format("15:04")
	if theirs.YearDay() != mine.YearDay() {
		yours = mine.Format("Mon 15:04")
	}
	m.Text = fmt.Sprintf("%s %s their time (%s) · %s yours", t.day(theirs), theirs.Format("15:04"), zoneName(theirs), yours)
	return m
}

// Theirs is the customer's time alone, where the user's stands beside it already.
func (t times) Theirs(at time.Time, zone string) moment {
	m := t.Both(at, zone)
	if loc, err := models.LoadZone(zone); err == nil {
		theirs := at.In(loc)
		m.Text = t.day(theirs) + " " + theirs.Format("15:04 ") + zoneName(theirs)
	}
	return m
}

// Mine shows a time in the user's own zone.
func (t times) Mine(at time.Time) moment {
	mine := at.In(t.mine)
	return moment{Text: t.day(mine) + " " + mine.Format("15:04"), Title: mine.Format("Mon 2 Jan 2006 15:04 MST"), ISO: at.UTC().Format(time.RFC3339)}
}

// Clock is the user's time of day alone.
func (t times) Clock(at time.Time) moment {
	m := t.Mine(at)
	m.Text = at.In(t.mine).Format("15:04")
	return m
}

// Ago says how long ago or how far ahead: "2 h ago", "in 14 min".
func (t times) Ago(at time.Time) moment {
	m := t.Mine(at)
	d := t.now.Sub(at)
	if d < 0 {
		m.Text = "in " + span(-d)
	} else if d < time.Minute {
		m.Text = "just now"
	} else {
		m.Text = span(d) + " ago"
	}
	return m
}

// Since is how long something has waited: "2 h".
func (t times) Since(at time.Time) moment {
	m := t.Mine(at)
	m.Text = span(t.now.Sub(at))
	return m
}

// Left is how long until a booked minute, as the page's script goes on
// counting; "" where it is a day and more.
func (t times) Left(iso string) string {
	at, err := time.Parse(time.RFC3339, iso)
	left := int(at.Sub(t.now).Truncate(time.Second).Seconds())
	switch h, m := left/3600, left%3600/60; {
	case err != nil || h >= 24:
		return ""
	case left <= 0:
		return "now"
	case h > 0:
		return fmt.Sprintf("in %d h %02d min", h, m)
	default:
		return fmt.Sprintf("in %d:%02d", m, left%60)
	}
}

// LocalNow is the customer's time of day now: "14:05 EST".
func (t times) LocalNow(zone string) string {
	loc, err := models.LoadZone(zone)
	if err != nil {
		return ""
	}
	there := t.now.In(loc)
	return there.Format("Mon 15:04 ") + zoneName(there)
}

// Passed tells whether an instant has come.
func (t times) Passed(at time.Time) bool { return !t.now.Before(at) }

// Overdue tells whether it came more than a minute ago.
func (t times) Overdue(at time.Time) bool { return t.now.Sub(at) >= time.Minute }

// Input is an instant for a datetime-local field, in a zone.
func (t times) Input(at time.Time, zone string) string {
	loc, err := models.LoadZone(zone)
	if err != nil {
		return ""
	}
	return at.In(loc).Format(inputLayout)
}

func (t times) day(at time.Time) string {
	now := t.now.In(at.Location())
	switch {
	case sameDay(at, now):
		return "Today"
	case sameDay(at, now.AddDate(0, 0, 1)):
		return "Tomorrow"
	case sameDay(at, now.AddDate(0, 0, -1)):
		return "Yesterday"
	case at.Year() != now.Year() && (at.Sub(now) > 180*24*time.Hour || now.Sub(at) > 180*24*time.Hour):
		return at.Format("Mon 2 Jan 2006")
	}
	return at.Format("Mon 2 Jan")
}

func sameDay(a, b time.Time) bool { return a.Year() == b.Year() && a.YearDay() == b.YearDay() }

// zoneName is the abbreviation in use, or the offset where a zone has none.
func zoneName(at time.Time) string {
	name, offset := at.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + at.Format("-07:00")
	}
	if name == "UTC" && offset == 0 {
		return "UTC"
	}
	return name
}

func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "under a minute"
	case d < time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

const inputLayout = "2006-01-02T15:04"

// parseLocal reads a datetime-local field in the customer's zone. A time that
// their clocks skip is refused: nobody agreed to it.
func parseLocal(field, text, zone string) (time.Time, error) {
	loc, err := models.LoadZone(zone)
	if err != nil {
		return time.Time{}, models.Invalid(field, "their time zone is not known, so the time says nothing; set it on the prospect first")
	}
	if len(text) > len(inputLayout) { // some browsers add seconds
		text = text[:len(inputLayout)]
	}
	at, err := time.ParseInLocation(inputLayout, text, loc)
	if err != nil {
		return time.Time{}, models.Invalid(field, "choose a day and a time, such as 2026-11-26 15:00")
	}
	if at.Format(inputLayout) != text {
		return time.Time{}, models.Invalid(field, "the clocks go forward over %s in %s; choose another time", text[11:], zone)
	}
	return at.UTC(), nil
}
