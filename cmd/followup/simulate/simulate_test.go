package simulate

import (
	"slices"
	"testing"
)

func run(t *testing.T, opt Options) Result {
	t.Helper()
	res, err := Run(t.Context(), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(res)
	return res
}

// Every promise holds, whatever goes wrong.
func TestPromises(t *testing.T) {
	t.Parallel()
	var options []Options
	for _, seed := range []uint64{3, 9, 14} {
		options = append(options, Options{Seed: seed, Prospects: 100, Days: 60})
	}
	var seeds []uint64
	var last Progress
	err := RunAll(t.Context(), options, 2, func(at Progress) { last = at }, func(res Result) {
		seeds = append(seeds, res.Seed)
		t.Log(res)
		if res.Breach != nil {
			for _, line := range res.Breach.Story {
				t.Log(line)
			}
			t.Error(res.Breach)
		}
		// A world in which nothing happens breaks nothing.
		if res.Enrolled < 100 || res.Sent < 200 || res.Received < 40 || res.Calls < 50 || res.Crashes < 5 || res.Freezes < 3 || res.Finished < 50 {
			t.Errorf("seed %d: too little happened to prove anything", res.Seed)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(seeds, []uint64{3, 9, 14}) {
		t.Errorf("the results came as %v", seeds)
	}
	if last.Seeds != 3 || last.Days != 60 {
		t.Errorf("the progress ended at %+v", last)
	}
}

// A seed plays the same story again, beside others too; another one another.
func TestSeeds(t *testing.T) {
	t.Parallel()
	opt := Options{Seed: 5, Prospects: 15, Days: 25}
	other := opt
	other.Seed = 6
	var all []Result
	err := RunAll(t.Context(), []Options{opt, other, opt}, 3, func(Progress) {}, func(res Result) { all = append(all, res) })
	if err != nil {
		t.Fatal(err)
	}
	first, another, again := all[0], all[1], all[2]
	if first.Digest != again.Digest || first.Ticks != again.Ticks {
		t.Errorf("the same seed gave %s (%d ticks) and %s (%d ticks)", first.Digest, first.Ticks, again.Digest, again.Ticks)
	}
	if another.Digest == first.Digest {
		t.Error("another seed gave the same story")
	}
}

// Planted bugs are found, and the story ends at the breach. The others, which
// need more seeds, are listed in docs/reliability.md.
func TestMutations(t *testing.T) {
	stopped := []string{"no automated send begins after a stop", "the last look returns what was stopped"}
	for name, rules := range map[string][]string{
		"rescue resends":                 {"at most once"},
		"settle by id only":              {"at most once"},
		"reply stored without its pause": stopped,
		"claim ignores pauses":           append(stopped[:2:2], "what rests has nothing planned"),
		"no row lock":                    stopped,
		"two live touches":               {"one live touch"},
		"booked calls open late":         {"a booked call opens in its minute"},
		"lost audit event":               {"the audit trail explains every state"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for seed := range uint64(4) {
				res := run(t, Options{Seed: 1 + seed, Prospects: 60, Days: 45, Mutation: name})
				if res.Breach == nil {
					continue
				}
				if !slices.Contains(rules, res.Breach.Rule) || len(res.Breach.Story) < 2 {
					t.Errorf("found %q with a story of %d lines, want one of %q", res.Breach.Rule, len(res.Breach.Story), rules)
				}
				return
			}
			t.Error("not found")
		})
	}
	if !slices.Contains(Mutations(), "24 hours instead of a day") {
		t.Error("the registry is empty")
	}
	if _, err := Run(t.Context(), Options{Mutation: "none such"}); err == nil {
		t.Error("an unknown mutation was taken")
	}
}
