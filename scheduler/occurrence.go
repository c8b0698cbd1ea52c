package scheduler

import (
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"followup/models"
)

// firstOccurrence is the occurrence of a step that comes once.
const firstOccurrence = "0"

// cronParser takes the five fields of a sequence file and nothing else: no
// seconds, no "@every", which knows no calendar.
var cronParser = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// recurrence is a cron expression read against a local calendar.
type recurrence struct {
	schedule cron.Schedule
	loc      *time.Location
}

func newRecurrence(expr string, loc *time.Location) (recurrence, error) {
	if strings.Contains(expr, "=") {
		return recurrence{}, models.Invalid("cron", "%q names a zone; the prospect's own is used, write the five fields only", expr)
	}
	schedule, err := cronParser.Parse(expr)
	if err != nil {
		return recurrence{}, models.Invalid("cron", "%q is not a cron expression of five fields (%v); write it as \"0 9 1 * *\"", expr, err)
	}
	return recurrence{schedule, loc}, nil
}

// occurrence is one local date on which a sequence starts over.
type occurrence struct {
	date models.Date
	at   time.Time
}

// after is the first occurrence on a local date later than d (on or after
// it, with the time of day not before tod, where fromTod is given). The
// expression is walked in a calendar without clock changes, so that a time in
// a spring gap is not lost and one in an autumn overlap comes once; a date
// has at most one occurrence.
func (r recurrence) after(d models.Date, tod *models.TimeOfDay) (occurrence, bool) {
	day, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return occurrence{}, false
	}
	from := day.Add(24*time.Hour - time.Second)
	if tod != nil {
		from = day.Add(time.Duration(*tod)*time.Minute - time.Second)
	}
	next := r.schedule.Next(from)
	if next.IsZero() {
		return occurrence{}, false
	}
	date := models.DateOf(next, time.UTC)
	return occurrence{date, date.At(models.TimeOfDayOf(next, time.UTC), r.loc)}, true
}

// missedSearch bounds how far back a missed occurrence is looked for.
const missedSearch = 400

// due is the occurrence to plan at now, when the last one was on the date
// last ("" : none yet, counting from start). Of those missed meanwhile only
// the latest is considered: it is made up for where it is nearer than the one
// to come; the rest are let go.
func (r recurrence) due(last models.Date, start, now time.Time) (o occurrence, missed bool, ok bool) {
	cursor, tod := last, (*models.TimeOfDay)(nil)
	if last == "" {
		cursor = models.DateOf(start, r.loc)
		t := models.TimeOfDayOf(start, r.loc)
		if start.In(r.loc).Second() > 0 {
			t++
		}
		tod = &t
	}
	if floor := models.DateOf(now, r.loc).AddDays(-missedSearch); cursor < floor {
		cursor, tod = floor, nil
	}
	var latest occurrence
	for {
		next, found := r.after(cursor, tod)
		if !found {
			return latest, true, latest.date != ""
		}
		if next.at.After(now) {
			if latest.date != "" && now.Sub(latest.at) < next.at.Sub(now) {
				return latest, true, true
			}
			return next, false, true
		}
		latest, cursor, tod = next, next.date, nil
	}
}

// revisionOccurrence is the occurrence of a step that hangs on an appointment.
func revisionOccurrence(a *models.Appointment) string { return strconv.Itoa(a.Revision) }
