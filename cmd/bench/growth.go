package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"followup/models"
)

// growth: what a due touch costs by how many are enrolled, on tables with
// dead rows that nothing has vacuumed.
func (b *bench) growth(ctx context.Context) error {
	w, _, err := b.mailOnPostgres(ctx)
	if err != nil {
		return err
	}
	defer w.close()
	due := b.size(5_000)
	enrolled, base := 0, 0.0
	for step, size := range []int{10_000, 100_000, 1_000_000, 10_000_000} {
		size = b.size(size)
		if size > b.people {
			break
		}
		began := time.Now()
		if err := w.fill(ctx, firstRow+enrolled, size-enrolled); err != nil {
			return err
		}
		enrolled = size
		if err := w.churn(ctx, min(size, 200_000)); err != nil {
			return err
		}
		fmt.Fprintf(b.out, "  %d enrolled, made in %s\n", size, time.Since(began).Round(time.Second))
		idle, err := w.idleTick(ctx)
		if err != nil {
			return err
		}
		var costs, rss []float64
		for round := range b.rounds {
			if err := w.grow(ctx, (step+2)*2*spacing+round*(spacing/100), due, w.clock().Add(-time.Second)); err != nil {
				return err
			}
			us, err := w.walk(due, "")
			if err != nil {
				return err
			}
			costs, rss = append(costs, us.cpuMicros()+us.Detail["database µs each"]), append(rss, float64(us.MaxRSS)/1024)
		}
		cost := median(costs)
		if step == 0 {
			base = cost
		}
		b.found(figure{What: fmt.Sprintf("Cost of a due touch, %d enrolled, churned and not vacuumed", size),
			Measured: fmt.Sprintf("%.2f × (%.0f µs CPU, ours and the database's; %.0f MB)", cost/base, cost, median(rss)), Target: "within 1.3 × of 10,000", Met: cost <= 1.3*base})
		b.found(figure{What: fmt.Sprintf("An idle tick, %d enrolled", size), Measured: fmt.Sprintf("%.2f ms", ms(idle)), Target: "under 5 ms", Met: idle < 5*time.Millisecond})
	}
	return nil
}

// fill adds people whose next touch is far off. Their addresses are left out:
// nothing reads them before the touch is due.
func (w *work) fill(ctx context.Context, first, n int) error {
	if n <= 0 {
		return nil
	}
	for _, table := range []string{"prospects", "enrollments", "touches"} {
		if _, err := w.db.ExecContext(ctx, "ALTER TABLE "+table+" SET (autovacuum_enabled = off)"); err != nil {
			return err
		}
	}
	const part = 500_000
	for ; n > 0; first, n = first+part, n-part {
		count := min(n, part)
		for _, t := range []struct {
			table, where string
			set          map[string]string
		}{
			{"prospects", fmt.Sprintf("o.id = %d", w.proto.ID), map[string]string{"id": "{i}", "company_id": "NULL", "last_name": "'Whitfield ' || {i}"}},
			{"enrollments", fmt.Sprintf("o.prospect_id = %d", w.proto.ID), map[string]string{"id": "{i}", "prospect_id": "{i}"}},
			{"touches", fmt.Sprintf("o.id = %d", w.touch), map[string]string{
				"id": "{i}", "prospect_id": "{i}", "enrollment_id": "{i}", "contact_point_id": "NULL", "state": "'planned'", "attempt": "0", "replica": "''",
				"end_reason": "''", "end_detail": "''", "ended_at": "NULL", "sender_id": pickOf(w.mails),
				"due_at": w.literal(w.clock()) + " + interval '1 day' * (1 + {i} % 30)", "promised_at": w.literal(w.clock()) + " + interval '1 day' * (1 + {i} % 30)"}},
		} {
			if err := w.copyRows(ctx, t.table, t.where, first, count, t.set); err != nil {
				return fmt.Errorf("copy %s: %w", t.table, err)
			}
		}
	}
	return w.renumber(ctx)
}

// churn makes dead entries at the front of the queues' indexes: touches that
// were due an hour ago, and were moved on.
func (w *work) churn(ctx context.Context, n int) error {
	hour := w.clock().Add(-time.Hour)
	_, err := w.db.ExecContext(ctx, "UPDATE touches SET due_at = $1 WHERE id IN (SELECT id FROM touches WHERE state = 'planned' AND due_at > $2 LIMIT $3)", hour, w.clock(), n)
	if err != nil {
		return err
	}
	_, err = w.db.ExecContext(ctx, "UPDATE touches SET due_at = $1 WHERE state = 'planned' AND due_at <= $2", w.clock().Add(48*time.Hour), w.clock())
	if err != nil {
		return err
	}
	_, err = w.db.ExecContext(ctx, "CHECKPOINT")
	return err
}

// idleTick is what the plan and the claim cost with nothing due: the median of many.
func (w *work) idleTick(ctx context.Context) (time.Duration, error) {
	var took []time.Duration
	for range 200 {
		began := time.Now()
		now := w.clock()
		_, err := w.store.PlanDue(ctx, now, 200, func(context.Context, []models.PlanInput) []models.PlanResult { return nil })
		claimed, cerr := w.store.ClaimDue(ctx, models.ClaimRequest{Now: now, Replica: "idle", Slots: 16, Batch: 100, SendFor: time.Minute},
			func(context.Context, []models.Due) []models.Decision { return nil })
		if err := errors.Join(err, cerr); err != nil {
			return 0, err
		}
		if claimed.Judged > 0 {
			return 0, fmt.Errorf("%d touches are due in a workspace at rest", claimed.Judged)
		}
		took = append(took, time.Since(began))
	}
	return quantile(took, 0.5), nil
}
