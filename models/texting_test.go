package models

import "testing"

// What two segments cost, by the country of the number, is shown exactly.
func TestTextRates(t *testing.T) {
	countries := map[string]string{"+12125550123": "US", "+442079460000": "GB"}
	r := &TextRates{Currency: "USD", Countries: map[string]Money{"US": 79, "GB": 463, "*": 10_000}, CountryOf: func(n string) string { return countries[n] }}
	for number, want := range map[string]string{"+12125550123": "USD 0.0158", "+442079460000": "USD 0.0926", "+4930123456": "USD 2.00"} {
		if got := r.Show(r.Cost(number, 2)); got != want {
			t.Errorf("two segments to %s cost %s, want %s", number, got, want)
		}
	}
	var none *TextRates
	if none.Cost("+12125550123", 2) != 0 || none.Show(12_500) != "1.25" {
		t.Error("a price that nobody gave")
	}
}
