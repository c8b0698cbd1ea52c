package scheduler

import (
	"strings"
	"time"

	"github.com/rickar/cal/v2"
	"github.com/rickar/cal/v2/at"
	"github.com/rickar/cal/v2/au"
	"github.com/rickar/cal/v2/be"
	"github.com/rickar/cal/v2/ca"
	"github.com/rickar/cal/v2/ch"
	"github.com/rickar/cal/v2/de"
	"github.com/rickar/cal/v2/dk"
	"github.com/rickar/cal/v2/es"
	"github.com/rickar/cal/v2/fi"
	"github.com/rickar/cal/v2/fr"
	"github.com/rickar/cal/v2/gb"
	"github.com/rickar/cal/v2/ie"
	"github.com/rickar/cal/v2/it"
	"github.com/rickar/cal/v2/nl"
	"github.com/rickar/cal/v2/no"
	"github.com/rickar/cal/v2/nz"
	"github.com/rickar/cal/v2/pl"
	"github.com/rickar/cal/v2/pt"
	"github.com/rickar/cal/v2/se"
	"github.com/rickar/cal/v2/us"

	"followup/models"
)

// Calendar knows the national holidays of the countries it has. It is safe
// for concurrent use; take it from NewCalendar once and keep it.
type Calendar struct {
	national map[string]*cal.Calendar
}

// NewCalendar makes the calendar of all countries known.
func NewCalendar() Calendar {
	countries := map[string][]*cal.Holiday{
		"AT": at.Holidays, "BE": be.Holidays, "CA": ca.Holidays, "CH": ch.Holidays, "DE": de.Holidays,
		"DK": dk.Holidays, "ES": es.Holidays, "FI": fi.Holidays, "FR": fr.Holidays, "GB": gb.Holidays,
		"IE": ie.Holidays, "IT": it.Holidays, "NL": nl.Holidays, "NO": no.Holidays, "NZ": nz.Holidays,
		"PL": pl.Holidays, "PT": pt.Holidays, "SE": se.Holidays, "US": us.Holidays,
		// Australia has no calendar without its states: New South Wales stands for the whole.
		"AU": au.HolidaysNSW, "AU-ACT": au.HolidaysACT, "AU-NT": au.HolidaysNT, "AU-QLD": au.HolidaysQLD,
		"AU-SA": au.HolidaysSA, "AU-TAS": au.HolidaysTAS, "AU-VIC": au.HolidaysVIC, "AU-WA": au.HolidaysWA,
		"DE-BW": de.HolidaysBW, "DE-BY": de.HolidaysBY, "DE-BE": de.HolidaysBE, "DE-BB": de.HolidaysBB,
		"DE-HB": de.HolidaysHB, "DE-HH": de.HolidaysHH, "DE-HE": de.HolidaysHE, "DE-MV": de.HolidaysMV,
		"DE-NI": de.HolidaysNI, "DE-NW": de.HolidaysNW, "DE-RP": de.HolidaysRP, "DE-SL": de.HolidaysSL,
		"DE-SN": de.HolidaysSN, "DE-ST": de.HolidaysST, "DE-SH": de.HolidaysSH, "DE-TH": de.HolidaysTH,
	}
	c := Calendar{national: make(map[string]*cal.Calendar, len(countries))}
	for code, holidays := range countries {
		c.national[code] = &cal.Calendar{Name: code, Holidays: holidays, Cacheable: true}
	}
	return c
}

// For gives the working days of one person: weekends, the holidays of the
// country they are in (of their company's, where theirs is not known), and
// the workspace's own.
func (c Calendar) For(p models.Prospect, company *models.Company, s models.Settings) Workdays {
	country, region := p.Country, p.Region
	if country == "" && company != nil {
		country, region = company.Country, company.Region
	}
	country, region = strings.ToUpper(country), strings.ToUpper(region)
	national, ok := c.national[country+"-"+region]
	if !ok {
		national = c.national[country]
	}
	own := make(map[models.Date]bool, len(s.Holidays))
	for _, d := range s.Holidays {
		own[d] = true
	}
	return Workdays{national: national, own: own}
}

// Workdays tells working days from the others.
type Workdays struct {
	national *cal.Calendar // nil: no national calendar is known, weekends only
	own      map[models.Date]bool
}

// Open tells whether people work on the date.
func (w Workdays) Open(d models.Date) bool {
	if wd := d.Weekday(); wd == time.Saturday || wd == time.Sunday || w.own[d] {
		return false
	}
	if w.national == nil {
		return true
	}
	day, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return true
	}
	actual, observed, _ := w.national.IsHoliday(day)
	return !actual && !observed
}

// Add moves by n working days, forward or back; the result is a working day
// unless n is 0.
func (w Workdays) Add(d models.Date, n int) models.Date {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	// A calendar without any working day must not hang the engine: a year of
	// closed days in a row ends the search.
	for closed := 0; n > 0 && closed < 366; {
		d = d.AddDays(step)
		if w.Open(d) {
			n, closed = n-1, 0
		} else {
			closed++
		}
	}
	return d
}
