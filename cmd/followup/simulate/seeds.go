package simulate

import (
	"context"
	"fmt"
	"sync"
)

// Progress of several seeds.
type Progress struct {
	Done, Seeds int
	Day, Days   int // of the seed that is behind the others, and of one that plays alone
}

func (p Progress) String() string {
	if p.Seeds == 1 {
		return fmt.Sprintf("day %d of %d", p.Day, p.Days)
	}
	return fmt.Sprintf("%d of %d seeds", p.Done, p.Seeds)
}

// RunAll plays seeds, so many at once. Each is deterministic by itself; done
// is called in their order, and neither it nor progress is called twice at
// once.
func RunAll(ctx context.Context, options []Options, atOnce int, progress func(Progress), done func(Result)) error {
	type outcome struct {
		res Result
		err error
	}
	var mu sync.Mutex
	at := Progress{Seeds: len(options)}
	tell := func(change func()) {
		mu.Lock()
		defer mu.Unlock()
		change()
		progress(at)
	}
	outcomes := make([]chan outcome, len(options))
	for i := range outcomes {
		outcomes[i] = make(chan outcome, 1)
	}
	slots := make(chan struct{}, max(atOnce, 1))
	var running sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer running.Wait()
	defer cancel() // first, so that nobody is waited for in vain
	running.Go(func() {
		for i, opt := range options {
			select {
			case slots <- struct{}{}:
			case <-ctx.Done():
				outcomes[i] <- outcome{err: ctx.Err()}
				return
			}
			opt.Day = func(day int) { tell(func() { at.Day, at.Days = day, opt.Days }) }
			running.Go(func() {
				defer func() { <-slots }()
				res, err := Run(ctx, opt)
				outcomes[i] <- outcome{res, err}
				tell(func() { at.Done++ })
			})
		}
	})
	for _, c := range outcomes {
		o := <-c
		if o.err != nil {
			return o.err
		}
		mu.Lock()
		done(o.res)
		mu.Unlock()
	}
	return nil
}

// Sum of several results.
type Sum struct {
	Seeds, Broken, Enrolled, Sent, Received, Calls, Crashes, Freezes int
}

// Add counts one more.
func (s *Sum) Add(r Result) {
	s.Seeds++
	if r.Breach != nil {
		s.Broken++
	}
	s.Enrolled += r.Enrolled
	s.Sent += r.Sent
	s.Received += r.Received
	s.Calls += r.Calls
	s.Crashes += r.Crashes
	s.Freezes += r.Freezes
}

func (s Sum) String() string {
	state := "every promise held"
	if s.Broken > 0 {
		state = fmt.Sprintf("%d BROKE a promise", s.Broken)
	}
	return fmt.Sprintf("%d seeds, %s: %d enrolled, %d sent, %d received, %d calls, %d crashes, %d freezes",
		s.Seeds, state, s.Enrolled, s.Sent, s.Received, s.Calls, s.Crashes, s.Freezes)
}
