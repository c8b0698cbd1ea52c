package models

import (
	"math"
	"testing"
)

func tried(weights ...int) Step {
	s := Step{Key: "mail", Subject: "S", Body: "B"}
	for i, w := range weights {
		s.Variants = append(s.Variants, Variant{Key: string(rune('a' + i)), Weight: w})
	}
	return s
}

// People are shared out as the weights say, and each keeps what they got.
func TestVariantsAreSharedOut(t *testing.T) {
	for _, c := range []struct {
		weights []int
		want    []float64
	}{
		{[]int{1, 1}, []float64{0.5, 0.5}},
		{[]int{3, 1}, []float64{0.75, 0.25}},
		{[]int{1, 0, 1}, []float64{0.5, 0, 0.5}},
		{[]int{0, 5}, []float64{0, 1}},
	} {
		s, got := tried(c.weights...), map[string]int{}
		const n = 20_000
		for id := int64(1); id <= n; id++ {
			v := s.VariantFor(id)
			if v != s.VariantFor(id) {
				t.Fatalf("enrollment %d gets another variant the second time", id)
			}
			got[v]++
		}
		for i, want := range c.want {
			if share := float64(got[string(rune('a'+i))]) / n; math.Abs(share-want) > 0.015 {
				t.Errorf("weights %v: variant %d has a share of %.3f, want %.3f", c.weights, i, share, want)
			}
		}
	}
	if v := tried().VariantFor(7); v != "" {
		t.Errorf("a step without variants gives %q", v)
	}
}

// Two steps are drawn independently: who got a in one gets either in the other.
func TestVariantsOfStepsAreIndependent(t *testing.T) {
	one, two := tried(1, 1), tried(1, 1)
	two.Key = "second"
	both, n := 0, 10_000
	for id := int64(1); id <= int64(n); id++ {
		if one.VariantFor(id) == two.VariantFor(id) {
			both++
		}
	}
	if share := float64(both) / float64(n); math.Abs(share-0.5) > 0.03 {
		t.Errorf("the same letter in both for a share of %.3f", share)
	}
}

func TestVariantTakesWhatItLeavesOutFromTheStep(t *testing.T) {
	s := tried(1, 1)
	s.Variants[1].Subject = "Another"
	if got := s.With("b"); got.Subject != "Another" || got.Body != "B" || got.Variants != nil {
		t.Errorf("%+v", got)
	}
	if got := s.With("gone"); got.Subject != "S" {
		t.Errorf("%+v", got)
	}
}

// Values worked out by hand from Wilson's formula and the z-test.
func TestTrialStatistics(t *testing.T) {
	for _, c := range []struct {
		hits, n   int64
		low, high float64
	}{{0, 0, 0, 1}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {20, 100, 0.1334, 0.2888}} {
		if low, high := Wilson(c.hits, c.n); math.Abs(low-c.low) > 0.0005 || math.Abs(high-c.high) > 0.0005 {
			t.Errorf("%d of %d: %.4f–%.4f, want %.4f–%.4f", c.hits, c.n, low, high, c.low, c.high)
		}
	}
	if p, ok := TwoShares(30, 100, 15, 100); !ok || math.Abs(p-0.0110) > 0.0005 {
		t.Errorf("p = %.4f, %v", p, ok)
	}
	for _, c := range [][4]int64{{1, 10, 5, 10}, {1, 100, 2, 100}, {0, 0, 0, 0}} {
		if p, ok := TwoShares(c[0], c[1], c[2], c[3]); ok {
			t.Errorf("%v: p = %.3f of too few", c, p)
		}
	}
}
