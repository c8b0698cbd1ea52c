// Package simulate plays months of follow-up with everything going wrong, on a
// time of its own, over the real scheduler, replies, crm and store: customers
// who answer at the worst moments, reps who miss and move calls, managers who
// edit sequences, providers that fail in every way, processes that crash and
// freeze between any two writes. After every event the promises are checked
// against what the far side received and against what people did, never
// against the engine's own word. The same seed plays the same story.
package simulate

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Options of one run.
type Options struct {
	Seed      uint64
	Prospects int
	Days      int
	Replicas  int // schedulers on the one database; 0: 2
	Mutation  string
	// Day is told of each day that begins; nil: nobody is.
	Day func(day int)
}

// Result of one run.
type Result struct {
	Seed     uint64
	Digest   string // of everything that happened: equal for equal runs
	Enrolled int
	Finished int
	Sent     int
	Received int
	Calls    int
	Crashes  int
	Freezes  int
	Outages  int
	Ticks    int
	Took     time.Duration
	// Breach is the promise that broke, with its story; nil where all held.
	Breach *Breach
}

// Breach is a broken promise.
type Breach struct {
	Rule  string
	Words string
	Story []string
}

func (b *Breach) Error() string { return b.Rule + ": " + b.Words }

// String is the run in one line.
func (r Result) String() string {
	state := "holds"
	if r.Breach != nil {
		state = "BROKEN: " + r.Breach.Error()
	}
	return fmt.Sprintf("seed %d: %d enrolled, %d finished, %d sent, %d received, %d calls, %d crashes, %d freezes, %d outages, %d ticks in %s: %s",
		r.Seed, r.Enrolled, r.Finished, r.Sent, r.Received, r.Calls, r.Crashes, r.Freezes, r.Outages, r.Ticks, r.Took.Round(time.Millisecond), state)
}

// Run plays one seed. The error says that the simulation itself could not go
// on; a broken promise is in the result.
func Run(ctx context.Context, opt Options) (Result, error) {
	began := time.Now()
	w, err := newWorld(ctx, opt)
	if err != nil {
		return Result{Seed: opt.Seed}, fmt.Errorf("seed %d: %w", opt.Seed, err)
	}
	defer w.close()
	err = w.play()
	res := w.result()
	res.Took = time.Since(began)
	if res.Breach == nil && err != nil {
		return res, fmt.Errorf("seed %d: %w", opt.Seed, err)
	}
	return res, nil
}

// WriteStory writes the breach's story, ending at the breach.
func (b *Breach) WriteStory(out io.Writer) {
	for _, line := range b.Story {
		fmt.Fprintln(out, line)
	}
	fmt.Fprintf(out, "BROKEN  %s: %s\n", b.Rule, b.Words)
}
