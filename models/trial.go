package models

import "math"

// TrialCount is what one variant of a step brought.
type TrialCount struct {
	StepKey  string
	Variant  string
	People   int64 // who got it; a regular customer each time
	Replies  int64 // of those, who answered within 30 days and before the next follow-up
	Positive int64 // of those answers, the ones marked positive
	Meetings int64 // who booked a call within 30 days and before the next follow-up
	OptedOut int64 // who told us to stop after it
}

// z95 is the normal quantile of a two-sided 95 percent.
const z95 = 1.959963984540054

// Wilson is the interval in which the true share lies with 95 percent
// confidence, given hits of n (E. B. Wilson, 1927). It keeps within 0 and 1
// and says something even for few.
func Wilson(hits, n int64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	p, m := float64(hits)/float64(n), float64(n)
	z2 := z95 * z95
	centre := (p + z2/(2*m)) / (1 + z2/m)
	half := z95 / (1 + z2/m) * math.Sqrt(p*(1-p)/m+z2/(4*m*m))
	return math.Max(0, centre-half), math.Min(1, centre+half)
}

// LeastTrial is how many people each variant needs before its share says
// anything; below it a test would call chance a result.
const LeastTrial = 30

// TwoShares is the two-sided p-value of the hypothesis that two shares are
// the same: how often chance alone makes them differ at least as much. Where
// too few were counted for the normal approximation it reports false.
func TwoShares(hitsA, a, hitsB, b int64) (p float64, enough bool) {
	if a < LeastTrial || b < LeastTrial {
		return 1, false
	}
	pooled := float64(hitsA+hitsB) / float64(a+b)
	for _, n := range []int64{a, b} {
		if e := pooled * float64(n); e < 5 || float64(n)-e < 5 { // the rule of thumb for a normal approximation
			return 1, false
		}
	}
	se := math.Sqrt(pooled * (1 - pooled) * (1/float64(a) + 1/float64(b)))
	z := math.Abs(float64(hitsA)/float64(a)-float64(hitsB)/float64(b)) / se
	return math.Erfc(z / math.Sqrt2), true
}
