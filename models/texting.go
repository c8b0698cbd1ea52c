package models

import (
	"fmt"
	"time"
)

// Money is in ten-thousandths of the currency: texts are priced that finely.
type Money int64

// String is the amount with two places, or as many as it has.
func (m Money) String() string {
	whole, rest := m/10_000, m%10_000
	if rest%100 == 0 {
		return fmt.Sprintf("%d.%02d", whole, rest/100)
	}
	return fmt.Sprintf("%d.%04d", whole, rest)
}

// TextRates are what a segment of a text costs, by the country of the number.
// The nil rates know no price.
type TextRates struct {
	Currency  string
	Countries map[string]Money // ISO 3166-1 alpha-2; "*": any other
	// CountryOf tells the country of a number; "" where nothing says.
	CountryOf func(number string) string
}

// Segment is the price of one segment to the number; false: nobody said.
func (r *TextRates) Segment(number string) (Money, bool) {
	if r == nil || len(r.Countries) == 0 {
		return 0, false
	}
	if price, ok := r.Countries[r.CountryOf(number)]; ok {
		return price, true
	}
	price, ok := r.Countries["*"]
	return price, ok
}

// Cost is what the segments cost; 0 where no price is known.
func (r *TextRates) Cost(number string, segments int) Money {
	price, _ := r.Segment(number)
	return price * Money(segments)
}

// Show writes an amount with its currency.
func (r *TextRates) Show(m Money) string {
	if r == nil || r.Currency == "" {
		return m.String()
	}
	return r.Currency + " " + m.String()
}

// MonthOf is the month (UTC) that a budget counts, as its first day.
func MonthOf(t time.Time) Date {
	t = t.UTC()
	return DateOf(time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC), time.UTC)
}

// MonthEnds is when the month of t ends.
func MonthEnds(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC)
}
