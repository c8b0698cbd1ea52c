// Command chaos tries to break the engine's promises with real processes:
// several replicas on one PostgreSQL, kill -9, freezes, database restarts,
// providers that stall, refuse and lose their answers, and customers who
// answer all the while. What providers accepted is counted by the providers,
// not by our database. See issue 3 and docs/reliability.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // zones on machines that have none installed
)

func main() {
	if os.Getenv(nodeEnv) != "" {
		os.Exit(runNode(os.Getenv(nodeEnv)))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// plan is how large a run is and how rough.
type plan struct {
	touches, steps           int
	nodes, senders           int // senders of each kind
	kills, freezes, restarts int
	outages                  int // times every replica is down at once
	stalls                   int // times a provider stands still
	points                   int // times each crash point is aimed at
	storm                    time.Duration
	drain                    time.Duration // the longest wait for the rest afterwards
	rate                     float64       // over all senders, touches a second; 0: follows from touches and storm
	seed                     uint64
	keep                     bool
	faults                   float64 // 1: as full says
	answers                  float64 // the share of messages that a customer reacts to
	plant                    planted // bugs, to see that they are found
}

func fullPlan() plan {
	return plan{
		touches: 100_000, steps: 20, nodes: 4, senders: 8, kills: 100, freezes: 30, restarts: 6, outages: 4,
		stalls: 6, points: 7, storm: 570 * time.Second, drain: 4 * time.Minute, faults: 1, answers: 0.008,
	}
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	p := fullPlan()
	flags := flag.NewFlagSet("chaos", flag.ContinueOnError)
	flags.SetOutput(errs)
	flags.IntVar(&p.touches, "touches", p.touches, "touches to hand over, at least")
	flags.IntVar(&p.steps, "steps", p.steps, "steps of the sequence, at most 99")
	flags.IntVar(&p.kills, "kills", p.kills, "random kill -9, besides those at the crash points")
	flags.IntVar(&p.freezes, "freezes", p.freezes, "freezes longer than the rescue")
	flags.IntVar(&p.restarts, "restarts", p.restarts, "immediate restarts of PostgreSQL")
	flags.IntVar(&p.outages, "outages", p.outages, "times every replica is down at once")
	flags.IntVar(&p.stalls, "stalls", p.stalls, "times a provider stands still")
	flags.IntVar(&p.points, "points", p.points, "hits wanted at each crash point")
	flags.DurationVar(&p.storm, "storm", p.storm, "the longest that the disasters go on; less where the touches are done before")
	flags.DurationVar(&p.drain, "drain", p.drain, "the longest wait for the rest afterwards")
	flags.Float64Var(&p.rate, "rate", 0, "touches a second over all senders; 0: so that they fill the storm")
	flags.Float64Var(&p.faults, "faults", p.faults, "how often providers misbehave, against the full run's measure")
	flags.Float64Var(&p.answers, "answers", p.answers, "the share of messages that a customer reacts to")
	flags.Uint64Var(&p.seed, "seed", uint64(time.Now().UnixNano()), "of the disasters' order; their moments differ all the same")
	flags.Func("plant", "a bug in every replica, which the verdict must find: "+strings.Join(plants, ", "), func(bug string) error {
		if !slices.Contains(plants, bug) {
			return errors.New("there is no such bug")
		}
		p.plant = append(p.plant, bug)
		return nil
	})
	flags.BoolVar(&p.keep, "keep", false, "keep the folder with the logs and the database")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	result, err := storm(ctx, p, out)
	if err != nil {
		fmt.Fprintln(errs, "chaos:", err)
		return 1
	}
	fmt.Fprintln(out, result.line())
	if !result.kept() {
		return 1
	}
	return 0
}
