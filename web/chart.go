package web

import (
	"fmt"
	"math"
	"strconv"
)

// chart is a bar chart, drawn here so that it is there without a script, in
// print and in the dark. The table beside it says the same in numbers.
type chart struct {
	Title    string
	Desc     string // what one sees, for who does not see it
	Upright  bool   // bars stand on an axis; else they lie, one a line
	W, H     int
	Bars     []chartBar
	Lines    []chartLine // of the scale
	Baseline int
}

type chartBar struct {
	Label, Value, Under string // name, figure, and the n beneath it
	X, Y, W, H          int
	LabelX, LabelY      int
	ValueX, ValueY      int
	UnderX, UnderY      int
	// Low and High bound the share with 95 % confidence, as places.
	Low, High, Mid int
	Sure           bool // there is anything to be sure of
	Faint          bool // too few to read anything into
}

type chartLine struct {
	X1, Y1, X2, Y2 int
	Label          string
	LabelX, LabelY int
}

// share is a part of a whole.
type share struct {
	Label string
	Part  int64
	Whole int64
}

// fewer than this tell nothing about a share.
const faintBelow = 20

const (
	chartWidth = 720
	plotTop    = 24
	plotHeight = 200
	barLine    = 34
)

// interval is Wilson's: it holds for few and for shares near 0 and 1.
func interval(part, whole int64) (low, high float64) {
	if whole <= 0 {
		return 0, 0
	}
	const z = 1.96
	n, p := float64(whole), float64(part)/float64(whole)
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return max(0, mid-half), min(1, mid+half)
}

func ratio(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// percentOf shows a share: one decimal below ten.
func percentOf(part, whole int64) string {
	if whole == 0 {
		return "–"
	}
	p := ratio(part, whole) * 100
	if p < 9.95 && p > 0 {
		return strconv.FormatFloat(p, 'f', 1, 64) + " %"
	}
	return strconv.FormatFloat(p, 'f', 0, 64) + " %"
}

// scaleOf is a round top of the scale, and its steps.
func scaleOf(top float64) (float64, int) {
	for _, s := range []struct {
		top   float64
		steps int
	}{{0.01, 2}, {0.02, 2}, {0.05, 5}, {0.1, 5}, {0.2, 4}, {0.3, 3}, {0.4, 4}, {0.5, 5}, {0.6, 3}, {0.8, 4}} {
		if top <= s.top {
			return s.top, s.steps
		}
	}
	return 1, 5
}

// onScale names a step of the scale: whole percents, or half ones. What is
// left of a float's fractions is no part of it.
func onScale(v float64) string { return strconv.FormatFloat(math.Round(v*1000)/10, 'f', -1, 64) + " %" }

// topOf leaves out the whiskers of what is too few, which would flatten the rest.
func topOf(shares []share) float64 {
	top := 0.0
	for _, s := range shares {
		top = max(top, ratio(s.Part, s.Whole))
		if _, high := interval(s.Part, s.Whole); s.Whole >= faintBelow {
			top = max(top, high)
		}
	}
	return top
}

// columns are bars side by side, in an order that means something.
func columns(title, desc string, shares []share) chart {
	const left = 48
	c := chart{Title: title, Desc: desc, Upright: true, W: chartWidth, H: plotTop + plotHeight + 48, Baseline: plotTop + plotHeight}
	top, steps := scaleOf(topOf(shares))
	y := func(v float64) int { return c.Baseline - int(math.Round(min(v, top)/top*plotHeight)) }
	for i := range steps + 1 {
		v := top * float64(i) / float64(steps)
		c.Lines = append(c.Lines, chartLine{X1: left, Y1: y(v), X2: c.W, Y2: y(v), Label: onScale(v), LabelX: left - 8, LabelY: y(v) + 4})
	}
	step := (c.W - left) / max(len(shares), 1)
	width := min(step*7/10, 56)
	for i, s := range shares {
		x := left + step*i + step/2
		v := ratio(s.Part, s.Whole)
		low, high := interval(s.Part, s.Whole)
		c.Bars = append(c.Bars, chartBar{
			Label: s.Label, Value: percentOf(s.Part, s.Whole), Under: short(s.Whole), X: x - width/2, Y: y(v), W: width, H: c.Baseline - y(v),
			LabelX: x, LabelY: c.Baseline + 18, UnderX: x, UnderY: c.Baseline + 36, ValueX: x, ValueY: y(max(v, boundTop(high, s.Whole))) - 6,
			Low: y(low), High: y(high), Mid: x, Sure: s.Whole >= faintBelow, Faint: s.Whole < faintBelow,
		})
	}
	return c
}

func boundTop(high float64, whole int64) float64 {
	if whole < faintBelow {
		return 0
	}
	return high
}

// lines are bars one below the other, for what has names.
func lines(title, desc string, shares []share) chart {
	const left, right = 232, 116
	c := chart{Title: title, Desc: desc, W: chartWidth, H: len(shares)*barLine + 28, Baseline: left}
	top, steps := scaleOf(topOf(shares))
	x := func(v float64) int { return left + int(math.Round(min(v, top)/top*float64(c.W-left-right))) }
	for i := range steps + 1 {
		v := top * float64(i) / float64(steps)
		c.Lines = append(c.Lines, chartLine{X1: x(v), Y1: 0, X2: x(v), Y2: c.H - 24, Label: onScale(v), LabelX: x(v), LabelY: c.H - 8})
	}
	for i, s := range shares {
		y := i*barLine + 6
		v := ratio(s.Part, s.Whole)
		low, high := interval(s.Part, s.Whole)
		c.Bars = append(c.Bars, chartBar{
			Label: excerpt(32, s.Label), Value: percentOf(s.Part, s.Whole) + " of " + short(s.Whole), X: left, Y: y, W: x(v) - left, H: barLine - 14,
			LabelX: left - 10, LabelY: y + 15, ValueX: x(max(v, boundTop(high, s.Whole))) + 8, ValueY: y + 15,
			Low: x(low), High: x(high), Mid: y + (barLine-14)/2, Sure: s.Whole >= faintBelow, Faint: s.Whole < faintBelow,
		})
	}
	return c
}

// short writes a number so that it fits below a bar.
func short(n int64) string {
	switch {
	case n >= 10_000_000:
		return fmt.Sprintf("%d M", n/1_000_000)
	case n >= 1_000_000:
		return fmt.Sprintf("%.1f M", float64(n)/1e6)
	case n >= 100_000:
		return fmt.Sprintf("%d k", n/1000)
	}
	return grouped(n)
}

// grouped writes a number with its thousands apart.
func grouped(n int64) string {
	s := strconv.FormatInt(n, 10)
	start := 0
	if n < 0 {
		start = 1
	}
	for i := len(s) - 3; i > start; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
