package web

import (
	"context"
	"slices"
	"strconv"
	"time"

	"followup/store"
)

var waitLabels = []string{"15 minutes", "1 hour", "4 hours", "1 day", "longer", "not yet"}

// waitInsight is how long customers waited for us.
func (s *site) waitInsight(ctx context.Context, q insightQuestion) (insightAnswer, error) {
	figures, err := s.Store.AnswerFigures(ctx, q.Filter, store.ByAll)
	if err != nil || len(figures) == 0 {
		return insightAnswer{}, err
	}
	a := slotAnswer("time to our answer", "Answered within", "Customers waiting", waitLabels, figures)
	var seconds, answered int64
	for _, f := range figures {
		if f.Key.Slot < len(waitLabels)-1 {
			seconds, answered = seconds+f.Amount, answered+f.N
		}
	}
	a.Totals = append(a.Totals, total{"On average", averageSpan(seconds, answered)})
	a.Note = "A wait begins with the first message that nobody had answered, and ends with a message or a call of ours. At night it goes on."
	return a, nil
}

func averageSpan(seconds, n int64) string {
	if n == 0 {
		return "–"
	}
	return span(time.Duration(seconds/n) * time.Second)
}

var callLabels = []string{"on the minute", "within 5 min", "within 15 min", "later", "missed"}

// callInsight is how booked calls kept their minute.
func (s *site) callInsight(ctx context.Context, q insightQuestion) (insightAnswer, error) {
	figures, err := s.Store.CallFigures(ctx, q.Filter, store.ByAll)
	if err != nil || len(figures) == 0 {
		return insightAnswer{}, err
	}
	a := slotAnswer("punctuality of booked calls", "Dialled", "Booked calls", callLabels, figures)
	a.Note = "From the agreed minute to the dialling. A call that was closed without pressing Dial counts by its end. Canceled calls do not count."
	return a, nil
}

var promiseLabels = []string{"kept", "broken", "open"}

// promiseInsight is what became of what customers promised.
func (s *site) promiseInsight(ctx context.Context, q insightQuestion) (insightAnswer, error) {
	figures, err := s.Store.CommitmentFigures(ctx, q.Filter, store.ByAll)
	if err != nil || len(figures) == 0 {
		return insightAnswer{}, err
	}
	a := slotAnswer("promises", "State", "Promises", promiseLabels, figures)
	a.Table.Columns = append(a.Table.Columns, "Named an amount", "Worth together")
	for i := range a.Table.Rows {
		var f store.Figure
		for _, g := range figures {
			if g.Key.Slot == i || i == len(promiseLabels) {
				f = sumOf(f, g)
			}
		}
		a.Table.Rows[i] = append(a.Table.Rows[i], grouped(f.Won), grouped(f.Amount))
		if i == 0 {
			a.Totals = append(a.Totals, total{"Worth of the kept", grouped(f.Amount)})
		}
	}
	a.Note = "Worth is the first number in what they said it is worth to them, as a number: currencies are not converted, and words without a number count as nothing."
	return a, nil
}

// slotAnswer is a chart and a table of classes in their order.
func slotAnswer(name, class, what string, labels []string, figures []store.Figure) insightAnswer {
	a := insightAnswer{Table: figureTable{Name: name, Columns: []string{class, what, "Share"}}}
	n := make([]int64, len(labels))
	var all int64
	for _, f := range figures {
		if f.Key.Slot < len(n) {
			n[f.Key.Slot] += f.N
			all += f.N
		}
	}
	var shares []share
	for i, label := range labels {
		shares = append(shares, share{label, n[i], all})
		a.Table.Rows = append(a.Table.Rows, []string{label, grouped(n[i]), percentOf(n[i], all)})
	}
	a.Table.Rows = append(a.Table.Rows, []string{"All", grouped(all), percentOf(all, all)})
	c := columns(sentence(name), "The table below has the numbers.", shares)
	for i := range c.Bars {
		c.Bars[i].Under = grouped(n[i])
	}
	a.Chart = &c
	a.Totals = []total{{what, grouped(all)}, {sentence(labels[0]), percentOf(n[0], all)}}
	return a
}

// repWork is one rep's figures.
type repWork struct {
	touches               store.Figure
	answers, quick        int64 // customers who waited; answered within the hour
	calls, punctual       int64
	promises, kept, worth int64
}

func (w repWork) row(label string) []string {
	f := w.touches
	return []string{label, grouped(f.N), percentOf(f.Replied, f.N), percentOf(f.Positive, f.N), grouped(f.Met), percentOf(f.Met, f.N), grouped(f.Won), percentOf(f.OptedOut, f.N),
		grouped(w.answers), percentOf(w.quick, w.answers), grouped(w.calls), percentOf(w.punctual, w.calls), grouped(w.promises), percentOf(w.kept, w.promises), grouped(w.worth)}
}

func (w repWork) plus(o repWork) repWork {
	w.touches = sumOf(w.touches, o.touches)
	w.answers, w.quick, w.calls, w.punctual = w.answers+o.answers, w.quick+o.quick, w.calls+o.calls, w.punctual+o.punctual
	w.promises, w.kept, w.worth = w.promises+o.promises, w.kept+o.kept, w.worth+o.worth
	return w
}

// peopleInsight is each rep's line, and each team's.
func (s *site) peopleInsight(ctx context.Context, q insightQuestion, names store.InsightNames) (insightAnswer, error) {
	work, err := s.workByRep(ctx, q.Filter)
	if err != nil || len(work) == 0 {
		return insightAnswer{}, err
	}
	a := insightAnswer{Table: figureTable{Name: "reps and teams", Columns: []string{"Rep or team", "Follow-ups", "Reply rate", "Positive rate", "Meetings", "Meeting rate", "Won", "Opt-out rate",
		"Customers waited", "Answered within 1 h", "Booked calls", "On the minute", "Promises", "Kept", "Worth of the kept"}}}
	var shares []share
	teams := map[int64]repWork{}
	for _, u := range names.Users {
		w, ok := work[u.ID]
		if !ok {
			continue
		}
		a.Table.Rows = append(a.Table.Rows, w.row(u.Name))
		shares = append(shares, share{u.Name, w.touches.Replied, w.touches.N})
		if u.TeamID != nil {
			teams[*u.TeamID] = teams[*u.TeamID].plus(w)
		}
	}
	for _, t := range names.Teams {
		if w, ok := teams[t.ID]; ok {
			a.Table.Rows = append(a.Table.Rows, w.row("Team "+t.Name))
			shares = append(shares, share{"Team " + t.Name, w.touches.Replied, w.touches.N})
		}
	}
	shares = slices.DeleteFunc(shares, func(s share) bool { return s.Whole == 0 })
	if len(shares) > 0 {
		c := lines("Replies by rep and team", "The table below has the numbers.", shares[:min(len(shares), chartRows)])
		a.Chart = &c
	}
	a.Totals = []total{{"Reps at work", strconv.Itoa(len(work))}}
	a.Note = "A follow-up counts for the rep who ran it, an answer for who gave it. A team is who belongs to it today."
	return a, nil
}

func (s *site) workByRep(ctx context.Context, f store.InsightFilter) (map[int64]repWork, error) {
	work := map[int64]repWork{}
	touches, err := s.Store.TouchFigures(ctx, f, store.ByRep)
	if err != nil {
		return nil, err
	}
	for _, t := range touches {
		work[t.Key.Rep] = repWork{touches: t}
	}
	for _, part := range []struct {
		ask func(context.Context, store.InsightFilter, store.InsightBy) ([]store.Figure, error)
		add func(*repWork, store.Figure)
	}{
		{s.Store.AnswerFigures, func(w *repWork, f store.Figure) {
			w.answers += f.N
			if f.Key.Slot <= 1 {
				w.quick += f.N
			}
		}},
		{s.Store.CallFigures, func(w *repWork, f store.Figure) {
			w.calls += f.N
			if f.Key.Slot == 0 {
				w.punctual += f.N
			}
		}},
		{s.Store.CommitmentFigures, func(w *repWork, f store.Figure) {
			w.promises += f.N
			if f.Key.Slot == 0 {
				w.kept, w.worth = w.kept+f.N, w.worth+f.Amount
			}
		}},
	} {
		figures, err := part.ask(ctx, f, store.ByRep)
		if err != nil {
			return nil, err
		}
		for _, g := range figures {
			w := work[g.Key.Rep]
			part.add(&w, g)
			work[g.Key.Rep] = w
		}
	}
	return work, nil
}
