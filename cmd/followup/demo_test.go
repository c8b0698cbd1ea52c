package main

import (
	"strings"
	"testing"
)

// TestDemo plays the two weeks for several seeds. Each checks itself to the
// message, and the same seed says the same.
func TestDemo(t *testing.T) {
	s := newShell(t)
	first := ""
	for _, seed := range []string{"1", "1", "2", "3"} {
		r := s.run("demo", "--speed", "0s", "--seed", seed)
		if r.status != 0 || !strings.Contains(r.out, "exactly what the scripts say") {
			t.Fatalf("seed %s: status %d\n%s%s", seed, r.status, r.out, r.err)
		}
		if r.err != "" {
			t.Errorf("seed %s wrote to its log:\n%s", seed, r.err)
		}
		if first == "" {
			first = r.out
		} else if seed == "1" && r.out != first {
			t.Errorf("seed 1 played twice differs:\n%s\n%s", first, r.out)
		}
	}
}
