package replies

import (
	"strings"
	"testing"
)

// Every rule compiles, is written folded (else it could never match) and has
// literals to look for first (else it would be tried on every message).
func TestRulesAreWellFormed(t *testing.T) {
	n := 0
	for section, rs := range loadRules() {
		for _, r := range rs {
			n++
			// Back-slashed classes keep their case: \W, \S, \B.
			plain := strings.NewReplacer(`\W`, "", `\S`, "", `\B`, "", "MONTHS", "", "WEEKDAYS", "").Replace(r.source)
			if f := fold(plain); f != strings.TrimSpace(plain) {
				t.Errorf("[%s] %q is not folded: %q", section, r.source, f)
			}
			if len(r.needs) == 0 && !strings.HasPrefix(r.source, "^") {
				t.Logf("[%s] no literal to look for first: %q", section, r.source)
			}
		}
	}
	t.Logf("%d rules", n)
}
