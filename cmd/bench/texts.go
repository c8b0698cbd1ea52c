package main

import (
	"context"
	"errors"
	"fmt"

	"followup/models"
)

// texts: due to accepted over Twilio's API, everything recorded, against bare
// twilio-go with a tuned transport and as many connections.
func (b *bench) texts(ctx context.Context) error {
	const workers = 128
	server, said, err := startTwilio()
	if err != nil {
		return err
	}
	defer server.end()
	w, err := b.onPostgres(ctx, crowdPlan{channel: models.ChannelSMS, senders: 8})
	if err != nil {
		return err
	}
	defer w.close()
	n := b.size(10_000)
	var theirs, ours, ratios []float64
	for round := range b.rounds {
		if err := w.grow(ctx, firstRow+round*spacing, n, w.clock()); err != nil {
			return err
		}
		them, err := once("twgo", clientOrders{URL: said.URL, Callers: workers}, n)
		if err != nil {
			return err
		}
		w.orders.Twilio, w.orders.Slots, w.orders.First, w.orders.People = said.URL, workers, firstRow+round*spacing, n
		us, err := w.walk(n, b.profileOf("text"))
		if err != nil {
			return err
		}
		theirs, ours, ratios = append(theirs, them.rate()), append(ours, us.rate()), append(ratios, us.rate()/them.rate())
	}
	if err := errors.Join(server.tell("how many?"), server.hear(&said)); err != nil {
		return err
	}
	if want := 2 * b.rounds * n; said.Taken < want || said.Taken > want+1 {
		return fmt.Errorf("the server took %d texts, want %d", said.Taken, want)
	}
	b.found(figure{What: fmt.Sprintf("Text, due to accepted, everything recorded, against bare twilio-go with %d workers", workers),
		Measured: fmt.Sprintf("%.2f × (%.0f/s against %.0f/s)", median(ratios), median(ours), median(theirs)), Target: "at least 0.5 ×", Met: median(ratios) >= 0.5})
	connections := said.Connections
	b.found(figure{What: "Connections for all the texts of the run", Measured: fmt.Sprintf("%d for %d clients of %d workers", connections, 2*b.rounds, workers),
		Target: "bounded by the workers", Met: connections <= 2*b.rounds*workers})
	return nil
}

// sqlite: the embedded default, emails due to accepted.
func (b *bench) sqlite(ctx context.Context) error {
	server, port, err := startSMTP(0)
	if err != nil {
		return err
	}
	defer server.end()
	w, err := b.onSQLite(ctx, crowdPlan{channel: models.ChannelEmail, senders: 4, smtpPort: port})
	if err != nil {
		return err
	}
	defer w.close()
	n := b.size(10_000)
	var rates, cpu []float64
	for round := range b.rounds {
		if err := w.grow(ctx, firstRow+round*spacing, n, w.clock()); err != nil {
			return err
		}
		us, err := w.walk(n, b.profileOf("sqlite"))
		if err != nil {
			return err
		}
		fmt.Fprintf(b.out, "  round %d: %.0f/s, %.0f µs CPU each, %v\n", round+1, us.rate(), us.cpuMicros(), us.Detail)
		rates, cpu = append(rates, us.rate()), append(cpu, us.cpuMicros())
	}
	if err := w.complete(ctx, b.rounds*n); err != nil {
		return err
	}
	b.found(figure{What: "SQLite: emails recorded, fully durable", Measured: fmt.Sprintf("%.0f/s (%.0f µs CPU each, the database's included)", median(rates), median(cpu)),
		Target: "at least 3,000/s", Met: median(rates) >= 3000})
	return nil
}
