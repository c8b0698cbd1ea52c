package replies

import (
	"regexp"
	"time"

	"followup/models"
)

// numberWords are the small numbers that absences are told in, folded.
var numberWords = func() map[string]int {
	m := map[string]int{}
	for n, words := range map[int][]string{
		1:  {"a", "an", "one", "ein", "eine", "einer", "einem", "einen", "un", "une", "una", "uno", "een", "um", "uma", "1"},
		2:  {"two", "zwei", "deux", "dos", "due", "twee", "dois", "duas", "2"},
		3:  {"three", "drei", "trois", "tres", "tre", "drie", "3"},
		4:  {"four", "vier", "quatre", "cuatro", "quattro", "quatro", "4"},
		5:  {"five", "funf", "cinq", "cinco", "cinque", "vijf", "5"},
		6:  {"six", "sechs", "seis", "sei", "zes", "6"},
		7:  {"seven", "sieben", "sept", "siete", "sette", "zeven", "sete", "7"},
		8:  {"eight", "acht", "huit", "ocho", "otto", "oito", "8"},
		9:  {"9"},
		10: {"ten", "zehn", "dix", "diez", "dieci", "tien", "dez", "10"},
		14: {"fourteen", "vierzehn", "quinze", "quince", "14", "15"},
	} {
		for _, w := range words {
			m[w] = n
		}
	}
	return m
}()

const (
	dayUnits   = `days?|tagen?|jours?|dias?|giorni|giorno|dagen|dag`
	weekUnits  = `weeks?|wochen?|semaines?|semanas?|settimane|settimana|weken|week`
	monthUnits = `months?|monaten?|monat|mois|mes|meses|mesi|mese|maanden|maand`
	// backWords are about being there again; the language is told by nothing else.
	backWords = `back|return|returns|returning|be available|reachable|in the office|respond|reply|zuruck|wieder|erreichbar|melde mich|retour|reviens|reviendrai|rentre|disponible|joignable|regreso|regresare|vuelvo|volvere|vuelta|reincorporo|rientro|rientrero|torno|tornero|ritorno|disponibile|terug|weer|bereikbaar|volto|voltarei|volta|regresso|regressarei|retorno|retornarei|disponivel`
	goneWords = `out|away|off|leave|vacation|holidays?|absent|unavailable|travell?ing|abwesend|urlaub|unterwegs|nicht (?:im buro|erreichbar|da)|absente?|conges?|vacances|deplacement|fuera|ausente|vacaciones|assente|ferie|fuori|afwezig|vakantie|verlof|fora|ferias|closed|geschlossen|ferme|cerrado|chiuso|gesloten|encerrado`
)

var (
	number = func() string { return alternation(numberWords) }()

	// "back in two weeks": counted from the notice.
	backIn = regexp.MustCompile(`\b(?:` + backWords + `)\b[^.!?\d]{0,25}?\b(?:in|dans|en|tra|fra|over|em|nach|apres|after|binnen|within|d'ici)\s+(?:about |approximately |ca |etwa |environ |unos |circa |ongeveer |cerca de )?(` + number + `)\s+(?:working |business )?(?:(` + dayUnits + `)|(` + weekUnits + `)|(` + monthUnits + `))\b`)
	inBack = regexp.MustCompile(`\b(?:in|dans|en|tra|fra|over|em)\s+(` + number + `)\s+(?:(` + dayUnits + `)|(` + weekUnits + `)|(` + monthUnits + `))\b[^.!?\d]{0,25}?\b(?:` + backWords + `)\b`)
	// "away for the next two weeks".
	goneFor = regexp.MustCompile(`\b(?:` + goneWords + `)\b[^.!?\d]{0,30}?\b(?:for|fur|pendant|pour|por|durante|per|voor|gedurende)\s+(?:the |die |les |los |las |le |i |gli |de |os |as )?(?:next |coming |nachsten |kommenden |prochaine?s |proximos |proximas |prossim[ie] |komende |volgende )?(` + number + `)\s+(?:prochaine?s |proximos |proximas |whole |full |working |business )?(?:(` + dayUnits + `)|(` + weekUnits + `)|(` + monthUnits + `))\b`)
	// "back next week": its Monday.
	nextWeek = regexp.MustCompile(`\b(?:` + backWords + `|until|till|bis|jusqu'a|hasta|fino a|tot|ate)\b[^.!?\d]{0,25}?\b(?:next week|(?:die |der |in der |ab )?(?:nachste[nr]?|kommende[nr]?) woche|la semaine prochaine|(?:la |a )?proxima semana|la semana que viene|la (?:prossima settimana|settimana prossima)|volgende week|na semana que vem)\b`)
	// "through Friday": that day is the last.
	throughDay = regexp.MustCompile(`\b(?:through|thru|bis einschliesslich|bis inklusive|tot en met|t/m|until and including|jusqu'au|hasta el|fino a)\s+(?:the end of )?(?:this |diesen |kommenden |ce |este |)(` + weekdayNames + `)\b( inclus| inclusive| compres[oa]| included|)`)
	// "back on the 20th": the next day of that number.
	dayAlone = regexp.MustCompile(`\b(?:` + backWords + `|until|till|bis|jusqu'au|hasta el|fino al|tot|ate)\b[^.!?\d]{0,20}?\b(?:the (\d{1,2})(?:st|nd|rd|th)|(?:el dia|dia|giorno|jour|le|il|el|den|am|ab dem|zum|ab|de) (\d{1,2})(?:e|er)?)(?:\.?$|\.?,? ?(?:[.!?,;]\s|(?:and|und|et|y|e|en|with|wieder|zuruck|inclus|again|sera|als|mit)\b))`)
)

// relativeReturn reads what is told without a month: "back in two weeks",
// "away for three days", "back next week", "through Friday", "on the 20th".
func relativeReturn(text string, base time.Time) models.Date {
	today := models.Date(base.Format(time.DateOnly))
	for _, re := range []*regexp.Regexp{backIn, inBack, goneFor} {
		if m := re.FindStringSubmatch(text); m != nil {
			n := numberWords[m[1]]
			switch {
			case m[2] != "":
				return today.AddDays(n)
			case m[3] != "":
				return today.AddDays(7 * n)
			}
			return models.Date(base.AddDate(0, n, 0).Format(time.DateOnly))
		}
	}
	if m := throughDay.FindStringSubmatch(text); m != nil && (m[2] != "" || !untilOnly.MatchString(m[0])) {
		return comingWeekday(base, weekdays[m[1]]).AddDays(1)
	}
	if m := dayAlone.FindStringSubmatch(text); m != nil {
		return comingDay(base, atoi(m[1]+m[2]))
	}
	if nextWeek.MatchString(text) {
		return comingWeekday(base, time.Monday)
	}
	return ""
}

// untilOnly: without "inclusive", these name the day of the return.
var untilOnly = regexp.MustCompile(`^(jusqu'au|hasta el|fino a)`)

// comingWeekday is the next such day after the notice.
func comingWeekday(base time.Time, day time.Weekday) models.Date {
	n := int(day-base.Weekday()+7) % 7
	if n == 0 {
		n = 7
	}
	return models.Date(base.Format(time.DateOnly)).AddDays(n)
}

// comingDay is the next day of that number; "" where the months have none.
func comingDay(base time.Time, day int) models.Date {
	for i := range 3 {
		d := time.Date(base.Year(), base.Month()+time.Month(i), day, 0, 0, 0, 0, time.UTC)
		if day > 0 && d.Day() == day && d.After(midnight(base)) {
			return models.Date(d.Format(time.DateOnly))
		}
	}
	return ""
}
