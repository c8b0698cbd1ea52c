package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

var (
	countryCode  = regexp.MustCompile(`^([A-Z]{2}|\*)$`)
	currencyCode = regexp.MustCompile(`^[A-Z]{3}$`)
	segmentPrice = regexp.MustCompile(`^[0-9]{1,4}(\.[0-9]{1,4})?$`)
)

// amount reads "0.0079" exactly, in ten-thousandths: a float would not be.
func (r Rate) amount() (int64, bool) {
	if !segmentPrice.MatchString(r.Segment) {
		return 0, false
	}
	whole, fraction, _ := strings.Cut(r.Segment, ".")
	n, err := strconv.ParseInt(whole+(fraction + "0000")[:4], 10, 64)
	return n, err == nil
}

func (t Texting) validate(bad func(key, format string, args ...any)) {
	if t.Currency != "" && !currencyCode.MatchString(t.Currency) {
		bad("texting.currency", "%q is no currency code; write it as USD", t.Currency)
	}
	seen := map[string]bool{}
	for i, r := range t.Rates {
		key := fmt.Sprintf("texting.rates[%d]", i)
		if !countryCode.MatchString(r.Country) {
			bad(key+".country", "%q is no country code; write it as US, or * for any other country", r.Country)
		} else if seen[r.Country] {
			bad(key+".country", "%s is listed twice", r.Country)
		}
		seen[r.Country] = true
		if _, ok := r.amount(); !ok {
			bad(key+".segment", "%q is no price; write it as 0.0079, with at most four decimals", r.Segment)
		}
	}
}

// Prices are those of a segment by country, in ten-thousandths of the
// currency; empty where none are given.
func (t Texting) Prices() map[string]int64 {
	prices := make(map[string]int64, len(t.Rates))
	for _, r := range t.Rates {
		prices[r.Country], _ = r.amount()
	}
	return prices
}
