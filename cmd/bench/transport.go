package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// transport: our channel by itself against go-mail by itself, each on 16 kept
// connections, taking turns.
func (b *bench) transport(context.Context) error {
	for _, at := range []struct {
		name    string
		latency time.Duration
		target  float64
		n       int
	}{
		{"on loopback", 0, 3, 40_000},
		{"with 2 ms of latency", 2 * time.Millisecond, 5, 6_000},
	} {
		server, port, err := startSMTP(at.latency)
		if err != nil {
			return err
		}
		n := b.size(at.n)
		best := 0.0
		for _, callers := range []int{64, 512} {
			var theirs, ours, ratios, cpu []float64
			for range b.rounds {
				them, err := once("gomail", clientOrders{Port: port, Connections: 16}, n)
				if err != nil {
					return err
				}
				us, err := once("pipe", clientOrders{Port: port, Connections: 16, Callers: callers}, n)
				if err != nil {
					return err
				}
				theirs, ours = append(theirs, them.rate()), append(ours, us.rate())
				ratios, cpu = append(ratios, us.rate()/them.rate()), append(cpu, them.cpuMicros()/us.cpuMicros())
			}
			best = median(ratios)
			b.found(figure{What: fmt.Sprintf("Email transport %s, %d sends under way", at.name, callers),
				Measured: fmt.Sprintf("%.1f × go-mail (%.0f/s against %.0f/s; go-mail needs %.1f × the CPU)", best, median(ours), median(theirs), median(cpu)),
				Target:   fmt.Sprintf("at least %.0f ×", at.target), Met: best >= at.target})
		}
		if err := errors.Join(intact(server, 4*b.rounds*n), server.end()); err != nil {
			return err
		}
	}
	return nil
}
