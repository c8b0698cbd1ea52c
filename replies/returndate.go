package replies

import (
	"regexp"
	"strings"
	"time"

	"followup/models"
)

// ReturnDate reads from an absence notice the day on which they are back.
//
// What the words mean, in this order:
//   - "back on 7 December", "ab 7. Dezember wieder": that day;
//   - "through 4 December", "bis einschließlich 4.", "t/m 4", and the end of a
//     range ("from 1 to 8 December", "vom 1. bis 8."): away on that day, too, so
//     back on the next;
//   - "until 7 December", "bis 7. Dezember": people mean both; it is read as the
//     day they name, and the pause ends only on the day after it.
//
// A weekday or "tomorrow" alone counts with words of returning. base is when
// the notice was written; a date that was over by then gives "".
func ReturnDate(subject, text string, base time.Time) models.Date {
	if d := returnDateIn(text, base); d != "" {
		return d
	}
	return returnDateIn(subject, base)
}

// base is the day from which the notice counts: its own date, where that is believable.
func (r reading) base() time.Time {
	d := r.m.Date
	if d.IsZero() || !r.now.IsZero() && d.After(r.now.Add(48*time.Hour)) {
		if r.now.IsZero() {
			return d
		}
		return r.now
	}
	return d
}

// Ranks of what the words around a date say.
const (
	rankNone = iota
	rankLoose
	rankWeekday
	rankUntil
	rankThrough
	rankBack
)

func returnDateIn(text string, base time.Time) models.Date {
	if base.IsZero() {
		return ""
	}
	folded := abbreviations.Replace(flat(fold(limit(text, 4<<10))))
	dates := findDates(folded, base)
	best, rank := models.Date(""), rankNone
	consider := func(d models.Date, n int) {
		if n > rank && daysFrom(base, d) >= 0 {
			best, rank = d, n
		}
	}
	for i, d := range dates {
		before := window(folded, dates, i)
		end := min(len(folded), d.end+90)
		if i+1 < len(dates) {
			end = min(end, dates[i+1].start)
		}
		after := folded[d.end:max(end, d.end)]
		date, n := meaning(d, before, after)
		consider(date, n)
	}
	if rank < rankWeekday {
		if d := weekdayReturn(folded, base); d != "" {
			consider(d, rankWeekday)
		}
	}
	if rank < rankUntil {
		if d := relativeReturn(folded, base); d != "" && (rank == rankNone || throughDay.MatchString(folded)) {
			return d
		}
	}
	return best
}

// abbreviations end no sentence.
var abbreviations = strings.NewReplacer("einschl. ", "einschl ", "inkl. ", "inkl ", "voraussichtl. ", "voraussichtl ", "incl. ", "incl ", "approx. ", "approx ")

// window is the text before a date that may speak of it: its sentence, up to
// 100 bytes, with an earlier date of a range in it.
func window(text string, dates []foundDate, i int) string {
	start := max(0, dates[i].start-100)
	w := text[start:dates[i].start]
	if cuts := sentenceCut.FindAllStringIndex(w, -1); len(cuts) > 0 {
		w = w[cuts[len(cuts)-1][1]:]
	}
	return stripWeekday.ReplaceAllString(w, "")
}

var (
	// A full stop after a word of four letters ends a sentence; after "dez" or "1" it does not.
	sentenceCut  = regexp.MustCompile(`[a-z]{4,}[.!?]+\s|\n`)
	stripWeekday = regexp.MustCompile(`(?:the\s+)?\b(?:` + weekdayNames + `)\.?,?(?:\s+(?:the|den|dem|le|el|il|dia|giorno|de|d))?\s*$`)
)

var notThere = regexp.MustCompile(`\b(no|not|nicht|niet|nao|non|pas|unable)\b (\w+ ){0,3}(available|reachable|in the office|disponible|joignable|erreichbar|im buro|bereikbaar|aanwezig|disponivel|disponibile|raggiungibile|reperibile|localizable)\b[^.!?,]{0,12}\b(from|starting|beginning|desde|vom|von|du|dal|van|de)\b[^.!?,]{0,8}$`)

// awayFrom: "out of the office starting …".
var awayFrom = regexp.MustCompile(`\b(out|away|absent|unavailable|leave|vacation|abwesend|nicht|urlaub|absente?|conges?|fuera|ausente|vacaciones|assente|fuori|ferie|afwezig|vakantie|fora|ferias)\b(?: of (?:the |my )?office| \w+)?,? (starting|beginning|commencing|effective|as of|from|vom|a compter du|desde el|a partire dal|vanaf|a partir de)\b( on)?[^a-z0-9]{0,3}$`)

var notUntil = regexp.MustCompile(`\bnot (?:be )?(?:return|returning|back|be back|in the office|available)\b[^.!?]{0,20}\b(?:until|till|before)[^a-z0-9]{0,3}$`)

// meaning says which day of return the date tells of, and how surely.
func meaning(d foundDate, before, after string) (models.Date, int) {
	inclusive := ruleset("through.after").any(after)
	switch {
	case notUntil.MatchString(before): // "will not return until": that day, whatever began before it
		return d.date, rankBack
	case d.rangeEnd, ruleset("range.before").any(before):
		return d.date.AddDays(1), rankThrough
	case ruleset("through.before").any(before):
		return d.date.AddDays(1), rankThrough
	case ruleset("until.before").any(before):
		if inclusive {
			return d.date.AddDays(1), rankThrough
		}
		// "not back until 7 December" is a return, too.
		return d.date, rankUntil
	case notThere.MatchString(before), awayFrom.MatchString(before): // "not available from …": it begins
		return "", rankNone
	case ruleset("back.before").any(before), ruleset("back.after").any(after):
		return d.date, rankBack
	}
	return "", rankNone
}

var (
	returnWeekday = regexp.MustCompile(`\b(?:back|return|returning|returns|available again|back in the office|in the office again|until|till|zuruck|wieder (?:da|erreichbar|im buro|zuruck)?|bis|erst|de retour|retour|jusqu'a|jusqu'au|reviens|reviendrai|hasta|regreso|vuelvo|volvere|regresare|rientro|rientrero|tornero|torno|fino a|terug|weer (?:aanwezig|bereikbaar|op kantoor|terug)|tot|volto|voltarei|regresso|retorno|regressarei|ate)\b[^.!?\n\d]{0,25}?\b(?:on |next |this coming |this |coming |am |ab |kommenden |nachsten |zum |le |ce |el |este |proximo |il |lunedi |op |aanstaande |volgende |na |no |proxima |prossimo )*(` + weekdayNames + `)\b`)
	weekdayBack   = regexp.MustCompile(`\b(?:am|ab|op|vanaf|le|el|il|na|on)\s+(?:kommenden |nachsten )?(` + weekdayNames + `)\s[^.!?\n\d]{0,20}?(?:wieder|zuruck|de retour|de vuelta|terug|weer|back)\b`)
	returnTomorow = regexp.MustCompile(`\b(?:back|return|returning|available|respond|reply|reachable|zuruck|wieder|de retour|reviens|reviendrai|regreso|regresare|vuelvo|volvere|vuelta|rientro|rientrero|torno|terug|weer|volto|voltarei|volta|regresso)\b[^.!?\n\d]{0,25}?\b(tomorrow|morgen|demain|manana|domani|amanha)\b`)
)

// weekdayReturn reads "back on Monday" as the next Monday after the notice.
func weekdayReturn(text string, base time.Time) models.Date {
	today := models.Date(base.Format(time.DateOnly))
	for _, re := range []*regexp.Regexp{returnWeekday, weekdayBack} {
		if m := re.FindStringSubmatch(text); m != nil {
			return comingWeekday(base, weekdays[m[1]])
		}
	}
	if returnTomorow.MatchString(text) && !strings.Contains(text, "guten morgen") {
		return today.AddDays(1)
	}
	return ""
}
