package web

import (
	"net/http/httptest"
	"strings"
	"testing"
)

func TestCSVCell(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+49": "'+49", "-2": "'-2", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "1,234,567": "1234567", "12": "12", "–": "", "Rae Kim": "Rae Kim", "": "", "4.2 %": "4.2%", "100 %": "100%", " %": " %",
	} {
		if got := csvCell(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	w := httptest.NewRecorder()
	if err := writeCSV(w, figureTable{Columns: []string{"Rep", "Follow-ups"}, Rows: [][]string{{`=HYPERLINK("x"), "y"`, "1,200"}}}); err != nil {
		t.Fatal(err)
	}
	if want := "Rep,Follow-ups\n\"'=HYPERLINK(\"\"x\"\"), \"\"y\"\"\",1200\n"; w.Body.String() != want {
		t.Errorf("%q, want %q", w.Body.String(), want)
	}
}

func TestInterval(t *testing.T) {
	for _, c := range []struct {
		part, whole int64
		low, high   float64
	}{{0, 0, 0, 0}, {0, 20, 0, 0.161}, {20, 20, 0.839, 1}, {10, 100, 0.055, 0.174}} {
		low, high := interval(c.part, c.whole)
		if low < c.low-0.001 || low > c.low+0.001 || high < c.high-0.001 || high > c.high+0.001 {
			t.Errorf("%d of %d: %.3f to %.3f, want %.3f to %.3f", c.part, c.whole, low, high, c.low, c.high)
		}
	}
}

// TestCharts: bars stay within their picture, whatever they show.
func TestCharts(t *testing.T) {
	for _, shares := range [][]share{
		nil, {{"one", 0, 0}}, {{"all", 5, 5}}, {{"a tenth", 30, 300}}, {{"few", 1, 3}, {"many", 990_000, 10_000_000}, {strings.Repeat("long ", 40), 40, 50}},
	} {
		for _, c := range []chart{columns("t", "d", shares), lines("t", "d", shares)} {
			for _, l := range c.Lines {
				if len(l.Label) > len("100 %") {
					t.Errorf("the scale says %q", l.Label)
				}
			}
			for _, b := range c.Bars {
				if b.X < 0 || b.Y < 0 || b.W < 0 || b.H < 0 || b.X+b.W > c.W || b.Y+b.H > c.H {
					t.Errorf("the bar %q lies outside: %+v of %d × %d", b.Label, b, c.W, c.H)
				}
				if len([]rune(b.Label)) > 40 && !c.Upright {
					t.Errorf("the label %q is not cut", b.Label)
				}
			}
		}
	}
}

func TestPercentOf(t *testing.T) {
	for want, c := range map[string][2]int64{"–": {0, 0}, "0 %": {0, 9}, "100 %": {3, 3}, "9.9 %": {99, 1000}, "10 %": {999, 10000}, "0.1 %": {1, 1000}} {
		if got := percentOf(c[0], c[1]); got != want {
			t.Errorf("%d of %d is %q, want %q", c[0], c[1], got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", -1234567: "-1,234,567"} {
		if got := grouped(n); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
