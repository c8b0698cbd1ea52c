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
			ratio := median(ratios)
			b.found(figure{What: fmt.Sprintf("Email transport %s, %d sends under way", at.name, callers),
				Measured: fmt.Sprintf("%.1f × go-mail (%.0f/s against %.0f/s; go-mail needs %.1f × the CPU)", ratio, median(ours), median(theirs), median(cpu)),
				Target:   fmt.Sprintf("at least %.0f ×", at.target), Met: ratio >= at.target})
		}
		if err := errors.Join(intact(server, 4*b.rounds*n), server.end()); err != nil {
			return err
		}
	}
	return b.signing()
}

// signing is what DKIM adds to a message.
func (b *bench) signing() error {
	server, port, err := startSMTP(0)
	if err != nil {
		return err
	}
	n := b.size(4_000)
	var plain, signed []float64
	for range b.rounds {
		for _, sign := range []bool{false, true} {
			used, err := once("pipe", clientOrders{Port: port, Connections: 16, Callers: 64, DKIM: sign}, n)
			if err != nil {
				return err
			}
			if sign {
				signed = append(signed, used.cpuMicros())
			} else {
				plain = append(plain, used.cpuMicros())
			}
		}
	}
	b.found(figure{What: "DKIM (RSA, 2,048 bits): our CPU a message in composing and transport", Measured: fmt.Sprintf("%.0f µs against %.0f µs unsigned", median(signed), median(plain)), Target: "reported apart", Met: true})
	return server.end()
}
