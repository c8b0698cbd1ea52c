package web

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestMergeLines(t *testing.T) {
	for _, c := range []struct{ base, mine, theirs, want string }{
		{"a b c", "a b c", "a x c", "a x c"},
		{"a b c", "a x c", "a b c", "a x c"},
		{"a b c d e", "a m c d e", "a b c t e", "a m c t e"},
		{"a b c", "a m c", "a t c", "a m c!"},
		{"a b c", "a c", "a b c t", "a c t"},
		{"a b c", "m a b c", "a b", "m a b"},
		{"a b c", "a x c", "a x c", "a x c"},
		{"", "m", "t", "m!"},
		{"a", "", "", ""},
	} {
		lines := func(s string) string { return strings.ReplaceAll(s, " ", "\n") + "\n" }
		got, both := mergeLines(lines(c.base), lines(c.mine), lines(c.theirs))
		want, clash := strings.CutSuffix(c.want, "!")
		if strings.TrimSpace(got) != strings.TrimSpace(lines(want)) || (both > 0) != clash {
			t.Errorf("%q, mine %q, theirs %q: %q with %d clashes", c.base, c.mine, c.theirs, got, both)
		}
	}
}

// Who changed nothing changes nothing, and two who changed lines far from each
// other both find theirs.
func TestMergeLinesKeepsBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"a", "b", "c", "", "d: e"})
		base := rapid.SliceOfN(line, 0, 30).Draw(t, "base")
		other := rapid.SliceOfN(line, 0, 30).Draw(t, "other")
		text := func(l []string) string { return strings.Join(l, "\n") + "\n" }
		same := func(a, b string) bool { return slices.Equal(linesOf(a), linesOf(b)) }
		if got, both := mergeLines(text(base), text(base), text(other)); both != 0 || !same(got, text(other)) {
			t.Fatalf("I changed nothing: %q", got)
		}
		if got, both := mergeLines(text(base), text(other), text(base)); both != 0 || !same(got, text(other)) {
			t.Fatalf("they changed nothing: %q", got)
		}
		mine, theirs := append([]string{"mine"}, base...), append(slices.Clone(base), "kept", "theirs")
		if l := linesOf(text(base)); len(l) > 0 && l[0] != "" {
			got, both := mergeLines(text(base), text(mine), text(theirs))
			if both != 0 || !strings.HasPrefix(got, "mine\n") || !strings.HasSuffix(got, "theirs\n") {
				t.Fatalf("%d clashes: %q", both, got)
			}
		}
	})
}
