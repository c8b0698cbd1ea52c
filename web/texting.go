package web

import (
	"context"
	"fmt"
	"net/http"

	"followup/models"
	"followup/scheduler"
)

// textsLine says what the month's texts cost so far, and how much of the
// budget is left.
func (s *site) textsLine(ctx context.Context, budget int) (string, error) {
	now := s.Clock()
	used, err := s.Store.TextsCost(ctx, now)
	if err != nil {
		return "", err
	}
	rates := s.Scheduler.Rates
	switch most := models.Money(budget) * 10_000; {
	case rates == nil && budget > 0:
		return "The configuration names no rates for texts (texting.rates), so the budget holds nothing.", nil
	case rates == nil:
		return "The configuration names no rates for texts (texting.rates): what they cost is not known.", nil
	case budget == 0:
		return "Texts this month: " + rates.Show(used) + ". No budget holds them.", nil
	case used >= most:
		return fmt.Sprintf("Texts this month: %s of %s. The budget is used up: automatic texts wait until %s UTC, or until it is raised.",
			rates.Show(used), rates.Show(most), models.MonthEnds(now).Format("2 January at 15:04")), nil
	default:
		return fmt.Sprintf("Texts this month: %s of %s.", rates.Show(used), rates.Show(most)), nil
	}
}

// textsTotal says what the texts of a preview cost: for one person, or
// reckoned for many from the first of them.
func (s *site) textsTotal(steps []stepView) string {
	texts, segments := 0, 0
	var cost models.Money
	for _, line := range steps {
		if line.Segments > 0 {
			texts, segments, cost = texts+1, segments+line.Segments, cost+line.Cost
		}
	}
	if texts == 0 {
		return ""
	}
	total := countOf(texts, "text", "texts") + " in " + countOf(segments, "segment", "segments")
	if s.Scheduler.Rates == nil {
		return total + "; what they cost is not known: the configuration names no rates."
	}
	return total + ", " + s.Scheduler.Rates.Show(cost) + "."
}

// sampled is of how many people the texts are counted before enrolling many.
const sampled = 10

// textsOfMany reckons what the texts of everybody who is ready cost.
func (s *site) textsOfMany(r *http.Request, b models.Batch, ready int) string {
	if b.SequenceID == nil || ready == 0 {
		return ""
	}
	rows, err := s.Store.BatchRows(r.Context(), b.ID, models.RowReady, 0, sampled)
	if err != nil || len(rows) == 0 {
		return ""
	}
	segments := 0
	var cost models.Money
	seen := 0
	for _, row := range rows {
		steps, refusals, err := s.Scheduler.Preview(r.Context(), scheduler.RequestOf(b, row))
		if err != nil || len(refusals) > 0 {
			continue
		}
		seen++
		for _, line := range steps {
			segments, cost = segments+line.Segments, cost+line.Cost
		}
	}
	if seen == 0 || segments == 0 {
		return ""
	}
	about := fmt.Sprintf("About %d segments of texts", segments*ready/seen)
	if seen >= ready {
		about = countOf(segments, "segment", "segments") + " of texts"
	}
	if s.Scheduler.Rates == nil {
		return about + "; what they cost is not known: the configuration names no rates."
	}
	return about + ", " + s.Scheduler.Rates.Show(cost*models.Money(ready)/models.Money(seen)) + " in all where nobody answers."
}
