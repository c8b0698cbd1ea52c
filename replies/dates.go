package replies

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"followup/models"
)

// months by their folded names in the languages that notices are read in;
// three letters and more also stand for themselves with a dot.
var months = func() map[string]time.Month {
	m := map[string]time.Month{}
	for i, names := range []string{
		"january jan janner januar janvier janv enero ene gennaio gen januari janeiro",
		"february feb febr februar feber fevrier fev fevr febrero febbraio februari fevereiro",
		"march mar marz maerz mrz mars marzo maart mrt marco",
		"april apr avril avr abril abr aprile",
		"may mai mayo maggio mag mei maio maj",
		"june jun juni juin junio giugno giu junho",
		"july jul juli juillet juil julio luglio lug julho",
		"august aug aout agosto ago augustus augusti",
		"september sept sep septembre septiembre settembre set setembro",
		"october oct oktober okt octobre octubre ottobre ott outubro out",
		"november nov novembre noviembre novembro",
		"december dec dezember dez decembre diciembre dic dicembre dezembro des desember",
	} {
		for _, n := range strings.Fields(names) {
			m[n] = time.Month(i + 1)
		}
	}
	return m
}()

// weekdays by their folded names.
var weekdays = func() map[string]time.Weekday {
	m := map[string]time.Weekday{}
	for i, names := range []string{
		"sunday sun sonntag dimanche domingo domenica zondag",
		"monday mon montag lundi lunes lunedi maandag segunda segunda-feira",
		"tuesday tue tues dienstag mardi martes martedi dinsdag terca terca-feira",
		"wednesday wed mittwoch mercredi miercoles mercoledi woensdag quarta quarta-feira",
		"thursday thu thur thurs donnerstag jeudi jueves giovedi donderdag quinta quinta-feira",
		"friday fri freitag vendredi viernes venerdi vrijdag sexta sexta-feira",
		"saturday sat samstag sonnabend samedi sabado sabato zaterdag",
	} {
		for _, n := range strings.Fields(names) {
			m[n] = time.Weekday(i)
		}
	}
	return m
}()

func alternation[V any](m map[string]V) string {
	// The longest first: "mar" must not win over "march".
	byLen := map[int][]string{}
	longest := 0
	for n := range m {
		byLen[len(n)] = append(byLen[len(n)], regexp.QuoteMeta(n))
		longest = max(longest, len(n))
	}
	var all []string
	for n := longest; n > 0; n-- {
		all = append(all, byLen[n]...)
	}
	return strings.Join(all, "|")
}

var (
	monthNames   = alternation(months)
	weekdayNames = alternation(weekdays)

	// The forms of a date; the names tell readDate what is where.
	dateForms = regexp.MustCompile(`\b(?:` +
		`(?P<iy>20\d\d)[-/.](?P<im>\d{1,2})[-/.](?P<id>\d{1,2})\b` + // 2026-12-07
		`|(?P<td>\d{1,2})(?:st|nd|rd|th|er|\.o|o|ª|º|°)?\.?,?(?:\s+(?:of|de|di|d')|\s*-)?\s*(?P<tm>` + monthNames + `)\b\.?(?:,?\s*(?:de\s+|del\s+|do\s+)?(?P<ty>20\d\d)\b)?` + // 7 December 2026
		`|(?P<um>` + monthNames + `)\b\.?\s+(?:the\s+)?(?P<ud>\d{1,2})(?:st|nd|rd|th)?\b(?:,?\s*(?P<uy>20\d\d)\b)?` + // December 7th, 2026
		`|(?P<na>\d{1,2})(?P<ns>[/.])\s?(?P<nb>\d{1,2})(?:[/.-]\s?(?P<ny>20\d\d|\d\d)\b|\.|\b)` + // 07.12.2026, 12/7, 7.12.
		`|(?P<ha>\d{1,2})-(?P<hb>\d{1,2})-(?P<hy>20\d\d|\d\d)\b` + // 07-12-2026; without a year it is a range of anything
		`)`)
	dateNames = dateForms.SubexpNames()

	dayRange  = regexp.MustCompile(`^ ?(?:-|to|through|thru|until|till|and) ?(\d{1,2})(?:st|nd|rd|th)?\b`)
	noDay     = regexp.MustCompile(`^(?:[:/.-]\d|\s?(?:` + monthNames + `)\b|\s?(?:am|pm|days?|weeks?)\b)`)
	timeOfDay = regexp.MustCompile(`^\s?(?:[:h]\d|uhr|am\b|pm\b|h\b|a\.m|p\.m|%|€|\$)`)
)

// foundDate is a date in a text: where it stands and when it is.
type foundDate struct {
	start, end int
	date       models.Date
	rangeEnd   bool // it ends a range that the date before it began
}

// findDates reads every date in folded text, relative to the day it was written.
func findDates(text string, base time.Time) []foundDate {
	var list []foundDate
	for _, m := range dateForms.FindAllStringSubmatchIndex(text, 40) {
		get := func(name string) string {
			for i, n := range dateNames {
				if n == name && m[2*i] >= 0 {
					return text[m[2*i]:m[2*i+1]]
				}
			}
			return ""
		}
		end := m[1]
		if month := get("tm") + get("um"); len(month) > 4 && text[end-1] == '.' {
			end-- // the full stop of the sentence, not of an abbreviation
		}
		d := readDate(get, base)
		if d == "" || timeOfDay.MatchString(text[end:]) {
			continue
		}
		list = append(list, foundDate{start: m[0], end: end, date: d})
		// "December 1-8": the end of the range has no month of its own.
		if to := dayRange.FindStringSubmatchIndex(text[end:]); to != nil && get("um") != "" && !noDay.MatchString(text[end+to[1]:]) {
			day := atoi(text[end+to[2] : end+to[3]])
			if last := resolve(atoi(get("uy")), months[get("um")], day, base); last > d {
				list = append(list, foundDate{start: end, end: end + to[1], date: last, rangeEnd: true})
			}
		}
	}
	return list
}

func readDate(get func(string) string, base time.Time) models.Date {
	switch {
	case get("iy") != "":
		return resolve(atoi(get("iy")), time.Month(atoi(get("im"))), atoi(get("id")), base)
	case get("tm") != "":
		return resolve(atoi(get("ty")), months[get("tm")], atoi(get("td")), base)
	case get("um") != "":
		return resolve(atoi(get("uy")), months[get("um")], atoi(get("ud")), base)
	case get("ha") != "":
		return readNumeric(atoi(get("ha")), atoi(get("hb")), get("hy"), "-", base)
	case get("na") != "":
		return readNumeric(atoi(get("na")), atoi(get("nb")), get("ny"), get("ns"), base)
	}
	return ""
}

// readNumeric reads 12/7 and 7.12. With dots and dashes the day stands first;
// with slashes it does everywhere but in America, which the offset of the Date
// field betrays. Where only one reading is near, it is that one.
func readNumeric(a, b int, year, sep string, base time.Time) models.Date {
	y := atoi(year)
	if y > 0 && y < 100 {
		y += 2000
	}
	dayFirst := resolve(y, time.Month(b), a, base)
	monthFirst := resolve(y, time.Month(a), b, base)
	if sep != "/" {
		if dayFirst == "" && sep == "-" {
			return monthFirst
		}
		return dayFirst
	}
	_, offset := base.Zone()
	american := offset <= -3*3600 && offset >= -10*3600
	first, second := dayFirst, monthFirst
	if american {
		first, second = monthFirst, dayFirst
	}
	if first == "" || daysFrom(base, first) > 100 && second != "" && daysFrom(base, second) >= 0 && daysFrom(base, second) <= 45 {
		return second
	}
	return first
}

// How far dates may lie from the day of the notice: one that passed a while
// ago is stale, not next year's; none is more than a year ahead.
const (
	stalePast  = 120
	mostFuture = 400
)

// resolve makes a date, finding the year where none is given; "" where there
// is no such day or it is out of range.
func resolve(year int, month time.Month, day int, base time.Time) models.Date {
	if month < 1 || month > 12 || day < 1 || day > 31 {
		return ""
	}
	if year == 0 {
		year = base.Year()
		this := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
		if midnight(base).Sub(this) > stalePast*24*time.Hour {
			year++
		} else if this.Sub(midnight(base)) > 300*24*time.Hour {
			year-- // on 2 January, "until 28 December" is past
		}
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if t.Month() != month || t.Day() != day {
		return ""
	}
	d := models.Date(t.Format(time.DateOnly))
	if n := daysFrom(base, d); n < -stalePast || n > mostFuture {
		return ""
	}
	return d
}

func midnight(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}

func daysFrom(base time.Time, d models.Date) int {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return -1 << 20
	}
	return int(t.Sub(midnight(base)) / (24 * time.Hour))
}

func atoi(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}
