package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"followup/cmd/followup/simulate"
)

type simulateCmd struct {
	Seed      uint64 `default:"1" help:"The first seed; the same seed plays the same story."`
	Seeds     int    `default:"1" help:"How many seeds, as many at once as there are processors."`
	Prospects int    `default:"100" help:"How many prospects."`
	Days      int    `default:"60" help:"How many days."`
	Replicas  int    `default:"2" help:"How many schedulers share the database."`
	Mutation  string `help:"Plant a bug, to see that it is found; \"list\" names them." placeholder:"NAME"`
}

// A simulation makes little that lives for long: collecting less often is
// worth the memory, up to what a small machine has.
const (
	simulateGC     = 400
	simulateMemory = 2 << 30
)

// Run plays the seeds. Its status is 1 where a promise broke; the story that
// led there is printed.
func (cmd simulateCmd) Run(term terminal) error {
	if cmd.Mutation == "list" {
		fmt.Fprintln(term.out, strings.Join(simulate.Mutations(), "\n"))
		return nil
	}
	debug.SetGCPercent(simulateGC)
	debug.SetMemoryLimit(simulateMemory)
	options := make([]simulate.Options, max(cmd.Seeds, 1))
	for i := range options {
		options[i] = simulate.Options{
			Seed: cmd.Seed + uint64(i), Prospects: cmd.Prospects, Days: cmd.Days, Replicas: cmd.Replicas, Mutation: cmd.Mutation,
		}
	}
	began := term.clock()
	line := statusLine{to: term.err, off: !onScreen(term.err)}
	var sum simulate.Sum
	err := simulate.RunAll(term.ctx, options, runtime.GOMAXPROCS(0), func(at simulate.Progress) {
		line.show("simulate: %s, %s", at, term.clock().Sub(began).Round(time.Second))
	}, func(res simulate.Result) {
		line.clear()
		sum.Add(res)
		if res.Breach != nil {
			res.Breach.WriteStory(term.out)
		}
		fmt.Fprintln(term.out, res)
	})
	line.clear()
	if err != nil {
		return err
	}
	fmt.Fprintf(term.out, "simulate: %s, in %s\n", sum, term.clock().Sub(began).Round(time.Second))
	if sum.Broken > 0 {
		return exitCode(1)
	}
	return nil
}

// onScreen tells whether somebody reads what is written there as it comes.
func onScreen(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// statusLine is one line on a screen that is written over.
type statusLine struct {
	to  io.Writer
	off bool
}

func (l statusLine) show(format string, args ...any) {
	if !l.off {
		fmt.Fprintf(l.to, "\r\x1b[K"+format, args...)
	}
}

func (l statusLine) clear() {
	if !l.off {
		fmt.Fprint(l.to, "\r\x1b[K")
	}
}
