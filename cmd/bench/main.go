// Command bench measures Followup as PERFORMANCE has it: whole processes on
// this machine, what is compared taking turns in one run, since machines are
// noisy. It writes docs/performance.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	if name := os.Getenv(childEnv); name != "" {
		os.Exit(playPart(name))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// bench is one run.
type bench struct {
	scale   float64 // of the sizes
	rounds  int     // in which what is compared takes turns
	people  int     // the most enrolled
	touches int     // that the insights are of
	// prospects that the pages are over.
	prospects int
	// filled is the address of a database that has them already.
	filled  string
	profile string
	out     io.Writer
	report  report
}

// section measures one of the promises.
type section struct {
	name string
	run  func(*bench, context.Context) error
}

var sections = []section{
	{"transport", (*bench).transport},
	{"email", (*bench).dueToAccepted},
	{"text", (*bench).texts},
	{"sqlite", (*bench).sqlite},
	{"punctuality", (*bench).punctuality},
	{"pause", (*bench).pauses},
	{"growth", (*bench).growth},
	{"gate", (*bench).gate},
	{"insights", (*bench).insights},
	{"pages", (*bench).pages},
}

func run(ctx context.Context, args []string, out, errs io.Writer) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	b := &bench{out: out}
	flags.Float64Var(&b.scale, "scale", 1, "of all sizes; 0.1 is a quick look")
	flags.IntVar(&b.rounds, "rounds", 5, "in which what is compared takes turns")
	flags.IntVar(&b.people, "people", 1_000_000, "the most enrolled in the section growth; 10000000 takes 20 GB and a quarter of an hour")
	flags.IntVar(&b.touches, "touches", 200_000, "that the section insights counts; 10000000 takes 15 GB and most of an hour")
	flags.IntVar(&b.prospects, "prospects", 100_000, "that the section pages is over; 1000000 takes 12 GB and a quarter of an hour")
	flags.StringVar(&b.filled, "filled", "", "address of a PostgreSQL that 'followup seed --prospects N --password \""+visitPassword+"\"' filled, for the sections pages and insights (which fills an empty one itself and leaves it so, for the next run); none: one of their own")
	only := flags.String("only", "", "sections, by comma: "+names())
	into := flags.String("o", "", "file for the report; none: only what is printed")
	flags.StringVar(&b.profile, "profile", "", "prefix of files for CPU profiles of the engine")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	began := time.Now()
	for _, s := range sections {
		if *only != "" && !strings.Contains(","+*only+",", ","+s.name+",") {
			continue
		}
		at := time.Now()
		fmt.Fprintf(out, "%s …\n", s.name)
		if err := s.run(b, ctx); err != nil {
			fmt.Fprintf(errs, "bench: %s: %v\n", s.name, err)
			return 1
		}
		fmt.Fprintf(out, "%s took %s\n", s.name, time.Since(at).Round(time.Second))
	}
	b.report.Took = time.Since(began)
	if *into == "" {
		return 0
	}
	if err := b.report.write(*into); err != nil {
		fmt.Fprintf(errs, "bench: %v\n", err)
		return 1
	}
	return 0
}

func names() string {
	var all []string
	for _, s := range sections {
		all = append(all, s.name)
	}
	return strings.Join(all, ", ")
}

// size scales a count.
func (b *bench) size(n int) int { return max(int(float64(n)*b.scale), 100) }

// found reports one figure.
func (b *bench) found(f figure) {
	b.report.Figures = append(b.report.Figures, f)
	fmt.Fprintf(b.out, "  %s: %s (target: %s)\n", f.What, f.Measured, f.Target)
}
