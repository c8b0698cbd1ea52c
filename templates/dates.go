package templates

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// locale is the wording of dates and of our own few sentences.
type locale struct {
	language  string // one of wordings
	american  bool   // 12-hour clock, month before day
	wordTable *wording
}

// wording is a language's words for dates.
type wording struct {
	weekdays [7]string
	short    [7]string // for texts: only letters of the GSM-7 alphabet, else one text becomes two; "" leaves the weekday out
	months   [12]string
	day      string // the date without a year: %w weekday, %d day, %m month
	year     string // what follows with a year, %y
	moment   string // between date and time
	first    string // the first of a month, where it has its own word
	compact  string // date in figures
}

// The words follow Unicode's CLDR.
var wordings = map[string]*wording{
	"en": {
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		short:    [7]string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
		months:   [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
		day:      "%w %d %m", year: " %y", moment: " at ", compact: "2/1",
	},
	"de": {
		weekdays: [7]string{"Sonntag", "Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag"},
		short:    [7]string{"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
		months:   [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},
		day:      "%w, %d. %m", year: " %y", moment: " um ", compact: "2.1.",
	},
	"fr": {
		weekdays: [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
		short:    [7]string{"dim.", "lun.", "mar.", "mer.", "jeu.", "ven.", "sam."},
		months:   [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
		day:      "%w %d %m", year: " %y", moment: " à ", first: "1er", compact: "02/01",
	},
	"es": {
		weekdays: [7]string{"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
		months:   [12]string{"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
		day:      "%w, %d de %m", year: " de %y", moment: " a las ", compact: "2/1",
	},
	"it": {
		weekdays: [7]string{"domenica", "lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato"},
		short:    [7]string{"dom", "lun", "mar", "mer", "gio", "ven", "sab"},
		months:   [12]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"},
		day:      "%w %d %m", year: " %y", moment: " alle ", first: "1º", compact: "2/1",
	},
	"nl": {
		weekdays: [7]string{"zondag", "maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag"},
		short:    [7]string{"zo", "ma", "di", "wo", "do", "vr", "za"},
		months:   [12]string{"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september", "oktober", "november", "december"},
		day:      "%w %d %m", year: " %y", moment: " om ", compact: "2-1",
	},
	"pt": {
		weekdays: [7]string{"domingo", "segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado"},
		months:   [12]string{"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro", "outubro", "novembro", "dezembro"},
		day:      "%w, %d de %m", year: " de %y", moment: " às ", compact: "2/1",
	},
}

// languageOf is the language of a BCP 47 tag, "" for none.
func languageOf(tag string) string {
	lang, _, _ := strings.Cut(strings.ReplaceAll(tag, "_", "-"), "-")
	return strings.ToLower(lang)
}

// localeOf reads a BCP 47 tag; English where the language is not one of ours.
// A tag without a region takes the country's.
func localeOf(tag, country string) locale {
	tag = strings.ReplaceAll(tag, "_", "-")
	lang := languageOf(tag)
	w, ok := wordings[lang]
	if !ok {
		lang, w = "en", wordings["en"]
	}
	region := country
	if _, rest, ok := strings.Cut(tag, "-"); ok {
		region = rest[strings.LastIndexByte(rest, '-')+1:]
	}
	return locale{language: lang, american: lang == "en" && strings.EqualFold(region, "US"), wordTable: w}
}

func (l locale) weekday(t time.Time) string { return l.wordTable.weekdays[t.Weekday()] }

// day is "Thursday, November 26" or "Thursday 26 November", with or without its year.
func (l locale) day(t time.Time, withYear bool) string {
	w := l.wordTable
	if l.american {
		if withYear {
			return fmt.Sprintf("%s, %s %d, %d", l.weekday(t), w.months[t.Month()-1], t.Day(), t.Year())
		}
		return fmt.Sprintf("%s, %s %d", l.weekday(t), w.months[t.Month()-1], t.Day())
	}
	number := strconv.Itoa(t.Day())
	if t.Day() == 1 && w.first != "" {
		number = w.first
	}
	s := strings.Replace(w.day, "%w", l.weekday(t), 1)
	s = strings.Replace(s, "%d", number, 1)
	s = strings.Replace(s, "%m", w.months[t.Month()-1], 1)
	if withYear {
		s += strings.Replace(w.year, "%y", strconv.Itoa(t.Year()), 1)
	}
	return s
}

// shortDay is for texts: "Thu, Nov 26" or "Do 26.11.".
func (l locale) shortDay(t time.Time) string {
	w := l.wordTable
	switch {
	case l.american:
		return fmt.Sprintf("%s, %s %d", w.short[t.Weekday()], w.months[t.Month()-1][:3], t.Day())
	case l.language == "en": // 3/4 is two dates in English
		return fmt.Sprintf("%s %d %s", w.short[t.Weekday()], t.Day(), w.months[t.Month()-1][:3])
	}
	return strings.TrimSpace(w.short[t.Weekday()] + " " + t.Format(w.compact))
}

// clock is the time of day with its zone: "3:00 PM EST" or "15:00 CET". A
// time without its zone is what makes people miss calls.
func (l locale) clock(t time.Time) string {
	if l.american {
		return t.Format("3:04 PM ") + zoneAbbreviation(t)
	}
	return t.Format("15:04 ") + zoneAbbreviation(t)
}

// moment is date and time.
func (l locale) moment(t time.Time) string {
	return l.day(t, false) + l.wordTable.moment + l.clock(t)
}

// zoneAbbreviation is what people call the zone; many zones have no letters
// in the tz database, only an offset.
func zoneAbbreviation(t time.Time) string {
	name, offset := t.Zone()
	if !strings.HasPrefix(name, "+") && !strings.HasPrefix(name, "-") {
		return name
	}
	sign := '+'
	if offset < 0 {
		sign, offset = '-', -offset
	}
	if m := offset % 3600 / 60; m != 0 {
		return fmt.Sprintf("UTC%c%d:%02d", sign, offset/3600, m)
	}
	return fmt.Sprintf("UTC%c%d", sign, offset/3600)
}
