package models

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Delay is what each day of waiting costs the prospect, and how that is known.
type Delay struct {
	PerDay   string
	How      string
	DaysLate int    // 0: not yet due
	SoFar    string // what the days since have cost; "" where no amount is known
}

// DelayOf works out what waiting costs: as they said it with the promise, else
// the gain that is missed each day (the worth of the promise or of their goal
// over the time it is for) and what flows out of the door beside it. It makes
// up nothing: where no amount is known it is empty.
func DelayOf(c Commitment, d *Discovery, today Date) Delay {
	var out Delay
	if c.DueOn != "" && c.DueOn < today {
		out.DaysLate = daysBetween(c.DueOn, today)
	}
	if c.CostPerDay != "" {
		out.PerDay, out.How = c.CostPerDay, "as they put it with the promise"
		if a, ok := amountIn(c.CostPerDay); ok {
			out.SoFar = a.times(out.DaysLate)
		}
		return out
	}
	var perDay amount
	var how []string
	if gain, text, ok := gainOf(c, d); ok {
		perDay = gain.daily()
		how = append(how, fmt.Sprintf("%s ÷ %s days = %s of gain missed", text, trimFloat(gain.days), perDay))
	}
	if d != nil {
		if flows, ok := amountIn(d.DailyCost); ok && (perDay.value == 0 || perDay.currency == flows.currency) {
			flows = flows.daily()
			perDay = amount{value: perDay.value + flows.value, currency: flows.currency, days: 1}
			how = append(how, flows.String()+" flows out of the door")
		}
	}
	if len(how) == 0 {
		return out
	}
	out.PerDay, out.How, out.SoFar = "about "+perDay.String()+" a day", strings.Join(how, ", and "), perDay.times(out.DaysLate)
	return out
}

// gainOf is the first worth that says over what time it comes.
func gainOf(c Commitment, d *Discovery) (amount, string, bool) {
	texts := []string{c.Value}
	if d != nil {
		texts = append(texts, d.GoalValue)
	}
	for _, text := range texts {
		if a, ok := amountIn(text); ok && a.days > 0 {
			return a, strings.TrimSpace(text), true
		}
	}
	return amount{}, "", false
}

// amount of money or anything counted; days is the time that it is for, 0
// where none is said.
type amount struct {
	value    float64
	currency string
	days     float64
}

var (
	amountText = regexp.MustCompile(`([$€£])?\s*(\d[\d,]*(?:\.\d+)?)\s*([kKmM])?\b\s*([$€£]|(?:USD|EUR|GBP)\b)?`)
	periods    = []struct {
		match *regexp.Regexp
		days  float64
	}{
		{regexp.MustCompile(`(?i)\b(?:a|per|each|every)\s+day\b|/\s*day\b|\bdaily\b`), 1},
		{regexp.MustCompile(`(?i)\b(?:a|per|each|every)\s+week\b|/\s*week\b|\bweekly\b`), 7},
		{regexp.MustCompile(`(?i)\b(?:a|per|each|every)\s+month\b|/\s*month\b|\bmonthly\b`), 30},
		{regexp.MustCompile(`(?i)\b(?:a|per|each|every)\s+quarter\b|\bquarterly\b`), 91},
		{regexp.MustCompile(`(?i)\b(?:a|per|each|every)\s+year\b|/\s*year\b|\byearly\b|\bannual(?:ly)?\b|\bp\.\s?a\.`), 365},
	}
)

func amountIn(text string) (amount, bool) {
	m := amountText.FindStringSubmatch(text)
	if m == nil {
		return amount{}, false
	}
	v, err := strconv.ParseFloat(strings.ReplaceAll(m[2], ",", ""), 64)
	if err != nil || v == 0 || m[1] == "" && m[4] == "" {
		return amount{}, false // a number without a currency may be anything
	}
	switch strings.ToLower(m[3]) {
	case "k":
		v *= 1e3
	case "m":
		v *= 1e6
	}
	a := amount{value: v, currency: m[1]}
	if a.currency == "" {
		a.currency = m[4]
	}
	for _, p := range periods {
		if p.match.MatchString(text) {
			a.days = p.days
			break
		}
	}
	return a, true
}

// daily is the share of one day; what says no time is for a day already.
func (a amount) daily() amount {
	if a.days > 1 {
		a.value /= a.days
	}
	a.days = 1
	return a
}

func (a amount) times(days int) string {
	if days <= 0 {
		return ""
	}
	one := a.daily()
	one.value *= float64(days)
	return one.String()
}

// String writes whole amounts with thousands apart, small ones with cents.
func (a amount) String() string {
	text := strconv.FormatFloat(math.Round(a.value), 'f', 0, 64)
	if a.value < 10 {
		text = strconv.FormatFloat(a.value, 'f', 2, 64)
	}
	whole, cents, _ := strings.Cut(text, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if cents != "" {
		whole += "." + cents
	}
	if a.currency >= "A" && a.currency < "[" { // letters stand behind, signs before
		return whole + " " + a.currency
	}
	return a.currency + whole
}

func trimFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func daysBetween(from, to Date) int {
	a, err := time.Parse(time.DateOnly, string(from))
	b, err2 := time.Parse(time.DateOnly, string(to))
	if err != nil || err2 != nil {
		return 0
	}
	return int(b.Sub(a).Hours() / 24)
}
