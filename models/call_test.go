package models

import "testing"

func TestReasonKey(t *testing.T) {
	heard := []HeardReason{{Text: "your new dock opens in May."}}
	for text, again := range map[string]bool{
		"Your new dock opens in May":                                 true,
		"The reason I’m calling is that your new dock opens in May!": true,
		"The reason I'm calling is your new dock — opens, in   MAY":  true,
		"because your new dock opens in May":                         true,
		"your old dock opens in May":                                 false,
		"your new dock opens in May, and the crane comes with it":    false,
		"":                          false,
		"The reason I'm calling is": false,
	} {
		if _, got := HeardBefore(heard, text); got != again {
			t.Errorf("%q: heard %v, want %v (key %q)", text, got, again, ReasonKey(text))
		}
	}
}

// Only what they said is reckoned with; how is always told.
func TestDelayOf(t *testing.T) {
	const today = Date("2026-11-22")
	for _, c := range []struct {
		name   string
		c      Commitment
		d      *Discovery
		perDay string
		how    string
		soFar  string
		late   int
	}{
		{"as they put it", Commitment{CostPerDay: "$200, two temps", DueOn: "2026-11-19"}, nil, "$200, two temps", "as they put it with the promise", "$600", 3},
		{"from the goal", Commitment{}, &Discovery{GoalValue: "$36,500 a year"}, "about $100 a day", "$36,500 a year ÷ 365 days = $100 of gain missed", "", 0},
		{"from both", Commitment{Value: "€3k per month", DueOn: "2026-11-20"}, &Discovery{DailyCost: "€80"}, "about €180 a day", "€3k per month ÷ 30 days = €100 of gain missed, and €80 flows out of the door", "€360", 2},
		{"what flows out alone", Commitment{}, &Discovery{DailyCost: "$560 a week"}, "about $80 a day", "$80 flows out of the door", "", 0},
		{"no amount", Commitment{Value: "two days of work"}, &Discovery{DailyCost: "nerves"}, "", "", "", 0},
		{"no time", Commitment{Value: "$5,000"}, nil, "", "", "", 0},
		{"two currencies", Commitment{Value: "$3,650 a year"}, &Discovery{DailyCost: "€80"}, "about $10 a day", "$3,650 a year ÷ 365 days = $10 of gain missed", "", 0},
		{"due today is not late", Commitment{CostPerDay: "$10", DueOn: today}, nil, "$10", "as they put it with the promise", "", 0},
	} {
		got := DelayOf(c.c, c.d, today)
		if got.PerDay != c.perDay || got.How != c.how || got.SoFar != c.soFar || got.DaysLate != c.late {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}
