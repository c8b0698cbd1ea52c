package main

import (
	"os"
	"strings"
	"testing"
	"time"

	"followup/store/storetest"
)

// TestMain: the replicas of a run in a test are this same program.
func TestMain(m *testing.M) {
	if text := os.Getenv(nodeEnv); text != "" {
		os.Exit(runNode(text))
	}
	os.Exit(m.Run())
}

// TestChaos is a short run of what `make chaos` does at length.
func TestChaos(t *testing.T) {
	if storetest.Off() {
		t.Logf("%s=off: replicas share a PostgreSQL", storetest.EnvPostgres)
		return
	}
	var out strings.Builder
	v, err := storm(t.Context(), plan{
		touches: 600, steps: 6, nodes: 4, senders: 4, kills: 5, freezes: 2, restarts: 1, outages: 1, stalls: 1, points: 1,
		storm: 20 * time.Second, drain: 2 * time.Minute, faults: 2, answers: 0.03, seed: 1,
	}, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if !v.kept() {
		t.Errorf("%s\n%s", v.line(), out.String())
	}
	t.Log(v.line())
}

// A run is worth nothing that cannot fail: each planted bug is counted as the
// breach that it is.
func TestPlantedBugsAreFound(t *testing.T) {
	if storetest.Off() {
		t.Logf("%s=off: replicas share a PostgreSQL", storetest.EnvPostgres)
		return
	}
	var out strings.Builder
	v, err := storm(t.Context(), plan{
		touches: 3000, rate: 120, steps: 4, nodes: 3, senders: 4, kills: 4, outages: 1, points: 3,
		storm: 15 * time.Second, drain: 15 * time.Second, faults: 10, answers: 0.06, seed: 2,
		plant: planted{plantResend, plantNoPause, plantPretend},
	}, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if v.duplicates == 0 || v.lost == 0 || v.sentAfterReply == 0 || v.kept() {
		t.Errorf("%s\n%s", v.line(), out.String())
	}
	t.Log(v.line())
}

func TestAddressesNameCustomers(t *testing.T) {
	for _, i := range []int{0, 7, linesPerArea - 1, linesPerArea, 3*linesPerArea + 42, len(areas)*linesPerArea - 1} {
		if got := customer(customerMail(i)); got != i {
			t.Errorf("%s is customer %d, want %d", customerMail(i), got, i)
		}
		if got := customer(customerPhone(i)); got != i {
			t.Errorf("%s is customer %d, want %d", customerPhone(i), got, i)
		}
	}
	for _, address := range []string{"", "rep1@sellers.test", repPhone(3), "+12125550100", "p12@elsewhere.test"} {
		if got := customer(address); got != -1 {
			t.Errorf("%q is taken for customer %d", address, got)
		}
	}
}

// The verdict must see a breach: a run is worth nothing that cannot fail.
func TestVerdictSeesBreaches(t *testing.T) {
	for name, v := range map[string]verdict{
		"duplicate":   {touches: 1, duplicates: 1},
		"lost":        {touches: 1, lost: 1},
		"after reply": {touches: 1, sentAfterReply: 1},
		"other":       {touches: 1, broken: []string{"a replica ended by itself"}},
		"nothing":     {},
	} {
		if v.kept() {
			t.Errorf("%s: the verdict is that every promise was kept", name)
		}
	}
	if !(verdict{touches: 1, unconfirmed: 3}).kept() {
		t.Error("what cannot be known is no breach")
	}
}
