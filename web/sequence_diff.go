package web

import (
	"fmt"
	"slices"
	"strings"

	"followup/scheduler"
)

// changeView is what differs on one step, for reading.
type changeView struct {
	scheduler.StepChange
	Parts []partView
}

// partView is one part that differs; a text comes line by line.
type partView struct {
	scheduler.PartChange
	Lines []diffLine
}

func viewChanges(changes []scheduler.StepChange) []changeView {
	out := make([]changeView, len(changes))
	for i, c := range changes {
		out[i] = changeView{StepChange: c}
		for _, p := range c.Parts {
			v := partView{PartChange: p}
			if p.Text {
				v.Lines = diffLines(p.Old, p.New)
			}
			out[i].Parts = append(out[i].Parts, v)
		}
	}
	return out
}

// diffLine is a line of two texts laid over each other.
type diffLine struct {
	Kind string // "same", "old", "new", "gap"
	Text string
}

// mostDiffed bounds the work of comparing: longer texts are shown whole.
const mostDiffed = 2000

// diffLines lays two texts over each other by their longest common lines.
func diffLines(old, now string) []diffLine {
	a, b := linesOf(old), linesOf(now)
	if len(a) > mostDiffed || len(b) > mostDiffed {
		a, b = a[:min(len(a), mostDiffed)], b[:min(len(b), mostDiffed)]
	}
	common := commonLines(a, b)
	var out []diffLine
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			out = append(out, diffLine{"same", a[i]})
			i, j = i+1, j+1
		case j >= len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			out = append(out, diffLine{"old", a[i]})
			i++
		default:
			out = append(out, diffLine{"new", b[j]})
			j++
		}
	}
	return folded(out)
}

// commonLines gives the length of the longest run of lines that a from i on
// and b from j on have in common.
func commonLines(a, b []string) [][]int {
	common := make([][]int, len(a)+1)
	for i := range common {
		common[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	return common
}

// found gives for each line of a the line of b that it became; -1 where it is gone.
func found(a, b []string) []int {
	common, at := commonLines(a, b), make([]int, len(a))
	i, j := 0, 0
	for i < len(a) {
		switch {
		case j < len(b) && a[i] == b[j]:
			at[i] = j
			i, j = i+1, j+1
		case j >= len(b) || common[i+1][j] >= common[i][j+1]:
			at[i] = -1
			i++
		default:
			j++
		}
	}
	return at
}

// mergeLines lays two texts over each other that began as the same one. What
// only one of them changed is as they left it; what both changed is mine, and
// counted.
func mergeLines(base, mine, theirs string) (merged string, both int) {
	b, m, t := linesOf(base), linesOf(mine), linesOf(theirs)
	if len(b) > mostDiffed || len(m) > mostDiffed || len(t) > mostDiffed {
		return mine, 1
	}
	inMine, inTheirs := found(b, m), found(b, t)
	var out []string
	i, j, k := 0, 0, 0
	take := func(toB, toM, toT int) {
		was, my, their := b[i:toB], m[j:toM], t[k:toT]
		switch {
		case slices.Equal(was, my):
			out = append(out, their...)
		case slices.Equal(was, their), slices.Equal(my, their):
			out = append(out, my...)
		default:
			out = append(out, my...)
			both++
		}
	}
	for x := range b {
		if inMine[x] < 0 || inTheirs[x] < 0 {
			continue
		}
		take(x, inMine[x], inTheirs[x])
		out = append(out, b[x])
		i, j, k = x+1, inMine[x]+1, inTheirs[x]+1
	}
	take(len(b), len(m), len(t))
	return strings.Join(out, "\n") + "\n", both
}

// around is how many unchanged lines stand beside a change.
const around = 2

// folded leaves out what is far from any change.
func folded(lines []diffLine) []diffLine {
	near := make([]bool, len(lines))
	for i, l := range lines {
		if l.Kind == "same" {
			continue
		}
		for k := max(0, i-around); k <= min(len(lines)-1, i+around); k++ {
			near[k] = true
		}
	}
	var out []diffLine
	for i, l := range lines {
		switch {
		case near[i]:
			out = append(out, l)
		case len(out) == 0 || out[len(out)-1].Kind != "gap":
			out = append(out, diffLine{Kind: "gap"})
		}
	}
	return out
}

func linesOf(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimRight(s, "\n"), "\n")
}

func numberText(n int) string { return fmt.Sprint(n) }

func countOf(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
